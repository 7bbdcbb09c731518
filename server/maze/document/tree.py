"""Syntax trees by tree-sitter: parsed within a time, re-parsed after an edit, asked for errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from time import monotonic
from typing import Any

import attrs
from tree_sitter import Node, Parser, Tree, TreeCursor

from maze.document.languages import Language, tree_sitter_language
from maze.document.lent import let_go
from maze.document.text import Edit

PARSE_SECONDS = 5.0
"""A first parse of 2 MB takes 0.3 s; what takes longer than this is hardly source code."""

REPARSE_SECONDS = 1.0
"""A re-parse after an edit takes 10 ms in 2 MB, more only where there are 100,000 items."""

_MOST_PROBLEMS = 500
_CHUNK_BYTES = 4096
_LONE_CR = re.compile(rb"\r(?!\n)")


@attrs.frozen
class Problem:
    """A place where the text does not parse, in UTF-8 bytes: an ERROR or a MISSING node."""

    start: int
    end: int
    missing: bool


def source_bytes(content: str) -> bytes:
    """``content`` as tree-sitter gets it: UTF-8, a lone CR (a line break to editors) as LF."""
    source = content.encode()
    return _LONE_CR.sub(b"\n", source) if b"\r" in source else source


class SyntaxTree:
    """The tree of one state of a text; never changed."""

    def __init__(self, language: Language, source: bytes, tree: Tree) -> None:
        self.language = language
        self.source = source
        self._tree = tree

    @classmethod
    def parse(
        cls, language: Language, source: bytes, seconds: float = PARSE_SECONDS
    ) -> SyntaxTree | None:
        """The tree of ``source``, or None when that would take longer than ``seconds``."""
        return cls._parse(language, source, None, seconds)

    def edited(
        self, edits: list[Edit], source: bytes, seconds: float = REPARSE_SECONDS
    ) -> SyntaxTree | None:
        """The tree of ``source``, which ``edits`` make of this one's source; None as in `parse`."""
        return self._parse(self.language, source, self.moved(edits)._tree, seconds)

    def moved(self, edits: list[Edit]) -> SyntaxTree:
        """This tree with its nodes where ``edits`` have moved them, and nothing parsed again.

        Good for `items_between` alone: the source is still the old one.
        """
        tree = self._tree.copy()
        for edit in edits:
            tree.edit(*attrs.astuple(edit))
        return SyntaxTree(self.language, self.source, tree)

    def spliced(
        self, edit: Edit, new: bytes, seconds: float = REPARSE_SECONDS
    ) -> SyntaxTree | None:
        """The tree after one more edit that puts ``new`` in place."""
        return self.edited([edit], self.source_with(edit, new), seconds)

    def source_with(self, edit: Edit, new: bytes) -> bytes:
        """The source after an edit that puts ``new`` in place."""
        return self.source[: edit.start_byte] + new + self.source[edit.old_end_byte :]

    @property
    def root(self) -> Node:
        """The root node."""
        return self._tree.root_node

    @property
    def sound(self) -> bool:
        """Whether there is no ERROR or MISSING node at all."""
        return not self.root.has_error

    def problems(self, start: int = 0, end: int | None = None) -> list[Problem]:
        """ERROR and MISSING nodes that touch bytes ``start`` to ``end``, the outermost, in order.

        At most 500: what has more is not worth a closer look.
        """
        if self.sound:
            return []
        end = len(self.source) if end is None else end
        found: list[Problem] = []
        for problem in _problems(self.root.walk(), start, end):
            found.append(problem)
            if len(found) == _MOST_PROBLEMS:
                break
        return found

    def items(self) -> Iterator[Node]:
        """The top-level nodes, comments included."""
        cursor = self.root.walk()
        more = cursor.goto_first_child()
        while more:
            yield _node(cursor)
            more = cursor.goto_next_sibling()

    def items_between(self, start: int, end: int) -> list[Node]:
        """The top-level nodes that hold a byte of ``[start, end]`` or touch it, in order."""
        cursor = self.root.walk()
        if not _enter(cursor, max(start - 1, 0)):
            return []
        nodes = []
        while (node := _node(cursor)).start_byte <= end:
            if node.end_byte >= start:
                nodes.append(node)
            if not cursor.goto_next_sibling():
                break
        return nodes

    def path_to(self, byte: int) -> list[Node]:
        """The nodes that hold the character after ``byte``, from the root inwards."""
        cursor = self.root.walk()
        path = [self.root]
        while _enter(cursor, byte):
            node = _node(cursor)
            if node.start_byte > byte:
                break
            path.append(node)
        return path

    @classmethod
    def _parse(
        cls, language: Language, source: bytes, previous: Tree | None, seconds: float
    ) -> SyntaxTree | None:
        deadline = monotonic() + seconds
        # A first parse must name no previous tree, not even None.
        old: dict[str, Any] = {} if previous is None else {"old_tree": previous}
        grammar, lent = tree_sitter_language(language), list[bytes]()

        def read(byte: int, _: object) -> bytes:
            lent.append(source[byte : byte + _CHUNK_BYTES])
            return lent[-1]

        try:
            tree = Parser(grammar).parse(
                read, **old, progress_callback=lambda _, __: monotonic() > deadline
            )
        except ValueError:  # cancelled by the progress callback
            return None
        finally:
            let_go(lent, grammar)
        return cls(language, source, tree)


def rows_of(node: Node) -> tuple[int, int]:
    """First and last row that ``node`` has a character in; a line break that ends it is in its row."""
    (first, _), (last, column) = node.start_point, node.end_point
    return first, last - 1 if column == 0 and last > first else last


def _node(cursor: TreeCursor) -> Node:
    node = cursor.node
    assert node is not None
    return node


def _problems(cursor: TreeCursor, start: int, end: int) -> Iterator[Problem]:
    """Walk only into subtrees that have an error and touch the range."""
    depth = 0
    while True:
        node = _node(cursor)
        touches = node.start_byte <= end and node.end_byte >= start
        if touches and (node.is_error or node.is_missing):
            yield Problem(node.start_byte, node.end_byte, node.is_missing)
        elif touches and node.has_error and _enter(cursor, max(start - 1, 0)):
            depth += 1
            continue
        while node.start_byte > end or not cursor.goto_next_sibling():
            if depth == 0:
                return
            cursor.goto_parent()
            depth -= 1
            node = _node(cursor)


def _enter(cursor: TreeCursor, byte: int) -> bool:
    """Move to the first child that ends behind ``byte``; False and no move without one."""
    if cursor.goto_first_child_for_byte(byte) is not None:
        return True
    # tree-sitter misses it when a hidden node ends between it and ``byte``.
    if not cursor.goto_first_child():
        return False
    while _node(cursor).end_byte <= byte:
        if not cursor.goto_next_sibling():
            cursor.goto_parent()
            return False
    return True
