"""Where the lines of a text start, kept up to date while it is edited.

A gap buffer: the starts before the last edit are kept as distances from the
beginning, those after it as distances from the end, so that an edit near the
last one moves no other entry. Typing in a 2 MB file costs the line it is in.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right

_LINE_BREAK = re.compile(r"\r\n|\r|\n")


def line_starts(text: str) -> list[int]:
    """Offsets in characters right after each line break (``\\n``, ``\\r\\n`` or a lone ``\\r``)."""
    if "\r" in text:
        return [match.end() for match in _LINE_BREAK.finditer(text)]
    starts = []
    at = text.find("\n")
    while at != -1:
        starts.append(at + 1)
        at = text.find("\n", at + 1)
    return starts


def utf8_length(text: str) -> int:
    """Length of ``text`` in UTF-8, in bytes."""
    return len(text) if text.isascii() else len(text.encode())


class LineIndex:
    """Line starts of one text, as (characters, UTF-8 bytes) pairs."""

    def __init__(self, text: str) -> None:
        self.chars = 0
        self.bytes = 0
        self._head_chars = [0]
        self._head_bytes = [0]
        # Distances from the end of the text; the last entry is the first line after the gap.
        self._tail_chars: list[int] = []
        self._tail_bytes: list[int] = []
        self._append(text)

    def copy(self) -> LineIndex:
        """An independent copy; costs one entry per line."""
        other = LineIndex("")
        other.chars, other.bytes = self.chars, self.bytes
        other._head_chars, other._head_bytes = self._head_chars[:], self._head_bytes[:]
        other._tail_chars, other._tail_bytes = self._tail_chars[:], self._tail_bytes[:]
        return other

    def __len__(self) -> int:
        return len(self._head_chars) + len(self._tail_chars)

    def start(self, line: int) -> int:
        """Offset in characters where ``line`` starts; past the end, the text's length."""
        if line < len(self._head_chars):
            return self._head_chars[line]
        behind = len(self) - 1 - line
        return self.chars - self._tail_chars[behind] if behind >= 0 else self.chars

    def start_byte(self, line: int) -> int:
        """Offset in UTF-8 bytes where ``line`` starts; past the end, the text's length."""
        if line < len(self._head_bytes):
            return self._head_bytes[line]
        behind = len(self) - 1 - line
        return self.bytes - self._tail_bytes[behind] if behind >= 0 else self.bytes

    def line_at(self, offset: int) -> int:
        """The line that holds the character offset ``offset``."""
        if not self._tail_chars or offset < self.chars - self._tail_chars[-1]:
            return bisect_right(self._head_chars, offset) - 1
        return len(self) - 1 - bisect_left(self._tail_chars, self.chars - offset)

    def line_at_byte(self, offset: int) -> int:
        """The line that holds the byte offset ``offset``."""
        if not self._tail_bytes or offset < self.bytes - self._tail_bytes[-1]:
            return bisect_right(self._head_bytes, offset) - 1
        return len(self) - 1 - bisect_left(self._tail_bytes, self.bytes - offset)

    def replace_lines(self, first: int, last: int, text: str) -> None:
        """Lines ``first`` up to and without ``last`` are ``text`` from now on."""
        self._move_gap(last)
        tail_chars = self._tail_chars[-1] if self._tail_chars else 0
        tail_bytes = self._tail_bytes[-1] if self._tail_bytes else 0
        self.chars = self._head_chars[first]
        self.bytes = self._head_bytes[first]
        del self._head_chars[first + 1 :]
        del self._head_bytes[first + 1 :]
        self._append(text)
        if self._tail_chars:
            # ``text`` ends in a line break: the line that it starts is the tail's first one.
            self._head_chars.pop()
            self._head_bytes.pop()
        self.chars += tail_chars
        self.bytes += tail_bytes

    def _append(self, text: str) -> None:
        """Add ``text`` at the gap, its line starts to the head."""
        starts = line_starts(text)
        self._head_chars.extend(self.chars + start for start in starts)
        if text.isascii():
            self._head_bytes.extend(self.bytes + start for start in starts)
            self.bytes += len(text)
        else:
            for begin, end in zip([0, *starts], [*starts, len(text)], strict=True):
                self.bytes += utf8_length(text[begin:end])
                self._head_bytes.append(self.bytes)
            self._head_bytes.pop()
        self.chars += len(text)

    def _move_gap(self, line: int) -> None:
        """Make ``line`` the first entry of the tail (or empty the tail, when past the end)."""
        while len(self._head_chars) > line:
            self._tail_chars.append(self.chars - self._head_chars.pop())
            self._tail_bytes.append(self.bytes - self._head_bytes.pop())
        while len(self._head_chars) < line and self._tail_chars:
            self._head_chars.append(self.chars - self._tail_chars.pop())
            self._head_bytes.append(self.bytes - self._tail_bytes.pop())
