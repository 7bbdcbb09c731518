"""The rules as a recursive transition network: per rule a finite automaton whose edges read a class or
another rule.

W. A. Woods: Transition network grammars for natural language analysis, CACM 13 (1970). The automata
are deterministic and minimal (Hopcroft, Motwani, Ullman: Introduction to automata theory, 3rd ed.,
sections 2.3 and 4.4): what leads to the same nodes is one edge, and nodes that nothing tells apart
are one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from .dialect import Choice, Expression, Repeat, Rule, Sequence, Terminal
from .neighbours import nullable

Label = Terminal | Rule

# A class, or the name of a rule.
Symbol = int | str


@dataclass(frozen=True)
class Network:
    """A network. The nodes of a rule are numbered in one go, from where it begins.

    Attributes:
        ends: per node, whether its rule may be over there.
        edges: per node, what can be read there, and the node behind it. A rule that may be empty
            need not be read: what can be read behind it can be read before it.
        start: per rule, the node where it begins.
        rules: per node, the rule it belongs to.
    """

    ends: list[bool]
    edges: list[dict[Symbol, int]]
    start: dict[str, int]
    rules: list[str]

    def callers(self) -> dict[str, set[int]]:
        """Per rule, where one may be when it is over: behind the calls of it."""
        behind: dict[str, set[int]] = {name: set() for name in self.start}
        for out in self.edges:
            for what, to in out.items():
                if isinstance(what, str):
                    behind[what].add(to)
        return behind

    def add(self, name: str, automaton: _Automaton) -> None:
        """Add a rule."""
        first = self.start[name] = len(self.rules)
        self.ends.extend(automaton.ends)
        self.edges.extend({s: first + to for s, to in out.items()} for out in automaton.edges)
        self.rules.extend([name] * len(automaton.ends))


def network(
    rules: Mapping[str, Expression], classes_of: Callable[[str], Collection[int]]
) -> Network:
    """The network of some rules.

    Args:
        rules: right-hand sides by rule name.
        classes_of: the classes that a terminal may be.
    """
    found = Network([], [], {}, [])
    empty = nullable(rules)
    for name, body in rules.items():
        found.add(name, _minimal(_Builder(empty, body).deterministic(classes_of)))
    return found


@dataclass(frozen=True)
class _Automaton:
    """What a rule reads, from node 0 on; see `Network`."""

    ends: list[bool]
    edges: list[dict[Symbol, int]]


class _Builder:
    """Makes an automaton with empty edges (Thompson's construction), then does away with those."""

    def __init__(self, nullable: frozenset[str], body: Expression) -> None:
        self._nullable = nullable
        self._edges: list[list[tuple[Label, int]]] = []
        self._empty: list[list[int]] = []
        self._end = self._add(body, self._node())

    def _node(self) -> int:
        self._edges.append([])
        self._empty.append([])
        return len(self._edges) - 1

    def _add(self, expression: Expression, at: int) -> int:
        """Add an expression that begins at a node; the node behind it."""
        match expression:
            case Terminal() | Rule():
                behind = self._node()
                self._edges[at].append((expression, behind))
                if isinstance(expression, Rule) and expression.name in self._nullable:
                    self._empty[at].append(behind)
                return behind
            case Sequence(parts):
                for part in parts:
                    at = self._add(part, at)
                return at
            case Choice(parts):
                behind = self._node()
                for part in parts:
                    # A part may loop back to its beginning: that is not where others begin.
                    begin = self._node()
                    self._empty[at].append(begin)
                    self._empty[self._add(part, begin)].append(behind)
                return behind
            case Repeat(part, low, high):
                return self._add_repeat(part, low, high, at)

    def _add_repeat(self, part: Expression, low: int, high: int | None, at: int) -> int:
        for _ in range(low):
            at = self._add(part, at)
        behind = self._node()
        if high is None:
            loop = self._node()
            self._empty[at].append(loop)
            self._empty[self._add(part, loop)].append(loop)
            self._empty[loop].append(behind)
            return behind
        for _ in range(high - low):
            self._empty[at].append(behind)
            at = self._add(part, at)
        self._empty[at].append(behind)
        return behind

    def deterministic(self, classes_of: Callable[[str], Collection[int]]) -> _Automaton:
        """The automaton of the sets of nodes that one may be at."""
        first = self._reached({0})
        numbers = {first: 0}
        made = _Automaton([], [])
        queue = [first]
        for nodes in queue:
            behind: dict[Symbol, set[int]] = {}
            for node in sorted(nodes):
                for label, to in self._edges[node]:
                    is_rule = isinstance(label, Rule)
                    for symbol in (label.name,) if is_rule else classes_of(label.name):
                        behind.setdefault(symbol, set()).add(to)
            out: dict[Symbol, int] = {}
            for symbol, targets in behind.items():
                reached = self._reached(targets)
                out[symbol] = numbers.setdefault(reached, len(numbers))
                if len(numbers) > len(queue):
                    queue.append(reached)
            made.ends.append(self._end in nodes)
            made.edges.append(out)
        return made

    def _reached(self, nodes: Collection[int]) -> frozenset[int]:
        """Some nodes and those behind empty edges from there."""
        seen, stack = set(nodes), list(nodes)
        while stack:
            for other in self._empty[stack.pop()]:
                if other not in seen:
                    seen.add(other)
                    stack.append(other)
        return frozenset(seen)


def _minimal(automaton: _Automaton) -> _Automaton:
    """An automaton with the nodes merged that nothing tells apart, by refining a partition."""
    block = [int(ends != automaton.ends[0]) for ends in automaton.ends]
    count = 0
    while count < len(set(block)):
        count = len(set(block))
        numbers: dict[tuple[int, frozenset[tuple[Symbol, int]]], int] = {}
        block = [
            numbers.setdefault(
                (b, frozenset((s, block[to]) for s, to in out.items())), len(numbers)
            )
            for b, out in zip(block, automaton.edges, strict=True)
        ]
    members = {number: node for node, number in enumerate(block)}
    ordered = [members[number] for number in range(count)]
    return _Automaton(
        [automaton.ends[node] for node in ordered],
        [{s: block[to] for s, to in automaton.edges[node].items()} for node in ordered],
    )
