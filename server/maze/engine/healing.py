"""Token healing: let the model choose the tokens that run over the cursor.

A tokenizer cuts `retur│` into tokens that never precede an `n` in training, and a space before the
cursor cannot become the token ` with` any more. So the prompt is backed up to before the tokens
that might have come out differently, and their bytes are *forced*: the first tokens that are
generated must spell them. Athiwaratkun et al., "Token Alignment via Character Matching for Subword
Completion", Findings of ACL 2024 (arXiv:2403.08688); Microsoft's guidance knows the same idea as
token healing.

How far to back up is read off the vocabulary: as long as some token spells the text from there to
the cursor *and goes on*, that token might have stood there.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MAX_HEALED_TOKENS = 4
"""Each backed-up token costs a step of generation in place of a cheaper one of prefill."""


class TokenIndex:
    """A vocabulary ordered by its tokens' bytes.

    Args:
        token_bytes: the bytes of each token id; None where a token is no text.
    """

    def __init__(self, token_bytes: Sequence[bytes | None]) -> None:
        pairs = sorted((text, token) for token, text in enumerate(token_bytes) if text)
        self._texts = [text for text, _ in pairs]
        self._tokens = np.array([token for _, token in pairs], dtype=np.int64)
        self._ids = dict(pairs)

    def find(self, text: bytes) -> int | None:
        """The token that spells `text`, or None."""
        return self._ids.get(text)

    def goes_on(self, text: bytes) -> bool:
        """Whether some token starts with `text` and is longer."""
        start, end = self._starting_with(text)
        return end > start and (self._texts[end - 1] != text)

    def spelling(self, forced: bytes) -> NDArray[np.int64]:
        """The tokens that agree with `forced`: they are a beginning of it or start with it.

        Returns:
            Token ids, int64, in no particular order. Never empty for a byte-level vocabulary.
        """
        start, end = self._starting_with(forced)
        found = [self._tokens[start:end]]
        for length in range(1, len(forced)):
            low, high = self._equal_to(forced[:length])
            found.append(self._tokens[low:high])
        return np.concatenate(found)

    def _equal_to(self, text: bytes) -> tuple[int, int]:
        low = bisect_left(self._texts, text)
        high = low
        while high < len(self._texts) and self._texts[high] == text:
            high += 1
        return low, high

    def _starting_with(self, text: bytes) -> tuple[int, int]:
        start = bisect_left(self._texts, text)
        after = _successor(text)
        end = len(self._texts) if after is None else bisect_left(self._texts, after)
        return start, end


def heal(
    prompt_tokens: Sequence[int],
    token_bytes: Sequence[bytes | None],
    index: TokenIndex,
    prefix: bytes,
) -> tuple[list[int], bytes]:
    """The prompt backed up to where other tokens may run over the cursor, and the bytes to force.

    Args:
        prompt_tokens: the whole prompt.
        prefix: the text before the cursor. A prompt that does not end with it (fill-in-the-middle
            prompts end with a mark) stays as it is: such models were trained on such cuts.
    """
    kept, forced = len(prompt_tokens), b""
    text = b""
    for back in range(1, min(MAX_HEALED_TOKENS, len(prompt_tokens)) + 1):
        token = token_bytes[prompt_tokens[-back]]
        if token is None:
            break
        text = token + text
        if not prefix.endswith(text):
            break
        if index.goes_on(text):
            kept, forced = len(prompt_tokens) - back, text
    return list(prompt_tokens[:kept]), forced


def _successor(text: bytes) -> bytes | None:
    """The smallest bytes greater than all that start with `text`; None if there are none."""
    stem = text.rstrip(b"\xff")
    return stem[:-1] + bytes([stem[-1] + 1]) if stem else None
