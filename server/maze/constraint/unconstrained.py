"""What stands in for a constraint where the text before the cursor does not parse at all."""

from __future__ import annotations

import numpy as np

from .constraint import UNCONSTRAINED, Stats
from .forced import Forced
from .vocabulary import Vocabulary


class Unconstrained:
    """Allows every ordinary token after the forced text; the caller checks the result."""

    def __init__(self, vocabulary: Vocabulary, forced: Forced) -> None:
        self.level = UNCONSTRAINED
        self.stats = Stats()
        self._vocabulary = vocabulary
        self._healed = len(forced.text)
        self._tokens: list[int] = []
        self._remaining = [forced]
        self._done = False

    @property
    def text(self) -> bytes:
        """What was generated so far, forced bytes excluded."""
        parts = (self._vocabulary.tokens[token] or b"" for token in self._tokens)
        return b"".join(parts)[self._healed :]

    def allows(self, token_id: int) -> bool:
        """Whether one token may come next."""
        if self._done or not 0 <= token_id < len(self._vocabulary):
            return False
        remaining = self._remaining[-1]
        if token_id in self._vocabulary.stop_token_ids:
            return not remaining.text
        token = self._vocabulary.tokens[token_id]
        if token is None:
            return False
        return remaining.allows(token)

    def fill_mask(self, out: np.ndarray) -> None:
        """Set the bit of every allowed token; see `Constraint.fill_mask`."""
        out.fill(0)
        if self._done:
            return
        mask = self._remaining[-1].mask()
        out[: len(mask)] = mask
        if self.can_stop():
            self._vocabulary.allow_stops(out)

    def accept(self, token_id: int) -> bool:
        """Append a token."""
        if not self.allows(token_id):
            return False
        if token_id in self._vocabulary.stop_token_ids:
            self._done = True
            return True
        token = self._vocabulary.tokens[token_id] or b""
        self._tokens.append(token_id)
        self._remaining.append(self._remaining[-1].less(token))
        self.stats.tokens += 1
        return True

    def rollback(self, count: int = 1) -> None:
        """Take back the last `count` tokens."""
        if self._done and count:
            self._done = False
            count -= 1
        if count:
            del self._tokens[-count:]
            del self._remaining[-count:]
            self.stats.tokens -= count

    def can_stop(self) -> bool:
        """Anywhere, once the forced text is there."""
        return not self._remaining[-1].text

    def is_done(self) -> bool:
        """Whether a stop token came."""
        return self._done

    def joinable(self) -> int:
        """All of the text: whether it joins is for the caller to check."""
        return len(self.text)

    def closed(self) -> bytes:
        """Nothing: nobody knows what is open."""
        return b""
