"""Starting, sharing, restarting and stopping the engine process; a toy is in the engine's place."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import stat
import sys
from pathlib import Path

import pytest

from maze.engine import launcher as launcher_module
from maze.engine.client import EngineClient, Health
from maze.engine.errors import EngineMissing, EngineTimeout, EngineUnreachable
from maze.engine.launcher import Endpoint, Launcher, LauncherSettings
from maze.engine.protocol import CompletionRequest, MazeRequest
from maze.engine.state import EngineState, read_state, write_state

from .conftest import answering, until

TOY = Path(__file__).with_name("toy_process.py")


@pytest.fixture
def windows(tmp_path, monkeypatch):
    """Makes launchers as editors' windows would have them: same directories, same settings."""
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{TOY}"\n')
    python.chmod(0o700)
    monkeypatch.setenv("TOY_STARTS", str(tmp_path / "starts"))
    made: list[Launcher] = []

    def window(**settings: object) -> Launcher:
        options = {"idle_stop_s": 60.0, "start_timeout_s": 20.0, **settings}
        made.append(
            Launcher(
                LauncherSettings(
                    directory=tmp_path / "state",
                    log_directory=tmp_path / "log",
                    python=str(python),
                    **options,
                )
            )
        )
        return made[-1]

    yield window
    for pid in starts(tmp_path):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def starts(tmp_path: Path) -> list[int]:
    """The processes that were started."""
    path = tmp_path / "starts"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


async def ask(endpoint: Endpoint) -> str:
    async with EngineClient(endpoint.url, endpoint.key) as client:
        [suggestion] = await client.complete(CompletionRequest("f(", MazeRequest("python", "f(")))
    return suggestion.text


def test_it_starts_answers_and_stops(windows, tmp_path):
    async def run():
        window = windows()
        assert not await window.stop()
        endpoint = await window.ensure()
        assert await ask(endpoint) == "foo)\n"
        assert await window.stop()
        return endpoint

    endpoint = asyncio.run(run())
    assert endpoint.url.startswith("http://127.0.0.1:")
    until(lambda: not is_alive(endpoint.pid))
    assert not list((tmp_path / "state").glob("*.json"))


def test_several_windows_at_once_share_one_engine(windows, tmp_path):
    async def run():
        return await asyncio.gather(*(windows().ensure() for _ in range(4)))

    endpoints = asyncio.run(run())
    assert len(set(endpoints)) == 1
    assert starts(tmp_path) == [endpoints[0].pid]


def test_several_processes_at_once_share_one_engine(windows, tmp_path):
    """As above, but each window is a process of its own, as editors have it."""
    window = windows()
    script = f"""
import asyncio, sys
from pathlib import Path
from maze.engine.launcher import Launcher, LauncherSettings
settings = LauncherSettings(idle_stop_s=60.0, directory=Path({str(tmp_path / "state")!r}),
    log_directory=Path({str(tmp_path / "log")!r}), python={str(tmp_path / "python")!r})
print(asyncio.run(Launcher(settings).ensure()).pid)
"""

    async def run():
        processes = [
            await asyncio.create_subprocess_exec(
                sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE
            )
            for _ in range(3)
        ]
        return [int((await process.communicate())[0]) for process in processes]

    pids = asyncio.run(run())
    assert len(set(pids)) == 1
    assert starts(tmp_path) == pids[:1]
    assert is_alive(pids[0])  # it outlives those who started it
    assert asyncio.run(window.stop())


def test_other_settings_have_an_engine_of_their_own(windows):
    async def run():
        return await windows().ensure(), await windows(context=512).ensure()

    first, second = asyncio.run(run())
    assert first.pid != second.pid


