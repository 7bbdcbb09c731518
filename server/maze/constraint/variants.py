"""What a symbolic sequence may stand for once the layout is known.

In the tables a line break is a mark: which terminals it makes depends on the open brackets and the
indentation of the moment. XGrammar's vocabulary has to hold every sequence of terminals that can
come out, so they are enumerated here: per bracket depth, and with INDENT, nothing or some DEDENTs
where a line begins.
"""

from __future__ import annotations

from collections.abc import Iterator

from maze.grammar import Syntax
from maze.grammar.layout import LINE_END, LINE_START, LineResolver
from maze.grammar.lexer import ClassString

from .factoring import ANYTHING, LINE_PENDING, Sequences
from .questions import leading_marks

# Tokens that close more blocks at once are tried one by one when it happens.
MAX_DEDENTS = 3


class Variants:
    """Enumerates class strings for groups."""

    def __init__(self, syntax: Syntax, sequences: Sequences) -> None:
        self.resolver = syntax.resolver
        self.sequences = sequences
        self._known: dict[int, tuple[ClassString, ...]] = {}

    def strings(self, sequence: int, tail: int) -> Iterator[ClassString]:
        """Every class string, less leading marks, that decides a group in some layout."""
        for emitted in self._emitted(sequence):
            if tail == ANYTHING:
                ends: list[ClassString] = [()]
            elif tail == LINE_PENDING:
                assert self.resolver is not None
                ends = [(), (self.resolver.indent,)]
            else:
                ends = list(self.sequences.tails[tail])
            for end in ends:
                if emitted + end and self.sequences.may_follow(emitted, end):
                    yield emitted + end

    def _emitted(self, sequence: int) -> tuple[ClassString, ...]:
        found = self._known.get(sequence)
        if found is None:
            items = self.sequences.items[sequence]
            if not any(item < 0 for item in items[leading_marks(items) :]):
                items = items[leading_marks(items) :]
            if all(item > 0 for item in items):
                found = (items,)
            else:
                assert self.resolver is not None
                found = tuple(dict.fromkeys(self._resolved(items, self.resolver)))
            self._known[sequence] = found
        return found

    def _resolved(self, items: ClassString, resolver: LineResolver) -> Iterator[ClassString]:
        closed = sum(item in resolver.closers for item in items)
        for depth in range(closed + 2):
            yield from self._at_depth(items, depth, (), resolver)

    def _at_depth(
        self, items: ClassString, depth: int, done: ClassString, resolver: LineResolver
    ) -> Iterator[ClassString]:
        for at, item in enumerate(items):
            added: ClassString = ()
            if item > 0:
                added = (item,)
                depth += (item in resolver.openers) - (item in resolver.closers)
                depth = max(depth, 0)
            elif item == LINE_END and depth == 0:
                added = (resolver.newline,)
            elif item == LINE_START and depth == 0:
                rest = items[at + 1 :]
                choices = [(), (resolver.indent,)]
                choices += [(resolver.dedent,) * k for k in range(1, MAX_DEDENTS + 1)]
                for choice in choices:
                    if self.sequences.may_follow(done, choice):
                        yield from self._at_depth(rest, depth, done + choice, resolver)
                return
            if not self.sequences.may_follow(done, added):
                return
            done += added
        yield done
