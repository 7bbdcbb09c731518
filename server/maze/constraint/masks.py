"""From what the parser allows to a bitmask over the model's tokens.

For the lexer state and layout of the moment a *plan* says, per token group, which class strings decide
it. XGrammar fills the bitmask over those strings; the plan spreads the answer over
the groups, and the row's table over the tokens. Equal answers recur, so spread masks are cached.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from maze.grammar import Syntax
from maze.grammar.layout import MAX_DEPTH, LayoutError, Lines
from maze.grammar.lexer import Position
from maze.grammar.productions import encode

from .factoring import ANYTHING, LINE_PENDING
from .parser import Parser
from .tables import Tables

_CACHED_MASKS = 1024
_CACHED_VIEWS = 1024
_CACHED_PLANS = 128


@dataclass(frozen=True)
class Plan:
    """How the parser's answers decide the groups of a view, under one layout.

    Attributes:
        number: identifies the plan in cache keys.
        always: uint8 [groups], 1 where nothing has to be asked.
        firsts: encoded classes; the sequence vocabulary is asked once after each.
        strings: int32 [n], bits of the answer, those of each group side by side. The answer is the bitmask
            over single classes, then one over the sequence vocabulary for each of `firsts`.
        starts: int32 [m], where each asked group's strings begin in `strings`.
        asked: int32 [m], the groups they decide.
        tried: strings that are in no vocabulary, tried one by one, with the group each decides.
    """

    number: int
    always: np.ndarray
    firsts: tuple[bytes, ...]
    strings: np.ndarray
    starts: np.ndarray
    asked: np.ndarray
    tried: tuple[tuple[bytes, int], ...]


class View:
    """A row as seen from one lexer position: the table's groups, and those of tokens that leave the mode.

    Attributes:
        vocabulary: the number of the sequence vocabulary that decides it.
    """

    def __init__(self, masks: Masks, position: Position) -> None:
        tables, lexer = masks.tables, masks.syntax.lexer
        main = lexer.twins[position.state]
        stored = tables.row(main)
        self.vocabulary = tables.vocabulary_of[main]
        self._split = main in tables.split
        self._masks = masks
        self._stored = stored
        self.groups: list[tuple[tuple[int, ...], int]] = [
            (tables.sequences[s], t) if s >= 0 else ((), -1)
            for s, t in zip(stored.sequence.tolist(), stored.tail.tolist(), strict=True)
        ]
        switching = masks.switching_tokens(position)
        self._moved = np.union1d(stored.deferred, switching).astype(np.int32)
        self._moved_group = np.zeros(len(self._moved), dtype=np.int32)
        self._add_moved(position)
        self._plans: OrderedDict[Lines, Plan] = OrderedDict()

    def _add_moved(self, position: Position) -> None:
        """Group the tokens whose effect depends on the stack of modes, by lexing each."""
        masks = self._masks
        lexer = masks.syntax.lexer
        numbers: dict[tuple[tuple[int, ...], int], int] = {}
        for i, token in enumerate(self._moved.tolist()):
            items: list[int] = []
            text = masks.tokens[token]
            assert text is not None
            end = lexer.read(position, text, items, generating=True)
            if end is None:
                continue
            key = (tuple(items), masks.tail_of_state[end.state])
            if key not in numbers:
                numbers[key] = len(self.groups)
                self.groups.append(key)
            self._moved_group[i] = numbers[key]

    def spread(self, allowed: np.ndarray, size: int) -> np.ndarray:
        """Allowed groups (uint8) → a bitmask over tokens, int32 [ceil(size / 32)]."""
        bits = np.zeros((size + 31) // 32 * 32, dtype=np.uint8)
        stored = self._stored
        if stored.tokens is None:
            np.take(allowed, stored.group_of, out=bits[: len(stored.group_of)], mode="clip")
        else:
            bits[stored.tokens] = allowed[stored.group_of]
        if len(self._moved):
            bits[self._moved] = allowed[self._moved_group]
        return np.packbits(bits, bitorder="little").view(np.int32)

    def plan(self, lines: Lines) -> Plan:
        """The plan under a layout."""
        resolver = self._masks.syntax.resolver
        key = lines if resolver is None else resolver.key(lines)
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = self._build_plan(lines)
            if len(self._plans) > _CACHED_PLANS:
                self._plans.popitem(last=False)
        return plan

    def _build_plan(self, lines: Lines) -> Plan:
        masks = self._masks
        bits = _AnswerBits(masks, self.vocabulary, split=self._split)
        always = np.zeros(len(self.groups), dtype=np.uint8)
        strings: list[int] = []
        starts: list[int] = []
        asked: list[int] = []
        tried: list[tuple[bytes, int]] = []
        resolve = masks.resolution(lines)
        for group, (items, tail) in enumerate(self.groups):
            if tail < 0:
                continue
            resolved = resolve(items)
            if resolved is None:
                continue
            emitted, deepest = resolved
            if tail == LINE_PENDING:
                wanted = [(*emitted, masks.indent)] if deepest else [emitted]
            elif tail == ANYTHING:
                wanted = [emitted]
            else:
                wanted = [(*emitted, c) for c in masks.tails[tail]]
            if wanted == [()]:
                always[group] = 1
                continue
            begin = len(strings)
            for string in wanted:
                number = bits.number(string)
                if number is not None:
                    strings.append(number)
                elif masks.may_be(string):
                    tried.append((encode(string), group))
            if len(strings) > begin:
                starts.append(begin)
                asked.append(group)
        masks.plans += 1
        return Plan(
            masks.plans,
            always,
            tuple(bits.firsts),
            np.array(strings, dtype=np.int32),
            np.array(starts, dtype=np.int32),
            np.array(asked, dtype=np.int32),
            tuple(tried),
        )


class _AnswerBits:
    """Numbers the bits of an answer: single classes first, then a section per first class."""

    def __init__(self, masks: Masks, vocabulary: int, *, split: bool) -> None:
        self._index = masks.tables.string_numbers[vocabulary]
        self._sections = masks.class_words * 32
        self._section = masks.string_words[vocabulary] * 32
        self._split = split
        self._first_numbers: dict[int, int] = {}
        self.firsts: list[bytes] = [] if split else [b""]

    def number(self, string: tuple[int, ...]) -> int | None:
        """The bit that answers for a class string; None where no vocabulary holds it."""
        if len(string) == 1:
            return string[0]
        if not self._split:
            number = self._index.get(string)
            return None if number is None else self._sections + number
        number = self._index.get(string[1:])
        if number is None:
            return None
        first = self._first_numbers.get(string[0])
        if first is None:
            first = self._first_numbers[string[0]] = len(self.firsts)
            self.firsts.append(encode(string[:1]))
        return self._sections + first * self._section + number


class Masks:
    """Answers for one language and vocabulary; shared by all requests.

    Args:
        syntax: the language.
        tables: its factored vocabulary.
        tokens: the model's tokens as bytes, by id.
    """

    def __init__(self, syntax: Syntax, tables: Tables, tokens: Sequence[bytes | None]) -> None:
        self.syntax = syntax
        self.tables = tables
        self.tokens = tokens
        self.size = len(tokens)
        self.tails = tables.tails
        self.tail_of_state = tables.tail_of_state
        self.indent = syntax.resolver.indent if syntax.resolver else 0
        self.plans = 0
        self._follow = syntax.productions.follow_pairs
        self._views: OrderedDict[Position, View] = OrderedDict()
        self._spread: OrderedDict[tuple[int, bytes], np.ndarray] = OrderedDict()
        self._switching: dict[int, np.ndarray] = {}
        self.class_words = (len(syntax.lexer.classes) + 31) // 32
        self.string_words = [(len(strings) + 1 + 31) // 32 for strings in tables.strings]

    def may_be(self, string: tuple[int, ...]) -> bool:
        """Whether every two neighbours in a class string may be neighbours."""
        return all(pair in self._follow for pair in zip(string, string[1:], strict=False))

    def view(self, position: Position) -> View:
        """The view from a lexer position."""
        view = self._views.get(position)
        if view is None:
            view = self._views[position] = View(self, position)
            if len(self._views) > _CACHED_VIEWS:
                self._views.popitem(last=False)
        return view

    def fill(self, parser: Parser, position: Position, lines: Lines) -> np.ndarray:
        """The bitmask over tokens, int32 [ceil(V / 32)]; not to be written to."""
        view = self.view(position)
        plan = view.plan(lines)
        answer = self._answer(parser, view.vocabulary, plan)
        tried = bytes(parser.would_accept(string) for string, _ in plan.tried)
        key = (plan.number, answer.tobytes() + tried)
        mask = self._spread.get(key)
        if mask is None:
            mask = self._spread[key] = self._spread_mask(view, plan, answer, tried)
            if len(self._spread) > _CACHED_MASKS:
                self._spread.popitem(last=False)
        else:
            self._spread.move_to_end(key)
        return mask

    def _answer(self, parser: Parser, vocabulary: int, plan: Plan) -> np.ndarray:
        """Ask the parser everything a plan needs; int32 [words], all sections."""
        size, step = self.class_words, self.string_words[vocabulary]
        answer = np.zeros((1, size + step * len(plan.firsts)), dtype=np.int32)
        if len(plan.strings):
            parser.fill_classes(answer[:, :size])
            for i, first in enumerate(plan.firsts):
                start = size + i * step
                parser.fill(vocabulary, first, answer[:, start : start + step])
        return answer[0]

    def _spread_mask(self, view: View, plan: Plan, answer: np.ndarray, tried: bytes) -> np.ndarray:
        allowed = plan.always.copy()
        if len(plan.asked):
            bits = np.unpackbits(answer.view(np.uint8), bitorder="little")
            allowed[plan.asked] = np.maximum.reduceat(bits[plan.strings], plan.starts)
        for accepted, (_, group) in zip(tried, plan.tried, strict=True):
            if accepted:
                allowed[group] = 1
        return view.spread(allowed, self.size)

    def resolution(self, lines: Lines):  # type: ignore[no-untyped-def]
        """A function from a sequence to (its classes, whether only an INDENT fits its line).

        It returns None for a sequence whose layout is impossible.
        """
        resolver = self.syntax.resolver
        if resolver is None:
            return lambda items: (items, False)
        known: dict[tuple[int, ...], tuple[tuple[int, ...], Lines] | None] = {}

        def lead(items: tuple[int, ...]) -> tuple[tuple[int, ...], Lines] | None:
            if items not in known:
                out: list[int] = []
                try:
                    state = resolver.resolve(lines, items, out)
                    known[items] = (tuple(out), state)
                except LayoutError:
                    known[items] = None
            return known[items]

        def resolve(items: tuple[int, ...]) -> tuple[tuple[int, ...], bool] | None:
            last = len(items)
            while last and items[last - 1] > 0:
                last -= 1
            if lines.depth + len(items) > MAX_DEPTH:
                last = len(items)  # the brackets themselves may be too many
            # What follows the last mark needs no resolving; what leads up to it recurs.
            found = lead(items[:last])
            if found is None:
                return None
            classes, state = found
            return classes + items[last:], resolver.deepest(state)

        return resolve

    def switching_tokens(self, position: Position) -> np.ndarray:
        """Ids of the tokens holding a character that may leave a mode which shares another's DFA."""
        lexer = self.syntax.lexer
        if lexer.twins[position.state] == position.state:
            return np.zeros(0, dtype=np.int32)
        mode = lexer.modes[position.state]
        if mode not in self._switching:
            characters = lexer.leaving_characters[mode]
            self._switching[mode] = np.array(
                [
                    number
                    for number, token in enumerate(self.tokens)
                    if token is not None and any(c in token for c in characters)
                ],
                dtype=np.int32,
            )
        return self._switching[mode]
