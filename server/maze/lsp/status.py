"""What Maze is doing, for an editor that shows it: `maze/status`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

STATUS = "maze/status"

Send = Callable[[dict[str, Any]], None]


class Status:
    """Gathers what is known, and tells when that changes.

    Args:
        send: takes what is to be told; told nothing before `begin`.
        engine: says which engine there is.
    """

    def __init__(self, send: Send, engine: Callable[[], dict[str, Any]]) -> None:
        self._send = send
        self._engine = engine
        self._told: dict[str, Any] | None = None
        self._begun = False
        self._busy: list[str] = []
        self._starting: str | None = None
        self._error = ""
        self._warning = ""
        self._paused = False
        self._level: str | None = None

    def begin(self) -> None:
        """The client wants to know."""
        self._begun = True
        self._changed()

    @property
    def paused(self) -> bool:
        """Whether automatic suggestions are switched off."""
        return self._paused

    @paused.setter
    def paused(self, value: bool) -> None:
        self._paused = value
        self._changed()

    @contextmanager
    def busy(self, message: str = "") -> Iterator[None]:
        """Something is being made."""
        self._busy.append(message)
        self._changed()
        try:
            yield
        finally:
            self._busy.remove(message)
            self._changed()

    def started(self, message: str) -> None:
        """An engine is starting, and does what ``message`` says."""
        self._starting = message
        self._changed()

    def ended(self, message: str) -> None:
        """It has started, or not: then ``message`` says why."""
        self._starting = None
        self._changed()

    def failed(self, message: str) -> None:
        """Nothing can be made, for a reason that names the next step."""
        self._error = message
        self._changed()

    def warn(self, message: str) -> None:
        """Things work, but less well; empty when that is over."""
        self._warning = message
        self._changed()

    def worked(self, level: str | None = None) -> None:
        """The engine has answered; ``level`` is what the newest text is known to parse in."""
        self._error = ""
        self._level = level or self._level
        self._changed()

    def as_data(self) -> dict[str, Any]:
        """The notification's parameters."""
        kind, message = self._kind()
        return {"kind": kind, "message": message, "level": self._level, "engine": self._engine()}

    def _kind(self) -> tuple[str, str]:
        if self._starting is not None and self._warning:
            return "warning", f"{self._warning}; {self._starting}"
        if self._starting is not None:
            return "starting", self._starting
        if self._busy:
            return "busy", self._busy[-1]
        if self._error:
            return "error", self._error
        if self._paused:
            return "paused", "automatic suggestions are switched off"
        if self._warning:
            return "warning", self._warning
        return "ready", ""

    def _changed(self) -> None:
        if self._begun and (data := self.as_data()) != self._told:
            self._told = data
            self._send(data)
