"""What a row of the tables asks the parser, wherever its lexer state is reached.

Where the stacks of modes differ, the views of a row (see `plans`) differ in a few groups. They share
all that is worked out here.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from maze.grammar import Syntax
from maze.grammar.lexer import ClassString

from .blank_runs import BlankRuns, is_blank_run
from .factoring import ANYTHING, LINE_PENDING
from .line_enders import Decision, LineEnder, LineEnders, line_ender
from .questions import BitNumbers, Question, question_of
from .resolution import LateItems, late_items
from .tables import Tables

_UNDECIDED: Any = object()


@dataclass(frozen=True)
class LateGroups:
    """Late groups, parted: most of them only indent a line, or end one.

    Attributes:
        blank_runs: those that are nothing but indentation.
        line_enders: those that end a line, by the marks they begin with.
        others: the rest, as (group, what it emits, tail).
    """

    blank_runs: BlankRuns
    line_enders: list[tuple[ClassString, LineEnders]]
    others: list[tuple[int, LateItems, int]]


class Row:
    """A row of the tables, and what decides its groups.

    Args:
        syntax: the language.
        tables: its factored vocabulary.
        state: the lexer state.

    Attributes:
        stored: the row itself.
        vocabulary: the number of the sequence vocabulary it asks.
        split: whether it is split.
        class_bits: how many bits of a section of an answer are those of single classes.
        words: 32-bit words of one section.
        leads: the distinct leads of its questions, as numbers of `Tables.leads`.
        lead_place: for each of its questions, the index of its lead in `leads`.
        lead_asks_strings: for each of `leads`, whether the sequence vocabulary is asked after it.
        late: its late groups.
    """

    def __init__(self, syntax: Syntax, tables: Tables, state: int) -> None:
        self._syntax = syntax
        self._tables = tables
        self.stored = tables.row(state)
        self.vocabulary = tables.vocabulary_of[state]
        self.split = state in tables.split
        class_words = (len(syntax.lexer.classes) + 31) // 32
        string_words = (len(tables.strings[self.vocabulary]) + 1 + 31) // 32
        self.class_bits = class_words * 32
        self.words = class_words + string_words
        self._numbers = BitNumbers(
            class_words, tables.string_numbers[self.vocabulary], tables.representatives
        )
        # Rows with the same vocabulary end lines in much the same ways.
        self._decided = tables.decided.setdefault((self.vocabulary, self.split), {})
        self._late_decisions: dict[tuple[ClassString, int, bool], tuple[Decision, ...]] = {}
        self.leads, self.lead_place = np.unique(self.stored.lead, return_inverse=True)
        self.lead_asks_strings = np.zeros(len(self.leads), dtype=bool)
        self.lead_asks_strings[self.lead_place[self.stored.bit >= self.class_bits]] = True
        self.late = self.parted(self.stored.late)

    def parted(self, groups: Iterable[tuple[int, ClassString, int]]) -> LateGroups:
        """Late groups, as (group, what it emits, tail), by what they do."""
        enders: dict[ClassString, list[LineEnder]] = {}
        runs: list[tuple[int, ClassString]] = []
        others: list[tuple[int, LateItems, int]] = []
        resolver = self._syntax.resolver
        for group, items, tail in groups:
            late = late_items(items)
            if resolver is None or tail != LINE_PENDING:
                others.append((group, late, tail))
            elif is_blank_run(items):
                runs.append((group, items))
            elif (ender := line_ender(group, late.rest)) is not None:
                enders.setdefault(late.head, []).append(ender)
            else:
                others.append((group, late, tail))
        if resolver is None:
            return LateGroups(BlankRuns([]), [], others)
        by_head = [
            (head, LineEnders(group_enders, resolver, self._decide))
            for head, group_enders in enders.items()
        ]
        return LateGroups(BlankRuns(runs), by_head, others)

    def decision(self, question: Question) -> Decision | None:
        """What to ask the parser for a question without marks; None where no sentence holds it."""
        if self._numbers.is_impossible(question.string):
            return None
        bit = self._numbers.number(question.string)
        if bit is None:
            return Decision(question.lead + question.string, -1)
        return Decision(question.lead, bit)

    def late_decisions(
        self, emitted: ClassString, tail: int, *, deepest: bool
    ) -> tuple[Decision, ...]:
        """What to ask for a late group once the layout is resolved: any of these decides it.

        Args:
            emitted: the classes the group emits.
            tail: its tail number.
            deepest: whether only an INDENT fits the line it begins.
        """
        key = (emitted, tail, deepest)
        known = self._late_decisions.get(key)
        if known is None:
            resolver = self._syntax.resolver
            if tail == LINE_PENDING and deepest:
                assert resolver is not None
                strings = [(*emitted, resolver.indent)]
            elif tail in (ANYTHING, LINE_PENDING):
                strings = [emitted]
            else:
                strings = [emitted + string for string in self._tables.tails[tail]]
            decisions = map(self._decide, strings)
            known = tuple(decision for decision in decisions if decision is not None)
            self._late_decisions[key] = known
        return known

    def _decide(self, string: ClassString) -> Decision | None:
        """What to ask for a whole class string; None where no sentence holds it."""
        known: Decision | None = self._decided.get(string, _UNDECIDED)
        if known is _UNDECIDED:
            known = None
            if self._is_possible(string):
                known = self.decision(question_of(string, split=self.split))
            self._decided[string] = known
        return known

    def _is_possible(self, string: ClassString) -> bool:
        """Whether any two neighbours in a class string are neighbours in some sentence."""
        if len(string) < 2:
            return True
        follow = self._syntax.productions.follow_pairs
        if string[:2] not in follow:
            return False
        rest = string[1:]  # many strings differ in their first class only
        known = self._tables.possible.get(rest)
        if known is None:
            known = all(pair in follow for pair in itertools.pairwise(rest))
            self._tables.possible[rest] = known
        return known
