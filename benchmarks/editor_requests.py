"""The requests an editor would send, for holes in real files: what servers are measured with."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from pathlib import Path

from benchmarks.files import read_list
from benchmarks.hole_kinds import KINDS, cut
from maze.document import Document
from maze.engine.protocol import CompletionRequest, Suggestion
from maze.lsp.counters import Counters
from maze.lsp.engines import Ask
from maze.lsp.suggest import suggest
from maze.settings import Settings

_MAX_FILE_BYTES = 40_000


class _Catcher:
    """An engine, as the language server sees it, that only keeps what it is asked."""

    def __init__(self, model_id: str) -> None:
        self.requests: list[CompletionRequest] = []
        self._model_id = model_id

    async def complete(self, language: str, ask: Ask) -> list[Suggestion]:
        self.requests.append(ask(self._model_id))
        return []


async def editor_requests(
    language: str, listing: Path, count: int, *, model_id: str, max_tokens: int = 48, seed: int = 0
) -> list[CompletionRequest]:
    """`count` requests, each for a hole in another file as far as they last.

    Args:
        listing: names source files, one a line (see `scripts/corpora`).
        model_id: decides the prompt's template.

    Raises:
        BadArgument: the list cannot be read or names nothing.
    """
    catcher = _Catcher(model_id)
    settings = Settings(max_tokens=max_tokens, suggestions=1)
    for path, text, offset in _holes(language, listing, seed):
        await suggest(
            Document(text, str(path)), offset, catcher, settings=settings, counters=Counters()
        )
        if len(catcher.requests) >= count:
            break
    return catcher.requests


def _holes(language: str, listing: Path, seed: int) -> Iterator[tuple[Path, str, int]]:
    """Paths, texts with a hole, and the cursor in them; without end."""
    chance = random.Random(seed)
    paths = read_list(listing)
    chance.shuffle(paths)
    for path, kind in zip(itertools.cycle(paths), itertools.cycle(KINDS), strict=False):
        try:
            data = path.read_bytes()
            text = data.decode("utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        hole = cut(kind, language, text, chance) if len(data) <= _MAX_FILE_BYTES else None
        if hole is not None:
            yield path, hole.prefix(text) + hole.suffix(text), hole.start
