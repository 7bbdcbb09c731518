r"""The regular expressions of terminals, parsed into a small tree.

Only what a DFA can run: see `grammars/README.md` for the dialect. Lark hands terminals over as one
Python-style pattern, with sub-terminals already put in place as `(?:...)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from string import hexdigits

from . import characters
from .characters import CharacterSet


class PatternError(ValueError):
    """A terminal's regular expression uses something outside the dialect."""


@dataclass(frozen=True)
class Characters:
    """One character out of a set."""

    set: CharacterSet


@dataclass(frozen=True)
class Sequence:
    """Parts one after the other; the empty sequence matches the empty text."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Choice:
    """One of several parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Repeat:
    """A part `low` to `high` times; `high` None has no bound."""

    part: Node
    low: int
    high: int | None


Node = Characters | Sequence | Choice | Repeat


@dataclass(frozen=True)
class Lookahead:
    """What the character after the lexeme must (or, negative, must not) be."""

    set: CharacterSet
    negative: bool


@dataclass(frozen=True)
class Lookbehind:
    """What must (or, negative, must not) stand between the lexeme before and this one.

    Attributes:
        line_break: ignored text with a line break in it; else any ignored text. The start of the text counts
            as both.
        negative: it must not stand there.
    """

    line_break: bool
    negative: bool


@dataclass(frozen=True)
class Pattern:
    """A terminal's tree, and its leading look-behind and trailing look-ahead if it has them."""

    node: Node
    lookahead: Lookahead | None = None
    lookbehind: Lookbehind | None = None


def parse(pattern: str, flags: str = "") -> Pattern:
    """Parse one terminal's regular expression.

    Raises:
        PatternError: with the place and what is not supported there.
    """
    return _Parser(pattern, frozenset(flags)).parse()


def _is_single(characters: CharacterSet) -> bool:
    return len(characters) == 1 and characters[0][0] == characters[0][1]


_ESCAPES = {"n": 10, "r": 13, "t": 9, "f": 12, "v": 11, "a": 7, "0": 0}
_CLASSES = {"d": characters.DIGITS, "w": characters.WORD, "s": characters.SPACE}


