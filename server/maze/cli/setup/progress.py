"""Commands that take a while, with progress: a bar for who watches, now and then a line else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from maze.cli.errors import CliError
from maze.engine.state import log_directory, make_private

_EVERY_S = 30.0
_STEP_OF_BUILD = re.compile(r"\[\s*(\d+)/(\d+)\]")
_ERROR = re.compile(r"\s*(?:ERROR|error|CMake Error.*?):\s*(.+)")

_UNREACHABLE = re.compile(
    r"Failed to establish a new connection|NewConnectionError|ConnectTimeout|ProxyError"
    r"|name resolution|error sending request|dns error",
    re.IGNORECASE,
)
"""What pip and uv write where no package index answers; the error that they end with is another."""

_NO_INDEX = "no package index can be reached; look at the network and the proxy, and run this again"


class Steps:
    """Runs commands one after the other; their output goes into a log."""

    def __init__(self) -> None:
        self.log_file = log_directory() / "setup.log"
        self._console = Console(stderr=True)
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[standing]}"),
            TimeElapsedColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )

    def __enter__(self) -> Self:
        make_private(self.log_file.parent)
        self.log_file.write_bytes(b"")
        self._progress.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def run(
        self,
        what: str,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Run `command`, which installs `what`; shows the steps it counts, if it counts any.

        Raises:
            CliError: it failed, with the last error it wrote.
        """
        task = self._progress.add_task(what, total=None, standing="")
        began = said = time.monotonic()
        self._say(f"{what}: installing")
        error, unreachable = "", False
        with (
            self.log_file.open("a", encoding="utf-8") as log,
            subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
                env={**os.environ, **(environment or {})},
            ) as process,
        ):
            assert process.stdout is not None
            for line in process.stdout:
                log.write(line)
                if match := _ERROR.match(line):
                    error = match[1].strip()
                unreachable = unreachable or _UNREACHABLE.search(line) is not None
                if match := _STEP_OF_BUILD.search(line):
                    step, steps = map(int, match.groups())
                    standing = f"step {step} of {steps}"
                    self._progress.update(task, completed=step, total=steps, standing=standing)
                    if time.monotonic() - said > _EVERY_S:
                        said = time.monotonic()
                        self._say(f"{what}: {standing}, {said - began:.0f} s so far")
        if process.returncode != 0:
            error = _NO_INDEX if unreachable else error
            raise CliError(f"{what} could not be installed: {_cause(error, self.log_file)}")
        self._progress.update(task, completed=1, total=1, standing="done")
        self._say(f"{what}: done in {time.monotonic() - began:.0f} s")

    def _say(self, sentence: str) -> None:
        if not self._console.is_terminal:
            print(f"maze setup: {sentence}", file=sys.stderr, flush=True)


def _cause(error: str, log_file: Path) -> str:
    return f"{error or 'the installer failed'} (all it said is in {log_file})"
