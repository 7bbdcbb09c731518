"""The language server: what it can do, feature by feature, and how it is started."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from threading import Event
from typing import Any

import attrs
from lsprotocol import types
from pygls.io_ import run_async
from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter

from maze import settings as user_settings
from maze.document import PositionEncoding
from maze.lsp import log
from maze.lsp.actions import GENERATE, KINDS, code_actions, resolved
from maze.lsp.counters import Counters
from maze.lsp.edits import knows
from maze.lsp.engines import EngineHost
from maze.lsp.feedback import ACCEPTED, FEEDBACK
from maze.lsp.generations import Generations
from maze.lsp.inline import Answer, InlineCompletions
from maze.lsp.notices import Notices
from maze.lsp.progress import EngineProgress, Listeners
from maze.lsp.protocol import MazeProtocol, current_command
from maze.lsp.session import Session
from maze.lsp.status import STATUS, Status
from maze.settings import Settings

VERSION = version("maze")

logger = logging.getLogger(__name__)


class MazeServer(LanguageServer):
    """The state of one connection to an editor."""

    def __init__(self) -> None:
        super().__init__(
            "maze", VERSION, protocol_cls=MazeProtocol, converter_factory=default_converter
        )
        self.notices = Notices(self)
        self.problems: tuple[str, ...] = ()
        self.sessions: dict[str, Session] = {}
        self.status = Status(self._send_status, self._engine_status)
        self.generations = Generations(self, self)
        self.use(Settings())

    def use(self, settings: Settings) -> None:
        """Work with ``settings`` from now on."""
        self.engine = EngineHost(settings, Listeners(EngineProgress(self), self.status))
        self.inline = InlineCompletions(self.engine, settings, self.notices, self.status)

    async def aclose(self) -> None:
        """End all that is under way: a request that went on would start an engine for nobody."""
        for session in self.sessions.values():
            session.close()
        await self.engine.aclose()

    @property
    def settings(self) -> Settings:
        """The settings of the moment."""
        return self.inline.settings

    @property
    def counters(self) -> Counters:
        """What has happened since the start."""
        return self.inline.counters

    @property
    def generator(self) -> EngineHost:
        """The engine, for whole texts."""
        return self.engine

    def _send_status(self, data: dict[str, Any]) -> None:
        self.protocol.notify(STATUS, data)

    def _engine_status(self) -> dict[str, Any]:
        kind = "embedded" if self.engine.embedded else "configured"
        return {
            "kind": kind,
            "url": self.engine.url,
            "model": self.engine.model,
            "installed": self.engine.installed,
        }

    def report_server_error(self, error: Exception, source: Any) -> None:
        """A message that could not be handled: for the log, no person can do anything about it."""
        logger.error("%s while handling a message", type(error).__name__)


def create_server() -> MazeServer:
    """A server with all its features, not yet connected."""
    server = MazeServer()

    @server.feature(types.INITIALIZE)
    def initialize(ls: MazeServer, params: types.InitializeParams) -> None:
        loaded = user_settings.load(params.initialization_options)
        ls.problems = loaded.problems
        ls.use(loaded.settings)

    @server.feature(types.INITIALIZED)
    def initialized(ls: MazeServer, params: types.InitializedParams) -> None:
        if knows(ls.client_capabilities, "status"):
            ls.status.begin()
        if ls.problems:
            ls.notices.show("; ".join(ls.problems))

    @server.feature(types.SHUTDOWN)
    async def shutdown(ls: MazeServer, params: None) -> None:
        await ls.aclose()

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def configure(ls: MazeServer, params: types.DidChangeConfigurationParams) -> None:
        _reconfigure(ls, params.settings)

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(ls: MazeServer, params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        if earlier := ls.sessions.get(document.uri):
            earlier.close()
        ls.sessions[document.uri] = Session(document, _encoding(ls), _roots(ls))

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(ls: MazeServer, params: types.DidChangeTextDocumentParams) -> None:
        if session := ls.sessions.get(params.text_document.uri):
            session.change(params)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(ls: MazeServer, params: types.DidCloseTextDocumentParams) -> None:
        if session := ls.sessions.pop(params.text_document.uri, None):
            session.close()

    @server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
    async def inline_completion(ls: MazeServer, params: types.InlineCompletionParams) -> Answer:
        session = ls.sessions.get(params.text_document.uri)
        return await ls.inline.answer(session, params) if session else None

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(KINDS, resolve_provider=True)
    )
    def code_action(ls: MazeServer, params: types.CodeActionParams) -> list[types.CodeAction]:
        session = ls.sessions.get(params.text_document.uri)
        return code_actions(session, params, ls.client_capabilities) if session else []

    @server.feature(types.CODE_ACTION_RESOLVE)
    def resolve(ls: MazeServer, action: types.CodeAction) -> types.CodeAction:
        return resolved(action)

    @server.command(GENERATE)
    async def generate(ls: MazeServer, *arguments: Any) -> dict[str, Any]:
        return await ls.generations.run(arguments[0] if arguments else None, current_command.get())

    @server.command(ACCEPTED)
    def accepted(ls: MazeServer, *arguments: Any) -> None:
        for id in arguments:
            ls.inline.feedback.accepted(id)

    @server.feature(FEEDBACK)
    def feedback(ls: MazeServer, params: object) -> None:
        ls.inline.feedback.told(params)

    @server.command("maze.pause")
    def pause(ls: MazeServer, *arguments: Any) -> None:
        ls.status.paused = True

    @server.command("maze.resume")
    def resume(ls: MazeServer, *arguments: Any) -> None:
        ls.status.paused = False

    @server.command("maze.log")
    def show_log(ls: MazeServer, *arguments: Any) -> dict[str, Any]:
        file = log.path()
        return {"path": str(file) if file else None, "lines": log.recent()}

    @server.feature(STATUS)
    def status(ls: MazeServer, params: object) -> dict[str, Any]:
        return _status(ls)

    return server


def start_stdio(log_level: str = "WARNING", log_file: Path | None = None) -> None:
    """Serve one editor over stdin and stdout, until it says `exit` or goes away."""
    log.configure(log_level, log_file)
    stdout = sys.stdout.buffer
    # Whatever a library prints must not get between two messages.
    sys.stdout = sys.stderr
    if sys.stdin.isatty():
        # The thread that waits for a line would outlive Python's own way of being interrupted.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        print(
            "maze lsp: an editor starts this and speaks to it over stdin and stdout; "
            "Ctrl+C ends it",
            file=sys.stderr,
            flush=True,
        )
    create_server().start_io(sys.stdin.buffer, stdout)


def start_tcp(
    host: str = "127.0.0.1",
    port: int = 0,
    log_level: str = "WARNING",
    log_file: Path | None = None,
) -> None:
    """Serve any number of editors over TCP, until interrupted; says on stderr where.

    There is no key: whoever can connect can have suggestions made.

    Raises:
        OSError: the address can not be listened on.
    """
    log.configure(log_level, log_file)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve_tcp(host, port))


async def _serve_tcp(host: str, port: int) -> None:
    listener = await asyncio.start_server(serve_connection, host, port)
    for socket in listener.sockets:
        address = "{}:{}".format(*socket.getsockname()[:2])
        print(f"maze lsp: listening on {address}", file=sys.stderr, flush=True)
    async with listener:
        await listener.serve_forever()


async def serve_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve one editor over a connection, until it says `exit` or goes away."""
    server = create_server()
    server.protocol.set_writer(writer)
    try:
        await run_async(Event(), reader, server.protocol, logger, server.report_server_error)
    except (SystemExit, ConnectionError, asyncio.IncompleteReadError):
        pass  # `exit`, or the editor is gone: the others stay
    finally:
        await server.aclose()
        writer.close()


def _reconfigure(server: MazeServer, sent: object) -> None:
    """Take over what a workspace may change; the engine stays as it is."""
    if isinstance(sent, Mapping):
        sent = sent.get("maze", sent)
    if not isinstance(sent, Mapping):
        return
    loaded = server.inline.settings.with_workspace(sent)
    server.inline.settings = loaded.settings
    if loaded.problems:
        server.notices.log_once("; ".join(loaded.problems))


def _encoding(server: MazeServer) -> PositionEncoding:
    return PositionEncoding(server.workspace.position_encoding or PositionEncoding.UTF16)


def _roots(server: MazeServer) -> list[str]:
    """The URIs of the workspace's folders."""
    workspace = server.workspace
    return [uri for uri in (workspace.root_uri, *workspace.folders) if uri]


def _status(server: MazeServer) -> dict[str, Any]:
    """What runs, and the counters, of which `dropped_by_last_check` counts defects."""
    return {
        "version": VERSION,
        **server.status.as_data(),
        "languages": list(server.inline.settings.languages),
        "documents": len(server.sessions),
        "counters": attrs.asdict(server.inline.counters),
        "problems": list(server.problems),
    }
