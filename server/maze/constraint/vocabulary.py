"""A model's vocabulary as bytes: what each token id appends to the text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np


class VocabularyError(ValueError):
    """A tokenizer file that cannot be read, with the reason in one sentence."""


class Vocabulary:
    """The tokens of one model.

    Args:
        tokens: per token id its bytes; None for special tokens, which are never text.
        stop_token_ids: the ids that end a generation.
    """

    def __init__(self, tokens: Sequence[bytes | None], stop_token_ids: Iterable[int]) -> None:
        self.tokens: list[bytes | None] = [token or None for token in tokens]
        self.stop_token_ids: tuple[int, ...] = tuple(sorted(set(stop_token_ids)))
        for stop in self.stop_token_ids:
            self.tokens[stop] = None

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def words(self) -> int:
        """How many 32-bit words a bitmask over the tokens has."""
        return (len(self.tokens) + 31) // 32

    def allow_stops(self, mask: np.ndarray) -> None:
        """Set the bits of the stop tokens in a bitmask, int32 [≥ words]."""
        bits = mask.view(np.uint32)
        for stop in self.stop_token_ids:
            bits[stop >> 5] |= np.uint32(1 << (stop & 31))

    @cached_property
    def fingerprint(self) -> str:
        """A hash of every token, for cache keys."""
        digest = hashlib.sha256(repr(self.stop_token_ids).encode())
        for token in self.tokens:
            digest.update(b"-" if token is None else b"%d:" % len(token) + token)
        return digest.hexdigest()

    @classmethod
    def from_tokenizer_json(cls, path: str | Path) -> Vocabulary:
        """Read a Hugging Face `tokenizer.json`; see `from_tokenizer_text`.

        Raises:
            VocabularyError: if the file is missing, is not JSON or has no vocabulary of a known
                kind.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except OSError as error:
            raise VocabularyError(f"cannot read {path}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise VocabularyError(f"{path} is not a tokenizer.json with a vocabulary") from error
        return cls.from_tokenizer_text(text, source=str(path))

    @classmethod
    def from_tokenizer_text(
        cls, text: str, stop_token_ids: Iterable[int] = (), source: str = "the tokenizer"
    ) -> Vocabulary:
        """Read what a `tokenizer.json` holds (byte-level BPE, or SentencePiece-style BPE).

        Every added token counts as special. Stop tokens are the added tokens whose names say so.

        Args:
            text: the JSON.
            stop_token_ids: more tokens that stop.
            source: what to call it in an error.

        Raises:
            VocabularyError: if it is not JSON or has no vocabulary of a known kind.
        """
        try:
            data = json.loads(text)
            vocabulary: dict[str, int] = data["model"]["vocab"]
            added = {token["id"]: token["content"] for token in data.get("added_tokens", [])}
            size = 1 + max([*vocabulary.values(), *added])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise VocabularyError(f"{source} is not a tokenizer.json with a vocabulary") from error
        byte_level = any("Ġ" in text for text in vocabulary)
        decode = _byte_level if byte_level else _sentence_piece
        tokens: list[bytes | None] = [None] * size
        for text, number in vocabulary.items():
            tokens[number] = decode(text)
        for number in added:
            tokens[number] = None
        stops = [number for number, text in added.items() if text in _STOP_NAMES]
        return cls(tokens, [*stops, *stop_token_ids])


_STOP_NAMES = frozenset(
    {
        "<|endoftext|>", "<|im_end|>", "<|end_of_text|>", "<|eot_id|>", "</s>", "<|file_sep|>",
        "<|repo_name|>", "<|fim_pad|>", "<|im_start|>", "<file_sep>", "<repo_name>", "<eos>",
        "<|endofsentence|>", "<｜end▁of▁sentence｜>", "<EOT>", "▁<EOT>", "[EOS]",
    }
)  # fmt: skip


def _byte_alphabet() -> dict[str, int]:
    """GPT-2's table of printable stand-ins for bytes.

    https://github.com/openai/gpt-2/blob/master/src/encoder.py describes the scheme: printable
    Latin-1 characters stand for themselves, the others are numbered from U+0100 on.
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    table = {chr(byte): byte for byte in printable}
    others = (byte for byte in range(256) if byte not in set(printable))
    table.update({chr(0x100 + i): byte for i, byte in enumerate(others)})
    return table


_ALPHABET = _byte_alphabet()


def _byte_level(text: str) -> bytes | None:
    try:
        return bytes(_ALPHABET[char] for char in text)
    except KeyError:
        return text.encode()


def _sentence_piece(text: str) -> bytes | None:
    if len(text) == 6 and text.startswith("<0x") and text.endswith(">"):
        return bytes([int(text[3:5], 16)])
    return text.replace("▁", " ").encode()
