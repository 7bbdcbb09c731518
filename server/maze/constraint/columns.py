"""Equal columns of a matrix, kept once.

Tokens that no lexer state tells apart (`foo` and `bar`) have equal columns in the dense rows of the
tables: of 151,669 tokens some 4,000 columns are left.
"""

from __future__ import annotations

import numpy as np


def folded(rows: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Fold a matrix given by its rows.

    Columns are compared by a random linear hash to 64 bits, and then really.

    Args:
        rows: uint16 [columns] each.

    Returns:
        The matrix of distinct columns, uint16 [rows, distinct], and which of them each column
        is, int32 [columns].
    """
    chance = np.random.default_rng(0)
    while True:
        hashes = np.zeros(len(rows[0]), dtype=np.uint64)
        for row in rows:
            # Sums and products of unsigned integers wrap, as they should.
            hashes += row.astype(np.uint64) * chance.integers(1 << 63, dtype=np.uint64)
        _, first, index = np.unique(hashes, return_index=True, return_inverse=True)
        index = index.reshape(-1).astype(np.int32)
        distinct = np.stack([row[first] for row in rows])
        if all(np.array_equal(kept[index], row) for kept, row in zip(distinct, rows, strict=True)):
            return distinct, index
