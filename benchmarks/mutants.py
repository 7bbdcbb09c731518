"""Single-token mutations of source text: the mistakes a suggestion must not make.

A mutation is named by what it happens to and how: `bracket deleted`, `keyword swapped`. Tokens are the
leaves of the tree-sitter tree, so this works for every language in the registry and knows none.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import tree_sitter

from benchmarks.hole_kinds import nodes
from maze.document.languages import Language

_BRACKETS = frozenset("()[]{}")
_SEPARATORS = frozenset({",", ";", ":", "."})
_WORD = re.compile(rb"[^\W\d]\w*")
_NUMBER = re.compile(rb"\d[\w.]*")

_HOW = {
    "bracket": ("deleted", "doubled", "swapped"),
    "operator": ("deleted", "doubled", "swapped"),
    "separator": ("deleted", "doubled", "swapped"),
    "keyword": ("deleted", "doubled", "swapped"),
    "name": ("deleted", "doubled", "swapped"),
    "number": ("deleted", "doubled", "swapped"),
    "quote": ("deleted", "doubled"),
    "neighbours": ("exchanged",),
    "line break": ("deleted", "inserted"),
    "indentation": ("changed",),
}

KINDS = tuple(f"{what} {how}" for what, ways in _HOW.items() for how in ways)


@dataclass(frozen=True)
class Mutant:
    """A text with one token changed, and where: `start` is an offset in bytes."""

    kind: str
    text: bytes
    start: int

    @property
    def line(self) -> int:
        """The number of the changed line, from 1."""
        return self.text.count(b"\n", 0, self.start) + 1

    @property
    def changed_line(self) -> str:
        """The changed line as it now is."""
        first = self.text.rfind(b"\n", 0, self.start) + 1
        last = self.text.find(b"\n", self.start)
        return self.text[first : last if last >= 0 else None].decode(errors="replace").strip()


@dataclass(frozen=True)
class _Token:
    what: str
    start: int
    end: int


class Mutable:
    """A text cut into tokens.

    Args:
        text: UTF-8.
        language: what it is written in.
        keywords: the language's keywords, to swap others for.
    """

    def __init__(self, text: bytes, language: Language, keywords: Sequence[bytes]) -> None:
        self._text = text
        self._language = language
        self._keywords = keywords

    def mutant(self, kind: str, chance: random.Random) -> Mutant | None:
        """The text with one mutation of that kind; None where nothing there can be so changed."""
        what, how = kind.rsplit(" ", 1)
        match what:
            case "neighbours":
                return self._exchanged(kind, chance)
            case "line break" if how == "inserted":
                places = self._tokens
            case "line break":
                places = self._matches(what, rb"[ \t]*\r?\n")
            case "indentation":
                places = self._matches(what, rb"(?m)^[ \t]+(?=[^ \t\r\n])")
            case _:
                places = [token for token in self._tokens if token.what == what]
        if not places:
            return None
        token = chance.choice(places)
        old = self._text[token.start : token.end]
        new = self._instead(token, old, how, chance)
        if new == old:
            return None
        text = self._text[: token.start] + new + self._text[token.end :]
        return Mutant(kind, text, token.start)

    def _instead(self, token: _Token, old: bytes, how: str, chance: random.Random) -> bytes:
        match how:
            case "deleted":
                return b" " if token.what == "line break" else b""
            case "inserted":
                return b"\n" + old
            case "changed":
                return old + b"  " if chance.random() < 0.5 else old[1:]
            case "doubled":
                return old + b" " + old if token.what in ("name", "keyword", "number") else old * 2
        if token.what in ("keyword", "name"):
            return chance.choice(self._keywords)
        if token.what == "bracket":
            return chance.choice(sorted(_BRACKETS - {old.decode()})).encode()
        others = ("operator", "separator", "bracket") if token.what == "number" else (token.what,)
        texts = {self._text[t.start : t.end] for t in self._tokens if t.what in others}
        return chance.choice(sorted(texts | {b":", b"="}))

    def _exchanged(self, kind: str, chance: random.Random) -> Mutant | None:
        if len(self._tokens) < 2:
            return None
        at = chance.randrange(len(self._tokens) - 1)
        one, other = self._tokens[at], self._tokens[at + 1]
        text = self._text
        first, between = text[one.start : one.end], text[one.end : other.start]
        second = text[other.start : other.end]
        if first == second or b"\n" in between:
            return None
        changed = second + between + first
        return Mutant(kind, text[: one.start] + changed + text[other.end :], one.start)

    def _matches(self, what: str, pattern: bytes) -> list[_Token]:
        return [_Token(what, *match.span()) for match in re.finditer(pattern, self._text)]

    @cached_property
    def _tokens(self) -> list[_Token]:
        return list(self._leaves())

    def _leaves(self) -> Iterator[_Token]:
        for node in nodes(self._text, self._language):
            if not node.child_count and node.end_byte > node.start_byte:
                what = _what(node, self._text[node.start_byte : node.end_byte])
                if what is not None:
                    yield _Token(what, node.start_byte, node.end_byte)


def _what(node: tree_sitter.Node, text: bytes) -> str | None:
    """What a leaf is; None for text that is not code."""
    if "comment" in node.type or b"\n" in text:
        return None
    if node.is_named:
        if _NUMBER.fullmatch(text):
            return "number"
        inside_text = "string" in node.type or "content" in node.type or "text" in node.type
        return "name" if _WORD.fullmatch(text) and not inside_text else None
    decoded = text.decode(errors="replace")
    if decoded in _BRACKETS:
        return "bracket"
    if decoded in _SEPARATORS:
        return "separator"
    if text.strip(b"\"'`") == b"":
        return "quote"
    return "keyword" if _WORD.fullmatch(text) else "operator"
