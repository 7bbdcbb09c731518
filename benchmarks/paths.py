"""Where the benchmarks keep what they download: `.cache/` of the repository, which git ignores."""

from __future__ import annotations

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
CACHE = REPOSITORY / ".cache"
TOOLS = CACHE / "tools"
CORPORA = CACHE / "corpora"
