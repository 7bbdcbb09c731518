"""The text after the cursor, and whether a text joins with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from maze.grammar import ENTRIES, Syntax
from maze.grammar.layout import LayoutError, Lines
from maze.grammar.lexer import Position
from maze.grammar.pairing import Open
from maze.grammar.productions import encode

from .parser import Parser
from .reading import Reading

# Most texts that do not join fail right after the cursor: that much is lexed and tried first.
_PROBE_ITEMS = 6
_PROBE_BYTES = 256
# The parts of a suffix: to the end of the cursor's line, to the items that stand by themselves, those.
_LINE, _BODY, _REST = range(3)
_KEPT = 256
# A suffix shorter than this is parsed whole each time.
_SHORT_BYTES = 400
# How much of the rest is read at first, to see whether it may come.
_FIRST_BYTES = 64
# How many lines are tried as the beginning of the top-level items that stand by themselves.
_TRIED_LINES = 4
# Such lines may go on with what is above them, or with what is indented.
_GO_ON = b" \t\r\n#/)]}([`+-*%.,?:&|^=<>"


@dataclass(frozen=True)
class _Stretch:
    """A stretch of the suffix as the parser reads it from one place.

    Attributes:
        classes: its classes, encoded.
        ending: what the end of the text adds after them; None where the text may not end there.
        end: the lexer's position after it.
        lines: the layout's state after it.
    """

    classes: bytes
    ending: bytes | None
    end: Position
    lines: Lines

    def after(self, classes: bytes) -> _Stretch:
        """This stretch with more in front of it."""
        return _Stretch(classes + self.classes, self.ending, self.end, self.lines)


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
        self._head, self._rest = text[:items_start], text[items_start:]
        self._parts = (text[:line_end], text[line_end:items_start], self._rest)
        self._probes: dict[tuple[Position, Lines], bytes | None] = {}
        self._stretches: dict[tuple[int, Position, Lines], _Stretch | None] = {}
        self._closed: dict[tuple[Open, Position], bool] = {}
        self._answers: dict[tuple[int, bytes | _Stretch], bool] = {}

    def joins(self, reading: Reading) -> bool:
        """Whether what was read, followed by the suffix, is a whole text of the language."""
        place, parser = reading.place, reading.parser
        probe = self._probe(place.position, place.lines)
        if probe is None:
            return False
        # A name, a comment or a text in quotes that goes on changes nothing for the parser.
        if probe and not self._once(parser, probe, lambda: parser.would_accept(probe)):
            return False
        head = self._stretch(place.position, place.lines)
        return (
            head is not None
            and self._once(parser, head, lambda: self._parses(parser, head))
            and self._closes(place.opened, place.position)
        )

    def _closes(self, opened: Open, position: Position) -> bool:
        """Whether the names that are open are closed by the suffix, and its own are."""
        names = self._syntax.names
        if names is None:
            return True
        key = opened, position
        if key not in self._closed:
            if len(self._closed) >= _KEPT:
                self._closed.clear()
            self._closed[key] = names.read(opened, position, self._head + self._rest) is not None
        return self._closed[key]

    def _once(self, parser: Parser, what: bytes | _Stretch, ask: Callable[[], bool]) -> bool:
        """What `ask` says of `what`, asked once for as long as the parser reads nothing more."""
        key = parser.moment, what
        known = self._answers.get(key)
        if known is None:
            if len(self._answers) >= _KEPT:
                self._answers.clear()
            known = self._answers[key] = ask()
        return known

    def _parses(self, parser: Parser, head: _Stretch) -> bool:
        if not self._rest:
            return head.ending is not None and parser.completes(head.classes + head.ending)
        begun = self._begun_rest(head)
        ending = None if begun is None else head.ending
        accepted, whole = parser.reads(head.classes, ending, begun or b"")
        if whole or not accepted:
            return whole
        rest = self._stretch(head.end, head.lines, _REST)
        if rest is None or rest.ending is None:
            return False
        return parser.completes(head.classes + rest.classes + rest.ending)

    def _begun_rest(self, head: _Stretch) -> bytes | None:
        """What has to be possible where the head ends, so that items may come there; None: nothing is.

        They may not come everywhere where a file may end. (A Zig file may end in a field that lacks its
        comma. No declaration can follow that.)
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

    def _probe(self, position: Position, lines: Lines) -> bytes | None:
        """The first few classes of the head from a place on; None where it does not lex or fit.

        Empty where the head has no more than that: it is then tried as a whole.
        """
        key = (position, lines)
        if key in self._probes:
            return self._probes[key]
        probe = self._read_probe(position, lines)
        if len(self._probes) < _KEPT:
            self._probes[key] = probe
        return probe

    def _read_probe(self, position: Position, lines: Lines) -> bytes | None:
        items: list[int] = []
        if self._syntax.lexer.read(position, self._head[:_PROBE_BYTES], items) is None:
            return None
        if len(items) <= _PROBE_ITEMS:
            return b""
        classes: list[int] = []
        try:
            self._syntax.resolve(lines, items[:_PROBE_ITEMS], classes)
        except LayoutError:
            return None
        return encode(classes)

    def _stretch(self, position: Position, lines: Lines, part: int = 0) -> _Stretch | None:
        """The suffix from one of its parts to the next by itself; None where it does not lex or fit.

        Only the first line differs from place to place, as a rule: behind it lexer and layout
        stand where they have stood before, and what was read there is found again.
        """
        key = (part, position, lines)
        if key in self._stretches:
            return self._stretches[key]
        stretch = self._read(position, lines, self._parts[part])
        if stretch is not None and part == _LINE:
            body = self._stretch(stretch.end, stretch.lines, _BODY)
            stretch = body and body.after(stretch.classes)
        if len(self._stretches) < _KEPT:
            self._stretches[key] = stretch
        return stretch

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
        ending = self._ending(end, after)
        return _Stretch(encode(classes), ending, end, after)

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
    whole suffix is parsed, which costs time and nothing else.
    """
    if len(text) < _SHORT_BYTES:
        return len(text)
    at, tried = text.find(b"\n"), 0
    while at >= 0 and tried < _TRIED_LINES:
        start = at + 1
        at = text.find(b"\n", start)
        if text[start : start + 1].strip(_GO_ON):
            tried += 1
            if are_items(text[start:]):
                return start
    return len(text)
