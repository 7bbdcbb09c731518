"""The small parts that need neither server nor engine: what helps, typing ahead, its rhythm,
where a document is."""

from __future__ import annotations

import pytest
from lsprotocol import types

from maze.document import PositionEncoding
from maze.lsp.debounce import TypingRhythm
from maze.lsp.helpful import is_news, only_closes, trimmed
from maze.lsp.session import Session
from maze.lsp.typed_ahead import TypedAhead

NEWS = [
    # suggestion, what follows the cursor, whether it says something that does not follow anyway
    ("a + b", "\n", True),
    ("", "\n", False),
    (" \n", "\n", False),
    (")", "\n", True),
    (")", ")\n", False),
    ("a)", "a)\n", False),
    ("a", "a)\n", False),
    ("return x", "\n    return x\n", False),
    ("return x\n", "\n    return xy\n", False),
    ("x", "\nxs = 1\n", True),
    ("b, c", ", d)\n", True),
]


@pytest.mark.parametrize(("suggestion", "following", "expected"), NEWS)
def test_is_news(suggestion, following, expected) -> None:
    assert is_news(suggestion, following) is expected


@pytest.mark.parametrize(
    ("suggestion", "expected"),
    [
        (")", True),
        ("})", True),
        (" )];\n", True),
        ("):", False),
        ("1)", False),
        ("", False),
        (" \n", False),
    ],
)
def test_only_closes(suggestion, expected) -> None:
    assert only_closes(suggestion) is expected


TRIMMED = [
    # suggestion, what follows, what is left
    ("x = 1\n", "\ny\n", "x = 1"),
    ("x = 1  ", "", "x = 1"),
    ("x, ", "y)\n", "x, "),
    ("x = 1 + \\\n", "\n", "x = 1 + \\\n"),
    ("x = 1 + \\\r\n  ", "\n", "x = 1 + \\\r\n  "),
    ("x = 1\r\n", "\r\n", "x = 1"),
    ("\n\n", "\n", ""),
]


@pytest.mark.parametrize(("suggestion", "following", "left"), TRIMMED)
def test_trimmed(suggestion, following, left) -> None:
    assert trimmed(suggestion, following) == left


TYPING = [
    # edits after "return a" was suggested at 10, the cursor, what is left of it
    ([], 10, ["return a"]),
    ([(10, 10, "re")], 12, ["turn a"]),
    ([(10, 10, "r"), (11, 11, "e")], 12, ["turn a"]),
    ([(10, 10, "rx"), (11, 12, "e")], 12, ["turn a"]),
    ([(10, 10, "x"), (10, 11, "")], 10, ["return a"]),
    ([(10, 10, "return a")], 18, []),
    ([(10, 10, "x")], 11, []),
    ([(10, 10, "re")], 11, []),
    ([(3, 3, "#")], 11, []),
    ([(10, 10, "re"), (50, 50, "#")], 12, []),
    ([(9, 10, "")], 9, []),
]


@pytest.mark.parametrize(("edits", "cursor", "left"), TYPING)
def test_typing_ahead(edits, cursor, left) -> None:
    ahead = TypedAhead()
    ahead.expect(10)
    ahead.remember(["return a"])
    for edit in edits:
        ahead.edited(*edit)
    assert ahead.tails(cursor) == left


def test_typing_ahead_before_the_suggestion_is_there() -> None:
    ahead = TypedAhead()
    ahead.expect(10)
    ahead.edited(10, 10, "if x:\r\n")
    ahead.remember(["if x:\n    y", "for x in y:"])
    assert ahead.tails(17) == ["    y"]


def test_what_was_forgotten_is_not_remembered() -> None:
    ahead = TypedAhead()
    ahead.expect(10)
    ahead.forget()
    ahead.remember(["return a"])
    assert ahead.tails(10) == []


RHYTHMS = [
    # times of edits, now, the longest wait, what is waited (seconds)
    ([], 5.0, 0.15, 0.0),
    ([5.0], 5.0, 0.15, 0.0),
    ([5.0, 5.1], 5.1, 0.15, 0.13),
    ([5.0, 5.1], 5.2, 0.15, 0.03),
    ([5.0, 5.1], 5.9, 0.15, 0.0),
    ([5.0, 5.1], 5.1, 0.05, 0.0),
    ([5.0, 5.3], 5.3, 0.15, 0.0),
    ([5.0, 9.0], 9.0, 0.15, 0.0),
    ([5.0, 5.1], 5.1, 0.0, 0.0),
]


@pytest.mark.parametrize(("edits", "now", "longest", "expected"), RHYTHMS)
def test_waiting_for_the_next_keystroke(edits, now, longest, expected) -> None:
    rhythm = TypingRhythm()
    for time in edits:
        rhythm.edited(time)
    assert rhythm.wait(now, longest) == pytest.approx(expected)


PLACES = [
    # a document, the workspace's folders, the path that a model is shown
    ("file:///work/a/b%20c.py", ["file:///work"], "a/b c.py"),
    ("file:///work/a/b.py", ["file:///work", "file:///work/a/"], "b.py"),
    ("file:///elsewhere/b.py", ["file:///work"], "b.py"),
    ("file:///c%3A/Users/me/a/b.py", ["file:///c%3A/Users/me"], "a/b.py"),
    ("file:///c%3A/Users/me/a/b.py", ["file:///C:/Users/me"], "a/b.py"),
    ("file://server/share/a/b.py", ["file://server/share"], "a/b.py"),
    ("untitled:Untitled-1", ["file:///work"], "Untitled-1"),
]


@pytest.mark.parametrize(("uri", "roots", "shown"), PLACES)
def test_where_a_document_is(uri, roots, shown) -> None:
    item = types.TextDocumentItem(uri, "python", 1, "x = 1\n")
    session = Session(item, PositionEncoding.UTF16, roots)
    assert session.document.title == shown
