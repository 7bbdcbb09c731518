"""What the model is shown of a document: its top, and the text around the cursor."""

from __future__ import annotations

from itertools import islice

import attrs

from maze.document.document import Document
from maze.document.text import BOM, Text, unix_line_breaks

_HEADER_SHARE = 4
"""At most one part in so many of the budget goes to the top of the file."""

_MOST_ITEMS = 100
"""Imports stand among the first items of a file."""


@attrs.frozen
class Excerpt:
    """The part of a document that a prompt is made of.

    Attributes:
        path: the file's path as a person in the project would write it; may be empty.
        before: text that ends at the cursor; starts with a comment that names the path.
        after: text that starts at the cursor.
    """

    path: str
    before: str
    after: str


def excerpt_at(document: Document, offset: int, budget: int) -> Excerpt:
    """The text around ``offset``, in about ``budget`` characters; three quarters of it before.

    The text shown starts at the same place while the cursor moves on, for as long as it can: an
    engine keeps in memory what it has read of a prompt, up to the first difference.

    Raises:
        ValueError: the document has no language.
    """
    text, language = document.text, document.language
    if language is None:
        raise ValueError("a document without a language has no prompt")
    room = budget * 3 // 4
    start = _window_start(text, offset, room)
    header = _header(document, start, room // _HEADER_SHARE)
    path = document.title
    name = f"{language.line_comment} {path}\n" if path else ""
    after = text.content[offset : offset + budget - room]
    if header:
        header += f"{language.line_comment} ...\n"
    before = name + header + text.content[start:offset]
    return Excerpt(path=path, before=unix_line_breaks(before), after=unix_line_breaks(after))


def _window_start(text: Text, offset: int, room: int) -> int:
    """Where the text shown starts: at a line's start, ``room`` or somewhat less before the cursor.

    Moves in steps of half the room.
    """
    first = 1 if text.content.startswith(BOM) else 0
    if offset - first <= room:
        return first
    step = max(room // 2, 1)
    least = -(-(offset - room) // step) * step
    start = text.line_start(text.line_at(least) + 1)
    # In a line longer than the room there is no better place than its middle.
    return start if start <= offset else least


def _header(document: Document, start: int, room: int) -> str:
    """The imports that lead the file, as far as they lie before ``start``, in whole lines."""
    text, tree = document.text, document.head() if start > 1 else None
    if tree is None:
        return ""
    lines: list[str] = []
    length = 0
    for node in islice(tree.items(), _MOST_ITEMS):
        first, last = node.start_point[0], node.end_point[0]
        if text.line_start(last + 1) > start:
            break
        for line in range(first, last + 1) if node.type in tree.language.imports else ():
            content = text.line(line) + "\n"
            length += len(content)
            if length > room:
                return "".join(lines)
            lines.append(content)
    return "".join(lines)
