"""Plans: under one layout, which questions decide which token groups of a row."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from maze.grammar import Syntax
from maze.grammar.layout import Lines, simplified
from maze.grammar.lexer import ClassString, Position
from maze.grammar.productions import encode

from .blank_runs import BlankRuns, is_blank_run
from .factoring import ANYTHING, LINE_PENDING
from .line_enders import (
    ALWAYS,
    ASK,
    TRY,
    Chosen,
    Decision,
    LineEnder,
    LineEnders,
    line_ender,
)
from .questions import (
    BitNumbers,
    Question,
    is_always,
    is_late,
    question_of,
    questions,
)
from .resolution import LateItems, Resolution, late_items
from .tables import Tables

_CACHED_PLANS = 128
_UNDECIDED: Any = object()

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
        tokens: the model's tokens as bytes, by id.
        position: the lexer position.
        moved: int32, ids of the tokens whose effect depends on the stack of modes.
    """

    def __init__(
        self,
        syntax: Syntax,
        tables: Tables,
        tokens: Sequence[bytes | None],
        position: Position,
        moved: np.ndarray,
    ) -> None:
        state = syntax.lexer.tables.twins[position.state]
        self.vocabulary = tables.vocabulary_of[state]
        self._syntax = syntax
        self._tables = tables
        self._row = tables.row(state)
        self._split = state in tables.split
        class_words = (len(syntax.lexer.classes) + 31) // 32
        string_words = (len(tables.strings[self.vocabulary]) + 1 + 31) // 32
        self._class_bits = class_words * 32
        self._words = class_words + string_words
        self._numbers = BitNumbers(
            class_words, tables.string_numbers[self.vocabulary], tables.representatives
        )
        # Rows with the same vocabulary end lines in much the same ways.
        self._decided = tables.decided.setdefault((self.vocabulary, self._split), {})
        self._moved = moved
        self._moved_group = np.zeros(len(moved), dtype=np.int32)
        # Groups beyond the row's own, as (what they emit, tail).
        self._extra: dict[tuple[ClassString, int], int] = {}
        self._lex_moved(tokens, position)
        self.late: list[tuple[int, LateItems, int]] = []
        self.line_enders: list[tuple[ClassString, LineEnders]] = []
        self.blank_runs: BlankRuns | None = None
        self._sort_late()
        self._leads, self._lead_place = np.unique(self._row.lead, return_inverse=True)
        self._lead_asks_strings = np.zeros(len(self._leads), dtype=bool)
        self._lead_asks_strings[self._lead_place[self._row.bit >= self._class_bits]] = True
        self._plans: OrderedDict[Lines, Plan] = OrderedDict()
        self._late_decisions: dict[tuple[ClassString, int, bool], tuple[Decision, ...]] = {}

    def _sort_late(self) -> None:
        """Part the late groups: most of them only indent a line, or end one."""
        enders: dict[ClassString, list[LineEnder]] = {}
        runs: list[tuple[int, ClassString]] = []
        extra = ((g, items, tail) for (items, tail), g in self._extra.items())
        for group, items, tail in (*self._row.late, *(e for e in extra if is_late(*e[1:]))):
            late = late_items(items)
            if tail == LINE_PENDING and is_blank_run(items):
                runs.append((group, items))
            elif tail == LINE_PENDING and (ender := line_ender(group, late.rest)) is not None:
                enders.setdefault(late.head, []).append(ender)
            else:
                self.late.append((group, late, tail))
        resolver = self._syntax.resolver
        if resolver is None:
            return
        for head, group_enders in enders.items():
            self.line_enders.append((head, LineEnders(group_enders, resolver, self._decide)))
        if runs:
            self.blank_runs = BlankRuns(runs)

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
                number = self._extra.setdefault(key, self._row.groups + len(self._extra))
                known[does] = number
            self._moved_group[i] = number

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
                known = self.decision(question_of(string, split=self._split))
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

    def spread(self, allowed: np.ndarray, size: int) -> np.ndarray:
        """Allowed groups → a bitmask over tokens, int32 [ceil(size / 32)].

        Args:
            allowed: uint8 [groups].
            size: of the model's vocabulary.
        """
        row = self._row
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
        self._lines = lines
        self._resolution = Resolution(view._syntax.resolver, lines)
        self._always = np.zeros(view._row.groups + len(view._extra), dtype=np.uint8)
        self._section_numbers: dict[ClassString, int] = {}
        self._asks_strings: list[bool] = []
        self._asked: list[int] = []
        self._bits: list[int] = []
        self._more_asked: list[np.ndarray] = []
        self._more_bits: list[np.ndarray] = []
        self._tried: dict[bytes, list[int]] = {}

    def plan(self) -> Plan:
        view, row = self._view, self._view._row
        always = self._always
        always[row.always] = 1
        asked, bits = self._row_questions()
        self._indent()
        self._end_lines()
        for group, late, tail in view.late:
            self._late(group, late, tail)
        for (items, tail), group in view._extra.items():
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
            words=view._words,
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
        view, row = self._view, self._view._row
        offset = np.full(len(view._leads), -1, dtype=np.int64)
        for i, number in enumerate(view._leads.tolist()):
            resolved = self._resolution.of(late_items(view._tables.leads[number]))
            if resolved is not None:
                asks_strings = bool(view._lead_asks_strings[i])
                offset[i] = self._section(resolved[0], asks_strings) * view._words * 32
        starts = offset[view._lead_place] if len(offset) else offset
        kept = starts >= 0
        return row.asked[kept], (starts + row.bit)[kept]

    def _early(self, group: int, items: ClassString, tail: int) -> None:
        view = self._view
        tails = () if tail == ANYTHING else view._tables.tails[tail]
        for question in questions(items, tails, split=view._split):
            resolved = self._resolution.of(late_items(question.lead))
            if resolved is not None:
                decision = view.decision(Question(resolved[0], question.string))
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
        for decision in self._view.late_decisions(emitted, tail, deepest=deepest):
            self._ask(group, decision)

    def _end_lines(self) -> None:
        """Ask about the groups that only break the line."""
        for head, enders in self._view.line_enders:
            resolved = self._resolution.of(LateItems(head, ()))
            if resolved is not None:
                begun, lines = resolved
                self._end_line(begun, enders.leads, enders.choose(lines))

    def _end_line(self, begun: ClassString, leads: list[ClassString], chosen: Chosen) -> None:
        view = self._view
        if not begun:
            self._always[chosen.group[chosen.kind == ALWAYS]] = 1
        asked = chosen.kind == ASK
        for number in np.unique(chosen.lead[asked]).tolist():
            these = asked & (chosen.lead == number)
            bits = chosen.bit[these]
            section = self._section(begun + leads[number], bool((bits >= view._class_bits).any()))
            self._more_asked.append(chosen.group[these])
            self._more_bits.append(section * view._words * 32 + bits)
        tried = chosen.kind == TRY
        for number, group in zip(
            chosen.lead[tried].tolist(), chosen.group[tried].tolist(), strict=True
        ):
            self._tried.setdefault(encode(begun + leads[number]), []).append(group)

    def _indent(self) -> None:
        """Decide the groups that are nothing but indentation."""
        runs, resolver = self._view.blank_runs, self._view._syntax.resolver
        if runs is None or resolver is None:
            return
        past = runs.past(self._lines)
        self._always[runs.group[~past]] = 1
        self._more_asked.append(runs.group[past])
        self._more_bits.append(np.full(int(past.sum()), self._bit(Decision((), resolver.indent))))

    def _ask(self, group: int, decision: Decision) -> None:
        if decision.bit < 0:
            self._tried.setdefault(encode(decision.lead), []).append(group)
        else:
            self._asked.append(group)
            self._bits.append(self._bit(decision))

    def _bit(self, decision: Decision) -> int:
        section = self._section(decision.lead, decision.bit >= self._view._class_bits)
        return section * self._view._words * 32 + decision.bit
