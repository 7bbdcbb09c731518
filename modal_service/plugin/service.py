"""A request with a `maze` object, from the prompt's tokens to the chunks of its answer.

The part that vLLM's API server runs. What a token does to a text, and what is offered in the end,
is the embedded engine's own code (`maze.engine.text`, `maze.engine.completion`).
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import inspect
import logging
import os
import threading
from collections.abc import AsyncGenerator, Sequence
from typing import Any, Protocol

from attrs import define

from maze.engine.completion import Choice, fit
from maze.engine.generation import ModelError
from maze.engine.healing import MAX_HEALED_TOKENS, heal
from maze.engine.protocol import CompletionChunk, CompletionRequest, MazeRequest, ProtocolError
from maze.engine.text import Generated
from maze.engine.worker import TooBusy, innermost
from maze.grammar import LANGUAGES

from . import costs, merging
from .attempt import Attempt
from .reports import Inbox
from .vocabulary import Spelling, constrainer_for, read_vocabulary

log = logging.getLogger("vllm.maze")

LANGUAGES_VARIABLE = "MAZE_LANGUAGES"
"""Languages whose tables are made before the first request, separated by spaces or commas."""

MAX_OPEN_REQUESTS = 512
"""More are refused with 429: each may hold megabytes of somebody's file while it waits."""


class ServerState(Protocol):
    """What vLLM keeps with its application, as far as it is used here."""

    engine_client: Any
    vllm_config: Any
    args: Any


@define(frozen=True)
class Prompt:
    """A prompt, read.

    Attributes:
        tokens: all of it that fits.
        healed: its beginning, before the tokens to be chosen again.
        forced: the bytes of those.
    """

    tokens: list[int]
    healed: list[int]
    forced: bytes


