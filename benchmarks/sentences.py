"""Random sentences of a grammar, as text: whatever a grammar allows, sooner or later.

Nothing here knows a language. Where text is lexed in modes, or a layout makes terminals out of line
breaks, a sentence may come out as something else than was meant; so ask the grammar (`check`)
whether it accepts the text before blaming anybody.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

from maze.grammar import regex
from maze.grammar.dialect import (
    Choice,
    Expression,
    Repeat,
    Rule,
    Sequence,
    Terminal,
)
from maze.grammar.layout import Semicolons
from maze.grammar.syntax import Syntax

_ENDLESS = 1 << 20
_PLAIN = regex.Pattern(regex.Sequence(()))
_INDENTATION = {"INDENT": 1, "DEDENT": -1}


class Sentences:
    """Draws sentences of one language.

    Args:
        syntax: the language.
        chance: where the draws come from.
        plain: the share of characters drawn from ASCII where a set has any.
    """

    def __init__(self, syntax: Syntax, chance: random.Random, plain: float = 0.97) -> None:
        self._rules = syntax.definition.rules
        self._terminals = syntax.definition.terminals
        self._chance = chance
        self._plain = plain
        layout = syntax.language.layout
        self._line_end = layout.semicolon if isinstance(layout, Semicolons) else None
        self._avoided = syntax.language.never_generated
        self._depths = _depths(self._rules, self._avoided)
        self._moded = {name for mode in syntax.language.modes.values() for name in mode.terminals}
        self._eager = {
            name: literal
            for mode in syntax.language.modes.values()
            for literal, name in mode.eager.items()
        }

    def text(self, rule: str, size: int = 12) -> str:
        """A text that the rule derives.

        Args:
            size: about how many choices to make freely; after them, the shortest way out is taken.
        """
        self._left = size
        self._variant = self._chance.random()
        terminals: list[str] = []
        self._expand(Rule(rule), terminals)
        return self._render(terminals)

    def _expand(self, node: Expression, out: list[str]) -> None:
        match node:
            case Terminal(name):
                out.append(name)
            case Rule(name):
                self._expand(self._rules[name], out)
            case Sequence(parts):
                for part in parts:
                    self._expand(part, out)
            case Choice(parts):
                self._expand(self._choose(parts), out)
            case Repeat(part, low, high):
                count = low
                endless = _depth(part, self._depths, self._avoided) >= _ENDLESS
                while (
                    not endless
                    and (high is None or count < high)
                    and self._left > 0
                    and self._chance.random() < 0.5
                ):
                    self._left -= 1
                    count += 1
                for _ in range(count):
                    self._expand(part, out)

    def _choose(self, parts: tuple[Expression, ...]) -> Expression:
        self._left -= 1
        depths = [_depth(part, self._depths, self._avoided) for part in parts]
        if self._left > 0:
            possible = [p for p, d in zip(parts, depths, strict=True) if d < _ENDLESS]
            return self._chance.choice(possible)
        shortest = min(depths)
        return self._chance.choice([p for p, d in zip(parts, depths, strict=True) if d == shortest])

    def _render(self, terminals: list[str]) -> str:
        text, indentation, glued = "", 0, True
        for name in terminals:
            if name in _INDENTATION:
                indentation += _INDENTATION[name]
            elif name == "NEWLINE":
                text, glued = text + "\n", True
            else:
                lexeme, glue, pattern = self._lexeme(name)
                if pattern.lookbehind is not None:
                    text, glued, glue = _led_up_to(text, pattern.lookbehind), True, False
                if text.endswith("\n") and not glue:
                    text += "    " * indentation
                elif not (glued or glue) or (
                    _in_word(text[-1:]) and _in_word(lexeme[:1]) and not glue
                ):
                    text += " "
                text += lexeme
                # Operators sometimes touch their neighbours; parts of mode terminals always do.
                glued = glue or (not _in_word(lexeme[-1:]) and self._chance.random() < 0.3)
                if pattern.lookahead is not None and (blank := _allowed_blank(pattern.lookahead)):
                    text, glued = text + blank, True
                elif pattern.lookbehind is not None or pattern.lookahead is not None:
                    glued = True
                if name == self._line_end and self._chance.random() < 0.5:
                    text = text[: -len(lexeme)] + "\n"
        return text

    def _lexeme(self, name: str) -> tuple[str, bool, regex.Pattern]:
        """A lexeme of a terminal, whether it touches its neighbours, and its pattern."""
        definition = self._terminals[name]
        if definition.source is not None:
            return self._characters(definition.pattern.node), "__" in name, definition.pattern
        if name in self._eager:
            return self._eager[name].strip('"'), True, _PLAIN
        variants = sorted(other for other in self._terminals if other.startswith(f"{name}__"))
        if not variants:
            return "\n", True, _PLAIN
        if self._moded.isdisjoint(variants):
            pattern = self._terminals[self._chance.choice(variants)].pattern
            return self._characters(pattern.node), False, pattern
        # One sentence keeps to one mode, so that what opens is closed in kind.
        pattern = self._terminals[variants[int(self._variant * len(variants))]].pattern
        return self._characters(pattern.node), True, pattern

    def _characters(self, node: regex.Node) -> str:
        match node:
            case regex.Characters(characters):
                return chr(self._character(characters))
            case regex.Sequence(parts):
                return "".join(self._characters(part) for part in parts)
            case regex.Choice(parts):
                return self._characters(self._chance.choice(parts))
            case regex.Repeat(part, low, high):
                most = low + 3 if high is None else high
                count = self._chance.randint(low, most) if self._chance.random() < 0.6 else low
                return "".join(self._characters(part) for _ in range(count))

    def _character(self, ranges: tuple[tuple[int, int], ...]) -> int:
        ascii_ranges = [(a, min(b, 0x7E)) for a, b in ranges if a < 0x7F]
        chosen = ascii_ranges if ascii_ranges and self._chance.random() < self._plain else ranges
        return self._chance.randint(*self._chance.choice(chosen))


def _led_up_to(text: str, lookbehind: regex.Lookbehind) -> str:
    """The text so that a terminal which looks behind it may follow."""
    if lookbehind.negative:
        return text.rstrip("\n") if lookbehind.line_break else text.rstrip()
    if lookbehind.line_break:
        return text if text.endswith("\n") else text + "\n"
    return text if text[-1:].isspace() else text + " "


def _allowed_blank(lookahead: regex.Lookahead) -> str:
    """A blank that may follow; empty where none may."""
    for blank in " \n":
        listed = any(low <= ord(blank) <= high for low, high in lookahead.set)
        if listed != lookahead.negative:
            return blank
    return ""


def _in_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _depths(rules: Mapping[str, Expression], avoided: frozenset[str]) -> dict[str, int]:
    """For each rule, how few nested choices lead out of it."""
    depths = dict.fromkeys(rules, _ENDLESS)
    changed = True
    while changed:
        changed = False
        for name, node in rules.items():
            depth = 1 + _depth(node, depths, avoided)
            if depth < depths[name]:
                depths[name], changed = depth, True
    return depths


def _depth(node: Expression, depths: Mapping[str, int], avoided: frozenset[str]) -> int:
    match node:
        case Terminal(name):
            return _ENDLESS if name in avoided else 1
        case Rule(name):
            return depths[name]
        case Sequence(parts):
            return min(_ENDLESS, sum(_depth(part, depths, avoided) for part in parts))
        case Choice(parts):
            return min(_depth(part, depths, avoided) for part in parts)
        case Repeat(part, low, _):
            return 0 if low == 0 else _depth(part, depths, avoided)
