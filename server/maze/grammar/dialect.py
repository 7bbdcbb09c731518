"""Reads a `.lark` grammar with the lark library into terminals and rules.

Lark's own compilation turns repetition into recursion and names literals by their
characters. Here the rules keep their EBNF shape, of which automata are made (see `network`), and only
the terminals go through lark's compilation (it puts sub-terminals in place).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from lark import Token, Tree
from lark.exceptions import LarkError
from lark.grammar import NonTerminal
from lark.grammar import Terminal as LarkTerminal
from lark.lexer import PatternStr, TerminalDef
from lark.load_grammar import load_grammar

from . import regex

# The rules that every language has, to parse from.
ENTRIES = ("file", "items", "block")

# The rule that some have beside them: what a file may go on with behind a top-level item, where that is
# not always `items`.
REST = "rest"


class GrammarError(ValueError):
    """A `.lark` file is not in the dialect of `grammars/README.md`."""


@dataclass(frozen=True)
class Terminal:
    """A terminal's occurrence in a rule."""

    name: str


@dataclass(frozen=True)
class Rule:
    """A rule's occurrence in a rule."""

    name: str


@dataclass(frozen=True)
class Sequence:
    """Parts one after the other."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True)
class Choice:
    """One of several parts."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True)
class Repeat:
    """A part `low` to `high` times; `high` None has no bound."""

    part: Expression
    low: int
    high: int | None


Expression = Terminal | Rule | Sequence | Choice | Repeat


@dataclass(frozen=True)
class TerminalDefinition:
    """How a terminal looks. `source` is None where a layout or a mode switch makes it."""

    name: str
    source: str | None
    priority: int
    literal: bool

    @cached_property
    def pattern(self) -> regex.Pattern:
        """The regular expression, parsed.

        Raises:
            GrammarError: where it is not in the dialect.
        """
        assert self.source is not None
        try:
            return regex.parse(self.source)
        except regex.PatternError as error:
            raise GrammarError(f"terminal {self.name}: {error}") from error


@dataclass(frozen=True)
class Definition:
    """A grammar file, read.

    Attributes:
        terminals: every terminal by name, those only used inside others included; a literal
            that the file gives no name is called by its text in quotes: `"+="`.
        rules: every rule's right-hand side by name.
        ignored: names of the terminals that `%ignore` drops.
    """

    terminals: Mapping[str, TerminalDefinition]
    rules: Mapping[str, Expression]
    ignored: frozenset[str]

    def without(self, absent: frozenset[str]) -> Definition:
        """The grammar less what some rules and terminals derive: a dialect of the language.

        Alternatives that need one of `absent` are gone, and so are rules that are left with none, and those that
        nothing refers to any more.
        """
        roots = {*ENTRIES, *(self.rules.keys() - set(references(*self.rules.values())))}
        gone = set(absent)
        rules = dict(self.rules)
        while True:
            reduced = {
                name: _reduced(body, gone) for name, body in rules.items() if name not in gone
            }
            empty = {name for name, body in reduced.items() if body is None}
            rules = {name: body for name, body in reduced.items() if body is not None}
            gone |= empty
            if not empty:
                left = set(reachable(rules, roots & rules.keys()))
                kept = {name: body for name, body in rules.items() if name in left}
                return Definition(self.terminals, kept, self.ignored - absent)

    def used_terminals(self) -> frozenset[str]:
        """Names of the terminals that occur in rules."""
        symbols = _symbols(self.rules.values())
        return frozenset(symbol.name for symbol in symbols if isinstance(symbol, Terminal))


def _symbols(expressions: Iterable[Expression]) -> Iterator[Terminal | Rule]:
    """The terminals and rules that occur in some expressions, as often as they do."""
    stack = list(expressions)
    while stack:
        match stack.pop():
            case Terminal() | Rule() as symbol:
                yield symbol
            case Sequence(parts) | Choice(parts):
                stack.extend(parts)
            case Repeat(part, _, _):
                stack.append(part)


def size(expression: Expression) -> int:
    """How many symbols occur in an expression."""
    return sum(1 for _ in _symbols([expression]))


def references(*expressions: Expression) -> Iterator[str]:
    """The names of the rules that occur in some expressions, as often as they do."""
    return (symbol.name for symbol in _symbols(expressions) if isinstance(symbol, Rule))


