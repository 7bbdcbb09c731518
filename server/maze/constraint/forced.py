"""Text that the first tokens must reproduce (token healing)."""

from __future__ import annotations

import numpy as np

from .spellings import Spellings


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
        return self.spellings.mask(self.spellings.agreeing(self.text))

    def less(self, token: bytes) -> Forced:
        """What is left after a token that agrees."""
        return Forced(self.text[len(token) :], self.spellings) if self.text else self
