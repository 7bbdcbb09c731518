"""The text after the cursor, and whether a text joins with it."""

from __future__ import annotations

from collections import OrderedDict

from maze.grammar import Syntax
from maze.grammar.layout import LayoutError
from maze.grammar.lexer import Position
from maze.grammar.productions import encode

from .reading import Place, Reading

# Most texts that do not join fail right after the cursor: that much is tried first.
_PROBE_ITEMS = 6
_KEPT = 64


class Suffix:
    """Asks whether the suffix may follow a reading.

    How the suffix lexes depends on the lexer's position where it begins, and on nothing else, so
    its items are kept per position.
    """

    def __init__(self, syntax: Syntax, text: bytes) -> None:
        self.text = text
        self._syntax = syntax
        self._items: OrderedDict[Position, tuple[list[int], int] | None] = OrderedDict()

    def joins(self, reading: Reading) -> bool:
        """Whether what was read, followed by the suffix, is a whole text of the language."""
        place = reading.place
        lexed = self._lexed(place.position)
        if lexed is None:
            return False
        items, control = lexed
        if len(items) > 2 * _PROBE_ITEMS and not self._begins(reading, place, items):
            return False
        classes: list[int] = []
        try:
            lines = self._syntax.resolve(place.lines, items, classes)
            self._syntax.resolve_end(lines, control, classes)
        except LayoutError:
            return False
        return reading.parser.completes(encode(classes))

    def _begins(self, reading: Reading, place: Place, items: list[int]) -> bool:
        classes: list[int] = []
        try:
            self._syntax.resolve(place.lines, items[:_PROBE_ITEMS], classes)
        except LayoutError:
            return False
        return reading.parser.would_accept(encode(classes))

    def _lexed(self, position: Position) -> tuple[list[int], int] | None:
        """The suffix's items and the layout's control state at its end; None if it does not lex."""
        if position not in self._items:
            self._items[position] = self._lex(position)
            if len(self._items) > _KEPT:
                self._items.popitem(last=False)
        return self._items[position]

    def _lex(self, position: Position) -> tuple[list[int], int] | None:
        items: list[int] = []
        end = self._syntax.lexer.read(position, self.text, items)
        if end is None:
            return None
        control = self._syntax.lexer.end(end, items)
        return None if control is None else (items, control)
