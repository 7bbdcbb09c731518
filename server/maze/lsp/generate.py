"""From a task to the text in its place, written while it is generated.

Neither LSP nor an editor is known here: what is written goes to a `Sink`. The language server and
`maze generate` both come this way.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Protocol

import attrs

from maze.document import Document, Hole, hole_at
from maze.document.prompt import Excerpt, excerpt_at
from maze.document.tasks import Task
from maze.engine.errors import EngineError
from maze.engine.protocol import UNCONSTRAINED, CompletionChunk, CompletionRequest
from maze.lsp.counters import Counters
from maze.lsp.draft import Draft
from maze.lsp.suggest import request_for
from maze.settings import Settings

CONTEXT_CHARS = 6_000
"""The least of a document that the model is shown: a function takes more than a line to write."""


class Engine(Protocol):
    """What is needed of an engine."""

    async def model_id(self, language: str) -> str:
        """See `maze.lsp.suggest.Engine`."""

    def stream(self, request: CompletionRequest) -> AsyncGenerator[CompletionChunk, None]:
        """The answer as it is generated.

        Raises:
            EngineError: in one sentence for a person.
        """


class Sink(Protocol):
    """Takes the text in the place of the task's gap."""

    async def write(self, text: str) -> None:
        """The text so far; it begins with all that was written before.

        Raises:
            WritingStopped: nothing more can be written.
        """

    async def finish(self, text: str) -> None:
        """The text as it stays; empty puts back what was there before.

        Raises:
            WritingStopped: that can not be written.
        """


class WritingStopped(Exception):
    """The document is not to be written to any more; says why, in one sentence."""


@attrs.frozen
class Result:
    """What has become of a task.

    Attributes:
        text: what was written; empty when nothing was.
        tokens: tokens generated.
        parses: the document has no error with it that it did not have before.
        level: the scope that the engine parsed it in, ``unconstrained``, or None when it did not
            finish.
        message: why nothing, or not all, was written; empty when all is well.
    """

    text: str
    tokens: int
    parses: bool
    level: str | None = None
    message: str = ""


async def generate(
    document: Document,
    task: Task,
    engine: Engine,
    sink: Sink,
    settings: Settings,
    counters: Counters,
    *,
    stop: asyncio.Event | None = None,
    on_token: Callable[[int], None] = lambda count: None,
) -> Result:
    """Generate what ``task`` asks for.

    Args:
        document: as it is now; it may be edited while this runs.
        stop: set by who wants no more of it: what is there then is cut to what reads well.
        on_token: hears how many tokens there are.
    """
    stop = stop or asyncio.Event()
    fork, offset = task.fork(document)
    hole = hole_at(fork, offset)
    if hole is None:
        return Result("", 0, True, message=document.detection.reason)
    hole = attrs.evolve(hole, mode=task.mode)
    draft = Draft(task, fork, hole)
    excerpt = _with_hint(
        excerpt_at(fork, offset, max(settings.context_chars, CONTEXT_CHARS)), task.hint
    )
    trouble = ""
    counters.generations += 1
    try:
        trouble = await _fill(draft, hole, excerpt, engine, sink, settings, stop, on_token)
        counters.tokens += draft.tokens
        text = draft.result()
        await sink.finish(text)
    except WritingStopped as error:
        return Result("", draft.tokens, False, message=str(error))
    counters.generated += bool(text)
    level = draft.outcome.level if draft.outcome else None
    counters.unconstrained += level == UNCONSTRAINED
    message = trouble or ("" if text else "the model found nothing that parses here; try again")
    return Result(text, draft.tokens, True, level, message)


async def _fill(
    draft: Draft,
    hole: Hole,
    excerpt: Excerpt,
    engine: Engine,
    sink: Sink,
    settings: Settings,
    stop: asyncio.Event,
    on_token: Callable[[int], None],
) -> str:
    """Generate into ``draft`` and write what comes; the reason when that ended early."""
    news = asyncio.Event()

    async def read() -> None:
        model = await engine.model_id(hole.language)
        asked = attrs.evolve(settings, max_tokens=settings.generate_max_tokens, suggestions=1)
        request = request_for(hole, excerpt, model, asked)
        async with aclosing(engine.stream(request)) as chunks:
            async for chunk in chunks:
                draft.add(chunk)
                on_token(draft.tokens)
                news.set()
                if draft.finished:
                    return

    reader = asyncio.create_task(read())
    stopped = asyncio.create_task(stop.wait())
    written = ""
    try:
        while not reader.done() and not stopped.done():
            fresh = asyncio.create_task(news.wait())
            await asyncio.wait({reader, stopped, fresh}, return_when=asyncio.FIRST_COMPLETED)
            fresh.cancel()
            news.clear()
            if draft.text != written and not stopped.done():
                written = draft.text
                await sink.write(written)
        if not reader.done():
            return "cancelled"
        await reader
    except EngineError as error:
        return str(error)
    finally:
        reader.cancel()
        stopped.cancel()
        await asyncio.gather(reader, stopped, return_exceptions=True)
    return ""


def _with_hint(excerpt: Excerpt, hint: str) -> Excerpt:
    """``excerpt`` with a hint before its last line, which goes on in the new text."""
    if not hint:
        return excerpt
    line = excerpt.before.rfind("\n") + 1
    before = excerpt.before[:line] + hint + excerpt.before[line:]
    return attrs.evolve(excerpt, before=before)
