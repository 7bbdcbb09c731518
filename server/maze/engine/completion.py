"""One request to its finished choices: prompt, healing, constraint, generation, chunks."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from maze.engine.generation import Cancelled, Constraint, Generated, Model, generate
from maze.engine.healing import heal
from maze.engine.protocol import (
    CompletionChunk,
    CompletionRequest,
    MazeRequest,
    Outcome,
    ProtocolError,
)

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
            model.context - request.max_tokens,
            keep_first=lambda token: model.token_bytes[token] is None,
        )
        forced = b""
        if maze is not None:
            tokens, forced = heal(tokens, model.token_bytes, model.index, maze.prefix.encode())
        if not tokens:  # nothing stands before the cursor: begin as every text begins
            tokens = sorted(model.stop_token_ids)[:1]
        for index in range(request.n):
            remembered = model.remembers(tokens)
            constraint = self._constraint(maze, forced)
            text = _Text()

            def on_token(added: bytes, index: int = index, text: _Text = text) -> None:
                piece = text.add(added)
                if piece:
                    emit(CompletionChunk(index, piece, model=model.id))

            generated = generate(
                model,
                tokens,
                constraint,
                max_tokens=request.max_tokens,
                temperature=request.temperature,
                seed=None if request.seed is None else request.seed + index,
                forced=forced,
                mode="free" if maze is None else maze.mode,
                stop=[stop.encode() for stop in request.stop],
                on_token=on_token,
                cancelled=cancelled,
            )
            outcome = _outcome(generated, len(tokens), remembered)
            last = CompletionChunk(index, text.end(), generated.finish_reason, outcome, model.id)
            emit(last)

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


def _outcome(generated: Generated, prompt_tokens: int, reused_tokens: int) -> Outcome:
    keep = _characters(generated.text[: generated.keep])
    return Outcome(
        level=generated.level,
        keep=keep,
        tokens=generated.tokens,
        joined=generated.joined and keep > 0,
        constraint_us_per_token=round(generated.constraint_us_per_token, 1),
        prompt_tokens=prompt_tokens,
        reused_tokens=reused_tokens,
    )


def _characters(text: bytes) -> int:
    """How many characters of `text` can be kept: those before the first that is not UTF-8."""
    try:
        return len(text.decode())
    except UnicodeDecodeError as error:
        return len(text[: error.start].decode())


class _Text:
    """Bytes in, text out, as soon as whole characters have come."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def add(self, data: bytes) -> str:
        return self._decoder.decode(data)

    def end(self) -> str:
        return self._decoder.decode(b"", final=True)
