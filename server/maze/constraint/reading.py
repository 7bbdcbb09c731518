"""Text read by lexer and parser together, step by step, with a way back."""

from __future__ import annotations

from typing import NamedTuple

from maze.grammar import Syntax
from maze.grammar.layout import LayoutError, Lines
from maze.grammar.lexer import Position
from maze.grammar.pairing import NOTHING_OPEN, Open
from maze.grammar.productions import encode

from .parser import Parser


class Place(NamedTuple):
    """A place in the text that was read.

    Attributes:
        position: the lexer's state there.
        lines: the layout's state there.
        steps: how many steps the parser had accepted.
        length: bytes read so far.
        opened: the names that are to be closed.
    """

    position: Position
    lines: Lines
    steps: int
    length: int
    opened: Open = NOTHING_OPEN


class Reading:
    """A text being read.

    Args:
        syntax: the language.
        parser: a parser at its beginning.
        entry: the entry point the parser starts from.
    """

    def __init__(self, syntax: Syntax, parser: Parser, entry: str) -> None:
        self.syntax = syntax
        self.parser = parser
        self.place = Place(syntax.lexer.start, syntax.first_lines(entry), parser.steps, 0)

    def fork(self) -> Reading:
        """An independent reading at the same place."""
        twin = object.__new__(Reading)
        twin.syntax, twin.place = self.syntax, self.place
        twin.parser = self.parser.fork()
        return twin

    def read(self, text: bytes, *, generating: bool = False) -> bool:
        """Read on; False, and nothing read, where no text of the language goes on like that."""
        place = self.place
        items: list[int] = []
        position = self.syntax.lexer.read(place.position, text, items, generating=generating)
        if position is None:
            return False
        opened, names = place.opened, self.syntax.names
        if names is not None:
            now_open = names.read(opened, place.position, text, generating=generating)
            if now_open is None:
                return False
            opened = now_open
        classes: list[int] = []
        try:
            lines = self.syntax.resolve(place.lines, items, classes)
        except LayoutError:
            return False
        if classes and not self.parser.accept(encode(classes)):
            return False
        self.place = Place(position, lines, self.parser.steps, place.length + len(text), opened)
        return True

    def go_back(self, place: Place) -> None:
        """Return to an earlier place of this reading."""
        self.parser.rollback_to(place.steps)
        self.place = place

    def can_go_on(self) -> bool:
        """Whether the unfinished lexeme, or the indentation of a line begun, leads anywhere."""
        syntax, place = self.syntax, self.place
        state = place.position.state
        tail = syntax.lexer.tails[state]
        if tail is not None:
            allowed = self.parser.next_classes()
            return any(
                allowed >> string[0] & 1
                and (len(string) == 1 or self.parser.would_accept(encode(string)))
                for string in tail
            )
        resolver = syntax.resolver
        if (
            resolver is not None
            and syntax.lexer.line_start[state]
            and resolver.deepest(place.lines)
        ):
            return bool(self.parser.next_classes() >> resolver.indent & 1)
        return True
