"""Our constraint behind vLLM's `StructuredOutputGrammar` interface.

It does not inherit from it, so that it can be tested where there is no vLLM: `versions` compares
the two where there is one.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from maze.constraint import UNCONSTRAINED, Constraint, Unconstrained, Vocabulary

if TYPE_CHECKING:
    import torch


class MazeGrammar:
    """One generation's constraint. vLLM asks it from its scheduler, one call at a time.

    vLLM takes a grammar that `is_terminated` for one that no longer masks, so it is that only once
    a stop token was accepted. Where a constraint is done before, all but stop tokens are masked.
    And where no token at all may come, which no sampler survives, stop tokens are allowed: the API
    server sees that the text does not join there and cuts it back.

    The first mask is filled here and not when it is asked for. So what a text needs first, such as
    reading what follows the cursor, holds up no step: vLLM makes grammars in threads of their own,
    and generates for others meanwhile.

    Args:
        constraint: just begun.
        vocabulary: the model's.
        channel, tag: whose generation it is (see `reports`).

    Attributes:
        spent_ns: processor time spent in the constraint so far, in nanoseconds, its beginning
            excluded. (Not the time of day: who waits for a processor does not wait for us.)
        told_ns: how much of that has been reported, or was spent outside of steps.
        is_free: nothing is constrained but the forced text.
    """

    def __init__(
        self,
        constraint: Constraint | Unconstrained,
        vocabulary: Vocabulary,
        channel: str,
        tag: int,
    ) -> None:
        self.channel = channel
        self.tag = tag
        self._constraint = constraint
        self._vocabulary = vocabulary
        self.is_free = constraint.level == UNCONSTRAINED
        self._stops = frozenset(vocabulary.stop_token_ids)
        self._stopped = False
        # Per accepted token, whether the constraint read it.
        self._read: list[bool] = []
        self._nothing_after: int | None = None
        started = time.thread_time_ns()
        self._first = np.zeros(vocabulary.words, dtype=np.int32)
        self._fill(self._first)
        self.spent_ns = self.told_ns = time.thread_time_ns() - started

    def fill_bitmask(self, bitmask: torch.Tensor, batch_index: int) -> None:
        """Fill int32 row `batch_index` of `bitmask`, [batch, ceil(V / 32)]."""
        started = time.thread_time_ns()
        row: Any = bitmask[batch_index].numpy()
        if self._read:
            self._fill(row)
        else:
            row[: len(self._first)] = self._first
            row[len(self._first) :] = 0
        self.spent_ns += time.thread_time_ns() - started

    def _fill(self, row: np.ndarray) -> None:
        if self.is_free and self._constraint.can_stop():
            row.fill(-1)  # the forced text is there, and nothing else is asked for
            return
        self._constraint.fill_mask(row)
        if not row.any():
            self._nothing_after = len(self._read)
            self._vocabulary.allow_stops(row)

    def accept_tokens(self, request_id: str, tokens: list[int]) -> bool:
        """Append tokens; False where one may not come, with those before it appended."""
        started = time.thread_time_ns()
        accepted = all(self._accept(token) for token in tokens)
        self.spent_ns += time.thread_time_ns() - started
        return accepted

    def validate_tokens(self, tokens: list[int]) -> list[int]:
        """The longest beginning of `tokens` that may come; nothing is appended."""
        started = time.thread_time_ns()
        count = 0
        for token in tokens:
            if not self._accept(token):
                break
            count += 1
        self.rollback(count)
        self.spent_ns += time.thread_time_ns() - started
        return tokens[:count]

    def rollback(self, num_tokens: int) -> None:
        """Take back the last `num_tokens` tokens."""
        if num_tokens <= 0:
            return
        self._constraint.rollback(sum(self._read[-num_tokens:]))
        del self._read[-num_tokens:]
        self._stopped = False

    def is_terminated(self) -> bool:
        """Whether a stop token was accepted."""
        return self._stopped

    def reset(self) -> None:
        """Take back everything."""
        self.rollback(len(self._read))

    def _accept(self, token: int) -> bool:
        if self._stopped:
            return False
        read = self._constraint.accept(token)
        if not read and not self._passes(token):
            return False
        self._read.append(read)
        self._stopped = token in self._stops
        return True

    def _passes(self, token: int) -> bool:
        """Whether a token that is no legal text may come all the same."""
        if token in self._stops and self._nothing_after == len(self._read):
            return True
        # Free text may hold special tokens: the API server ends it there.
        return self.is_free and self._constraint.can_stop()
