"""The process of the embedded engine: binds a port, serves, and ends with a clear sentence.

`serve` is what `maze engine` runs; `python -m maze.engine` is what the launcher starts.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
import time
from pathlib import Path
from types import FrameType

import uvicorn

from maze.engine.app import EngineApp
from maze.engine.drain import Draining
from maze.engine.embedded import EmbeddedEngine, Engine
from maze.engine.errors import EngineMissing, system_words
from maze.engine.launcher import missing_extra
from maze.engine.settings import EngineSettings
from maze.engine.state import EngineState, remove_state, write_state

_DRAIN_S = 10.0
"""How long a request in flight may take to end when the engine is to stop."""

_SHUTDOWN_S = 1


def serve(settings: EngineSettings, engine: Engine | None = None) -> int:
    """Serve until stopped, idle for too long, or unable to load.

    Args:
        engine: takes the embedded engine's place in tests.

    Returns:
        The exit status: 0, or 1 after a sentence on stderr that says what is wrong.
    """
    problem = settings.problem() or (missing_extra() if engine is None else None)
    if problem is not None:
        return _fail(problem)
    engine = engine or EmbeddedEngine(settings)
    try:
        listener = _bind(settings)
    except EngineMissing as error:
        return _fail(str(error))
    url = _url(listener)
    state = settings.state_file
    app = EngineApp(engine, settings, on_stop=lambda: setattr(server, "should_exit", True))
    config = uvicorn.Config(
        app.app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=_SHUTDOWN_S,
    )
    server = _Server(config, state, app.draining)
    if state is None:
        print(f"maze engine: listening on {url}", file=sys.stderr, flush=True)
    else:
        write_state(state, EngineState(url, os.getpid(), settings.key or ""))
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        return 0
    if engine.status.status == "failed":
        return _fail(engine.status.progress)
    return 0


class _Server(uvicorn.Server):
    """Lets requests in flight end when it is told to stop, and stops at once when told again.

    Its state file goes before anything else: whoever needs an engine meanwhile starts another. After
    `shutdown`, uvicorn raises the signal that stopped it once more, which ends the process.
    """

    def __init__(self, config: uvicorn.Config, state_file: Path | None, draining: Draining) -> None:
        super().__init__(config)
        self._state_file = state_file
        self._draining = draining
        self._stops_at = 0.0

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._draining.stopping:
            return super().handle_exit(sig, frame)
        self._captured_signals.append(sig)
        self._draining.begin()
        self._stops_at = time.monotonic() + _DRAIN_S
        self._remove_state()

    async def on_tick(self, counter: int) -> bool:
        if self._draining.stopping:
            over = time.monotonic() > self._stops_at
            self.should_exit = self.should_exit or over or self._draining.is_done
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._remove_state()
        await super().shutdown(sockets)

    def _remove_state(self) -> None:
        if self._state_file is not None:
            remove_state(self._state_file, os.getpid())


def _bind(settings: EngineSettings) -> socket.socket:
    host = settings.host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.getaddrinfo(host, None, family)
    except (socket.gaierror, UnicodeError) as error:
        raise EngineMissing(
            f"cannot listen on {settings.host} ({system_words(error)}); choose another --host"
        ) from None
    try:
        return socket.create_server((host, settings.port), family=family)
    except (OSError, OverflowError) as error:
        mend = "choose another --port, or 0 for any free one"
        if getattr(error, "errno", None) == errno.EADDRNOTAVAIL:
            mend = "choose another --host"
        raise EngineMissing(
            f"cannot listen on {settings.host}:{settings.port} ({system_words(error)}); {mend}"
        ) from None


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _fail(sentence: str) -> int:
    print(f"maze engine: {sentence}", file=sys.stderr, flush=True)
    return 1
