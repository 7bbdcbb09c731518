"""The vocabulary factored through the lexer.

For a lexer state, every LLM token does one of few things: it completes some terminals and leaves a
lexeme that may still become this or that. Tokens that do the same form a *group*; whether a group
is allowed is a question about terminals, which XGrammar answers for all groups at once.

A `Row` holds the groups of one lexer state. Sequences that no sentence of the grammar contains (two
classes that never stand beside each other) are dropped while the trie is walked, which also keeps
the walk short.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from maze.grammar import Syntax
from maze.grammar.automaton import DEAD
from maze.grammar.layout import simplified
from maze.grammar.lexer import Tail

from .trie import Level, Trie

# What may follow a token, beside a set of class strings (numbered from 2 on).
ANYTHING = 0  # no lexeme is pending, or what is pending may be ignored
LINE_PENDING = 1  # a line begins, and its indentation so far must be possible

NEVER = 0  # the group of the tokens that are never allowed

_STATE_BITS = 16
_STATE_MASK = (1 << _STATE_BITS) - 1

# Per group of a row, from group 1 on: what it emits, an index into `Sequences`, and what may follow that: `ANYTHING`,
# `LINE_PENDING` or a tail number. Rows inside the characters of a name, say, have the same groups.
Groups = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Row:
    """What every token does from one lexer state.

    Attributes:
        state: the lexer state.
        tokens: int32 [n], tokens (in trie order) that may come.
        group_of: uint16 [n], the group of each of them; all others are in the group `NEVER`.
        groups: what they are.
        deferred: int32 [n], tokens (in trie order) that leave the lexer's mode, so that what they
            do depends on the stack of modes; they are in group 0.
    """

    state: int
    tokens: np.ndarray
    group_of: np.ndarray
    groups: Groups
    deferred: np.ndarray


class Sequences:
    """Interned sequences of lexer items and tail sets, shared by all rows of a language."""

    def __init__(self, syntax: Syntax) -> None:
        self.items: list[tuple[int, ...]] = [()]
        self.numbers: dict[tuple[int, ...], int] = {(): 0}
        self.tails: list[Tail] = [frozenset(), frozenset()]
        self._tail_numbers: dict[Tail, int] = {}
        self._productions = syntax.productions
        self._follow = syntax.productions.follow_pairs
        self._effects = [effect.items for effect in syntax.lexer.tables.effects]
        self._joined: dict[tuple[int, int], int] = {}

    def intern(self, items: tuple[int, ...]) -> int:
        """The number of a sequence."""
        number = self.numbers.setdefault(items, len(self.items))
        if number == len(self.items):
            self.items.append(items)
        return number

    def tail(self, strings: Tail) -> int:
        """The number of a tail set; class strings that decide nothing in it are left out."""
        possible = (s for s in strings if self.may_follow((), s))
        strings = self._productions.widest(frozenset(possible))
        number = self._tail_numbers.setdefault(strings, len(self.tails))
        if number == len(self.tails):
            self.tails.append(strings)
        return number

    def extended(self, sequence: int, effect: int) -> int:
        """The number of a sequence plus an effect's items, or -1 where no sentence has it."""
        key = (sequence, effect)
        number = self._joined.get(key)
        if number is None:
            head, more = self.items[sequence], self._effects[effect]
            possible = self.may_follow(head, more)
            number = self.intern(simplified(head + more)) if possible else -1
            self._joined[key] = number
        return number

    def may_follow(self, head: tuple[int, ...], more: tuple[int, ...]) -> bool:
        """Whether `more` may follow `head`: every two classes side by side may be neighbours."""
        joined = head[-1:] + more
        follow = self._follow
        return all(a < 0 or b < 0 or (a, b) in follow for a, b in itertools.pairwise(joined))


