"""The hole at the cursor: what stands before it and behind it, and what may fill it."""

from __future__ import annotations

import attrs

from maze.document.document import Document
from maze.document.mode import mode_at
from maze.document.scope import Span, spans_at
from maze.document.text import BOM, Text, unix_line_breaks


@attrs.frozen
class Scope:
    """One link of the fallback chain, as the wire protocol has it: ``prefix[prefix_start:]`` and
    ``suffix[:suffix_end]``, parsed from the grammar's ``entry``."""

    level: str
    entry: str
    prefix_start: int
    suffix_end: int


@attrs.frozen
class Hole:
    """A place to fill.

    Attributes:
        language: as the grammars call it.
        offset: where it is in the document, in characters.
        prefix: the text before it, from the start of the widest scope; line breaks are ``\\n``.
        suffix: the text behind it, to the end of the widest scope.
        scopes: the fallback chain, widest first.
        spans: the same chain in the document's characters.
        mode: ``line`` fills up to a line's end, ``block`` to the end of the block.
    """

    language: str
    offset: int
    prefix: str
    suffix: str
    scopes: tuple[Scope, ...]
    spans: tuple[Span, ...]
    mode: str

    def run(self, level: str) -> tuple[int, int]:
        """Start and end, in the document's characters, of the widest scope that is called ``level``.

        Of the narrowest scope of all for a level that is not there, as for an unconstrained text: it
        stands for itself.
        """
        named = (span for span in self.spans if span.level == level)
        span = next(named, self.spans[-1] if self.spans else None)
        return (span.start, span.end) if span else (self.offset, self.offset)


def hole_at(document: Document, offset: int) -> Hole | None:
    """The hole at ``offset`` (clamped to the text), or None without a language."""
    language, text = document.language, document.text
    if language is None:
        return None
    offset = min(max(offset, 1 if text.content.startswith(BOM) else 0), len(text))
    spans = spans_at(document, offset)
    start = min((span.start for span in spans), default=offset)
    end = max((span.end for span in spans), default=offset)
    return Hole(
        language=language.name,
        offset=offset,
        prefix=unix_line_breaks(text.content[start:offset]),
        suffix=unix_line_breaks(text.content[offset:end]),
        scopes=tuple(_scope(text, span, start, offset) for span in spans),
        spans=tuple(spans),
        mode=mode_at(text, offset, language),
    )


def _scope(text: Text, span: Span, start: int, offset: int) -> Scope:
    return Scope(
        level=span.level,
        entry=span.entry,
        prefix_start=len(unix_line_breaks(text.content[start : span.start])),
        suffix_end=len(unix_line_breaks(text.content[offset : span.end])),
    )
