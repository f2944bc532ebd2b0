"""Reddit's JSON objects: posts (t3), comments (t1), communities (t5) and listings of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from html import escape

from tradingagents.discovery.sandbox.world import stream
from tradingagents.discovery.sandbox.world.text.posts import COMMUNITIES, Post

__all__ = ["comment_listing", "community", "listing"]

_POST_NULLS = (
    "approved_at_utc", "approved_by", "author_flair_background_color", "author_flair_css_class",
    "author_flair_template_id", "author_flair_text", "author_flair_text_color", "banned_at_utc", "banned_by",
    "category", "content_categories", "discussion_type", "likes", "media", "mod_note", "mod_reason_by",
    "mod_reason_title", "num_reports", "removal_reason", "removed_by", "report_reasons", "secure_media",
    "suggested_sort", "thumbnail_height", "thumbnail_width", "top_awarded_type", "view_count",
)  # fmt: skip
_POST_FALSE = (
    "archived", "author_is_blocked", "author_patreon_flair", "author_premium", "can_gild", "can_mod_post",
    "clicked", "contest_mode", "edited", "hidden", "hide_score", "is_created_from_ads_ui", "is_meta",
    "is_original_content", "is_reddit_media_domain", "is_video", "locked", "media_only", "over_18", "pinned",
    "quarantine", "saved", "spoiler", "visited",
)  # fmt: skip
_POST_LISTS = (
    "all_awardings", "author_flair_richtext", "awarders", "link_flair_richtext", "mod_reports",
    "treatment_tags", "user_reports",
)  # fmt: skip
_POST_FIXED = {
    "allow_live_comments": False, "author_flair_type": "text", "gilded": 0, "is_crosspostable": True,
    "is_robot_indexable": True, "is_self": True, "link_flair_background_color": "",
    "link_flair_text_color": "dark",
    "link_flair_type": "text", "no_follow": False, "num_crossposts": 0, "parent_whitelist_status": "all_ads",
    "pwls": 6, "send_replies": True, "subreddit_type": "public", "thumbnail": "self",
    "total_awards_received": 0,
    "whitelist_status": "all_ads", "wls": 6, "downs": 0,
}  # fmt: skip
_POST_OBJECTS = ("gildings", "media_embed", "secure_media_embed")


def listing(posts: Sequence[Post], after: str | None = None) -> dict[str, object]:
    """Wrap posts as a listing."""
    return _listing([{"kind": "t3", "data": _post(post)} for post in posts], after)


def _listing(children: list[dict[str, object]], after: str | None = None) -> dict[str, object]:
    data = {
        "after": after, "dist": len(children), "modhash": None, "geo_filter": "", "children": children,
        "before": None,
    }  # fmt: skip
    return {"kind": "Listing", "data": data}


def _slug(title: str) -> str:
    words = "".join(letter if letter.isalnum() else " " for letter in title.lower()).split()
    return "_".join(words)[:50] or "post"


def _community_id(name: str) -> str:
    return f"t5_{list(COMMUNITIES).index(name) + 900_000:x}"


def _post(post: Post) -> dict[str, object]:
    """Return all the fields of a post; praw fetches a post again when a field is missing."""
    seconds = float(int(post.created.timestamp()))
    permalink = f"/r/{post.subreddit}/comments/{post.key}/{_slug(post.title)}/"
    flair = {"link_flair_text": post.flair, "link_flair_css_class": post.flair and post.flair.lower()}
    author: dict[str, object] = {"author": "[deleted]"}
    if post.author:
        author = {"author": post.author, "author_fullname": f"t2_{post.author.rpartition('_')[2]}"}
    return {
        **dict.fromkeys(_POST_NULLS),
        **dict.fromkeys(_POST_FALSE, False),
        **{name: [] for name in _POST_LISTS},
        **{name: {} for name in _POST_OBJECTS},
        **_POST_FIXED,
        **author,
        **({"crosspost_parent": f"t3_{post.original}"} if post.original else {}),
        **flair,
        "created": seconds,
        "created_utc": seconds,
        "distinguished": "moderator" if post.stickied else None,
        "domain": f"self.{post.subreddit}",
        "id": post.key,
        "name": f"t3_{post.key}",
        "num_comments": post.comments,
        "permalink": permalink,
        "removed_by_category": post.removed_by,
        "score": post.score,
        "selftext": post.text,
        "selftext_html": f'<div class="md"><p>{escape(post.text)}</p></div>' if post.text else None,
        "stickied": post.stickied,
        "subreddit": post.subreddit,
        "subreddit_id": _community_id(post.subreddit),
        "subreddit_name_prefixed": f"r/{post.subreddit}",
        "subreddit_subscribers": COMMUNITIES[post.subreddit][0],
        "title": post.title,
        "ups": post.score,
        "upvote_ratio": 0.91,
        "url": f"https://www.reddit.com{permalink}",
    }


def comment_listing(seed: int, post: Post) -> dict[str, object]:
    """Return a few comments and, where the post has more, the ``more`` object that stands for the rest."""
    draw = stream(seed, "comments", post.key)
    shown = min(post.comments, draw.randint(2, 6))
    children: list[dict[str, object]] = [
        {"kind": "t1", "data": _comment(post, f"k{post.key}{number}", number)} for number in range(shown)
    ]
    if post.comments > shown:
        rest = [f"m{post.key}{number}" for number in range(min(post.comments - shown, 3))]
        more = {
            "count": post.comments - shown, "id": rest[0], "name": f"t1_{rest[0]}", "depth": 0,
            "parent_id": f"t3_{post.key}", "children": rest,
        }  # fmt: skip
        children.append({"kind": "more", "data": more})
    return _listing(children)


def _comment(post: Post, key: str, number: int) -> dict[str, object]:
    created = float(int((post.created + timedelta(minutes=7 * (number + 1))).timestamp()))
    name = f"fictional_user_{number}"
    body = ("Thanks for sharing.", "I see it the other way round.", "What is your exit?")[number % 3]
    return {
        "id": key, "name": f"t1_{key}", "parent_id": f"t3_{post.key}", "link_id": f"t3_{post.key}",
        "author": name, "author_fullname": f"t2_{number}", "body": body, "body_html": f"<p>{body}</p>",
        "score": 3, "ups": 3, "downs": 0, "created": created, "created_utc": created, "likes": None,
        "subreddit": post.subreddit, "subreddit_id": _community_id(post.subreddit), "replies": "",
        "subreddit_name_prefixed": f"r/{post.subreddit}", "controversiality": 0, "stickied": False,
        "is_submitter": False, "depth": 0, "edited": False, "distinguished": None, "gilded": 0,
        "archived": False, "locked": False, "saved": False, "score_hidden": False, "collapsed": False,
        "permalink": f"/r/{post.subreddit}/comments/{post.key}/{_slug(post.title)}/{key}/",
    }  # fmt: skip


def community(name: str) -> dict[str, object]:
    """Return the description of a community."""
    members, _ = COMMUNITIES[name]
    data = {
        "display_name": name, "display_name_prefixed": f"r/{name}", "title": f"{name} (sandbox)",
        "id": _community_id(name).removeprefix("t5_"), "name": _community_id(name),
        "subscribers": members,
        "active_user_count": members // 1_000, "public_description": "Synthetic posts only.", "over18": False,
        "quarantine": False, "subreddit_type": "public", "url": f"/r/{name}/", "lang": "en",
        "description": "", "created_utc": 1_201_242_535.0,
    }  # fmt: skip
    return {"kind": "t5", "data": data}
