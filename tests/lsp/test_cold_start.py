"""An engine elsewhere that has to start first, and one that steps in meanwhile."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import keyring.core
import pytest
from lsprotocol import types

from maze import keys
from maze.engine.cold_start import FIRST_GUESS_S, ColdStarts
from maze.engine.errors import (
    EngineBroken,
    EngineError,
    EngineMissing,
    EngineRefused,
    EngineStarting,
    EngineTimeout,
)
from maze.engine.launcher import Endpoint
from maze.engine.protocol import CompletionRequest, MazeRequest
from maze.lsp import connection, engines
from maze.lsp.connection import Connection
from maze.lsp.engines import EngineHost
from maze.settings import Settings
from tests.lsp.buffer import with_maze
from tests.lsp.conftest import AUTOMATIC, Start, asked, told, vscode
from tests.lsp.fake_engine import KEY, FakeEngine, dies, fails, fake_engine, says

TEXT = "def add(a, b):\n    return \n"
MAZE = MazeRequest("python", "def f(a):\n    return ", "\n")


def ask(model: str) -> CompletionRequest:
    """A request whose prompt tells for which model it was made."""
    return CompletionRequest(f"for {model}", maze=MAZE)


async def completed(one: EngineHost) -> str:
    """The whole answer, as inline completions want it."""
    (choice,) = await one.complete("python", ask)
    return choice.text


async def streamed(one: EngineHost) -> str:
    """The answer piece by piece, as generations want it."""
    return "".join([chunk.text async for chunk in one.stream("python", ask)])


WAYS = [completed, streamed]
Way = Callable[[EngineHost], Awaitable[str]]


class Heard:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.ends: list[str] = []
        self.warnings: list[str] = []

    def started(self, message: str) -> None:
        self.messages.append(message)

    def ended(self, message: str) -> None:
        self.ends.append(message)

    def warn(self, message: str) -> None:
        self.warnings.append(message)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(connection, "_ASK_EVERY_S", 0.02)
    # Long enough for an engine that is ready, on a machine that has much to do.
    monkeypatch.setattr(engines, "_FALLBACK_AFTER_S", 3.0)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def host(engine: FakeEngine, heard: Heard | None = None, **more: Any) -> EngineHost:
    settings = {"engine_url": engine.url, "api_key": KEY, **more}
    return EngineHost(Settings(**settings), heard)


async def test_a_start_is_told_and_remembered(engine: FakeEngine) -> None:
    engine.starting = 3
    heard = Heard()
    one = host(engine, heard)
    assert await one.model_id("python") == "fake"
    assert len(heard.messages) == 3 and heard.ends == [""]
    assert heard.messages[0].endswith(f"0 s of about {FIRST_GUESS_S:.0f} s")
    assert ColdStarts().expected_s(engine.url) < 10
    await one.aclose()


async def test_requests_wait_for_one_start_together(engine: FakeEngine) -> None:
    engine.starting = 5
    one = host(engine)
    answers = await asyncio.gather(*(way(one) for way in WAYS * 2))
    assert answers == ["x"] * 4
    assert engine.asked_for_model == 6
    await one.aclose()


@pytest.mark.parametrize("way", WAYS)
async def test_a_gpu_given_back_meanwhile_is_waited_for(engine: FakeEngine, way: Way) -> None:
    one = host(engine)
    await one.model_id("python")
    replies = iter([fails(503), engine.reply])
    engine.reply = lambda exchange: next(replies)(exchange)
    engine.starting = 2
    assert await way(one) == "x"
    assert len(engine.requests) == 2
    await one.aclose()


@pytest.mark.parametrize("way", WAYS)
async def test_an_engine_that_is_ready_and_takes_nothing_is_given_up(
    engine: FakeEngine, way: Way
) -> None:
    engine.reply = fails(503, "stopping")
    one = host(engine)
    with pytest.raises(EngineStarting, match="stopping"):
        await way(one)
    assert len(engine.requests) == 3
    await one.aclose()


async def test_a_start_that_does_not_end(engine: FakeEngine) -> None:
    engine.starting = 1_000_000
    heard = Heard()
    one = host(engine, heard, start_timeout_s=1)
    with pytest.raises(EngineTimeout, match="did not start within"):
        await one.model_id("python")
    assert "did not start" in heard.ends[0]
    await one.aclose()


async def test_typing_during_a_start_leaves_one_request(start: Start, engine: FakeEngine) -> None:
    engine.starting = 20
    editor = await start()
    uri = editor.open(TEXT)
    waiting = []
    for column in range(11, 15):
        waiting.append(editor.ask(uri, 1, column, AUTOMATIC))
        await asyncio.sleep(0.02)
        editor.edit(uri, 1, column, column, "a")
    last = editor.ask(uri, 1, 15, AUTOMATIC)
    assert await last is not None
    assert [await answer for answer in waiting] == [None] * len(waiting)
    await asked(engine)
    assert len(engine.requests) == 1
    begins = [
        report
        for reports in editor.client.progress_reports.values()
        for report in reports
        if isinstance(report, types.WorkDoneProgressBegin)
    ]
    assert len(begins) == 1 and "is starting" in (begins[0].message or "")


# What the fallback covers, and what it does not.

COVERED = [
    # what the engine does, whether the other steps in
    ("starting", True),
    ("fails", True),
    ("gone", True),
    ("refuses", False),
    ("rejects", False),
]


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """No start is waited for where another can step in."""
    monkeypatch.setattr(engines, "_FALLBACK_AFTER_S", 0.1)


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    """Another fake in the place of the embedded engine, which has tests of its own."""
    with fake_engine() as running:
        running.model, running.reply = "small", says("y")

        async def launch(self: Connection, language: str) -> Endpoint:
            return Endpoint(running.url, KEY, os.getpid())

        monkeypatch.setattr(Connection, "_launch", launch)
        yield running


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("does", "covered"), COVERED)
@pytest.mark.parametrize("wanted", [True, False])
async def test_the_fallback_steps_in(
    engine: FakeEngine,
    other: FakeEngine,
    request: pytest.FixtureRequest,
    does: str,
    covered: bool,
    wanted: bool,
    way: Way,
) -> None:
    heard = Heard()
    one = host(engine, heard, fallback=wanted, start_timeout_s=1)
    if does == "starting":
        request.getfixturevalue("hurried")
        engine.starting = 1_000_000
    else:
        await one.model_id("python")
    if does == "gone":
        engine.stop()
        engine.start = engine.stop = lambda: None  # type: ignore[method-assign]
    status = {"fails": 500, "refuses": 401, "rejects": 400}.get(does)
    if status:
        engine.reply = fails(status)
    if wanted and covered:
        assert await way(one) == "y"
        assert one.stepping_in and one.model == "small"
        assert [body["prompt"] for body in other.requests] == ["for small"]
        assert len(heard.warnings) == 1 and "steps in" in heard.warnings[0]
    else:
        with pytest.raises(EngineError):
            await way(one)
        assert not (other.requests or heard.warnings)
    await one.aclose()


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("way", WAYS)
async def test_the_engine_takes_over_again(engine: FakeEngine, other: FakeEngine, way: Way) -> None:
    """Each model gets a prompt of its own, whoever answered before."""
    engine.starting = 10
    heard = Heard()
    one = host(engine, heard, fallback=True)
    assert await way(one) == "y"
    async with asyncio.timeout(10):
        while heard.ends != [""]:
            await asyncio.sleep(0.01)
    asked_for_model = engine.asked_for_model
    assert await way(one) == "x"
    assert engine.asked_for_model == asked_for_model, "nobody waited, but it has started"
    assert [body["prompt"] for body in engine.requests] == ["for fake"]
    assert len(heard.warnings) == 2 and heard.warnings[1] == "" and not one.stepping_in
    await one.aclose()


async def test_what_has_been_shown_is_not_begun_again(
    engine: FakeEngine, other: FakeEngine
) -> None:
    """Half a stream may stand in the document; half of a whole answer was seen by nobody."""
    engine.reply = dies
    one = host(engine, fallback=True)
    with pytest.raises(EngineBroken, match="in the middle"):
        await streamed(one)
    assert not other.requests
    assert await completed(one) == "y"
    await one.aclose()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("does", ["starting", "fails"])
async def test_where_nobody_can_step_in(
    engine: FakeEngine,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    does: str,
    way: Way,
) -> None:
    """A start is waited for; other trouble is told as it is."""

    async def launch(self: Connection, language: str) -> Endpoint:
        raise EngineMissing("the embedded engine is not installed")

    monkeypatch.setattr(Connection, "_launch", launch)
    one = host(engine, fallback=True)
    if does == "starting":
        request.getfixturevalue("hurried")
        engine.starting = 10
        assert await way(one) == "x"
    else:
        engine.reply = fails(500, "out of memory")
        with pytest.raises(EngineError, match="out of memory"):
            await way(one)
    await one.aclose()


@pytest.mark.usefixtures("hurried")
async def test_the_editor_sees_who_answers(
    start: Start, engine: FakeEngine, other: FakeEngine
) -> None:
    engine.starting = 1_000_000
    editor = await start(with_maze(vscode()), fallback=True)
    uri = editor.open(TEXT)
    assert await editor.texts(uri, 1, 11) == ["y"]
    warning = await told(editor, "warning")
    assert "embedded engine steps in until" in warning["message"]
    assert "the engine is starting: " in warning["message"]
    assert warning["engine"]["model"] == "small"
    engine.starting = 0
    others = (editor.open(TEXT, f"file:///work/{number}.py") for number in itertools.count())
    async with asyncio.timeout(10):
        while await editor.texts(next(others), 1, 11) != ["x"]:
            await asyncio.sleep(0.01)
    assert (await told(editor, "ready"))["engine"]["model"] == "fake"


async def test_the_key_comes_from_the_keyring(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_about = []

    def found(url: str) -> keys.Key | None:
        asked_about.append(url)
        return keys.Key(KEY, "the keyring")

    monkeypatch.setattr(keys, "find", found)
    one = host(engine, api_key=None)
    assert await completed(one) == "x"
    assert asked_about == [engine.url]
    await one.aclose()


async def test_without_a_key_it_is_refused(engine: FakeEngine, monkeypatch) -> None:
    monkeypatch.setattr(keys, "find", lambda url: None)
    one = host(engine, api_key=None)
    with pytest.raises(EngineRefused, match="asks for a key"):
        await completed(one)
    await one.aclose()


async def test_a_keyring_that_can_not_be_loaded_has_no_key(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "no.such.Backend")
    monkeypatch.delenv(keys.VARIABLE, raising=False)
    monkeypatch.setattr(keyring.core, "_keyring_backend", None)  # what was loaded before
    one = host(engine, api_key=None)
    with pytest.raises(EngineRefused, match="asks for a key"):
        await completed(one)
    await one.aclose()


async def test_a_start_that_fails_in_an_unforeseen_way_has_ended_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def launch(self: Connection, language: str) -> Endpoint:
        self._listener.started("starting")
        raise RuntimeError("a piece of code")

    monkeypatch.setattr(Connection, "_launch", launch)
    heard = Heard()
    one = EngineHost(Settings(), heard)
    with pytest.raises(RuntimeError):
        await completed(one)
    assert heard.messages == ["starting"] and heard.ends == ["stopped"]
    await one.aclose()


async def test_code_does_not_travel_unencrypted() -> None:
    one = EngineHost(Settings(engine_url="http://gpu.example"))
    with pytest.raises(EngineError, match="use https"):
        await one.model_id("python")


@pytest.mark.parametrize("content", [b"", b"[]", b'{"https://x": "long"}', b'{"https://x": -1}'])
def test_a_file_of_durations_that_makes_no_sense(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "f.json").write_bytes(content)
    known = ColdStarts(tmp_path / "f.json")
    assert known.expected_s("https://x") == FIRST_GUESS_S
    known.record("https://x", 42.0)
    assert known.expected_s("https://x") == 42.0
