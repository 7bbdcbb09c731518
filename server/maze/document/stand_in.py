"""Stand-ins: short lines that take the place of an unfinished one, to see where things are.

One unfinished line (`x = foo(`, `def`, `} else`) can turn everything below it into an error. So
the line is replaced, in a copy of the tree, by each of a few short lines that parse until the rest
of the text reads well: then blocks and items lie where the author sees them. Line numbers are the
same in both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from time import monotonic

import attrs

from maze.document import layout
from maze.document.languages import Language
from maze.document.splices import Splices
from maze.document.text import Text
from maze.document.tree import SyntaxTree, source_bytes
from maze.document.view import View

SEARCH_SECONDS = 0.03
"""Time to look for a stand-in."""

MOST_BROKEN_LINES = 3
"""With more broken lines than these, what is wrong is not told line by line."""

MAX_ITEM_CHARS = 100_000

_PLACEHOLDER = "x"
_WORD = re.compile(r"@|\w+|\S?")


@attrs.frozen
class Reading:
    """The best views of the text around the cursor.

    Attributes:
        whole: of all of the tree's text.
        item: of the top-level item by itself, as layout tells it; None where ``whole`` was sound
            as it is, or the item is too long.
    """

    whole: View
    item: View | None = None

    @property
    def sound(self) -> bool:
        """Whether the whole, or the item by itself, reads well."""
        return self.whole.tree.sound or (self.item is not None and self.item.tree.sound)


def read_around(
    text: Text, line: int, tree: SyntaxTree, first_line: int, splices: Splices
) -> Reading:
    """The text around the cursor's line with a stand-in for it, if it needs one.

    Args:
        text: the document's text.
        line: the cursor's line.
        tree: of ``text`` from ``first_line`` on.
        first_line: the line where the tree's source starts.
        splices: what was tried before in this line's place.
    """
    unchanged = _unchanged(text, line, tree, first_line, splices)
    if tree.sound and not (_is_blank(text, line) and _head(unchanged) is not None):
        return Reading(unchanged)
    for content in _kindred(text, line, tree.language):
        view = unchanged.with_stand_in(content)
        if view is not None and view.tree.sound:
            return Reading(view)
    # In the item alone a stand-in is found soonest; mostly it is one for the whole too.
    item = _item_alone(text, line, tree.language, splices)
    if item is not None and item.tree.sound:
        whole = unchanged if item.stand_in is None else unchanged.with_stand_in(item.stand_in)
        if whole is not None:
            return Reading(whole if whole.tree.sound else _mended(whole) or whole, item)
    return Reading(_best_view(unchanged), item)


def _item_alone(text: Text, line: int, language: Language, splices: Splices) -> View | None:
    """The best view of the top-level item around ``line``, its lines told by layout."""
    lines = layout.item_lines(text, line, language)
    if lines is None:
        return None
    start, end = text.line_start(lines[0]), text.line_start(lines[1] + 1)
    if end - start > MAX_ITEM_CHARS:
        return None
    tree = SyntaxTree.parse(language, source_bytes(text.content[start:end]), seconds=0.1)
    return _best_view(_unchanged(text, line, tree, lines[0], splices)) if tree else None


def _unchanged(text: Text, line: int, tree: SyntaxTree, first_line: int, splices: Splices) -> View:
    start = text.lines.start_byte(line) - text.lines.start_byte(first_line)
    at = start + len(layout.indentation(text.line(line)))
    return View(text, tree, first_line, line, splices, None, at)


def _best_view(unchanged: View) -> View:
    """The view that reads best among the text as it is and all stand-ins.

    One that is sound, if there is any; else one that is but for a few other lines, which are
    replaced too; else the one with the least errors.
    """
    if unchanged.tree.sound and not _is_blank(unchanged.text, unchanged.line):
        return unchanged
    views = [unchanged]
    deadline = monotonic() + SEARCH_SECONDS
    for content in _candidates(unchanged):
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


def _kindred(text: Text, line: int, language: Language) -> list[str]:
    """Stand-ins that begin with the word that the line begins with."""
    content = text.line(line)
    word, indentation = _first_word(content), layout.indentation(content)
    return [
        indentation + stand_in
        for stand_in in language.stand_ins
        if _first_word(stand_in) == word != _PLACEHOLDER
    ]


def _candidates(view: View) -> Iterator[str]:
    """Stand-ins for the cursor's line, the likeliest first."""
    text, line, language = view.text, view.line, view.tree.language
    content = text.line(line)
    indentation = layout.indentation(content)
    if not content.strip():
        head = _head(view)
        if head is not None and not language.block_in_braces:
            yield layout.indentation(text.line(head)) + "    " + language.stand_ins[0]
        elif view.tree.sound:
            return
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


def _is_blank(text: Text, line: int) -> bool:
    return not text.line(line).strip()


def _head(view: View) -> int | None:
    """The line above that opens a block which the cursor's line is to begin."""
    return layout.body_is_missing(view.text, view.line, view.tree.language)


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
