"""``FetchSession``: the ``requests`` session that a vendor's client uses for its calls."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import replace
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from requests_cache import DO_NOT_CACHE, CacheMixin
from requests_cache.models.response import CachedResponse

from tradingagents.discovery.execution.single_flight import SingleFlight
from tradingagents.discovery.model.clock import Clock, current_deadline
from tradingagents.discovery.model.errors import (
    BadPayload,
    CircuitOpen,
    DeadlineExceeded,
    DiscoveryError,
    QuotaSpent,
    RateLimited,
    Transient,
)
from tradingagents.discovery.net.cache import ResponseCache, ResponseStore, absence_in
from tradingagents.discovery.net.classify import Answer, Finding, Reason, classify
from tradingagents.discovery.net.counters import count, report_stale
from tradingagents.discovery.net.notes import FetchNote, check, has_note, note_of, put_note
from tradingagents.discovery.net.redirects import check_redirect
from tradingagents.discovery.net.translate import translate
from tradingagents.discovery.net.transport.credentials import Credentials
from tradingagents.discovery.net.vendor import Vendor

__all__ = ["SECRET_PARAMETERS", "FetchSession", "request_key"]

_log = logging.getLogger(__name__)

SECRET_PARAMETERS = ("apikey", "api_key", "token", "access_token")
"""Query parameters that are not part of a cache key, in lower case."""

# Errors for which an older answer is served instead. Not a wrong key: the user must see that.
_OUTAGES = (Transient, RateLimited, QuotaSpent, BadPayload, CircuitOpen, DeadlineExceeded)
_MAX_REDIRECTS = 5
_SHORT_BODY = 512  # an answer with nothing in it is shorter than this
# How long "does not exist" (a holiday's file, a symbol) is cached; it may only be late.
_ABSENT_TTL_SECONDS = 900.0


def _no_credentials_of_netrc(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Leave a request as it is: without an ``auth``, ``requests`` takes one from the user's ``~/.netrc``."""
    return request


