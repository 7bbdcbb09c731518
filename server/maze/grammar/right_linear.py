"""Rules rewritten so that XGrammar knows beforehand as much of them as it can.

XGrammar makes a rule of its own of every repetition and every choice within a rule. It knows
beforehand what a string of symbols does as long as it stays within one rule; where the string
leaves the rule, it is parsed at run time. So each node of a rule's automaton becomes a rule that is
linear on the right: what can be read there, with the rule of the node behind it in the last place.
What begins at a node then stays within that node's rule until the rule as a whole is over, and the
language is the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from string import hexdigits

from .network import Network, Symbol

_EMPTY = '""'


def ebnf(net: Network, beginnings: Mapping[str, int]) -> str:
    """The rules in XGrammar's EBNF.

    Args:
        net: the rules.
        beginnings: the rules that a text may be, each with the class that says so in front of it.
    """
    writer = _Writer(net)
    choices = []
    for rule, symbol in beginnings.items():
        start = net.start[rule]
        choices.append(f"{_text([symbol])} {writer.called(start)}")
        if net.ends[start]:
            choices.append(_text([symbol]))
    return "\n".join([f"root ::= {' | '.join(choices)}", *writer.rules()]) + "\n"


class _Writer:
    """Writes the rules of nodes.

    A rule in the last place costs XGrammar nothing, however often one leads to the next, but only
    if something was read before it. So what is called is never empty (a network goes past the
    rules that may be), and a rule that would be but another rule's name is written in place.
    """

    def __init__(self, net: Network) -> None:
        self._net = net
        self._starts = set(net.start.values())
        self._ways_in = Counter(to for out in net.edges for to in set(out.values()))
        self._edges = [self._choices(out) for out in net.edges]
        self._in_place = [
            node not in self._starts
            and not net.ends[node]
            and len(choices) == 1
            and (self._ways_in[node] == 1 or isinstance(next(iter(net.edges[node])), str))
            for node, choices in enumerate(self._edges)
        ]

    def called(self, start: int) -> str:
        """The rule of what is read from the start of a rule on, and is not empty."""
        also_empty = self._net.ends[start] and self._ways_in[start]
        return self._name(start) + ("_some" if also_empty else "")

    def rules(self) -> Iterator[str]:
        """The rules of all nodes that have one."""
        for node, edges in enumerate(self._edges):
            choices = [self._right_hand_side(text, to) for text, to in edges]
            text = " | ".join(choices)
            if node in self._starts:
                yield f"{self.called(node)} ::= {text or _EMPTY}"
            if self._is_tail(node):
                yield f"{self._name(node)} ::= {f'{_EMPTY} | ' * self._net.ends[node]}{text}"

    def _is_tail(self, node: int) -> bool:
        """Whether other nodes' rules end with the rule of this one, which is not `called`."""
        if node in self._starts:
            return self.called(node) != self._name(node)
        return bool(self._edges[node]) and not self._in_place[node]

    def _name(self, node: int) -> str:
        return f"r{node}_{self._net.rules[node]}"

    def _right_hand_side(self, text: str, node: int) -> str:
        """What reads `text`, and then what may come at a node."""
        while self._in_place[node]:
            [(more, node)] = self._edges[node]
            text += f" {more}"
        is_over = self._net.ends[node] and not self._edges[node]
        return text if is_over else f"{text} {self._name(node)}"

    def _choices(self, out: Mapping[Symbol, int]) -> list[tuple[str, int]]:
        """What can be read at a node, and the node behind; classes that lead to one node are one."""
        classes: dict[int, list[int]] = {}
        for symbol, to in out.items():
            if isinstance(symbol, int):
                classes.setdefault(to, []).append(symbol)
        rules = [(symbol, to) for symbol, to in out.items() if isinstance(symbol, str)]
        return [
            *((_text(numbers), to) for to, numbers in classes.items()),
            *((self.called(self._net.start[rule]), to) for rule, to in rules),
        ]


def _text(numbers: Collection[int]) -> str:
    # XGrammar prints and re-reads classes with escapes of any length, so `[\x1d1]` would come
    # back as one character: hexadecimal digits go first.
    ordered = sorted(numbers, key=lambda n: (chr(n) not in hexdigits, n))
    return "[" + "".join(f"\\u{n:04x}" for n in ordered) + "]"
