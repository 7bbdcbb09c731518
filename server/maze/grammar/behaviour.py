"""Which strings of classes no place in a text tells apart.

A token asks whether some classes may come next: `( NAME` and `(`, for instance. Behind every `(` a
name may come, so they are one question. What a string does is read off the rules' transition network:
from each node, reading it either stays within the node's rule, or leaves that rule with some of
the string yet unread, which the rule's caller then has to read. Strings with the same outcome
at every node, where what is left unread is told apart in the same way, are equally possible in
any text whatever, by induction on the callers that there are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np

from .dialect import ENTRIES, REST
from .lexer import ClassString
from .network import Network
from .productions import Productions

# Outcomes are bit sets in 64-bit words; of longer strings only what they end with is read.
_LONGEST = 60

# Outcomes beside the number of what is left unread.
_ALL_READ = 0
_NOTHING_READ = -1


@dataclass(frozen=True)
class _Edges:
    """Edges of a network by the node they begin at.

    Attributes:
        columns: int64 [edges, 2 or 3]: (from, to), or (from, start of the rule, to).
        first: int64 [n], where the edges of each node begin.
        nodes: int64 [n], those nodes.
    """

    columns: np.ndarray
    first: np.ndarray
    nodes: np.ndarray

    @classmethod
    def of(cls, edges: Iterable[tuple[int, ...]], width: int) -> _Edges:
        columns = np.array(sorted(set(edges)), dtype=np.int64).reshape(-1, width)
        first = np.flatnonzero(np.diff(columns[:, 0], prepend=-1))
        return cls(columns, first, columns[first, 0])


@dataclass(frozen=True)
class _Read:
    """A string that was read from everywhere.

    Attributes:
        outcome: uint64 [nodes]; bit 0 is set where it can all be read within the node's rule, and
            bit n where that rule can be left with the last n classes unread.
        number: the same for strings that do the same behind a rule.
        callers: bool [nodes], whether some caller of the node's rule could read it.
    """

    outcome: np.ndarray
    number: int
    callers: np.ndarray


class Behaviours:
    """Reads class strings from every node of a language's rules at once."""

    def __init__(self, productions: Productions) -> None:
        entries = [name for name in (*ENTRIES, REST) if name in productions.rules]
        net = productions.network(entries)
        self._ends = np.array(net.ends, dtype=bool)
        self._classes, in_starts, elsewhere = _edges(net)
        self._in_starts, self._elsewhere = _Edges.of(in_starts, 3), _Edges.of(elsewhere, 3)
        # Where a parser may be that has just read a class or begun, and where one may be behind a rule.
        begun = {net.start[name] for name in entries}
        read = {to for edges in self._classes.values() for to in edges.columns[:, 1].tolist()}
        self._places = np.array(sorted(begun | read))
        self._returns = np.unique([to for _, _, to in (*in_starts, *elsewhere)]).astype(np.int64)
        # Rules by number: behind the calls of which one may be, and which are over with which.
        numbers = {name: number for number, name in enumerate(net.start)}
        self._rule_of = np.array([numbers[name] for name in net.rules])
        self._callers = np.zeros((len(numbers), len(self._returns)), dtype=np.float32)
        for name, behind in net.callers().items():
            self._callers[numbers[name], np.searchsorted(self._returns, sorted(behind))] = 1
        self._over = np.eye(len(numbers), dtype=np.float32)
        for number, called in enumerate(self._callers):
            ended = self._returns[(called > 0) & self._ends[self._returns]]
            self._over[number, self._rule_of[ended]] = 1
        self._over = _closure(self._over)
        self._sets: dict[frozenset[int], int] = {}

    def representatives(
        self, strings: Collection[ClassString]
    ) -> dict[ClassString, ClassString | None]:
        """Per string a short one that may come exactly where it may; None where it never may.

        It is the shortest there is among strings, single classes and what all those end with.

        Args:
            strings: not empty. Single classes count as strings whether they are among them or not.
        """
        known = {*strings, *((number,) for number in self._classes)}
        shorter = self._shortened({string for string in known if len(string) >= _LONGEST})
        read = {string: shorter.get(string, string) for string in known}
        alike = self._alike({s for s in read.values() if s is not None and len(s) < _LONGEST})
        return {s: None if short is None else alike.get(short, short) for s, short in read.items()}

    def _shortened(self, strings: set[ClassString]) -> dict[ClassString, ClassString | None]:
        """Long strings with what they end with replaced by what is alike, again and again.

        No place tells strings that are alike apart, so neither does a place behind other classes.
        """
        found: dict[ClassString, ClassString | None] = {string: string for string in strings}
        left = strings
        while left:
            ends = self._alike({string[1 - _LONGEST :] for string in left})
            replaced = {}
            for string in left:
                end = ends[string[1 - _LONGEST :]]
                replaced[string] = None if end is None else string[: 1 - _LONGEST] + end
            for string, now in found.items():
                if now is not None and now in replaced:
                    found[string] = replaced[now]
            left = {
                now
                for string, now in replaced.items()
                if now is not None and _LONGEST <= len(now) < len(string)
            }
        return found

    def _alike(self, strings: set[ClassString]) -> dict[ClassString, ClassString | None]:
        """Strings that are not long, and what they end with, each with the shortest that is alike."""
        shortest: dict[bytes, ClassString] = {}
        found: dict[ClassString, ClassString | None] = {}
        keys = dict(self._keys(strings))
        for string in sorted(keys, key=lambda string: (len(string), string)):
            key = keys[string]
            found[string] = None if key is None else shortest.setdefault(key, string)
        return found

    def _keys(self, strings: Collection[ClassString]) -> Iterable[tuple[ClassString, bytes | None]]:
        """Strings and their suffixes, each with a key that those alike share; None: it never comes."""
        suffixes = {string[at:] for string in strings for at in range(len(string))}
        everywhere = np.ones(len(self._ends), dtype=bool)
        read = [_Read(everywhere.astype(np.uint64), 0, everywhere)]
        numbers: dict[bytes, int] = {}
        # In this order, the suffixes of a string are on the stack when it comes.
        for string in sorted(suffixes, key=lambda string: string[::-1]):
            del read[len(string) :]
            outcome = self._read(string[0], read)
            callers = self._readers(outcome, read)
            sound = self._sound(outcome, [*(one.callers for one in read), callers])
            key = self._told(sound[self._returns], read)
            read.append(_Read(outcome, numbers.setdefault(key, len(numbers) + 1), callers))
            sound = sound[self._places]
            yield string, self._told(sound, read) if sound.any() else None

    def _read(self, first: int, rest: list[_Read]) -> np.ndarray:
        """The outcome of a class and what comes behind it: `rest[n]` is its last n classes."""
        length = len(rest)
        outcome = np.where(self._ends, np.uint64(1 << length), np.uint64(0))
        edges = self._classes.get(first)
        if edges is not None:
            behind = rest[-1].outcome[edges.columns[:, 1]]
            outcome[edges.nodes] |= np.bitwise_or.reduceat(behind, edges.first)
        # Rules may begin with one another, in circles even.
        while True:
            more = outcome[self._in_starts.nodes] | self._called(self._in_starts, outcome, rest)
            if np.array_equal(more, outcome[self._in_starts.nodes]):
                break
            outcome[self._in_starts.nodes] = more
        outcome[self._elsewhere.nodes] |= self._called(self._elsewhere, outcome, rest)
        all_read = outcome & np.uint64(1) != 0
        outcome[all_read] = 1  # it may come, whoever the callers are
        return outcome

    def _called(self, edges: _Edges, outcome: np.ndarray, rest: list[_Read]) -> np.ndarray:
        """What comes of a string through the rules that are called at nodes."""
        if not len(edges.nodes):
            return np.zeros(0, dtype=np.uint64)
        inside = outcome[edges.columns[:, 1]]
        found = inside & np.uint64(1)
        some = int(np.bitwise_or.reduce(inside))
        for unread in range(1, len(rest)):
            if some >> unread & 1:
                left = inside >> np.uint64(unread) & np.uint64(1) != 0
                behind = rest[unread].outcome[edges.columns[:, 2]]
                found |= np.where(left, behind, np.uint64(0))
        return np.bitwise_or.reduceat(found, edges.first)

    def _readers(self, outcome: np.ndarray, rest: list[_Read]) -> np.ndarray:
        """`_Read.callers` of a string."""
        sound = self._sound(outcome, [one.callers for one in rest])[self._returns] != 0
        read_behind = self._over @ (self._callers @ sound.astype(np.float32)) > 0
        callers: np.ndarray = read_behind[self._rule_of]
        return callers

    @staticmethod
    def _sound(outcome: np.ndarray, callers: list[np.ndarray]) -> np.ndarray:
        """The outcomes less those where no caller could read what is left.

        Args:
            outcome: uint64 [nodes].
            callers: per length of what is left, the nodes that have such callers.
        """
        found = outcome & np.uint64(1)
        for unread in range(1, len(callers)):
            bit = np.uint64(1 << unread)
            found |= outcome & np.where(callers[unread], bit, np.uint64(0))
        return found

    def _told(self, outcomes: np.ndarray, read: list[_Read]) -> bytes:
        """A key of the outcomes at some nodes.

        Args:
            outcomes: uint64 [n].
            read: what may be left unread, by length; a string of which nothing was read is itself
                left, and only on the list once its number is known.
        """
        distinct, index = np.unique(outcomes, return_inverse=True)
        numbers = []
        for bits in distinct.tolist():
            left = (n for n in range(1, bits.bit_length()) if bits >> n & 1)
            kinds = {read[n].number if n < len(read) else _NOTHING_READ for n in left}
            kinds = {_ALL_READ} if bits & 1 else kinds
            numbers.append(self._sets.setdefault(frozenset(kinds), len(self._sets)))
        vector = np.array(numbers, dtype=np.int32)[index.reshape(-1)]
        return hashlib.blake2b(vector.tobytes(), digest_size=16).digest()


def _closure(reached: np.ndarray) -> np.ndarray:
    """The transitive closure of a reflexive relation, as float32 matrices of 0 and 1."""
    while True:
        further = np.minimum(reached @ reached, 1)
        if np.array_equal(further, reached):
            return reached
        reached = further


def _edges(
    net: Network,
) -> tuple[dict[int, _Edges], list[tuple[int, int, int]], list[tuple[int, int, int]]]:
    """The edges that read each class, and those that call rules: where rules begin, and elsewhere."""
    classes: dict[int, list[tuple[int, int]]] = {}
    in_starts: list[tuple[int, int, int]] = []
    elsewhere: list[tuple[int, int, int]] = []
    starts = set(net.start.values())
    for node, out in enumerate(net.edges):
        for what, to in out.items():
            if isinstance(what, int):
                classes.setdefault(what, []).append((node, to))
            else:
                calls = in_starts if node in starts else elsewhere
                calls.append((node, net.start[what], to))
    return {number: _Edges.of(edges, 2) for number, edges in classes.items()}, in_starts, elsewhere
