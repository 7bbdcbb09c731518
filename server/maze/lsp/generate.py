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

from maze.document import Document, hole_at
from maze.document.functions import Gap
from maze.document.prompt import Excerpt, excerpt_at
from maze.document.tasks import Task
from maze.engine.errors import EngineError
from maze.engine.protocol import UNCONSTRAINED, CompletionChunk, CompletionRequest
from maze.lsp.counters import Counters
from maze.lsp.draft import Draft
from maze.lsp.engines import Ask
from maze.lsp.suggest import request_for
from maze.settings import Settings

CONTEXT_CHARS = 6_000
"""The least of a document that the model is shown: a function takes more than a line to write."""

LINE_TOKENS = 96
"""The most that a text may have which is to end with a line."""

CANCELLED = "cancelled"

NO_SCOPE = "the text around is too long, and too broken, to tell what parses here; mend it first"


class Engine(Protocol):
    """What is needed of an engine."""

    def stream(self, language: str, ask: Ask) -> AsyncGenerator[CompletionChunk, None]:
        """The answer as it is generated; see `maze.lsp.suggest.Engine` for what is asked.

        Raises:
            EngineError: in one sentence for a person.
        """


class Sink(Protocol):
    """Takes what is to stand in the place of a task's gap.

    Attributes:
        by_lines: it wants whole lines.
    """

    by_lines: bool

    async def write(self, text: str) -> None:
        """What is to stand there for now.

        Raises:
            WritingStopped: nothing more can be written.
        """

    async def finish(self, text: str | None) -> None:
        """What stays; None puts back what was there before.

        Raises:
            WritingStopped: that can not be written.
        """


class WritingStopped(Exception):
    """The document is not to be written to any more; says why, in one sentence.

    Attributes:
        begun: something has been written to it.
    """

    def __init__(self, message: str, begun: bool) -> None:
        super().__init__(message)
        self.begun = begun


@attrs.frozen
class Result:
    """What has become of a task.

    Attributes:
        text: what was written in the place of the task's gap; empty when nothing was.
        tokens: tokens generated.
        parses: the document is known to have no error with it that it did not have before.
        level: the scope that the engine parsed it in, ``unconstrained``, or None when it did not
            finish.
        message: why nothing, or not all, was written; empty when all is well.
        failed: the engine is to blame for that.
    """

    text: str
    tokens: int
    parses: bool
    level: str | None = None
    message: str = ""
    failed: bool = False


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
    counters.generations += 1
    tokens = 0
    # All that is needed of the document is taken now: it may be another one after the first await.
    possible = [_Attempt(document, task, gap, settings) for gap in task.gaps]
    attempts = [attempt for attempt in possible if attempt.hole.scopes]
    if not attempts:
        return Result("", 0, True, message=NO_SCOPE)
    for attempt in attempts:
        draft = attempt.draft
        draft.before = tokens
        # Where several are tried, only what is found is shown.
        shown = sink if len(attempts) == 1 else None
        try:
            trouble = await _fill(attempt, engine, shown, stop, on_token)
            tokens = draft.tokens
            text = draft.result()
            if not (text or trouble) and attempt is not attempts[-1]:
                continue
            await sink.finish(attempt.gap.filled(text) if text else None)
        except WritingStopped as error:
            written = attempt.gap.filled(draft.text) if error.begun else ""
            return Result(written, tokens, not error.begun, draft.level, str(error))
        counters.tokens += tokens
        counters.generated += bool(text)
        counters.unconstrained += draft.level == UNCONSTRAINED
        message = trouble or ("" if text else "the model found nothing that parses here; try again")
        filled = attempt.gap.filled(text) if text else ""
        failed = bool(trouble) and trouble != CANCELLED
        return Result(filled, tokens, True, draft.level, message, failed)
    raise AssertionError("a task has a gap")


class _Attempt:
    """One gap of a task, and what is generated for it."""

    def __init__(self, document: Document, task: Task, gap: Gap, settings: Settings) -> None:
        fork, offset = gap.made_in(document)
        hole = hole_at(fork, offset)
        if hole is None:
            raise ValueError("a document without a language has no tasks")
        self.gap = gap
        self.hole = attrs.evolve(hole, mode=task.mode)
        part = document.part_at(gap.start)
        self.draft = Draft(task, fork, self.hole, len(part.tree.problems()) if part else 0)
        most = settings.generate_max_tokens
        self.settings = attrs.evolve(
            settings,
            max_tokens=min(most, LINE_TOKENS) if task.mode == "line" else most,
        )
        budget = max(settings.context_chars, CONTEXT_CHARS)
        self.excerpt = _with_hint(excerpt_at(fork, offset, budget), task.hint)

    def request(self, model: str) -> CompletionRequest:
        """What the engine is asked for."""
        request = request_for(self.hole, self.excerpt, model, self.settings)
        assert request.maze is not None
        return attrs.evolve(request, maze=attrs.evolve(request.maze, joins=True))


async def _fill(
    attempt: _Attempt,
    engine: Engine,
    sink: Sink | None,
    stop: asyncio.Event,
    on_token: Callable[[int], None],
) -> str:
    """Generate, and write what comes to ``sink``; the reason when that ended early."""
    news, draft = asyncio.Event(), attempt.draft

    async def read() -> None:
        stream = engine.stream(attempt.hole.language, attempt.request)
        async with aclosing(stream) as chunks:
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
            text = draft.text
            if sink is not None and sink.by_lines:
                text = text[: max(text.rfind("\n"), 0)].rstrip()
            if sink is not None and text != written and not stopped.done():
                written = text
                await sink.write(attempt.gap.filled(text))
        if not reader.done():
            return CANCELLED
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
