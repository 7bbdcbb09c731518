"""Closing what a text leaves open, where it breaks off before it joins.

Tokens run out in the middle of a call, or of a block. What was written may be good up to there, and
lacks only `)` and `}`: they are put behind it, one by one, as the parser takes them, until the text
joins; an element is closed by its tag. Which bracket closes is the parser's knowledge, so this
serves every language; where a bracket goes, on a line of its own or not, is read off the text and
decides nothing but looks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from maze.grammar.lexer import Lexer

from .reading import Place, Reading

MOST_CLOSERS = 6
"""More than these are a sign of a text that leads nowhere."""

_CLOSER_OF = {ord("("): b")", ord("["): b"]", ord("{"): b"}"}
_BRACKETS = (b")", b"]", b"}")
_QUOTES = (b'"', b"'", b"`", b'"""', b"'''")
_ENDS = (b";", b",")
_BLANKS = b" \t\r\n"


def closed(
    reading: Reading, before: bytes, text: bytes, joins: Callable[[Reading], bool]
) -> bytes | None:
    """`text` with what closes it, or None where a few closers do not make it join.

    Args:
        reading: stands at the end of `text`; is moved on.
        before: what stands in front of `text`; for looks only.
        text: ends in no blanks.
        joins: whether the text joins where a reading stands.
    """
    if joins(reading):
        return text
    for _ in range(MOST_CLOSERS):
        names, opened = reading.syntax.names, reading.place.opened
        closers = chain(_pieces(before, text), names.closers(opened) if names else ())
        piece = next((piece for piece in closers if _closes(reading, piece)), None)
        if piece is None:
            return None
        text += piece
        if joins(reading):
            return text
    return None


def _closes(reading: Reading, piece: bytes) -> bool:
    """Read `piece`, if it may come and closes something."""
    place = reading.place
    if not reading.read(piece, generating=True):
        return False
    named = len(reading.place.opened.names) < len(place.opened.names)
    if (named or _is_lexeme(reading.syntax.lexer, place, piece)) and reading.can_go_on():
        return True
    reading.go_back(place)
    return False


def _is_lexeme(lexer: Lexer, place: Place, piece: bytes) -> bool:
    """Whether `piece` ends a lexeme and begins none: within quotes or a comment it would be text."""
    items: list[int] = []
    behind = lexer.read(place.position, piece + b" ", items)
    if behind is None or not any(item > 0 for item in items):
        return False
    # A quote may close what is open, or open something.
    return piece.endswith(_BRACKETS) or lexer.tails[behind.state] is None


def _pieces(before: bytes, text: bytes) -> Iterator[bytes]:
    """What may close something, the most specific first."""
    own_line = _on_its_own_line(before, text)
    for bracket in _BRACKETS:
        if own_line is not None and own_line.endswith(bracket):
            yield own_line
        yield bracket
    yield from _QUOTES
    yield from _ENDS


def _on_its_own_line(before: bytes, text: bytes) -> bytes | None:
    """What closes the innermost open bracket, where that is the last of an earlier line."""
    whole = before + text
    depth = 0
    for at in range(len(whole) - 1, -1, -1):
        byte = whole[at]
        if byte in b")]}":
            depth += 1
        elif byte in _CLOSER_OF:
            if depth:
                depth -= 1
                continue
            line_end = whole.find(b"\n", at)
            if line_end < 0 or whole[at + 1 : line_end].strip():
                return None
            line = whole[whole.rfind(b"\n", 0, at) + 1 : at]
            return b"\n" + line[: len(line) - len(line.lstrip(b" \t"))] + _CLOSER_OF[byte]
    return None


def bare(text: bytes) -> bytes:
    """`text` without blanks at its end."""
    return text.rstrip(_BLANKS)


def opens(text: bytes) -> bool:
    """Whether `text` ends with an opening bracket."""
    return bare(text)[-1:] in (b"(", b"[", b"{")
