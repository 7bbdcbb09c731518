"""Which lines to write anew so that a text parses again."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic

from maze.document import layout
from maze.document.document import Document
from maze.document.functions import Source
from maze.document.text import replacement
from maze.document.tree import Problem

MOST_LINES = 20
"""What is wrong in more lines than these is not mended in one go."""

_SECONDS = 0.2


def broken_lines(source: Source, first: int, last: int) -> tuple[int, int] | None:
    """The document's lines of the first error that lines ``first`` to ``last`` have a part in."""
    text, tree = source.text, source.part.tree
    start, end = source.byte(text.line_start(first)), source.byte(text.line_end(last))
    problems = tree.problems(max(start, 0), end)
    return _lines(source, problems[0]) if problems else None


def mendable(
    document: Document, source: Source, broken: tuple[int, int], cursor: int
) -> tuple[int, int] | None:
    """The lines to write anew: those with which some text in their place leaves the fewest errors.

    That is found by trying: a language's stand-ins take the place of the line where the error is
    marked, of the cursor's line, of the line above, whose end may be what is missing, and of all
    lines that are marked. Where none helps, it is all that are marked, if they are few: a model may
    know what no stand-in says.
    """
    deadline = monotonic() + _SECONDS
    first, last = broken
    above = layout.filled_line(document.text, first, -1)
    each = [line for line in (first, cursor, above) if line is not None]
    tried: list[tuple[int, int]] = []
    best, least = None, len(source.part.tree.problems())
    for lines in [*((line, line) for line in each), (first, min(last, first + MOST_LINES)), broken]:
        if lines in tried or lines[1] - lines[0] >= MOST_LINES:
            continue
        tried.append(lines)
        if not document.text.line(lines[0]).strip():
            continue
        left = _errors_left(document, source, lines, deadline)
        if left < least:
            best, least = lines, left
        if left == 0:
            break
    if best is not None:
        return best
    return broken if last - first < MOST_LINES else None


def _lines(source: Source, problem: Problem) -> tuple[int, int]:
    text = source.text
    first = text.line_at(source.offset(problem.start))
    last = text.line_at(source.offset(max(problem.end - 1, problem.start)))
    return first, max(first, last)


def _errors_left(
    document: Document, source: Source, lines: tuple[int, int], deadline: float
) -> int:
    """The fewest errors in all that a stand-in in the place of ``lines`` leaves, and none there."""
    text, tree = document.text, source.part.tree
    start = text.line_start(lines[0]) + len(layout.indentation(text.line(lines[0])))
    end = text.line_end(lines[1])
    first_line = source.part.first_line
    from_place, to_place = (
        (source.byte(offset), (text.point(offset)[0] - first_line, text.point(offset)[1]))
        for offset in (start, end)
    )
    fewest = len(tree.problems())
    for stand_in in _stand_ins(source):
        edit = replacement(from_place, to_place, stand_in)
        after = tree.spliced(edit, stand_in.encode(), _SECONDS)
        if after is not None and not after.problems(edit.start_byte, edit.new_end_byte):
            fewest = min(fewest, len(after.problems()))
        if fewest == 0 or monotonic() > deadline:
            break
    return fewest


def _stand_ins(source: Source) -> Iterator[str]:
    yield from source.language.stand_ins
