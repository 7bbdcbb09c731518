"""Metrics of ours on vLLM's `/metrics`, and what each generation's constraint has cost so far.

They live in the API server, in prometheus-client's default registry, as vLLM's own do: with several
API servers vLLM has prometheus-client add them up, ours included.
"""

from __future__ import annotations

import asyncio

from prometheus_client import Counter, Histogram

from maze.engine.protocol import UNCONSTRAINED, Outcome

from .reports import Inbox, Step

_STEP_BUCKETS_S = (
    *(0.0001, 0.00025, 0.0005, 0.00075, 0.001, 0.0015, 0.002, 0.003, 0.004, 0.005),
    *(0.0075, 0.01, 0.02, 0.05, 0.1),
)
_TOKEN_BUCKETS_US = (10, 20, 35, 50, 75, 100, 150, 200, 300, 500, 1000, 2000, 5000)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)

STEPS = Histogram(
    "maze_constraint_step_seconds",
    "Processor time spent in constraints during one step of the engine, for all its requests "
    "together, by how many constrained requests the step had (at most this many).",
    ["requests"],
    buckets=_STEP_BUCKETS_S,
)
TOKENS = Histogram(
    "maze_constraint_microseconds_per_token",
    "Mean processor time in the constraint per token of a suggestion, in the engine, in microseconds.",
    ["language"],
    buckets=_TOKEN_BUCKETS_US,
)
LEVELS = Counter(
    "maze_suggestions",
    "Suggestions generated, by the scope their constraint was given (unconstrained: no scope "
    "could be parsed, or none was asked for).",
    ["language", "level"],
)
ENDINGS = Counter(
    "maze_endings",
    "How suggestions ended: joined as they were, cut back to where they join, closed by "
    "brackets that they lacked, or with nothing to offer.",
    ["language", "ending"],
)
REFUSED = Counter("maze_refused_requests", "Requests refused before generation.", ["status"])


def count(language: str, outcome: Outcome, cut_back: bool) -> None:
    """Count a finished suggestion.

    Args:
        language: one that there is a grammar for, or `other`.
        cut_back: whether generation ended where the text does not join.
    """
    LEVELS.labels(language, outcome.level).inc()
    if outcome.level == UNCONSTRAINED:
        return
    TOKENS.labels(language).observe(outcome.constraint_us_per_token)
    if outcome.closed:
        ending = "closed"
    elif outcome.keep == 0:
        ending = "nothing"
    else:
        ending = "cut_back" if cut_back else "joined"
    ENDINGS.labels(language, ending).inc()


class Costs:
    """Collects the engine's reports for the generations that are open.

    Args:
        inbox: None where there can be none; everything then seems to cost nothing.
    """

    def __init__(self, inbox: Inbox | None) -> None:
        self._inbox = inbox
        self._spent_us: dict[int, float] = {}
        self._next = 0

    @property
    def channel(self) -> str:
        """The inbox's name, for the engine."""
        return self._inbox.channel if self._inbox is not None else "0" * 16

    def watch(self) -> None:
        """Collect reports as they come, in the running event loop."""
        if self._inbox is not None:
            asyncio.get_running_loop().add_reader(self._inbox.fileno(), self.collect)

    def stop(self) -> None:
        """Stop watching; the engine's reports are lost from here on."""
        if self._inbox is not None:
            asyncio.get_running_loop().remove_reader(self._inbox.fileno())
            self._inbox.close()
            self._inbox = None

    def open(self) -> int:
        """A fresh tag for a generation."""
        self._next += 1
        self._spent_us[self._next] = 0.0
        return self._next

    def close(self, tag: int) -> float:
        """What a generation's constraint cost, in microseconds; forgets it."""
        self.collect()
        return self._spent_us.pop(tag, 0.0)

    def collect(self) -> None:
        """Read what the engine has reported."""
        for step in self._inbox.read() if self._inbox is not None else ():
            self._take(step)

    def _take(self, step: Step) -> None:
        if step.requests:
            size = next((size for size in _SIZES if step.requests <= size), _SIZES[-1])
            STEPS.labels(str(size)).observe(step.seconds)
        for tag, spent in step.costs_us.items():
            if tag in self._spent_us:
                self._spent_us[tag] = spent
