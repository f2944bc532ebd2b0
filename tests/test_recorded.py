"""The recorded documents in this repository: each has its source stated, and they stay small."""

from __future__ import annotations

import re

from tests.shared_data import RECORDED_SEC

MAX_BYTES = 6_000_000


def test_every_recorded_sec_document_has_a_row_with_its_source() -> None:
    present = {
        file.relative_to(RECORDED_SEC).as_posix() for file in RECORDED_SEC.rglob("*") if file.is_file()
    }
    rows = [line.split(" | ") for line in (RECORDED_SEC / "SOURCES.md").read_text("utf-8").splitlines()]
    listed = {row[0].strip("|` "): row[1:] for row in rows if row[0].startswith("| `")}
    assert set(listed) == present - {"SOURCES.md"}
    assert all(len(columns) == 4 and all(columns) for columns in listed.values())


def test_the_recordings_stay_small_and_name_no_requester() -> None:
    files = [file for file in RECORDED_SEC.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) <= MAX_BYTES
    for file in files:
        text = file.read_text("latin-1")
        assert not re.search(r"(?i)\b(api_?key|authorization|set-cookie)\b\s*[:=]", text), file.name
