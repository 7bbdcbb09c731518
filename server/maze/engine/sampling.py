"""Choosing the next token among those that are allowed, with as little masking as possible.

Asking a constraint about one token costs some 10 µs; a mask over the whole vocabulary costs ten
times that, and a model that has learned the language nearly always proposes an allowed token first.
So candidates are tried in order of score until one is allowed, and only after many rejections is
the mask taken. Neither changes which token is chosen:

* Greedy: the first allowed candidate in order of logits is the masked argmax.
* Temperature: with independent Gumbel(0, 1) noise added to each logit / T, sorting by the sum draws
  tokens *without replacement* from the softmax (the Gumbel-top-k trick: Vieira 2014; Kool, van Hoof
  and Welling, "Stochastic Beams and Where to Find Them", ICML 2019, section 2.3). The first allowed
  one is the maximum over the allowed tokens alone, and by the Gumbel-max trick that is an exact
  sample from the softmax restricted to them. Rejecting a candidate never biases those that follow.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]


class TokenFilter(Protocol):
    """The part of a constraint that says which tokens may come next."""

    def allows(self, token_id: int) -> bool: ...

    def fill_mask(self, out: NDArray[np.int32]) -> None: ...


class Sampler:
    """Turns logits into scores whose order is the order of choice.

    Args:
        temperature: 0 is greedy.
        seed: makes the noise repeatable; None takes a fresh one.
    """

    def __init__(self, temperature: float = 0.0, seed: int | None = None) -> None:
        self._temperature = temperature
        self._random = np.random.default_rng(seed)

    def scores(self, logits: Scores) -> Scores:
        """Scores, float32, same shape as `logits`: the best allowed one is to be chosen."""
        if self._temperature == 0:
            return logits
        # -log of an Exponential(1) variate is a Gumbel(0, 1) variate.
        exponential = self._random.standard_exponential(logits.shape, dtype=np.float32)
        noise = -np.log(np.maximum(exponential, np.finfo(np.float32).tiny))
        scaled: Scores = logits / np.float32(self._temperature) + noise
        return scaled


def highest(scores: Scores, count: int) -> Iterator[int]:
    """The indices of the `count` highest scores, highest first; the first one comes cheaply."""
    best = int(scores.argmax())
    yield best
    if count > 1:
        top = np.argpartition(-scores, min(count, len(scores)) - 1)[:count]
        for index in top[np.argsort(-scores[top], kind="stable")]:
            if index != best:
                yield int(index)


def choose(
    scores: Scores,
    allowed: TokenFilter | None = None,
    among: NDArray[np.int64] | None = None,
    tries: int = 32,
) -> int | None:
    """The allowed token with the highest score, or None when no token is allowed.

    Args:
        scores: float32[V].
        allowed: None allows everything.
        among: consider only these token ids.
        tries: candidates asked about one by one before the mask is taken; 0 takes it at once.
    """
    if among is not None:
        everything = scores
        scores = np.full_like(everything, -np.inf)
        scores[among] = everything[among]
    if allowed is None:
        best = int(scores.argmax())
        return best if scores[best] > -np.inf else None
    for token in highest(scores, tries) if tries else ():
        if scores[token] == -np.inf:
            return None
        if allowed.allows(token):
            return token
    return _best_masked(scores, allowed)


def _best_masked(scores: Scores, allowed: TokenFilter) -> int | None:
    words = np.zeros((len(scores) + 31) // 32, dtype=np.int32)
    allowed.fill_mask(words)
    bits = np.unpackbits(words.view(np.uint8), bitorder="little", count=len(scores))
    tokens = np.flatnonzero(bits)
    if not len(tokens):
        return None
    best = int(tokens[scores[tokens].argmax()])
    return best if scores[best] > -np.inf else None
