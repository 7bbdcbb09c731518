"""A text in the making: how much of it is good, while it comes and when it ends."""

from __future__ import annotations

from collections.abc import Iterator

from maze.document import Document, Hole, layout
from maze.document.functions import Source, function_at
from maze.document.join_check import JoinCheck, Verdict
from maze.document.tasks import Kind, Task
from maze.engine.protocol import CompletionChunk, Outcome

_MOST_CUTS = 30
"""How many places are tried where an unfinished text may end."""

_CLOSERS = ")]}"


class Draft:
    """What an engine has generated for a task.

    Attributes:
        before: tokens generated for other drafts before this one.
        outcome: how the engine finished; None before.

    Args:
        task: what for.
        document: a fork of the editor's, with the task's gap made.
        hole: where the text stands in it.
        errors: how many the document had before the gap was made.
    """

    def __init__(self, task: Task, document: Document, hole: Hole, errors: int = 0) -> None:
        self.before = 0
        self.outcome: Outcome | None = None
        self._task = task
        self._document = document
        self._hole = hole
        self._errors = errors
        self._raw = ""
        self._pieces = 0
        self._end: int | None = None
        self._joins: list[int] = []
        self._level = ""
        self._check = JoinCheck(document, hole.offset)
        text, language = document.text, document.language
        line = text.line_at(hole.offset)
        self._base = layout.width(text.line(line))
        # What is to be repaired is not to be commented out.
        begins = not text.content[text.line_start(line) : hole.offset].strip()
        repairs = task.kind is Kind.REPAIR and begins
        self._shunned = language.line_comment if language and repairs else None

    def add(self, chunk: CompletionChunk) -> None:
        """One more piece."""
        self._raw += chunk.text
        self._pieces += bool(chunk.text)
        outcome = chunk.outcome
        if outcome is not None:
            self._level = outcome.level
            if chunk.finish_reason is None:
                self._joins.append(outcome.keep)
            else:
                self.outcome = outcome
        if self._task.one_item and self._end is None:
            self._end = _next_item(self._raw, self._base)

    @property
    def tokens(self) -> int:
        """Tokens generated, in all; while they come, the pieces with text in them."""
        told = self.outcome.tokens if self.outcome else 0
        return self.before + (told or self._pieces)

    @property
    def finished(self) -> bool:
        """Whether nothing more is wanted."""
        return self._end is not None or self.outcome is not None

    @property
    def level(self) -> str | None:
        """The scope that the engine parses it in, as far as it has said."""
        return self._level or None

    @property
    def text(self) -> str:
        """All that is there so far, up to where it ends by itself; blanks at the end aside."""
        return self._bare(self._raw[: self._end].rstrip())

    def result(self) -> str:
        """As much of the text as reads well in place; empty when that is nothing.

        A finished text is cut where the engine says that it joins, or closed as it says. An
        unfinished one is cut at the end of the last line with which it does so, as far as the
        engine has said, else of the last with which the document has no error that it did not have
        before, or else inside a line.
        """
        if self.outcome is not None and self.outcome.closed:
            closed = self._bare(_trimmed(self.outcome.closed))
            if self._reads_well(closed):
                return closed
        tried = set[str]()
        for end in self._ends():
            text = self._bare(_trimmed(self._raw[:end]))
            if text not in tried and self._reads_well(text):
                return text
            tried.add(text)
        return ""

    def _ends(self) -> Iterator[int]:
        """Where to cut, the best first."""
        whole = len(self._raw) if self._end is None else self._end
        joins = [keep for keep in reversed(self._joins) if keep <= whole]
        if self.outcome is not None:
            yield min(self.outcome.keep, whole)
            whole = min(self.outcome.keep, whole)
        elif self._end is not None:
            yield whole
        yield from [keep for keep in joins if self._ends_line(keep)][:_MOST_CUTS]
        for _ in range(_MOST_CUTS):
            whole = self._raw.rfind("\n", 0, whole)
            if whole < 0:
                break
            yield whole
        yield from joins[:_MOST_CUTS]

    def _ends_line(self, end: int) -> bool:
        rest = self._raw[len(self._raw[:end].rstrip()) :]
        return rest.lstrip(" \t").startswith("\n")

    def _bare(self, text: str) -> str:
        return text.lstrip() if self._task.bare else text

    def _reads_well(self, text: str) -> bool:
        if not text.strip() or (self._shunned and text.lstrip().startswith(self._shunned)):
            return False
        if self._check.verdict(text, self._hole.run(self._level)) is not Verdict.FINE:
            return False
        if self._task.kind is Kind.REPAIR:
            return self._check.repairs(text, self._errors)
        return self._task.kind is not Kind.WRITE or self._has_body(text)

    def _has_body(self, text: str) -> bool:
        """Whether ``text`` makes a whole function: a signature alone may parse too."""
        trial, offset = self._document.fork(), self._hole.offset
        trial.replace(offset, offset, text)
        source, line = Source.at(trial, offset), trial.text.line_at(offset)
        if source is None:
            return False
        found = function_at(source, line)
        return found is not None and found.body is not None and source.line(found.node) == line


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
