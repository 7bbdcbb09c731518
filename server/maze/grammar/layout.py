"""Layouts: how line breaks become terminals.

A layout has two halves. Its *control state* is finite (did this line begin yet? would a line break
end the statement?) and is compiled into the lexer's tables. What no finite table can hold (the
indentation stack, the bracket depth) stays symbolic there: the lexer emits *marks*, and the layout
resolves them into terminals as they are parsed.

Marks are negative numbers, terminals (lexeme classes) positive ones, so that a lexer's output is
one list of integers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, Protocol

LINE_END = -1  # a line break after text on its line
BLANK_END = -2  # a line break on a line with no text
SPACE = -3  # a blank at the start of a line
TAB = -4
FORM_FEED = -5
LINE_START = -6  # the first lexeme of a line begins

INDENTATION_MARKS = {ord(" "): SPACE, ord("\t"): TAB, ord("\f"): FORM_FEED}

_BLANKS = frozenset(INDENTATION_MARKS.values())


class LayoutError(ValueError):
    """The text's layout is impossible: an indentation no enclosing block has."""


class State(Protocol):
    """A layout's run-time state; immutable, so that it can be kept and gone back to."""

    def pending_class(self) -> bool: ...


@dataclass(frozen=True)
class NoLayout:
    """Line breaks are blanks."""

    controls: ClassVar[int] = 1
    start: ClassVar[int] = 0
    breaks: ClassVar[frozenset[str]] = frozenset()
    tracks_lines: ClassVar[bool] = False
    terminals: ClassVar[tuple[str, ...]] = ()
    # The control state at the start of a line that could go on with what is above it; None: none could.
    unended: ClassVar[int | None] = None

    def excluded(self, control: int) -> frozenset[str]:
        """Terminals that no lexeme is in a control state."""
        return frozenset()

    def begin(
        self, control: int, outcomes: Iterable[frozenset[str]]
    ) -> tuple[tuple[int | str, ...], int]:
        """What a lexeme under way emits before it is complete, and the control state it keeps.

        Args:
            control: the control state where it began.
            outcomes: the terminals that it may still become.
        """
        return (), 0

    def lexeme(
        self, control: int, terminals: frozenset[str]
    ) -> tuple[tuple[str, ...], frozenset[str]]:
        """What a complete lexeme is preceded by, and which terminals it is."""
        return (), terminals

    def after(self, control: int, terminals: frozenset[str]) -> int:
        """The control state after a lexeme that is any of `terminals`."""
        return 0

    def line_break(self, control: int) -> tuple[tuple[int | str, ...], int]:
        """What a line break emits (marks, or terminal names), and the control state after it."""
        return (), 0

    def parts(self, terminals: frozenset[str]) -> bool:
        """Whether a line that begins like this goes on with nothing above it.

        Args:
            terminals: what its first lexeme may be, as lexed from control state `unended`.
        """
        return True

    def end(self, control: int) -> tuple[str, ...]:
        """Terminals that the end of the text emits."""
        return ()


@dataclass(frozen=True)
class Semicolons(NoLayout):
    """A line break (or a comment holding one) after certain terminals is a semicolon.

    The Go specification, section "Semicolons": https://go.dev/ref/spec#Semicolons

    Attributes:
        semicolon: the terminal that is inserted.
        after_terminals: the terminals that a line break turns into an end of statement.
    """

    semicolon: str
    after_terminals: frozenset[str]

    controls: ClassVar[int] = 2
    breaks: ClassVar[frozenset[str]] = frozenset({"_LINE_BREAK", "_COMMENT_BREAK"})

    def after(self, control: int, terminals: frozenset[str]) -> int:
        return int(bool(terminals & self.after_terminals))

    def line_break(self, control: int) -> tuple[tuple[int | str, ...], int]:
        return ((self.semicolon,), 0) if control else ((), 0)

    def end(self, control: int) -> tuple[str, ...]:
        return (self.semicolon,) if control else ()


@dataclass(frozen=True)
class Indentation(NoLayout):
    """Python's layout: NEWLINE, INDENT and DEDENT, and none of them inside brackets.

    The Python reference, section 2.1:
    https://docs.python.org/3/reference/lexical_analysis.html#line-structure
    """

    openers: frozenset[str]
    closers: frozenset[str]

    controls: ClassVar[int] = 2  # 0: the line has text; 1: at the start of a line
    start: ClassVar[int] = 1
    breaks: ClassVar[frozenset[str]] = frozenset({"_LINE_BREAK"})
    tracks_lines: ClassVar[bool] = True
    terminals: ClassVar[tuple[str, ...]] = ("NEWLINE", "INDENT", "DEDENT")

    def after(self, control: int, terminals: frozenset[str]) -> int:
        return 0

    def line_break(self, control: int) -> tuple[tuple[int | str, ...], int]:
        return ((BLANK_END,) if control else (LINE_END,)), 1


