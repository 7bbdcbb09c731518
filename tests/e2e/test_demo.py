"""The demo keeps its promise: every suggestion parses, in all languages, at every kind of cursor."""

from __future__ import annotations

from typing import Any

import pytest

from maze.cli.demo.cursors import CURSORS, Cursor
from tests.e2e.conftest import last_json, needs_engine

KINDS = {
    "mid-expression",
    "mid-identifier",
    "end of line",
    "empty function body",
    "unfinished call, code after it",
}


@pytest.mark.parametrize("cursor", CURSORS, ids=lambda cursor: f"{cursor.file}-{cursor.kind}")
def test_cursors_are_in_their_samples(cursor: Cursor) -> None:
    content, offset = cursor.place()
    assert content[:offset].endswith(cursor.before)
    whole = cursor.path.read_text(encoding="utf-8")
    assert content[:offset] + cursor.removed + content[offset:] == whole


@pytest.fixture(scope="module")
def demo() -> dict[str, Any]:
    """What `scripts/demo --json` prints."""
    return last_json("benchmarks.demo", "--json")


@pytest.mark.local
@pytest.mark.slow
@pytest.mark.timeout(900)
@needs_engine
def test_demo(demo: dict[str, Any]) -> None:
    for language in ("python", "go"):
        found = {cursor["kind"] for cursor in demo["cursors"] if cursor["language"] == language}
        assert found >= KINDS
    offered = [c for c in demo["cursors"] if c["suggestion"]["text"] is not None]
    assert len(offered) >= len(CURSORS) * 0.8
    for cursor in offered:
        assert cursor["parser"]
        assert cursor["suggestion"]["parses"] is True, cursor
        assert cursor["suggestion"]["tokens"] > 0
        assert cursor["suggestion"]["ms"] > 0
    summary = demo["summary"]
    assert summary["maze"]["parse"] == summary["maze"]["offered"] == len(offered)
    assert summary["unconstrained"]["offered"] > 0
    assert summary["model"]
