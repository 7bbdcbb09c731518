"""One generation in vLLM's engine, followed token by token."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from maze.constraint import UNCONSTRAINED, Constraint, Unconstrained
from maze.engine.completion import Choice
from maze.engine.generation import ModelError
from maze.engine.protocol import CompletionRequest, MazeRequest
from maze.engine.text import Generated, Text, begin_text

from .spec import NAME, Spec

if TYPE_CHECKING:
    from .service import Service

_STAND_IN = 'root ::= "maze"'
"""vLLM only asks for a mask where some grammar is asked for; the engine side puts ours in its place."""


class Attempt:
    """One try at one choice.

    Args:
        service: what it needs of the model.
        request: has a `maze` object.
        tokens: the prompt; at least one.
        forced: bytes the first tokens must spell.
        choice: is told the bytes each token adds, and what knows where they join if that is asked
            for.

    Attributes:
        generated: what came of it, once `run` has ended.
        reused_tokens: tokens of the prompt that were in vLLM's prefix cache.
    """

    def __init__(
        self,
        service: Service,
        request: CompletionRequest,
        tokens: list[int],
        forced: bytes,
        choice: Choice,
    ) -> None:
        self.generated = Generated()
        self.reused_tokens = 0
        self._service = service
        self._request = request
        self._tokens = tokens
        self._forced = forced
        self._choice = choice
        self._constraint: Constraint | Unconstrained | None = None
        self._text: Text | None = None

    async def run(self, engine: Any) -> AsyncGenerator[None, None]:
        """Generate; yields after every step of the engine. Closing it frees the request there.

        Raises:
            ModelError: vLLM gave up on it.
            Exception: whatever vLLM raises.
        """
        costs = self._service.costs
        tag, cost_us = costs.open(), 0.0
        try:
            assert self._request.maze is not None
            spec = Spec.of(self._request.maze, len(self._forced), costs.channel, tag)
            await asyncio.to_thread(self._begin, self._request.maze, spec)
            outputs = engine.generate(
                {"type": "token", "prompt_token_ids": self._tokens},
                self._parameters(spec),
                f"maze-{secrets.token_hex(8)}",
            )
            async with aclosing(outputs):
                async for output in outputs:
                    if self._take(output):
                        break
                    yield
        finally:
            cost_us = costs.close(tag)
        self.generated = await asyncio.to_thread(self._end)
        self.generated.constraint_us = cost_us

    def _begin(self, maze: MazeRequest, spec: Spec) -> None:
        self._constraint = spec.begin(self._service.constrainer)
        self._choice.watch(self._constraint if maze.joins else None)
        self._text = begin_text(
            self._service.spelling,
            self._constraint,
            forced=self._forced,
            on_token=self._choice.add,
            mode=maze.mode,
            suffix=maze.suffix.encode(),
            stop=[stop.encode() for stop in self._request.stop],
        )

    def _parameters(self, spec: Spec) -> Any:
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams

        request = self._request
        masked = self._is_constrained() or bool(self._forced)
        return SamplingParams(
            temperature=request.temperature,
            # Within the 63 bits that vLLM can hold: the engine ends, for everybody, where it is more.
            seed=None if request.seed is None else (request.seed + self._choice.index) % 2**63,
            # Tokens that only spell what is forced do not count; at worst each spells one byte.
            max_tokens=request.max_tokens + len(self._forced),
            stop_token_ids=list(self._service.vocabulary.stop_token_ids),
            detokenize=False,
            output_kind=RequestOutputKind.DELTA,
            structured_outputs=StructuredOutputsParams(grammar=_STAND_IN) if masked else None,
            extra_args={NAME: spec.to_plain()} if masked else None,
        )

    def _is_constrained(self) -> bool:
        return self._constraint is not None and self._constraint.level != UNCONSTRAINED

    def _take(self, output: Any) -> bool:
        """Read what a step brought; whether the text is complete."""
        assert self._text is not None
        self.reused_tokens = max(self.reused_tokens, output.num_cached_tokens or 0)
        completion = output.outputs[0]
        if completion.finish_reason == "error":
            raise ModelError("vLLM gave up on this request; its log says why")
        for token in completion.token_ids:
            if self._ends_text(token):
                self._text.finished = True
            else:
                self._text.add(token)
            if self._text.finished or self._text.own_tokens >= self._request.max_tokens:
                return True
        self._text.finished = completion.finish_reason == "stop"
        return False

    def _ends_text(self, token: int) -> bool:
        assert self._text is not None
        token_bytes = self._service.spelling.token_bytes
        if 0 <= token < len(token_bytes) and token_bytes[token] is not None:
            return False
        if self._is_constrained() and self._constraint is not None:
            # The engine side allows that only where nothing else may come.
            self._text.result.stuck = not self._constraint.can_stop()
        return True

    def _end(self) -> Generated:
        assert self._text is not None
        return self._text.end()
