"""What is wrong with a configuration, in words: the key, the value, and what is valid instead."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Collection, Iterable, Mapping
from typing import get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tradingagents.discovery.model.errors import ConfigError
from tradingagents.discovery.model.redact import REDACTED, redact
from tradingagents.discovery.settings.first_design import answer_for

__all__ = ["config_error", "explain", "nearest", "unknown"]

_EXPECTED: Mapping[str, str] = {
    "bool_type": "expected true or false",
    "dict_type": "expected a dict",
    "finite_number": "expected a finite number",
    "float_type": "expected a number",
    "int_type": "expected a whole number",
    "list_type": "expected a list",
    "missing": "missing",
    "model_type": "expected a dict",
    "string_type": "expected text",
}
_LONGEST = 80  # characters of a value that are shown
_LONGEST_PROBLEM = 1_000  # characters; a name that is not valid may have any length
_MOST = 500  # problems that the message lists; ``ConfigError.problems`` has all

# A run of letters and digits that no setting and no ticker has: perhaps an API key, pasted in a wrong place.
_KEY_LIKE = re.compile(
    r"(?<![\w-])(?:(?=(?:[\w-]*?\d){4})(?=(?:[\w-]*?[A-Za-z]){3})[\w-]{16,}"
    r"|(?:sk|pk|rk|ghp|gho|xox[abp]|AKIA|AIza)[-_]?(?=[\w-]*\d)[\w-]{12,})"
)


def config_error(problems: Iterable[str]) -> ConfigError:
    """Return the error that states every problem, one a line."""
    found = tuple(dict.fromkeys(_without_keys(problem) for problem in problems))
    where = "every setting is explained in docs/configuration.md"
    if len(found) == 1:
        return ConfigError(f"{found[0]} ({where})", problems=found)
    lines = "".join(f"\n- {problem}" for problem in found[:_MOST])
    lines += f"\n- and {len(found) - _MOST} more" if len(found) > _MOST else ""
    return ConfigError(f"{len(found)} problems in the configuration; {where}{lines}", problems=found)


def _without_keys(problem: str) -> str:
    """Return ``problem`` cut to a readable length, without what may be a key."""
    return _KEY_LIKE.sub(REDACTED, problem[:_LONGEST_PROBLEM])


def explain(error: ValidationError, model: type[BaseModel], path: str) -> list[str]:
    """Return the problems of one section that ``model`` refused; ``path`` is where it is in the config."""
    return [_explain(problem, model, path) for problem in error.errors(include_url=False)]


def unknown(path: str, kind: str, valid: Collection[str]) -> str:
    """Return the problem of a name that is not valid, with today's name or the nearest valid one."""
    if answer := answer_for(path):
        return f"{path}: unknown {kind}; {answer}"
    name = path.rpartition(".")[2]
    if near := nearest(name, valid):
        return f"{path}: unknown {kind}; did you mean {near!r}?"
    return f"{path}: unknown {kind}" + (f"; valid are {', '.join(sorted(valid))}" if valid else "")


def nearest(name: str, valid: Collection[str], cutoff: float = 0.6) -> str | None:
    """Return the valid name that is spelt most like ``name``, if any is."""
    return next(iter(difflib.get_close_matches(name, valid, 1, cutoff)), None)


def _explain(problem: ErrorDetails, model: type[BaseModel], path: str) -> str:
    location = [str(part) for part in problem["loc"]]
    key = ".".join([path, *location])
    if problem["type"] == "extra_forbidden":
        return unknown(key, "key", _fields_at(model, location[:-1]))
    if problem["type"] == "missing":
        return f"{key}: missing"
    if key.endswith("_env"):  # perhaps the secret itself, pasted where its variable's name belongs
        return f"{key}: not the name of an environment variable"
    if problem["type"] == "value_error" and isinstance(problem["input"], Mapping):
        return f"{key}: {_expected(problem)}"  # about several keys of a section, which would be long to show
    return f"{key}: {_expected(problem)}, got {_shown(problem['input'])}"


def _expected(problem: ErrorDetails) -> str:
    kind, context = problem["type"], problem.get("ctx", {})
    if kind in _EXPECTED:
        return _EXPECTED[kind]
    if kind == "literal_error":
        return f"expected {context['expected']}"
    if kind == "value_error":
        return str(context["error"])
    for bound, words in (("gt", "above"), ("ge", "at least"), ("lt", "below"), ("le", "at most")):
        if bound in context:
            return f"expected a number {words} {context[bound]:g}"
    message = str(problem["msg"])
    return message[:1].lower() + message[1:]


def _shown(value: object) -> str:
    try:
        text = redact(repr(value))
    except RecursionError:
        text = f"a {type(value).__name__} that is nested too deeply"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _fields_at(model: type[BaseModel], location: list[str]) -> list[str]:
    """Return the keys that are valid at a location inside ``model``; none where that is not known."""
    found: object = model
    for part in location:
        if isinstance(found, type) and issubclass(found, BaseModel):
            field = found.model_fields.get(part)
            found = field.annotation if field else _extra_of(found)
        elif get_origin(found) is dict:
            found = get_args(found)[1]
        elif get_origin(found) is list:
            found = get_args(found)[0]
    return list(found.model_fields) if isinstance(found, type) and issubclass(found, BaseModel) else []


def _extra_of(model: type[BaseModel]) -> object:
    """Return the type of a model's further keys, as the vendors of the user's own."""
    if "__pydantic_extra__" not in inspect.get_annotations(model):
        return None
    extra: object = inspect.get_annotations(model, eval_str=True)["__pydantic_extra__"]
    return get_args(extra)[1] if get_origin(extra) is dict else None
