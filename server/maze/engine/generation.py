"""The decoding loop: any model, any constraint, one token at a time.

The embedded engine and the benchmarks share it, so what is measured is what is served.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from maze.engine.healing import TokenIndex
from maze.engine.model import Cancelled, GenerationCancelled, Model, ModelError
from maze.engine.sampling import Sampler, Scores, choose
from maze.engine.text import Generated, begin_text
from maze.engine.timing import Constraint

__all__ = [
    "Cancelled",
    "Generated",
    "GenerationCancelled",
    "Model",
    "ModelError",
    "RandomModel",
    "generate",
]


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
    text = begin_text(
        model, constraint, forced=forced, on_token=on_token, mode=mode, suffix=suffix, stop=stop
    )
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
