"""How many broken programs a grammar recognises as broken.

python -m benchmarks.mutations --language go --files-from .cache/corpora/go.txt --mutations 200

Real files with one token changed (see `benchmarks.mutants` for the kinds, which take turns), of which
only those count that the language's real parser rejects. What the grammar accepts of them
is looser than the language, and may one day be suggested.
"""

from __future__ import annotations

import argparse
import itertools
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks._cli import CannotMeasure, Report, add_files, parser, positive, progress, run
from benchmarks.files import SourceFile, read_list, utf8_files_without_end
from benchmarks.mutants import KINDS, Mutable, Mutant
from benchmarks.oracles import Oracle, oracle_for
from maze.document.languages import LANGUAGES
from maze.grammar import load
from maze.grammar.syntax import Syntax

_BATCH = 64
# Files with nothing to change in a kind's way are passed over; after so many in a row, the kind is.
_PASSED_OVER = 50
# After so many mutants that all are valid, none will be invalid.
_FRUITLESS = 2000


def measure(arguments: argparse.Namespace) -> Report:
    """Mutate, keep what the real parser rejects, and ask the grammar."""
    paths = read_list(arguments.files_from, arguments.limit, arguments.seed)
    syntax = load(arguments.language)
    chance = random.Random(arguments.seed)
    chance.shuffle(paths)
    counted: Counter[str] = Counter()
    rejected: Counter[str] = Counter()
    accepted: list[dict[str, object]] = []
    with (
        oracle_for(arguments.language) as oracle,
        progress(f"{arguments.language} mutations", arguments.mutations) as advance,
    ):
        found = _invalid(arguments.language, _mutants(arguments, paths, syntax, oracle), oracle)
        for file, mutant in itertools.islice(found, arguments.mutations):
            counted[mutant.kind] += 1
            if syntax.check(mutant.text) is not None:
                rejected[mutant.kind] += 1
            else:
                accepted.append(_account(file, mutant))
            advance(f"{len(accepted)} accepted")
        judge = oracle.name
    return {
        "language": arguments.language,
        "mutations": counted.total(),
        "rejected": rejected.total(),
        "rate": round(rejected.total() / counted.total(), 5),
        "kinds": {
            kind: {"mutations": counted[kind], "rejected": rejected[kind]}
            for kind in KINDS
            if counted[kind]
        },
        "accepted": accepted,
        "oracle": judge,
    }


def _account(file: SourceFile, mutant: Mutant) -> dict[str, object]:
    return {
        "file": str(file.path),
        "line": mutant.line,
        "kind": mutant.kind,
        "text": mutant.changed_line,
    }


def _mutants(
    arguments: argparse.Namespace, paths: list[Path], syntax: Syntax, oracle: Oracle
) -> Iterator[tuple[SourceFile, Mutant]]:
    """Mutants of all kinds in turn, each of another file as far as they last, without end."""
    chance = random.Random(arguments.seed)
    keywords = _keywords(syntax)
    language = LANGUAGES[arguments.language]
    files = utf8_files_without_end(paths, arguments.language, oracle)
    while True:
        none = True
        for kind in KINDS:
            for file in itertools.islice(files, _PASSED_OVER):
                mutant = Mutable(file.utf8, language, keywords).mutant(kind, chance)
                if mutant is not None:
                    none = False
                    yield file, mutant
                    break
        if none:
            raise CannotMeasure("none of the files has a token that could be changed.")


def _keywords(syntax: Syntax) -> list[bytes]:
    literals = (name[1:-1] for name in syntax.definition.terminals if name.startswith('"'))
    return sorted(literal.encode() for literal in literals if literal.isidentifier())


def _invalid(
    language: str, mutants: Iterator[tuple[SourceFile, Mutant]], oracle: Oracle
) -> Iterator[tuple[SourceFile, Mutant]]:
    """Those that the real parser rejects."""
    fruitless = 0
    while fruitless < _FRUITLESS:
        batch = list(itertools.islice(mutants, _BATCH))
        fruitless += len(batch)
        verdicts = oracle.accepts([mutant.text for _, mutant in batch])
        for found, valid in zip(batch, verdicts, strict=True):
            if not valid:
                fruitless = 0
                yield found
    raise CannotMeasure(f"of {fruitless} mutants, {language}'s real parser rejects none.")


def main() -> None:
    """Run from the command line."""
    made = parser("mutations", "Share of broken files that the grammar rejects.")
    add_files(made)
    made.add_argument(
        "--mutations", type=positive, default=200, help="how many, all invalid (default 200)"
    )
    run(made, measure)


if __name__ == "__main__":
    main()
