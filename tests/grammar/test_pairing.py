"""Closing tags are held to the name of what they close, however the text is cut."""

from __future__ import annotations

import pytest

from maze.grammar import load
from maze.grammar.pairing import NOTHING_OPEN, Open

# text → the names open at its end and what is under way; None: it closes what is not open.
OPEN: dict[str, Open | None] = {
    "a": NOTHING_OPEN,
    "a < b": NOTHING_OPEN,
    "a = <b/>": NOTHING_OPEN,
    "a = <b></b>": NOTHING_OPEN,
    "a = <b.c></b.c>": NOTHING_OPEN,
    "a = <></>": NOTHING_OPEN,
    "a = <": Open((), b"<"),
    "a = <b": Open((), b"<b"),
    "a = <b>": Open((b"b",)),
    "a = <>": Open((b"",)),
    "a = <b c={<d": Open((b"b",), b"<d"),
    "a = <b c={<d>": Open((b"b", b"d")),
    "a = <b><": Open((b"b",), b"<"),
    "a = <b></": Open((b"b",), b"</"),
    "a = <b></b": Open((b"b",), b"</b"),
    "a = <b></ b >": NOTHING_OPEN,
    "a = <T,>(b) => <c>": Open((b"c",)),
    "type A = <T>(b: T) => T": NOTHING_OPEN,
    "a = <B<C>>": Open((b"B",)),
    "a = <b></c>": None,
    "a = <b></>": None,
    "a = <></b>": None,
    "a = <b><c></b>": None,
}


@pytest.mark.parametrize("text", OPEN)
def test_open_names(text: str) -> None:
    syntax = load("tsx")
    assert syntax.names is not None
    data = text.encode()
    assert syntax.names.read(NOTHING_OPEN, syntax.lexer.start, data) == OPEN[text]
    for at in range(len(data)):
        head = syntax.lexer.read(syntax.lexer.start, data[:at], [])
        before = syntax.names.read(NOTHING_OPEN, syntax.lexer.start, data[:at])
        assert head is not None
        assert before is not None
        assert syntax.names.read(before, head, data[at:]) == OPEN[text], f"cut at {at}"


@pytest.mark.parametrize(
    ("before", "suggestion", "fits"),
    [
        ("a = <b>", "</b>", True),
        ("a = <b>", "</b", True),
        ("a = <b>", "<", True),
        ("a = <b>", "</c", False),
        ("a = <b>", "</ b>", False),
        ("a = <b>", "<///<", False),
        ("a = <bc>", "</b", True),
        ("a = <bc>", "</b>", False),
        ("a = <d><bc></b", "c></", True),
        ("a = <d><bc></b", "c></d>", True),
        ("a = <", "b>x</b>", True),
        ("a = <b", "c>x</b", True),
        ("a = <b", "c>x</b>", False),
    ],
)
def test_suggestions_begin_no_wrong_name(before: str, suggestion: str, fits: bool) -> None:
    syntax = load("tsx")
    assert syntax.names is not None
    position = syntax.lexer.read(syntax.lexer.start, before.encode(), [])
    opened = syntax.names.read(NOTHING_OPEN, syntax.lexer.start, before.encode())
    assert position is not None
    assert opened is not None
    read = syntax.names.read(opened, position, suggestion.encode(), generating=True)
    assert (read is not None) == fits


def test_a_misnamed_tag_is_pointed_at() -> None:
    failure = load("tsx").check(b"\xef\xbb\xbfa = <b>\n</c>")
    assert failure is not None
    assert (failure.line, failure.near, failure.expected) == (2, ">", ('"</b"',))
