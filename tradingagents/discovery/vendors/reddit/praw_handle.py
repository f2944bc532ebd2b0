"""praw with its own sleeps and retries disabled. Importing this imports praw.

praw calls ``time.sleep``, which no deadline can interrupt: up to ten minutes when the quota of the window is
spent, and seconds before each retry of a 503. Pacing and retries belong to the session's transport. Both are
private attributes of prawcore 4; :func:`open_praw` raises where they are missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

import praw
import prawcore
import requests
from prawcore.auth import BaseAuthenticator, BaseAuthorizer
from prawcore.rate_limit import RateLimiter
from prawcore.sessions import FiniteRetryStrategy

from tradingagents.discovery.model.clock import current_deadline
from tradingagents.discovery.model.errors import ConfigError, RateLimited
from tradingagents.discovery.vendors.reddit.errors import VENDOR, checked

__all__ = ["Access", "PrawHandle", "open_praw"]

_WINDOW_SECONDS = 600


@dataclass(frozen=True)
class Access:
    """Reddit's URLs and the credentials of the client."""

    base_url: str
    token_url: str
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    user_agent: str


class PrawHandle(NamedTuple):
    """A praw client, and its authorizer: ``access_token`` is its token, ``refresh()`` fetches one."""

    reddit: praw.Reddit
    authorizer: Any


def open_praw(session: requests.Session, access: Access, token: str | None = None) -> PrawHandle:
    """Return a read-only client over ``session``, for one thread at a time; sends nothing.

    With a ``token`` it uses that one and never requests another. All settings that praw would read from
    the environment or a ``praw.ini`` in the working directory are passed, so that neither can make it log in
    with a user account. Raises :class:`ConfigError` when the sleeps of the installed praw cannot be disabled.
    """
    reddit = praw.Reddit(
        site_name="DEFAULT",
        client_id=access.client_id,
        client_secret=access.client_secret,
        user_agent=access.user_agent,
        oauth_url=f"{access.base_url.rstrip('/')}/",  # urljoin would drop a path without a final slash
        reddit_url=access.token_url.rstrip("/"),
        username=None,
        password=None,
        refresh_token=None,
        redirect_uri=None,
        check_for_updates=False,
        check_for_async=False,
        requestor_class=_CheckedRequestor,
        requestor_kwargs={"session": session},
    )
    _require_attributes(reddit, "_core", "_read_only_core")
    core: Any = reddit._core
    if token is not None:
        core = prawcore.session(authorizer=_SharedToken(core.authorizer.authenticator, token))
    _require_attributes(core, "_rate_limiter", "_retry_strategy_class")
    core._rate_limiter = _RaiseInsteadOfSleep(window_size=_WINDOW_SECONDS)
    core._retry_strategy_class = _NoRetry
    reddit._core = reddit._read_only_core = core
    return PrawHandle(reddit, core.authorizer)


def _require_attributes(owner: object, *attributes: str) -> None:
    for name in attributes:
        if not hasattr(owner, name):
            raise ConfigError(
                f"praw {praw.__version__} with prawcore {prawcore.__version__} has no "
                f"{type(owner).__name__}.{name}, so its sleeps cannot be disabled; "
                "install praw>=8.0.3,<9 and prawcore>=4,<5"
            )


class _CheckedRequestor(prawcore.Requestor):
    """Classifies each response before prawcore does."""

    def request(self, *args: Any, timeout: float | None = None, **kwargs: Any) -> requests.Response:
        return checked(super().request(*args, timeout=timeout, **kwargs))


class _SharedToken(BaseAuthorizer):
    """The token of a sibling client, used until it is rejected."""

    def __init__(self, authenticator: BaseAuthenticator, token: str) -> None:
        super().__init__(authenticator=authenticator)
        self.access_token = token

    def is_valid(self) -> bool:
        return True


class _RaiseInsteadOfSleep(RateLimiter):
    """Raises ``RateLimited`` until the window in Reddit's headers ends, instead of sleeping."""

    _resumes_at: float | None = None  # monotonic seconds

    def delay(self) -> None:
        if self._resumes_at is None:
            return
        left = self._resumes_at - current_deadline().clock.monotonic()
        if left > 0:
            raise RateLimited(VENDOR, "the quota of the window is spent", retry_after_seconds=left)

    def update(self, *, response_headers: Mapping[str, str]) -> None:
        # Unlike prawcore's, accepts missing headers and fractions.
        remaining = _number(response_headers.get("x-ratelimit-remaining"))
        reset = _number(response_headers.get("x-ratelimit-reset"))
        if remaining is None or reset is None:
            return
        spent = remaining < 1
        self._resumes_at = current_deadline().clock.monotonic() + reset if spent else None


@dataclass(frozen=True)
class _NoRetry(FiniteRetryStrategy):
    """One attempt. With ``retries=0`` alone prawcore sleeps 2 to 4 s before the first."""

    DEFAULT_RETRIES: ClassVar[int] = 0
    retries: int = 0


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
