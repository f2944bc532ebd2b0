"""``LlmRanker``: a chat model reorders what the built-in ranker chose, with reasons.

It is a :class:`CandidateRanker`: the stage limits its time, validates its answer, and keeps the built-in
order after any error. Needs the extra ``[llm]``, and the provider's package and key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, cast

from pydantic import BaseModel, ConfigDict, Field, JsonValue, SecretStr, ValidationError

from tradingagents.discovery.model.candidate import normalise_ticker
from tradingagents.discovery.model.clock import current_deadline
from tradingagents.discovery.model.errors import BadPayload, InvalidCandidate, NotConfiguredError
from tradingagents.discovery.model.redact import register_secret
from tradingagents.discovery.model.report import RankedCandidate
from tradingagents.discovery.model.untrusted_text import one_line, quoted
from tradingagents.discovery.net.counters import count
from tradingagents.discovery.stages.rank.prompt import messages_for

__all__ = ["LLM_REASON", "ChatModel", "LlmRanker", "RankedTicker", "Ranking"]

LLM_REASON = "llm_reason"
"""The key of the model's reason for a candidate's place."""

_REASON_CHARACTERS = 200
_QUOTE_CHARACTERS = 120
_LONGEST_TIMEOUT = 600.0  # seconds a client is given when no deadline bounds the call


class RankedTicker(BaseModel):
    """One candidate in the model's order."""

    model_config = ConfigDict(extra="forbid")

    ticker: str = Field(description="the ticker, spelled as in the data")
    reason: str = Field(description="at most 25 words, from the data shown")


class Ranking(BaseModel):
    """The order in which an analyst should look at the candidates."""

    model_config = ConfigDict(extra="forbid")

    ranking: list[RankedTicker] = Field(description="every candidate exactly once, best first")


class StructuredModel(Protocol):
    """A chat model that answers in a schema: ``{"raw", "parsed", "parsing_error"}``."""

    def invoke(self, messages: list[tuple[str, str]], /) -> Mapping[str, object]: ...


class ChatModel(Protocol):
    """The part of a LangChain chat model that is used."""

    def with_structured_output(self, schema: type[Ranking], /, *, include_raw: bool) -> StructuredModel: ...


class LlmRanker:
    """Orders candidates by a chat model. Thread-safe if the model is.

    ``model`` is a name for langchain's ``init_chat_model``, such as ``"openai:gpt-5-mini"``, or a LangChain
    chat model. A named model is built for each call, at temperature 0 and without retries. It receives at
    most ``max_candidates``; candidates ranked after them keep their order after them.
    """

    permutes = True

    def __init__(self, model: str | ChatModel, *, max_candidates: int = 50) -> None:
        self._model, self._max_candidates = model, max_candidates
        self.name = f"llm:{model}" if isinstance(model, str) else f"llm:{type(model).__name__}"

    def __call__(
        self, candidates: list[dict[str, JsonValue]], trade_date: str, /
    ) -> list[dict[str, JsonValue]]:
        """Return ``candidates`` in the model's order, each with its ``llm_reason``.

        Counts the request and its tokens; see :func:`counting`. Raises :class:`NotConfiguredError` without
        langchain, :class:`BadPayload` for an answer that is not a permutation of the candidates, and what
        the model's client raises.
        """
        shown, behind = candidates[: self._max_candidates], candidates[self._max_candidates :]
        if not shown:
            return behind
        chat = self._chat()
        _register_keys(chat)
        structured = chat.with_structured_output(Ranking, include_raw=True)  # the raw message has the tokens
        count(self.name, "sent")
        try:
            answer = structured.invoke(messages_for(cast("list[RankedCandidate]", shown), trade_date))
        except ValidationError as error:  # a client that validates despite include_raw
            raise _no_ranking(error) from None
        self._count_tokens(answer["raw"])
        return [*_ordered(shown, _parsed(answer)), *behind]

    def _count_tokens(self, message: object) -> None:
        usage: Mapping[str, int] = getattr(message, "usage_metadata", None) or {}
        for what in ("input_tokens", "output_tokens"):
            if what in usage:
                count(self.name, what, usage[what])

    def _chat(self) -> ChatModel:
        if not isinstance(self._model, str):
            return self._model
        try:
            from langchain.chat_models import init_chat_model  # noqa: PLC0415 - an extra, and slow to import
        except ImportError:
            raise NotConfiguredError("langchain; pip install 'tradingagents-discovery[llm]'") from None
        timeout = min(current_deadline().check(), _LONGEST_TIMEOUT)
        made = init_chat_model(self._model, temperature=0, timeout=timeout, max_retries=0)
        return cast("ChatModel", made)


def _register_keys(chat: object) -> None:
    """Redact the model's keys: providers repeat them in error messages."""
    for value in getattr(chat, "__dict__", {}).values():
        if isinstance(value, SecretStr):
            register_secret(value.get_secret_value())


def _parsed(answer: Mapping[str, object]) -> Ranking:
    """Return the ranking, or raise :class:`BadPayload` with a quote of the text returned instead."""
    error, message = answer["parsing_error"], answer["raw"]
    if isinstance(error, ValidationError):
        raise _no_ranking(error)
    if answer["parsed"] is None:
        refusal = getattr(message, "additional_kwargs", {}).get("refusal")
        text = refusal or getattr(message, "content", "")
        answered = f"the text {quoted(str(text), _QUOTE_CHARACTERS)}" if text else "an empty answer"
        raise BadPayload("llm", f"no ranking but {answered}")
    try:
        return Ranking.model_validate(answer["parsed"])
    except ValidationError as invalid:
        raise _no_ranking(invalid) from None


def _no_ranking(invalid: ValidationError) -> BadPayload:
    first = invalid.errors(include_url=False, include_input=False)[0]
    where = ".".join(["answer", *map(str, first["loc"])])
    return BadPayload("llm", f"no ranking: {one_line(where, 60)}: {first['msg']}")


def _ordered(shown: Sequence[dict[str, JsonValue]], answer: Ranking) -> list[dict[str, JsonValue]]:
    """Return the candidates in the order of the answer, which must name each exactly once."""
    left = {candidate["ticker"]: candidate for candidate in shown}
    ordered = []
    for item in answer.ranking:
        if (candidate := left.pop(_spelled(item.ticker), None)) is None:
            raise BadPayload(
                "llm", f"{one_line(item.ticker, 20)!r} is not one of the candidates, or named twice"
            )
        ordered.append({**candidate, LLM_REASON: one_line(item.reason, _REASON_CHARACTERS)})
    if left:
        raise BadPayload(
            "llm", f"{len(left)} of {len(shown)} candidates are missing, such as {next(iter(left))}"
        )
    return ordered


def _spelled(ticker: str) -> str:
    try:
        return normalise_ticker(ticker)
    except InvalidCandidate:
        return ticker
