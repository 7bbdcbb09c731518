"""Go's judge: `gofmt -e`, in batches of files per process."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

from benchmarks.oracles.base import Oracle, OracleError
from benchmarks.tools import GO_VERSION, GOFMT

# Files per process: gofmt reads them in parallel, and starting it costs about 3 ms.
_BATCH = 256
_ERROR = re.compile(r"(?P<file>\d+)\.go:(?P<message>\d+:\d+: .*)")


class GoOracle(Oracle):
    """Judges Go files."""

    def __init__(self) -> None:
        if not GOFMT.is_file():
            raise OracleError("Go's judge, gofmt, is not installed: run scripts/tools.")
        self.name = f"gofmt {GO_VERSION}"

    def errors(self, texts: list[bytes]) -> list[str | None]:
        verdicts: list[str | None] = []
        for start in range(0, len(texts), _BATCH):
            verdicts += self._batch(texts[start : start + _BATCH])
        return verdicts

    def _batch(self, texts: list[bytes]) -> list[str | None]:
        with tempfile.TemporaryDirectory(prefix="maze-gofmt-") as folder:
            for number, text in enumerate(texts):
                (Path(folder) / f"{number}.go").write_bytes(text)
            # -l lists names where gofmt would otherwise print whole files.
            names = [f"{number}.go" for number in range(len(texts))]
            done = subprocess.run(
                [GOFMT, "-e", "-l", *names], cwd=folder, capture_output=True, check=False
            )
        verdicts: list[str | None] = [None] * len(texts)
        for line in done.stderr.decode("utf-8", errors="replace").splitlines():
            if found := _ERROR.match(line):
                number = int(found["file"])
                verdicts[number] = verdicts[number] or found["message"]
        if done.returncode != 0 and not any(verdicts):
            if len(texts) == 1:
                return [f"0:0: gofmt failed: {done.stderr[-200:].decode(errors='replace')}"]
            return [verdict for text in texts for verdict in self._batch([text])]
        return verdicts
