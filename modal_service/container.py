"""The process in a container: vLLM as `modal_service.serving` starts it, awaited and drained.

Nothing here knows of Modal or needs a GPU: tests run it on this machine with vLLM's CPU build.
"""

from __future__ import annotations

import json
import logging
import os
import shlex
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Final

import attrs
import httpx

from modal_service import logs
from modal_service.options import Options
from modal_service.serving import ServiceSettings, command, environment

PORT: Final = 8000
CPU_CORES: Final = 4.0
"""vLLM's server, its engine, and the constraint's masks beside the forward pass."""
MEMORY_GIB: Final = 16
DRAIN_S: Final = 20
"""How long a suggestion that has begun may take to end when its container is to stop."""
EXIT_S: Final = 30
"""How long all of stopping may take; then the container is killed."""

_KILL_S = 2

logger = logging.getLogger("maze.container")


class StartFailed(Exception):
    """vLLM ended before it was ready; its log, just above, says why."""


@attrs.frozen
class Running:
    """A vLLM that was started.

    Attributes:
        process: its own.
        stopping: set once it is meant to end.
    """

    process: subprocess.Popen[bytes]
    stopping: threading.Event = attrs.Factory(threading.Event)


def settings(options: Options, host: str = "0.0.0.0", port: int = PORT) -> ServiceSettings:
    """What is served, for `options`.

    Requests beyond `options.concurrency` that still reach this container are generated too: another
    container may be starting for them, but will not be there in time.
    """
    model = options.the_model
    tables = os.environ.get("MAZE_CACHE_DIR")
    return ServiceSettings(
        model=model.id,
        revision=model.revision or None,
        host=host,
        port=port,
        context=options.context,
        max_requests=2 * options.concurrency,
        drain_s=DRAIN_S,
        tables=Path(tables) if tables else None,
        extra=tuple(shlex.split(options.vllm_args)),
    )


def start(options: Options, host: str = "0.0.0.0", port: int = PORT) -> Running:
    """Start vLLM, and return when it answers that it is ready.

    The key is in `MAZE_API_KEY`, where Modal puts the secret. How long this may take is for whoever
    waits to say: Modal has `startup_timeout`. When vLLM ends later without being told to, this
    process ends too, with status 1: a container without it would be paid for and answer nothing.

    Raises:
        StartFailed: the process ended instead.
    """
    logs.configure()
    service = settings(options, host, port)
    begun = time.monotonic()
    logger.info("starting %s at %s", service.model, service.revision or "no revision")
    process = subprocess.Popen(
        command(service),
        env=os.environ | environment(service, os.environ.get("MAZE_API_KEY")) | _logging(),
    )
    while not _is_ready(port):
        if (status := process.poll()) is not None:
            logger.error("vLLM ended with status %d before it was ready", status)
            raise StartFailed(f"vLLM ended with status {status}; its log above says why")
        time.sleep(0.5)
    logger.info("ready after %.1f s", time.monotonic() - begun)
    running = Running(process)
    threading.Thread(target=_end_with, args=[running], daemon=True).start()
    return running


def stop(running: Running) -> None:
    """End vLLM after the requests in flight; by force when it does not end."""
    running.stopping.set()
    process = running.process
    process.terminate()
    try:
        process.wait(EXIT_S - _KILL_S)
    except subprocess.TimeoutExpired:
        logger.warning("vLLM did not stop within %d s; killed", EXIT_S - _KILL_S)
        process.kill()
        process.wait()
    logger.info("stopped")


def _end_with(running: Running) -> None:
    status = running.process.wait()
    if not running.stopping.is_set():
        logger.error(
            "vLLM ended with status %d after it was ready; this container ends too", status
        )
        os._exit(1)  # from a thread, nothing gentler ends the process


def _is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health", timeout=2, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _logging() -> dict[str, str]:
    """The variable that makes vLLM and its own processes log as we do."""
    file = Path(tempfile.gettempdir()) / "maze-logging.json"
    file.write_text(json.dumps(logs.CONFIGURATION))
    return {"VLLM_LOGGING_CONFIG_PATH": str(file)}
