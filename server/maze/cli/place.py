"""A cursor as people write it: FILE:LINE:COLUMN."""

from __future__ import annotations

from pathlib import Path

import attrs

from maze.cli.errors import CliError
from maze.document import Document


@attrs.frozen
class Place:
    """A cursor in a file.

    Attributes:
        file: the file.
        line: counted from 1.
        column: counted from 1, in characters; 1 is before the first. None is the line's end.
    """

    file: Path
    line: int
    column: int | None = None

    @classmethod
    def parse(cls, text: str) -> Place:
        """The place that `text` names.

        Raises:
            CliError: it names none.
        """
        file, numbers = text, list[int]()
        while len(numbers) < 2:
            head, colon, tail = file.rpartition(":")
            if not (colon and head and tail.isascii() and tail.isdigit()):
                break
            file, numbers = head, [int(tail), *numbers]
        if not numbers:
            raise CliError(f"{text} names no line; write FILE:LINE:COLUMN, as in main.py:12:5")
        if 0 in numbers:
            raise CliError(f"{text}: lines and columns are counted from 1")
        return cls(Path(file), *numbers)

    def read(self) -> Document:
        """The document in the file.

        Raises:
            CliError: it can not be read.
        """
        try:
            return Document.read(self.file)
        except FileNotFoundError:
            raise CliError(f"there is no file {self.file}; check its path") from None
        except IsADirectoryError:
            raise CliError(f"{self.file} is a folder; give the path of a file in it") from None
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            raise CliError(f"{self.file} cannot be read ({reason})") from None

    def offset(self, document: Document) -> int:
        """Where the cursor is in `document`, in characters.

        Raises:
            CliError: there is no such line or column.
        """
        text = document.text
        lines = len(text.lines)
        if self.line > lines:
            raise CliError(f"{self.file} has {_count(lines, 'line')}; there is no line {self.line}")
        start, end = text.line_start(self.line - 1), text.line_end(self.line - 1)
        if self.column is None:
            return end
        if self.column > end - start + 1:
            raise CliError(
                f"line {self.line} of {self.file} has {_count(end - start, 'character')}; "
                f"the last column is {end - start + 1}"
            )
        return start + self.column - 1


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
