"""Grammars made up for tests, and ways to look into what comes out of them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from maze.grammar import Syntax, regex
from maze.grammar.automaton import DEAD, Dfa, build
from maze.grammar.dialect import Choice, Expression, Repeat, Rule, Sequence, Terminal
from maze.grammar.languages import Language
from maze.grammar.productions import Productions, encode
from maze.grammar.store import Store

ENTRY_POINTS = "\nitems: file\nblock: file\n"


@dataclass(frozen=True)
class ToyLanguage(Language):
    """A language whose grammar file is wherever a test wrote it."""

    folder: Path = field(default=Path())

    @property
    def path(self) -> Path:
        return self.folder / f"{self.id}.lark"


def toy(folder: Path, grammar: str, **language: object) -> Syntax:
    """A language with this grammar, whose `file` is also its `items` and `block`."""
    (folder / "toy.lark").write_text(grammar + ENTRY_POINTS, encoding="utf-8")
    return Syntax(ToyLanguage("toy", "Toy", folder=folder, **language), Store(folder / "cache"))  # type: ignore[arg-type]


def lexemes(syntax: Syntax, text: bytes) -> list[str] | None:
    """The terminals that a whole text is lexed into, `A|B` where a lexeme may be either.

    Terminals that no rule tells apart count as one, and go by the first of their names. None
    where the text does not lex.
    """
    items: list[int] = []
    position = syntax.lexer.read(syntax.lexer.start, text, items)
    if position is None:
        return None
    control = syntax.lexer.end(position, items)
    if control is None:
        return None
    classes: list[int] = []
    lines = syntax.resolve(syntax.first_lines("file"), items, classes)
    syntax.resolve_end(lines, control, classes)
    return ["|".join(sorted(syntax.lexer.classes[number])) for number in classes]


def dfa(*patterns: str) -> Dfa:
    """The automaton of some patterns, terminal i being the i-th."""
    return build({number: regex.parse(pattern) for number, pattern in enumerate(patterns)})


def complete_at_end(automaton: Dfa, text: str) -> set[int]:
    """The terminals that match a whole text."""
    state = 0
    for byte in text.encode():
        state = int(automaton.transitions[state, byte])
        if state == DEAD:
            return set()
    return {c.terminal for c in automaton.accepts[state] if c.at_end}


_LONG_SENTENCE = 60


class Sentences:
    """Random sentences of a set of rules, as terminal names.

    Args:
        rules: right-hand sides by rule name.
        seed: of the choices.
    """

    def __init__(self, rules: Mapping[str, Expression], seed: int) -> None:
        self.rules = rules
        self.random = random.Random(seed)

    @cached_property
    def _heights(self) -> dict[str, float]:
        """Per rule, how deep its flattest derivation is."""
        heights: dict[str, float] = dict.fromkeys(self.rules, float("inf"))
        changed = True
        while changed:
            changed = False
            for name, body in self.rules.items():
                height = 1 + self._height(body, heights)
                if height < heights[name]:
                    heights[name], changed = height, True
        return heights

    def _height(self, expression: Expression, heights: Mapping[str, float]) -> float:
        match expression:
            case Terminal():
                return 0
            case Rule(name):
                return heights[name]
            case Sequence(parts):
                return max((self._height(part, heights) for part in parts), default=0)
            case Choice(parts):
                return min(self._height(part, heights) for part in parts)
            case Repeat(part, low, _):
                return self._height(part, heights) if low else 0

    def sentence(self, entry: str, depth: int) -> list[str]:
        """A sentence, flat from `depth` rules on."""
        found: list[str] = []
        self._derive(Rule(entry), depth, found)
        return found

    def _derive(self, expression: Expression, depth: int, found: list[str]) -> None:
        if len(found) > _LONG_SENTENCE:
            depth = 0
        match expression:
            case Terminal(name):
                found.append(name)
            case Rule(name):
                self._derive(self.rules[name], depth - 1, found)
            case Sequence(parts):
                for part in parts:
                    self._derive(part, depth, found)
            case Choice(parts):
                if depth <= 0:
                    flattest = min(self._height(part, self._heights) for part in parts)
                    parts = tuple(p for p in parts if self._height(p, self._heights) == flattest)
                self._derive(self.random.choice(parts), depth, found)
            case Repeat(part, low, high):
                most = low if depth <= 0 else min(low + 2, high if high is not None else low + 2)
                for _ in range(self.random.randint(low, most)):
                    self._derive(part, depth, found)


def derives(productions: Productions, matcher: object, start: bytes, sentence: list[str]) -> bool:
    """Whether a sentence of terminal names is one of the grammar a matcher runs."""
    fork = matcher.fork()  # type: ignore[attr-defined]
    classes = [productions.by_terminal[name][0] for name in sentence]
    fork.accept_string(start, False)
    if classes and not fork.accept_string(encode(classes), False):
        return False
    return bool(fork.is_completed())
