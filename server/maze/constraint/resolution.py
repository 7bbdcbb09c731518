"""What lexer items with layout marks come to, under one layout.

A row has hundreds of sequences that differ only in how many blanks they begin with. Almost all of
those lead to an impossible indentation, and the rest to one of a few: so what leads up to the first
class is resolved once for each beginning, and what follows once for each state that beginnings lead
to.
"""

from __future__ import annotations

from dataclasses import dataclass

from maze.grammar.layout import LayoutError, LineResolver, Lines
from maze.grammar.lexer import ClassString

from .questions import leading_marks


@dataclass(frozen=True, slots=True)
class LateItems:
    """Items, cut after their leading marks."""

    head: ClassString
    rest: ClassString


def late_items(items: ClassString) -> LateItems:
    """Cut items after their leading marks."""
    marks = leading_marks(items)
    return LateItems(items[:marks], items[marks:])


@dataclass(frozen=True, slots=True)
class _Resolved:
    """What items come to, and what is known to come of items after them."""

    classes: ClassString
    lines: Lines
    rests: dict[ClassString, _Resolved | None]


class Resolution:
    """Resolves items from one layout state on.

    Args:
        resolver: the language's; None where all of the layout is in the lexer.
        lines: the layout's state.
    """

    def __init__(self, resolver: LineResolver | None, lines: Lines) -> None:
        self._resolver = resolver
        self._lines = lines
        self._rests: dict[Lines, dict[ClassString, _Resolved | None]] = {}
        self._heads: dict[ClassString, _Resolved | None] = {}

    def of(self, late: LateItems) -> tuple[ClassString, Lines] | None:
        """The items' classes, and the layout's state after them; None if they are impossible."""
        if self._resolver is None:
            return late.rest, self._lines
        try:
            head = self._heads[late.head]
        except KeyError:
            head = self._heads[late.head] = self._resolve(self._lines, late.head)
        if head is None:
            return None
        if not late.rest:
            return head.classes, head.lines
        try:
            rest = head.rests[late.rest]
        except KeyError:
            rest = head.rests[late.rest] = self._resolve(head.lines, late.rest)
        return None if rest is None else (head.classes + rest.classes, rest.lines)

    def _resolve(self, lines: Lines, items: ClassString) -> _Resolved | None:
        assert self._resolver is not None
        out: list[int] = []
        try:
            after = self._resolver.resolve(lines, items, out)
        except LayoutError:
            return None
        rests = self._rests.setdefault(after, {})
        return _Resolved(tuple(out), after, rests)
