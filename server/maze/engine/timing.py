"""How long a constraint takes, measured the same way for every engine."""

from __future__ import annotations

import time
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from maze.engine.sampling import TokenFilter


class Constraint(TokenFilter, Protocol):
    """What the decoding loop needs of `maze.constraint.Constraint`."""

    level: str

    def accept(self, token_id: int) -> bool: ...

    def rollback(self, count: int = 1) -> None: ...

    def can_stop(self) -> bool: ...

    def is_done(self) -> bool: ...

    def joinable(self) -> int: ...

    def closed(self) -> bytes: ...


class Timed:
    """A constraint whose every question is timed.

    Attributes:
        spent_us: time spent in it so far, in microseconds.
    """

    def __init__(self, constraint: Constraint) -> None:
        self._constraint = constraint
        self._spent_ns = 0

    @property
    def spent_us(self) -> float:
        return self._spent_ns / 1000

    def allows(self, token_id: int) -> bool:
        start = time.perf_counter_ns()
        answer = self._constraint.allows(token_id)
        self._spent_ns += time.perf_counter_ns() - start
        return answer

    def fill_mask(self, out: NDArray[np.int32]) -> None:
        start = time.perf_counter_ns()
        self._constraint.fill_mask(out)
        self._spent_ns += time.perf_counter_ns() - start

    def accept(self, token_id: int) -> bool:
        start = time.perf_counter_ns()
        answer = self._constraint.accept(token_id)
        self._spent_ns += time.perf_counter_ns() - start
        return answer

    def rollback(self, count: int = 1) -> None:
        self._constraint.rollback(count)

    def can_stop(self) -> bool:
        start = time.perf_counter_ns()
        answer = self._constraint.can_stop()
        self._spent_ns += time.perf_counter_ns() - start
        return answer

    def is_done(self) -> bool:
        start = time.perf_counter_ns()
        answer = self._constraint.is_done()
        self._spent_ns += time.perf_counter_ns() - start
        return answer

    def joinable(self) -> int:
        return self._constraint.joinable()

    def closed(self) -> bytes:
        return self._constraint.closed()