class FetchSession(CacheMixin, requests.Session):
    """``single-flight( cache( layers of the adapter ) )`` for one vendor and one identity. Thread-safe.

    A drop-in ``requests.Session``. Its methods raise our errors only, never those of ``requests``; a
    vendor's refusal is returned as a response, so that client libraries work, and :func:`check` raises it.
    Cookies are not kept. Threads that send equal requests at the same time share one response, so it must
    not be changed.
    """

    def __init__(
        self,
        vendor: Vendor,
        *,
        store: ResponseStore,
        adapter: requests.adapters.BaseAdapter,
        clock: Clock,
        credentials: Credentials | None = None,
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        self._cache = ResponseCache(store, credentials)
        super().__init__(
            backend=self._cache,
            expire_after=DO_NOT_CACHE,
            urls_expire_after={
                pattern: ttl if ttl > 0 else DO_NOT_CACHE for pattern, ttl in vendor.ttl_patterns().items()
            },
            allowable_codes=(200,),
            allowable_methods=("GET",),
            key_fn=request_key,
            ignored_parameters=SECRET_PARAMETERS,
        )
        self.vendor, self._clock, self._on_close = vendor, clock, on_close
        self._flights: SingleFlight[requests.Response] = SingleFlight()
        self.max_redirects = _MAX_REDIRECTS
        self.trust_env = not vendor.on_this_machine  # a proxy from the environment cannot reach a sandbox
        self.auth = _no_credentials_of_netrc
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("https://", "http://"):
            self.mount(scheme, adapter)  # for every host, so that a redirect cannot leave the chain

    def fetch(self, url: str, **kwargs: Any) -> requests.Response:
        """GET ``url`` and return an answer that can be used; also raises like :func:`check`."""
        return check(self.get(url, **kwargs))

    def request(  # type: ignore[override]  # the bases spell out their twenty keywords
        self, method: str, url: str, *args: Any, **kwargs: Any
    ) -> Any:
        """Send a request as ``requests`` does, and translate its errors.

        A ``url`` that begins with ``/`` or ``?`` is below the vendor's base URL.
        """
        try:
            return super().request(method, self.vendor.absolute(url), *args, **kwargs)
        except requests.RequestException as error:
            raise translate(self.vendor.name, error) from None

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        """Remove credentials that must not go along with a redirect; add none from ``~/.netrc``."""
        url, headers = response.request.url or "", prepared_request.headers
        if self.should_strip_auth(url, prepared_request.url or ""):  # type: ignore[no-untyped-call]
            headers.pop("Authorization", None)

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Return where a response redirects to; raises where the vendor's redirects may not lead.

        :class:`Permanent` for another host or from https to http, :class:`BadPayload` for no address.
        """
        target: str | None = super().get_redirect_target(resp)
        if target is not None:
            check_redirect(self.vendor, resp.url, target)
        return target

    def send(  # type: ignore[override]  # as above
        self, request: requests.PreparedRequest, **kwargs: Any
    ) -> Any:
        """Return the response of an equal request under way, the cached one, or the vendor's."""
        if request.method != "GET" or kwargs.get("stream"):
            return self._answer(request, kwargs)
        key = (request_key(request), kwargs.get("allow_redirects", True))
        response, led = self._flights.run(key, lambda: self._answer(request, kwargs), current_deadline())
        if not led:
            count(self.vendor.name, "coalesced")
            _report_if_stale(note_of(response))
        return response

    def close(self) -> None:
        """Close connections and files. Idempotent."""
        super().close()  # type: ignore[no-untyped-call]  # requests-cache leaves it untyped
        self._on_close()

    def _answer(self, request: requests.PreparedRequest, kwargs: dict[str, Any]) -> requests.Response:
        try:
            response: requests.Response = super().send(request, **kwargs)
        except _OUTAGES as error:
            if (copy := self._stale_copy(request, error)) is None:
                raise
            return copy
        if has_note(response):
            self._keep_absence(request, response)
        else:
            self._note_hit(response)
        refusal = _refusal(response)
        stand_in = self._stale_copy(request, refusal) if isinstance(refusal, _OUTAGES) else None
        return response if stand_in is None else stand_in

    def _keep_absence(self, request: requests.PreparedRequest, response: requests.Response) -> None:
        """Cache for a short time that the item does not exist, if its endpoint is cached at all."""
        note = note_of(response)
        if request.method != "GET" or note.finding.reason is not Reason.ABSENT or note.status < 400:
            return
        seconds = min(self.vendor.ttl_of(request.url or ""), _ABSENT_TTL_SECONDS)
        if seconds > 0:
            self._cache.keep_absence(request_key(request), response, note.finding.message, seconds)

    def _note_hit(self, response: requests.Response) -> None:
        """Attach a note to a cached answer. One that the vendor just confirmed (304) is fresh again."""
        hit = isinstance(response, CachedResponse) and not response.revalidated
        if hit:
            count(self.vendor.name, "cached")
        note = FetchNote(self.vendor.name, response.status_code, self._finding(response), cached=hit)
        put_note(response, replace(note, age_seconds=self._age(response)) if hit else note)

    def _stale_copy(self, request: requests.PreparedRequest, why: DiscoveryError) -> requests.Response | None:
        """Return the cached answer if it is recent enough to be served instead of ``why``."""
        if isinstance(why, DeadlineExceeded) and current_deadline().expired():
            return None
        copy = self.cache.get_response(request_key(request)) if request.method == "GET" else None
        if copy is None or copy.expires is None or absence_in(copy) is not None:
            return None
        if (self._clock.now() - copy.expires).total_seconds() > self.vendor.settings.stale_if_error_seconds:
            return None
        note = FetchNote(self.vendor.name, copy.status_code, self._finding(copy), cached=True, stale=True)
        note = replace(note, stale_because=why, age_seconds=self._age(copy))
        put_note(copy, note)
        _report_if_stale(note)
        return copy

    def _finding(self, response: requests.Response) -> Finding:
        if (nothing := absence_in(response)) is not None:
            return Finding(Reason.ABSENT, nothing)
        if len(response.content) > _SHORT_BODY:
            return Finding(Reason.OK)
        return classify(self.vendor.name, Answer.of(response, self._clock.now()))

    def _age(self, response: requests.Response) -> float:
        made = getattr(response, "created_at", None)
        return 0.0 if made is None else max((self._clock.now() - made).total_seconds(), 0.0)


def request_key(request: Any, **_: Any) -> str:
    """Return the cache key of a request: a hash of method, address and parameters without secrets."""
    parts = urlsplit(request.url)
    query = sorted(
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if name.lower() not in SECRET_PARAMETERS
    )
    path = "/".join(filter(None, parts.path.split("/")))
    identity = "\n".join([request.method or "", parts.scheme, parts.netloc, path, urlencode(query)])
    return hashlib.blake2b(identity.encode(), digest_size=16).hexdigest()


def _refusal(response: requests.Response) -> DiscoveryError | None:
    note = note_of(response)
    return note.finding.error(note.vendor, note.status)


def _report_if_stale(note: FetchNote) -> None:
    if note.stale_because is not None:
        message = f"{note.vendor}: a stale answer, {_duration(note.age_seconds)} old, is used instead"
        count(note.vendor, "stale")
        _log.info("%s (%s)", message, note.stale_because)
        report_stale(note.stale_because, f"{message} ({note.stale_because})")


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7_200 else f"{seconds / 3_600:.1f} h"
