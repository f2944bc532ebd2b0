"""``LlmRanker``: a chat model puts what the built-in ranker chose into an order of its own, with reasons.

It is one :class:`CandidateRanker` among others: the stage bounds its time, validates its answer, and keeps
the built-in order when anything goes wrong. Needs the extra ``[llm]``, and the provider's package and key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from tradingagents.discovery.clock import current_deadline
from tradingagents.discovery.errors import BadPayload, NotConfiguredError
from tradingagents.discovery.redact import register_secret
from tradingagents.discovery.scanners.foreign_words import one_line
from tradingagents.discovery.stages.llm_prompt import messages_for

__all__ = ["LLM_REASON", "ChatModel", "LlmRanker", "RankedTicker", "Ranking"]

LLM_REASON = "llm_reason"
"""The key under which a candidate has the model's words on it."""

_REASON_CHARACTERS = 200
_LONGEST_TIMEOUT = 600.0  # seconds a client is given when no deadline bounds the call


class RankedTicker(BaseModel):
    """One candidate in the model's order."""

    model_config = ConfigDict(extra="forbid")

    ticker: str = Field(description="the ticker, spelled as in the data")
    reason: str = Field(description="at most 25 words, from the data shown")


class Ranking(BaseModel):
    """The order in which the candidates should be looked at."""

    model_config = ConfigDict(extra="forbid")

    ranking: list[RankedTicker] = Field(description="every candidate exactly once, best first")


class ChatModel(Protocol):
    """The part of a LangChain chat model that is used."""

    def with_structured_output(self, schema: type[Ranking], /) -> Any: ...


class LlmRanker:
    """Orders candidates by a chat model. Thread-safe if the model is.

    ``model`` is a name for langchain's ``init_chat_model``, such as ``"openai:gpt-5-mini"``, or a LangChain
    chat model. A named one is built when it is asked, at temperature 0 and without retries. At most
    ``max_candidates`` are shown to it; what was ranked behind them stays behind.
    """

    permutes = True

    def __init__(self, model: str | ChatModel, *, max_candidates: int = 50) -> None:
        self._model, self._max_candidates = model, max_candidates
        self.name = f"llm:{model}" if isinstance(model, str) else f"llm:{type(model).__name__}"

    def __call__(self, candidates: list[dict[str, Any]], trade_date: str, /) -> list[dict[str, Any]]:
        """Return ``candidates`` in the model's order, each with its ``llm_reason``.

        Raises :class:`NotConfiguredError` without langchain, :class:`BadPayload` for an answer that is no
        permutation of what was shown, and whatever the model's client raises.
        """
        shown, behind = candidates[: self._max_candidates], candidates[self._max_candidates :]
        if not shown:
            return behind
        chat = self._chat()
        _register_keys(chat)
        answer = chat.with_structured_output(Ranking).invoke(messages_for(shown, trade_date))
        return [*_ordered(shown, _parsed(answer)), *behind]

    def _chat(self) -> Any:
        if not isinstance(self._model, str):
            return self._model
        try:
            from langchain.chat_models import init_chat_model  # noqa: PLC0415 - an extra, and slow to import
        except ImportError:
            raise NotConfiguredError("langchain; pip install 'tradingagents-discovery[llm]'") from None
        timeout = min(current_deadline().check(), _LONGEST_TIMEOUT)
        return init_chat_model(self._model, temperature=0, timeout=timeout, max_retries=0)


def _register_keys(chat: Any) -> None:
    """Have the model's keys redacted: providers echo them when they refuse one."""
    for value in vars(chat).values():
        if isinstance(value, SecretStr):
            register_secret(value.get_secret_value())


def _parsed(answer: Any) -> Ranking:
    if isinstance(answer, Ranking):
        return answer
    try:
        return Ranking.model_validate(answer)
    except ValidationError as error:
        raise BadPayload("llm", f"an answer that is no ranking ({error.error_count()} problems)") from None


def _ordered(shown: Sequence[Mapping[str, Any]], answer: Ranking) -> list[dict[str, Any]]:
    """Return the candidates in the order of the answer, which must name each exactly once."""
    left = {candidate["ticker"]: candidate for candidate in shown}
    ordered = []
    for item in answer.ranking:
        if (candidate := left.pop(item.ticker, None)) is None:
            raise BadPayload(
                "llm", f"{one_line(item.ticker, 20)!r} is none of the candidates, or named twice"
            )
        ordered.append({**candidate, LLM_REASON: one_line(item.reason, _REASON_CHARACTERS)})
    if left:
        raise BadPayload(
            "llm", f"{len(left)} of {len(shown)} candidates are missing, such as {next(iter(left))}"
        )
    return ordered
