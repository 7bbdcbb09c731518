"""Texts with the cursor drawn in."""

from __future__ import annotations

from maze.document import Document

CURSOR = "│"


def drawn(text: str) -> tuple[str, int]:
    """The text without its cursor, and where that stands, in characters."""
    before, _, behind = text.partition(CURSOR)
    return before + behind, len(before)


def python(text: str) -> tuple[Document, int]:
    """A Python document with a cursor."""
    content, offset = drawn(text)
    return Document(content, "a.py"), offset


def typescript(text: str) -> tuple[Document, int]:
    """A TypeScript document with a cursor."""
    content, offset = drawn(text)
    return Document(content, "a.ts"), offset


def go(text: str) -> tuple[Document, int]:
    """A Go document with a cursor."""
    content, offset = drawn(text)
    return Document(content, "a.go"), offset


def zig(text: str) -> tuple[Document, int]:
    """A Zig document with a cursor."""
    content, offset = drawn(text)
    return Document(content, "a.zig"), offset
