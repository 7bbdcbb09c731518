"""Text that the first tokens must reproduce (token healing)."""

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
        self._texts = [token for token, _ in pairs]
        self._ids = np.array([number for _, number in pairs], dtype=np.int32)
        self._size = len(tokens)

    def agreeing(self, text: bytes) -> np.ndarray:
        """Ids of the tokens that agree with `text` as far as both go, int32 [n]."""
        texts = self._texts
        first = bisect.bisect_left(texts, text)
        last = bisect.bisect_right(texts, text, lo=first, key=lambda token: token[: len(text)])
        found = [self._ids[first:last]]
        for length in range(1, len(text)):
            start = text[:length]
            first = bisect.bisect_left(texts, start)
            found.append(self._ids[first : bisect.bisect_right(texts, start, lo=first)])
        return np.concatenate(found)

    def mask(self, text: bytes) -> np.ndarray:
        """The bitmask of those tokens, int32 [ceil(V / 32)]."""
        bits = np.zeros((self._size + 31) // 32 * 32, dtype=np.uint8)
        bits[self.agreeing(text)] = 1
        return np.packbits(bits, bitorder="little").view(np.int32)


class Forced:
    """What is left of the text to reproduce.

    Args:
        text: the bytes; empty where none are left.
        spellings: the model's vocabulary.
    """

    def __init__(self, text: bytes, spellings: Spellings) -> None:
        self.text = text
        self.spellings = spellings

    def allows(self, token: bytes) -> bool:
        """Whether a token agrees with the text as far as both go."""
        return self.text.startswith(token) or token.startswith(self.text)

    def mask(self) -> np.ndarray:
        """The bitmask of the tokens that agree, int32 [ceil(V / 32)]."""
        return self.spellings.mask(self.text)

    def less(self, token: bytes) -> Forced:
        """What is left after a token that agrees."""
        return Forced(self.text[len(token) :], self.spellings) if self.text else self
