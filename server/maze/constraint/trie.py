"""The vocabulary as a trie, level by level in numpy arrays.

Walking a lexer over every token of a vocabulary is then a few array operations per byte position,
with shared prefixes read once.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .vocabulary import Vocabulary

# A byte inside a UTF-8 character is one from the first of these up to the second.
_INSIDE = b"\x80", b"\xc0"


@dataclass(frozen=True)
class Level:
    """All trie nodes at one depth.

    Attributes:
        parent: int32 [nodes], index of each node's parent in the level above.
        byte: uint8 [nodes], the byte on the edge from it.
        ending_nodes: int32 [ending], nodes where some token ends.
        ending_tokens: int32 [ending], that token's index in `Trie.token_ids`.
    """

    parent: np.ndarray
    byte: np.ndarray
    ending_nodes: np.ndarray
    ending_tokens: np.ndarray


class Trie:
    """Some tokens.

    Args:
        tokens: as (bytes, id), sorted.

    Attributes:
        token_ids: int32 [tokens], their ids in the order of their bytes.
        token_bytes: their bytes, in the same order (sorted).
        levels: nodes at depth 1, 2, …
    """

    def __init__(self, tokens: Sequence[tuple[bytes, int]]) -> None:
        self.token_bytes: list[bytes] = [b for b, _ in tokens]
        self.token_ids = np.array([i for _, i in tokens], dtype=np.int32)
        lengths = np.array([len(b) for b in self.token_bytes], dtype=np.int32)
        self.levels: list[Level] = []
        node = np.zeros(len(tokens), dtype=np.int64)
        alive = np.arange(len(tokens))
        text = np.frombuffer(b"".join(self.token_bytes), dtype=np.uint8)
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]) if len(tokens) else lengths
        for depth in range(int(lengths.max(initial=0))):
            alive = alive[lengths[alive] > depth]
            edge = node[alive] * 256 + text[starts[alive] + depth]
            unique, inverse = np.unique(edge, return_inverse=True)
            node[alive] = inverse
            ending = alive[lengths[alive] == depth + 1]
            self.levels.append(
                Level(
                    (unique >> 8).astype(np.int32),
                    (unique & 255).astype(np.uint8),
                    node[ending].astype(np.int32),
                    ending.astype(np.int32),
                )
            )

    @classmethod
    def of(cls, vocabulary: Vocabulary) -> Trie:
        """All ordinary tokens of a vocabulary."""
        return cls(sorted((b, i) for i, b in enumerate(vocabulary.tokens) if b is not None))

    def inside_characters(self) -> tuple[int, Trie]:
        """The tokens that begin inside a UTF-8 character, and the index here of the first of them."""
        begin, end = (bisect_left(self.token_bytes, byte) for byte in _INSIDE)
        ids = self.token_ids[begin:end].tolist()
        return begin, Trie(list(zip(self.token_bytes[begin:end], ids, strict=True)))