def test_state_and_log_are_private_and_the_key_is_on_no_command_line(windows, tmp_path):
    endpoint = asyncio.run(windows().ensure())
    [state_file] = (tmp_path / "state").glob("*.json")
    [log_file] = (tmp_path / "log").glob("*.log")
    for path, mode in [
        (state_file, 0o600),
        (log_file, 0o600),
        (tmp_path / "state", 0o700),
        (tmp_path / "log", 0o700),
    ]:
        assert stat.S_IMODE(path.stat().st_mode) == mode
    assert endpoint.key.encode() not in Path(f"/proc/{endpoint.pid}/cmdline").read_bytes()
    assert endpoint.key not in log_file.read_text()
    assert endpoint.key not in repr(endpoint) + repr(read_state(state_file))


def test_a_dead_engine_is_replaced(windows, tmp_path):
    async def run():
        window = windows()
        first = await window.ensure()
        os.kill(first.pid, signal.SIGKILL)
        until(lambda: not is_alive(first.pid))
        with pytest.raises(EngineUnreachable):
            await ask(first)
        second = await window.ensure()
        assert await ask(second) == "foo)\n"
        return first, second

    first, second = asyncio.run(run())
    assert starts(tmp_path) == [first.pid, second.pid]


def test_a_hanging_engine_is_replaced(windows):
    async def run():
        window = windows()
        first = await window.ensure()
        os.kill(first.pid, signal.SIGSTOP)
        second = await window.ensure()
        assert second.pid != first.pid
        assert await ask(second) == "foo)\n"
        os.kill(first.pid, signal.SIGCONT)
        # It finds that another has taken its place, and goes.
        await asyncio.to_thread(until, lambda: not is_alive(first.pid))
        assert await window.ensure() == second

    asyncio.run(run())


def test_whoever_has_taken_the_port_is_sent_no_key(windows, tmp_path):
    """A state file from earlier names a port where someone else listens now."""
    heard: list[bytes] = []

    async def stranger(reader, writer):
        body = json.dumps({"status": "ready", "pid": 1, "proof": "0" * 64}).encode()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
        heard.append(b"asked")
        writer.write(head.encode() + b"\r\n\r\n" + body)
        await writer.drain()

    async def run():
        window = windows()
        async with answering(stranger) as url:
            write_state(window.state_file, EngineState(url, os.getpid(), "the-old-key"))
            endpoint = await window.ensure()
            assert heard and endpoint.url != url
            assert await ask(endpoint) == "foo)\n"

    asyncio.run(run())
    assert len(starts(tmp_path)) == 1


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"url": 5}', b"\x00\xff", b"null"])
def test_a_damaged_state_file_is_no_trouble(windows, content):
    async def run():
        window = windows()
        window.state_file.parent.mkdir(parents=True)
        window.state_file.write_bytes(content)
        assert await ask(await window.ensure()) == "foo)\n"

    asyncio.run(run())


def test_progress_is_told_while_it_loads(windows, monkeypatch):
    monkeypatch.setenv("TOY_LOAD", "slow")
    said: list[str] = []
    asyncio.run(windows().ensure(said.append))
    assert said[0] == "starting the embedded engine"
    assert said[-2:] == ["loading toy (20%)", "loading toy (60%)"]


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("fails", "the toy is broken; mend it"),
        ("dies", "ImportError: no such thing"),
        ("crashes", "did not start"),
    ],
)
def test_an_engine_that_cannot_start_says_why_and_is_not_tried_at_every_key(
    windows, tmp_path, monkeypatch, how, message
):
    monkeypatch.setenv("TOY_LOAD", how)

    async def run():
        window = windows(retry_after_s=1.0)
        with pytest.raises(EngineMissing, match=message) as caught:
            await window.ensure()
        assert str(tmp_path / "log") in str(caught.value) and "\n" not in str(caught.value)
        tried = len(starts(tmp_path))
        for _ in range(3):
            with pytest.raises(EngineMissing, match=message):
                await window.ensure()
        assert len(starts(tmp_path)) == tried
        monkeypatch.setenv("TOY_LOAD", "fine")
        await asyncio.sleep(1.1)
        assert await ask(await window.ensure()) == "foo)\n"

    asyncio.run(run())


