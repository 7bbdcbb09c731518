"""A random model that writes more syntax than names."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from maze.engine.generation import Cancelled, RandomModel
from maze.engine.sampling import Scores
from maze.grammar import LANGUAGES, dialect

_SOFT_KEYWORDS = frozenset({"match", "case", "type", "nil", "true", "iota"})

# Of the steps, the share in which signs come first, and in which words do.
_SIGNS, _WORDS = 0.55, 0.3


class KnottyModel(RandomModel):
    """Random choice that prefers punctuation, blanks, digits, keywords and one-letter names.

    Nearly all of a vocabulary are pieces of words, so a uniform choice makes long names and comments,
    and comes into few of a grammar's corners.
    """

    id = "knotty"

    def __init__(
        self,
        token_bytes: Sequence[bytes | None],
        stop_token_ids: frozenset[int],
        seed: int | None = None,
    ) -> None:
        super().__init__(token_bytes, stop_token_ids, seed)
        keywords = _keywords()
        texts = [(text or b"").decode("utf-8", "replace") for text in token_bytes]
        signs = [bool(text) and not any(map(str.isalpha, text)) for text in texts]
        words = [text.strip() in keywords or len(text.strip()) == 1 for text in texts]
        self._preferred = np.array([signs, words], dtype=np.float32)
        self._kind = np.random.default_rng(seed)

    def logits(self, tokens: Sequence[int], cancelled: Cancelled) -> Scores:
        """float32[V]: in its share of the steps, each kind of token stands above all others."""
        logits = super().logits(tokens, cancelled)
        kind = self._kind.random()
        if kind < _SIGNS:
            logits += self._preferred[0]
        elif kind < _SIGNS + _WORDS:
            logits += self._preferred[1]
        return logits


@cache
def _keywords() -> frozenset[str]:
    """The words that any grammar spells out, and some that are words beside being names."""
    literals = (
        name[1:-1]
        for language in LANGUAGES.values()
        for name in dialect.read(language.path).terminals
        if name.startswith('"')
    )
    return frozenset(text for text in literals if text.isidentifier()) | _SOFT_KEYWORDS
