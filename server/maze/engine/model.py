"""A language model, as what decodes with it sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from maze.engine.healing import TokenIndex
from maze.engine.sampling import Scores

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
