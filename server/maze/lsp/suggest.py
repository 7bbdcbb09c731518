"""From a document and a cursor to suggestions: the way that every caller takes.

The language server, `maze complete` and the benchmarks all call `suggest`; none of this knows of
an editor or of LSP.
"""

from __future__ import annotations

import asyncio
import collections
from enum import Enum
from typing import Any, Protocol

import attrs

from maze.document import Document, Hole, document_at, hole_at
from maze.document.join_check import JoinCheck, Verdict
from maze.document.prompt import Excerpt, excerpt_at
from maze.document.text import unix_line_breaks
from maze.engine import fim, protocol
from maze.engine.protocol import UNCONSTRAINED, CompletionRequest, MazeRequest
from maze.lsp.counters import Counters
from maze.lsp.engines import Ask
from maze.lsp.helpful import is_news, only_closes, trimmed
from maze.settings import Settings

_FOLLOWING_CHARS = 4_000
"""How far behind the cursor it is looked whether a suggestion stands there already."""

_SEVERAL_TEMPERATURE = 0.8
"""Warm enough that several suggestions differ."""


class Trigger(Enum):
    """Who asked."""

    INVOKED = "invoked"
    AUTOMATIC = "automatic"


class Engine(Protocol):
    """What is needed of an engine."""

    async def complete(self, language: str, ask: Ask) -> list[protocol.Suggestion]:
        """The choices for a request, each cut to what joins.

        Args:
            language: the one that is asked for; an engine that must start prepares it.
            ask: makes the request, once it is known which model answers.

        Raises:
            EngineError: in one sentence for a person.
        """


@attrs.frozen
class Suggestion:
    """A text to insert at the cursor.

    Attributes:
        text: the text; never empty.
        level: the scope in which it is known to parse, or ``unconstrained``.
        tokens: tokens generated for it.
        constraint_us_per_token: mean time in the constraint, in microseconds.
    """

    text: str
    level: str
    tokens: int = 0
    constraint_us_per_token: float = 0.0


async def suggest(
    document: Document,
    offset: int,
    engine: Engine,
    trigger: Trigger = Trigger.INVOKED,
    settings: Settings | None = None,
    counters: Counters | None = None,
    *,
    last_check: bool = True,
) -> list[Suggestion]:
    """Suggestions at ``offset``, best first; empty when there is nothing good to say.

    Args:
        document: in Markdown, the fenced code block around the cursor counts. It may be edited while
            the engine answers; the suggestions are for the state it was in.
        offset: the cursor, in characters.
        engine: generates.
        trigger: nothing is suggested in passing where it would only be in the way.
        settings: None takes the defaults.
        counters: counts what becomes of the engine's choices.
        last_check: False shows what does not parse in place too, for comparison.

    Raises:
        EngineError: the engine gave no answer; one sentence for a person.
    """
    settings, counters = settings or Settings(), counters or Counters()
    document, offset = document_at(document, offset)
    hole = hole_at(document, offset)
    if hole is None or not hole.scopes or hole.language not in settings.languages:
        return []
    if trigger is Trigger.AUTOMATIC and _in_word(document, hole.offset):
        return []
    if not settings.multiline:
        hole = attrs.evolve(hole, mode="line")
    # All that is needed of the document is taken now: it may be another one after the first await.
    excerpt = excerpt_at(document, hole.offset, settings.context_chars)
    invoked = trigger is Trigger.INVOKED
    site = _Site(hole, document, counters, invoked=invoked, last_check=last_check)
    count = settings.suggestions if invoked else 1
    asks = asks_for(hole, excerpt, settings, count)
    counters.engine_requests += len(asks)
    first, *more = await asyncio.gather(
        *(engine.complete(hole.language, ask) for ask in asks), return_exceptions=True
    )
    if isinstance(first, BaseException):
        raise first
    # Others are welcome, but no reason to do without the first.
    others = [
        choice for answer in more if not isinstance(answer, BaseException) for choice in answer
    ]
    best = [found for choice in first if (found := site.checked(choice))]
    rest = [found for choice in others if (found := site.checked(choice))]
    return _distinct(best if not more else [*best, *_agreed(rest)])


