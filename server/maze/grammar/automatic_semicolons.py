"""The layout of ECMAScript and TypeScript: semicolons that a line break stands for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from .layout import NoLayout

# Control states: what went before.
_OPERAND = 0  # an operand, or a statement, is to come
_END = 1  # the statement could end here
_BROKEN = 2  # it could, and a line break followed
_MEMBER = 3  # a member's name is to come
_RESTRICTED = 4  # an operand is to come, on this line
_MEMBER_BELOW = 5  # a member's name is to come, on a new line


@dataclass(frozen=True)
class AutomaticSemicolons(NoLayout):
    """A line break ends a statement where the lexeme after it could not go on with it.

    ECMA-262, "Automatic Semicolon Insertion" (https://tc39.es/ecma262/#sec-automatic-semicolon-insertion) asks
    the parser which lexeme offends it. Here two lists of terminals say so: those that a statement
    can end with, and those that go on with what is above them. Between a lexeme of the first and one
    that is not of the second, a line break is a `semicolon`. The grammar names the few places
    inside statements where it is not.

    Attributes:
        semicolon: the terminal that is inserted.
        ends: terminals that a statement can end with.
        never_ends: terminals that it cannot, also where the lexeme may be one of `ends`.
        continues: terminals that no semicolon is put in front of.
        closers: terminals of `continues` that end what is above them.
        below: terminals of `continues` that have another name on a new line after one of `ends`, where they
            may mean something else.
        openers: terminals that have another name where an operand is to come, which begins something else there:
            a tag of JSX.
        either: terminals that are an operator after an operand, which leave everything open, and one before an
            operand: `x!` and `!x`.
        operands: terminals that only begin operands: regular expressions.
        operators: terminals that only follow operands: division.
        restricted: terminals of `ends` that an operand can follow on the same line: `return`.
        members: terminals that a member's name follows.
        member: the terminal that a member's name is.
        member_below: the terminal that it is on another line than what it is a member of.
        words: terminals that are `member` after one of `members`: keywords.
    """

    semicolon: str
    ends: frozenset[str]
    never_ends: frozenset[str]
    continues: frozenset[str]
    closers: frozenset[str]
    below: Mapping[str, str] = field(default_factory=dict)
    openers: Mapping[str, str] = field(default_factory=dict)
    either: frozenset[str] = frozenset()
    operands: frozenset[str] = frozenset()
    operators: frozenset[str] = frozenset()
    restricted: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()
    member: str = ""
    member_below: str = ""
    words: frozenset[str] = frozenset()

    controls: ClassVar[int] = 6
    breaks: ClassVar[frozenset[str]] = frozenset({"_LINE_BREAK", "_COMMENT_BREAK"})
    unended: ClassVar[int | None] = _BROKEN

    def excluded(self, control: int) -> frozenset[str]:
        return self.operators if control in (_OPERAND, _RESTRICTED) else self.operands

    def begin(
        self, control: int, outcomes: Iterable[frozenset[str]]
    ) -> tuple[tuple[int | str, ...], int]:
        names = frozenset[str]().union(*outcomes)
        if control == _BROKEN and not names & self.continues:
            return (self.semicolon,), _OPERAND
        if control == _BROKEN:
            tells = not names <= self.continues - self.below.keys() - self.operators
        elif control == _END:
            told = self.either | self.operands | self.operators | self.openers.keys()
            tells = bool(names & told)
        elif control in (_MEMBER, _MEMBER_BELOW):
            word = bool(names & (self.words | {self.member}))
            tells = word and (control == _MEMBER_BELOW or names != {self.member})
            tells |= bool(names & self.openers.keys())
        else:
            tells = False
        return (), control if tells else _OPERAND

    def lexeme(
        self, control: int, terminals: frozenset[str]
    ) -> tuple[tuple[str, ...], frozenset[str]]:
        if control in (_MEMBER, _MEMBER_BELOW) and terminals & (self.words | {self.member}):
            return (), frozenset({self.member if control == _MEMBER else self.member_below})
        if control in (_OPERAND, _RESTRICTED):
            return (), frozenset(self.openers.get(name, name) for name in terminals)
        if control != _BROKEN:
            return (), terminals
        before = () if terminals & self.continues else (self.semicolon,)
        return before, frozenset(self.below.get(name, name) for name in terminals)

    def after(self, control: int, terminals: frozenset[str]) -> int:
        if terminals & self.either:
            return _END if control == _END else _OPERAND
        if terminals & self.members:
            return _MEMBER
        if terminals & self.restricted:
            return _RESTRICTED
        return int(bool(terminals & self.ends) and not terminals & self.never_ends)

    def parts(self, terminals: frozenset[str]) -> bool:
        return bool(terminals & (self.closers | {self.semicolon}))

    def line_break(self, control: int) -> tuple[tuple[int | str, ...], int]:
        if control == _MEMBER:
            return (), _MEMBER_BELOW
        return (), _BROKEN if control in (_END, _RESTRICTED) else control
