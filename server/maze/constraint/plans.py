"""Plans: under one layout, which questions decide which token groups of a row."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from maze.grammar import Syntax
from maze.grammar.layout import Lines, simplified
from maze.grammar.lexer import ClassString, Position
from maze.grammar.productions import encode

from .blank_runs import BlankRuns
from .factoring import ANYTHING, LINE_PENDING
from .line_enders import ALWAYS, ASK, TRY, Chosen, Decision, LineEnders
from .questions import Question, is_always, is_late, questions
from .resolution import LateItems, Resolution, late_items
from .rows import Row
from .tables import Tables

_CACHED_PLANS = 128

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Plan:
    """What to ask and what the answers decide.

    Attributes:
        number: identifies the plan in cache keys.
        words: 32-bit words of one section of an answer.
        sections: per section, the encoded classes to read first, and whether the sequence
            vocabulary is asked too, or single classes only.
        always: uint8 [groups], 1 where nothing has to be asked.
        bits: int32 [n], bits of the answer, those that decide one group side by side.
        starts: int32 [m], where each asked group's bits begin.
        asked: int32 [m], those groups.
        tried: class strings no vocabulary holds, tried one by one, each with the groups it decides.
    """

    number: int
    words: int
    sections: tuple[tuple[bytes, bool], ...]
    always: np.ndarray
    bits: np.ndarray
    starts: np.ndarray
    asked: np.ndarray
    tried: tuple[tuple[bytes, list[int]], ...]

    def allowed(self, answer: np.ndarray, tried: bytes) -> np.ndarray:
        """Which groups are allowed, uint8 [groups].

        Args:
            answer: int32 [sections, words].
            tried: a non-zero byte for each of `self.tried` that the parser accepts.
        """
        allowed = self.always.copy()
        if len(self.asked):
            bits = np.unpackbits(answer.reshape(-1).view(np.uint8), bitorder="little")
            allowed[self.asked] |= np.maximum.reduceat(bits[self.bits], self.starts)
        for accepted, (_, groups) in zip(tried, self.tried, strict=True):
            if accepted:
                allowed[groups] = 1
        return allowed


class View:
    """A row as seen from one lexer position: its own groups, and those of tokens that leave the
    mode.

    Args:
        syntax: the language.
        tables: its factored vocabulary.
        row: that of the position's lexer state.
        tokens: the model's tokens as bytes, by id.
        position: the lexer position.
        moved: int32, ids of the tokens whose effect depends on the stack of modes.
    """

    def __init__(
        self,
        syntax: Syntax,
        tables: Tables,
        row: Row,
        tokens: Sequence[bytes | None],
        position: Position,
        moved: np.ndarray,
    ) -> None:
        self.row = row
        self._syntax = syntax
        self._tables = tables
        self._moved = moved
        self._moved_group = np.zeros(len(moved), dtype=np.int32)
        # Groups beyond the row's own, as (what they emit, tail).
        self.extra: dict[tuple[ClassString, int], int] = {}
        self._lex_moved(tokens, position)
        late = [(g, items, tail) for (items, tail), g in self.extra.items() if is_late(items, tail)]
        self.late = (row.late, row.parted(late)) if late else (row.late,)
        self._plans: OrderedDict[Lines, Plan] = OrderedDict()

    def _lex_moved(self, tokens: Sequence[bytes | None], position: Position) -> None:
        lexer, tail_of_state = self._syntax.lexer, self._tables.tail_of_state
        known: dict[tuple[ClassString, int], int] = {}  # many tokens do the same
        for i, token in enumerate(self._moved.tolist()):
            items: list[int] = []
            end = lexer.read(position, tokens[token] or b"", items, generating=True)
            if end is None:
                continue
            does = (tuple(items), tail_of_state[end.state])
            number = known.get(does)
            if number is None:
                key = (simplified(items), does[1])
                number = self.extra.setdefault(key, self.row.stored.groups + len(self.extra))
                known[does] = number
            self._moved_group[i] = number

    def spread(self, allowed: np.ndarray, size: int) -> np.ndarray:
        """Allowed groups → a bitmask over tokens, int32 [ceil(size / 32)].

        Args:
            allowed: uint8 [groups].
            size: of the model's vocabulary.
        """
        row = self.row.stored
        bits = np.zeros((size + 31) // 32 * 32, dtype=np.uint8)
        if row.tokens is None:
            columns = np.take(allowed, row.group_of, mode="clip")
            np.take(columns, self._tables.column_of, out=bits[:size])
        else:
            bits[row.tokens] = allowed[row.group_of]
        if len(self._moved):
            bits[self._moved] = allowed[self._moved_group]
        return np.packbits(bits, bitorder="little").view(np.int32)

    def plan(self, lines: Lines) -> Plan:
        """The plan under a layout."""
        resolver = self._syntax.resolver
        key = lines if resolver is None else resolver.key(lines)
        plan = self._plans.pop(key, None) or _Planner(self, lines).plan()
        self._plans[key] = plan
        if len(self._plans) > _CACHED_PLANS:
            self._plans.popitem(last=False)
        return plan


class _Planner:
    """Makes one plan."""

    def __init__(self, view: View, lines: Lines) -> None:
        self._view = view
        self._row = view.row
        self._lines = lines
        self._resolution = Resolution(view._syntax.resolver, lines)
        self._always = np.zeros(view.row.stored.groups + len(view.extra), dtype=np.uint8)
        self._section_numbers: dict[ClassString, int] = {}
        self._asks_strings: list[bool] = []
        self._asked: list[int] = []
        self._bits: list[int] = []
        self._more_asked: list[np.ndarray] = []
        self._more_bits: list[np.ndarray] = []
        self._tried: dict[bytes, list[int]] = {}

    def plan(self) -> Plan:
        view, row = self._view, self._row
        always = self._always
        always[row.stored.always] = 1
        asked, bits = self._row_questions()
        for groups in view.late:
            self._indent(groups.blank_runs)
            self._end_lines(groups.line_enders)
            for group, late, tail in groups.others:
                self._late(group, late, tail)
        for (items, tail), group in view.extra.items():
            if is_always(items, tail):
                always[group] = 1
            elif not is_late(items, tail):
                self._early(group, items, tail)
        asked = np.concatenate([asked, np.array(self._asked, dtype=np.int64), *self._more_asked])
        bits = np.concatenate([bits, np.array(self._bits, dtype=np.int64), *self._more_bits])
        starts = np.flatnonzero(np.diff(asked, prepend=-1)).astype(np.int32)
        leads = (encode(lead) for lead in self._section_numbers)
        return Plan(
            number=next(_numbers),
            words=row.words,
            sections=tuple(zip(leads, self._asks_strings, strict=True)),
            always=always,
            bits=bits,
            starts=starts,
            asked=asked[starts],
            tried=tuple(self._tried.items()),
        )

    def _section(self, lead: ClassString, asks_strings: bool) -> int:
        number = self._section_numbers.setdefault(lead, len(self._asks_strings))
        if number == len(self._asks_strings):
            self._asks_strings.append(False)
        self._asks_strings[number] |= asks_strings
        return number

    def _row_questions(self) -> tuple[np.ndarray, np.ndarray]:
        """The row's own questions, less those whose lead the layout rules out."""
        row, leads = self._row, self._view._tables.leads
        offset = np.full(len(row.leads), -1, dtype=np.int64)
        for i, number in enumerate(row.leads.tolist()):
            resolved = self._resolution.of(late_items(leads[number]))
            if resolved is not None:
                asks_strings = bool(row.lead_asks_strings[i])
                offset[i] = self._section(resolved[0], asks_strings) * row.words * 32
        starts = offset[row.lead_place] if len(offset) else offset
        kept = starts >= 0
        return row.stored.asked[kept], (starts + row.stored.bit)[kept]

    def _early(self, group: int, items: ClassString, tail: int) -> None:
        row = self._row
        tails = () if tail == ANYTHING else self._view._tables.tails[tail]
        for question in questions(items, tails, split=row.split):
            resolved = self._resolution.of(late_items(question.lead))
            if resolved is not None:
                decision = row.decision(Question(resolved[0], question.string))
                if decision is not None:
                    self._ask(group, decision)

    def _late(self, group: int, late: LateItems, tail: int) -> None:
        resolved = self._resolution.of(late)
        if resolved is None:
            return
        emitted, lines = resolved
        resolver = self._view._syntax.resolver
        deepest = tail == LINE_PENDING and resolver is not None and resolver.deepest(lines)
        if not emitted and not deepest and tail in (ANYTHING, LINE_PENDING):
            self._always[group] = 1  # blanks: nothing comes of them yet
            return
        for decision in self._row.late_decisions(emitted, tail, deepest=deepest):
            self._ask(group, decision)

    def _end_lines(self, line_enders: list[tuple[ClassString, LineEnders]]) -> None:
        """Ask about the groups that only break the line."""
        for head, enders in line_enders:
            resolved = self._resolution.of(LateItems(head, ()))
            if resolved is not None:
                begun, lines = resolved
                self._end_line(begun, enders.leads, enders.choose(lines))

    def _end_line(self, begun: ClassString, leads: list[ClassString], chosen: Chosen) -> None:
        row = self._row
        if not begun:
            self._always[chosen.group[chosen.kind == ALWAYS]] = 1
        asked = chosen.kind == ASK
        for number in np.unique(chosen.lead[asked]).tolist():
            these = asked & (chosen.lead == number)
            bits = chosen.bit[these]
            section = self._section(begun + leads[number], bool((bits >= row.class_bits).any()))
            self._more_asked.append(chosen.group[these])
            self._more_bits.append(section * row.words * 32 + bits)
        tried = chosen.kind == TRY
        for number, group in zip(
            chosen.lead[tried].tolist(), chosen.group[tried].tolist(), strict=True
        ):
            self._tried.setdefault(encode(begun + leads[number]), []).append(group)

    def _indent(self, runs: BlankRuns) -> None:
        """Decide the groups that are nothing but indentation."""
        resolver = self._view._syntax.resolver
        if resolver is None:
            return
        past = runs.past(self._lines)
        self._always[runs.group[~past]] = 1
        if past.any():
            indent = self._bit(Decision((), resolver.indent))
            self._more_asked.append(runs.group[past])
            self._more_bits.append(np.full(int(past.sum()), indent))

    def _ask(self, group: int, decision: Decision) -> None:
        if decision.bit < 0:
            self._tried.setdefault(encode(decision.lead), []).append(group)
        else:
            self._asked.append(group)
            self._bits.append(self._bit(decision))

    def _bit(self, decision: Decision) -> int:
        section = self._section(decision.lead, decision.bit >= self._row.class_bits)
        return section * self._row.words * 32 + decision.bit
