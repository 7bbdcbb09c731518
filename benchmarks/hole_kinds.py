"""Holes to cut into real files: the spans a person may just be about to write.

A hole is a span of characters of a file; the cursor stands where it began and the span is gone.
Four kinds, asked for in equal share:

    token   from inside an identifier, number, string or operator to its end
    line    from anywhere in a line to its end
    lines   one to five whole lines; an empty one is left, half of the time indented
    body    all statements of a function
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import tree_sitter

from maze.document.languages import LANGUAGES, Language, tree_sitter_language


@dataclass(frozen=True)
class Hole:
    """A span `text[start:end]`, in characters, that is removed from a file's text."""

    kind: str
    start: int
    end: int

    def prefix(self, text: str) -> str:
        """The text before the cursor."""
        return text[: self.start]

    def suffix(self, text: str) -> str:
        """The text after the cursor."""
        return text[self.end :]


# Kinds of tree-sitter nodes whose field `body` is a block of statements.
FUNCTIONS = {
    "python": frozenset({"function_definition"}),
    "go": frozenset({"function_declaration", "method_declaration", "func_literal"}),
    "zig": frozenset({"function_declaration"}),
    "rust": frozenset({"function_item"}),
    "typescript": frozenset(
        {
            "function_declaration",
            "function_expression",
            "generator_function_declaration",
            "generator_function",
            "arrow_function",
            "method_definition",
        }
    ),
}
FUNCTIONS["tsx"] = FUNCTIONS["javascript"] = FUNCTIONS["typescript"]


def nodes(utf8: bytes, language: Language) -> Iterator[tree_sitter.Node]:
    """All nodes of a text's tree, parents first, in the order of the text."""
    cursor = tree_sitter.Parser(tree_sitter_language(language)).parse(utf8).walk()
    while True:
        if cursor.node is not None:
            yield cursor.node
        if cursor.goto_first_child() or cursor.goto_next_sibling():
            continue
        while cursor.goto_parent():
            if cursor.goto_next_sibling():
                break
        else:
            return


class Text:
    """A file's text with what the kinds need to know of it, found when first asked for."""

    def __init__(self, text: str, language: str) -> None:
        self.text = text
        self._language = LANGUAGES[language]
        self._functions = FUNCTIONS[language]

    @cached_property
    def lines(self) -> list[tuple[int, int]]:
        """The span of each line, in characters, without its line end."""
        return [match.span() for match in re.finditer(r"[^\r\n]+", self.text)]

    @cached_property
    def tokens(self) -> list[tuple[int, int]]:
        """The spans of leaves of the tree that have an inside, in characters."""
        return [
            span for node in self._nodes() if not node.child_count and (span := self._inside(node))
        ]

    @cached_property
    def bodies(self) -> list[tuple[int, int]]:
        """The spans of functions' statements, in characters."""
        bodies = []
        block = self._language.block
        for node in self._nodes():
            body = node.child_by_field_name("body")
            if node.type in self._functions and body is not None and body.type == block:
                start, end = self._characters(body)
                if self._language.block_in_braces:
                    start, end = start + 1, end - 1
                start, end = _trimmed(self.text, start, end)
                if start < end:
                    bodies.append((start, end))
        return bodies

    def _nodes(self) -> Iterator[tree_sitter.Node]:
        return nodes(self._utf8, self._language)

    @cached_property
    def _utf8(self) -> bytes:
        return self.text.encode("utf-8", errors="surrogatepass")

    def _characters(self, node: tree_sitter.Node) -> tuple[int, int]:
        if len(self._utf8) == len(self.text):
            return node.start_byte, node.end_byte
        before = len(self._utf8[: node.start_byte].decode("utf-8", errors="replace"))
        inside = self._utf8[node.start_byte : node.end_byte].decode("utf-8", errors="replace")
        return before, before + len(inside)

    def _inside(self, node: tree_sitter.Node) -> tuple[int, int] | None:
        return None if node.end_byte - node.start_byte < 2 else self._characters(node)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    span = text[start:end]
    return start + len(span) - len(span.lstrip()), end - (len(span) - len(span.rstrip()))


def _token(source: Text, chance: random.Random) -> Hole | None:
    spans = [(start, end) for start, end in source.tokens if end - start > 1]
    if not spans:
        return None
    start, end = chance.choice(spans)
    return Hole("token", chance.randrange(start + 1, end), end)


def _line(source: Text, chance: random.Random) -> Hole | None:
    if not source.lines:
        return None
    start, end = chance.choice(source.lines)
    return Hole("line", chance.randrange(start, end), end)


def _lines(source: Text, chance: random.Random) -> Hole | None:
    if not source.lines:
        return None
    first = chance.randrange(len(source.lines))
    last = min(first + chance.randint(1, 5), len(source.lines)) - 1
    start, end = source.lines[first][0], source.lines[last][1]
    if chance.random() < 0.5:
        start = _trimmed(source.text, start, source.lines[first][1])[0]
    return Hole("lines", start, max(start, end))


def _body(source: Text, chance: random.Random) -> Hole | None:
    return Hole("body", *chance.choice(source.bodies)) if source.bodies else None


KINDS: dict[str, Callable[[Text, random.Random], Hole | None]] = {
    "token": _token,
    "line": _line,
    "lines": _lines,
    "body": _body,
}


def cut(kind: str, language: str, text: str, chance: random.Random) -> Hole | None:
    """A hole of that kind somewhere in the text; None where the text has no place for one."""
    return KINDS[kind](Text(text, language), chance)
