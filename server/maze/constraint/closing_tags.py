"""Tokens that would close an element by another name than its own (see `maze.grammar.pairing`).

Where a closing tag is under way, what may come is known: the rest of the right tag, or a part of it. Few tokens are
that. Elsewhere few tokens hold a closing tag, and those of them that may come are read.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from maze.grammar.lexer import Position
from maze.grammar.pairing import Names, Open

from .spellings import Spellings

_KEPT = 256


class ClosingTags:
    """Takes misnaming tokens out of masks, for one language and vocabulary.

    Args:
        names: the language's names.
        tokens: the model's tokens as bytes, by id.
        spellings: the same tokens in order.
    """

    def __init__(self, names: Names, tokens: Sequence[bytes | None], spellings: Spellings) -> None:
        self._names = names
        self._tokens = tokens
        self._spellings = spellings
        mark = names.pairing.closing_mark
        telling = (number for number, token in enumerate(tokens) if token and mark in token)
        self._telling = np.fromiter(telling, dtype=np.int64)
        # What makes a mark a closing one, and all tokens that begin with it, as a bitmask.
        self._second = mark.removeprefix(names.pairing.mark)
        self._closing = spellings.mask(spellings.beginning(self._second))
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
            spellings = self._spellings
            kept = spellings.mask(spellings.agreeing(whole[len(opened.begun) :]) if fits else [])
        self._rest_known[key] = kept
        if len(self._rest_known) > _KEPT:
            self._rest_known.popitem(last=False)
        return kept

    def _less_telling(self, mask: np.ndarray, position: Position, opened: Open) -> np.ndarray:
        """A mask less the tokens that hold a closing tag with the wrong name."""
        come = self._telling[mask[self._telling >> 5] >> (self._telling & 31) & 1 == 1]
        key = position, opened
        told = self._told.pop(key, None) or {}
        wrong = []
        for number in come.tolist():
            fits = told.get(number)
            if fits is None:
                token = self._tokens[number]
                assert token is not None
                read = self._names.read(opened, position, token, generating=True)
                fits = told[number] = read is not None
            if not fits:
                wrong.append(number)
        self._told[key] = told
        if len(self._told) > _KEPT:
            self._told.popitem(last=False)
        return mask & ~self._spellings.mask(wrong) if wrong else mask
