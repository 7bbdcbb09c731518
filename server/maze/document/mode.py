"""How far a suggestion should go: to the end of a line, or of the block that is still empty."""

from __future__ import annotations

from maze.document import layout
from maze.document.languages import Language
from maze.document.text import Text

_QUOTES = ('"""', "'''")


def mode_at(text: Text, offset: int, language: Language) -> str:
    """``block`` where a body is to be written, else ``line``."""
    line = text.line_at(offset)
    before = text.content[text.line_start(line) : offset]
    behind = text.content[offset : text.line_end(line)]
    if behind.strip():
        return "line"
    if before.strip():
        opens = layout.opens_block(before, language)
        return "block" if opens and _body_is_empty(text, line, language) else "line"
    head = _head_above(text, line, language)
    return "block" if head is not None and _body_is_empty(text, head, language) else "line"


def _head_above(text: Text, line: int, language: Language) -> int | None:
    """The line that opens the block which starts at ``line``, a docstring aside."""
    above = layout.code_line(text, line, language)
    if above is not None:
        above = _above_docstring(text, above)
    if above is not None and layout.opens_block(text.line(above), language):
        return above
    return None


def _above_docstring(text: Text, line: int) -> int | None:
    """The filled line above a string that ends in ``line``; ``line`` itself when none does."""
    content = text.line(line).strip()
    if not content.endswith(_QUOTES):
        return line
    quotes, first = content[-3:], line
    if not (content.startswith(quotes) and len(content) >= 6):
        first -= 1
        while first >= 0 and not text.line(first).strip().startswith(quotes):
            first -= 1
    return layout.filled_line(text, first, -1) if first >= 0 else None


def _body_is_empty(text: Text, head: int, language: Language) -> bool:
    """Whether the block that ``head`` opens has no statements, or none but stubs."""
    least = layout.width(text.line(head))
    line = layout.filled_line(text, head, 1)
    while line is not None and layout.width(text.line(line)) > least:
        content = text.line(line).strip()
        if content.startswith(_QUOTES):
            line = _docstring_end(text, line, content)
        elif not content.startswith(language.line_comment) and content not in language.stubs:
            return False
        line = layout.filled_line(text, line, 1)
    return True


def _docstring_end(text: Text, line: int, content: str) -> int:
    quotes = content[:3]
    if content.endswith(quotes) and len(content) >= 6:
        return line
    while line + 1 < text.line_count:
        line += 1
        if text.line(line).rstrip().endswith(quotes):
            break
    return line
