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

from .trie import Trie

# What may follow a token, beside a set of classes (numbered from 2 on).
ANYTHING = 0  # no lexeme is pending, or what is pending may be ignored
LINE_PENDING = 1  # a line begins, and its indentation so far must be possible

NEVER = 0  # the group of the tokens that are never allowed

_STATE_BITS = 16
_STATE_MASK = (1 << _STATE_BITS) - 1


@dataclass(frozen=True)
class Row:
    """What every token does from one lexer state.

    Attributes:
        state: the lexer state.
        group_of: uint16 [tokens in trie order], each token's group; `NEVER` is group 0.
        sequence: int32 [groups], what a group emits, an index into `Sequences`.
        tail: int32 [groups], what may follow it: `ANYTHING`, `LINE_PENDING` or a tail number.
        deferred: int32 [n], tokens (in trie order) that leave the lexer's mode, so that what they
            do depends on the stack of modes; they are in group 0.
    """

    state: int
    group_of: np.ndarray
    sequence: np.ndarray
    tail: np.ndarray
    deferred: np.ndarray


class Sequences:
    """Interned sequences of lexer items and tail sets, shared by all rows of a language."""

    def __init__(self, syntax: Syntax) -> None:
        self.items: list[tuple[int, ...]] = [()]
        self.numbers: dict[tuple[int, ...], int] = {(): 0}
        self.tails: list[frozenset[int]] = [frozenset(), frozenset()]
        self._tail_numbers: dict[frozenset[int], int] = {}
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

    def tail(self, classes: frozenset[int]) -> int:
        """The number of a tail set; classes that decide nothing in it are left out."""
        classes = self._productions.widest(classes)
        number = self._tail_numbers.setdefault(classes, len(self.tails))
        if number == len(self.tails):
            self.tails.append(classes)
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
        trie = self.trie
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
        return self._grouped(state, sequence_of, end_of)

    def _step(self, level, states: np.ndarray, sequences: np.ndarray):  # type: ignore[no-untyped-def]
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

    def _grouped(self, state: int, sequence_of: np.ndarray, end_of: np.ndarray) -> Row:
        deferred = np.flatnonzero(end_of == self._deferred).astype(np.int32)
        alive = np.flatnonzero(end_of < self._dead)
        keys = sequence_of[alive].astype(np.int64) << 32 | self._tail_of_state[end_of[alive]]
        unique, inverse = np.unique(keys, return_inverse=True)
        sequence = (unique >> 32).astype(np.int32)
        tail = (unique & 0xFFFFFFFF).astype(np.int32)
        possible = np.array(
            [self._possible(int(s), int(t)) for s, t in zip(sequence, tail, strict=True)],
            dtype=bool,
        )
        number = np.zeros(len(unique), dtype=np.uint16)
        number[possible] = np.arange(1, int(possible.sum()) + 1)
        group_of = np.zeros(len(end_of), dtype=np.uint16)
        group_of[alive] = number[inverse.reshape(-1)]
        none = np.array([-1], dtype=np.int32)
        return Row(
            state,
            group_of,
            np.concatenate([none, sequence[possible]]),
            np.concatenate([none, tail[possible]]),
            deferred,
        )

    def _possible(self, sequence: int, tail: int) -> bool:
        if tail in (ANYTHING, LINE_PENDING):
            return True
        head = self.sequences.items[sequence]
        return any(self.sequences.may_follow(head, (c,)) for c in self.sequences.tails[tail])
