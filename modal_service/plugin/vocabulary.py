"""The tokens of the model that vLLM serves, as bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from maze.constraint import Constrainer, Vocabulary, VocabularyError
from maze.engine.healing import TokenIndex

_KEPT_TEXTS = 32
"""Per language."""


def read_vocabulary(tokenizer: Any, model_config: Any) -> Vocabulary:
    """The vocabulary; the same in every process, so that tables are shared.

    Args:
        tokenizer: what vLLM uses: a Hugging Face tokenizer.
        model_config: vLLM's, for the tokens that end a text.

    Raises:
        VocabularyError: the tokenizer is of a kind that does not tell its tokens.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise VocabularyError(
            f"Maze cannot read a tokenizer of the kind {type(tokenizer).__name__}; "
            "serve the model with the tokenizer.json of its Hugging Face version"
        )
    stops = {*_ids(getattr(tokenizer, "eos_token_id", None)), *_generation_stops(model_config)}
    return Vocabulary.from_tokenizer_text(backend.to_str(), stops, "this model's tokenizer")


def constrainer_for(vocabulary: Vocabulary) -> Constrainer:
    """The constrainer of a service, where several people's texts are edited at once."""
    return Constrainer(vocabulary, kept_texts=_KEPT_TEXTS)


def _generation_stops(model_config: Any) -> Iterable[int]:
    read = getattr(model_config, "try_get_generation_config", None)
    return _ids((read() or {}).get("eos_token_id")) if callable(read) else ()


def _ids(value: Any) -> tuple[int, ...]:
    """A token id, several, or none, as configurations have it."""
    if isinstance(value, int):
        return (value,)
    return tuple(value) if isinstance(value, list | tuple | set) else ()


class Spelling:
    """A vocabulary as `maze.engine.text` wants it."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.token_bytes: Sequence[bytes | None] = vocabulary.tokens
        self.index = TokenIndex(vocabulary.tokens)