class _Parser:
    def __init__(self, pattern: str, flags: frozenset[str]) -> None:
        self.pattern = pattern
        self.at = 0
        self.flags = flags
        self.lookahead: Lookahead | None = None
        self.lookbehind: Lookbehind | None = None

    def parse(self) -> Pattern:
        node = self._choice()
        if self.at < len(self.pattern):
            raise self._error("unbalanced ')'")
        return Pattern(node, self.lookahead, self.lookbehind)

    def _error(self, message: str) -> PatternError:
        return PatternError(f"{message} at {self.at} in /{self.pattern}/")

    def _peek(self, text: str) -> bool:
        return self.pattern.startswith(text, self.at)

    def _take(self, text: str) -> bool:
        if self._peek(text):
            self.at += len(text)
            return True
        return False

    def _next(self) -> str:
        if self.at >= len(self.pattern):
            raise self._error("the pattern ends too early")
        self.at += 1
        return self.pattern[self.at - 1]

    def _choice(self) -> Node:
        before, behind = self.lookahead, self.lookbehind
        parts = [self._sequence()]
        while self._take("|"):
            parts.append(self._sequence())
        if len(parts) > 1 and self.lookahead is not before:
            raise self._error("a look-ahead must end the pattern, not one of its alternatives")
        if len(parts) > 1 and self.lookbehind is not behind:
            raise self._error("a look-behind must begin the pattern, not one of its alternatives")
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while self.at < len(self.pattern) and not self._peek("|") and not self._peek(")"):
            if self._peek("(?=") or self._peek("(?!"):
                self._trailing_lookahead()
                continue
            if self._peek("(?<"):
                self._leading_lookbehind()
                continue
            if self.lookahead is not None and self._closes_at(self.at) is False:
                raise self._error("a look-ahead must end the pattern")
            before = self.lookahead
            atom = self._atom()
            node = self._quantified(atom)
            if node is not atom and self.lookahead is not before:
                raise self._error("a look-ahead must end the pattern, not what is repeated")
            parts.append(node)
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _closes_at(self, at: int) -> bool:
        return self.pattern[at] in ")|"

    def _trailing_lookahead(self) -> None:
        if self.lookahead is not None:
            raise self._error("only one look-ahead is supported")
        negative = self._peek("(?!")
        self.at += 3
        node = self._atom()
        if not self._take(")") or not isinstance(node, Characters):
            raise self._error("a look-ahead must be one character class")
        self.lookahead = Lookahead(node.set, negative)

    def _leading_lookbehind(self) -> None:
        if self.pattern[: self.at].replace("(?:", "(").strip("("):
            raise self._error("a look-behind must begin the pattern")
        # Lark has made a line break of `\n`.
        for text, line_break in ((r"\s)", False), (r"\n)", True), ("\n)", True)):
            for sign, negative in (("(?<=", False), ("(?<!", True)):
                if self._take(sign + text):
                    self.lookbehind = Lookbehind(line_break, negative)
                    return
        raise self._error(r"a look-behind must be for \s (anything ignored) or \n (a line break)")

    def _quantified(self, node: Node) -> Node:
        while self.at < len(self.pattern):
            if self._take("*"):
                low, high = 0, None
            elif self._take("+"):
                low, high = 1, None
            elif self._take("?"):
                low, high = 0, 1
            elif self._peek("{") and self._bounds_at(self.at):
                low, high = self._bounds()
            else:
                break
            if self._peek("?") or self._peek("+"):
                raise self._error("lazy and possessive quantifiers are not supported")
            node = Repeat(node, low, high)
        return node

    def _bounds_at(self, at: int) -> bool:
        inside = self.pattern[at + 1 : self.pattern.find("}", at)]
        return bool(inside) and all(c.isdigit() or c == "," for c in inside)

    def _bounds(self) -> tuple[int, int | None]:
        end = self.pattern.index("}", self.at)
        text = self.pattern[self.at + 1 : end]
        self.at = end + 1
        low, comma, high = text.partition(",")
        try:
            least = int(low or 0) if comma else int(low)
            most = int(high) if high else None if comma else least
        except ValueError:
            raise self._error(f"unreadable bounds {{{text}}}") from None
        if most is not None and most < least:
            raise self._error(f"the bounds {{{text}}} allow nothing")
        return least, most

    def _atom(self) -> Node:
        char = self._next()
        if char == "(":
            return self._group()
        if char == "[":
            return Characters(self._fold(self._class()))
        if char == ".":
            newline = () if "s" in self.flags else ((10, 10),)
            return Characters(characters.negate(newline))
        if char in "*+?":
            self.at -= 1
            raise self._error("nothing to repeat")
        if char in "^$":
            raise self._error("anchors are not supported")
        if char == "\\":
            return Characters(self._fold(self._escape()))
        return Characters(self._fold(((ord(char), ord(char)),)))

    def _fold(self, chars: CharacterSet) -> CharacterSet:
        return characters.ignore_case(chars) if "i" in self.flags else chars

    def _group(self) -> Node:
        outer = self.flags
        if self._take("?"):
            while (flag := self._next()) != ":":
                if flag not in "ismux":
                    raise self._error(f"group (?{flag} is not supported")
                self.flags |= {flag}
        node = self._choice()
        if not self._take(")"):
            raise self._error("missing ')'")
        self.flags = outer
        return node

    def _escape(self) -> CharacterSet:
        char = self._next()
        if char in _CLASSES:
            return _CLASSES[char]
        if char.lower() in _CLASSES:
            return characters.negate(_CLASSES[char.lower()])
        if char in "pP":
            if not self._take("{"):
                raise self._error("expected {name} after \\p")
            end = self.pattern.find("}", self.at)
            if end < 0:
                raise self._error("expected {name} after \\p")
            name, self.at = self.pattern[self.at : end], end + 1
            try:
                found = characters.unicode_property(name)
            except ValueError as error:
                raise self._error(str(error)) from None
            return characters.negate(found) if char == "P" else found
        if char in "xuU":
            width = {"x": 2, "u": 4, "U": 8}[char]
            digits = self.pattern[self.at : self.at + width]
            if len(digits) < width or not all(digit in hexdigits for digit in digits):
                raise self._error(f"\\{char} needs {width} hexadecimal digits")
            self.at += width
            return ((int(digits, 16), int(digits, 16)),)
        if char in _ESCAPES:
            return ((_ESCAPES[char], _ESCAPES[char]),)
        if char.isalnum():
            raise self._error(f"escape \\{char} is not supported")
        return ((ord(char), ord(char)),)

    def _class(self) -> CharacterSet:
        negative = self._take("^")
        ranges: list[tuple[int, int]] = []
        first = True
        while first or not self._peek("]"):
            first = False
            chars = self._class_member()
            if self._peek("-") and not self._peek("-]"):
                self.at += 1
                high = self._class_member()
                if not _is_single(chars) or not _is_single(high):
                    raise self._error("a range needs single characters")
                if high[0][0] < chars[0][0]:
                    raise self._error("a range must not run backwards")
                chars = ((chars[0][0], high[0][1]),)
            ranges.extend(chars)
        self.at += 1
        found = characters.union(ranges)
        return characters.negate(self._fold(found)) if negative else found

    def _class_member(self) -> CharacterSet:
        char = self._next()
        if char == "\\":
            return self._escape()
        return ((ord(char), ord(char)),)