Layout = NoLayout


class Lines(NamedTuple):
    """Run-time state of `Indentation`.

    Columns are counted twice, as CPython's tokenizer does, with tab stops of 8 and of 1: lines
    compare alike under both or their tabs and spaces are mixed inconsistently.

    Attributes:
        stack: the enclosing blocks' columns, outermost first; empty before the first line.
        depth: open brackets.
        column: the current line's indentation so far, as (tab stops of 8, tab stops of 1).
    """

    stack: tuple[tuple[int, int], ...] = ()
    depth: int = 0
    column: tuple[int, int] = (0, 0)


# Deeper nesting is refused: CPython's tokenizer stops at 200 brackets and 100 indentations.
MAX_DEPTH = 100
MAX_INDENTATION = 90


@dataclass
class LineResolver:
    """Turns a lexer's output into terminals by the rules of `Indentation`.

    Numbers are lexeme classes, as everywhere past the lexer.
    """

    newline: int
    indent: int
    dedent: int
    openers: frozenset[int]
    closers: frozenset[int]
    _brackets: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._brackets = dict.fromkeys(self.openers, 1) | dict.fromkeys(self.closers, -1)

    def resolve(self, state: Lines, items: Iterable[int], out: list[int]) -> Lines:
        """Append the terminals that `items` stand for to `out`; return the state after them.

        Raises:
            LayoutError: where a line's indentation fits no enclosing block.
        """
        stack, depth, column = state.stack, state.depth, state.column
        for item in items:
            if item > 0:
                out.append(item)
                change = self._brackets.get(item)
                if change is not None:
                    depth = max(0, depth + change)
                    if depth > MAX_DEPTH:
                        raise LayoutError("too many open brackets")
            elif item == SPACE:
                column = (column[0] + 1, column[1] + 1)
            elif item == LINE_END:
                if depth == 0:
                    out.append(self.newline)
                column = (0, 0)
            elif item == BLANK_END:
                column = (0, 0)
            elif item == LINE_START:
                if depth == 0:
                    stack = self._line(stack, column, out)
                column = (0, 0)
            elif item == TAB:
                column = ((column[0] // 8 + 1) * 8, column[1] + 1)
            elif item == FORM_FEED:
                column = (0, 0)
        return Lines(stack, depth, column)

    def _line(
        self, stack: tuple[tuple[int, int], ...], column: tuple[int, int], out: list[int]
    ) -> tuple[tuple[int, int], ...]:
        if not stack:
            return (column,)
        top = stack[-1]
        if column == top:
            return stack
        if column[0] > top[0] and column[1] > top[1]:
            if len(stack) > MAX_INDENTATION:
                raise LayoutError("too many levels of indentation")
            out.append(self.indent)
            return (*stack, column)
        while stack and column[0] < stack[-1][0]:
            out.append(self.dedent)
            stack = stack[:-1]
        if not stack or stack[-1] != column:
            raise LayoutError("unindent does not match any outer indentation level")
        return stack

    def end(self, state: Lines, control: int, out: list[int]) -> None:
        """Append what the end of the text stands for."""
        if state.depth == 0:
            if control == 0:
                out.append(self.newline)
            out.extend([self.dedent] * (len(state.stack) - 1))

    def bracket_change(self, number: int) -> int:
        """1 for a class that opens a bracket, -1 for one that closes it, otherwise 0."""
        return self._brackets.get(number, 0)

    def deepest(self, state: Lines) -> bool:
        """Whether the pending indentation is past the innermost block's, so only an INDENT fits."""
        return state.depth == 0 and bool(state.stack) and state.column[0] > state.stack[-1][0]

    def key(self, state: Lines) -> Lines:
        """What of the state matters for resolving a token: equal keys resolve alike."""
        if state.depth:
            return state._replace(column=(0, 0))
        return state


def simplified(items: Sequence[int]) -> tuple[int, ...]:
    """Items without the marks that make no difference: blanks of lines that turned out empty."""
    kept: list[int] = []
    for item in items:
        if item in (LINE_END, BLANK_END):
            while kept and kept[-1] in _BLANKS:
                kept.pop()
            if item == BLANK_END and kept and kept[-1] in (LINE_END, BLANK_END):
                continue
        kept.append(item)
    return tuple(kept)


def trailing_spaces(items: Sequence[int]) -> int:
    """How many SPACE marks stand at the end."""
    count = 0
    while count < len(items) and items[-1 - count] == SPACE:
        count += 1
    return count
