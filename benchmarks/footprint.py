"""How much memory one process needs that serves all languages for one model.

python -m benchmarks.footprint --tokenizer .cache/tools/qwen3-3.7.2/package/models/tokenizer.json

Loads the vocabulary, then each language's tables, as an engine does, and in each fills masks along a
text of the language, so that everything an engine keeps between requests is there. Reported is
resident memory above what the process held before its first table: memory-mapped tables count as far
as they were touched.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from benchmarks._cli import CannotMeasure, Report, parser, positive, progress, run
from benchmarks.files import read_list
from benchmarks.memory import resident_mb
from benchmarks.paths import CORPORA
from benchmarks.setup_probe import probe
from maze.constraint import Constrainer, Vocabulary
from maze.grammar import LANGUAGES

_LONGEST_FILE_BYTES = 60_000


def measure(arguments: argparse.Namespace) -> Report:
    """Load languages one after the other and serve a few requests in each."""
    with tempfile.TemporaryDirectory(prefix="maze-footprint-") as folder:
        cache = arguments.cache or Path(folder)
        for language in arguments.language:
            # Tables are built in another process: what that takes for a while is not held.
            probe(language, arguments.tokenizer, cache)
        return _measure(arguments, cache)


def _measure(arguments: argparse.Namespace, cache: Path) -> Report:
    before = resident_mb()
    vocabulary = Vocabulary.from_tokenizer_json(arguments.tokenizer)
    constrainer = Constrainer(vocabulary, cache_dir=cache)
    base = resident_mb()
    languages: dict[str, dict[str, float | int]] = {}
    with progress("languages", len(arguments.language)) as advance:
        for language in arguments.language:
            start = resident_mb()
            constrainer.prepare(language)
            loaded = resident_mb()
            tokens = sum(
                _serve(constrainer, language, text, arguments.tokens)
                for text in _texts(language, arguments.requests, arguments.seed)
            )
            served = resident_mb()
            languages[language] = {
                "tables_mb": round(loaded - start, 1),
                "serving_mb": round(served - loaded, 1),
                "total_mb": round(served - start, 1),
                "tokens": tokens,
            }
            advance(language)
    return {
        "vocab": len(vocabulary),
        "vocabulary_mb": round(base - before, 1),
        "languages": languages,
        "total_mb": round(resident_mb() - before, 1),
        "requests": arguments.requests,
    }


def _texts(language: str, count: int, seed: int) -> list[str]:
    """Real files of the language's corpus."""
    listing = CORPORA / f"{language}.txt"
    if not listing.is_file():
        raise CannotMeasure(f"there is no corpus for {language}: run scripts/corpora {language}.")
    texts: list[str] = []
    for path in read_list(listing, 10 * count, seed):
        if len(texts) < count and 200 < path.stat().st_size < _LONGEST_FILE_BYTES:
            texts.append(path.read_text(encoding="utf-8", errors="replace"))
    return texts


def _serve(constrainer: Constrainer, language: str, text: str, tokens: int) -> int:
    """One request in the middle of a file, along random tokens; returns how many there were."""
    chance = np.random.default_rng(len(text))
    mask = np.zeros((len(constrainer.vocabulary) + 31) // 32, dtype=np.int32)
    middle = len(text) // 2
    constraint = constrainer.begin(language, text[:middle], text[middle:], mode="free")
    for done in range(tokens):
        constraint.fill_mask(mask)
        allowed = np.flatnonzero(np.unpackbits(mask.view(np.uint8), bitorder="little"))
        if not len(allowed) or not constraint.accept(int(chance.choice(allowed))):
            return done
    return tokens


def main() -> None:
    """Run from the command line."""
    made = parser("footprint", "Memory of one process that serves all languages.")
    made.add_argument("--tokenizer", required=True, type=Path, metavar="tokenizer.json")
    made.add_argument(
        "--language",
        nargs="+",
        choices=sorted(LANGUAGES),
        default=sorted(LANGUAGES),
        help="which (default all)",
    )
    made.add_argument(
        "--requests", type=positive, default=20, help="requests per language (default 20)"
    )
    made.add_argument("--tokens", type=positive, default=48, help="tokens per request (default 48)")
    made.add_argument(
        "--cache", type=Path, metavar="FOLDER", help="of the tables (default a new one)"
    )
    run(made, measure)


if __name__ == "__main__":
    main()
