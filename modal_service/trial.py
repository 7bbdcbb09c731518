"""Tries a running service as an editor would use it: this is the test of a deployment.

Health, a constrained completion in each language, a request without a key that must be refused, and
how long all that took. It works on any Maze engine, be it on Modal, on a GPU of one's own or on
a CPU.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Final
from urllib.parse import urlsplit

from attrs import frozen

from maze.document import Document, hole_at
from maze.document.detect import Detection
from maze.document.languages import LANGUAGES
from maze.document.prompt import excerpt_at
from maze.engine.client import EngineClient
from maze.engine.errors import (
    EngineBusy,
    EngineError,
    EngineMisaddressed,
    EngineRefused,
    EngineUnreachable,
)
from maze.engine.protocol import UNCONSTRAINED, CompletionChunk
from maze.engine.settings import is_loopback
from maze.lsp.suggest import request_for
from maze.settings import Settings

CURSOR = "▮"

TEXTS: Final = {
    "python": "def area(width, height):\n    return ▮\n",
    "typescript": "function area(width: number, height: number): number {\n  return ▮;\n}\n",
    "tsx": "const Area = (props: { width: number }) => {\n  return <b>{▮}</b>;\n};\n",
    "javascript": "function area(width, height) {\n  return ▮;\n}\n",
    "rust": "fn area(width: u32, height: u32) -> u32 {\n    let area = ▮;\n    area\n}\n",
    "go": "package shapes\n\nfunc area(width, height int) int {\n\treturn ▮\n}\n",
    "zig": "fn area(width: u32, height: u32) u32 {\n    return ▮;\n}\n",
}
"""A hole in each language, where no text at all would not parse."""

_BETWEEN_ASKS_S = 2.0


@frozen
class Step:
    """One thing that was tried.

    Attributes:
        name: of it.
        passed: whether it went as it should.
        said: what came of it, for a person.
        ms: milliseconds it took.
    """

    name: str
    passed: bool
    said: str
    ms: float


async def steps(
    url: str,
    key: str | None,
    *,
    patience_s: float = 600.0,
    allow_plain_http: bool = False,
    waiting: Callable[[str, float], None] = lambda problem, seconds: None,
) -> AsyncIterator[Step]:
    """Try the service at `url`, one step after the other; ends early when it never gets ready.

    Args:
        url: its address.
        key: its key.
        patience_s: how long a cold start may take.
        allow_plain_http: whether it may be tried unencrypted, on another machine.
        waiting: told from time to time what is waited for, in a sentence, and the seconds so far.

    Raises:
        ValueError: the address or the key can not be used, in one sentence.
    """
    stranger = EngineClient(url, allow_plain_http=allow_plain_http)
    client = EngineClient(url, key, read_timeout=120.0, allow_plain_http=allow_plain_http)
    async with stranger, client:
        ready = await _ready(client, patience_s, waiting)
        yield ready
        if not ready.passed:
            return
        yield await _refusal(
            stranger, open_here=not key and is_loopback(urlsplit(url).hostname or "")
        )
        try:
            model = (await client.model()).id
        except EngineError as error:
            yield Step("model", False, str(error), 0.0)
            return
        for language, text in TEXTS.items():
            if language in LANGUAGES:
                yield await _completion(client, model, language, text)


async def _ready(
    client: EngineClient, patience_s: float, waiting: Callable[[str, float], None]
) -> Step:
    begun = time.monotonic()
    while True:
        elapsed = time.monotonic() - begun
        try:
            health = await client.health()
            if health.status == "ready":
                return Step("health", True, "ready", elapsed * 1000)
            problem = health.progress or health.status
        except EngineBusy as error:  # 503: a container is on its way
            problem = str(error)
        except EngineMisaddressed as error:
            return Step("health", False, str(error), elapsed * 1000)
        except EngineUnreachable as error:  # it may be on its way, too
            problem = str(error)
        except EngineError as error:
            return Step("health", False, str(error), elapsed * 1000)
        if elapsed > patience_s:
            return Step("health", False, problem, elapsed * 1000)
        waiting(problem, elapsed)
        await asyncio.sleep(_BETWEEN_ASKS_S)


async def _refusal(stranger: EngineClient, open_here: bool) -> Step:
    """Whether others are refused; with `open_here`, it is on this machine and was given no key."""
    begun = time.monotonic()
    try:
        await stranger.model()
        passed, said = False, "it answered without a key; stop it and look at its guard"
        if open_here:
            passed, said = True, "it asks for none; it must then listen on 127.0.0.1 alone"
    except EngineRefused:
        passed, said = True, "a request without the key is refused"
    except EngineError as error:
        passed, said = False, str(error)
    return Step("no key", passed, said, (time.monotonic() - begun) * 1000)


async def _completion(client: EngineClient, model: str, language: str, text: str) -> Step:
    before, after = text.split(CURSOR)
    document = Document(before + after, title="area")
    document.take_for(Detection(LANGUAGES[language]))
    hole = hole_at(document, len(before))
    assert hole is not None
    settings = Settings()
    excerpt = excerpt_at(document, hole.offset, settings.context_chars)
    request = request_for(hole, excerpt, model, settings)
    begun = time.monotonic()
    first: float | None = None
    written, last = "", None
    try:
        async with aclosing(client.stream(request)) as chunks:
            async for chunk in chunks:
                first = first if first is not None else time.monotonic() - begun
                written += chunk.text
                last = chunk
    except EngineError as error:
        return Step(language, False, str(error), (time.monotonic() - begun) * 1000)
    ms = (time.monotonic() - begun) * 1000
    return _judged(language, written, last, (first or 0.0) * 1000, ms)


def _judged(
    language: str, written: str, last: CompletionChunk | None, first_ms: float, ms: float
) -> Step:
    outcome = last.outcome if last else None
    if outcome is None:
        return Step(language, False, "it does not say what joins; is Maze installed there?", ms)
    kept = outcome.closed or written[: outcome.keep]
    if outcome.level == UNCONSTRAINED or not outcome.joined or not kept:
        return Step(language, False, f"not joined ({outcome.level}, {outcome.keep} kept)", ms)
    said = f"{kept.strip()!r}, parsed as {outcome.level}, first token {first_ms:.0f} ms"
    return Step(language, True, said, ms)
