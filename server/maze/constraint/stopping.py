"""Where a suggestion may be cut, and when it is long enough.

The rules look at lines of text only, so they serve every language.
"""

from __future__ import annotations

import enum


class Mode(enum.StrEnum):
    """How far a suggestion goes.

    - LINE: to the first line end where the text joins with what follows.
    - BLOCK: to where a line begins with less indentation than the cursor's line.
    - FREE: until the model or the token limit ends it.
    """

    LINE = "line"
    BLOCK = "block"
    FREE = "free"


def indentation(line: bytes) -> int:
    """Width of a line's leading blanks in columns, a tab reaching to the next multiple of 8."""
    width = 0
    for byte in line:
        if byte == 0x20:
            width += 1
        elif byte == 0x09:
            width = (width // 8 + 1) * 8
        else:
            break
    return width


def line_ends(text: bytes, start: int) -> list[int]:
    """Offsets in `text`, from `start` on, of line breaks that end a line with something on it."""
    found = []
    line_start = max(text.rfind(b"\n", 0, start), text.rfind(b"\r", 0, start)) + 1
    for at in range(start, len(text)):
        if text[at] in b"\r\n":
            if text[line_start:at].strip():
                found.append(at)
            line_start = at + 1
    return found


def leaves_block(text: bytes, base: int) -> int | None:
    """Where generated text leaves the block it began in.

    Args:
        text: the generated text.
        base: indentation of the line the cursor is on, in columns.

    Returns:
        The offset of the end of the last line with something on it before the first later line that
        is indented less; None where there is no such line.
    """
    end = None
    at = text.find(b"\n")
    if text[: at if at >= 0 else None].strip():
        end = at
    while at >= 0:
        following = text.find(b"\n", at + 1)
        line = text[at + 1 : following if following >= 0 else None]
        if line.strip():
            if indentation(line) < base:
                return end
            end = following
        at = following
    return None
