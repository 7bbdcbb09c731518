"""Groups that emit some classes and break the line: most of those that depend on the layout.

Whether the break is a NEWLINE depends on the open brackets, and what may follow on how the blanks after it compare
with the innermost block. That is one of three cases for each group, so what to ask is worked
out once for each case, and a layout only chooses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from maze.grammar.layout import LINE_END, LineResolver, Lines, trailing_spaces
from maze.grammar.lexer import ClassString

# What is known of a group in a case.
NEVER, ASK, TRY, ALWAYS = range(4)

# The cases: the break is inside brackets; it is a NEWLINE; it is one that only an INDENT may follow.
_CASES = 3


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing to ask the parser.

    Attributes:
        lead: classes to read first.
        bit: the bit of the answer after them; -1: whether `lead` may come at all is the answer.
    """

    lead: ClassString
    bit: int


@dataclass(frozen=True)
class LineEnder:
    """One such group: its number, the classes it emits, and the blanks it puts on the next line."""

    group: int
    classes: ClassString
    blanks: int


def line_ender(group: int, items: ClassString) -> LineEnder | None:
    """The group as a `LineEnder`, if it is one: classes, a line end, spaces."""
    blanks = trailing_spaces(items)
    core = items[: len(items) - blanks]
    if not core or core[-1] != LINE_END or any(item < 0 for item in core[:-1]):
        return None
    return LineEnder(group, core[:-1], blanks)


@dataclass(frozen=True)
class Chosen:
    """What one layout makes of all groups; all arrays have one entry per group.

    Attributes:
        group: int64, the groups.
        kind: int8, one of `NEVER`, `ASK`, `TRY`, `ALWAYS`.
        lead: int32, an index into `LineEnders.leads`: what to read first, or to try.
        bit: int64, the bit to look at after that.
    """

    group: np.ndarray
    kind: np.ndarray
    lead: np.ndarray
    bit: np.ndarray


class LineEnders:
    """The line-ending groups of a view.

    Args:
        enders: the groups.
        resolver: the language's.
        decide: class string → what to ask, or None where no sentence holds it.

    Attributes:
        leads: what is to be read first, by number.
    """

    def __init__(
        self,
        enders: list[LineEnder],
        resolver: LineResolver,
        decide: Callable[[ClassString], Decision | None],
    ) -> None:
        count = len(enders)
        self.leads: list[ClassString] = []
        self._numbers: dict[ClassString, int] = {}
        self._group = np.array([ender.group for ender in enders], dtype=np.int64)
        self._blanks = np.array([ender.blanks for ender in enders], dtype=np.int64)
        self._change = np.array(
            [sum(map(resolver.bracket_change, ender.classes)) for ender in enders], dtype=np.int64
        )
        self._kind = np.zeros((_CASES, count), dtype=np.int8)
        self._lead = np.zeros((_CASES, count), dtype=np.int32)
        self._bit = np.zeros((_CASES, count), dtype=np.int64)
        for i, ender in enumerate(enders):
            ended = (*ender.classes, resolver.newline)
            self._set(0, i, ender.classes, decide)
            self._set(1, i, ended, decide)
            if ender.blanks:
                self._set(2, i, (*ended, resolver.indent), decide)

    def _set(
        self,
        case: int,
        i: int,
        string: ClassString,
        decide: Callable[[ClassString], Decision | None],
    ) -> None:
        if not string:
            self._kind[case, i] = ALWAYS
            return
        decision = decide(string)
        if decision is None:
            return
        self._kind[case, i] = ASK if decision.bit >= 0 else TRY
        self._bit[case, i] = decision.bit
        number = self._numbers.setdefault(decision.lead, len(self.leads))
        if number == len(self.leads):
            self.leads.append(decision.lead)
        self._lead[case, i] = number

    def choose(self, lines: Lines) -> Chosen:
        """What a layout makes of the groups."""
        outside = lines.depth + self._change <= 0
        top = lines.stack[-1][0] if lines.stack else np.iinfo(np.int64).max
        case = np.where(outside, np.where(self._blanks > top, 2, 1), 0)
        each = np.arange(len(case))
        return Chosen(
            self._group, self._kind[case, each], self._lead[case, each], self._bit[case, each]
        )
