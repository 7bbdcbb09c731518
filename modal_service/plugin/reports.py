"""What constraints cost, told by the engine process to the API servers.

vLLM's answers have no room for it. So each API server makes a named pipe in a folder that only its
user may enter, and the engine writes one short message per step. A write of at most `PIPE_BUF`
bytes is whole or not at all, and it is done before the step's tokens are sent: whoever has a
generation's last token can already read what it cost. Where the pipe is full or there is none (an
engine on another machine), reports are lost and nothing waits.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import secrets
import shutil
import struct
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from attrs import define

FOLDER_VARIABLE = "MAZE_REPORTS_DIR"

_HEAD = struct.Struct("<HHd")
_COST = struct.Struct("<Qd")
_MAX_COSTS = (4096 - _HEAD.size) // _COST.size


@define(frozen=True)
class Step:
    """One message: a step of the engine, or a part of one.

    Attributes:
        requests: how many constrained requests the step had.
        seconds: time spent in all their constraints.
        costs_us: per tag, the time spent in its constraint so far, in microseconds.
    """

    requests: int
    seconds: float
    costs_us: dict[int, float]


def make_folder() -> None:
    """Make the folder, once per server; its processes find it through the environment."""
    if os.environ.get(FOLDER_VARIABLE):
        return
    folder, owner = tempfile.mkdtemp(prefix="maze-"), os.getpid()
    os.environ[FOLDER_VARIABLE] = folder

    def remove() -> None:
        if os.getpid() == owner:  # a forked child has inherited this function
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)


class Inbox:
    """The reading end, in an API server.

    Attributes:
        channel: its name, for the engine.

    Raises:
        OSError: no pipe can be made.
    """

    def __init__(self) -> None:
        make_folder()
        self.channel = secrets.token_hex(8)
        self._path = Path(os.environ[FOLDER_VARIABLE]) / self.channel
        os.mkfifo(self._path, 0o600)
        # Open for writing too: the pipe then never ends, though engines come and go.
        self._file = os.open(self._path, os.O_RDWR | os.O_NONBLOCK)
        self._rest = b""

    def fileno(self) -> int:
        """For an event loop to watch."""
        return self._file

    def read(self) -> Iterator[Step]:
        """All messages there are; never waits."""
        while True:
            try:
                data = os.read(self._file, 65536)
            except BlockingIOError:
                return
            self._rest += data
            yield from self._messages()

    def _messages(self) -> Iterator[Step]:
        while len(self._rest) >= _HEAD.size:
            count, requests, seconds = _HEAD.unpack_from(self._rest)
            end = _HEAD.size + count * _COST.size
            if len(self._rest) < end:
                return
            costs = dict(_COST.iter_unpack(self._rest[_HEAD.size : end]))
            self._rest = self._rest[end:]
            yield Step(requests, seconds, costs)

    def close(self) -> None:
        """Remove the pipe."""
        os.close(self._file)
        self._path.unlink(missing_ok=True)


class Outbox:
    """The writing end, in the engine."""

    def __init__(self) -> None:
        self._files: dict[str, int] = {}

    def send(
        self, channel: str, requests: int, seconds: float, costs: Iterable[tuple[int, float]]
    ) -> None:
        """Send a step; in several messages if it is long, of which the first tells the time.

        Args:
            channel: the API server's.
            costs: tags, and microseconds in their constraints so far.
        """
        file = self._file(channel)
        if file is None:
            return
        left = list(costs)
        while left:
            part, left = left[:_MAX_COSTS], left[_MAX_COSTS:]
            data = _HEAD.pack(len(part), requests, seconds)
            data += b"".join(_COST.pack(*cost) for cost in part)
            requests, seconds = 0, 0.0
            try:
                os.write(file, data)
            except BlockingIOError:
                return
            except OSError:  # the API server has gone
                os.close(self._files.pop(channel))
                return

    def _file(self, channel: str) -> int | None:
        if channel not in self._files:
            folder = os.environ.get(FOLDER_VARIABLE)
            if not folder:
                return None
            with contextlib.suppress(OSError):
                self._files[channel] = os.open(Path(folder) / channel, os.O_WRONLY | os.O_NONBLOCK)
        return self._files.get(channel)
