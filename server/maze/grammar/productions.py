"""Rules as XGrammar sees them: a context-free grammar over lexeme classes.

Every class is one character of XGrammar's input. The first 127 take one byte of UTF-8 each, the
few more that a large language has take two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from . import right_linear
from .dialect import Choice, Expression, GrammarError, Repeat, Terminal, reachable
from .dialect import Sequence as Parts
from .lexer import ClassString, Tail
from .neighbours import follow_pairs, last_classes, next_classes
from .network import Network, network


def encode(classes: Sequence[int]) -> bytes:
    """Lexeme classes as XGrammar's input bytes."""
    return "".join(map(chr, classes)).encode()


class Productions:
    """The rules of a language over its lexer's classes.

    Args:
        rules: right-hand sides by rule name.
        classes: class number → the terminals it may be; number 0 is not used.
    """

    def __init__(self, rules: Mapping[str, Expression], classes: Sequence[frozenset[str]]) -> None:
        self.rules = rules
        self.classes = classes
        self.by_terminal: dict[str, list[int]] = {}
        for number, terminals in enumerate(classes):
            for terminal in terminals:
                self.by_terminal.setdefault(terminal, []).append(number)

    def ebnf(self, entries: Sequence[str]) -> str:
        """XGrammar's EBNF for several entry points; the first symbol is `entry_symbol`."""
        for name in entries:
            if name not in self.rules:
                raise GrammarError(f"no rule named {name!r}")
        symbols = {name: self._entry_class(entries, name) for name in entries}
        return right_linear.ebnf(self.network(entries), symbols)

    def network(self, entries: Sequence[str]) -> Network:
        """The rules that are needed to parse from some entry points, as a network."""
        rules = {name: self.rules[name] for name in reachable(self.rules, entries)}
        return network(rules, self._classes_of)

    def entry_symbol(self, entries: Sequence[str], entry: str) -> bytes:
        """The input that makes the parser start from an entry point."""
        return encode([self._entry_class(entries, entry)])

    def _entry_class(self, entries: Sequence[str], entry: str) -> int:
        return len(self.classes) + entries.index(entry)

    def _classes_of(self, terminal: str) -> Sequence[int]:
        if terminal not in self.by_terminal:
            raise GrammarError(f"nothing in the lexer makes the terminal {terminal}")
        return self.by_terminal[terminal]

    def interchangeable(self) -> dict[int, int]:
        """Classes that no rule tells apart, each with the lowest-numbered of its kind.

        `+=` and `-=` are different lexemes and one symbol: merging them keeps XGrammar's
        input alphabet, and with it everything built on sequences of symbols, small.
        """
        edges: dict[frozenset[str], None] = {}
        stack = list(self.rules.values())
        while stack:
            match stack.pop():
                case Terminal(name):
                    edges[frozenset({name})] = None
                case Choice(parts):
                    edges[frozenset(p.name for p in parts if isinstance(p, Terminal))] = None
                    stack.extend(p for p in parts if not isinstance(p, Terminal))
                case Parts(parts):
                    stack.extend(parts)
                case Repeat(part, _, _):
                    stack.append(part)
        first: dict[frozenset[int], int] = {}
        merged = {}
        for number, terminals in enumerate(self.classes):
            used = frozenset(i for i, edge in enumerate(edges) if edge & terminals)
            merged[number] = first.setdefault(used, number) if used else number
        return merged

    def widest(self, tail: Tail) -> Tail:
        """The class strings less those that may come only where a single class of them may come too.

        Any of `tail` may come next exactly if any of these may.
        """
        places = self._places
        singles = {string[0] for string in tail if len(string) == 1}

        def is_told(string: ClassString) -> bool:
            """By a single class: one that may come wherever the string's first may."""
            first = string[0]
            if len(string) > 1:
                return any(places[first] <= places[single] for single in singles)
            return any(
                places[first] < places[single]
                or (places[first] == places[single] and single < first)
                for single in singles
            )

        return frozenset(string for string in tail if not is_told(string))

    @cached_property
    def _places(self) -> list[frozenset[int]]:
        """Per class, the places in rules where it may come next.

        What a parser allows is the union of what may come at the places it is at: behind some
        symbol of a rule, or at the beginning of an entry point.
        """
        places = next_classes(self.rules, self.by_terminal)
        return [
            frozenset(i for i, nexts in enumerate(places) if number in nexts)
            for number in range(len(self.classes))
        ]

    @cached_property
    def item_ends(self) -> Mapping[str, frozenset[int]]:
        """For runs of items and of statements, the classes that they may end with."""
        return {
            name: last_classes(name, self.rules, self.by_terminal) for name in ("items", "block")
        }

    @cached_property
    def follow_pairs(self) -> frozenset[tuple[int, int]]:
        """Pairs of classes (a, b) such that b follows a in some sentence."""
        return follow_pairs(self.rules, self.by_terminal)
