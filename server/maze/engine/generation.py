"""The decoding loop: any model, any constraint, one token at a time.

The embedded engine and the benchmarks share it, so what is measured is what is served.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from attrs import define
from numpy.typing import NDArray

from maze.engine.healing import TokenIndex
from maze.engine.protocol import UNCONSTRAINED
from maze.engine.sampling import Sampler, Scores, TokenFilter, choose

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
    """

    id: str
    token_bytes: Sequence[bytes | None]
    stop_token_ids: frozenset[int]
    context: int
    index: TokenIndex

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


class Constraint(TokenFilter, Protocol):
    """What the loop needs of `maze.constraint.Constraint`."""

    level: str

    def accept(self, token_id: int) -> bool: ...

    def is_done(self) -> bool: ...

    def joinable(self) -> int: ...


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
    """

    text: bytes = b""
    keep: int = 0
    joined: bool = False
    finish_reason: str = "length"
    level: str = UNCONSTRAINED
    tokens: int = 0
    constraint_us: float = 0.0

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
    stop: Sequence[bytes] = (),
    on_token: Callable[[bytes], None] | None = None,
    cancelled: Cancelled = lambda: False,
    tries: int = 32,
) -> Generated:
    """Continue `prompt_tokens`.

    Args:
        constraint: None, or one whose level is `unconstrained`, generates freely; `mode` and `stop`
            then decide where to stop, which is otherwise the constraint's business.
        forced: bytes the first tokens must spell (see `maze.engine.healing`); the constraint, if
            any, was begun with the same.
        on_token: called with the bytes each token adds, without the forced ones.
        cancelled: asked before each token and between pieces of the prompt.
        tries: see `maze.engine.sampling.choose`.

    Raises:
        GenerationCancelled: when `cancelled()` becomes true.
        ModelError: when the model fails.
    """
    if constraint is not None and constraint.level == UNCONSTRAINED:
        constraint = None
    gate = None if constraint is None else _Timed(constraint)
    end = _FreeEnd(mode, stop)
    sampler = Sampler(temperature, seed)
    tokens = list(prompt_tokens)
    result = Generated(level=UNCONSTRAINED if constraint is None else constraint.level)
    missing = forced
    budget = max_tokens
    while result.tokens < budget:
        if cancelled():
            raise GenerationCancelled
        if gate is not None and gate.is_done():
            result.finish_reason = "stop"
            break
        scores = sampler.scores(model.logits(tokens, cancelled))
        if np.isnan(scores[scores.argmax()]):
            raise ModelError("the model's output is not a number; its file may be damaged")
        among = model.index.spelling(missing) if missing else None
        token = choose(scores, gate, among, tries)
        text = None if token is None else model.token_bytes[token]
        if token is None or text is None or token in model.stop_token_ids:
            result.finish_reason = "stop"
            break
        if gate is not None and not gate.accept(token):
            raise ModelError(f"the constraint allowed token {token} and then did not accept it")
        tokens.append(token)
        result.tokens += 1
        if len(text) <= len(missing):
            budget += 1  # spelled only what stood there before: not the answer's own
        shown = text[len(missing) :]
        missing = missing[len(text) :]
        result.text += shown
        if on_token is not None and shown:
            on_token(shown)
        if gate is None and end.reached(result.text):
            result.finish_reason = "stop"
            break
    if gate is None:
        result.keep = end.keep(result.text)
    else:
        if gate.is_done():
            result.finish_reason = "stop"
        result.keep = gate.joinable()
        result.joined = result.keep > 0
        result.constraint_us = gate.spent_us
    return result


class _FreeEnd:
    """Where unconstrained text ends: at a stop text, or in `line` mode where the line does."""

    def __init__(self, mode: str, stop: Sequence[bytes]) -> None:
        self._line = mode == "line"
        self._stop = [text for text in stop if text]

    def reached(self, text: bytes) -> bool:
        return self.keep(text) < len(text)

    def keep(self, text: bytes) -> int:
        """How many bytes of `text` stand before its end; all of them if it is not reached."""
        ends = [at for at in map(text.find, self._stop) if at >= 0]
        if self._line:
            start = len(text) - len(text.lstrip())
            newline = text.find(b"\n", start)
            if newline >= 0 and start < len(text):
                ends.append(newline)
        return min(ends, default=len(text))


class _Timed:
    """A constraint whose every question is timed."""

    def __init__(self, constraint: Constraint) -> None:
        self._constraint = constraint
        self._spent_ns = 0

    @property
    def spent_us(self) -> float:
        return self._spent_ns / 1000

    def allows(self, token_id: int) -> bool:
        start = time.perf_counter_ns()
        answer = self._constraint.allows(token_id)
        self._spent_ns += time.perf_counter_ns() - start
        return answer

    def fill_mask(self, out: NDArray[np.int32]) -> None:
        start = time.perf_counter_ns()
        self._constraint.fill_mask(out)
        self._spent_ns += time.perf_counter_ns() - start

    def accept(self, token_id: int) -> bool:
        start = time.perf_counter_ns()
        answer = self._constraint.accept(token_id)
        self._spent_ns += time.perf_counter_ns() - start
        return answer

    def is_done(self) -> bool:
        start = time.perf_counter_ns()
        answer = self._constraint.is_done()
        self._spent_ns += time.perf_counter_ns() - start
        return answer

    def joinable(self) -> int:
        return self._constraint.joinable()


class RandomModel:
    """The worst model there is: every allowed token is as likely as any other.

    Its logits are drawn afresh at each step, so the greedy choice among the allowed tokens is a
    uniform one. Use it with `tries=0`, which asks for the mask at once: one by one, nearly all its
    candidates would be rejected.
    """

    id = "random"
    context = 1 << 30

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
