"""Below the features: stdio, TCP, and messages that make no sense."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.lsp.conftest import SECONDS

pytestmark = pytest.mark.asyncio

INITIALIZE = {"processId": None, "rootUri": None, "capabilities": {}}


class Raw:
    """A connection on which anything can be sent."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer

    def send(self, **message: Any) -> None:
        self.send_bytes(json.dumps({"jsonrpc": "2.0", **message}).encode())

    def send_bytes(self, body: bytes) -> None:
        self.writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    async def answer(self, number: int) -> Any:
        """The answer to request `number`; all else that comes before is passed over."""
        async with asyncio.timeout(SECONDS):
            while True:
                header = await self._reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"Content-Length: (\d+)", header)
                assert length, header
                message = json.loads(await self._reader.readexactly(int(length.group(1))))
                if message.get("id") == number and "method" not in message:
                    return message


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """A server on a free port."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "maze.lsp", "--tcp", "127.0.0.1:0"),
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stderr is not None
    line = await asyncio.wait_for(process.stderr.readline(), SECONDS)
    port = re.fullmatch(rb"maze lsp: listening on 127\.0\.0\.1:(\d+)\n", line)
    assert port, line
    try:
        yield process, int(port.group(1))
    finally:
        process.kill()
        await process.wait()


async def connected(port: int) -> Raw:
    raw = Raw(*await asyncio.open_connection("127.0.0.1", port))
    raw.send(id=1, method="initialize", params=INITIALIZE)
    answer = await raw.answer(1)
    assert answer["result"]["capabilities"]["inlineCompletionProvider"] == {}
    return raw


async def test_several_editors_share_a_tcp_server() -> None:
    async with listening() as (process, port):
        one, two = await connected(port), await connected(port)
        one.send(id=2, method="shutdown")
        assert (await one.answer(2))["result"] is None
        one.send(method="exit")
        assert await asyncio.wait_for(one._reader.read(), SECONDS) == b""
        two.send(id=3, method="maze/status", params={})
        assert (await two.answer(3))["result"]["documents"] == 0
        assert process.returncode is None


async def test_an_editor_that_breaks_off_leaves_the_others_alone() -> None:
    async with listening() as (_, port):
        one, two = await connected(port), await connected(port)
        one.writer.write(b"Content-Length: 1000\r\n\r\n{")
        one.writer.close()
        two.send(id=2, method="maze/status", params={})
        assert "version" in (await two.answer(2))["result"]


MALFORMED: list[Any] = [
    # parameters of an inline completion request
    None,
    [],
    7,
    {"textDocument": 7},
    {"textDocument": {"uri": "file:///a.py"}, "position": {"line": -1, "character": "x"}},
    {"textDocument": {"uri": "file:///a.py"}, "position": {"line": 0, "character": 0}},
]


async def test_requests_with_the_wrong_shape_are_answered_with_an_error() -> None:
    async with listening() as (process, port):
        raw = await connected(port)
        for number, params in enumerate(MALFORMED, 10):
            raw.send(id=number, method="textDocument/inlineCompletion", params=params)
            assert "error" in await raw.answer(number), params
        raw.send(id=2, method="maze/no-such-thing", params={})
        assert (await raw.answer(2))["error"]["code"] == -32601
        assert process.returncode is None


async def test_messages_that_are_none_are_passed_over() -> None:
    async with listening() as (_, port):
        raw = await connected(port)
        for body in (b"{", b"\xff\xfe", b"[]", b"7", b'{"jsonrpc": "1.0", "id": 4}', b"{}"):
            raw.send_bytes(body)
        raw.send(method="textDocument/didChange", params={"nonsense": 1})
        raw.send(method="textDocument/didOpen", params=None)
        raw.send(id=2, method="maze/status", params={})
        assert (await raw.answer(2))["result"]["documents"] == 0


async def test_a_port_that_is_taken_is_said_in_one_sentence() -> None:
    async with listening() as (_, port):
        second = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "maze.lsp", "--tcp", f"127.0.0.1:{port}"),
            stderr=subprocess.PIPE,
        )
        _, said = await asyncio.wait_for(second.communicate(), SECONDS)
        assert second.returncode == 1
        assert re.fullmatch(rb"maze lsp: can not listen on 127\.0\.0\.1:\d+ \(.*\)\n", said), said


async def test_the_server_ends_with_its_editor() -> None:
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "maze.lsp"), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert server.stdin is not None
    server.stdin.close()
    assert await asyncio.wait_for(server.wait(), SECONDS) == 0


async def test_nothing_but_messages_goes_to_stdout() -> None:
    code = "from maze.lsp import server; print('early', file=__import__('sys').stderr);"
    code += "create = server.create_server;"
    code += "server.create_server = lambda: (print('a library prints'), create())[1];"
    code += "server.start_stdio()"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None and process.stdout is not None
    raw = Raw(process.stdout, process.stdin)
    raw.send(id=1, method="initialize", params=INITIALIZE)
    await raw.answer(1)
    process.stdin.close()
    assert process.stderr is not None
    assert b"a library prints" in await process.stderr.read()
    await process.wait()
