"""Texts as tokens, and constraints made to follow them."""

from __future__ import annotations

import random
from functools import cache

import numpy as np

from maze.constraint import Constraint, Unconstrained, Vocabulary


@cache
def _numbers(vocabulary: Vocabulary) -> dict[bytes, int]:
    return {token: number for number, token in enumerate(vocabulary.tokens) if token is not None}


def spell(vocabulary: Vocabulary, text: bytes) -> list[int]:
    """Token ids that spell a text, the longest possible at each place."""
    numbers, found, at = _numbers(vocabulary), [], 0
    while at < len(text):
        end = min(len(text), at + 24)
        while text[at:end] not in numbers:
            end -= 1
        found.append(numbers[text[at:end]])
        at = end
    return found


def mask_of(constraint: Constraint | Unconstrained, vocabulary: Vocabulary) -> np.ndarray:
    """The bitmask, int32 [ceil(V / 32)]."""
    out = np.full((len(vocabulary) + 31) // 32, -1, dtype=np.int32)
    constraint.fill_mask(out)
    return out


def allowed_in(mask: np.ndarray) -> list[int]:
    """The ids whose bits are set."""
    return np.flatnonzero(np.unpackbits(mask.view(np.uint8), bitorder="little")).tolist()


def write(constraint: Constraint | Unconstrained, vocabulary: Vocabulary, text: bytes) -> bool:
    """Accept a text token by token; False where one is refused."""
    return all(constraint.accept(token) for token in spell(vocabulary, text))


def accept_at_random(
    constraint: Constraint, vocabulary: Vocabulary, chooser: random.Random
) -> int | None:
    """Accept any allowed token that is not a stop token, short ones preferably; None if there is none."""
    stops = vocabulary.stop_token_ids
    allowed = [i for i in allowed_in(mask_of(constraint, vocabulary)) if i not in stops]
    if not allowed:
        return None
    few = chooser.sample(allowed, min(4, len(allowed)))
    token = min(few, key=lambda i: len(vocabulary.tokens[i] or b""))
    assert constraint.accept(token), vocabulary.tokens[token]
    return token
