"""Rules rewritten so that XGrammar knows beforehand as much of them as it can.

XGrammar makes a rule of its own of every repetition and of every choice within a rule. It knows
beforehand what a string of symbols does as long as it stays within one rule; where the string
leaves the rule, it is parsed at run time. So the right-hand side of a rule, a regular expression, is
made a minimal deterministic automaton, and each of its nodes a right-linear rule: what can be read
there, each with the node behind it in the last place. What begins at a node then stays within
that node's rule until the rule as a whole is over.

Hopcroft, Motwani, Ullman: Introduction to automata theory, 3rd ed., sections 2.3 and 4.4; grammars
that are linear on the right, exercise 5.1.4.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from string import hexdigits

from .dialect import Expression, Rule
from .network import Label, Network, network

# A class, or the name of a rule.
Symbol = int | str


@dataclass(frozen=True)
class Automaton:
    """What a rule reads. It begins at node 0.

    Attributes:
        ends: per node, whether the rule may be over there.
        edges: per node, the node behind each symbol.
    """

    ends: list[bool]
    edges: list[dict[Symbol, int]]


def ebnf(
    rules: Mapping[str, Expression],
    classes_of: Callable[[str], Collection[int]],
    beginnings: Mapping[str, int],
) -> str:
    """The rules in XGrammar's EBNF.

    Args:
        rules: right-hand sides by rule name.
        classes_of: the classes that a terminal may be.
        beginnings: the rules that a text may be, each with the class that says so in front of it.
    """
    choices = (f"{_classes_text([symbol])} {_name(rule)}" for rule, symbol in beginnings.items())
    lines = [f"root ::= {' | '.join(choices)}"]
    for name, automaton in automata(rules, classes_of):
        lines += _rules(name, automaton)
    return "\n".join(lines) + "\n"


def _rules(name: str, automaton: Automaton) -> Iterator[str]:
    """A rule per node; where there is but one way in and one way on, it is written where it is needed."""
    edges = [_edges(out) for out in automaton.edges]
    ways_in = Counter(to for out in edges for _, to in out)

    def right_hand_side(text: str, node: int) -> str:
        while node and ways_in[node] == 1 and len(edges[node]) == 1 and not automaton.ends[node]:
            [(more, node)] = edges[node]
            text += f" {more}"
        if automaton.ends[node] and not edges[node]:
            return text
        if node not in queue:
            queue.append(node)
        return f"{text} {_name(name, node)}"

    queue = [0]
    for node in queue:
        choices = ['""'] if automaton.ends[node] else []
        choices += (right_hand_side(text, to) for text, to in edges[node])
        yield f"{_name(name, node)} ::= {' | '.join(choices)}"


def _edges(out: Mapping[Symbol, int]) -> list[tuple[str, int]]:
    """What can be read at a node; the classes that lead to one node are one."""
    classes: dict[int, list[int]] = {}
    for symbol, to in out.items():
        if isinstance(symbol, int):
            classes.setdefault(to, []).append(symbol)
    return [
        *((_classes_text(numbers), to) for to, numbers in classes.items()),
        *((_name(symbol), to) for symbol, to in out.items() if isinstance(symbol, str)),
    ]


def _classes_text(numbers: Collection[int]) -> str:
    # XGrammar prints and re-reads classes with escapes of any length, so `[\x1d1]` would come
    # back as one character: hexadecimal digits go first.
    ordered = sorted(numbers, key=lambda n: (chr(n) not in hexdigits, n))
    return "[" + "".join(f"\\u{n:04x}" for n in ordered) + "]"


def _name(rule: str, node: int = 0) -> str:
    return f"r{node}_{rule}"


def automata(
    rules: Mapping[str, Expression], classes_of: Callable[[str], Collection[int]]
) -> Iterator[tuple[str, Automaton]]:
    """The automaton of each rule.

    Args:
        rules: right-hand sides by rule name.
        classes_of: the classes that a terminal may be.
    """
    net = network(rules)
    for name, start in net.start.items():
        yield name, _minimal(_deterministic(net, start, classes_of))


def _deterministic(
    net: Network, start: int, classes_of: Callable[[str], Collection[int]]
) -> Automaton:
    """By sets of nodes."""

    def symbols(label: Label) -> Collection[Symbol]:
        return (label.name,) if isinstance(label, Rule) else classes_of(label.name)

    first = frozenset({start})
    numbers = {first: 0}
    made = Automaton([], [])
    queue = [first]
    for nodes in queue:
        behind: dict[Symbol, set[int]] = {}
        for node in sorted(nodes):
            for label, to in net.edges[node]:
                for symbol in symbols(label):
                    behind.setdefault(symbol, set()).add(to)
        for target in map(frozenset, behind.values()):
            if target not in numbers:
                numbers[target] = len(numbers)
                queue.append(target)
        made.ends.append(any(net.ends[node] for node in nodes))
        made.edges.append({what: numbers[frozenset(to)] for what, to in behind.items()})
    return made


def _minimal(automaton: Automaton) -> Automaton:
    """By refining a partition; nodes are numbered in the order they were in."""
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
    first = {number: node for node, number in reversed([*enumerate(block)])}
    return Automaton(
        [automaton.ends[first[number]] for number in range(count)],
        [
            {symbol: block[to] for symbol, to in automaton.edges[first[number]].items()}
            for number in range(count)
        ],
    )
