"""praw, tamed: it neither sleeps nor tries again on its own. Importing this imports praw.

praw sleeps inside ``time.sleep`` where no deadline can wake it: up to ten minutes when the quota's
window is used up, and seconds before each retry of a 503. Pacing and retries belong to the transport
of the session. Both habits hang on private attributes of prawcore 4; :func:`open_praw` refuses to go on
when they are not where it expects them.
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

__all__ = ["Access", "Tamed", "open_praw"]

_WINDOW_SECONDS = 600


@dataclass(frozen=True)
class Access:
    """Where Reddit is reached, and who asks."""

    base_url: str
    token_url: str
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    user_agent: str


class Tamed(NamedTuple):
    """A client, and what holds its token (``access_token``) and gets one (``refresh``)."""

    reddit: praw.Reddit
    authorizer: Any


def open_praw(session: requests.Session, access: Access, token: str | None = None) -> Tamed:
    """Return a read-only client over ``session``, for one thread at a time; nothing is sent yet.

    With a ``token`` it uses that one and never asks for another. Everything that praw would read from
    the environment or a ``praw.ini`` in the working directory is given here, so that neither can make
    it log in as somebody. Raises :class:`ConfigError` when this praw cannot be tamed.
    """
    reddit = praw.Reddit(
        site_name="DEFAULT",
        client_id=access.client_id,
        client_secret=access.client_secret,
        user_agent=access.user_agent,
        oauth_url=f"{access.base_url.rstrip('/')}/",  # urljoin would drop what follows the last slash
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
    _insist(reddit, "_core", "_read_only_core")
    core: Any = reddit._core
    if token is not None:
        core = prawcore.session(authorizer=_BorrowedToken(core.authorizer.authenticator, token))
    _insist(core, "_rate_limiter", "_retry_strategy_class")
    core._rate_limiter = _RefuseInsteadOfSleep(window_size=_WINDOW_SECONDS)
    core._retry_strategy_class = _NoRetry
    reddit._core = reddit._read_only_core = core
    return Tamed(reddit, core.authorizer)


def _insist(owner: object, *attributes: str) -> None:
    for name in attributes:
        if not hasattr(owner, name):
            raise ConfigError(
                f"praw {praw.__version__} with prawcore {prawcore.__version__} has no "
                f"{type(owner).__name__}.{name}, so its sleeps cannot be switched off; "
                "install praw>=8.0.3,<9 and prawcore>=4,<5"
            )


class _CheckedRequestor(prawcore.Requestor):
    """Judges each answer before prawcore does."""

    def request(self, *args: Any, timeout: float | None = None, **kwargs: Any) -> requests.Response:
        return checked(super().request(*args, timeout=timeout, **kwargs))


class _BorrowedToken(BaseAuthorizer):
    """A token that somebody else got, used until it is refused."""

    def __init__(self, authenticator: BaseAuthenticator, token: str) -> None:
        super().__init__(authenticator=authenticator)
        self.access_token = token

    def is_valid(self) -> bool:
        return True


class _RefuseInsteadOfSleep(RateLimiter):
    """Keeps to the window that Reddit tells of by refusing to send until it ends."""

    _resumes_at: float | None = None  # on the clock's monotonic scale

    def delay(self) -> None:
        if self._resumes_at is None:
            return
        left = self._resumes_at - current_deadline().clock.monotonic()
        if left > 0:
            raise RateLimited(VENDOR, "the quota of the window is used up", retry_after_seconds=left)

    def update(self, *, response_headers: Mapping[str, str]) -> None:
        # Unlike prawcore's, it does not break over a header that is missing or no whole number.
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
