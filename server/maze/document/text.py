"""A text that is edited: offsets, lines and editor positions.

Offsets count characters (code points). Positions are the editor's: a line and
a count of code units of the negotiated encoding. Whatever an editor sends has an
answer: a position past the end of its line or of the text is moved back to it.
"""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path

import attrs

from maze.document.lines import LineIndex, line_starts, utf8_length

BOM = "\ufeff"
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")


class PositionEncoding(StrEnum):
    """What a position's ``character`` counts."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


_CODEC = {
    PositionEncoding.UTF8: ("utf-8", 1),
    PositionEncoding.UTF16: ("utf-16-le", 2),
    PositionEncoding.UTF32: ("utf-32-le", 4),
}


@attrs.frozen
class Position:
    """A place in an editor: zero-based line, and code units from the start of that line."""

    line: int
    character: int


@attrs.frozen
class Edit:
    """One replacement, as an incremental parser wants it: bytes, and (row, byte column) points."""

    start_byte: int
    old_end_byte: int
    new_end_byte: int
    start_point: tuple[int, int]
    old_end_point: tuple[int, int]
    new_end_point: tuple[int, int]


def replacement(
    start: tuple[int, tuple[int, int]], end: tuple[int, tuple[int, int]], new: str
) -> Edit:
    """The edit that puts ``new`` between two places, each a byte offset with its point."""
    start_byte, (row, column) = start
    size, breaks = utf8_length(new), line_starts(new)
    if breaks:
        new_end_point = row + len(breaks), utf8_length(new[breaks[-1] :])
    else:
        new_end_point = row, column + size
    return Edit(start_byte, end[0], start_byte + size, start[1], end[1], new_end_point)


def well_formed(text: str) -> str:
    """``text`` with U+FFFD in the place of each lone surrogate, which UTF-8 can not carry."""
    return _LONE_SURROGATE.sub("\ufffd", text)


def unix_line_breaks(text: str) -> str:
    """``text`` with ``\n`` for each line break, as models and grammars know it."""
    if "\r" not in text:
        return text
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_text(path: Path) -> str:
    """The text of a file; bytes that are not UTF-8 become U+FFFD.

    Raises:
        OSError: the file can not be read.
    """
    return path.read_bytes().decode("utf-8", errors="replace")


class Text:
    """A string with a line index, edited in place."""

    def __init__(self, content: str) -> None:
        self.content = well_formed(content)
        self.lines = LineIndex(self.content)

    def __len__(self) -> int:
        return len(self.content)

    def copy(self) -> Text:
        """An independent copy (the string itself is shared)."""
        other = Text("")
        other.content, other.lines = self.content, self.lines.copy()
        return other

    # Lines

    @property
    def line_count(self) -> int:
        """At least 1: a text without a line break is one line."""
        return len(self.lines)

    def line_at(self, offset: int) -> int:
        """The line that holds ``offset``."""
        return self.lines.line_at(offset)

    def line_start(self, line: int) -> int:
        """Where ``line`` starts."""
        return self.lines.start(line)

    def line_end(self, line: int) -> int:
        """Where ``line`` ends, before its line break."""
        start, end = self.lines.start(line), self.lines.start(line + 1)
        while end > start and self.content[end - 1] in "\r\n":
            end -= 1
        return end

    def line(self, line: int) -> str:
        """The text of ``line`` without its line break."""
        return self.content[self.line_start(line) : self.line_end(line)]

    def written_start(self, line: int) -> int:
        """Where what is written in ``line`` starts: after its blanks, or a byte order mark."""
        start, content = self.line_start(line), self.line(line)
        mark = len(BOM) if line == 0 and content.startswith(BOM) else 0
        return start + mark + len(content[mark:]) - len(content[mark:].lstrip(" \t\f"))

    # Positions

    def offset(self, position: Position, encoding: PositionEncoding) -> int:
        """The offset of an editor's position; past an end, that end."""
        if position.line >= self.line_count:
            return len(self.content)
        start, end = self.line_start(position.line), self.line_end(position.line)
        units = max(position.character, 0)
        line = self.content[start:end]
        if encoding is PositionEncoding.UTF32 or line.isascii():
            return min(start + units, end)
        codec, width = _CODEC[encoding]
        # "ignore" drops what is left of a character cut in two: the offset before it.
        return start + len(line.encode(codec)[: units * width].decode(codec, "ignore"))

    def position(self, offset: int, encoding: PositionEncoding) -> Position:
        """The editor's position of ``offset``."""
        offset = min(max(offset, 0), len(self.content))
        line = self.line_at(offset)
        before = self.content[self.line_start(line) : offset]
        codec, width = _CODEC[encoding]
        return Position(
            line, len(before) if before.isascii() else len(before.encode(codec)) // width
        )

    # Bytes

    def byte_offset(self, offset: int) -> int:
        """``offset`` in UTF-8 bytes."""
        line = self.line_at(offset)
        return self.lines.start_byte(line) + self._column(line, offset)

    def point(self, offset: int) -> tuple[int, int]:
        """``offset`` as (row, column in UTF-8 bytes)."""
        line = self.line_at(offset)
        return line, self._column(line, offset)

    def offset_of_byte(self, byte: int) -> int:
        """The offset of a UTF-8 byte; inside a character, that of the character."""
        byte = min(max(byte, 0), self.lines.bytes)
        line = self.lines.line_at_byte(byte)
        start, column = self.line_start(line), byte - self.lines.start_byte(line)
        content = self.content[start : self.lines.start(line + 1)]
        if content.isascii():
            return start + column
        return start + len(content.encode()[:column].decode("utf-8", "ignore"))

    def _column(self, line: int, offset: int) -> int:
        return utf8_length(self.content[self.line_start(line) : offset])

    # Edits

    def replace(self, start: int, end: int, new: str) -> Edit:
        """Put ``new`` in the place of ``[start, end)``, offsets clamped to the text."""
        new = well_formed(new)
        start = min(max(start, 0), len(self.content))
        end = min(max(end, start), len(self.content))
        from_place = self.byte_offset(start), self.point(start)
        edit = replacement(from_place, (self.byte_offset(end), self.point(end)), new)

        # The line before and the line after take part: the edit may join or part a "\r\n".
        first = max(self.line_at(start) - 1, 0)
        last = self.line_at(end) + 2
        region_start, region_end = self.line_start(first), self.line_start(last)
        region = self.content[region_start:start] + new + self.content[end:region_end]
        self.content = self.content[:start] + new + self.content[end:]
        self.lines.replace_lines(first, last, region)
        return edit
