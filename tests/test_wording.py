"""Words that are not of the field: the package, its documentation and its messages do without them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PRIVATE = re.compile(
    r"\b(befalls?|desks?|hungry|narrators?|strangers?|tamed|whoever|the house)\b", re.IGNORECASE
)


def test_no_private_metaphor_is_left() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "tradingagents").rglob("*.py")]
    found = [
        f"{page.relative_to(ROOT)}:{number}: {line.strip()}"
        for page in pages
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1)
        if PRIVATE.search(line)
    ]
    assert len(pages) > 200
    assert found == []
