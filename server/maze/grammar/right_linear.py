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


def ebnf(net: Network, beginnings: Mapping[str, int]) -> str:
    """The rules in XGrammar's EBNF.

    Args:
        net: the rules.
        beginnings: the rules that a text may be, each with the class that says so in front of it.
    """
    writer = _Writer(net)
    choices = (f"{_text([symbol])} {writer.name(net.start[r])}" for r, symbol in beginnings.items())
    return "\n".join([f"root ::= {' | '.join(choices)}", *writer.rules()]) + "\n"


class _Writer:
    def __init__(self, net: Network) -> None:
        self._net = net
        self._edges = [self._choices(out) for out in net.edges]
        ways_in = Counter(to for out in self._edges for _, to in out)
        starts = set(net.start.values())
        nodes = range(len(self._edges))
        # Where there is but one way in and one way on, what follows is written in place.
        self._in_place = [
            node not in starts
            and ways_in[node] == 1
            and len(self._edges[node]) == 1
            and not net.ends[node]
            for node in nodes
        ]
        self._over = [net.ends[node] and not self._edges[node] for node in nodes]
        self._written = [
            node
            for node in nodes
            if node in starts or not (self._in_place[node] or self._over[node])
        ]

    def name(self, node: int) -> str:
        """The name of a node's rule."""
        return f"r{node}_{self._net.rules[node]}"

    def rules(self) -> Iterator[str]:
        """The rules of all nodes that have one."""
        for node in self._written:
            choices = ['""'] if self._net.ends[node] else []
            choices += (self._right_hand_side(text, to) for text, to in self._edges[node])
            yield f"{self.name(node)} ::= {' | '.join(choices)}"

    def _right_hand_side(self, text: str, node: int) -> str:
        """What reads `text`, and then what may come at a node."""
        while self._in_place[node]:
            [(more, node)] = self._edges[node]
            text += f" {more}"
        return text if self._over[node] else f"{text} {self.name(node)}"

    def _choices(self, out: Mapping[Symbol, int]) -> list[tuple[str, int]]:
        """What can be read at a node, and the node behind; classes that lead to one node are one."""
        classes: dict[int, list[int]] = {}
        for symbol, to in out.items():
            if isinstance(symbol, int):
                classes.setdefault(to, []).append(symbol)
        rules = [(symbol, to) for symbol, to in out.items() if isinstance(symbol, str)]
        return [
            *((_text(numbers), to) for to, numbers in classes.items()),
            *((self.name(self._net.start[rule]), to) for rule, to in rules),
        ]


def _text(numbers: Collection[int]) -> str:
    # XGrammar prints and re-reads classes with escapes of any length, so `[\x1d1]` would come
    # back as one character: hexadecimal digits go first.
    ordered = sorted(numbers, key=lambda n: (chr(n) not in hexdigits, n))
    return "[" + "".join(f"\\u{n:04x}" for n in ordered) + "]"
