"""One byte-level DFA for all terminals of a lexer mode.

Thompson's construction gives an NFA over byte ranges, the subset construction a DFA over
*byte classes* (bytes that no pattern tells apart), and Hopcroft-style partition refinement a small
one (Aho, Lam, Sethi, Ullman: Compilers, 2nd ed., sections 3.7 and 3.9).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .characters import CharacterSet, utf8_sequences
from .regex import Characters, Choice, Lookahead, Lookbehind, Node, Pattern, Repeat, Sequence

DEAD = -1

# A bounded repeat is unrolled; a terminal that wants more than this is a mistake.
_MAX_UNROLL = 256


# What stands between a lexeme and the one before it.
NOTHING, BLANK, LINE_BREAK = range(3)
ANYTHING = frozenset({NOTHING, BLANK, LINE_BREAK})


@dataclass(frozen=True)
class Condition:
    """A terminal that is complete in a state, and what forbids it.

    Attributes:
        terminal: its number.
        blocked: bit b is set where byte b may not follow.
        at_end: whether the end of the text may.
        after: what may stand before it.
    """

    terminal: int
    blocked: int
    at_end: bool
    after: frozenset[int] = ANYTHING


@dataclass(frozen=True, eq=False)
class Dfa:
    """A deterministic automaton over bytes; state 0 is the start.

    Attributes:
        transitions: int32 [states, 256], the next state or `DEAD`.
        accepts: per state, the terminals that are complete there.
    """

    transitions: np.ndarray
    accepts: tuple[tuple[Condition, ...], ...]


def build(patterns: Mapping[int, Pattern]) -> Dfa:
    """Build the minimal DFA that recognises every pattern, keyed by terminal number."""
    nfa = _Nfa()
    start = nfa.state()
    conditions: dict[int, Condition] = {}
    for terminal, pattern in patterns.items():
        end = nfa.state()
        nfa.epsilon(start, nfa.add(pattern.node, end))
        conditions[end] = _condition(terminal, pattern.lookahead, pattern.lookbehind)
    return _minimal(*_determinise(nfa, start, conditions))


def _condition(
    terminal: int, lookahead: Lookahead | None, lookbehind: Lookbehind | None
) -> Condition:
    after = ANYTHING
    if lookbehind is not None:
        after = frozenset({LINE_BREAK} if lookbehind.line_break else {BLANK, LINE_BREAK})
        after = ANYTHING - after if lookbehind.negative else after
    if lookahead is None:
        return Condition(terminal, 0, True, after)
    listed = 0
    for low, high in lookahead.set:
        for sequence in utf8_sequences(low, high):
            first_low, first_high = sequence[0]
            for byte in range(first_low, first_high + 1):
                listed |= 1 << byte
    everything = (1 << 256) - 1
    if lookahead.negative:
        return Condition(terminal, listed, True, after)
    return Condition(terminal, everything ^ listed, False, after)


class _Nfa:
    def __init__(self) -> None:
        self.epsilons: list[list[int]] = []
        self.edges: list[list[tuple[int, int, int]]] = []
        self._suffixes: dict[tuple[tuple[int, int], int], int] = {}

    def state(self) -> int:
        self.epsilons.append([])
        self.edges.append([])
        return len(self.edges) - 1

    def epsilon(self, source: int, target: int) -> None:
        self.epsilons[source].append(target)

    def add(self, node: Node, end: int) -> int:
        """Add states that match `node` and then are at `end`; return where they start."""
        match node:
            case Characters(chars):
                return self._characters(chars, end)
            case Sequence(parts):
                for part in reversed(parts):
                    end = self.add(part, end)
                return end
            case Choice(parts):
                start = self.state()
                for part in parts:
                    self.epsilon(start, self.add(part, end))
                return start
            case Repeat(part, low, high):
                return self._repeat(part, low, high, end)

    def _repeat(self, part: Node, low: int, high: int | None, end: int) -> int:
        if max(low, high or 0) > _MAX_UNROLL:
            raise ValueError(f"a repetition of more than {_MAX_UNROLL} cannot be unrolled")
        if high is None:
            loop = self.state()
            self.epsilon(loop, end)
            self.epsilon(loop, self.add(part, loop))
            end = loop
        else:
            for _ in range(high - low):
                optional = self.state()
                self.epsilon(optional, end)
                self.epsilon(optional, self.add(part, end))
                end = optional
        for _ in range(low):
            end = self.add(part, end)
        return end

    def _characters(self, chars: CharacterSet, end: int) -> int:
        """UTF-8 sequences of the set, sharing their suffixes (Unicode classes have many)."""
        start = self.state()
        shared: dict[tuple[int, int, int], int] = {}
        for low, high in chars:
            for sequence in utf8_sequences(low, high):
                target = end
                for byte_low, byte_high in reversed(sequence[1:]):
                    key = (byte_low, byte_high, target)
                    if key not in shared:
                        shared[key] = self.state()
                        self.edges[shared[key]].append((byte_low, byte_high, target))
                    target = shared[key]
                self.edges[start].append((*sequence[0], target))
        return start


def _byte_classes(nfa: _Nfa, conditions: Mapping[int, Condition]) -> np.ndarray:
    """uint8/int array [256]: the class of each byte."""
    cuts = np.zeros(257, dtype=bool)
    for edges in nfa.edges:
        for low, high, _ in edges:
            cuts[low] = cuts[high + 1] = True
    for condition in conditions.values():
        for byte in range(1, 256):
            if (condition.blocked >> byte & 1) != (condition.blocked >> (byte - 1) & 1):
                cuts[byte] = True
    cuts[0] = False
    return np.cumsum(cuts[:256])


def _determinise(
    nfa: _Nfa, start: int, conditions: Mapping[int, Condition]
) -> tuple[np.ndarray, list[tuple[Condition, ...]]]:
    classes = _byte_classes(nfa, conditions)
    count = int(classes[-1]) + 1
    # Per NFA state, its edges by byte class; epsilon closures are computed once per state.
    by_class: list[list[tuple[int, int]]] = []
    for edges in nfa.edges:
        flat: list[tuple[int, int]] = []
        for low, high, target in edges:
            flat.extend((c, target) for c in range(classes[low], classes[high] + 1))
        by_class.append(flat)
    closures: dict[int, frozenset[int]] = {}

    def closure(state: int) -> frozenset[int]:
        found = closures.get(state)
        if found is None:
            seen, stack = {state}, [state]
            while stack:
                for target in nfa.epsilons[stack.pop()]:
                    if target not in seen:
                        seen.add(target)
                        stack.append(target)
            # Only states with edges or acceptance matter.
            found = frozenset(s for s in seen if nfa.edges[s] or s in conditions)
            closures[state] = found
        return found

    numbers = {closure(start): 0}
    queue = [closure(start)]
    rows: list[np.ndarray] = []
    accepts: list[tuple[Condition, ...]] = []
    for subset in queue:
        targets: dict[int, set[int]] = {}
        for state in subset:
            for byte_class, target in by_class[state]:
                targets.setdefault(byte_class, set()).update(closure(target))
        row = np.full(count, DEAD, dtype=np.int32)
        for byte_class, states in targets.items():
            key = frozenset(states)
            if key not in numbers:
                numbers[key] = len(queue)
                queue.append(key)
            row[byte_class] = numbers[key]
        rows.append(row)
        found = {conditions[s] for s in subset if s in conditions}
        accepts.append(tuple(sorted(found, key=lambda c: c.terminal)))
    return np.stack(rows)[:, classes], accepts


def _minimal(transitions: np.ndarray, accepts: list[tuple[Condition, ...]]) -> Dfa:
    """Merge equivalent states by refining the partition until it is stable (Moore)."""
    labels = {label: i for i, label in enumerate(dict.fromkeys(accepts))}
    block = np.array([labels[label] for label in accepts], dtype=np.int64)
    distinct = np.unique(transitions, axis=1)
    while True:
        padded = np.append(block, -1)  # DEAD indexes the last entry
        signature = np.column_stack([block, padded[distinct]])
        _, refined = np.unique(signature, axis=0, return_inverse=True)
        refined = refined.reshape(-1)
        if refined.max() == block.max():
            break
        block = refined
    order: dict[int, tuple[int, int]] = {}
    for state, number in enumerate(block):
        order.setdefault(int(number), (len(order), state))
    renumber = np.array([order[int(b)][0] for b in block] + [DEAD], dtype=np.int32)
    keep = [state for _, state in sorted(order.values())]
    merged = renumber[transitions[keep]]
    return Dfa(merged, tuple(accepts[state] for state in keep))
