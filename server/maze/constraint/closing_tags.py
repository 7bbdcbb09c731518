"""Tokens that would close an element by another name than its own (see `maze.grammar.pairing`).

Where a closing tag is under way, few tokens go on with it, and they are looked up. Elsewhere few tokens hold a closing
tag, or go on with a mark that may become one, and each of them is read.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from maze.grammar.lexer import Position
from maze.grammar.pairing import Names, Open

_KEPT = 256


class ClosingTags:
    """Takes misnaming tokens out of masks, for one language and vocabulary.

    Args:
        names: the language's names.
        tokens: the model's tokens as bytes, by id.
    """

    def __init__(self, names: Names, tokens: Sequence[bytes | None]) -> None:
        self._names = names
        self._tokens = tokens
        self._known: OrderedDict[tuple[Position, Open], np.ndarray] = OrderedDict()

    def less_misnamed(self, mask: np.ndarray, position: Position, opened: Open) -> np.ndarray:
        """A mask less the tokens that misname what they close.

        Args:
            mask: int32 [ceil(V / 32)].
            position: where the lexer stands.
            opened: what is open there; `names` is not empty.
        """
        key = position, opened
        kept = self._known.pop(key, None)
        if kept is None:
            asked = self._names.closing(position)
            kept = (
                self._rightly_named(position, opened) if asked else self._others(position, opened)
            )
        self._known[key] = kept
        if len(self._known) > _KEPT:
            self._known.popitem(last=False)
        less: np.ndarray = mask & kept
        return less

    def _rightly_named(self, position: Position, opened: Open) -> np.ndarray:
        """All that may come where a closing tag is under way, as a bitmask."""
        whole, *_ = self._names.closers(opened)
        first = (
            whole[len(opened.begun) : len(opened.begun) + 1]
            if whole.startswith(opened.begun)
            else b""
        )
        bits = np.zeros(self._words * 32, dtype=np.uint8)
        for number in self._by_first_byte.get(first, ()):
            if self._fits(number, position, opened):
                bits[number] = 1
        return np.packbits(bits, bitorder="little").view(np.int32)

    def _others(self, position: Position, opened: Open) -> np.ndarray:
        """All but the tokens that misname what they close, as a bitmask."""
        bits = np.ones(self._words * 32, dtype=np.uint8)
        for number in self._telling:
            if not self._fits(number, position, opened):
                bits[number] = 0
        return np.packbits(bits, bitorder="little").view(np.int32)

    def _fits(self, number: int, position: Position, opened: Open) -> bool:
        token = self._tokens[number]
        if token is None or not self._names.lexes(position, token):
            return True  # that is the other masks' affair
        return self._names.read(opened, position, token, generating=True) is not None

    @property
    def _words(self) -> int:
        return (len(self._tokens) + 31) // 32

    @cached_property
    def _telling(self) -> list[int]:
        """Ids of the tokens that hold the mark of a closing tag, or begin with the second half of one."""
        mark = self._names.pairing.closing_mark
        rests = tuple(mark[at:] for at in range(1, len(mark)))
        return [
            number
            for number, token in enumerate(self._tokens)
            if token is not None and (mark in token or token.startswith(rests))
        ]

    @cached_property
    def _by_first_byte(self) -> dict[bytes, list[int]]:
        found: dict[bytes, list[int]] = {}
        for number, token in enumerate(self._tokens):
            if token:
                found.setdefault(token[:1], []).append(number)
        return found
