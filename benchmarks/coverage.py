"""How much real code a grammar accepts, of what the language's real parser accepts.

python -m benchmarks.coverage --language python --files-from .cache/corpora/python.txt
"""

from __future__ import annotations

import argparse
import time

from benchmarks._cli import CannotMeasure, Report, add_files, parser, progress, run
from benchmarks.files import read_list, valid_files
from benchmarks.oracles import oracle_for
from maze.grammar import load

_REJECTED_SHOWN = 20


def measure(arguments: argparse.Namespace) -> Report:
    """Check every valid file with the grammar's `file` entry."""
    paths = read_list(arguments.files_from, arguments.limit, arguments.seed)
    grammar = load(arguments.language)
    files = accepted = checked_bytes = 0
    seconds = 0.0
    rejected: list[dict[str, object]] = []
    with (
        oracle_for(arguments.language) as oracle,
        progress(f"{arguments.language} files", len(paths)) as advance,
    ):
        for file in valid_files(paths, arguments.language, oracle):
            source = file.utf8
            began = time.perf_counter()
            failure = grammar.check(source, entry="file")
            seconds += time.perf_counter() - began
            files += 1
            checked_bytes += len(source)
            if failure is None:
                accepted += 1
            else:
                rejected.append(
                    {"file": str(file.path), "line": failure.line, "near": failure.near}
                )
            advance(f"{accepted} of {files} accepted")
        judge = oracle.name
    if not files:
        raise CannotMeasure("none of the files can be read and is valid, so nothing was measured.")
    return {
        "language": arguments.language,
        "files": files,
        "accepted": accepted,
        "rate": round(accepted / files, 5),
        "mb_per_s": round(checked_bytes / 1e6 / seconds, 3),
        "rejected": rejected[:_REJECTED_SHOWN],
        "listed": len(paths),
        "bytes": checked_bytes,
        "oracle": judge,
    }


def main() -> None:
    """Run from the command line."""
    made = parser("coverage", "Share of real files that the grammar accepts.")
    add_files(made)
    run(made, measure)


if __name__ == "__main__":
    main()
