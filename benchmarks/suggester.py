"""Asks for one suggestion as an editor does, and says what the document would be with it.

The way from a cursor to a suggestion is `maze.lsp.suggest`, the language server's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import attrs

from maze.document import Document
from maze.engine import protocol
from maze.engine.client import EngineClient
from maze.engine.protocol import Outcome
from maze.lsp.counters import Counters
from maze.lsp.engines import Ask
from maze.lsp.suggest import suggest
from maze.settings import Settings


@dataclass(frozen=True)
class Answer:
    """What came of one request.

    Attributes:
        offered: the text shown to the person; empty when nothing is.
        content: the whole document with it.
        generated: what the engine offered, before the server looked at it.
        uncut: all that the engine wrote.
        outcome: the engine's account; None when it was not asked.
        dropped: whether the last check threw it away.
    """

    offered: str
    content: str
    generated: str
    uncut: str
    outcome: Outcome | None
    dropped: bool


class Suggester:
    """The language server without an editor.

    Args:
        client: talks to the engine.
        model_id: decides the prompt's template.
        max_tokens: per suggestion.
        constrain: False takes what the model says, and shows it unchecked.
    """

    def __init__(
        self, client: EngineClient, model_id: str, max_tokens: int, constrain: bool = True
    ) -> None:
        self._engine = _Recorded(client, model_id)
        self._settings = attrs.evolve(
            Settings(), max_tokens=max_tokens, constrain=constrain, suggestions=1
        )
        self._last_check = constrain

    async def suggest(self, path: Path, content: str, offset: int) -> Answer:
        """The suggestion at a cursor.

        Args:
            path: names the document; it is not read.
            content: the document's text.
            offset: the cursor, in characters.

        Raises:
            EngineError: the engine failed.
        """
        document = Document(content, str(path))
        counters = Counters()
        self._engine.last = None
        suggestions = await suggest(
            document,
            offset,
            self._engine,
            settings=self._settings,
            counters=counters,
            last_check=self._last_check,
        )
        text = suggestions[0].text if suggestions else ""
        last = self._engine.last
        return Answer(
            offered=text,
            content=content[:offset] + text + content[offset:],
            generated=last.text if last else "",
            uncut=last.uncut if last else "",
            outcome=last.outcome if last else None,
            dropped=counters.dropped_by_last_check > 0,
        )


class _Recorded:
    """An engine, as the server sees it, that remembers its last answer."""

    def __init__(self, client: EngineClient, model_id: str) -> None:
        self._client = client
        self._model_id = model_id
        self.last: protocol.Suggestion | None = None

    async def complete(self, language: str, ask: Ask) -> list[protocol.Suggestion]:
        choices = await self._client.complete(ask(self._model_id))
        self.last = choices[0] if choices else None
        return choices
