"""`maze lsp` and `maze engine` as processes: they start, answer, and end with a clear sentence."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from lsprotocol import types
from pygls.lsp.client import LanguageClient

from maze.engine.launcher import missing_extra
from tests.cli.conftest import Maze, python

SECONDS = 60


async def handshake(client: LanguageClient) -> types.InitializeResult:
    """Begin and end a session."""
    params = types.InitializeParams(capabilities=types.ClientCapabilities())
    async with asyncio.timeout(SECONDS):
        result = await client.initialize_async(params)
        await client.shutdown_async(None)
        client.exit(None)
        await client.stop()
    return result


@pytest.mark.parametrize("options", [(), ("--stdio",)])
async def test_lsp_over_stdio(options: tuple[str, ...]) -> None:
    client = LanguageClient("test", "1")
    await client.start_io(sys.executable, "-m", "maze", "lsp", *options)
    result = await handshake(client)
    assert result.server_info is not None
    assert result.server_info.name == "maze"
    assert result.capabilities.inline_completion_provider


@contextmanager
def running(*arguments: str, says: str) -> Iterator[re.Match[str]]:
    """A `maze` that runs until the block ends; what its stderr says in answer to `says`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "maze", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stderr is not None
        said = ""
        for line in process.stderr:
            said += line
            if match := re.search(says, said, re.DOTALL):
                yield match
                break
        else:
            pytest.fail(f"never said {says!r}, but: {said}")
    finally:
        process.terminate()
        process.communicate(timeout=SECONDS)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_lsp_in_a_terminal_says_what_it_is_for_and_can_be_interrupted() -> None:
    import pty

    terminal, its_end = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "maze", "lsp"],
            stdin=its_end,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stderr is not None
            assert "an editor starts this" in process.stderr.readline()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=SECONDS)
        finally:
            process.kill()
            process.wait()
    finally:
        os.close(terminal)
        os.close(its_end)
    assert (process.returncode, out, err) == (-signal.SIGINT, "", "")


async def test_lsp_over_tcp() -> None:
    with running("lsp", "--tcp", "127.0.0.1:0", says=r"listening on 127\.0\.0\.1:(\d+)") as match:
        client = LanguageClient("test", "1")
        await client.start_tcp("127.0.0.1", int(match[1]))
        result = await handshake(client)
    assert result.capabilities.inline_completion_provider


@pytest.mark.parametrize("address", ["7777x", "host:", "127.0.0.1:99999", "host:-1", ":"])
def test_lsp_at_no_address(maze: Maze, address: str) -> None:
    ran = maze("lsp", "--tcp", address)
    assert (ran.status, ran.out) == (1, "")
    assert ran.err == f"maze: --tcp takes HOST:PORT, as in 127.0.0.1:7777, not '{address}'\n"


def test_lsp_over_both(maze: Maze) -> None:
    ran = maze("lsp", "--stdio", "--tcp", "127.0.0.1:0")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith("maze: an editor is served over --stdio or over --tcp")


def test_lsp_where_another_listens(maze: Maze) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        ran = maze("lsp", "--tcp", address)
    assert ran.status == 1
    assert f"cannot listen on {address} (address already in use); choose another" in ran.err


def test_engine_not_installed(maze: Maze, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maze.engine.launcher.NEEDED", ("no_such_module",))
    ran = maze("engine")
    assert ran.status == 1
    assert "maze: the embedded engine is not installed" in ran.err
    assert "run `maze setup`" in ran.err


needs_engine = pytest.mark.skipif(missing_extra() is not None, reason=str(missing_extra()))

REFUSED = {
    "a key in no variable": (("--key-env", ""), "--key-env takes the name"),
    "an open address without a key": (("--host", "0.0.0.0", "--no-key"), "without a key"),
    "no model there": (("--model", "/no/such/model.gguf"), "there is no model file at"),
    "a port in use": (("--port", "{port}"), "(address already in use); choose another --port"),
    "no such machine": (("--host", "no.invalid", "--port", "{port}"), "choose another --host"),
    "no such language": (("--prepare", "cobol"), "maze: no grammar for cobol; there are go, "),
}


@needs_engine
@pytest.mark.parametrize(("arguments", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_engine_refuses(arguments: tuple[str, ...], message: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        ran = python("-m", "maze", "engine", *(a.format(port=port) for a in arguments))
    assert ran.status == 1
    assert message in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.local
@needs_engine
def test_engine_makes_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    says = r"the key is (\S+) .*listening on (http://127\.0\.0\.1:\d+)"
    with running("engine", "--port", "0", says=says) as match:
        key, url = match.groups()
        assert httpx.get(f"{url}/health").json()["status"] in ("loading", "ready")
        assert httpx.get(f"{url}/v1/models").status_code == 401
        bearer = {"Authorization": f"Bearer {key}"}
        assert httpx.get(f"{url}/v1/models", headers=bearer).status_code in (200, 503)


@pytest.mark.local
@needs_engine
def test_engine_takes_the_key_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", "a-key-of-my-own")
    with running(
        "engine", "--port", "0", "--key-env", "A_KEY", says=r"(.*)listening on (\S+)"
    ) as m:
        assert "a-key-of-my-own" not in m[1]
        bearer = {"Authorization": "Bearer a-key-of-my-own"}
        assert httpx.get(f"{m[2]}/v1/models", headers=bearer).status_code in (200, 503)
