"""The language server's own time per request: what a person waits beside the model.

python -m benchmarks.latency --language python --files-from .cache/corpora/python.txt

Lines of real files are typed key by key, and after each key a suggestion is asked for. An engine
that answers at once, with what really follows, stands in for the model. Measured is everything
between the editor's messages and the answer: the edit, the re-parse, the scope and the prompt, and
the last check; and, apart, the answers that need no engine because the key was what had been
suggested.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time

from lsprotocol import types

from benchmarks._cli import CannotMeasure, Report, add_files, parser, positive, progress, run
from benchmarks.files import SourceFile, read_list, valid_files
from benchmarks.hole_kinds import cut
from benchmarks.memory import resident_mb
from benchmarks.oracles import oracle_for
from benchmarks.timings import summary
from maze.document import PositionEncoding
from maze.engine.protocol import Outcome, Suggestion
from maze.lsp.engines import Ask
from maze.lsp.inline import InlineCompletions
from maze.lsp.notices import Notices
from maze.lsp.server import create_server
from maze.lsp.session import Session
from maze.settings import Settings

# Lines typed in one file, each somewhere else.
_LINES_PER_FILE = 4


class NullEngine:
    """Answers at once with the text it is told to."""

    text = ""

    async def complete(self, language: str, ask: Ask) -> list[Suggestion]:
        """What was to be said, as if it joined."""
        request = ask("null")
        level = request.maze.scopes[0].level if request.maze and request.maze.scopes else "file"
        return [Suggestion(self.text, Outcome(level, len(self.text), tokens=1, joined=True))]


class Typist:
    """Types into one document and asks after each key."""

    def __init__(self, file: SourceFile, language: str) -> None:
        self.engine = NullEngine()
        server = create_server()
        self._inline = InlineCompletions(self.engine, Settings(suggestions=1), Notices(server))
        self._uri = file.path.resolve().as_uri()
        item = types.TextDocumentItem(self._uri, language, 0, file.text)
        self.session = Session(item, PositionEncoding.UTF16)
        self.request_ms: list[float] = []
        self.cached_ms: list[float] = []

    async def retype(self, start: int, end: int) -> None:
        """Take `text[start:end]` out and type it again, key by key."""
        line = self.session.document.text.content[start:end]
        self._edit(start, end, "")
        for at, key in enumerate(line):
            self.engine.text = line[at + 1 :] or "\n"
            before = self._inline.counters.typed_ahead
            # One key in two comes as it was suggested; before the others, another place was edited.
            if at % 2 == 0:
                self.session.typed_ahead.forget()
            began = time.perf_counter()
            self._edit(start + at, start + at, key)
            await self._ask(start + at + 1)
            took_ms = (time.perf_counter() - began) * 1e3
            cached = self._inline.counters.typed_ahead > before
            (self.cached_ms if cached else self.request_ms).append(took_ms)

    def _edit(self, start: int, end: int, new: str) -> None:
        where = types.Range(self.session.position(start), self.session.position(end))
        self.session.change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self.session.version + 1, self._uri),
                [types.TextDocumentContentChangePartial(range=where, text=new)],
            )
        )

    async def _ask(self, offset: int) -> None:
        await self._inline.answer(
            self.session,
            types.InlineCompletionParams(
                context=types.InlineCompletionContext(types.InlineCompletionTriggerKind.Invoked),
                text_document=types.TextDocumentIdentifier(self._uri),
                position=self.session.position(offset),
            ),
        )


def measure(arguments: argparse.Namespace) -> Report:
    """Type until there are enough keystrokes."""
    chance = random.Random(arguments.seed)
    paths = read_list(arguments.files_from, arguments.limit, arguments.seed)
    chance.shuffle(paths)
    request_ms: list[float] = []
    cached_ms: list[float] = []
    with (
        oracle_for(arguments.language) as oracle,
        progress("keystrokes", arguments.keystrokes) as advance,
    ):
        for file in valid_files(paths, arguments.language, oracle):
            typist = Typist(file, arguments.language)
            for _ in range(_LINES_PER_FILE):
                hole = cut("line", arguments.language, file.text, chance)
                if hole is not None:
                    asyncio.run(typist.retype(hole.start, hole.end))
            for _ in typist.request_ms + typist.cached_ms:
                advance("")
            request_ms += typist.request_ms
            cached_ms += typist.cached_ms
            if len(request_ms) + len(cached_ms) >= arguments.keystrokes:
                break
    if not request_ms:
        raise CannotMeasure("none of the files is valid and has a line to type.")
    return {
        "language": arguments.language,
        "keystrokes": len(request_ms) + len(cached_ms),
        "request_ms": summary(request_ms, digits=3),
        "cached_ms": summary(cached_ms, digits=3),
        "memory_mb": round(resident_mb(), 1),
    }


def main() -> None:
    """Run from the command line."""
    made = parser("latency", "Server time per request, without the engine's.")
    add_files(made)
    made.add_argument(
        "--keystrokes", type=positive, default=2000, help="how many to type (default 2000)"
    )
    run(made, measure)


if __name__ == "__main__":
    main()
