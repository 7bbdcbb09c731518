"""One request to its finished choices: prompt, healing, constraint, generation, chunks."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from maze.engine.generation import Cancelled, Generated, Model, generate
from maze.engine.healing import MAX_HEALED_TOKENS, heal
from maze.engine.protocol import (
    UNCONSTRAINED,
    CompletionChunk,
    CompletionRequest,
    MazeRequest,
    Outcome,
    ProtocolError,
)
from maze.engine.timing import Constraint

Emit = Callable[[CompletionChunk], None]


class Constrainer(Protocol):
    """What is needed of `maze.constraint.Constrainer`."""

    def begin(
        self,
        language: str,
        prefix: str,
        suffix: str,
        scopes: Sequence[Any] = (),
        mode: str = "line",
        forced: bytes = b"",
    ) -> Constraint: ...


class Completer:
    """Answers requests with one model.

    Args:
        model: runs one generation at a time.
        constrainer: None generates without constraint whatever is asked.
        languages: those the constrainer knows.
    """

    def __init__(
        self, model: Model, constrainer: Constrainer | None, languages: Sequence[str]
    ) -> None:
        self._model = model
        self._constrainer = constrainer
        self.languages = tuple(languages)

    def check(self, request: CompletionRequest) -> None:
        """Refuse what cannot be answered, before anything is computed.

        Raises:
            ProtocolError: for a language without a grammar.
        """
        maze = request.maze
        if maze is not None and maze.constrain and maze.language not in self.languages:
            raise ProtocolError(
                f"there is no grammar for {maze.language!r}; known are {', '.join(self.languages)}"
            )

    def run(self, request: CompletionRequest, emit: Emit, cancelled: Cancelled) -> None:
        """Generate all choices, one after the other; each reuses the memory of the prompt.

        Args:
            emit: gets every chunk, in this thread.

        Raises:
            ProtocolError: for a prompt that cannot be read.
            GenerationCancelled: as soon as `cancelled()` is seen to be true.
            ModelError: when the model fails.
        """
        model, maze = self._model, request.maze
        tokens = fit(
            model.tokenize(request.prompt),
            model.context - request.max_tokens - MAX_HEALED_TOKENS,
            keep_first=lambda token: model.token_bytes[token] is None,
        )
        healed, forced = tokens, b""
        if maze is not None:
            prefix = maze.prefix.encode()
            healed, forced = heal(tokens, model.token_bytes, model.index, prefix)
        for index in range(request.n):
            choice = Choice(index, model.id, emit)
            remembered = model.remembers(healed)
            generated = self._generate(request, healed, forced, choice, cancelled)
            if generated.stuck and forced and not generated.text:
                # The text to be spelled again does not parse. The constraint was begun before it
                # and could not know; begun after it, it falls back to a scope that does.
                generated = self._generate(request, tokens, b"", choice, cancelled)
            choice.end(generated, len(tokens), remembered)

    def _generate(
        self,
        request: CompletionRequest,
        tokens: list[int],
        forced: bytes,
        choice: Choice,
        cancelled: Cancelled,
    ) -> Generated:
        maze = request.maze
        constraint = self._constraint(maze, forced)
        choice.watch(constraint if maze is not None and maze.joins else None)
        return generate(
            self._model,
            # Where nothing stands before the cursor, begin as every text begins.
            tokens or sorted(self._model.stop_token_ids)[:1],
            constraint,
            max_tokens=request.max_tokens,
            temperature=request.temperature,
            seed=None if request.seed is None else request.seed + choice.index,
            forced=forced,
            mode="free" if maze is None else maze.mode,
            suffix=b"" if maze is None else maze.suffix.encode(),
            stop=[stop.encode() for stop in request.stop],
            on_token=choice.add,
            cancelled=cancelled,
        )

    def _constraint(self, maze: MazeRequest | None, forced: bytes) -> Constraint | None:
        if maze is None or not maze.constrain or self._constrainer is None:
            return None
        return self._constrainer.begin(
            maze.language,
            maze.prefix,
            maze.suffix,
            scopes=maze.scopes,
            mode=maze.mode,
            forced=forced,
        )


def fit(tokens: list[int], limit: int, keep_first: Callable[[int], bool]) -> list[int]:
    """`tokens` with its beginning cut off so that at most `limit` stay.

    It is cut in steps of a quarter of the limit: were it cut to measure, each keystroke would move
    the beginning, and the model would have to read the whole prompt again. A mark in front (where a
    text begins, or the prefix of a fill-in-the-middle prompt) stays.
    """
    if len(tokens) <= limit:
        return tokens
    head = tokens[:1] if keep_first(tokens[0]) else []
    step = max(limit // 4, 1)
    over = len(tokens) - limit
    cut = -(-over // step) * step
    return head + tokens[len(head) + cut :]


class Watched(Protocol):
    """What knows whether a text joins so far."""

    @property
    def level(self) -> str:
        """The scope that it is known for."""

    def can_stop(self) -> bool:
        """Whether it does."""


class Choice:
    """Sends one choice's chunks: bytes come in, text goes out as soon as characters are whole."""

    def __init__(self, index: int, model_id: str, emit: Emit) -> None:
        self.index = index
        self._model_id = model_id
        self._emit = emit
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._chars = 0
        self._watched: Watched | None = None

    def watch(self, constraint: Watched | None) -> None:
        """Say with each chunk whether the text so far joins, as ``constraint`` knows."""
        unknown = constraint is None or constraint.level == UNCONSTRAINED
        self._watched = None if unknown else constraint

    def add(self, data: bytes) -> None:
        text = self._decoder.decode(data)
        self._chars += len(text)
        if text:
            outcome = self._so_far()
            self._emit(CompletionChunk(self.index, text, None, outcome, self._model_id))

    def _so_far(self) -> Outcome | None:
        whole = not self._decoder.getstate()[0]
        if self._watched is None or not whole or not self._watched.can_stop():
            return None
        return Outcome(self._watched.level, self._chars, joined=True)

    def end(self, generated: Generated, prompt_tokens: int, reused_tokens: int) -> None:
        keep = _characters(generated.text[: generated.keep])
        outcome = Outcome(
            level=generated.level,
            keep=keep,
            tokens=generated.tokens,
            joined=(generated.joined and keep > 0) or bool(generated.closed),
            closed=generated.closed.decode(),
            constraint_us_per_token=round(generated.constraint_us_per_token, 1),
            prompt_tokens=prompt_tokens,
            reused_tokens=reused_tokens,
        )
        text = self._decoder.decode(b"", final=True)
        reason = generated.finish_reason
        self._emit(CompletionChunk(self.index, text, reason, outcome, self._model_id))


def _characters(text: bytes) -> int:
    """How many characters of `text` can be kept: those before the first that is not UTF-8."""
    try:
        return len(text.decode())
    except UnicodeDecodeError as error:
        return len(text[: error.start].decode())
