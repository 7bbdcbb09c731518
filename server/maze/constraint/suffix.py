"""The text after the cursor, and whether a text joins with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from maze.grammar import ENTRIES, Syntax
from maze.grammar.balance import is_even
from maze.grammar.layout import LayoutError, Lines
from maze.grammar.lexer import Position
from maze.grammar.pairing import NOTHING_OPEN, Names, Open
from maze.grammar.productions import encode

from .first_column import GO_ON
from .parser import Parser
from .reading import Reading

# Most texts that do not join fail right after the cursor: that much is lexed and tried first.
_PROBE_ITEMS = 6
_PROBE_BYTES = 256
# The parts of a suffix: to the end of the cursor's line, to the items that stand by themselves, those.
_LINE, _BODY, _REST = range(3)
_KEPT = 256
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_UNKNOWN: Any = object()
# A suffix shorter than this is parsed whole each time.
_SHORT_BYTES = 400
# How much of the rest is read at first, to see whether it may come.
_FIRST_BYTES = 64
# How much of it at most, to see whether it is read as it is by itself: it may begin with a comment,
# which leaves open what stands before it.
_MOST_FIRST_BYTES = 4096
# After more than these in so many bytes it is read otherwise.
_MANY_CLASSES = 4
# How many lines are tried as the beginning of the top-level items that stand by themselves.
_TRIED_LINES = 4
# Such lines may belong to the item below: comments that document it, attributes.
_LEAD = (b"#", b"/")
# Such lines end what may belong to it.
_CLOSERS = (b")", b"]")
_BLANK = (b"\r", b"\n", b"")


@dataclass(frozen=True)
class _Stretch:
    """A stretch of the suffix as the parser reads it from one place.

    Attributes:
        classes: its classes, encoded.
        total: what they add up to (see `maze.grammar.balance`).
        ending: what the end of the text adds after them; None where the text may not end there.
        end: the lexer's position after it.
        lines: the layout's state after it.
    """

    classes: bytes
    total: int
    ending: bytes | None
    end: Position
    lines: Lines

    def after(self, above: _Stretch) -> _Stretch:
        """This stretch with another in front of it."""
        return replace(self, classes=above.classes + self.classes, total=above.total + self.total)


@dataclass(frozen=True)
class _Head:
    """The suffix from one place up to the rest.

    Attributes:
        stretch: that, read.
        total: what all of the suffix adds up to; None: not known without lexing it.
    """

    stretch: _Stretch
    total: int | None


@dataclass(frozen=True)
class _Seam:
    """Where the items that stand by themselves begin, behind a text.

    Attributes:
        begun: what has to be possible there, so that items may come; None: nothing is.
        total: what the items add up to, their end included; None where they are not read there as
            they are by themselves.
        alike_from: from where on they are, in bytes.
    """

    begun: bytes | None
    total: int | None
    alike_from: int


class Suffix:
    """Asks whether the suffix may follow a reading.

    What the suffix is to the parser depends on where lexer and layout stand before it, and on nothing
    else, so it is kept per such place: one suffix may serve many readings. And what stands further
    down by itself, top-level items that parse as a run, needs no parsing again: a text joins if it
    is complete up to there.

    Args:
        syntax: the language.
        text: what follows the cursor.
        are_items: whether a text parses as a run of top-level items.
    """

    def __init__(self, syntax: Syntax, text: bytes, are_items: Callable[[bytes], bool]) -> None:
        self._syntax = syntax
        items_start = _items_start(text, are_items)
        line_end = text.find(b"\n", 0, items_start) + 1
        self._rest = text[items_start:]
        self._parts = (text[:line_end], text[line_end:items_start], self._rest)
        self._probes: dict[tuple[Position, Lines], bytes | None] = {}
        self._heads: dict[tuple[Position, Lines], _Head | None] = {}
        self._stretches: dict[tuple[int, Position, Lines], _Stretch | None] = {}
        self._seams: dict[tuple[Position, Lines], _Seam] = {}
        self._opened: dict[tuple[int, Open, Position], tuple[Open, Position] | None] = {}
        self._answers: dict[tuple[int, bytes | _Stretch], bool] = {}

    def joins(self, reading: Reading) -> bool:
        """Whether what was read, followed by the suffix, is a whole text of the language."""
        place, parser = reading.place, reading.parser
        here = place.position, place.lines
        head = self._heads.get(here)
        if head is None:
            line = self._stretch(_LINE, *here)
            if line is None or not self._may_begin(parser, line):
                return False
            head = _kept(self._heads, here, lambda: self._all_from(line))
        if head is None or (head.total is not None and not is_even(parser.total + head.total)):
            return False
        stretch = head.stretch
        return (
            # A name, a comment or a text in quotes that goes on changes nothing for the parser.
            self._once(parser, stretch, lambda: self._parses(parser, stretch))
            and self._closes(place.opened, place.position, stretch)
        )

    def _may_begin(self, parser: Parser, line: _Stretch) -> bool:
        """Whether it is worth while to lex all of the suffix as it is behind its first line."""
        if (_BODY, line.end, line.lines) in self._stretches:
            return True
        probe = line.classes or self._probe(line.end, line.lines)
        if probe is None:
            return False
        return not probe or self._once(parser, probe, lambda: parser.would_accept(probe))

    def _all_from(self, line: _Stretch) -> _Head | None:
        """The suffix from a place up to the rest; None where it does not lex or fit.

        Only the first line differs from place to place, as a rule: behind it lexer and layout
        stand where they have stood before, and what was read there is found again.
        """
        body = self._stretch(_BODY, line.end, line.lines)
        if body is None:
            return None
        stretch = body.after(line)
        if self._rest:
            rest = self._seam(stretch).total
            return _Head(stretch, None if rest is None else stretch.total + rest)
        if stretch.ending is None:
            return None
        return _Head(stretch, stretch.total + self._syntax.balance.of(stretch.ending))

    def _closes(self, opened: Open, position: Position, head: _Stretch) -> bool:
        """Whether the names that are open are closed by the suffix, and its own are."""
        names = self._syntax.names
        if names is None:
            return True
        for part in (_LINE, _BODY):
            after = self._opened_after(names, part, opened, position)
            if after is None:
                return False
            opened, position = after
        if opened == NOTHING_OPEN and self._is_named_alike(names, head):
            return True
        return self._opened_after(names, _REST, opened, position) is not None

    def _is_named_alike(self, names: Names, head: _Stretch) -> bool:
        """Whether what the rest opens and closes behind the head is what it does by itself."""
        seam, alone = self._seam(head), self._syntax.lexer.start
        first = self._rest[: seam.alike_from]
        return (
            seam.total is not None
            and (opened := names.read(NOTHING_OPEN, head.end, first)) is not None
            and opened == names.read(NOTHING_OPEN, alone, first)
        )

    def _opened_after(
        self, names: Names, part: int, opened: Open, position: Position
    ) -> tuple[Open, Position] | None:
        """What is open, and where the lexer stands, after a part of the suffix."""

        def read() -> tuple[Open, Position] | None:
            text = self._parts[part]
            after = names.read(opened, position, text)
            end = self._syntax.lexer.read(position, text, [])
            return None if after is None or end is None else (after, end)

        return _kept(self._opened, (part, opened, position), read)

    def _once(self, parser: Parser, what: bytes | _Stretch, ask: Callable[[], bool]) -> bool:
        """What `ask` says of `what`, asked once for as long as the parser reads nothing more."""
        return _kept(self._answers, (parser.moment, what), ask)

    def _parses(self, parser: Parser, head: _Stretch) -> bool:
        if not self._rest:
            return head.ending is not None and parser.completes(head.classes + head.ending)
        begun = self._seam(head).begun
        ending = None if begun is None else head.ending
        accepted, whole = parser.reads(head.classes, ending, begun or b"")
        if whole or not accepted:
            return whole
        rest = self._stretch(_REST, head.end, head.lines)
        if rest is None or rest.ending is None:
            return False
        return parser.completes(head.classes + rest.classes + rest.ending)

    def _seam(self, head: _Stretch) -> _Seam:
        return _kept(
            self._seams,
            (head.end, head.lines),
            lambda: _Seam(self._begun_rest(head), *self._rest_total(head)),
        )

    def _begun_rest(self, head: _Stretch) -> bytes | None:
        """Items may not come everywhere where a file may end.

        (A Zig file may end in a field that lacks its comma. No declaration can follow that.)
        """
        if self._syntax.entries == ENTRIES:
            return b""
        taken = _FIRST_BYTES
        while True:
            first = self._read(head.end, head.lines, self._rest[:taken])
            if first is None:
                return None
            if first.classes or taken >= len(self._rest):
                return first.classes
            taken *= 2

    def _rest_total(self, head: _Stretch) -> tuple[int | None, int]:
        """What the rest adds up to, and from where on it is read as it is by itself.

        By itself it adds up to 0: what differs is in its first bytes, or is not known.
        """
        syntax, read = self._syntax, self._read
        here = read(head.end, head.lines, b"")
        alone = read(syntax.lexer.start, syntax.first_lines("items"), b"")
        total = 0
        for start in range(0, min(len(self._rest), _MOST_FIRST_BYTES), _FIRST_BYTES):
            piece = self._rest[start : start + _FIRST_BYTES]
            here = here and read(here.end, here.lines, piece)
            alone = alone and read(alone.end, alone.lines, piece)
            if here is None or alone is None:
                break
            total += here.total - alone.total
            if here.end == alone.end and (syntax.resolver is None or here.lines == alone.lines):
                return total, start + len(piece)
            if len(here.classes) > _MANY_CLASSES:
                break
        return None, 0

    def _probe(self, position: Position, lines: Lines) -> bytes | None:
        """The first few classes below the first line; None where it does not lex or fit.

        Empty where there are no more than that: all are then tried.
        """
        return _kept(self._probes, (position, lines), lambda: self._read_probe(position, lines))

    def _read_probe(self, position: Position, lines: Lines) -> bytes | None:
        items: list[int] = []
        if self._syntax.lexer.read(position, self._parts[_BODY][:_PROBE_BYTES], items) is None:
            return None
        if len(items) <= _PROBE_ITEMS:
            return b""
        classes: list[int] = []
        try:
            self._syntax.resolve(lines, items[:_PROBE_ITEMS], classes)
        except LayoutError:
            return None
        return encode(classes)

    def _stretch(self, part: int, position: Position, lines: Lines) -> _Stretch | None:
        """A part of the suffix as it is from a place; None where it does not lex or fit."""
        return _kept(
            self._stretches,
            (part, position, lines),
            lambda: self._read(position, lines, self._parts[part]),
        )

    def _read(self, position: Position, lines: Lines, text: bytes) -> _Stretch | None:
        syntax = self._syntax
        items: list[int] = []
        end = syntax.lexer.read(position, text, items)
        if end is None:
            return None
        classes: list[int] = []
        try:
            after = syntax.resolve(lines, items, classes)
        except LayoutError:
            return None
        encoded = encode(classes)
        return _Stretch(encoded, syntax.balance.of(encoded), self._ending(end, after), end, after)

    def _ending(self, end: Position, lines: Lines) -> bytes | None:
        """What the end of the text stands for."""
        items: list[int] = []
        control = self._syntax.lexer.end(end, items)
        if control is None:
            return None
        classes: list[int] = []
        try:
            after = self._syntax.resolve(lines, items, classes)
        except LayoutError:
            return None
        self._syntax.resolve_end(after, control, classes)
        return encode(classes)


def _items_start(text: bytes, are_items: Callable[[bytes], bool]) -> int:
    """Where, after the cursor's line, top-level items begin that parse as a run; the end if nowhere.

    Only lines that begin in the first column are tried: the language may allow more, but then the
    whole suffix is parsed, which costs time and nothing else. Nor is an item tried that may have begun
    above, with a comment that the cursor is in or with an attribute on several lines: without it, what
    is above is not whole.
    """
    if len(text) < _SHORT_BYTES:
        return len(text)
    at, tried = text.find(b"\n"), 0
    lead = None  # where lines begin that may belong to the item below
    begun = text[at + 1 : at + 2] in _LEAD  # the item below has begun above
    while at >= 0 and tried < _TRIED_LINES:
        start = at + 1
        at = text.find(b"\n", start)
        first = text[start : start + 1]
        if first in _LEAD:
            lead = start if lead is None else lead
        elif first.strip(GO_ON):
            if not begun:
                tried += 1
                for begin in (start,) if lead is None else (lead, start):
                    if are_items(text[begin:]):
                        return begin
            lead, begun = None, False
        elif first in _BLANK:
            begun = False
        else:
            lead, begun = None, first in _CLOSERS
    return len(text)


def _kept(answers: dict[_Key, _Value], key: _Key, ask: Callable[[], _Value]) -> _Value:
    """An answer, remembered; when there are too many, all are forgotten: most are of old places.

    Requests in other threads may be forgetting them meanwhile.
    """
    known: _Value = answers.get(key, _UNKNOWN)
    if known is not _UNKNOWN:
        return known
    answer = ask()
    if len(answers) >= _KEPT:
        answers.clear()
    answers[key] = answer
    return answer
