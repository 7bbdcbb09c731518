"""One open document: its text, its language and its syntax tree, kept together through edits."""

from __future__ import annotations

from pathlib import Path, PurePath

from maze.document.detect import SAMPLE_CHARS, Detection, detect
from maze.document.languages import Language
from maze.document.text import Edit, Text, read_text
from maze.document.tree import SyntaxTree, source_bytes

MAX_CHARS = 4_000_000
"""Larger documents get no suggestions."""


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

    def replace(self, start: int, end: int, new: str) -> None:
        """Put ``new`` in the place of the characters ``[start, end)``."""
        touches_sample = start < SAMPLE_CHARS
        edit = self.text.replace(start, end, new)
        self._edits.append(edit)
        undecided = self._detection is not None and self._detection.language is None
        if touches_sample and (undecided or "\0" in new):
            self._forget()

    def reset(self, content: str) -> None:
        """The text is ``content`` from now on."""
        self.text = Text(content)
        self._forget()

    def _forget(self) -> None:
        self._detection = None
        self._tree, self._parsed = None, False
        self._edits.clear()
