"""Choosing tokens: the masked argmax, and an exact sample of the masked softmax."""

from __future__ import annotations

import numpy as np
import pytest

from maze.engine.sampling import Sampler, choose, highest


class Only:
    """Allows the given tokens; counts what it is asked."""

    def __init__(self, *tokens: int) -> None:
        self.tokens = tokens
        self.asked = 0
        self.masks = 0

    def allows(self, token_id: int) -> bool:
        self.asked += 1
        return token_id in self.tokens

    def fill_mask(self, out: np.ndarray) -> None:
        self.masks += 1
        out[:] = 0
        for token_id in self.tokens:
            out.view(np.uint32)[token_id // 32] |= np.uint32(1 << token_id % 32)


def scores_of(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)


@pytest.mark.parametrize("count", [1, 2, 7, 100])
def test_highest_first(count):
    scores = np.random.default_rng(1).permutation(100).astype(np.float32)
    assert list(highest(scores, count)) == np.argsort(-scores)[:count].tolist()


def test_ties_are_each_given_once():
    assert sorted(highest(np.zeros(50, dtype=np.float32), 50)) == list(range(50))


LADDER = scores_of(*range(100))  # token 99 is the best


@pytest.mark.parametrize(
    ("allowed", "tries", "chosen", "asked", "masks"),
    [
        (None, 32, 99, 0, 0),
        (Only(99, 3), 32, 99, 1, 0),
        (Only(97, 3), 32, 97, 3, 0),
        (Only(68), 32, 68, 32, 0),
        (Only(67), 32, 67, 32, 1),
        (Only(0), 32, 0, 32, 1),
        (Only(5, 6), 0, 6, 0, 1),
        (Only(), 32, None, 32, 1),
        (Only(31, 32, 63, 64), 0, 64, 0, 1),
    ],
)
def test_the_best_allowed_token_with_few_questions(allowed, tries, chosen, asked, masks):
    assert choose(LADDER, allowed, tries=tries) == chosen
    if allowed is not None:
        assert (allowed.asked, allowed.masks) == (asked, masks)


@pytest.mark.parametrize(
    ("among", "allowed", "chosen"),
    [
        ([3, 4], None, 4),
        ([3, 4], Only(3, 99), 3),
        ([3, 4], Only(99), None),
        ([], None, None),
        (list(range(90)), Only(1, 99), 1),
    ],
)
def test_only_among_the_given_tokens(among, allowed, chosen):
    assert choose(LADDER, allowed, np.array(among, dtype=np.int64)) == chosen


@pytest.mark.parametrize("tries", [0, 2, 32], ids=["mask", "both", "one by one"])
@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_sampling_follows_the_masked_softmax(temperature, tries):
    """Pearson's chi-squared against the exact probabilities; 99.99 % quantile for 5 degrees."""
    logits = scores_of(2.0, 1.0, 0.0, 3.0, -1.0, 1.5, 0.5, 4.0)
    allowed = Only(0, 1, 2, 4, 5, 6)  # the two most likely tokens are not allowed
    weights = np.exp(logits[list(allowed.tokens)].astype(float) / temperature)
    expected = weights / weights.sum()
    sampler = Sampler(temperature, seed=7)
    draws = 6000
    chosen = [choose(sampler.scores(logits), allowed, tries=tries) for _ in range(draws)]
    counts = np.array([chosen.count(token_id) for token_id in allowed.tokens])
    assert counts.sum() == draws
    statistic = ((counts - draws * expected) ** 2 / (draws * expected)).sum()
    assert statistic < 25.74


def test_a_seed_repeats_and_another_differs():
    logits = np.zeros(1000, dtype=np.float32)
    first, again, other = (
        [choose(sampler.scores(logits)) for _ in range(5)]
        for sampler in (Sampler(1.0, 1), Sampler(1.0, 1), Sampler(1.0, 2))
    )
    assert first == again != other
