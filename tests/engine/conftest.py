"""Servers on loopback: the real application with a toy engine, and misbehaving ones."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from importlib.util import find_spec

import pytest
import uvicorn

from maze.engine.app import EngineApp
from maze.engine.embedded import Engine
from maze.engine.settings import EngineSettings

KEY = "a-key-for-tests"

# Without the `local` extra there is nothing to test here.
collect_ignore = [] if find_spec("llama_cpp") else ["test_llama.py", "test_embedded.py"]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "local: runs the real llama.cpp model")


@contextlib.contextmanager
def serving(
    engine: Engine, settings: EngineSettings, status: str = "ready", **options: object
) -> Iterator[str]:
    """The address of the real application over real HTTP, once the engine has that `status`."""
    app = EngineApp(engine, settings, **options)
    config = uvicorn.Config(app.app, log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    until(lambda: server.started and engine.status.status == status)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def until(condition: Callable[[], bool], timeout_s: float = 20.0) -> None:
    """Wait for `condition`; fail when it does not come true."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def answering(answer: Answer):
    """The address of a server that reads a request and then does as `answer` likes."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-l")]
            if length:
                await reader.readexactly(int(length[0].split(b":")[1]))
            await answer(reader, writer)
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