def test_an_engine_that_is_never_ready(windows, monkeypatch):
    monkeypatch.setenv("TOY_LOAD", "hangs")
    with pytest.raises(EngineTimeout, match="not ready after 2 s"):
        asyncio.run(windows(start_timeout_s=2.0).ensure())


def test_an_idle_engine_stops_and_is_started_again(windows, tmp_path):
    async def run():
        window = windows(idle_stop_s=0.5)
        first = await window.ensure()
        assert await ask(first) == "foo)\n"
        await asyncio.to_thread(until, lambda: not is_alive(first.pid))
        assert not list((tmp_path / "state").glob("*.json"))
        assert await ask(await window.ensure()) == "foo)\n"

    asyncio.run(run())


def test_what_is_not_installed_is_named_with_the_command(windows, monkeypatch):
    monkeypatch.setattr(launcher_module, "NEEDED", ("json", "no_such_module"))
    with pytest.raises(EngineMissing, match=r"maze setup.*no_such_module"):
        asyncio.run(windows().ensure())


def test_a_directory_that_cannot_be_written(windows, tmp_path):
    (tmp_path / "state").write_text("a file where the directory should be")
    with pytest.raises(EngineMissing, match="keeps its state there"):
        asyncio.run(windows().ensure())


def test_waiting_can_be_cancelled(windows, monkeypatch):
    monkeypatch.setenv("TOY_LOAD", "slow")

    async def run():
        window = windows()
        task = asyncio.create_task(window.ensure())
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await window.ensure()

    assert asyncio.run(run()).pid


def test_a_log_that_has_grown_large_begins_anew(windows, tmp_path):
    window = windows()
    (tmp_path / "log").mkdir()
    window.log_file.write_bytes(b"x" * 1_000_001)
    asyncio.run(window.ensure())
    assert window.log_file.stat().st_size < 1_000_000
    assert window.log_file.with_suffix(".log.1").exists()


@pytest.mark.parametrize("what", ["python", "log"])
def test_what_keeps_the_process_from_starting_is_named(windows, tmp_path, what):
    """Maze was installed anew elsewhere while the editor ran, or the log is not to be written."""
    window = windows()
    if what == "python":
        missing = tmp_path / "python"
        missing.unlink()
    else:
        missing = window.log_file
        missing.mkdir(parents=True)
    with pytest.raises(EngineMissing, match="cannot start the embedded engine") as caught:
        asyncio.run(window.ensure())
    assert str(missing) in str(caught.value)


LOADING = Health("loading", "loading toy")
READY = Health("ready")


def says(monkeypatch, window: Launcher, answers: list[Health | None]) -> None:
    """Have the window hear these answers of an engine, in order, and no engine asked."""

    async def health(state: EngineState) -> Health | None:
        return answers.pop(0)

    monkeypatch.setattr(window, "_health", health)


def test_an_engine_that_answers_in_between_is_waited_for(windows, monkeypatch):
    """A machine that has much to do lets some questions go unanswered."""
    window = windows()
    write_state(window.state_file, EngineState("http://127.0.0.1:9", 1, "k"))
    silence = [None] * 8
    says(monkeypatch, window, [LOADING, LOADING, *silence, LOADING, *silence, LOADING, READY])
    assert asyncio.run(window.ensure()).url == "http://127.0.0.1:9"


def test_an_engine_of_ours_that_ended_says_nothing_of_the_one_that_took_its_place(
    windows, monkeypatch
):
    async def run() -> Endpoint:
        window = windows()
        ours = await window.ensure()
        other = EngineState("http://127.0.0.1:9", 1, "another key")
        write_state(window.state_file, other)

        answers = [LOADING, None, READY]

        async def health(state: EngineState) -> Health | None:
            if len(answers) == 3:
                os.kill(ours.pid, signal.SIGKILL)
                await asyncio.to_thread(until, lambda: not is_alive(ours.pid))
            return answers.pop(0)

        monkeypatch.setattr(window, "_health", health)
        return await window.ensure()

    assert asyncio.run(run()).key == "another key"
