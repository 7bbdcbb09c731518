"""The client against engines that work, fail, lie, hang, and die half-way."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
import ssl

import httpx
import pytest

from maze.engine.client import EngineClient
from maze.engine.errors import (
    EngineBroken,
    EngineBusy,
    EngineError,
    EngineRefused,
    EngineRejected,
    EngineStarting,
    EngineTimeout,
    EngineUnreachable,
)
from maze.engine.protocol import CompletionRequest

from .conftest import KEY, answering

REQUEST = CompletionRequest("p")
SSE_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
UNFINISHED = b'data: {"choices": [{"index": 0, "text": "foo"}]}\n\n'


def choice(text: str, keep: int | None = None, index: int = 0, **maze: object) -> dict:
    data: dict = {"index": index, "text": text, "finish_reason": None}
    if keep is not None:
        data |= {"finish_reason": "stop", "maze": {"level": "scope", "keep": keep, **maze}}
    return data


def sse(*events: object, done: bool = True) -> str:
    lines = [event if isinstance(event, str) else json.dumps(event) for event in events]
    return "".join(f"data: {line}\n\n" for line in [*lines, *(["[DONE]"] if done else [])])


def answered(body: str | bytes, status: int = 200, kind: str = "text/event-stream", **options):
    """A client whose engine gives one fixed answer."""
    headers = {"content-type": kind}
    transport = httpx.MockTransport(
        lambda request: httpx.Response(status, headers=headers, content=body)
    )
    return EngineClient("https://engine:1", KEY, transport=transport, **options)


def complete(client: EngineClient, request: CompletionRequest = REQUEST):
    async def run():
        async with client:
            return await client.complete(request)

    return asyncio.run(run())


def test_choices_are_put_together_and_cut():
    body = sse(
        {"choices": [choice("foo(")]},
        {"choices": [choice("b", index=1)]},
        {"choices": [choice(")\n", keep=5)]},
        {"choices": [choice("ar", keep=0, index=1)]},
    )
    both = CompletionRequest("p", n=2, temperature=1.0)
    first, second = complete(answered(body), both)
    assert (first.text, first.index, first.outcome.level) == ("foo()", 0, "scope")
    assert (second.text, second.index) == ("", 1)


def test_what_is_closed_takes_the_place_of_what_was_written():
    body = sse({"choices": [choice("f(g(", keep=0, closed="f(g())")]})
    [found] = complete(answered(body))
    assert (found.text, found.uncut) == ("f(g())", "f(g(")


def test_a_plain_json_answer_will_do():
    body = json.dumps({"choices": [choice("foo", keep=2)]})
    assert complete(answered(body, kind="application/json"))[0].text == "fo"


NONSENSE = {
    "html": ("<html>hello</html>", "text/html"),
    "empty": ("", "text/event-stream"),
    "no events": ("hello\n\n", "text/event-stream"),
    "not json": (sse("hello"), "text/event-stream"),
    "not an object": (sse([1]), "text/event-stream"),
    "no choices": (sse({"id": 1}), "text/event-stream"),
    "text is a number": (sse({"choices": [{"index": 0, "text": 1}]}), "text/event-stream"),
    "another choice": (sse({"choices": [choice("a", keep=1, index=1)]}), "text/event-stream"),
    "negative choice": (sse({"choices": [choice("a", keep=1, index=-1)]}), "text/event-stream"),
    "goes on after its end": (
        sse({"choices": [choice("a", keep=1)]}, {"choices": [choice("b")]}),
        "text/event-stream",
    ),
    "keeps too much": (sse({"choices": [choice("a", keep=2)]}), "text/event-stream"),
    "keeps less than nothing": (sse({"choices": [choice("a", keep=-1)]}), "text/event-stream"),
    "does not say what joins": (
        sse({"choices": [{"index": 0, "text": "a", "finish_reason": "stop"}]}),
        "text/event-stream",
    ),
    "done too early": (sse({"choices": [choice("foo")]}), "text/event-stream"),
    "ends too early": (sse({"choices": [choice("foo")]}, done=False), "text/event-stream"),
    "one choice missing": (
        sse({"choices": [choice("a", keep=1)]}, done=False).replace('"index": 0', '"index": 1'),
        "text/event-stream",
    ),
    "an error on the way": (
        sse({"choices": [choice("foo")]}, {"error": {"message": "out of memory"}}),
        "text/event-stream",
    ),
}


@pytest.mark.parametrize(("body", "kind"), NONSENSE.values(), ids=NONSENSE.keys())
def test_nonsense_never_becomes_a_suggestion(body, kind):
    with pytest.raises(EngineBroken) as caught:
        complete(answered(body, kind=kind))
    assert "\n" not in str(caught.value)


def test_the_engines_own_words_are_passed_on():
    body = json.dumps({"error": {"message": "no grammar for 'cobol'", "type": "x"}})
    with pytest.raises(EngineRejected, match="no grammar for 'cobol'"):
        complete(answered(body, 400, "application/json"))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, EngineRefused),
        (403, EngineRefused),
        (400, EngineRejected),
        (404, EngineRejected),
        (413, EngineRejected),
        (422, EngineRejected),
        (429, EngineBusy),
        (503, EngineStarting),
        (500, EngineBroken),
        (502, EngineBroken),
        (302, EngineBroken),
    ],
)
@pytest.mark.parametrize("body", ["", "<html>", '{"error": {"message": "M"}}', '{"error": 5}', "["])
def test_statuses_become_errors_of_one_sentence(status, error, body):
    with pytest.raises(EngineError) as caught:
        complete(answered(body, status, "application/json"))
    assert type(caught.value) is error
    assert KEY not in str(caught.value) and "\n" not in str(caught.value)


def test_an_endless_answer_is_cut_off():
    async def flood():
        while True:
            yield b"x" * 65536

    transport = httpx.MockTransport(
        lambda request: httpx.Response(
            200, headers={"content-type": "text/event-stream"}, content=flood()
        )
    )
    with pytest.raises(EngineBroken):
        complete(EngineClient("https://engine:1", transport=transport))


async def _die(reader, writer):
    writer.write(SSE_HEAD + b"transfer-encoding: chunked\r\n\r\n")
    writer.write(b"%x\r\n%b\r\n" % (len(UNFINISHED), UNFINISHED))
    await writer.drain()
    writer.transport.abort()


async def _close_politely(reader, writer):
    writer.write(SSE_HEAD + b"connection: close\r\n\r\n" + UNFINISHED)
    await writer.drain()


async def _say_nothing(reader, writer):
    await asyncio.sleep(30)


async def _stall(reader, writer):
    writer.write(SSE_HEAD + b"\r\n" + UNFINISHED)
    await asyncio.sleep(30)


async def _speak_another_language(reader, writer):
    writer.write(b"220 smtp.example ESMTP\r\n")


async def _hang_up(reader, writer):
    writer.transport.abort()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (_die, EngineBroken),
        (_close_politely, EngineBroken),
        (_say_nothing, EngineTimeout),
        (_stall, EngineTimeout),
        (_speak_another_language, EngineBroken),
        (_hang_up, EngineBroken),
    ],
)
def test_bad_connections(answer, error):
    async def run():
        async with answering(answer) as url, EngineClient(url, KEY, read_timeout=0.3) as client:
            with pytest.raises(error) as caught:
                await client.complete(REQUEST)
        assert KEY not in str(caught.value) and "\n" not in str(caught.value)

    asyncio.run(asyncio.wait_for(run(), 10))


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "https://no-such-host.invalid"])
def test_nobody_there(url):
    with pytest.raises(EngineUnreachable, match="check the address"):
        complete(EngineClient(url))


@pytest.mark.parametrize("leave", ["cancel", "close"])
def test_leaving_closes_the_connection(leave):
    async def run():
        closed = asyncio.Event()

        async def answer(reader, writer):
            writer.write(SSE_HEAD + b"\r\n" + UNFINISHED)
            await writer.drain()
            assert await reader.read() == b""  # the end of the client's side
            closed.set()

        async with answering(answer) as url, EngineClient(url) as client:
            if leave == "cancel":
                task = asyncio.create_task(client.complete(REQUEST))
                await asyncio.sleep(0.2)
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
            else:
                async with contextlib.aclosing(client.stream(REQUEST)) as chunks:
                    assert (await anext(chunks)).text == "foo"
            await asyncio.wait_for(closed.wait(), 5)

    asyncio.run(run())


def test_the_key_is_sent_but_never_logged(caplog):
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"status": "ready", "data": [{"id": "m"}]})

    async def run():
        transport = httpx.MockTransport(handle)
        async with EngineClient("https://engine:1", KEY, transport=transport) as client:
            await client.health("abc")
            await client.model()
            assert KEY not in repr(client)

    with caplog.at_level(logging.DEBUG):
        asyncio.run(run())
    health, model = seen
    assert "authorization" not in health.headers
    assert model.headers["authorization"] == f"Bearer {KEY}"
    assert not any(KEY in str(request.url) for request in seen)
    assert KEY not in caplog.text


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://127.0.0.1:8000/v1/", "http://127.0.0.1:8000"),
        ("https://x.example/maze/v1", "https://x.example/maze"),
        (" https://x.example ", "https://x.example"),
    ],
)
def test_addresses(url, base):
    assert EngineClient(url).url == base


@pytest.mark.parametrize(
    "url",
    [
        "",
        "engine",
        "ftp://x",
        "http://",
        "http://user:word@x",
        "http://x?key=1",
        "http://[",
        "http://127.0.0.1:80000",
    ],
)
def test_wrong_addresses_are_told_without_repeating_secrets(url):
    with pytest.raises(ValueError, match="engine's address") as caught:
        EngineClient(url)
    assert "word" not in str(caught.value).replace("password", "")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"data": []}',
        '{"data": {}}',
        '{"data": [1]}',
        '{"data": [{}]}',
        '{"data": [{"id": "x", "max_model_len": 1e999}]}',
    ],
)
def test_a_list_of_models_that_is_none(body):
    async def run():
        async with answered(body, kind="application/json") as client:
            with pytest.raises(EngineBroken):
                await client.model()

    asyncio.run(run())


@pytest.mark.parametrize("key", ["a\nb", "clé", "a\x00b"])
def test_keys_that_cannot_be_sent(key):
    with pytest.raises(ValueError, match="printable ASCII") as caught:
        EngineClient("https://engine:1", key)
    assert key not in str(caught.value)


def test_a_line_end_after_the_key_is_forgiven():
    seen: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        return httpx.Response(200, json={"data": [{"id": "m"}]})

    async def run():
        transport = httpx.MockTransport(handle)
        async with EngineClient("https://engine:1", KEY + "\n", transport=transport) as client:
            await client.model()

    asyncio.run(run())
    assert seen == [f"Bearer {KEY}"]


def _after(cause: Exception) -> httpx.ConnectError:
    error = httpx.ConnectError("failed")
    error.__cause__ = cause
    return error


SENTENCES = [
    # what the network does, what a person reads of it
    (200, "<html>", "is this the right address"),
    (302, "", "configure the final address"),
    (401, "", "refused the key"),
    (405, "", "there is no engine at"),
    (404, "<html>", "there is no engine at"),
    (404, '{"error": {"message": "no such model"}}', "no such model"),
    (429, "", "is busy"),
    (500, "", "its log says why"),
    (502, "<html>", "gets no answer from it"),
    (503, "", "is starting"),
    (504, "", "gets no answer from it"),
    (httpx.ConnectError("refused"), "", "no engine answers at"),
    (httpx.ConnectTimeout("slow"), "", "no engine answers at"),
    (httpx.ReadTimeout("slow"), "", "took too long to answer"),
    (httpx.ReadError("gone"), "", "broke off its answer"),
    (ssl.SSLError("BAD_RECORD_MAC"), "", "broke off its answer"),
    (httpx.RemoteProtocolError("SSH-2.0"), "", "whether it is http or https"),
    (_after(ssl.SSLError("WRONG_VERSION_NUMBER")), "", "does not speak TLS"),
    (_after(ssl.SSLCertVerificationError("self-signed")), "", "is not trusted"),
    (_after(socket.gaierror(-2, "unknown")), "", "there is no machine called engine"),
]


@pytest.mark.parametrize(("happens", "body", "said"), SENTENCES)
def test_each_trouble_has_its_sentence(happens, body, said):
    def handle(_: httpx.Request) -> httpx.Response:
        if isinstance(happens, Exception):
            raise happens
        return httpx.Response(happens, text=body)

    client = EngineClient("https://engine:1", KEY, transport=httpx.MockTransport(handle))
    with pytest.raises(EngineError, match=said) as caught:
        asyncio.run(client.model())
    assert KEY not in str(caught.value) and "\n" not in str(caught.value)


RETRIED = [
    # what happens first, how often is sent
    (httpx.ConnectError("refused"), 2),
    (httpx.ConnectTimeout("slow"), 1),
    (httpx.ReadError("gone"), 1),
    (httpx.ReadTimeout("slow"), 1),
]


@pytest.mark.parametrize(("happens", "times"), RETRIED)
def test_only_what_never_left_is_sent_again(happens, times):
    sent = []

    def handle(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        raise happens

    client = EngineClient("https://engine:1", KEY, transport=httpx.MockTransport(handle))
    with pytest.raises(EngineError):
        complete(client)
    assert len(sent) == times


PLAIN_HTTP = [
    ("http://127.0.0.1:1", False, True),
    ("http://[::1]:1", False, True),
    ("http://localhost", False, True),
    ("https://gpu.example", False, True),
    ("http://gpu.example", False, False),
    ("http://192.168.1.4:8000", False, False),
    ("http://127.0.0.1.example", False, False),
    ("http://192.168.1.4:8000", True, True),
]


@pytest.mark.parametrize(("url", "allowed", "usable"), PLAIN_HTTP)
def test_plain_http_goes_no_further_than_this_machine(url, allowed, usable):
    if usable:
        EngineClient(url, allow_plain_http=allowed)
    else:
        with pytest.raises(ValueError, match="use https"):
            EngineClient(url, allow_plain_http=allowed)


def test_who_is_retired_comes_to_an_end_first():
    """Another request gives the connection up, between the two tries of this one."""
    tried = []

    async def refuses_once(request: httpx.Request) -> httpx.Response:
        tried.append(request)
        if len(tried) == 1:
            await client.retire()
            raise httpx.ConnectError("nobody there")
        return httpx.Response(200, json={"data": [{"id": "m"}]})

    client = EngineClient("https://engine:1", KEY, transport=httpx.MockTransport(refuses_once))
    assert asyncio.run(client.model()).id == "m"
    assert len(tried) == 2
    assert client._http.is_closed
