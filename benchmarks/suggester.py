"""Asks for one suggestion exactly as an editor does, and says what the file would be with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from maze.document import Document, hole_at
from maze.document.join_check import Verdict, joins
from maze.document.prompt import excerpt_at
from maze.engine.client import EngineClient
from maze.engine.fim import PromptContext, render
from maze.engine.protocol import CompletionRequest, MazeRequest, Outcome, Scope

_CHARACTERS_PER_TOKEN = 3


@dataclass(frozen=True)
class Answer:
    """What came of one request.

    Attributes:
        offered: the text shown to the person; empty when nothing is.
        content: the whole document with it.
        outcome: the engine's account; None when the document has no hole at the cursor.
        dropped: a suggestion that the last check threw away; empty when it did not.
    """

    offered: str
    content: str
    outcome: Outcome | None
    dropped: str = ""


class Suggester:
    """The language server's path from a cursor to a suggestion, without the editor.

    Args:
        client: talks to the engine.
        model_id: decides the prompt's template.
        prompt_tokens: how much of the document the model is shown.
    """

    def __init__(self, client: EngineClient, model_id: str, prompt_tokens: int = 1024) -> None:
        self._client = client
        self._model_id = model_id
        self._budget = prompt_tokens * _CHARACTERS_PER_TOKEN

    async def suggest(
        self, path: Path, content: str, offset: int, *, max_tokens: int, constrain: bool = True
    ) -> Answer:
        """The suggestion at a cursor.

        Args:
            path: names the document; it is not read.
            content: the document's text.
            offset: the cursor, in characters.

        Raises:
            EngineError: the engine failed.
        """
        document = Document(content, str(path))
        hole = hole_at(document, offset)
        if hole is None:
            return Answer("", content, None)
        excerpt = excerpt_at(document, offset, self._budget, path.name)
        prompt = render(self._model_id, PromptContext(excerpt.before, excerpt.after, path.name))
        scopes = tuple(
            Scope(scope.level, scope.entry, scope.prefix_start, scope.suffix_end)
            for scope in hole.scopes
        )
        request = CompletionRequest(
            prompt.text,
            MazeRequest(hole.language, hole.prefix, hole.suffix, scopes, hole.mode, constrain),
            self._model_id,
            max_tokens=max_tokens,
            stop=prompt.stop,
        )
        (suggestion,) = await self._client.complete(request)
        text = suggestion.text
        if not text:
            return Answer("", content, suggestion.outcome)
        widest = scopes[0] if scopes else Scope("file", "file", 0, len(hole.suffix))
        scope_at = (offset - len(hole.prefix), offset + widest.suffix_end)
        if constrain and joins(document, offset, text, scope_at) is Verdict.BROKEN:
            return Answer("", content, suggestion.outcome, dropped=text)
        return Answer(text, content[:offset] + text + content[offset:], suggestion.outcome)
