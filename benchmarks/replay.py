"""Real files as token streams: a prefix, the tokens that really follow, and the rest as suffix."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks._cli import BadArgument, CannotMeasure
from benchmarks.files import SourceFile

TOKENS_PER_CASE = 128


@dataclass(frozen=True)
class Case:
    """One place in a real file to generate at, with what really stands there."""

    path: Path
    prefix: str
    prefix_tokens: list[int]
    tokens: list[int]
    suffix: str


class TextTokenizer:
    """Splits text as the model's own tokenizer does (llguidance wraps the reference one)."""

    def __init__(self, path: Path) -> None:
        """Read a `tokenizer.json`.

        Raises:
            BadArgument: it cannot be read, or is not a tokenizer.
            CannotMeasure: the package is missing.
        """
        try:
            from llguidance import LLTokenizer
        except ImportError:
            raise CannotMeasure("llguidance is not installed: pip install -e '.[dev]'.") from None
        try:
            self._tokenizer = LLTokenizer(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BadArgument(f"--tokenizer {path} is not a tokenizer.json: {error}") from None

    def encode(self, text: str) -> list[int]:
        """The token ids of a text, without special tokens."""
        return list(self._tokenizer.tokenize_bytes(text.encode()))

    def decode(self, tokens: list[int]) -> bytes:
        """The bytes that tokens stand for."""
        return bytes(self._tokenizer.decode_bytes(tokens))


def cases(
    files: Iterable[SourceFile], tokenizer: TextTokenizer, tokens: int, chance: random.Random
) -> Iterator[Case]:
    """Cases of up to `TOKENS_PER_CASE` tokens, one per file, until they hold `tokens` in all."""
    for file in files:
        if tokens <= 0:
            return
        ids = tokenizer.encode(file.text)
        count = min(TOKENS_PER_CASE, len(ids), tokens)
        start = chance.randrange(len(ids) - count + 1)
        try:
            prefix = tokenizer.decode(ids[:start]).decode()
            suffix = tokenizer.decode(ids[start + count :]).decode()
        except UnicodeDecodeError:
            continue  # a token boundary inside a character: the cursor cannot stand there
        if not count or len((prefix + suffix).encode()) >= len(file.text.encode()):
            continue
        tokens -= count
        yield Case(file.path, prefix, ids[:start], ids[start : start + count], suffix)
