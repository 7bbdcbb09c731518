"""A tree in which the cursor's line is whole, and how its places correspond to the document's."""

from __future__ import annotations

import attrs
from tree_sitter import Node

from maze.document import layout
from maze.document.splices import Splices
from maze.document.text import Edit, Text
from maze.document.tree import SyntaxTree, rows_of

SECONDS = 0.03
"""A parse of a view takes 0.1 to 1 ms; one that takes longer than this is not worth having."""


@attrs.frozen
class View:
    """A tree in which the cursor's line is whole, of a document or of some of its lines.

    Attributes:
        text: the document's text.
        tree: the tree, rows counted from ``first_line``.
        first_line: the document's line that is the tree's row 0.
        line: the document's line of the cursor.
        splices: the trees with that line replaced.
        stand_in: what took that line's place, or None.
        at: the byte in the tree's source where that line's first character stands, blanks aside.
        shift: bytes by which the text behind that line has moved.
        broken: other lines that do not parse and were replaced by harmless ones.
        unmended: the tree before that.
    """

    text: Text
    tree: SyntaxTree
    first_line: int
    line: int
    splices: Splices
    stand_in: str | None
    at: int
    shift: int = 0
    broken: frozenset[int] = frozenset()
    unmended: SyntaxTree = attrs.Factory(lambda view: view.tree, takes_self=True)

    @property
    def replaced(self) -> bool:
        """Whether a stand-in took the line's place."""
        return self.stand_in is not None

    def start_byte(self, line: int) -> int:
        """Where the document's line ``line`` starts in the tree's source."""
        lines = self.text.lines
        start = lines.start_byte(line) - lines.start_byte(self.first_line)
        return min(start + (self.shift if line > self.line else 0), len(self.tree.source))

    def line_of(self, byte: int) -> int:
        """The document's line that holds a byte of the tree's source."""
        return self.first_line + self.tree.source.count(b"\n", 0, byte)

    def rows(self, node: Node) -> tuple[int, int]:
        """First and last of the document's lines that ``node`` has a character in."""
        first, last = rows_of(node)
        return self.first_line + first, self.first_line + last

    def sound(self, first: int, last: int) -> bool:
        """Whether the document's lines ``first`` to ``last`` are free of errors."""
        if any(first <= line <= last for line in self.broken):
            return False
        return not self.tree.problems(self.start_byte(first), self.start_byte(last + 1) - 1)

    def with_stand_in(self, content: str) -> View | None:
        """This view with the cursor's line replaced; None when the parse takes too long."""
        start, length = self.start_byte(self.line), self._length(self.line)
        tree = self._with_line(self.line, content)
        if tree is None:
            return None
        at = start + len(layout.indentation(content))
        shift = len(content.encode()) - length
        return attrs.evolve(self, tree=tree, unmended=tree, stand_in=content, at=at, shift=shift)

    def mended(self, line: int) -> View | None:
        """This view with another line replaced by a harmless one of the same length."""
        content = self.text.line(line)
        harmless = layout.indentation(content) + self.tree.language.stand_ins[0]
        padding = self._length(line) - len(harmless)
        if padding < 0:
            return None
        tree = self._with_line(line, harmless + " " * padding)
        return attrs.evolve(self, tree=tree, broken=self.broken | {line}) if tree else None

    def _length(self, line: int) -> int:
        """The length of the document's line ``line``, in bytes."""
        return self.text.byte_offset(self.text.line_end(line)) - self.text.lines.start_byte(line)

    def _with_line(self, line: int, content: str) -> SyntaxTree | None:
        new, row = content.encode(), line - self.first_line
        start, length = self.start_byte(line), self._length(line)
        edit = Edit(
            start_byte=start,
            old_end_byte=start + length,
            new_end_byte=start + len(new),
            start_point=(row, 0),
            old_end_point=(row, length),
            new_end_point=(row, len(new)),
        )
        return self.splices.splice(self.tree, edit, new, SECONDS)
