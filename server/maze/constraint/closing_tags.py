"""Tokens that would close an element by another name than its own (see `maze.grammar.pairing`).

Where a closing tag is under way, what may come is known: the rest of the right tag, or a part of it. Few tokens are
that. Elsewhere few tokens hold a closing tag, and those of them that may come are read.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence

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
        self._tokens = [token or b"" for token in tokens]
        self._sorted = sorted(range(len(tokens)), key=self._tokens.__getitem__)
        mark = names.pairing.closing_mark
        self._telling = np.array(
            [number for number, token in enumerate(self._tokens) if mark in token], dtype=np.int64
        )
        # What makes a mark a closing one, and all tokens that begin with it, as a bitmask.
        self._second = mark.removeprefix(names.pairing.mark)
        self._closing = self._bitmask(self._beginning(self._second))
        self._rest_known: OrderedDict[tuple[Position, Open], np.ndarray] = OrderedDict()
        self._told: OrderedDict[tuple[Position, Open], dict[int, bool]] = OrderedDict()

    def less_misnamed(self, mask: np.ndarray, position: Position, opened: Open) -> np.ndarray:
        """A mask less the tokens that misname what they close.

        Args:
            mask: int32 [ceil(V / 32)], tokens that lexer and parser take.
            position: where the lexer stands.
            opened: what is open there; `names` is not empty.
        """
        less: np.ndarray
        if self._names.closing(position):
            less = mask & self._rest(position, opened)
        elif self._may_close(position, opened):
            less = mask & (self._rest(position, opened) | ~self._closing)
        else:
            less = mask
        return self._less_telling(less, position, opened)

    def _may_close(self, position: Position, opened: Open) -> bool:
        """Whether a mark has been read that what comes may make a closing one."""
        if not opened.begun.endswith(self._names.pairing.mark):
            return False
        return self._names.closes(position, self._second)

    def _rest(self, position: Position, opened: Open) -> np.ndarray:
        """The tokens that are a part of the rest of the right tag, or begin with it, as a bitmask."""
        key = position, opened
        kept = self._rest_known.pop(key, None)
        if kept is None:
            whole, *_ = self._names.closers(opened)
            fits = whole.startswith(opened.begun)
            kept = self._bitmask(self._along(whole[len(opened.begun) :]) if fits else ())
        self._rest_known[key] = kept
        if len(self._rest_known) > _KEPT:
            self._rest_known.popitem(last=False)
        return kept

    def _along(self, rest: bytes) -> Iterator[int]:
        """Ids of the tokens that a text begins with, or that begin with it."""
        for end in range(1, len(rest)):
            at = self._place(rest[:end])
            while at < len(self._sorted) and self._tokens[self._sorted[at]] == rest[:end]:
                yield self._sorted[at]
                at += 1
        yield from self._beginning(rest)

    def _beginning(self, text: bytes) -> Iterator[int]:
        """Ids of the tokens that begin with a text."""
        at = self._place(text)
        while at < len(self._sorted) and self._tokens[self._sorted[at]].startswith(text):
            yield self._sorted[at]
            at += 1

    def _place(self, text: bytes) -> int:
        return bisect_left(self._sorted, text, key=self._tokens.__getitem__)

    def _bitmask(self, numbers: Iterable[int]) -> np.ndarray:
        bits = np.zeros((len(self._tokens) + 31) // 32 * 32, dtype=np.uint8)
        bits[list(numbers)] = 1
        return np.packbits(bits, bitorder="little").view(np.int32)

    def _less_telling(self, mask: np.ndarray, position: Position, opened: Open) -> np.ndarray:
        """A mask less the tokens that hold a closing tag with the wrong name."""
        come = self._telling[mask[self._telling >> 5] >> (self._telling & 31) & 1 == 1]
        key = position, opened
        told = self._told.pop(key, None) or {}
        wrong = []
        for number in come.tolist():
            fits = told.get(number)
            if fits is None:
                read = self._names.read(opened, position, self._tokens[number], generating=True)
                fits = told[number] = read is not None
            if not fits:
                wrong.append(number)
        self._told[key] = told
        if len(self._told) > _KEPT:
            self._told.popitem(last=False)
        return mask & ~self._bitmask(wrong) if wrong else mask
