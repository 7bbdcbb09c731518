"""The last check before a suggestion is shown: does the text still read as well with it in place?

By tree-sitter, which is no oracle but is quick and knows nothing of the constraint: what it
finds is a defect elsewhere.
"""

from __future__ import annotations

from enum import StrEnum

from maze.document import layout
from maze.document.document import Document
from maze.document.empty_blocks import heads_without_body
from maze.document.languages import Language
from maze.document.text import Edit, replacement
from maze.document.tree import Problem, SyntaxTree, source_bytes


class Verdict(StrEnum):
    """What the last check says of a suggestion."""

    FINE = "fine"
    BROKEN = "broken"
    """The text has an error with it that it did not have before, or a block without a statement."""
    UNKNOWN = "unknown"
    """There is no tree, or it took too long."""


class JoinCheck:
    """The check for one place in a document, as the document is now: it may be edited since.

    Args:
        document: without the suggestion.
        offset: the cursor, in characters.
    """

    def __init__(self, document: Document, offset: int) -> None:
        self._content = document.text.content
        self._offset = offset
        self._part = document.part_at(offset)
        first_line = self._part.first_line if self._part else 0
        row, column = document.text.point(offset)
        start_byte = document.text.lines.start_byte(first_line)
        # What is wrong elsewhere shows best when the cursor's line is whole.
        reading = document.reading_at(offset)
        self._view = reading.whole if reading else None
        self._place = document.text.byte_offset(offset) - start_byte, (row - first_line, column)
        language = document.language
        head = layout.code_line(document.text, row, language) if language else None
        # The block that the cursor's line may take the first statement of has its head here.
        self._head = document.text.lines.start_byte(max(head or 0, first_line)) - start_byte

    def verdict(self, suggestion: str, scope: tuple[int, int]) -> Verdict:
        """Whether ``suggestion`` brings no ERROR or MISSING node, and leaves no head without a body.

        Args:
            suggestion: the text to insert.
            scope: start and end, in characters, of the run of text that the suggestion was parsed
                in; looked at by itself where the document is broken around the cursor anyway.
        """
        if self._part is None:
            return Verdict.UNKNOWN
        before = self._part.tree
        edit, after = self._with(before, suggestion)
        if after is None:
            return Verdict.UNKNOWN
        if self._takes_a_body(before, after, edit):
            return Verdict.BROKEN
        if after.sound:
            return Verdict.FINE

        problems = after.problems()
        old = {_moved(problem, edit) for problem in [*before.problems(), *self._elsewhere()]}
        if not any(_touches(problem, edit) for problem in problems):
            return Verdict.FINE if all(problem in old for problem in problems) else Verdict.BROKEN
        if len(problems) > len(old) or not _was_broken(before, edit.start_byte):
            return Verdict.BROKEN
        return self._reads_alone(before.language, suggestion, scope)

    def _takes_a_body(self, before: SyntaxTree, after: SyntaxTree, edit: Edit) -> bool:
        """Whether a block is empty in ``after`` that was not there or was not empty ``before``."""
        empty = heads_without_body(after, self._head, edit.new_end_byte)
        if not empty:
            return False
        grown = edit.new_end_byte - edit.start_byte
        were = heads_without_body(before, self._head, edit.start_byte)
        return not empty <= {head + grown if head >= edit.start_byte else head for head in were}

    def repairs(self, suggestion: str, before: int) -> bool:
        """Whether nothing is wrong any more in the lines of ``suggestion``, or less in all.

        Args:
            before: how many errors there were.
        """
        if self._part is None:
            return False
        edit, after = self._with(self._part.tree, suggestion)
        if after is None:
            return False
        line = self._place[0] - self._place[1][1]
        there = after.problems(line, edit.new_end_byte)
        return not there or len(after.problems()) < before

    def mends(self, suggestion: str) -> bool:
        """Whether the text has errors, and none with ``suggestion`` in place."""
        if self._part is None or self._part.tree.sound:
            return False
        _, after = self._with(self._part.tree, suggestion)
        return after is not None and after.sound

    def _with(self, tree: SyntaxTree, suggestion: str) -> tuple[Edit, SyntaxTree | None]:
        """The edit that puts ``suggestion`` in place, and the tree after it if that took not too long."""
        edit = replacement(self._place, self._place, suggestion)
        return edit, tree.spliced(edit, source_bytes(suggestion))

    def _elsewhere(self) -> list[Problem]:
        """Errors outside the cursor's line, found with a stand-in for it, where they are now."""
        view = self._view
        if view is None:
            return []
        return [
            problem
            if problem.end < view.at
            else Problem(problem.start - view.shift, problem.end - view.shift, problem.missing)
            for problem in view.unmended.problems()
        ]

    def _reads_alone(self, language: Language, suggestion: str, scope: tuple[int, int]) -> Verdict:
        """The verdict on the scope by itself, with the suggestion in it."""
        (start, end), offset = scope, self._offset
        joined = self._content[start:offset] + suggestion + self._content[offset:end] + "\n"
        tree = SyntaxTree.parse(language, source_bytes(joined), seconds=0.1)
        if tree is None:
            return Verdict.UNKNOWN
        return Verdict.FINE if tree.sound else Verdict.BROKEN


def _touches(problem: Problem, edit: Edit) -> bool:
    return problem.start <= edit.new_end_byte and problem.end >= edit.start_byte


def _was_broken(tree: SyntaxTree, byte: int) -> bool:
    """Whether an error that began above the cursor's line reached into it before."""
    line = tree.source.rfind(b"\n", 0, byte) + 1
    return any(problem.start < line for problem in tree.problems(line, byte))


def _moved(problem: Problem, edit: Edit) -> Problem:
    """Where ``problem`` is after ``edit``, which inserts."""
    grown = edit.new_end_byte - edit.start_byte
    start, end = problem.start, problem.end
    return Problem(
        start + grown if start >= edit.start_byte else start,
        end + grown if end > edit.start_byte else end,
        problem.missing,
    )
