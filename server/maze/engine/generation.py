"""The decoding loop: any model, any constraint, one token at a time.

The embedded engine and the benchmarks share it, so what is measured is what is served.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from attrs import define

from maze.engine.healing import TokenIndex
from maze.engine.overlap import overlaps
from maze.engine.protocol import UNCONSTRAINED
from maze.engine.sampling import Sampler, Scores, TokenFilter, choose
from maze.engine.timing import Constraint, Timed

Cancelled = Callable[[], bool]


class GenerationCancelled(Exception):
    """Nobody waits for the answer any more."""


class ModelError(Exception):
    """The model failed; the message is one sentence."""


class Model(Protocol):
    """A language model, as the decoding loop sees it.

    Attributes:
        id: its name.
        token_bytes: the bytes of each token id, None for special tokens; V entries.
        stop_token_ids: tokens that end a text.
        context: the most tokens it can attend to.
        index: the vocabulary by its bytes.
        tries: candidates worth asking a constraint about before a mask is taken (see
            `maze.engine.sampling.choose`).
    """

    id: str
    token_bytes: Sequence[bytes | None]
    stop_token_ids: frozenset[int]
    context: int
    index: TokenIndex
    tries: int

    def tokenize(self, text: str) -> list[int]:
        """The tokens of a prompt; marks of special tokens become those tokens."""

    def remembers(self, tokens: Sequence[int]) -> int:
        """How many tokens at the beginning of `tokens` need not be computed again."""

    def logits(self, tokens: Sequence[int], cancelled: Cancelled) -> Scores:
        """float32[V], the scores of what may follow `tokens`; valid until the next call.

        Raises:
            GenerationCancelled: as soon as `cancelled()` is seen to be true.
            ModelError: when the model fails.
        """


@define
class Generated:
    """One finished text.

    Attributes:
        text: the bytes generated, forced ones excluded.
        keep: how many of them to offer.
        joined: whether those are known to join with the suffix.
        finish_reason: `stop` or `length`.
        level: the constraint's, or `unconstrained`.
        tokens: tokens generated, the forced ones included.
        constraint_us: time in the constraint, in microseconds.
        stuck: no token was allowed, so generation ended where it should not have.
    """

    text: bytes = b""
    keep: int = 0
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


def generate(
    model: Model,
    prompt_tokens: Sequence[int],
    constraint: Constraint | None = None,
    *,
    max_tokens: int = 48,
    temperature: float = 0.0,
    seed: int | None = None,
    forced: bytes = b"",
    mode: str = "free",
    suffix: bytes = b"",
    stop: Sequence[bytes] = (),
    on_token: Callable[[bytes], None] = lambda text: None,
    cancelled: Cancelled = lambda: False,
) -> Generated:
    """Continue `prompt_tokens`.

    Args:
        constraint: None, or one whose level is `unconstrained`, generates freely; `mode` and `stop`
            then decide where to stop, which is otherwise the constraint's business.
        max_tokens: not counting those that only spell what is forced.
        forced: bytes the first tokens must spell (see `maze.engine.healing`); the constraint, if
            any, was begun with the same.
        suffix: the text after the cursor: constrained text ends where it would repeat that.
        on_token: called with the bytes each token adds, without the forced ones.
        cancelled: asked before each token and between pieces of the prompt.

    Raises:
        GenerationCancelled: when `cancelled()` becomes true.
        ModelError: when the model fails.
    """
    sampler = Sampler(temperature, seed)
    tokens = list(prompt_tokens)
    text: _Text
    if constraint is None or constraint.level == UNCONSTRAINED:
        text = _FreeText(model, forced, on_token, mode, stop)
    else:
        text = _ConstrainedText(model, forced, on_token, constraint, suffix)
    while text.own_tokens < max_tokens and not text.finished:
        if cancelled():
            raise GenerationCancelled
        scores = sampler.scores(model.logits(tokens, cancelled))
        if np.isnan(scores[scores.argmax()]):
            raise ModelError("the model's output is not a number; its file may be damaged")
        among = model.index.spelling(text.missing) if text.missing else None
        token = choose(scores, text.gate, among, model.tries)
        if token is None:
            text.result.stuck = True
            break
        if token in model.stop_token_ids or model.token_bytes[token] is None:
            text.finished = True
            break
        tokens.append(token)
        text.add(token)
    return text.end()


class _Text(Protocol):
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
        self, model: Model, forced: bytes, on_token: Callable[[bytes], None], level: str
    ) -> None:
        self.result = Generated(level=level)
        self.missing = forced
        self.own_tokens = 0
        self.finished = False
        self._model = model
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
        data = self._model.token_bytes[token]
        assert data is not None
        return data

    def _finish(self) -> Generated:
        if self.finished or self.result.stuck:
            self.result.finish_reason = "stop"
        return self.result


class _FreeText(_Begun):
    """Ends at a stop text, or in `line` mode where the first line with something on it does."""

    gate: TokenFilter | None = None

    def __init__(
        self,
        model: Model,
        forced: bytes,
        on_token: Callable[[bytes], None],
        mode: str,
        stop: Sequence[bytes],
    ) -> None:
        super().__init__(model, forced, on_token, UNCONSTRAINED)
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


class _ConstrainedText(_Begun):
    """Ends where its constraint says so, or where the model begins to repeat the suffix."""

    def __init__(
        self,
        model: Model,
        forced: bytes,
        on_token: Callable[[bytes], None],
        constraint: Constraint,
        suffix: bytes,
    ) -> None:
        super().__init__(model, forced, on_token, constraint.level)
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
            part = self._model.index.find(data[:at])
            if part is None or not self._constraint.accept(part):
                continue
            if self._constraint.can_stop():
                self._append(data[:at])
                return True
            self._constraint.rollback(1)
        return False


class RandomModel:
    """The worst model there is: every allowed token is as likely as any other.

    Its logits are drawn afresh at each step, so the greedy choice among the allowed tokens is a
    uniform one. It has the mask taken at once: asked one by one, most candidates would be rejected.
    """

    id = "random"
    context = 1 << 30
    tries = 0

    def __init__(
        self,
        token_bytes: Sequence[bytes | None],
        stop_token_ids: frozenset[int],
        seed: int | None = None,
    ) -> None:
        self.token_bytes = token_bytes
        self.stop_token_ids = stop_token_ids
        self.index = TokenIndex(token_bytes)
        self._random = np.random.default_rng(seed)

    def tokenize(self, text: str) -> list[int]:
        """Nothing: it never reads its prompt."""
        return []

    def remembers(self, tokens: Sequence[int]) -> int:
        """Nothing."""
        return 0

    def logits(self, tokens: Sequence[int], cancelled: Cancelled) -> Scores:
        """float32[V], independent and uniform."""
        return self._random.random(len(self.token_bytes), dtype=np.float32)
