"""Where a person should look when a text is not accepted: at the lexeme that does not fit."""

from __future__ import annotations

from dataclasses import dataclass

from .syntax import Failure, Syntax


@dataclass(frozen=True)
class Place:
    """The first place that a grammar does not accept.

    Attributes:
        offset: in bytes, of the first byte of the lexeme that does not fit.
        line: counted from 1.
        column: in characters, counted from 1.
        source: the line's text.
        expected: what could have stood there, in words; literals in quotes.
    """

    offset: int
    line: int
    column: int
    source: str
    expected: tuple[str, ...]


def place_of(syntax: Syntax, text: bytes, failure: Failure) -> Place:
    """The place to point at for a failure of `syntax.check(text)`."""
    offset, expected = _refused(syntax, text, failure)
    start = text.rfind(b"\n", 0, offset) + 1
    end = text.find(b"\n", offset)
    source = text[start : end if end >= 0 else None].decode("utf-8", "replace").rstrip("\r")
    return Place(
        offset=offset,
        line=text.count(b"\n", 0, offset) + 1,
        column=len(text[start:offset].decode("utf-8", "replace")) + 1,
        source=source,
        expected=tuple(sorted({_in_words(name) for name in expected})),
    )


def _refused(syntax: Syntax, text: bytes, failure: Failure) -> tuple[int, tuple[str, ...]]:
    """Where the refused lexeme begins, and the terminals that could come there."""
    if failure.reason not in ("parser", "lexer"):
        return failure.offset, failure.expected
    lexer = syntax.lexer
    position, begun = lexer.start, 0
    items: list[int] = []
    for at in range(failure.offset):
        items = []
        ahead = lexer.read(position, text[at : at + 1], items)
        assert ahead is not None, "what comes before the failure lexes"
        # Blanks may be a lexeme too, of which nothing becomes.
        if lexer.tables.between[ahead.state] or lexer.tails[ahead.state] is None:
            begun = at + 1
        elif items or lexer.tables.between[position.state]:
            begun = at
        position = ahead
    items = []
    lexes = lexer.read(position, text[failure.offset : failure.offset + 1], items) is not None
    first = lexer.classes[items[0]] if items and items[0] > 0 else frozenset[str]()
    if not lexes or (first and first.isdisjoint(failure.expected)):
        return begun, failure.expected
    # The lexeme fits, but not what this byte makes besides: a line break that ends a statement, say.
    completed = syntax.check(text[: failure.offset] + b" ")
    return failure.offset, failure.expected if completed is None else completed.expected


def _in_words(terminal: str) -> str:
    """`STRING_LIT` as `string lit`; a literal stays as it is."""
    return terminal if terminal.startswith('"') else terminal.lower().replace("_", " ").strip()
