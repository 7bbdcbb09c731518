"""The guard in front of vLLM's application: who gets in where."""

from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket

from modal_service.plugin.guard import Guard

KEY = "a-key-for-tests"
OTHER = "another-key-for-tests"


async def _inside(request: object) -> PlainTextResponse:
    return PlainTextResponse("inside")


async def _socket(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("inside")


def guarded(**options: object) -> Guard:
    """An application that answers everything, behind a guard."""
    everything = Route("/{path:path}", _inside, methods=["GET", "POST", "HEAD", "OPTIONS"])
    routes = [WebSocketRoute("/v1/realtime", _socket), Mount("/", routes=[everything])]
    return Guard(Starlette(routes=routes), **options)


async def status(guard: Guard, path: str, method: str = "GET", **headers: str) -> int:
    """The status of an answer over ASGI."""
    transport = httpx.ASGITransport(guard)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        return (await client.request(method, path, headers=headers)).status_code


@pytest.mark.parametrize(
    "path",
    [
        *("/v1/completions", "/v1/models", "/v1/chat/completions", "/invocations", "/tokenize"),
        *("/metrics", "/docs", "/openapi.json", "/ping", "/version", "/load", "/", "/healthz"),
        *(
            "/health/",
            "//health",
            "/health/../metrics",
            "/HEALTH",
            "/v1/health",
            "/health;/metrics",
        ),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "HEAD"])
async def test_everything_asks_for_the_key(path: str, method: str) -> None:
    guard = guarded(keys=[KEY])
    assert await status(guard, path, method) == 401
    assert await status(guard, path, method, authorization=f"Bearer {KEY}") == 200


async def test_health_is_open() -> None:
    assert await status(guarded(keys=[KEY]), "/health") == 200
    assert await status(guarded(keys=[KEY]), "/health?x=/metrics") == 200


@pytest.mark.parametrize(
    ("header", "allowed"),
    [
        (f"Bearer {KEY}", True),
        (f"bearer {KEY}", True),
        (f"Bearer {OTHER}", True),
        (f"Bearer {KEY}x", False),
        (f"Bearer {KEY[:-1]}", False),
        ("Bearer ", False),
        ("", False),
        (f"Basic {KEY}", False),
        (KEY, False),
        (f"Bearer {KEY}, Bearer {OTHER}", False),
    ],
)
async def test_keys(header: str, allowed: bool) -> None:
    guard = guarded(keys=[KEY, OTHER])
    assert await status(guard, "/metrics", authorization=header) == (200 if allowed else 401)


async def test_websockets_ask_for_the_key() -> None:
    async def first_message(*headers: tuple[bytes, bytes]) -> str:
        scope = {
            "type": "websocket", "path": "/v1/realtime", "headers": headers, "subprotocols": []
        }  # fmt: skip
        sent: list[dict[str, object]] = []

        async def receive() -> dict[str, object]:
            return {"type": "websocket.connect"}

        async def send(message: dict[str, object]) -> None:
            sent.append(message)

        await guarded(keys=[KEY])(scope, receive, send)
        return str(sent[0]["type"])

    assert await first_message() == "websocket.close"
    assert await first_message((b"authorization", b"Bearer " + KEY.encode())) == "websocket.accept"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1:8000", 200),
        ("localhost", 200),
        ("[::1]:8000", 200),
        ("evil.example", 403),
        ("evil.example:8000", 403),
        ("[", 403),
    ],
)
async def test_without_a_key_only_this_machine(host: str, expected: int) -> None:
    assert await status(guarded(only_this_machine=True), "/v1/models", host=host) == expected
    assert await status(guarded(), "/v1/models", host=host) == 200


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("http://127.0.0.1:3000", 200),
        ("http://localhost", 200),
        ("https://[::1]:8443", 200),
        ("https://evil.example", 403),
        ("https://127.0.0.1.evil.example", 403),
        ("null", 403),
        ("", 403),
    ],
)
async def test_without_a_key_no_page_from_elsewhere(origin: str, expected: int) -> None:
    guard = guarded(only_this_machine=True)
    for path, method in (("/v1/completions", "POST"), ("/v1/completions", "OPTIONS")):
        assert await status(guard, path, method, origin=origin) == expected
    with_key = guarded(only_this_machine=True, keys=[KEY])
    headers = {"origin": origin, "authorization": f"Bearer {KEY}"}
    assert await status(with_key, "/v1/completions", "POST", **headers) == 200
