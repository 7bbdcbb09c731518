"""How long to wait for the next keystroke before an automatic request goes to the engine."""

from __future__ import annotations

_PAUSE_S = 0.6
"""A longer gap between edits is a pause, and says nothing of how fast somebody types."""

_WEIGHT = 0.3
"""Of the latest gap, in the running mean."""

_SLACK = 1.3
"""The next keystroke comes within this many mean gaps, or it is not a burst any more."""


class TypingRhythm:
    """Learns how fast somebody types, from the times of edits (in seconds, any clock)."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._gap: float | None = None

    def edited(self, now: float) -> None:
        """An edit came at ``now``."""
        if self._last is not None and (gap := now - self._last) < _PAUSE_S:
            self._gap = gap if self._gap is None else self._gap + _WEIGHT * (gap - self._gap)
        self._last = now

    def wait(self, now: float, longest: float) -> float:
        """Seconds to wait from ``now`` on, counted from the last edit; never over ``longest``.

        Where the next keystroke is not to be expected that soon, there is nothing to wait for.
        """
        if self._last is None or self._gap is None:
            return 0.0
        expected = self._gap * _SLACK
        return max(self._last + expected - now, 0.0) if expected <= longest else 0.0
