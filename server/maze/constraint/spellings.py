"""How a model's tokens are spelled, in order: tokens that begin alike are found together."""

from __future__ import annotations

import bisect
from collections.abc import Sequence

import numpy as np


class Spellings:
    """A vocabulary in the order of its tokens' bytes, where tokens that begin alike are neighbours.

    Args:
        tokens: the model's tokens as bytes, by id; None for those that are no text.
    """

    def __init__(self, tokens: Sequence[bytes | None]) -> None:
        pairs = sorted((token, number) for number, token in enumerate(tokens) if token is not None)
        self._texts = tuple(token for token, _ in pairs)
        self._ids = np.array([number for _, number in pairs], dtype=np.int32)
        self._size = len(tokens)

    def beginning(self, text: bytes) -> np.ndarray:
        """Ids of the tokens that begin with `text`, int32 [n]."""
        texts = self._texts
        first = bisect.bisect_left(texts, text)
        last = bisect.bisect_right(texts, text, lo=first, key=lambda token: token[: len(text)])
        return self._ids[first:last]

    def agreeing(self, text: bytes) -> np.ndarray:
        """Ids of the tokens that agree with `text` as far as both go, int32 [n]."""
        texts, found = self._texts, [self.beginning(text)]
        for length in range(1, len(text)):
            start = text[:length]
            first = bisect.bisect_left(texts, start)
            found.append(self._ids[first : bisect.bisect_right(texts, start, lo=first)])
        return np.concatenate(found)

    def mask(self, ids: Sequence[int] | np.ndarray) -> np.ndarray:
        """The bitmask of some tokens, int32 [ceil(V / 32)]."""
        bits = np.zeros((self._size + 31) // 32 * 32, dtype=np.uint8)
        bits[ids] = 1
        return np.packbits(bits, bitorder="little").view(np.int32)