class Factoring:
    """Computes rows for a language and a vocabulary."""

    def __init__(self, syntax: Syntax, trie: Trie) -> None:
        self.syntax = syntax
        self.trie = trie
        # Most states of a lexer are inside of a UTF-8 character, where few tokens may come.
        self._inside = trie.inside_characters()
        self.sequences = Sequences(syntax)
        lexer = syntax.lexer.tables
        states = len(lexer.table)
        self._dead, self._deferred = states, states + 1
        table = np.array(lexer.generating, dtype=np.int32)
        cells = np.full((states + 2, 256), self._dead, dtype=np.int32)
        cells[:states] = np.where(table == DEAD, self._dead, table)
        cells[self._deferred] = self._deferred
        for number, effect in enumerate(lexer.effects):
            if effect.pop:
                cells[:states][table >> _STATE_BITS == number] = self._deferred
        self._cells = cells
        self.tail_of_state = [self._tail_number(state) for state in range(states)]
        self._tail_of_state = np.array(self.tail_of_state, dtype=np.int32)

    def _tail_number(self, state: int) -> int:
        lexer = self.syntax.lexer
        tail = lexer.tails[state]
        if tail is None:
            return LINE_PENDING if lexer.line_start[state] else ANYTHING
        return self.sequences.tail(tail)

    def row(self, state: int) -> Row:
        """Walk the trie from a lexer state."""
        begin, trie = self._trie_for(state)
        count = len(trie.token_ids)
        sequence_of = np.full(count, -1, dtype=np.int32)
        end_of = np.full(count, self._dead, dtype=np.int32)
        states = np.array([state], dtype=np.int32)
        sequences = np.zeros(1, dtype=np.int32)
        for level in trie.levels:
            states, sequences = self._step(level, states, sequences)
            end_of[level.ending_tokens] = states[level.ending_nodes]
            sequence_of[level.ending_tokens] = sequences[level.ending_nodes]
            if not (states != self._dead).any():
                break
        return self._grouped(state, begin, sequence_of, end_of)

    def _trie_for(self, state: int) -> tuple[int, Trie]:
        """All tokens, or those of which alone some may come; and the index of the first of them."""
        outside = np.r_[0:0x80, 0xC0:0x100]
        inside = (self._cells[state, outside] == self._dead).all()
        return self._inside if inside else (0, self.trie)

    def _step(
        self, level: Level, states: np.ndarray, sequences: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        cells = self._cells[states[level.parent], level.byte]
        sequences = sequences[level.parent]
        states = cells & _STATE_MASK
        emitting = np.flatnonzero(cells >> _STATE_BITS)
        if len(emitting):
            pairs = sequences[emitting].astype(np.int64) << 32 | cells[emitting] >> _STATE_BITS
            unique, inverse = np.unique(pairs, return_inverse=True)
            extended = np.array(
                [self.sequences.extended(int(p >> 32), int(p & 0xFFFFFFFF)) for p in unique],
                dtype=np.int32,
            )[inverse]
            sequences[emitting] = extended
            states[emitting[extended < 0]] = self._dead
        return states, sequences

    def _grouped(self, state: int, begin: int, sequence_of: np.ndarray, end_of: np.ndarray) -> Row:
        deferred = np.flatnonzero(end_of == self._deferred).astype(np.int32)
        alive = np.flatnonzero(end_of < self._dead).astype(np.int32)
        keys = sequence_of[alive].astype(np.int64) << 32 | self._tail_of_state[end_of[alive]]
        unique, inverse = np.unique(keys, return_inverse=True)
        pairs = [(key >> 32, key & 0xFFFFFFFF) for key in unique.tolist()]
        possible = np.array([self._possible(*pair) for pair in pairs], dtype=bool)
        number = np.where(possible, np.cumsum(possible), NEVER).astype(np.uint16)
        group_of = number[inverse.reshape(-1)]
        come = group_of != NEVER
        return Row(
            state,
            begin + alive[come],
            group_of[come],
            tuple(itertools.compress(pairs, possible)),
            begin + deferred,
        )

    def _possible(self, sequence: int, tail: int) -> bool:
        if tail in (ANYTHING, LINE_PENDING):
            return True
        head = self.sequences.items[sequence]
        return any(self.sequences.may_follow(head, s) for s in self.sequences.tails[tail])
