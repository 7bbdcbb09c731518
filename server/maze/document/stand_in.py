"""A tree that shows where things are while the cursor's line is unfinished.

One unfinished line (`x = foo(`, `def`, `} else`) can turn everything below it into an error. So
the line is replaced, in a copy of the tree, by each of a few short lines that parse (a stand-in)
until the rest of the text reads well: then blocks and items lie where the author sees them.
Line numbers are the same in both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from time import monotonic

import attrs
from tree_sitter import Node

from maze.document import layout
from maze.document.text import Edit, Text
from maze.document.tree import SyntaxTree

SECONDS = 0.03
"""Time to look for a stand-in: a re-parse takes 0.1 to 1 ms, in 2 MB 10 ms."""

MOST_BROKEN_LINES = 3
"""With more broken lines than these, what is wrong is not told line by line."""

_PLACEHOLDER = "x"
_WORD = re.compile(r"@|\w+|\S?")


@attrs.frozen
class View:
    """A tree in which the cursor's line is whole, of a document or of some of its lines.

    Attributes:
        text: the document's text.
        tree: the tree, rows counted from ``first_line``.
        first_line: the document's line that is the tree's row 0.
        line: the document's line of the cursor.
        replaced: whether a stand-in took that line's place.
        at: the byte in the tree's source where that line's first character stands, blanks aside.
        shift: bytes by which the text behind that line has moved.
        broken: other lines that do not parse and were replaced by harmless ones.
        unmended: the tree before that.
    """

    text: Text
    tree: SyntaxTree
    first_line: int
    line: int
    replaced: bool
    at: int
    shift: int = 0
    broken: frozenset[int] = frozenset()
    unmended: SyntaxTree = attrs.Factory(lambda view: view.tree, takes_self=True)

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
        (first, _), (last, column) = node.start_point, node.end_point
        if column == 0 and last > first:
            last -= 1
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
        return attrs.evolve(self, tree=tree, unmended=tree, replaced=True, at=at, shift=shift)

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
        return self.tree.spliced(edit, new, SECONDS)


def best_view(text: Text, line: int, tree: SyntaxTree, first_line: int = 0) -> View:
    """The view that reads best among the text as it is and all stand-ins.

    One that is sound, if there is any; else one that is but for a few other lines, which are
    replaced too; else the one with the least errors.

    Args:
        text: the document's text.
        line: the cursor's line.
        tree: of ``text`` from ``first_line`` on.
        first_line: the line where the tree's source starts.
    """
    unchanged = View(text, tree, first_line, line, False, _first_byte(text, line, first_line))
    head = layout.body_is_missing(text, line, tree.language)
    blank = not text.line(line).strip()
    if tree.sound and not (blank and head is not None):
        return unchanged

    views = [unchanged]
    deadline = monotonic() + SECONDS
    for content in _candidates(text, line, head if blank else None, tree):
        view = unchanged.with_stand_in(content)
        if view is not None:
            views.append(view)
            if view.tree.sound:
                return view
        if monotonic() > deadline:
            break
    best = min(views, key=lambda view: _errors(view.tree))
    if best.tree.sound:
        return best
    mended = (_mended(view) for view in (best, *views[:3]))
    return next((view for view in mended if view is not None), best)


def _candidates(text: Text, line: int, head: int | None, tree: SyntaxTree) -> Iterator[str]:
    """Stand-ins for the line, the likeliest first."""
    language, content = tree.language, text.line(line)
    indentation = layout.indentation(content)
    if head is not None and not language.block_in_braces:
        yield layout.indentation(text.line(head)) + "    " + language.stand_ins[0]
    if not content.strip():
        yield from (indentation + stand_in for stand_in in language.stand_ins)
        return

    following = layout.filled_line(text, line, 1)
    opens = following is not None and layout.width(text.line(following)) > layout.width(content)
    word = _first_word(content)

    def unlikely(stand_in: str) -> tuple[bool, bool]:
        same = _first_word(stand_in) == word != _PLACEHOLDER
        return stand_in.endswith(language.block_opener) != opens, not same

    yield from (indentation + stand_in for stand_in in sorted(language.stand_ins, key=unlikely))


def _first_word(line: str) -> str:
    match = _WORD.match(line.strip())
    return match.group() if match else ""


def _first_byte(text: Text, line: int, first_line: int) -> int:
    start = text.lines.start_byte(line) - text.lines.start_byte(first_line)
    return start + len(layout.indentation(text.line(line)))


def _errors(tree: SyntaxTree) -> int:
    """How much of the text is in errors, in bytes, plus something for each of them."""
    return sum(problem.end - problem.start + 10 for problem in tree.problems())


def _mended(view: View) -> View | None:
    """``view`` without the errors of other lines, if a few such lines are all that is wrong.

    Only a line whose brackets match is replaced: one whose do not may be wrong only because
    its partner belongs to what the cursor's line still lacks.
    """
    mended = view
    for _ in range(MOST_BROKEN_LINES):
        problems = mended.tree.problems()
        line = mended.line_of(problems[0].start) if problems else view.line
        if line == view.line or not layout.is_balanced(view.text.line(line)):
            return None
        better = mended.mended(line)
        if better is None or better.tree.sound:
            return better
        mended = better
    return None
