"""A random model that writes more syntax than names."""

from __future__ import annotations

import keyword
from collections.abc import Sequence

import numpy as np

from maze.engine.generation import Cancelled, RandomModel
from maze.engine.sampling import Scores

_GO_KEYWORDS = (
    "break case chan const continue default defer else fallthrough for func go goto if import "
    "interface map package range return select struct switch type var nil true iota"
)
_TYPESCRIPT_KEYWORDS = (
    "abstract as async await case catch class const declare default delete do else enum export "
    "extends finally for from function get if implements import in infer instanceof interface is "
    "keyof let namespace new null of readonly return satisfies set static super switch this throw "
    "try type typeof using var void while yield"
)
_KEYWORDS = {
    *keyword.kwlist,
    *keyword.softkwlist,
    *_GO_KEYWORDS.split(),
    *_TYPESCRIPT_KEYWORDS.split(),
}

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
        texts = [(text or b"").decode("utf-8", "replace") for text in token_bytes]
        signs = [bool(text) and not any(map(str.isalpha, text)) for text in texts]
        words = [text.strip() in _KEYWORDS or len(text.strip()) == 1 for text in texts]
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
