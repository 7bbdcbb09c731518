"""Sums up lists of times."""

from __future__ import annotations

import math
from collections.abc import Sequence


def percentile(times: Sequence[float], share: float) -> float:
    """The smallest time that at least `share` (0 to 1) of the times do not exceed."""
    ordered = sorted(times)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def summary(times: Sequence[float], digits: int = 1) -> dict[str, float]:
    """Mean, p50, p95, p99 and max, in the unit of the times; empty without times."""
    if not times:
        return {}
    return {
        "mean": round(sum(times) / len(times), digits),
        "p50": round(percentile(times, 0.50), digits),
        "p95": round(percentile(times, 0.95), digits),
        "p99": round(percentile(times, 0.99), digits),
        "max": round(max(times), digits),
    }
