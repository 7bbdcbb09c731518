"""What indentation alone tells: enough to find one's way where a tree is broken."""

from __future__ import annotations

from maze.document.languages import Language
from maze.document.text import Text

_MOST_LINES = 5_000
_TAB_WIDTH = 8  # as CPython's tokenizer counts
_CLOSER_OF = {"(": ")", "[": "]", "{": "}"}
_QUOTES = ("'", '"', "`")
_MARKS = ('"""', "'''", "/*", "*/")  # they begin or end what goes on over many lines
_CLOSERS = frozenset(_CLOSER_OF.values())


def indentation(line: str) -> str:
    """The blanks that ``line`` starts with."""
    return line[: len(line) - len(line.lstrip(" \t\f"))]


def width(line: str) -> int:
    """How far ``line`` is indented, in columns."""
    return len(indentation(line).expandtabs(_TAB_WIDTH))


def filled_line(text: Text, line: int, step: int) -> int | None:
    """The nearest line before (``step`` -1) or after (1) ``line`` that is not blank."""
    line += step
    while 0 <= line < text.line_count:
        if text.line(line).strip():
            return line
        line += step
    return None


def code_line(text: Text, line: int, language: Language) -> int | None:
    """The nearest line before ``line`` that is neither blank nor a comment."""
    above = filled_line(text, line, -1)
    while above is not None and text.line(above).lstrip().startswith(language.line_comment):
        above = filled_line(text, above, -1)
    return above


def opens_block(line: str, language: Language) -> bool:
    """Whether ``line`` ends like the head of a block (a comment behind it aside)."""
    code = line.partition(language.line_comment)[0] or line
    return code.rstrip().endswith(language.block_opener)


def body_is_missing(text: Text, line: int, language: Language) -> int | None:
    """The line that opens the block ``line`` would be in, if nothing but blanks is in it."""
    head = code_line(text, line, language)
    if head is None or not opens_block(text.line(head), language):
        return None
    following = filled_line(text, line, 1)
    if following is not None and width(text.line(following)) > width(text.line(head)):
        return None
    return head


def item_lines(text: Text, line: int, language: Language) -> tuple[int, int] | None:
    """First and last line of the top-level item around ``line``, if it is indented as usual.

    An item starts in the first column; all that is told by `starts_item` to start none carries it on.
    None when it has more than 5,000 lines on either side.
    """
    first, last = line, line
    least, most = max(line - _MOST_LINES, 0), min(line + _MOST_LINES, text.line_count - 1)
    while first > least and not starts_item(text.line(first), language):
        first -= 1
    while last < most and not starts_item(text.line(last + 1), language):
        last += 1
    if line - first == _MOST_LINES or last - line == _MOST_LINES:
        return None
    while last > line and not text.line(last).strip():
        last -= 1
    return first, last


def starts_item(line: str, language: Language) -> bool:
    """Whether ``line`` is text in the first column that may begin a top-level item.

    Closing brackets, comments and what carries on an item (a label, `else`) do not.
    """
    if not line or line[0].isspace() or line[0] in _CLOSERS:
        return False
    return not line.startswith(language.line_comment) and not language.carries_on.match(line)


def is_balanced(line: str) -> bool:
    """Whether each bracket and quote of ``line`` has its partner there (even within strings)."""
    if any(line.count(quote) % 2 for quote in _QUOTES) or any(mark in line for mark in _MARKS):
        return False
    open_brackets = []
    for character in line:
        if character in _CLOSER_OF:
            open_brackets.append(_CLOSER_OF[character])
        elif character in _CLOSERS and (not open_brackets or open_brackets.pop() != character):
            return False
    return not open_brackets


def unit(text: Text, usual: str) -> str:
    """One step of indentation, as the text has it: a tab, or the least blanks a line starts with.

    Args:
        usual: taken where no line is indented.
    """
    least = ""
    for line in range(min(text.line_count, _MOST_LINES)):
        content = text.line(line)
        blanks = indentation(content)
        if not blanks or not content.strip():
            continue
        if blanks.startswith("\t"):
            return "\t"
        if len(blanks) > 1 and (not least or len(blanks) < len(least)):
            least = blanks
    return least or usual
