"""`maze.generate`: carries a code action out, and tells the editor how far it is."""

from __future__ import annotations

import asyncio
import logging
import uuid
from contextlib import suppress
from typing import Any, Protocol

import attrs
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from maze.document.tasks import Task, task_at
from maze.lsp.actions import plain
from maze.lsp.counters import Counters
from maze.lsp.edits import DocumentSink, can_edit, editor_for, knows
from maze.lsp.generate import Engine, Result, generate
from maze.lsp.notices import Notices
from maze.lsp.protocol import Command
from maze.lsp.session import Session
from maze.lsp.status import Status
from maze.settings import Settings

_AGREE_SECONDS = 10.0
"""How long an editor may take to agree that progress is shown; then it is written without."""

logger = logging.getLogger(__name__)


@attrs.frozen
class Wanted:
    """The argument of `maze.generate`."""

    uri: str
    kind: str
    range: types.Range

    @classmethod
    def read(cls, argument: object) -> Wanted | None:
        """What an editor sent, or None when it makes no sense."""
        data = plain(argument)
        try:
            places = [
                types.Position(int(place["line"]), int(place["character"]))
                for place in (data["range"]["start"], data["range"]["end"])
            ]
            return cls(str(data["uri"]), str(data["kind"]), types.Range(*places))
        except (TypeError, KeyError, ValueError):
            return None


class Owner(Protocol):
    """The server, as a generation sees it."""

    sessions: dict[str, Session]
    status: Status
    notices: Notices

    @property
    def settings(self) -> Settings: ...

    @property
    def counters(self) -> Counters: ...

    @property
    def generator(self) -> Engine: ...


class Generations:
    """All that are under way, at most one in a document."""

    def __init__(self, server: LanguageServer, owner: Owner) -> None:
        self._server = server
        self._owner = owner

    async def run(self, argument: object, command: Command) -> dict[str, Any]:
        """Generate; the command's answer."""
        wanted = Wanted.read(argument)
        session = self._owner.sessions.get(wanted.uri) if wanted else None
        if wanted is None or session is None:
            return _nothing("this document is not open; open it and try again")
        if not can_edit(self._server.client_capabilities):
            return _nothing("this editor can not apply edits that it is asked for")
        if session.region is not None:
            return _nothing("a text is being written in this document already; wait or cancel it")
        if reason := self._owner.settings.why_not(session.document.detection):
            return _nothing(reason)
        start, end = session.offset(wanted.range.start), session.offset(wanted.range.end)
        task = task_at(session.document, wanted.kind, start, max(start, end))
        if task is None:
            return _nothing("there is nothing to generate here any more; the text has changed")
        return await self._write(session, task, command)

    async def _write(self, session: Session, task: Task, command: Command) -> dict[str, Any]:
        owner, stop = self._owner, command.cancelled
        session.supersede()
        sink = DocumentSink(session, task.gap.start, task.gap.end, editor_for(self._server))
        sink.region.on_disturbed = stop.set
        problems = _problems(session)
        progress = Progress(self._server, command.token, stop)
        try:
            await progress.begin(task.title)
            with owner.status.busy(task.title):
                result = await generate(
                    session.document,
                    task,
                    owner.generator,
                    sink,
                    owner.settings,
                    owner.counters,
                    stop=stop,
                    on_token=progress.count,
                )
        except Exception as error:
            # A defect of ours must not reach the editor. No text of the document is logged.
            logger.error("%s while generating", type(error).__name__)
            result = Result(
                "", 0, False, message="something went wrong; the server's log says where"
            )
        finally:
            await sink.close()
            progress.end()
        self._tell(result, stop.is_set())
        return {
            "applied": bool(result.text),
            "tokens": result.tokens,
            # Where the user has had a hand in it, only the document itself tells.
            "parses": result.parses or _problems(session) <= problems,
            "message": result.message,
        }

    def _tell(self, result: Result, cancelled: bool) -> None:
        """Put before the user, who has asked for it, why nothing or not all was written.

        A client that knows `maze/edit` reads the answer and says so itself.
        """
        if result.failed:
            self._owner.status.failed(result.message)
        elif result.level is not None:
            self._owner.status.worked(result.level)
        if result.message and not cancelled and not knows(self._server.client_capabilities, "edit"):
            self._owner.notices.show(result.message)


class Progress:
    """Work-done progress that can be cancelled.

    Args:
        token: the client's, or None: then one is made, if the client shows progress at all.
        stop: set when the user cancels.
    """

    def __init__(
        self, server: LanguageServer, token: types.ProgressToken | None, stop: asyncio.Event
    ) -> None:
        self._server = server
        self._token = token
        self._stop = stop
        self._told = 0

    async def begin(self, title: str) -> None:
        """The work begins."""
        progress = self._server.work_done_progress
        if self._token is None:
            window = self._server.client_capabilities.window
            if not (window and window.work_done_progress):
                return
            token = f"maze-generate-{uuid.uuid4()}"
            with suppress(JsonRpcException, TimeoutError):
                await asyncio.wait_for(progress.create_async(token), _AGREE_SECONDS)
                self._token = token
        if self._token is not None:
            begin = types.WorkDoneProgressBegin(f"Maze: {title}", cancellable=True)
            progress.begin(self._token, begin)
            progress.tokens[self._token].add_done_callback(lambda _: self._stop.set())

    def count(self, tokens: int) -> None:
        """So many tokens are there."""
        if self._token is not None and tokens != self._told:
            self._told = tokens
            message = "1 token" if tokens == 1 else f"{tokens} tokens"
            report = types.WorkDoneProgressReport(message=message, cancellable=True)
            self._server.work_done_progress.report(self._token, report)

    def end(self) -> None:
        """The work is done."""
        if self._token is not None:
            progress = self._server.work_done_progress
            progress.end(self._token, types.WorkDoneProgressEnd())
            progress.tokens.pop(self._token, None)
            self._token = None


def _problems(session: Session) -> int:
    """How many errors the document has."""
    tree = session.document.tree
    return len(tree.problems()) if tree else 0


def _nothing(message: str) -> dict[str, Any]:
    return {"applied": False, "tokens": 0, "parses": True, "message": message}