def reachable(rules: Mapping[str, Expression], roots: Iterable[str]) -> list[str]:
    """Some rules and those that they refer to, directly or not.

    Raises:
        GrammarError: one refers to a rule that there is not.
    """
    seen = dict.fromkeys(roots)
    queue = list(seen)
    for name in queue:
        for target in references(rules[name]):
            if target not in rules:
                raise GrammarError(f"rule {name!r} uses {target!r}, which does not exist")
            if target not in seen:
                seen[target] = None
                queue.append(target)
    return queue


def _reduced(expression: Expression, gone: Collection[str]) -> Expression | None:
    """An expression less the alternatives that need one of some rules or terminals; None: nothing is left."""
    match expression:
        case Terminal(name) | Rule(name):
            return None if name in gone else expression
        case Sequence(parts):
            kept = [_reduced(part, gone) for part in parts]
            return (
                None if None in kept else Sequence(tuple(part for part in kept if part is not None))
            )
        case Choice(parts):
            left = tuple(part for part in (_reduced(p, gone) for p in parts) if part is not None)
            return None if not left else left[0] if len(left) == 1 else Choice(left)
        case Repeat(part, low, high):
            inner = _reduced(part, gone)
            if inner is None:
                return None if low else Sequence(())
            return Repeat(inner, low, high)


def read(path: Path) -> Definition:
    """Read a grammar file.

    Raises:
        GrammarError: naming the file and what is wrong in it.
    """
    try:
        grammar, _ = load_grammar(  # type: ignore[no-untyped-call]
            path.read_text(encoding="utf-8"), path.name, [], True
        )
        starts = [name for name, *_ in grammar.rule_defs]
        compiled, *_ = grammar.compile(starts, "*")
        named = {name for name, _ in grammar.term_defs}
        names = {t.name: t.name if t.name in named else f'"{t.pattern.value}"' for t in compiled}
        terminals = {names[t.name]: _terminal(names[t.name], t) for t in compiled}
        for name, (tree, priority) in grammar.term_defs:
            if tree is None:
                terminals[name] = TerminalDefinition(name, None, priority, False)
        literals = {
            (t.pattern.value, frozenset(t.pattern.flags)): names[t.name]
            for t in compiled
            if isinstance(t.pattern, PatternStr)
        }
        reader = _RuleReader(literals)
        rules = {name: reader.read(tree) for name, _, tree, _ in grammar.rule_defs}
    except LarkError as error:
        raise GrammarError(f"{path.name}: {error}") from error
    return Definition(terminals, rules, frozenset(grammar.ignore))


def _terminal(name: str, definition: TerminalDef) -> TerminalDefinition:
    literal = isinstance(definition.pattern, PatternStr)
    return TerminalDefinition(name, definition.pattern.to_regexp(), definition.priority, literal)


class _RuleReader:
    """Turns lark's tree of a rule into an `Expression`."""

    def __init__(self, literals: Mapping[tuple[str, frozenset[str]], str]) -> None:
        self.literals = literals

    def read(self, tree: Any) -> Expression:
        if isinstance(tree, LarkTerminal):
            return Terminal(tree.name)
        if isinstance(tree, NonTerminal):
            return Rule(str(tree.name))
        if not isinstance(tree, Tree):
            raise GrammarError(f"unexpected {tree!r} in a rule")
        children = tree.children
        match tree.data:
            case "expansions":
                parts = tuple(self.read(child) for child in children)
                return parts[0] if len(parts) == 1 else Choice(parts)
            case "expansion":
                parts = tuple(self.read(child) for child in children)
                return parts[0] if len(parts) == 1 else Sequence(parts)
            case "alias" | "value":
                return self.read(children[0])
            case "maybe":
                return Repeat(self.read(children[0]), 0, 1)
            case "expr":
                return self._repetition(children)
            case "literal":
                return Terminal(self._literal(cast(Token, children[0])))
        raise GrammarError(f"{tree.data} is not in the dialect")

    def _repetition(self, children: list[Any]) -> Expression:
        part, operator, *bounds = children
        inner = self.read(part)
        if str(operator) == "~":
            low = int(bounds[0])
            return Repeat(inner, low, int(bounds[-1]))
        low, high = {"?": (0, 1), "*": (0, None), "+": (1, None)}[str(operator)]
        return Repeat(inner, low, high)

    def _literal(self, token: Token) -> str:
        if token.type != "STRING":
            raise GrammarError(f"name the regular expression {token} as a terminal")
        text, flags = str(token), frozenset[str]()
        if text.endswith("i"):
            text, flags = text[:-1], frozenset("i")
        value = text[1:-1].encode("ascii").decode("unicode_escape")
        name = self.literals.get((value, flags))
        if name is None:
            raise GrammarError(f"literal {token} has no terminal")
        return name
