"""A note on each response of a ``FetchSession``: its meaning, its age, whether it is a stale copy."""

from __future__ import annotations

from dataclasses import dataclass

import requests

from tradingagents.discovery.model.errors import DiscoveryError
from tradingagents.discovery.net.classify import Finding

__all__ = ["FetchNote", "check", "has_note", "note_of", "put_note"]

_ATTRIBUTE = "tradingagents_note"


@dataclass(frozen=True)
class FetchNote:
    """``status`` is the vendor's, before a refusal sent with HTTP 200 was given a fitting one.

    ``age_seconds`` is 0 for an answer directly from the vendor; ``stale`` is true for a copy beyond its TTL,
    served because no newer one was available, and ``stale_because`` is the reason.
    """

    vendor: str
    status: int
    finding: Finding
    cached: bool = False
    stale: bool = False
    stale_because: DiscoveryError | None = None
    age_seconds: float = 0.0


def note_of(response: requests.Response) -> FetchNote:
    """Return the note of a response from a ``FetchSession``. Raises ``LookupError`` for other responses."""
    note = getattr(response, _ATTRIBUTE, None)
    if not isinstance(note, FetchNote):
        raise LookupError("this response did not come through a FetchSession")
    return note


def has_note(response: requests.Response) -> bool:
    """Whether a response has a note."""
    return hasattr(response, _ATTRIBUTE)


def put_note(response: requests.Response, note: FetchNote) -> None:
    """Attach a note, replacing an existing one."""
    setattr(response, _ATTRIBUTE, note)


def check(response: requests.Response) -> requests.Response:
    """Return ``response`` if it can be used; raise a typed error if the vendor refused.

    Raises ``Auth``, ``RateLimited``, ``QuotaSpent``, ``Transient``, ``Permanent``, ``BadPayload``, or
    ``NoDataError`` when the requested item does not exist. A well-formed answer with nothing in it is an
    answer; ``note_of(response).finding.reason`` identifies it.
    """
    note = note_of(response)
    error = note.finding.error(note.vendor, note.status)
    if error is not None:
        raise error
    return response
