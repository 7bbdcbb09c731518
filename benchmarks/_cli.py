"""What all benchmarks' command lines share: arguments, progress bar, JSON line, exit status.

A benchmark is a function from parsed arguments to a dict; `run` does the rest. Exit status: 0 when
it measured, 1 when it could not (one sentence on stderr says why), 2 for bad arguments.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from benchmarks.oracles import ORACLES, OracleError

Report = dict[str, object]
Advance = Callable[[str], None]
"""Called once per piece of work done, with a few words on how it stands."""


class BadArgument(Exception):
    """An argument is unusable; the message is one sentence for a person. Exit status 2."""


class CannotMeasure(Exception):
    """Something that the measurement needs is missing or broken; one sentence. Exit status 1."""


def parser(module: str, description: str) -> argparse.ArgumentParser:
    """A parser with the arguments all benchmarks have."""
    made = argparse.ArgumentParser(prog=f"python -m benchmarks.{module}", description=description)
    made.add_argument("--seed", type=int, default=0, help="makes a run repeatable (default 0)")
    return made


def add_files(made: argparse.ArgumentParser) -> None:
    """Add the arguments that choose real source files."""
    made.add_argument("--language", required=True, choices=sorted(ORACLES))
    made.add_argument(
        "--files-from", required=True, type=Path, metavar="FILE", help="source paths, one a line"
    )
    made.add_argument(
        "--limit", type=positive, metavar="N", help="only N of the files, chosen at random"
    )


def positive(text: str) -> int:
    """An argument that is a whole number ≥ 1."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return value


@contextmanager
def progress(label: str, total: int | None) -> Iterator[Advance]:
    """A progress bar on stderr while a person watches it; otherwise nothing is written.

    Args:
        label: What is being done.
        total: How many times the yielded function will be called; None when unknown.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[standing]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=total, standing="")
        yield lambda standing: bar.update(task, advance=1, standing=standing)


def run(made: argparse.ArgumentParser, measure: Callable[[argparse.Namespace], Report]) -> None:
    """Parse the arguments, measure, print the report as the last line of stdout, and exit."""
    arguments = made.parse_args()
    try:
        report = measure(arguments)
    except BadArgument as error:
        made.error(str(error))
    except (CannotMeasure, OracleError) as error:
        print(f"{made.prog}: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print(f"{made.prog}: interrupted", file=sys.stderr)
        sys.exit(130)
    print(json.dumps(report, ensure_ascii=False), flush=True)