def asks_for(hole: Hole, excerpt: Excerpt, settings: Settings, count: int) -> list[Ask]:
    """What the engine is asked for ``count`` suggestions: the likeliest, and others beside it."""

    def ask(**changes: Any) -> Ask:
        return lambda model: attrs.evolve(request_for(hole, excerpt, model, settings), **changes)

    if count == 1:
        return [ask()]
    if settings.temperature > 0:
        return [ask(n=count)]
    return [ask(), ask(n=count - 1, temperature=_SEVERAL_TEMPERATURE)]


def request_for(hole: Hole, excerpt: Excerpt, model: str, settings: Settings) -> CompletionRequest:
    """What the engine is asked for ``hole``, where the model is shown ``excerpt``."""
    prompt = fim.render(model, fim.PromptContext(excerpt.before, excerpt.after, excerpt.path))
    return CompletionRequest(
        prompt=prompt.text,
        stop=prompt.stop,
        max_tokens=settings.max_tokens,
        temperature=settings.temperature,
        maze=MazeRequest(
            language=hole.language,
            prefix=hole.prefix,
            suffix=hole.suffix,
            scopes=tuple(protocol.Scope(**attrs.asdict(scope)) for scope in hole.scopes),
            mode=hole.mode,
            constrain=settings.constrain,
        ),
    )


def _agreed(suggestions: list[Suggestion]) -> list[Suggestion]:
    """What was said most often comes first."""
    times = collections.Counter(suggestion.text for suggestion in suggestions)
    return sorted(suggestions, key=lambda suggestion: -times[suggestion.text])


def _distinct(suggestions: list[Suggestion]) -> list[Suggestion]:
    """The first of those that differ in nothing but blanks."""
    return list({" ".join(s.text.split()): s for s in reversed(suggestions)}.values())[::-1]


class _Site:
    """Where suggestions are to stand: decides which of the engine's choices are worth showing."""

    def __init__(
        self,
        hole: Hole,
        document: Document,
        counters: Counters,
        *,
        invoked: bool,
        last_check: bool,
    ) -> None:
        self._hole = hole
        self._invoked = invoked
        self._counters = counters
        self._join_check = JoinCheck(document, hole.offset)
        self._last_check = last_check
        shown = document.text.content[hole.offset : hole.offset + _FOLLOWING_CHARS]
        self._following = unix_line_breaks(shown)

    def checked(self, choice: protocol.Suggestion) -> Suggestion | None:
        """The engine's choice, if it is worth showing and reads well in its place."""
        counters, outcome = self._counters, choice.outcome
        counters.tokens += outcome.tokens
        counters.unconstrained += outcome.level == UNCONSTRAINED
        text = trimmed(choice.text, self._following)
        if not text:
            counters.empty += 1
            return None
        if not self._helps(text):
            counters.unhelpful += 1
            return None
        verdict = self._join_check.verdict(text, self._hole.run(outcome.level))
        if verdict is Verdict.FINE or not self._last_check:
            return Suggestion(text, outcome.level, outcome.tokens, outcome.constraint_us_per_token)
        counters.dropped_by_last_check += verdict is Verdict.BROKEN
        counters.unchecked += verdict is Verdict.UNKNOWN
        return None

    def _helps(self, text: str) -> bool:
        """Whether the text is worth showing.

        Brackets by themselves are only in the way as a person types; who asks where they are
        missing is glad of them.
        """
        if not is_news(text, self._following):
            return False
        return not only_closes(text) or (self._invoked and self._join_check.mends(text))


def _in_word(document: Document, offset: int) -> bool:
    """Whether the cursor has a name's characters on both sides."""
    around = document.text.content[max(offset - 1, 0) : offset + 1]
    return offset > 0 and len(around) == 2 and f"_{around}".isidentifier()
