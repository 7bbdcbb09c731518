"""An engine elsewhere that has to start first, and one that steps in meanwhile."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from maze import keys
from maze.engine.cold_start import FIRST_GUESS_S, ColdStarts
from maze.engine.errors import EngineError, EngineRefused, EngineTimeout
from maze.engine.protocol import CompletionRequest, MazeRequest
from maze.lsp import engines
from maze.lsp.engines import EngineHost
from maze.settings import Settings
from tests.lsp.conftest import AUTOMATIC, Start, asked
from tests.lsp.fake_engine import KEY, FakeEngine, fails, fake_engine

TEXT = "def add(a, b):\n    return \n"
REQUEST = CompletionRequest("p", maze=MazeRequest("python", "def f(a):\n    return ", "\n"))


class Heard:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.ends: list[str] = []

    def started(self, message: str) -> None:
        self.messages.append(message)

    def ended(self, message: str) -> None:
        self.ends.append(message)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(engines, "_ASK_EVERY_S", 0.02)
    monkeypatch.setattr(engines, "_FALLBACK_AFTER_S", 0.1)
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
    answers = await asyncio.gather(*(one.complete(REQUEST) for _ in range(4)))
    assert [len(choices) for choices in answers] == [1] * 4
    assert engine.asked_for_model == 6
    await one.aclose()


async def test_a_gpu_given_back_meanwhile_is_waited_for(engine: FakeEngine) -> None:
    one = host(engine)
    await one.model_id("python")
    replies = iter([fails(503), engine.reply])
    engine.reply = lambda exchange: next(replies)(exchange)
    engine.starting = 2
    assert len(await one.complete(REQUEST)) == 1
    assert len(engine.requests) == 2
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


@pytest.mark.parametrize(("does", "covered"), COVERED)
@pytest.mark.parametrize("wanted", [True, False])
async def test_the_fallback_steps_in(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, does: str, covered: bool, wanted: bool
) -> None:
    with fake_engine() as other:
        one = host(engine, fallback=wanted, start_timeout_s=1)
        # Another fake in the place of the embedded engine, which has tests of its own.
        substitute = host(other)
        monkeypatch.setattr(one, "_substitute", substitute)
        if does == "starting":
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
            assert len(await one.complete(REQUEST)) == 1
            assert one.stepping_in and len(other.requests) == 1
            # Its model wants a prompt of its own.
            assert other.requests[0]["prompt"] == REQUEST.maze.prefix  # type: ignore[union-attr]
        else:
            with pytest.raises(EngineError):
                await one.complete(REQUEST)
            assert not other.requests
        await one.aclose()
        await substitute.aclose()


async def test_the_key_comes_from_the_keyring(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_about = []

    def found(url: str) -> keys.Key | None:
        asked_about.append(url)
        return keys.Key(KEY, "the keyring")

    monkeypatch.setattr(keys, "find", found)
    one = host(engine, api_key=None)
    assert len(await one.complete(REQUEST)) == 1
    assert asked_about == [engine.url]
    await one.aclose()


async def test_without_a_key_it_is_refused(engine: FakeEngine, monkeypatch) -> None:
    monkeypatch.setattr(keys, "find", lambda url: None)
    one = host(engine, api_key=None)
    with pytest.raises(EngineRefused, match="asks for a key"):
        await one.complete(REQUEST)
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
