"""A container ends with what runs in it, and only then with an error.

In vLLM's place there is a small web server, which is ready and dies as vLLM does, but at once.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from socket import create_server

import pytest

from tests.modal_service.conftest import ROOT

PROGRAM = """
import sys
from modal_service import container
from modal_service.options import from_environment

port, folder = int(sys.argv[1]), sys.argv[2]
server = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", folder]
container.command = lambda settings: server
running = container.start(from_environment(), host="127.0.0.1", port=port)
print("ready", running.process.pid, flush=True)
sys.stdin.read()
container.stop(running)
"""


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A container's process, and the identifier of the one in it."""
    (tmp_path / "health").touch()
    with closing(create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(port), tmp_path],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said = next(line for line in process.stdout if line.startswith("ready "))
    yield process, int(said.split()[1])
    process.kill()
    process.communicate()


def test_it_ends_when_the_server_dies(running: tuple[subprocess.Popen[str], int]) -> None:
    process, server = running
    os.kill(server, signal.SIGKILL)
    assert process.wait(60) == 1
    assert process.stdout is not None
    assert "ended with status -9 after it was ready" in process.stdout.read()


def test_it_stops_quietly(running: tuple[subprocess.Popen[str], int]) -> None:
    process, _ = running
    said, _ = process.communicate("", timeout=60)
    assert process.returncode == 0
    assert "ended with status" not in said
    assert "stopped" in said
