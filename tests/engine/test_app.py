"""The embedded engine's HTTP face, over real connections, with the toy engine behind it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time

import httpx
import pytest

from maze.engine import auth, protocol
from maze.engine.client import EngineClient
from maze.engine.embedded import Status
from maze.engine.errors import EngineBusy, EngineRefused, EngineRejected
from maze.engine.generation import ModelError
from maze.engine.protocol import CompletionRequest, MazeRequest
from maze.engine.settings import EngineSettings

from .conftest import KEY, serving, until
from .toys import ToyEngine, ToyModel, repeats, writes

SETTINGS = EngineSettings(key=KEY)
BEARER = {"Authorization": f"Bearer {KEY}"}
HOLE = CompletionRequest("f(", MazeRequest("python", "f("))


@pytest.fixture(scope="module")
def url():
    with serving(ToyEngine(ToyModel(writes("f(foo)\n"))), SETTINGS) as address:
        yield address


def ask(url: str, request: CompletionRequest = HOLE, key: str | None = KEY):
    async def run():
        async with EngineClient(url, key) as client:
            return await client.complete(request)

    return asyncio.run(run())


@pytest.mark.parametrize("stream", [True, False])
def test_a_completion(url, stream):
    [suggestion] = ask(url, CompletionRequest("f(", HOLE.maze, stream=stream))
    assert suggestion.text == "foo)\n"
    assert suggestion.outcome.joined


def test_it_streams_openai_chunks(url):
    body = protocol.request_to_json(HOLE)
    headers = {**BEARER, "content-type": "application/json"}
    answer = httpx.post(f"{url}/v1/completions", content=body, headers=headers)
    assert answer.headers["content-type"] == "text/event-stream"
    events = [line.removeprefix("data: ") for line in answer.text.split("\n\n") if line]
    assert events[-1] == "[DONE]"
    chunks = [json.loads(event) for event in events[:-1]]
    assert {chunk["object"] for chunk in chunks} == {"text_completion"}
    assert {chunk["model"] for chunk in chunks} == {"toy"}
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks[:-1]] == [None] * (
        len(chunks) - 1
    )
    assert chunks[-1]["choices"][0]["maze"]["level"] == "file"


def test_health_and_model(url):
    async def run():
        async with EngineClient(url, KEY) as client:
            return await client.health("c0ffee"), await client.model()

    health, model = asyncio.run(run())
    assert (health.status, health.progress) == ("ready", "ready")
    assert auth.proves(KEY, "c0ffee", health.proof)
    assert not auth.proves("another", "c0ffee", health.proof)
    assert (model.id, model.context, model.languages) == ("toy", 4096, ("go", "python"))


@pytest.mark.parametrize("key", [None, "wrong", KEY[:-1], KEY + "x", "é"])
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/models"), ("POST", "/v1/completions"), ("GET", "/anything")]
)
def test_nothing_but_health_without_the_key(url, key, method, path):
    headers = {} if key is None else {"Authorization": f"Bearer {key}".encode("latin-1")}
    answer = httpx.request(method, url + path, headers=headers, content=b"{}")
    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "authentication_error"
    assert KEY not in answer.text


def test_the_scheme_must_be_bearer(url):
    answer = httpx.get(f"{url}/v1/models", headers={"Authorization": f"Basic {KEY}"})
    assert answer.status_code == 401


def test_a_wrong_key_reaches_the_client_as_refused(url):
    with pytest.raises(EngineRefused, match="check the key"):
        ask(url, key="wrong")
    with pytest.raises(EngineRefused, match="asks for a key"):
        ask(url, key=None)


def post(url: str, content: bytes, **headers: str) -> httpx.Response:
    kind = {"content-type": "application/json", **headers}
    return httpx.post(f"{url}/v1/completions", content=content, headers={**BEARER, **kind})


@pytest.mark.parametrize(
    ("content", "status", "message"),
    [
        (b"", 400, "not valid JSON"),
        (b"\x00\xff", 400, "not valid JSON"),
        (b"[]", 400, "must be a JSON object"),
        (b"{}", 400, "lacks 'prompt'"),
        (b'{"prompt": "", "n": 99, "temperature": 1}', 400, "n must be from 1 to 8"),
        (
            b'{"prompt": "", "maze": {"language": "cobol", "prefix": ""}}',
            400,
            "known are go, python",
        ),
        (b" " * (protocol.MAX_BODY_BYTES + 1), 413, "larger than 8 MB"),
    ],
)
def test_bad_requests(url, content, status, message):
    answer = post(url, content)
    assert answer.status_code == status
    assert message in answer.json()["error"]["message"]


def test_a_body_without_declared_length_is_limited_too(url):
    def parts():
        for _ in range(10):
            yield b" " * 1024 * 1024

    headers = {**BEARER, "content-type": "application/json"}
    try:
        answer = httpx.post(f"{url}/v1/completions", content=parts(), headers=headers)
        assert answer.status_code == 413
    except httpx.WriteError:
        pass  # refused while we were still sending: as good
    assert ask(url)[0].text == "foo)\n"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_web_page_cannot_post_without_asking(url, kind):
    answer = post(url, b"{}", **{"content-type": kind})
    assert answer.status_code == 415


def test_unknown_addresses_name_the_known_ones(url):
    answer = httpx.get(f"{url}/v1/chat", headers=BEARER)
    assert answer.status_code == 404
    assert "POST /v1/completions" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("localhost:99", 200),
        ("[::1]", 200),
        ("evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("[", 403),
        ("", 403),
    ],
)
def test_without_a_key_only_this_machine_is_answered(host, status):
    with serving(ToyEngine(ToyModel(writes(""))), EngineSettings()) as url:
        answer = httpx.get(f"{url}/v1/models", headers={"Host": host})
        assert answer.status_code == status


@pytest.mark.parametrize("stage", ["before the first token", "while generating"])
@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_leaves_stops_its_generation(stage, stream):
    model = ToyModel(repeats("a"), delay_s=0.02)
    with serving(ToyEngine(model), SETTINGS) as url:

        async def run() -> int:
            request = CompletionRequest("f(", HOLE.maze, max_tokens=1000, stream=stream)
            async with EngineClient(url, KEY) as client:
                task = asyncio.create_task(client.complete(request))
                while model.asked < (1 if stage == "before the first token" else 5):
                    await asyncio.sleep(0.001)
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
                return model.asked

        asked = asyncio.run(run())
        time.sleep(0.3)  # many tokens' time
        # The token in progress, and one more while the news travels.
        assert model.asked <= asked + 2
        model._wanted = writes("f(foo)\n")
        assert ask(url)[0].text == "foo)\n"


def test_those_who_left_the_queue_cost_nothing():
    model = ToyModel(repeats("a"), delay_s=0.01)
    with serving(ToyEngine(model), SETTINGS) as url:

        async def run() -> None:
            async with EngineClient(url, KEY) as client:
                long = CompletionRequest("f(", HOLE.maze, max_tokens=60)
                first = asyncio.create_task(client.complete(long))
                while model.asked < 1:
                    await asyncio.sleep(0.001)
                waiting = [asyncio.create_task(client.complete(long)) for _ in range(5)]
                await asyncio.sleep(0.1)
                for task in waiting:
                    task.cancel()
                await asyncio.gather(*waiting, return_exceptions=True)
                await first

        asyncio.run(run())
        asked = model.asked
        assert asked == 61  # one of them spells the bracket before the cursor again
        time.sleep(0.1)
        assert model.asked == asked


def test_everyone_gets_an_answer_in_the_order_they_came():
    model = ToyModel(repeats("a"), delay_s=0.002)
    finished: list[int] = []
    with serving(ToyEngine(model), SETTINGS) as url:

        async def one(client: EngineClient, number: int) -> None:
            await client.complete(CompletionRequest("f(", HOLE.maze, max_tokens=10))
            finished.append(number)

        async def run() -> None:
            async with EngineClient(url, KEY) as client:
                tasks = []
                for number in range(8):
                    tasks.append(asyncio.create_task(one(client, number)))
                    await asyncio.sleep(0.005)
                await asyncio.gather(*tasks)

        asyncio.run(run())
    assert finished == sorted(finished) == list(range(8))


def test_too_many_waiting_are_told_so():
    model = ToyModel(repeats("a"), delay_s=0.05)
    with serving(ToyEngine(model), SETTINGS) as url:

        async def run() -> list[object]:
            async with EngineClient(url, KEY) as client:
                long = CompletionRequest("f(", HOLE.maze, max_tokens=1000)
                tasks = [asyncio.create_task(client.complete(long)) for _ in range(40)]
                done, pending = set[asyncio.Task](), set(tasks)
                while pending and len(done) < 8:
                    some, pending = await asyncio.wait(
                        pending, timeout=30, return_when=asyncio.FIRST_COMPLETED
                    )
                    assert some, f"only {len(done)} of 40 were refused"
                    done |= some
                # One too many would come as soon.
                some, pending = await asyncio.wait(pending, timeout=0.5)
                done |= some
                for task in pending:
                    task.cancel()
                await asyncio.gather(*pending, return_exceptions=True)
                return [task.exception() for task in done]

        errors = asyncio.run(run())
    assert len(errors) == 8
    assert all(isinstance(error, EngineBusy) for error in errors)


@pytest.mark.parametrize("error", [ModelError("out of memory"), RuntimeError("def secret(): ...")])
@pytest.mark.parametrize("tokens_before", [0, 3])
@pytest.mark.parametrize("stream", [True, False])
def test_a_failing_model_is_reported_and_survived(error, tokens_before, stream, caplog):
    model = ToyModel(writes("f(foo)\n"))
    good = model.logits

    def failing(tokens, cancelled):
        if model.asked >= tokens_before:
            raise error
        return good(tokens, cancelled)

    model.logits = failing
    with serving(ToyEngine(model), SETTINGS) as url:
        request = CompletionRequest("f(", HOLE.maze, stream=stream)
        with pytest.raises(Exception, match=r"out of memory|RuntimeError") as caught:
            ask(url, request)
        assert type(caught.value).__name__ == "EngineBroken"
        model.logits = good
        assert ask(url)[0].text == "foo)\n"
    assert "secret" not in str(caught.value) + caplog.text


def test_requests_while_loading_are_asked_to_wait():
    engine = ToyEngine(ToyModel(writes("")), load=lambda: Status("loading", "loading toy (40%)"))
    with serving(engine, SETTINGS, status="loading") as url:
        until(lambda: engine.status.progress == "loading toy (40%)")
        health = httpx.get(f"{url}/health").json()
        assert (health["status"], health["progress"]) == ("loading", "loading toy (40%)")
        with pytest.raises(EngineBusy, match="not ready yet: loading toy"):
            ask(url)


def test_failing_to_load_ends_the_engine():
    stopped: list[bool] = []
    engine = ToyEngine(ToyModel(writes("")), load=lambda: Status("failed", "no model file"))
    with serving(engine, SETTINGS, "failed", on_stop=lambda: stopped.append(True)) as url:
        until(lambda: bool(stopped))
        assert httpx.get(f"{url}/health").json()["status"] == "failed"


def test_an_idle_engine_stops_but_not_while_it_works():
    stopped: list[float] = []
    now = [0.0]
    model = ToyModel(repeats("a"), delay_s=0.01)
    settings = EngineSettings(key=KEY, idle_stop_s=0.2)
    with serving(
        ToyEngine(model), settings, on_stop=lambda: stopped.append(now[0]), clock=lambda: now[0]
    ) as url:

        async def run() -> None:
            async with EngineClient(url, KEY) as client:
                busy = asyncio.create_task(
                    client.complete(CompletionRequest("f(", HOLE.maze, max_tokens=60))
                )
                while model.asked < 1:
                    await asyncio.sleep(0.001)
                now[0] = 100.0
                await busy
                assert stopped == []

        asyncio.run(run())
        time.sleep(0.2)
        assert stopped == []  # the end of a generation counts as use
        now[0] = 101.0
        until(lambda: stopped == [101.0])


def test_an_engine_is_not_idle_while_it_loads():
    """Tables that are built for the first time may take longer than it may be idle."""
    stopped: list[bool] = []
    loaded, now, asked = threading.Event(), [0.0], list[float]()

    def clock() -> float:
        asked.append(now[0])
        return now[0]

    def load() -> Status:
        loaded.wait(20)
        return Status("ready", "ready")

    settings = EngineSettings(key=KEY, idle_stop_s=0.2)
    with serving(
        ToyEngine(ToyModel(writes("f(foo)\n")), load=load),
        settings,
        "loading",
        on_stop=lambda: stopped.append(True),
        clock=clock,
    ) as url:
        now[0] = 100.0
        until(lambda: asked.count(100.0) > 1)
        loaded.set()
        until(lambda: httpx.get(f"{url}/health").json()["status"] == "ready")
        time.sleep(0.2)
        assert not stopped  # the end of loading counts as use
        now[0] = 101.0
        until(lambda: bool(stopped))


def test_half_a_request_is_no_trouble(url):
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as client:
        head = f"POST /v1/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
        head += "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        client.sendall(head.encode())
    assert ask(url)[0].text == "foo)\n"


def test_the_client_passes_on_why_a_request_was_rejected(url):
    with pytest.raises(EngineRejected, match="known are go, python"):
        ask(url, CompletionRequest("", MazeRequest("cobol", "")))
