"""What the constraint costs per token, on the tokens of real files.

python -m benchmarks.overhead --language go --files-from .cache/corpora/go.txt \
    --tokenizer .cache/tools/qwen3-3.7.2/package/models/tokenizer.json --peers

Each sampled file is cut into a prefix, up to 128 real tokens, and a suffix. Two passes go over the
tokens, as two kinds of engine do: one fills a bitmask before each token (vLLM), one asks about
single tokens (the embedded engine, which tries the likeliest first).
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks._cli import (
    Advance,
    CannotMeasure,
    Report,
    add_files,
    parser,
    positive,
    progress,
    run,
)
from benchmarks.files import SourceFile, read_list, valid_files
from benchmarks.memory import resident_mb
from benchmarks.oracles import oracle_for
from benchmarks.peers.runner import measure_peers
from benchmarks.replay import Case, TextTokenizer, cases
from benchmarks.setup_probe import probe
from benchmarks.timings import summary
from maze.constraint import Constrainer, Vocabulary

# Prefix speed is measured on whole files of up to this many bytes together.
_PREFIX_BYTES = 4_000_000


@dataclass
class Times:
    """Times of single steps, in µs, and what the constraint said of real tokens."""

    mask: list[float] = field(default_factory=list)
    mask_cpu: list[float] = field(default_factory=list)
    """The same in this thread's processor time, which other programs do not disturb."""
    allows: list[float] = field(default_factory=list)
    accept: list[float] = field(default_factory=list)
    refused: int = 0
    """Real tokens that were not allowed where they really stand: 0 for an exact grammar."""
    levels: dict[str, int] = field(default_factory=dict)


def measure(arguments: argparse.Namespace) -> Report:
    """Measure set-up, masks, single tokens, prefix speed and memory; then the peers, if asked."""
    chance = random.Random(arguments.seed)
    tokenizer = TextTokenizer(arguments.tokenizer)
    paths = read_list(arguments.files_from, arguments.limit, arguments.seed)
    chance.shuffle(paths)
    with oracle_for(arguments.language) as oracle:
        files = list(_bounded(valid_files(paths, arguments.language, oracle), arguments.tokens))
    places = list(cases(files, tokenizer, arguments.tokens, chance))
    if not places:
        raise CannotMeasure("none of the files is valid and long enough to measure on.")
    with tempfile.TemporaryDirectory(prefix="maze-overhead-") as folder:
        cache = Path(folder)
        cold = probe(arguments.language, arguments.tokenizer, cache)
        warm = probe(arguments.language, arguments.tokenizer, cache)
        before = resident_mb()
        vocabulary = Vocabulary.from_tokenizer_json(arguments.tokenizer)
        constrainer = Constrainer(vocabulary, cache_dir=cache)
        constrainer.prepare(arguments.language)
        with progress(f"{arguments.language} places", 2 * len(places)) as advance:
            times = _replay(constrainer, arguments.language, places, advance)
        memory = resident_mb() - before
        prefix_wall, prefix_cpu = _prefix_speed(constrainer, arguments.language, files)
    report: Report = {
        "language": arguments.language,
        "vocab": len(vocabulary),
        "tokens": len(times.mask),
        "mask_us": summary(times.mask),
        "mask_cpu_us": summary(times.mask_cpu),
        "allows_us": summary(times.allows),
        "accept_us": summary(times.accept),
        "prefix_mb_per_s": round(prefix_wall, 3),
        "prefix_mb_per_cpu_s": round(prefix_cpu, 3),
        "setup_cold_s": cold["tables_s"],
        "setup_warm_s": warm["tables_s"],
        "vocabulary_s": warm["vocabulary_s"],
        "memory_mb": round(memory, 1),
        "places": len(places),
        "fallbacks": times.levels,
        "real_tokens_refused": times.refused,
    }
    if arguments.peers:
        report["peers"] = measure_peers(
            arguments.language, arguments.tokenizer, places, arguments.peer_seconds
        )
    return report


def _bounded(files: object, tokens: int) -> list[SourceFile]:
    """Enough files for that many tokens: each gives up to 128, and some are too short."""
    wanted = max(40, tokens // 32)
    found: list[SourceFile] = []
    for file in files:  # type: ignore[attr-defined]
        found.append(file)
        if len(found) == wanted:
            break
    return found


def _replay(constrainer: Constrainer, language: str, places: list[Case], advance: Advance) -> Times:
    times = Times()
    for case in places:
        _with_masks(constrainer, language, case, times)
        advance("masks")
    for case in places:
        _with_single_tokens(constrainer, language, case, times)
        advance("single tokens")
    return times


def _with_masks(constrainer: Constrainer, language: str, case: Case, times: Times) -> None:
    mask = np.zeros((len(constrainer.vocabulary) + 31) // 32, dtype=np.int32)
    constraint = constrainer.begin(language, case.prefix, case.suffix, mode="free")
    times.levels[constraint.level] = times.levels.get(constraint.level, 0) + 1
    for token in case.tokens:
        began_cpu = time.thread_time_ns()
        began = time.perf_counter_ns()
        constraint.fill_mask(mask)
        filled = time.perf_counter_ns()
        filled_cpu = time.thread_time_ns()
        accepting = time.perf_counter_ns()
        accepted = constraint.accept(token)
        ended = time.perf_counter_ns()
        times.mask.append((filled - began) / 1e3)
        times.mask_cpu.append((filled_cpu - began_cpu) / 1e3)
        allowed = bool(mask[token // 32] >> (token % 32) & 1)
        if not (allowed and accepted):
            times.refused += 1
            return
        times.accept.append((ended - accepting) / 1e3)


def _with_single_tokens(constrainer: Constrainer, language: str, case: Case, times: Times) -> None:
    constraint = constrainer.begin(language, case.prefix, case.suffix, mode="free")
    for token in case.tokens:
        began = time.perf_counter_ns()
        allowed = constraint.allows(token)
        asked = time.perf_counter_ns()
        times.allows.append((asked - began) / 1e3)
        if not allowed or not constraint.accept(token):
            return


def _prefix_speed(
    constrainer: Constrainer, language: str, files: list[SourceFile]
) -> tuple[float, float]:
    """MB of source per second, and per second of processor time, with whole files as prefixes."""
    seconds, cpu_seconds, read = 0.0, 0.0, 0
    for file in files:
        began, began_cpu = time.perf_counter(), time.thread_time()
        constrainer.begin(language, file.text, "", mode="free")
        seconds += time.perf_counter() - began
        cpu_seconds += time.thread_time() - began_cpu
        read += len(file.text.encode())
        if read > _PREFIX_BYTES:
            break
    return read / 1e6 / max(seconds, 1e-9), read / 1e6 / max(cpu_seconds, 1e-9)


def main() -> None:
    """Run from the command line."""
    made = parser("overhead", "Time per token of the constraint.")
    add_files(made)
    made.add_argument("--tokenizer", required=True, type=Path, metavar="tokenizer.json")
    made.add_argument(
        "--tokens", type=positive, default=5000, help="real tokens to measure on (default 5000)"
    )
    made.add_argument("--peers", action="store_true", help="measure other engines beside ours")
    made.add_argument(
        "--peer-seconds",
        type=positive,
        default=120,
        metavar="S",
        help="time limit of each peer, its set-up included (default 120)",
    )
    run(made, measure)


if __name__ == "__main__":
    main()
