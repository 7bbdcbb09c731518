"""How many threads to compute with, found out while computing.

llama.cpp's threads meet at a barrier after every operation and spin while they wait. On a quiet
machine one thread per core is fastest. On a busy one, say while a project compiles, a single
thread that has lost its core holds up all the others: measured on two cores with four busy
processes, two threads read a prompt at 25 tokens/s and one thread at 100. So the number is chosen
by what was measured last, and what has not been measured for a while is tried again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

_KEPT_S = 10.0
_SLOW_KEPT_S = 60.0
"""A number of threads that was far from the best is not tried again so soon."""


class ThreadChoice:
    """Chooses among some numbers of threads for one kind of work.

    Args:
        numbers: to choose from; the first is tried first.
        clock: seconds; replaced in tests.
    """

    def __init__(
        self, numbers: tuple[int, ...], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._numbers = numbers
        self._clock = clock
        self._cost_s: dict[int, float] = {}
        self._measured_at: dict[int, float] = {}

    def choose(self) -> int:
        """The number to use now: one whose cost is not known, or else the cheapest."""
        for number in self._numbers:
            if not self._is_known(number):
                return number
        return min(self._numbers, key=lambda number: self._cost_s[number])

    def cost_s(self, number: int) -> float | None:
        """Seconds per token with that many threads; None when it is not known."""
        return self._cost_s[number] if self._is_known(number) else None

    def record(self, number: int, seconds_per_token: float) -> None:
        """Tell what a computation with `number` threads took."""
        known = self.cost_s(number)
        mean = seconds_per_token if known is None else (known + seconds_per_token) / 2
        self._cost_s[number] = mean
        self._measured_at[number] = self._clock()

    def _is_known(self, number: int) -> bool:
        if number not in self._cost_s:
            return False
        if len(self._numbers) == 1:
            return True
        far_off = self._cost_s[number] > 1.5 * min(self._cost_s.values())
        age = self._clock() - self._measured_at[number]
        return age < (_SLOW_KEPT_S if far_off else _KEPT_S)


def candidates(threads: int | None) -> tuple[int, ...]:
    """Numbers of threads worth trying: those asked for, or one per core, half of that, … one."""
    if threads is not None:
        return (max(threads, 1),)
    numbers = [physical_cores()]
    while numbers[-1] > 1:
        numbers.append(numbers[-1] // 2)
    return tuple(numbers)


def physical_cores() -> int:
    """Cores this process may use, hyper-threads counted once: more threads only slow llama.cpp."""
    try:
        usable = os.sched_getaffinity(0)
        siblings = {
            Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list").read_text()
            for cpu in usable
        }
        return max(len(siblings), 1)
    except (AttributeError, OSError):  # not Linux
        return max((os.cpu_count() or 2) // 2, 1)