class Service:
    """Answers requests with vLLM's engine.

    Args:
        engine: vLLM's engine client.
        tokenizer: the model's, as vLLM has it.
        vllm_config: vLLM's.
        names: the model's names for clients; the first stands in answers.

    Attributes:
        languages: those it has grammars for.

    Raises:
        VocabularyError: the model's tokenizer cannot be read.
    """

    def __init__(self, engine: Any, tokenizer: Any, vllm_config: Any, names: Sequence[str]) -> None:
        model_config = vllm_config.model_config
        self.languages = tuple(sorted(LANGUAGES))
        self.costs = costs.Costs(_inbox())
        self._engine = engine
        self._names = tuple(names)
        self._context = int(model_config.max_model_len)
        # vLLM's own code uses its tokenizer meanwhile, and one of Hugging Face's serves one at a time.
        self._tokenizer = copy.deepcopy(tokenizer)
        self._reading = threading.Lock()
        self.vocabulary = read_vocabulary(tokenizer, model_config)
        self.spelling = Spelling(self.vocabulary)
        self.constrainer = constrainer_for(self.vocabulary)
        self._open = 0

    @classmethod
    async def of(cls, state: ServerState) -> Service:
        """The service of a vLLM server that is about to serve."""
        tokenizer = state.engine_client.get_tokenizer()
        if inspect.isawaitable(tokenizer):
            tokenizer = await tokenizer
        names = state.args.served_model_name or [state.args.model]
        return await asyncio.to_thread(
            cls, state.engine_client, tokenizer, state.vllm_config, names
        )

    async def start(self) -> None:
        """Make or load the tables of all languages, here and in the engine.

        When it returns, the first request is as fast as any.
        """
        self.costs.watch()
        for language in _chosen(self.languages):
            log.info("%s: making the tables ready", language)
            await asyncio.to_thread(self.constrainer.prepare, language)
            await self._warm_up(language)
        log.info("Maze is ready: %s", ", ".join(self.languages))

    async def stop(self) -> None:
        """Free what is not vLLM's."""
        self.costs.stop()

    async def _warm_up(self, language: str) -> None:
        """Generate one token, which has the engine load the tables too."""
        request = CompletionRequest("", MazeRequest(language, ""), max_tokens=1)
        nobody = Choice(0, self._names[0], lambda chunk: None)
        attempt = Attempt(self, request, self._begun([]), b"", nobody)
        async with contextlib.aclosing(attempt.run(self._engine)) as steps:
            async for _ in steps:
                pass

    def check(self, request: CompletionRequest) -> None:
        """Refuse what cannot be answered, before the engine sees it.

        Raises:
            ProtocolError: for a language without a grammar, an unknown model, or no room.
        """
        maze = request.maze
        if maze is not None and maze.constrain and maze.language not in self.languages:
            raise ProtocolError(
                f"there is no grammar for {maze.language!r}; known are {', '.join(self.languages)}"
            )
        if request.model and request.model not in self._names:
            raise ProtocolError(
                f"there is no model {request.model!r} here; known are {', '.join(self._names)}"
            )
        if self._room(request) < 1:
            raise ProtocolError(
                f"max_tokens {request.max_tokens} leaves no room for a prompt "
                f"in the model's context of {self._context} tokens"
            )

    async def run(self, request: CompletionRequest) -> AsyncGenerator[CompletionChunk, None]:
        """The chunks of all choices as they come; closing the iterator frees them in the engine.

        Raises:
            TooBusy: as many requests are open as may be.
            ProtocolError: for a prompt that cannot be read.
            ModelError: vLLM failed.
        """
        if self._open >= MAX_OPEN_REQUESTS:
            raise TooBusy
        self._open += 1
        try:
            prompt = await asyncio.to_thread(self._read, request)
            choices = [self._choice(request, index, prompt) for index in range(request.n)]
            async with contextlib.aclosing(merging.merged(choices)) as chunks:
                async for chunk in chunks:
                    yield chunk
        except (ProtocolError, ModelError):
            raise
        except Exception as error:
            # Without the message: it might hold a piece of somebody's source code.
            log.error("a request failed: %s at %s", type(error).__name__, innermost(error))
            raise ModelError(f"vLLM failed ({type(error).__name__}); see its log") from None
        finally:
            self._open -= 1

    async def _choice(
        self, request: CompletionRequest, index: int, prompt: Prompt
    ) -> AsyncGenerator[CompletionChunk, None]:
        ready: list[CompletionChunk] = []
        choice = Choice(index, self._names[0], ready.append)
        for healed, forced in ((prompt.healed, prompt.forced), (prompt.tokens, b"")):
            attempt = Attempt(self, request, healed, forced, choice)
            async with contextlib.aclosing(attempt.run(self._engine)) as steps:
                async for _ in steps:
                    while ready:
                        yield ready.pop(0)
            generated = attempt.generated
            # As the embedded engine does (see `maze.engine.completion.Completer.run`): where the
            # text to be spelled again does not parse, begin after it.
            if not (generated.stuck and forced and not generated.text):
                break
        choice.end(generated, len(prompt.tokens), attempt.reused_tokens)
        self._count(request, ready[-1], generated)
        while ready:
            yield ready.pop(0)

    def _count(self, request: CompletionRequest, last: CompletionChunk, text: Generated) -> None:
        assert request.maze is not None and last.outcome is not None
        known = request.maze.language in self.languages
        ran_out = text.stuck or text.finish_reason == "length"
        costs.count(
            request.maze.language if known else "other",
            last.outcome,
            cut_back=ran_out and text.keep < len(text.text),
        )

    def _room(self, request: CompletionRequest) -> int:
        return self._context - request.max_tokens - MAX_HEALED_TOKENS

    def _read(self, request: CompletionRequest) -> Prompt:
        assert request.maze is not None
        token_bytes = self.spelling.token_bytes
        with self._reading:
            found = list(self._tokenizer.encode(request.prompt))
        tokens = fit(
            found, self._room(request), keep_first=lambda token: token_bytes[token] is None
        )
        prefix = request.maze.prefix.encode()
        healed, forced = heal(tokens, token_bytes, self.spelling.index, prefix)
        return Prompt(self._begun(tokens), self._begun(healed), forced)

    def _begun(self, tokens: list[int]) -> list[int]:
        """Where nothing stands before the cursor, begin as every text begins."""
        return tokens or list(self.vocabulary.stop_token_ids[:1])


def _chosen(languages: Sequence[str]) -> list[str]:
    """Those that `MAZE_LANGUAGES` names; all where it is not set. The others load when asked for."""
    names = os.environ.get(LANGUAGES_VARIABLE, "").replace(",", " ").split()
    for name in set(names) - set(languages):
        log.warning("%s: there is no grammar for %s", LANGUAGES_VARIABLE, name)
    return [name for name in languages if not names or name in names]


def _inbox() -> Inbox | None:
    try:
        return Inbox()
    except OSError as error:
        log.warning("the time in constraints will not be reported: %s", error.strerror)
        return None
