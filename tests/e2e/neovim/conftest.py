"""The plugin in real Neovims, with the real server; most with the fake engine, for its texts.

One server process is shared by the tests, each with a connection of its own, to save the time
that Python takes to start. Tests of starting and ending have servers of their own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pynvim
import pytest

from benchmarks.tools import NEOVIMS
from tests.lsp.fake_engine import KEY, FakeEngine, fake_engine

PLUGIN = Path(__file__).parents[3] / "editors" / "neovim"
SERVER = [sys.executable, "-m", "maze", "lsp"]
SECONDS = 60
"""Nothing here takes so long; what does, hangs."""

NAMESPACES = ("maze", "nvim.lsp.inline_completion")

Options = dict[str, Any]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.neovim)


class Neovim:
    """A running Neovim, and what a test wants to do with it and know of it."""

    def __init__(
        self,
        program: Path,
        home: Path,
        environment: dict[str, str],
        settings: dict[str, Any],
        port: int,
    ) -> None:
        self.home = home
        self.settings = settings
        self.port = port
        self.project = home / "project"
        (self.project / ".git").mkdir(parents=True)
        command = [str(program), "--clean", "--embed", "--headless"]
        command += ["--cmd", f"set runtimepath^={PLUGIN}"]
        # Nothing of the person who runs the tests.
        for name in ("CONFIG", "DATA", "STATE", "CACHE"):
            folder = home / name.lower()
            folder.mkdir()
            environment.setdefault(f"XDG_{name}_HOME", str(folder))
        before = dict(os.environ)
        os.environ.update(environment)
        try:
            self.api = pynvim.attach("child", argv=command)
        finally:
            os.environ.clear()
            os.environ.update(before)
        # Every message, in order, for `messages`.
        self.lua("_G.neovims_own_notify = vim.notify")
        self.lua("_G.said = {}; vim.notify = function(m) table.insert(_G.said, m) end")
        self.api.command(f"cd {self.project}")

    def lua(self, code: str, *arguments: Any) -> Any:
        """Run Lua code; the value that it returns."""
        return self.api.exec_lua(code, *arguments)

    def setup(self, **options: Any) -> None:
        """``require('maze').setup``, with the server that the tests share, or a command for one."""
        code = """
            local options, port = ...
            options.cmd = options.cmd or vim.lsp.rpc.connect('127.0.0.1', port)
            require('maze').setup(options)"""
        settings = {**self.settings, **options.pop("settings", {})}
        self.lua(code, {**options, "settings": settings}, self.port)

    def open(self, name: str, text: str, attached: bool = True) -> Path:
        """Write a file of the project and edit it, with a server attached."""
        path = self.project / name
        path.write_bytes(text.encode())
        self.api.command(f"edit {path}")
        if attached:
            self.wait("return #vim.lsp.get_clients({ bufnr = 0, name = 'maze' }) > 0")
            self.wait("return vim.lsp.get_clients({ name = 'maze' })[1].initialized")
        return path

    def keys(self, keys: str) -> None:
        """Type, in Neovim's notation for special keys."""
        self.api.input(keys)

    def wait(self, code: str, *arguments: Any) -> Any:
        """Wait until Lua code returns something true; that value."""
        return self.until(lambda: self.lua(code, *arguments), code)

    def until(
        self, condition: Callable[[], Any], what: str = "the condition", seconds: float = SECONDS
    ) -> Any:
        """Wait until a condition is true; its value."""
        end = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > end:
                pytest.fail(f"{what}: not within {seconds} s; messages: {self.messages()}")
            time.sleep(0.02)

    @property
    def lines(self) -> list[str]:
        return list(self.api.current.buffer[:])

    @property
    def cursor(self) -> tuple[int, int]:
        """Line from 1, column from 0 in bytes."""
        line, column = self.api.current.window.cursor
        return line, column

    def marks(self, bufnr: int = 0) -> list[tuple[str, int, int, dict[str, Any]]]:
        """The extmarks that are ghost text: namespace, row, column, details."""
        found = []
        for name in NAMESPACES:
            namespace = self.api.api.create_namespace(name)
            for _, row, column, details in self.api.api.buf_get_extmarks(
                bufnr, namespace, 0, -1, {"details": True}
            ):
                found.append((name, row, column, details))
        return found

    def ghost(self, bufnr: int = 0) -> str | None:
        """The ghost text, as it is drawn; None when there is none."""
        marks = self.marks(bufnr)
        assert len(marks) <= 1, marks
        if not marks:
            return None
        details = marks[0][3]
        lines = [details["virt_text"], *details.get("virt_lines", [])]
        return "\n".join("".join(text for text, *_ in line) for line in lines)

    def wait_for_ghost(self, text: str) -> None:
        """Wait until that is the ghost text."""
        self.until(lambda: self.ghost() == text, f"ghost text {text!r} (is {self.ghost()!r})")

    def messages(self) -> list[str]:
        """What ``vim.notify`` was given so far."""
        return list(self.lua("return _G.said"))

    def mode(self) -> str:
        return str(self.api.api.get_mode()["mode"])

    def close(self) -> None:
        """End it, and with it the server."""
        try:
            self.lua("for _, c in ipairs(vim.lsp.get_clients()) do c:stop(true) end")
            self.api.command("qall!")
        except (OSError, EOFError):
            pass
        self.api.close()


Start = Callable[..., Neovim]


@pytest.fixture(params=sorted(NEOVIMS))
def version(request: pytest.FixtureRequest) -> str:
    """Which Neovim."""
    if not NEOVIMS[request.param].exists():
        pytest.skip(f"no Neovim {request.param} in .cache/tools; scripts/tools fetches it")
    return str(request.param)


@pytest.fixture
def engine() -> Iterator[FakeEngine]:
    """A fake engine: real HTTP and the wire protocol, and texts that are known beforehand."""
    with fake_engine() as running:
        yield running


@pytest.fixture(scope="session")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where the shared server listens."""
    environment = {name: value for name, value in os.environ.items() if name[:5] != "MAZE_"}
    environment["MAZE_API_KEY"] = KEY
    environment["MAZE_CONFIG"] = str(tmp_path_factory.mktemp("server") / "config.toml")
    server = subprocess.Popen(
        [*SERVER, "--tcp", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True, env=environment
    )
    assert server.stderr is not None
    said = server.stderr.readline()
    assert "listening on" in said, said
    yield int(said.rpartition(":")[2])
    server.terminate()
    server.wait()


@pytest.fixture
def launch(version: str, engine: FakeEngine, port: int, tmp_path: Path) -> Iterator[Start]:
    """Starts Neovims of the version, whose servers use the fake engine."""
    running: list[Neovim] = []

    def begin(**environment: str) -> Neovim:
        home = tmp_path / f"home{len(running)}"
        home.mkdir()
        config = str(home / "config.toml")
        environment = {"MAZE_CONFIG": config, "MAZE_API_KEY": KEY, **environment}
        settings = {"engine_url": engine.url, "debounce_ms": 0}
        nvim = Neovim(NEOVIMS[version], home, environment, settings, port)
        running.append(nvim)
        return nvim

    yield begin
    for nvim in running:
        nvim.close()


@pytest.fixture
def nvim(launch: Start) -> Neovim:
    """One Neovim, not yet set up."""
    return launch()
