"""The demo's session: at each cursor what the editor shows, and what the bare model would say."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import attrs

from maze import settings as user_settings
from maze.cli.demo.cursors import SAMPLES, Cursor
from maze.cli.demo.editor import Editor, Shown
from maze.cli.demo.judging import Judge, Verdict
from maze.document import Document
from maze.lsp.engines import EngineHost
from maze.lsp.suggest import suggest
from maze.settings import Settings

# An engine that the demo starts may take its time on a busy machine, and need not stay long.
_PATIENT: dict[str, Any] = {"timeout_s": 300.0, "idle_minutes": 1.0}


@attrs.frozen
class Result:
    """What came of one cursor.

    Attributes:
        cursor: where.
        language: as the grammars call it.
        content: the document's text.
        offset: the cursor in it, in characters.
        read_ms: milliseconds the model took to read what is new to it up to the cursor. In an
            editor that happens while one types; it is in none of the other figures.
        shown: the ghost text in the editor.
        verdict: of the parser on the file with it.
        unconstrained: what the same model says without the constraint.
        unconstrained_verdict: of the parser on the file with that.
        parser: the parser's name.
    """

    cursor: Cursor
    language: str
    content: str
    offset: int
    read_ms: float
    shown: Shown
    verdict: Verdict
    unconstrained: Shown
    unconstrained_verdict: Verdict
    parser: str

    def as_data(self) -> dict[str, Any]:
        """As JSON has it; line and column are counted from 1."""
        before = self.content[: self.offset]
        return {
            "language": self.language,
            "kind": self.cursor.kind,
            "file": self.cursor.file,
            "line": before.count("\n") + 1,
            "column": self.offset - (before.rfind("\n") + 1) + 1,
            "read_ms": round(self.read_ms, 1),
            "suggestion": _as_data(self.shown, self.verdict),
            "unconstrained": _as_data(self.unconstrained, self.unconstrained_verdict),
            "parser": self.parser,
        }


def _as_data(shown: Shown, verdict: Verdict) -> dict[str, Any]:
    return {
        "text": shown.text,
        "ms": round(shown.ms, 1),
        "tokens": shown.tokens,
        "parses": verdict.parses,
        "error": verdict.error,
    }


class Session:
    """An editor's session, with the bare model beside it; both ask the same engine.

    Args:
        say: told what is being done.
        judge: says whether what came of it parses; closed with the session.
    """

    def __init__(self, say: Callable[[str], None], judge: Judge) -> None:
        self._say = say
        self._judge = judge
        self._editor = Editor(say)
        loaded = user_settings.load().settings
        self._settings = attrs.evolve(loaded, suggestions=1, **_PATIENT)
        self._bare = Bare(attrs.evolve(self._settings, constrain=False))
        self.start_s = 0.0

    async def __aenter__(self) -> Self:
        self._say("starting maze lsp")
        await self._editor.start(SAMPLES, debounce_ms=0, suggestions=1, **_PATIENT)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._bare.aclose()
        if exc_type is None:
            await self._editor.stop()
        self._judge.close()

    @property
    def model(self) -> str:
        """The model's name, once it has answered."""
        return self._bare.model

    @property
    def place(self) -> str:
        """Where the model runs."""
        url = self._settings.engine_url
        return f"at {urlsplit(url).netloc}" if url else "on this machine's CPU"

    @property
    def messages(self) -> list[str]:
        """What the server had to say to the person."""
        return self._editor.messages

    async def results(self, cursors: tuple[Cursor, ...]) -> AsyncIterator[Result]:
        """What comes of each cursor, one after the other."""
        await self._warm_up(cursors)
        for cursor in cursors:
            self._say(f"{cursor.file}: {cursor.kind}")
            yield await self._result(cursor)

    async def _warm_up(self, cursors: tuple[Cursor, ...]) -> None:
        """Ask once per language, so that the engine's start and its tables are not timed."""
        began = time.perf_counter()
        for file in dict.fromkeys(cursor.file for cursor in cursors):
            self._say(f"preparing for {file}")
            path = SAMPLES / file
            line, _, _ = path.read_text(encoding="utf-8").partition("\n")
            await self._editor.complete(path, f"{line}\n", len(line) + 1)
        self.start_s = time.perf_counter() - began

    async def _result(self, cursor: Cursor) -> Result:
        content, offset = cursor.place()
        document = Document(content, str(cursor.path), title=cursor.file)
        assert document.language is not None
        language = document.language.name
        read = await self._bare.read(document, offset)
        shown = await self._editor.complete(cursor.path, content, offset)
        bare = await self._bare.complete(document, offset)

        def judged(text: str | None) -> Verdict:
            return self._judge.judge(language, content[:offset] + (text or "") + content[offset:])

        return Result(
            cursor=cursor,
            language=language,
            content=content,
            offset=offset,
            read_ms=read.ms,
            shown=shown,
            verdict=judged(shown.text),
            unconstrained=bare,
            unconstrained_verdict=judged(bare.text),
            parser=self._judge.name(language),
        )


class Bare:
    """The same model without the constraint, and with nobody who looks at what it says."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._engine = EngineHost(settings)

    @property
    def model(self) -> str:
        """Its name, once it has answered."""
        return self._engine.model

    async def complete(self, document: Document, offset: int) -> Shown:
        """What it says at a cursor."""
        return await self._ask(document, offset, self._settings)

    async def read(self, document: Document, offset: int) -> Shown:
        """Have it read up to a cursor, and say one word."""
        return await self._ask(document, offset, attrs.evolve(self._settings, max_tokens=1))

    async def _ask(self, document: Document, offset: int, settings: Settings) -> Shown:
        began = time.perf_counter()
        suggestions = await suggest(
            document, offset, self._engine, settings=settings, last_check=False
        )
        ms = (time.perf_counter() - began) * 1000
        if not suggestions:
            return Shown(None, ms, 0)
        return Shown(suggestions[0].text, ms, suggestions[0].tokens)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._engine.aclose()
