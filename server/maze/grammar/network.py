"""The rules as a recursive transition network: per rule a finite automaton whose edges read a class or
another rule.

W. A. Woods: Transition network grammars for natural language analysis, CACM 13 (1970). There are no
empty edges, and nodes of a rule that nothing tells apart are one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .dialect import Choice, Expression, Repeat, Rule, Sequence, Terminal
from .neighbours import nullable

Label = Terminal | Rule


@dataclass(frozen=True)
class Network:
    """A network.

    Attributes:
        ends: per node, whether its rule may be over there.
        edges: per node, what can be read there, and the node behind it.
        start: per rule, the node where it begins.
        rules: per node, the rule it belongs to.
    """

    ends: list[bool]
    edges: list[list[tuple[Label, int]]]
    start: dict[str, int]
    rules: list[str]

    def callers(self) -> dict[str, set[int]]:
        """Per rule, where one may be when it is over: behind the calls of it."""
        behind: dict[str, set[int]] = {name: set() for name in self.start}
        for out in self.edges:
            for what, to in out:
                if isinstance(what, Rule):
                    behind[what.name].add(to)
        return behind


def network(rules: Mapping[str, Expression]) -> Network:
    """The network of some rules."""
    builder = _Builder(nullable(rules))
    start = {name: builder.add_rule(name, body) for name, body in rules.items()}
    return _merged(Network(*builder.without_empty_edges(), start, builder.rules))


class _Builder:
    """Makes an automaton with empty edges (Thompson's construction), then does away with those."""

    def __init__(self, nullable: frozenset[str]) -> None:
        self._nullable = nullable
        self._edges: list[list[tuple[Label, int]]] = []
        self._empty: list[list[int]] = []
        self._ends: set[int] = set()
        self.rules: list[str] = []

    def add_rule(self, name: str, body: Expression) -> int:
        """Add a rule; the node where it begins."""
        start = self._node()
        self._ends.add(self._add(body, start))
        self.rules += [name] * (len(self._edges) - start)
        return start

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

    def without_empty_edges(self) -> tuple[list[bool], list[list[tuple[Label, int]]]]:
        """The automaton's ends and edges, those of nodes behind empty edges taken over."""
        ends, edges = [], []
        for node in range(len(self._edges)):
            reached = list(self._reached(node))
            ends.append(any(other in self._ends for other in reached))
            edges.append([edge for other in reached for edge in self._edges[other]])
        return ends, edges

    def _reached(self, node: int) -> Iterator[int]:
        seen, stack = {node}, [node]
        while stack:
            at = stack.pop()
            yield at
            for other in self._empty[at]:
                if other not in seen:
                    seen.add(other)
                    stack.append(other)


def _merged(net: Network) -> Network:
    """Merge nodes of a rule that nothing tells apart (bisimilar ones), by refining a partition."""
    kinds: dict[tuple[str, bool], int] = {}
    block = [kinds.setdefault(kind, len(kinds)) for kind in zip(net.rules, net.ends, strict=True)]
    count = len(kinds)
    while True:
        numbers: dict[tuple[int, frozenset[tuple[Label, int]]], int] = {}
        block = [
            numbers.setdefault((b, frozenset((what, block[to]) for what, to in out)), len(numbers))
            for b, out in zip(block, net.edges, strict=True)
        ]
        if len(numbers) == count:
            break
        count = len(numbers)
    members = {number: node for node, number in enumerate(block)}
    ordered = [members[number] for number in range(count)]
    return Network(
        ends=[net.ends[node] for node in ordered],
        edges=[
            list(dict.fromkeys((what, block[to]) for what, to in net.edges[node]))
            for node in ordered
        ],
        start={name: block[node] for name, node in net.start.items()},
        rules=[net.rules[node] for node in ordered],
    )
