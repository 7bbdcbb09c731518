"""One open document: its text, its language and its syntax tree, kept together through edits."""

from __future__ import annotations

import re
from pathlib import Path, PurePath

import attrs

from maze.document.detect import SAMPLE_CHARS, Detection, detect
from maze.document.languages import Language
from maze.document.splices import Splices
from maze.document.stand_in import Reading, read_around
from maze.document.text import Edit, Text, read_text
from maze.document.tree import SyntaxTree, source_bytes

MAX_CHARS = 4_000_000
"""Larger documents get no suggestions."""

LARGE_CHARS = 200_000
"""In larger documents, only the items around the cursor are parsed with each keystroke: with
thousands of items, even an incremental parse of the whole takes 0.1 s."""

_NEAR_BYTES = 2_000
_HEAD_CHARS = 10_000
_MOST_EDITS = 200
_BREAK = re.compile(r"[\r\n]")


@attrs.frozen
class Part:
    """The tree of some lines of a document, or of all.

    Attributes:
        tree: rows and bytes are counted from the part's start.
        first_line: the document's line that is the tree's row 0.
    """

    tree: SyntaxTree
    first_line: int


class Document:
    """A text under edit.

    The tree is brought up to date when it is asked for, not with each edit.

    Args:
        content: the whole text.
        path: file path or URI; empty for an unnamed buffer.
        editor_id: what the editor takes the language for.
        title: the path as it is shown to a model; None takes the file's name.
    """

    def __init__(
        self, content: str, path: str = "", editor_id: str = "", title: str | None = None
    ) -> None:
        self.text = Text(content)
        self.path = path
        self.title = PurePath(path).name if title is None else title
        self._editor_id = editor_id
        self._detection: Detection | None = None
        self._tree: SyntaxTree | None = None
        self._parsed = False
        self._edits: list[Edit] = []
        self._near: tuple[int, Part | None] | None = None
        self._reading: tuple[int, Reading | None] | None = None
        self._splices = Splices()

    @classmethod
    def read(cls, path: Path) -> Document:
        """The document in a file.

        Raises:
            OSError: the file can not be read.
        """
        return cls(read_text(path), str(path))

    def fork(self) -> Document:
        """A document in the same state, whose edits leave this one alone."""
        other = Document("", self.path, self._editor_id, self.title)
        other.text = self.text.copy()
        other._detection, other._tree, other._parsed = self.detection, self.tree, True
        return other

    @property
    def editor_id(self) -> str:
        """What the editor takes the language for."""
        return self._editor_id

    def take_for(self, detection: Detection) -> None:
        """Make it a document of this language, whatever its text looks like."""
        self._detection = detection

    @property
    def detection(self) -> Detection:
        """The language, or why there is none."""
        if len(self.text) > MAX_CHARS:
            return Detection(None, f"the file has more than {MAX_CHARS:,} characters")
        if self._detection is None:
            self._detection = detect(self.path, self.text.content, self._editor_id)
        return self._detection

    @property
    def language(self) -> Language | None:
        """The language, if it is one of ours."""
        return self.detection.language

    @property
    def tree(self) -> SyntaxTree | None:
        """The tree of the text as it stands; None without a language or when it took too long."""
        language = self.language
        if language is None:
            return None
        if not self._parsed:
            self._tree = SyntaxTree.parse(language, source_bytes(self.text.content))
        elif self._edits and self._tree is not None:
            source = source_bytes(self.text.content)
            # A text that can not be parsed in time is given up for good, not with each keystroke.
            self._tree = self._tree.edited(self._edits, source) or SyntaxTree.parse(
                language, source
            )
        self._parsed = True
        self._edits.clear()
        return self._tree

    def part_at(self, offset: int) -> Part | None:
        """The tree around ``offset``: the whole one, or in a large document that of the items near.

        None without a language, or when a parse took too long.
        """
        if self._is_large and self.language is not None:
            line = self.text.line_at(offset)
            if self._near is None or self._near[0] != line:
                self._near = line, self._part_near(self.language, offset)
            return self._near[1]
        return Part(self.tree, 0) if self.tree else None

    def reading_at(self, offset: int) -> Reading | None:
        """The text around ``offset`` with its line made whole; None as in `part_at`."""
        line = self.text.line_at(offset)
        if self._reading is None or self._reading[0] != line:
            self._reading = line, self._read_around(line, self.part_at(offset))
        return self._reading[1]

    def _read_around(self, line: int, part: Part | None) -> Reading | None:
        if part is None:
            return None
        self._splices.only_for(line)
        return read_around(self.text, line, part.tree, part.first_line, self._splices)

    def head(self) -> SyntaxTree | None:
        """The tree of the document's first lines, at least."""
        if not self._is_large:
            return self.tree
        if self.language is None:
            return None
        end = self.text.line_start(self.text.line_at(_HEAD_CHARS))
        return SyntaxTree.parse(self.language, source_bytes(self.text.content[:end]), seconds=0.1)

    def replace(self, start: int, end: int, new: str) -> None:
        """Put ``new`` in the place of the characters ``[start, end)``."""
        touches_sample = start < SAMPLE_CHARS
        line = self.text.line_at(start)
        within = self.text.line_at(end) == line and not _BREAK.search(new)
        self._splices.only_for(line if within else None)
        edit = self.text.replace(start, end, new)
        self._edits.append(edit)
        self._near = self._reading = None
        undecided = self._detection is not None and self._detection.language is None
        if touches_sample and (undecided or "\0" in new):
            self._forget()

    def reset(self, content: str) -> None:
        """The text is ``content`` from now on."""
        self.text = Text(content)
        self._forget()

    @property
    def _is_large(self) -> bool:
        return len(self.text) > LARGE_CHARS

    def _part_near(self, language: Language, offset: int) -> Part | None:
        lines = self._lines_near(offset)
        if lines is None:
            return Part(self.tree, 0) if self.tree else None
        first, last = lines
        near = self.text.content[self.text.line_start(first) : self.text.line_start(last + 1)]
        tree = SyntaxTree.parse(language, source_bytes(near), seconds=0.2)
        return Part(tree, first) if tree else None

    def _lines_near(self, offset: int) -> tuple[int, int] | None:
        """First and last line of the top-level items near ``offset``; None when they are too long.

        By the tree as it was last parsed, its nodes moved by the edits since: a tree of the whole
        knows which lines are in the middle of a string.
        """
        outline = self._tree if self._parsed and len(self._edits) < _MOST_EDITS else self.tree
        if outline is None:
            return None
        lines, byte = self.text.lines, self.text.byte_offset(offset)
        start, end = max(byte - _NEAR_BYTES, 0), min(byte + _NEAR_BYTES, lines.bytes)
        for node in outline.moved(self._edits).items_between(start, end):
            start, end = min(start, node.start_byte), max(end, node.end_byte)
        if end - start > LARGE_CHARS:
            return None
        return self._whole_lines(self.text.offset_of_byte(start), self.text.offset_of_byte(end))

    def _whole_lines(self, start: int, end: int) -> tuple[int, int]:
        """The lines of ``[start, end)``, but for one at either end that other text shares."""
        text = self.text
        first, last = text.line_at(start), text.line_at(end)
        if first < last and text.content[text.line_start(first) : start].strip():
            first += 1
        if first < last and text.content[end : text.line_end(last)].strip():
            last -= 1
        return first, last

    def _forget(self) -> None:
        self._detection = None
        self._tree, self._parsed = None, False
        self._near = self._reading = None
        self._splices.only_for(None)
        self._edits.clear()
