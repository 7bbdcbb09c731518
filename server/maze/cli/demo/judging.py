"""Whether a file parses, by what every install has: this Python's own parser, and tree-sitter."""

from __future__ import annotations

import ast
import platform
from typing import Protocol

import attrs

from maze.document.languages import LANGUAGES
from maze.document.tree import SyntaxTree


@attrs.frozen
class Verdict:
    """What a parser says of a file.

    Attributes:
        parses: None where there is no parser to ask.
        error: the parser's words.
    """

    parses: bool | None
    error: str | None = None


class Judge(Protocol):
    """Parsers, by language."""

    def judge(self, language: str, content: str) -> Verdict:
        """The verdict on a whole file."""

    def name(self, language: str) -> str:
        """The parser's name and version; empty where there is none."""

    def close(self) -> None:
        """End what it started."""


class AtHand:
    """The parsers that come with Maze.

    tree-sitter recovers from errors and so lets some pass that a compiler does not: `scripts/demo`
    in Maze's repository asks the real parsers instead.
    """

    def judge(self, language: str, content: str) -> Verdict:
        """The verdict on a whole file."""
        return _by_python(content) if language == "python" else _by_tree_sitter(language, content)

    def name(self, language: str) -> str:
        """The parser's name and version."""
        return f"Python {platform.python_version()}" if language == "python" else "tree-sitter"

    def close(self) -> None:
        """Nothing was started."""


def _by_python(content: str) -> Verdict:
    try:
        ast.parse(content)
    except SyntaxError as error:
        return Verdict(False, f"{error.lineno}:{error.offset}: {error.msg}")
    return Verdict(True)


def _by_tree_sitter(language: str, content: str) -> Verdict:
    tree = SyntaxTree.parse(LANGUAGES[language], content.encode())
    return Verdict(None if tree is None else tree.sound)
