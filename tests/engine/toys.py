"""Small stand-ins that do honestly, on a toy scale, what models and constraints do.

`ToyModel` has a vocabulary of all bytes and a few words; it wants to write one given text.
`Brackets` is a fake constraint: its whole grammar is that brackets balance.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from maze.engine.completion import Completer
from maze.engine.embedded import Status
from maze.engine.generation import Cancelled, GenerationCancelled
from maze.engine.healing import TokenIndex

STOP = 0
WORDS = ("foo", "foobar", "foo_", "bar", " return", "return", "  ", "    ", "()", "):", "\n\n", "é")
TOKEN_BYTES: tuple[bytes | None, ...] = (
    None,
    *(bytes([value]) for value in range(256)),
    *(word.encode() for word in WORDS),
)


def token(text: str | bytes) -> int:
    """The id of the token that spells `text`."""
    return TOKEN_BYTES.index(text.encode() if isinstance(text, str) else text)


def tokenize(text: str) -> list[int]:
    """Longest match first."""
    data, tokens = text.encode(), []
    while data:
        best = max((b for b in TOKEN_BYTES if b and data.startswith(b)), key=len)
        tokens.append(TOKEN_BYTES.index(best))
        data = data[len(best) :]
    return tokens


def spell(tokens: Sequence[int]) -> bytes:
    """The bytes of `tokens`."""
    return b"".join(TOKEN_BYTES[token] or b"" for token in tokens)


class ToyModel:
    """Prefers whatever continues `wanted(text so far)`, longest token first.

    Args:
        wanted: from all the text so far to the text it would like to add.
        delay_s: how long it thinks about each token.
    """

    id = "toy"
    tries = 32
    stop_token_ids = frozenset({STOP})

    def __init__(
        self, wanted: Callable[[bytes], bytes], delay_s: float = 0.0, context: int = 4096
    ) -> None:
        self.token_bytes = TOKEN_BYTES
        self.index = TokenIndex(TOKEN_BYTES)
        self.context = context
        self.asked = 0
        self.prompts: list[bytes] = []
        self._wanted = wanted
        self._delay_s = delay_s

    def tokenize(self, text: str) -> list[int]:
        return tokenize(text)

    def remembers(self, tokens: Sequence[int]) -> int:
        return 0

    def logits(self, tokens: Sequence[int], cancelled: Cancelled) -> np.ndarray:
        if cancelled():
            raise GenerationCancelled
        time.sleep(self._delay_s)
        self.asked += 1
        text = spell(tokens)
        self.prompts.append(text)
        wanted = self._wanted(text)
        scores = np.zeros(len(TOKEN_BYTES), dtype=np.float32)
        for index, data in enumerate(TOKEN_BYTES):
            if data and wanted.startswith(data):
                scores[index] = 10 + len(data)
        if not wanted:
            scores[STOP] = 10
        return scores


def writes(text: str) -> Callable[[bytes], bytes]:
    """Wants the whole text to become `text`, and then to stop."""
    data = text.encode()
    return lambda so_far: data[len(so_far) :] if data.startswith(so_far) else b""


def repeats(text: str) -> Callable[[bytes], bytes]:
    """Wants to write `text` for ever."""
    return lambda so_far: text.encode()


_DEPTH = {ord("("): 1, ord("["): 1, ord(")"): -1, ord("]"): -1}


class Brackets:
    """A fake constraint: brackets balance over prefix, text and suffix; lines end it in `line`."""

    def __init__(self, prefix: str, suffix: str, mode: str, forced: bytes) -> None:
        before = prefix.encode().removesuffix(forced)
        depth = self._walk(0, before)
        parses = self._walk(0, prefix.encode()) is not None
        self.level = "file" if parses else "unconstrained"
        self._depth = depth or 0
        self._needed = -sum(_DEPTH.get(byte, 0) for byte in suffix.encode())
        self._mode = mode
        self._missing = forced
        self._text = b""
        self._joinable = 0
        self.asked = 0
        self.masks = 0
        self._history: list[tuple[int, bytes, bytes, int]] = []

    @staticmethod
    def _walk(depth: int, text: bytes) -> int | None:
        for byte in text:
            depth += _DEPTH.get(byte, 0)
            if depth < 0:
                return None
        return depth

    @property
    def text(self) -> bytes:
        return self._text

    def can_stop(self) -> bool:
        return not self._missing and self._depth == self._needed

    def is_done(self) -> bool:
        return self._mode == "line" and self._text.endswith(b"\n") and self.can_stop()

    def joinable(self) -> int:
        return self._joinable

    def closed(self) -> bytes:
        """The text with as many parentheses as it lacks."""
        return self._text + b")" * (self._depth - self._needed) if self._text.strip() else b""

    def allows(self, token_id: int) -> bool:
        self.asked += 1
        return self._allows(token_id)

    def _allows(self, token_id: int) -> bool:
        data = TOKEN_BYTES[token_id]
        if data is None:
            return self.can_stop()
        if self.is_done():
            return False
        shorter = min(len(data), len(self._missing))
        if data[:shorter] != self._missing[:shorter]:
            return False
        return self._walk(self._depth, data) is not None

    def fill_mask(self, out: np.ndarray) -> None:
        self.masks += 1
        bits = np.array([self._allows(i) for i in range(len(TOKEN_BYTES))], dtype=np.uint8)
        packed = np.packbits(bits, bitorder="little")
        out.view(np.uint8)[: len(packed)] = packed

    def accept(self, token_id: int) -> bool:
        data = TOKEN_BYTES[token_id]
        if data is None or not self._allows(token_id):
            return False
        self._history.append((self._depth, self._text, self._missing, self._joinable))
        self._depth = self._walk(self._depth, data) or 0
        self._text += data[len(self._missing) :]
        self._missing = self._missing[len(data) :]
        if self.can_stop():
            self._joinable = len(self._text)
        return True

    def rollback(self, count: int = 1) -> None:
        for _ in range(count):
            self._depth, self._text, self._missing, self._joinable = self._history.pop()


class BracketConstrainer:
    """Begins `Brackets`; remembers what it was asked."""

    def __init__(self) -> None:
        self.begun: list[dict[str, object]] = []

    def begin(
        self,
        language: str,
        prefix: str,
        suffix: str,
        scopes: Sequence[object] = (),
        mode: str = "line",
        forced: bytes = b"",
    ) -> Brackets:
        self.begun.append({"language": language, "scopes": scopes, "forced": forced})
        return Brackets(prefix, suffix, mode, forced)


class ToyEngine:
    """An engine around a `ToyModel`."""

    context = 4096
    languages = ("go", "python")

    def __init__(self, model: ToyModel, load: Callable[[], Status] | None = None) -> None:
        self.status = Status()
        self.model_id = model.id
        self.model = model
        self._load = load
        self._completer = Completer(model, BracketConstrainer(), self.languages)

    def load(self) -> None:
        self.status = self._load() if self._load else Status("ready", "ready")

    def check(self, request) -> None:
        self._completer.check(request)

    def run(self, request, emit, cancelled) -> None:
        self._completer.run(request, emit, cancelled)
