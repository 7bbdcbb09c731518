"""Whether suggestions join: holes cut into real files, filled, and judged by the real parser.

python -m benchmarks.holes --language go --files-from .cache/corpora/go.txt --holes 1000

A suggestion that is offered and does not parse is the one failure this product may not have. The
kinds of holes are those of `benchmarks.hole_kinds`, in equal share, each in another file as far as
they last.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks._cli import (
    BadArgument,
    CannotMeasure,
    Report,
    add_files,
    parser,
    positive,
    progress,
    run,
)
from benchmarks.engines import ENGINES, connect
from benchmarks.files import SourceFile, read_list, utf8_files_without_end
from benchmarks.hole_kinds import KINDS, Hole, cut
from benchmarks.oracles import Oracle, oracle_for
from benchmarks.suggester import Answer, Suggester
from maze.engine.protocol import UNCONSTRAINED

_JUDGED_AT_ONCE = 50
# Files with no place for a kind of hole are passed over; after so many in a row there is none.
_PASSED_OVER = 2000


@dataclass
class Tally:
    """What came of the holes so far."""

    holes: Counter[str] = field(default_factory=Counter)
    offered: Counter[str] = field(default_factory=Counter)
    joined: Counter[str] = field(default_factory=Counter)
    levels: Counter[str] = field(default_factory=Counter)
    tokens: int = 0
    constraint_us: float = 0.0
    constrained_tokens: int = 0
    dropped: list[dict[str, object]] = field(default_factory=list)
    failures: list[dict[str, object]] = field(default_factory=list)
    missed: list[dict[str, object]] = field(default_factory=list)


@dataclass(frozen=True)
class Filled:
    """A hole with what was offered for it."""

    file: SourceFile
    hole: Hole
    answer: Answer

    def joined(self) -> bytes:
        """The file with the suggestion in it, or with the one that the last check dropped."""
        if not self.answer.dropped:
            return self.file.encode(self.answer.content)
        prefix, suffix = self.hole.prefix(self.file.text), self.hole.suffix(self.file.text)
        return self.file.encode(prefix + self.answer.generated + suffix)

    def account(self, **more: object) -> dict[str, object]:
        """The hole as JSON, with all that is needed to reproduce it."""
        outcome = self.answer.outcome
        return {
            "file": str(self.file.path),
            "offset": self.hole.start,
            "end": self.hole.end,
            "kind": self.hole.kind,
            "level": outcome.level if outcome else None,
            "removed": self.file.text[self.hole.start : self.hole.end],
            "suggestion": self.answer.offered,
            "generated": self.answer.generated,
            **more,
        }


def measure(arguments: argparse.Namespace) -> Report:
    """Fill the holes and judge what was offered."""
    paths = read_list(arguments.files_from, arguments.limit, arguments.seed)
    random.Random(arguments.seed).shuffle(paths)
    with oracle_for(arguments.language) as oracle:
        tally = asyncio.run(_fill(arguments, paths, oracle))
    if arguments.failures:
        found = {"failures": tally.failures, "dropped": tally.dropped, "missed": tally.missed}
        _write(arguments.failures, found)
    holes, offered, joined = (c.total() for c in (tally.holes, tally.offered, tally.joined))
    return {
        "language": arguments.language,
        "engine": arguments.engine,
        "constrained": not arguments.unconstrained,
        "holes": holes,
        "offered": offered,
        "joined": joined,
        "join_rate": round(joined / offered, 5) if offered else None,
        "offer_rate": round(offered / holes, 4),
        "fallbacks": dict(tally.levels),
        "tokens": tally.tokens,
        "constraint_us_per_token": round(tally.constraint_us / max(tally.constrained_tokens, 1), 1),
        "kinds": {
            kind: {
                "holes": tally.holes[kind],
                "offered": tally.offered[kind],
                "joined": tally.joined[kind],
            }
            for kind in KINDS
        },
        "dropped_by_last_check": {
            "valid": sum(found["oracle"] is None for found in tally.dropped),
            "invalid": sum(found["oracle"] is not None for found in tally.dropped),
        },
    }


async def _fill(arguments: argparse.Namespace, paths: list[Path], oracle: Oracle) -> Tally:
    tally = Tally()
    waiting: list[Filled] = []
    async with connect(arguments.engine, arguments.seed) as client:
        suggester = Suggester(
            client,
            (await client.model()).id,
            arguments.max_tokens,
            constrain=not arguments.unconstrained,
        )
        with progress(f"{arguments.language} holes", arguments.holes) as advance:
            for file, hole in itertools.islice(_holes(arguments, paths, oracle), arguments.holes):
                content = hole.prefix(file.text) + hole.suffix(file.text)
                answer = await suggester.suggest(file.path, content, hole.start)
                _count(tally, Filled(file, hole, answer), waiting)
                if len(waiting) >= _JUDGED_AT_ONCE:
                    _judge(tally, waiting, oracle)
                failed = len(tally.failures)
                advance(f"{tally.offered.total()} offered, {failed} do not parse")
            _judge(tally, waiting, oracle)
    return tally


def _holes(
    arguments: argparse.Namespace, paths: list[Path], oracle: Oracle
) -> Iterator[tuple[SourceFile, Hole]]:
    """Holes of all kinds in turn, without end."""
    chance = random.Random(arguments.seed)
    files = utf8_files_without_end(paths, arguments.language, oracle)
    for kind in itertools.cycle(KINDS):
        for file in itertools.islice(files, _PASSED_OVER):
            hole = cut(kind, arguments.language, file.text, chance)
            if hole is not None:
                yield file, hole
                break
        else:
            raise CannotMeasure(f"none of the files has a place for a hole of the kind {kind!r}.")


def _count(tally: Tally, filled: Filled, waiting: list[Filled]) -> None:
    kind, answer = filled.hole.kind, filled.answer
    tally.holes[kind] += 1
    if answer.outcome is not None:
        tally.levels[answer.outcome.level] += 1
        tally.tokens += answer.outcome.tokens
        if answer.outcome.level != UNCONSTRAINED:
            tally.constrained_tokens += answer.outcome.tokens
            tally.constraint_us += answer.outcome.tokens * answer.outcome.constraint_us_per_token
    if answer.offered:
        tally.offered[kind] += 1
    if answer.offered or answer.dropped:
        waiting.append(filled)
    else:
        tally.missed.append(filled.account(written=answer.uncut))


def _judge(tally: Tally, waiting: list[Filled], oracle: Oracle) -> None:
    errors = oracle.errors([filled.joined() for filled in waiting])
    for filled, error in zip(waiting, errors, strict=True):
        if filled.answer.dropped:
            tally.dropped.append(filled.account(oracle=error))
        elif error is None:
            tally.joined[filled.hole.kind] += 1
        else:
            tally.failures.append(filled.account(oracle=error))
    waiting.clear()


def _write(path: Path, found: object) -> None:
    try:
        path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise BadArgument(f"--failures {path} cannot be written: {error}") from None


def main() -> None:
    """Run from the command line."""
    made = parser("holes", "Share of offered suggestions that parse in place.")
    add_files(made)
    made.add_argument("--holes", type=positive, default=100, help="how many (default 100)")
    made.add_argument("--engine", default="random", help=f"{', '.join(ENGINES)}, or a URL")
    made.add_argument("--unconstrained", action="store_true", help="the model alone, to compare")
    made.add_argument("--max-tokens", type=positive, default=48, help="per suggestion (default 48)")
    made.add_argument(
        "--failures",
        type=Path,
        metavar="FILE",
        help="where to write, as JSON, what did not parse, what was dropped, and where nothing was offered",
    )
    run(made, measure)


if __name__ == "__main__":
    main()
