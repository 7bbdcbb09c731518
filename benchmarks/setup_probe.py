"""Times how long a constraint takes to be ready, in a process of its own.

`benchmarks.overhead` starts it twice on one cache folder: first empty (cold), then filled (warm).
Prints one JSON object: `vocabulary_s`, `tables_s`, `memory_mb`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from benchmarks._cli import CannotMeasure
from benchmarks.memory import resident_mb
from maze.constraint import Constrainer, Vocabulary


def probe(language: str, tokenizer: Path, cache_dir: Path) -> dict[str, float]:
    """Run this module in a fresh process and return what it prints."""
    arguments = [language, str(tokenizer), str(cache_dir)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.setup_probe", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or ["no message"]
        raise CannotMeasure(f"preparing the constraint failed: {said[-1]}")
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def main() -> None:
    """Prepare a constraint from nothing but its cache folder."""
    language, tokenizer, cache_dir = sys.argv[1:]
    before = resident_mb()
    began = time.perf_counter()
    vocabulary = Vocabulary.from_tokenizer_json(Path(tokenizer))
    read = time.perf_counter()
    Constrainer(vocabulary, cache_dir=Path(cache_dir)).prepare(language)
    ready = time.perf_counter()
    print(
        json.dumps(
            {
                "vocabulary_s": round(read - began, 3),
                "tables_s": round(ready - read, 3),
                "memory_mb": round(resident_mb() - before, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
