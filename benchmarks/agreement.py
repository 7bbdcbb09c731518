"""Where a grammar and the language's real parser disagree, on texts that nobody wrote.

python -m benchmarks.agreement --language go --rounds 20000

Real code (`benchmarks.coverage`) shows what a grammar refuses wrongly. What it accepts wrongly
becomes a suggestion that does not parse, and that shows on code no person would write: here random
sentences of the grammar, which the real parser must accept; and, with `--files-from`, pieces of real
files with tokens dropped, doubled and moved, on which both must say the same.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks._cli import Report, parser, positive, progress, run
from benchmarks.files import read_list
from benchmarks.oracles import ORACLES, Oracle, oracle_for
from benchmarks.sentences import Sentences
from maze.grammar import load
from maze.grammar.syntax import Syntax

_BATCH = 512
_SHOWN = 40
# What turns a text of the entry `items` into a file.
_FILE_HEADER = {"go": "package p\n\n"}
_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")


def measure(arguments: argparse.Namespace) -> Report:
    """Compare verdicts on generated texts."""
    syntax = load(arguments.language)
    chance = random.Random(arguments.seed)
    header = _FILE_HEADER.get(arguments.language, "")
    if arguments.files_from is None:
        texts = _sentences(syntax, chance, arguments, header)
    else:
        texts = _mutants(read_list(arguments.files_from), chance)
    counts: Counter[str] = Counter()
    loose: list[dict[str, object]] = []
    strict: list[dict[str, object]] = []
    with (
        oracle_for(arguments.language) as oracle,
        progress("texts", arguments.rounds) as advance,
    ):
        for _ in range(0, arguments.rounds, _BATCH):
            batch = [next(texts).encode() for _ in range(_BATCH)]
            _compare(syntax, oracle, batch, counts, loose, strict)
            for _ in batch:
                advance(f"{counts['loose']} loose, {counts['strict']} strict")
    loose.sort(key=lambda found: len(str(found["text"])))
    strict.sort(key=lambda found: len(str(found["text"])))
    return {
        "language": arguments.language,
        "texts": counts.total(),
        "both_accept": counts["both accept"],
        "both_reject": counts["both reject"],
        "loose": counts["loose"],
        "never_suggested": counts["never suggested"],
        "strict": counts["strict"],
        "accepted_wrongly": loose[:_SHOWN],
        "refused_wrongly": strict[:_SHOWN],
    }


def _compare(
    syntax: Syntax,
    oracle: Oracle,
    batch: list[bytes],
    counts: Counter[str],
    loose: list[dict[str, object]],
    strict: list[dict[str, object]],
) -> None:
    for text, error in zip(batch, oracle.errors(batch), strict=True):
        failure = syntax.check(text)
        if failure is None and error is not None and not _suggested(syntax, text):
            counts["never suggested"] += 1
        elif failure is None and error is not None:
            counts["loose"] += 1
            loose.append({"text": text.decode(), "oracle": error})
        elif failure is not None and error is None:
            counts["strict"] += 1
            strict.append({"text": text.decode(), "near": failure.near})
        else:
            counts["both accept" if error is None else "both reject"] += 1


def _suggested(syntax: Syntax, text: bytes) -> bool:
    """Whether a suggestion could introduce all of a text's lexemes."""
    lexer = syntax.lexer
    return lexer.read(lexer.start, text, [], generating=True) is not None


def _sentences(
    syntax: Syntax, chance: random.Random, arguments: argparse.Namespace, header: str
) -> Iterator[str]:
    sentences = Sentences(syntax, chance, arguments.ascii)
    while True:
        size = chance.choice((4, 8, 16, 32))
        yield header + sentences.text(arguments.rule, size)


def _mutants(paths: list[Path], chance: random.Random) -> Iterator[str]:
    """Small pieces of real files, each with one to three tokens changed."""
    while True:
        try:
            lines = chance.choice(paths).read_text(encoding="utf-8").splitlines(keepends=True)
        except (OSError, UnicodeDecodeError):
            continue
        start = chance.randrange(max(1, len(lines) - 3))
        piece = lines[start : start + chance.randint(1, 6)]
        margin = min((len(line) - len(line.lstrip()) for line in piece if line.strip()), default=0)
        yield _mutated("".join(line[margin:] for line in piece), chance)


def _mutated(text: str, chance: random.Random) -> str:
    tokens = _TOKEN.findall(text)
    for _ in range(chance.randint(0, 3)):
        if not tokens:
            break
        at, other = chance.randrange(len(tokens)), chance.randrange(len(tokens))
        match chance.randrange(4):
            case 0:
                del tokens[at]
            case 1:
                tokens.insert(at, tokens[other])
            case 2:
                tokens[at], tokens[other] = tokens[other], tokens[at]
            case 3:
                tokens[at] = tokens[other]
    return "".join(tokens)


def main() -> None:
    """Run from the command line."""
    made = parser("agreement", "Disagreements between a grammar and the real parser.")
    made.add_argument("--language", required=True, choices=sorted(ORACLES))
    made.add_argument("--rounds", type=positive, default=10_000, help="how many texts")
    made.add_argument("--rule", default="items", help="the rule to derive from (default items)")
    made.add_argument(
        "--ascii",
        type=float,
        default=0.97,
        help="share of characters that are ASCII (default 0.97)",
    )
    made.add_argument(
        "--files-from", type=Path, metavar="FILE", help="mutate pieces of these files instead"
    )
    run(made, measure)


if __name__ == "__main__":
    main()
