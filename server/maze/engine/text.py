"""A text in the making: what each token adds, and where the text ends.

The decoding loop of the embedded engine drives it with tokens it chose itself, the vLLM plugin with
tokens that vLLM chose; what a token does is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from attrs import define

from maze.engine.healing import TokenIndex
from maze.engine.model import ModelError
from maze.engine.overlap import overlaps
from maze.engine.protocol import UNCONSTRAINED
from maze.engine.sampling import TokenFilter
from maze.engine.timing import Constraint, Timed


class Spelling(Protocol):
    """How a vocabulary spells.

    Attributes:
        token_bytes: the bytes of each token id, None for special tokens; V entries.
        index: the same, by bytes.
    """

    token_bytes: Sequence[bytes | None]
    index: TokenIndex


@define
class Generated:
    """One finished text.

    Attributes:
        text: the bytes generated, forced ones excluded.
        keep: how many of them to offer.
        closed: where nothing but blanks can be kept, a beginning of it with what closes it.
        joined: whether those are known to join with the suffix.
        finish_reason: `stop` or `length`.
        level: the constraint's, or `unconstrained`.
        tokens: tokens generated, the forced ones included.
        constraint_us: time in the constraint, in microseconds.
        stuck: no token was allowed, so generation ended where it should not have.
    """

    text: bytes = b""
    keep: int = 0
    closed: bytes = b""
    joined: bool = False
    finish_reason: str = "length"
    level: str = UNCONSTRAINED
    tokens: int = 0
    constraint_us: float = 0.0
    stuck: bool = False

    @property
    def constraint_us_per_token(self) -> float:
        """Mean time in the constraint per token, in microseconds."""
        return self.constraint_us / max(self.tokens, 1)


def begin_text(
    spelling: Spelling,
    constraint: Constraint | None,
    *,
    forced: bytes = b"",
    on_token: Callable[[bytes], None] = lambda text: None,
    mode: str = "free",
    suffix: bytes = b"",
    stop: Sequence[bytes] = (),
) -> Text:
    """An empty text; the arguments are those of `maze.engine.generation.generate`."""
    if constraint is None or constraint.level == UNCONSTRAINED:
        return FreeText(spelling, forced, on_token, mode, stop)
    return ConstrainedText(spelling, forced, on_token, constraint, suffix)


class Text(Protocol):
    """A text in the making."""

    result: Generated
    gate: TokenFilter | None
    missing: bytes
    own_tokens: int
    finished: bool

    def add(self, token: int) -> None: ...

    def end(self) -> Generated: ...


class _Begun:
    """What free and constrained text have in common.

    Attributes:
        missing: forced bytes still to be spelled.
        own_tokens: tokens that added something to what was forced.
        finished: nothing more is to be added.
    """

    def __init__(
        self, spelling: Spelling, forced: bytes, on_token: Callable[[bytes], None], level: str
    ) -> None:
        self.result = Generated(level=level)
        self.missing = forced
        self.own_tokens = 0
        self.finished = False
        self._spelling = spelling
        self._on_token = on_token

    def _append(self, data: bytes) -> None:
        shown = data[len(self.missing) :]
        self.missing = self.missing[len(data) :]
        self.result.tokens += 1
        if shown:
            self.own_tokens += 1
            self.result.text += shown
            self._on_token(shown)

    def _bytes(self, token: int) -> bytes:
        data = self._spelling.token_bytes[token]
        assert data is not None
        return data

    def _finish(self) -> Generated:
        if self.finished or self.result.stuck:
            self.result.finish_reason = "stop"
        return self.result


class FreeText(_Begun):
    """Ends at a stop text, or in `line` mode where the first line with something on it does."""

    gate: TokenFilter | None = None

    def __init__(
        self,
        spelling: Spelling,
        forced: bytes,
        on_token: Callable[[bytes], None],
        mode: str,
        stop: Sequence[bytes],
    ) -> None:
        super().__init__(spelling, forced, on_token, UNCONSTRAINED)
        self._line = mode == "line"
        self._stop = [text for text in stop if text]

    def add(self, token: int) -> None:
        self._append(self._bytes(token))
        self.finished = self._kept() < len(self.result.text)

    def end(self) -> Generated:
        self.result.keep = self._kept()
        return self._finish()

    def _kept(self) -> int:
        """How many bytes stand before the end; all if it is not reached."""
        text = self.result.text
        ends = [at for at in map(text.find, self._stop) if at >= 0]
        if self._line:
            start = len(text) - len(text.lstrip())
            newline = text.find(b"\n", start)
            if newline >= 0:
                ends.append(newline)
        return min(ends, default=len(text))


class ConstrainedText(_Begun):
    """Ends where its constraint says so, or where the model begins to repeat the suffix."""

    def __init__(
        self,
        spelling: Spelling,
        forced: bytes,
        on_token: Callable[[bytes], None],
        constraint: Constraint,
        suffix: bytes,
    ) -> None:
        super().__init__(spelling, forced, on_token, constraint.level)
        self.gate: TokenFilter | None = Timed(constraint)
        self._constraint = self.gate
        self._suffix = suffix
        self.finished = self._constraint.is_done()

    def add(self, token: int) -> None:
        data = self._bytes(token)
        if self._ends_within(data):
            self.finished = True
            return
        self._accept(token)
        self._append(data)
        self.finished = self._constraint.is_done()

    def end(self) -> Generated:
        self.result.keep = self._constraint.joinable()
        self.result.joined = self.result.keep > 0
        if not self.result.text[: self.result.keep].strip():
            self.result.closed = self._constraint.closed()
        self.result.constraint_us = self._constraint.spent_us
        return self._finish()

    def _accept(self, token: int) -> None:
        if not self._constraint.accept(token):
            raise ModelError(f"the constraint allowed token {token} and then did not accept it")

    def _ends_within(self, data: bytes) -> bool:
        """Whether the text is complete before `data` begins to repeat the suffix; if so, end it."""
        for at in overlaps(data, self._suffix):
            if len(self.result.text) + at <= len(self.missing):
                continue  # nothing at all is no suggestion
            if at == 0:
                if self._constraint.can_stop():
                    return True
                continue
            part = self._spelling.index.find(data[:at])
            if part is None or not self._constraint.accept(part):
                continue
            if self._constraint.can_stop():
                self._append(data[:at])
                return True
            self._constraint.rollback(1)
        return False
