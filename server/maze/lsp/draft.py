"""A text in the making: how much of it is good, while it comes and when it ends."""

from __future__ import annotations

from collections.abc import Iterator

from maze.document import Document, Hole, layout
from maze.document.join_check import JoinCheck, Verdict
from maze.document.tasks import Task
from maze.engine.protocol import CompletionChunk, Outcome

_MOST_CUTS = 30
"""How many places are tried where an unfinished text may end."""

_CLOSERS = ")]}"


class Draft:
    """What an engine has generated for a task.

    Args:
        task: what for.
        document: a fork of the editor's, with the task's gap made.
        hole: where the text stands in it.
    """

    def __init__(self, task: Task, document: Document, hole: Hole) -> None:
        self.tokens = 0
        self.outcome: Outcome | None = None
        self._task = task
        self._hole = hole
        self._text = ""
        self._end: int | None = None
        self._check = JoinCheck(document, hole.offset)
        text = document.text
        self._base = layout.width(text.line(text.line_at(hole.offset)))

    def add(self, chunk: CompletionChunk) -> None:
        """One more piece."""
        self._text += chunk.text
        self.tokens += bool(chunk.text)
        if chunk.outcome is not None:
            self.outcome = chunk.outcome
            self.tokens = chunk.outcome.tokens or self.tokens
        if self._task.one_item and self._end is None:
            self._end = _next_item(self._text, self._base)

    @property
    def finished(self) -> bool:
        """Whether nothing more is wanted."""
        return self._end is not None or self.outcome is not None

    @property
    def text(self) -> str:
        """All that is there so far, up to where it ends by itself; blanks at the end aside."""
        return self._text[: self._end].rstrip()

    def result(self) -> str:
        """As much of the text as reads well in place; empty when that is nothing.

        A finished text is cut where the engine says that it joins, an unfinished one at the end
        of the last line with which the document has no error that it did not have before.
        """
        return next((text for text in self._candidates() if self._reads_well(text)), "")

    def _candidates(self) -> Iterator[str]:
        whole = self._text[: self._end]
        if self.outcome is not None:
            whole = whole[: self.outcome.keep]
        whole = _trimmed(whole)
        tried = 0
        end = len(whole)
        while end > 0 and tried < _MOST_CUTS:
            text = _trimmed(whole[:end])
            if text.strip():
                yield text
                tried += 1
            end = whole.rfind("\n", 0, end)

    def _reads_well(self, text: str) -> bool:
        level = self.outcome.level if self.outcome else ""
        spans = {span.level: (span.start, span.end) for span in self._hole.spans}
        scope = spans.get(level) or next(iter(spans.values()), (self._hole.offset,) * 2)
        return self._check.verdict(text, scope) is Verdict.FINE


def _next_item(text: str, base: int) -> int | None:
    """Where the first line ends that another item follows, told by indentation alone."""
    end = text.find("\n")
    end_of_filled = end
    while end >= 0:
        start = end + 1
        end = text.find("\n", start)
        line = text[start : end if end >= 0 else None]
        if not line.strip():
            continue
        if layout.width(line) <= base and line.strip()[0] not in _CLOSERS:
            return end_of_filled
        end_of_filled = end
    return None


def _trimmed(text: str) -> str:
    bare = text.rstrip()
    # A backslash at the end would swallow the line break that follows.
    return text if bare.endswith("\\") else bare
