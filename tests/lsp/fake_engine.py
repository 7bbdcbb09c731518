"""A fake engine: real HTTP on loopback, the wire protocol, and scripted answers.

It stands in for a model, not for the protocol: what it says goes through the real client.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from maze.document.languages import LANGUAGES

KEY = "a-key-for-tests"

Reply = Callable[["Exchange"], None]


class Exchange:
    """One completion request, as a scripted reply sees it."""

    def __init__(self, handler: BaseHTTPRequestHandler, request: dict[str, Any]) -> None:
        self.request = request
        self._handler = handler
        self._begun = False

    def fail(self, status: int, message: str) -> None:
        """An error in the protocol's shape."""
        self.raw(status, json.dumps({"error": {"message": message, "type": "test"}}).encode())

    def raw(self, status: int, body: bytes, kind: str = "application/json") -> None:
        """Any answer at all."""
        self._handler.send_response(status)
        self._handler.send_header("Content-Type", kind)
        self._handler.send_header("Content-Length", str(len(body)))
        self._handler.end_headers()
        self._handler.wfile.write(body)

    def piece(self, text: str, **more: Any) -> None:
        """A streamed chunk."""
        if not self._begun:
            self._begun = True
            self._handler.send_response(200)
            self._handler.send_header("Content-Type", "text/event-stream")
            self._handler.end_headers()
        choice = {"index": 0, "text": text, "finish_reason": None, **more}
        event = {"object": "text_completion", "model": "fake", "choices": [choice]}
        self._handler.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
        self._handler.wfile.flush()

    def finish(self, text: str, keep: int, level: str, index: int = 0) -> None:
        """The last chunk of a choice."""
        maze = {"level": level, "keep": keep, "tokens": 3, "joined": keep > 0}
        self.piece(text, index=index, finish_reason="stop", maze=maze)

    def done(self) -> None:
        """The end of the stream."""
        self._handler.wfile.write(b"data: [DONE]\n\n")


class FakeEngine:
    """Answers with `reply`; remembers what it was asked.

    Attributes:
        requests: bodies of all completion requests, in order.
        asked_for_model: how often `/v1/models` was asked for.
        model: its model's name.
        languages: those it says it has grammars for.
        needs_key: whether that asks for the key too; completions always do.
        starting: how many requests are still answered with 503, as while a GPU is fetched.
        gone: set when a client closed its connection before the answer was complete.
    """

    def __init__(self) -> None:
        self.languages: tuple[str, ...] = tuple(LANGUAGES)
        self.requests: list[dict[str, Any]] = []
        self.gone = threading.Event()
        self.release = threading.Event()
        self.reply: Reply = says("x")
        self.starting = 0
        self.model = "fake"
        self.asked_for_model = 0
        self.needs_key = False
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                exchange = Exchange(self, {})
                if self.path.startswith("/v1/models"):
                    fake.asked_for_model += 1
                if fake.starting > 0:
                    fake.starting -= 1
                    exchange.raw(503, b"no container", "text/plain")
                elif fake.needs_key and self.path != "/health" and not self._has_key():
                    exchange.fail(401, "wrong key")
                elif self.path.startswith("/v1/models"):
                    model = {"id": fake.model, "maze": {"languages": list(fake.languages)}}
                    exchange.raw(200, json.dumps({"data": [model]}).encode())
                else:
                    exchange.raw(200, b'{"status": "ready"}')

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                exchange = Exchange(self, body)
                fake.requests.append(body)
                if not self._has_key():
                    exchange.fail(401, "wrong key")
                    return
                try:
                    fake.reply(exchange)
                except (BrokenPipeError, ConnectionResetError):
                    fake.gone.set()

            def _has_key(self) -> bool:
                return self.headers["Authorization"] == f"Bearer {KEY}"

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def start(self) -> None:
        """Listen."""
        self._thread.start()

    def stop(self) -> None:
        """Let go of all who wait, and close."""
        self.release.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextlib.contextmanager
def fake_engine() -> Iterator[FakeEngine]:
    """A running fake engine."""
    engine = FakeEngine()
    engine.start()
    try:
        yield engine
    finally:
        engine.stop()


def says(text: str, keep: int | None = None, scope: int = 0) -> Reply:
    """A good answer, made for the widest scope or for another of the chain."""

    def reply(exchange: Exchange) -> None:
        levels = [scope["level"] for scope in exchange.request["maze"]["scopes"]]
        level = levels[scope] if levels else "unconstrained"
        exchange.piece(text[:1])
        exchange.finish(text[1:], len(text) if keep is None else keep, level)
        exchange.done()

    return reply


def says_each(*texts: str) -> Reply:
    """Several choices in one answer."""

    def reply(exchange: Exchange) -> None:
        for index, text in enumerate(texts):
            exchange.finish(text, len(text), "file", index)
        exchange.done()

    return reply


def never_answers(engine: FakeEngine) -> Reply:
    """Sends pieces until the client goes away or `engine.release` is set."""

    def reply(exchange: Exchange) -> None:
        while not engine.release.wait(0.02):
            exchange.piece("")

    return reply


def waits_then(engine: FakeEngine, reply: Reply) -> Reply:
    """Waits for `engine.release`, then answers with `reply`."""

    def waiting(exchange: Exchange) -> None:
        engine.release.wait(10)
        reply(exchange)

    return waiting


def dies(exchange: Exchange) -> None:
    """Half an answer, then the connection closes."""
    exchange.piece("y = ")


def fails(status: int, message: str = "no") -> Reply:
    """An HTTP error."""
    return lambda exchange: exchange.fail(status, message)


def answers_raw(body: bytes, kind: str = "application/json", status: int = 200) -> Reply:
    """Anything at all."""
    return lambda exchange: exchange.raw(status, body, kind)
