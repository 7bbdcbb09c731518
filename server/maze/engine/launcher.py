"""Starts the embedded engine on demand, once for all of a user's editor windows.

    window ─┐                 ┌─ state file: url, pid, key (readable by its owner alone)
    window ─┼─▶ Launcher.ensure ─▶ lock file ─▶ child process on a free port of 127.0.0.1
    window ─┘                 └─ log file

The first window starts the engine, the others find it through the state file; the lock keeps two
windows from starting two. The child belongs to no window: it ends by itself when nobody has asked
for anything for a while. Nobody is sent a key before having proven to hold it (`maze.engine.auth`).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from attrs import define, field
from filelock import FileLock, Timeout

from maze.engine import auth
from maze.engine.client import EngineClient, Health
from maze.engine.errors import EngineError, EngineMissing, EngineTimeout
from maze.engine.settings import SETTINGS_VARIABLE, EngineSettings
from maze.engine.state import (
    VERSION,
    EngineState,
    log_directory,
    make_private,
    read_state,
    state_directory,
)

Progress = Callable[[str], None]

NEEDED = ("llama_cpp", "xgrammar", "numpy", "lark", "starlette", "uvicorn")
"""What only the extra `local` brings, and `maze setup` installs."""

_MAX_LOG_BYTES = 1_000_000
_MAX_SILENT_ASKS = 10


@define(frozen=True)
class LauncherSettings:
    """How the embedded engine is shared and started.

    Attributes:
        model: a GGUF file; None takes the one that is shipped.
        context: tokens of prompt and answer together.
        threads: None takes whatever is fastest, up to one per physical core.
        idle_stop_s: seconds without a request after which the engine stops; 0 never stops.
        start_timeout_s: seconds until a starting engine must be ready.
        retry_after_s: after a failed start, seconds during which it is not tried again.
        prepare: languages whose tables are built while loading.
        directory: where state and lock are kept; None takes the user's state directory.
        log_directory: where the engine's log goes; None takes the user's log directory.
        python: the interpreter that runs the engine.
    """

    model: Path | None = None
    context: int = 4096
    threads: int | None = None
    idle_stop_s: float = 15 * 60
    start_timeout_s: float = 120.0
    retry_after_s: float = 30.0
    prepare: tuple[str, ...] = ()
    directory: Path | None = None
    log_directory: Path | None = None
    cache_dir: Path | None = None
    python: str = field(factory=lambda: sys.executable)


@define(frozen=True)
class Endpoint:
    """An engine that is ready.

    Attributes:
        url: its address.
        key: its bearer key.
        pid: its process.
    """

    url: str
    key: str = field(repr=False)
    pid: int


def missing_extra() -> str | None:
    """What the embedded engine lacks here, in one sentence with the command, or None."""
    importlib.invalidate_caches()  # it may have been installed since this process has looked
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if not missing:
        return None
    return (
        "the embedded engine is not installed; run `maze setup`, or set the address of another "
        f"engine (missing: {', '.join(missing)})"
    )


class Launcher:
    """Finds or starts the embedded engine.

    One per language server. `ensure` is cheap enough to be called again whenever a request found
    the engine unreachable.
    """

    def __init__(self, settings: LauncherSettings) -> None:
        self._settings = settings
        self._directory = settings.directory or state_directory()
        self._logs = settings.log_directory or log_directory()
        # Windows with other settings, or another installation of Maze, have an engine of their own.
        named = f"{VERSION}\n{settings.python}\n{settings.model}\n{settings.context}\n{settings.threads}"
        name = f"engine-{hashlib.sha256(named.encode()).hexdigest()[:12]}"
        self.state_file = self._directory / f"{name}.json"
        self.log_file = self._logs / f"{name}.log"
        self._lock_file = self._directory / f"{name}.lock"
        self._child: subprocess.Popen[bytes] | None = None
        self._child_key = ""
        self._failure: tuple[float, str] | None = None
        self._turn = asyncio.Lock()

    async def ensure(self, progress: Progress | None = None) -> Endpoint:
        """A ready engine: the one that runs, or a new one.

        Args:
            progress: called with what the engine is doing while it loads.

        Raises:
            EngineMissing: it is not installed, or could not start; the message says why.
            EngineTimeout: it did not become ready in time.
        """
        async with self._turn:
            self._reap()
            state = await self._running()
            if state is None:
                state = await self._start(progress or _silent)
            return await self._ready(state, progress or _silent)

    async def stop(self) -> bool:
        """Stop the engine that runs, whoever started it; False when none does."""
        state = await self._running()
        if state is None:
            return False
        os.kill(state.pid, signal.SIGTERM)
        for _ in range(100):
            if await self._running() is None:
                self._reap()
                return True
            await asyncio.sleep(0.05)
        return False

    async def _running(self) -> EngineState | None:
        """The engine the state file names, if it answers and proves to be that one."""
        state = read_state(self.state_file)
        if state is None or await self._health(state) is None:
            return None
        return state

    async def _health(self, state: EngineState) -> Health | None:
        challenge = auth.new_challenge()
        try:
            async with EngineClient(state.url, connect_timeout=1.0, read_timeout=3.0) as client:
                health = await client.health(challenge)
        except (EngineError, ValueError):
            return None
        return health if auth.proves(state.key, challenge, health.proof) else None

    async def _start(self, progress: Progress) -> EngineState:
        """Start an engine, unless another window does so meanwhile; it may still be loading."""
        if self._failure is not None and time.monotonic() < self._failure[0]:
            raise EngineMissing(self._failure[1])
        if (missing := missing_extra()) is not None:
            raise EngineMissing(missing)
        progress("starting the embedded engine")
        deadline = time.monotonic() + self._settings.start_timeout_s
        try:
            make_private(self._directory)
            make_private(self._logs)
            lock = FileLock(self._lock_file)
            await _acquire(lock, deadline)
        except OSError as error:
            raise EngineMissing(
                f"cannot write to {error.filename or self._directory} ({error.strerror}); "
                "make it writable: the embedded engine keeps its state there"
            ) from None
        try:
            state = await self._running()
            return state or await self._spawn(deadline)
        except OSError as error:
            # The interpreter has gone, as when Maze was installed anew, or the disk is full.
            raise EngineMissing(
                f"cannot start the embedded engine: {error.filename or self.log_file} "
                f"({error.strerror}); mend that, or restart the editor if Maze was installed anew"
            ) from None
        finally:
            lock.release()

    async def _spawn(self, deadline: float) -> EngineState:
        self._child_key = key = auth.new_key()
        self._child = child = self._popen(key)
        while time.monotonic() < deadline:
            state = read_state(self.state_file)
            if state is not None and state.key == key:
                return state
            self._check_alive()
            await asyncio.sleep(0.05)
        child.kill()
        raise self._too_slow()

    def _popen(self, key: str) -> subprocess.Popen[bytes]:
        settings = EngineSettings(
            model=self._settings.model,
            port=0,
            key=key,
            context=self._settings.context,
            threads=self._settings.threads,
            idle_stop_s=self._settings.idle_stop_s,
            state_file=self.state_file,
            cache_dir=self._settings.cache_dir,
            prepare=self._settings.prepare,
        )
        with self._open_log() as log:
            return subprocess.Popen(
                # -P: nothing in the editor's folder may pass for one of our imports.
                [self._settings.python, "-P", "-m", "maze.engine"],
                env={**os.environ, SETTINGS_VARIABLE: settings.to_json()},
                cwd=self._directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **_detached(),
            )

    def _open_log(self) -> contextlib.AbstractContextManager[int]:
        """The log's file descriptor, at its end; a log that has grown large begins anew."""
        with contextlib.suppress(OSError):
            if self.log_file.stat().st_size > _MAX_LOG_BYTES:
                self.log_file.replace(self.log_file.with_suffix(".log.1"))
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        return _descriptor(os.open(self.log_file, flags, 0o600))

    async def _ready(self, state: EngineState, progress: Progress) -> Endpoint:
        """Wait until the engine has loaded."""
        deadline = time.monotonic() + self._settings.start_timeout_s
        said, silent = "", 0
        while time.monotonic() < deadline:
            health = await self._health(state)
            if health is not None and health.status == "ready":
                self._failure = None
                return Endpoint(state.url, state.key, state.pid)
            if health is None or health.status == "failed":
                silent += 1
                if state.key == self._child_key:  # else another window's has taken its place
                    self._check_alive()
                if silent > _MAX_SILENT_ASKS:
                    raise self._failed()
                await asyncio.sleep(0.1)
                continue
            silent = 0
            if health.progress != said:
                said = health.progress
                progress(said)
            await asyncio.sleep(0.1)
        raise self._too_slow()

    def _check_alive(self) -> None:
        if self._child is not None and self._child.poll() is not None:
            raise self._failed()

    def _failed(self) -> EngineMissing:
        """The start failed: with the engine's last words, and not again for a while."""
        message = f"the embedded engine did not start: {self._last_words()} (log: {self.log_file})"
        self._failure = (time.monotonic() + self._settings.retry_after_s, message)
        return EngineMissing(message)

    def _too_slow(self) -> EngineTimeout:
        return EngineTimeout(
            f"the embedded engine was not ready after {self._settings.start_timeout_s:.0f} s; "
            f"its log says why: {self.log_file}"
        )

    def _last_words(self) -> str:
        try:
            lines = self.log_file.read_text(errors="replace").strip().splitlines()
        except OSError:
            lines = []
        return lines[-1].removeprefix("maze engine: ") if lines else "it said nothing"

    def _reap(self) -> None:
        if self._child is not None and self._child.poll() is not None:
            self._child = None


def _detached() -> dict[str, Any]:
    """Options with which a child outlives the window that started it."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS}
    return {"start_new_session": True}


def _silent(_: str) -> None: ...


async def _acquire(lock: FileLock, deadline: float) -> None:
    """Take `lock` without blocking the event loop."""
    while True:
        try:
            lock.acquire(blocking=False)
            return
        except Timeout:
            if time.monotonic() > deadline:
                raise EngineTimeout(
                    f"another window has been starting the embedded engine for too long; "
                    f"if none is, remove {lock.lock_file}"
                ) from None
            await asyncio.sleep(0.05)


@contextlib.contextmanager
def _descriptor(number: int) -> Iterator[int]:
    try:
        yield number
    finally:
        os.close(number)
