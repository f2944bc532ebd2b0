"""Reddit's OAuth API: the token, listings, search, comments and communities.

Source: the recordings of praw and prawcore, and Reddit's "Data API Wiki". Any non-empty client id gets
a token, and only such tokens are accepted.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from urllib.parse import parse_qs

from tradingagents.discovery.sandbox.http.wire import HTML, Request, Response, Usage, Vendor, json_response
from tradingagents.discovery.sandbox.vendors.reddit import listings as reddit_listings
from tradingagents.discovery.sandbox.vendors.reddit import things as reddit_things
from tradingagents.discovery.sandbox.world.text.posts import COMMUNITIES, Post

__all__ = ["Reddit"]

_JSON = "application/json; charset=UTF-8"
_TOKEN_PREFIX = "sandbox-token."  # noqa: S105 - no secret
_TOKEN_SECONDS = 86_400
_GRANTS = {"client_credentials", "password", "https://oauth.reddit.com/grants/installed_client"}
_SERVER = (("Server", "snooserv"), ("Cache-Control", "private, s-maxage=0, max-age=0, must-revalidate"))
_EXPIRED = (("WWW-Authenticate", 'Bearer realm="reddit", error="invalid_token"'),)
_LISTING = re.compile(r"/r/([\w+]+)/(hot|new|rising|top)/?")
_SEARCH = re.compile(r"/r/([\w+]+)/search/?")
_COMMENTS = re.compile(r"(?:/r/\w+)?/comments/(\w+)/?(?:\w+/?)?")
_ABOUT = re.compile(r"/r/(\w+)/about/?")
_ROUTES = {"listing": _LISTING, "search": _SEARCH, "comments": _COMMENTS, "about": _ABOUT}
_TOO_MANY = (
    b"<!doctype html><html><head><title>Too Many Requests</title></head><body>whoa there, pardner!</body>"
)


class Reddit(Vendor):
    """The endpoints of application-only clients."""

    name = "reddit"

    def endpoint(self, request: Request) -> str:
        if request.path == "/api/v1/access_token":
            return "token"
        if request.path.startswith("/api/info"):
            return "info"
        if found := _LISTING.fullmatch(request.path):
            return found[2]
        return next((name for name, route in _ROUTES.items() if route.fullmatch(request.path)), "unknown")

    def answer(self, request: Request) -> Response:
        endpoint = self.endpoint(request)
        if endpoint == "token":
            return _token(request)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.startswith(_TOKEN_PREFIX):
            return _json({"message": "Unauthorized", "error": 401}, 401, _EXPIRED)
        parameters = tuple(sorted(request.query.items()))
        return self._cache.get((request.path, parameters), lambda: self._build(endpoint, request))

    def refuse(self, request: Request, reason: str) -> Response:
        return Response(429, _TOO_MANY, HTML)

    def quota_headers(self, usage: Usage) -> tuple[tuple[str, str], ...]:
        """Return the three headers; prawcore reads ``used`` and ``reset`` with ``int()``."""
        return (
            ("x-ratelimit-used", str(usage.used)),
            ("x-ratelimit-remaining", f"{max(usage.limit - usage.used, 0)}.0"),
            ("x-ratelimit-reset", str(usage.reset_in)),
        )

    def _build(self, endpoint: str, request: Request) -> Response:
        if endpoint in {"hot", "new", "rising", "top", "search"}:
            return self._listing(endpoint, request)
        if endpoint == "comments":
            return self._comments(request)
        if endpoint == "about":
            return self._about(request)
        if endpoint == "info":
            wanted = request.query.get("id", "").split(",")
            posts = [post for post in self._market.posts if f"t3_{post.key}" in wanted]
            return _json(reddit_things.listing(posts))
        return _not_found()

    def _listing(self, endpoint: str, request: Request) -> Response:
        found = (_SEARCH if endpoint == "search" else _LISTING).fullmatch(request.path)
        named = found[1].split("+") if found else []
        communities = _canonical(named)
        if communities is None:
            where = f"/subreddits/search.json?q={named[0]}"
            return Response(302, b"", _JSON, (*_SERVER, ("Location", where)))
        posts: list[Post] = [post for post in self._market.posts if post.subreddit in communities]
        order = request.query.get("sort", "relevance") if endpoint == "search" else endpoint
        if endpoint == "search":
            posts = reddit_listings.matching(posts, request.query.get("q", ""))
        period = request.query.get("t", "all" if endpoint == "search" else "day")
        posts = reddit_listings.within(posts, period, order, self._market.now)
        page, after = reddit_listings.page(reddit_listings.ordered(posts, order), request.query)
        return _json(reddit_things.listing(page, after))

    def _comments(self, request: Request) -> Response:
        found = _COMMENTS.fullmatch(request.path)
        post = next((post for post in self._market.posts if found and post.key == found[1]), None)
        if post is None:
            return _not_found()
        thread = [reddit_things.listing([post]), reddit_things.comment_listing(self._market.seed, post)]
        return _json(thread)

    def _about(self, request: Request) -> Response:
        found = _ABOUT.fullmatch(request.path)
        name = next((name for name in COMMUNITIES if found and name.lower() == found[1].lower()), None)
        return _json(reddit_things.community(name)) if name else _not_found()


def _canonical(named: list[str]) -> set[str] | None:
    """Return the requested communities in their own spelling; None when one does not exist."""
    if [name.lower() for name in named] == ["all"]:
        return set(COMMUNITIES)
    spelled = {name.lower(): name for name in COMMUNITIES}
    if not named or any(name.lower() not in spelled for name in named):
        return None
    return {spelled[name.lower()] for name in named}


def _json(value: object, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    return json_response(value, status, headers=_SERVER + headers, content_type=_JSON)


def _not_found() -> Response:
    return _json({"message": "Not Found", "error": 404}, 404)


def _token(request: Request) -> Response:
    """Return a token as long as a real one; 401 for an empty client id."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        client = base64.b64decode(encoded, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        client = ""
    if request.method != "POST" or scheme.lower() != "basic" or not client:
        return _json({"message": "Unauthorized", "error": 401}, 401)
    grant = parse_qs(request.body.decode("ascii", "replace")).get("grant_type", [""])[0]
    if grant not in _GRANTS:
        return _json({"error": "unsupported_grant_type"}, 400)
    digest = hashlib.sha256(client.encode()).hexdigest()
    token = _TOKEN_PREFIX + digest * 12
    return _json({"access_token": token, "token_type": "bearer", "expires_in": _TOKEN_SECONDS, "scope": "*"})
