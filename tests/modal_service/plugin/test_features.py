"""What makes vLLM fast goes on working under the constraint.

Asynchronous scheduling is missing here: vLLM's CPU build turns it off for itself. What it asks of a
grammar is the same, one step later (vLLM samples only once the tokens before have been accepted).
"""

from __future__ import annotations

import asyncio

import attrs
import pytest

from benchmarks.vllm_server import VllmServer
from maze.engine.client import EngineClient
from maze.engine.protocol import CompletionRequest, MazeRequest, Suggestion

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(1800)]


def function(number: int) -> str:
    """Some lines of Python of which no other number has the same beginning."""
    return (
        f"def combine_{number}(left_{number}, right_{number}):\n"
        f"    total_{number} = left_{number} + right_{number}\n"
        f"    return total_{number} * {number}\n\n\n"
    )


def long_request(number: int, functions: int, **options: object) -> CompletionRequest:
    """A request with a long prompt; each `number` has a prompt of its own."""
    prefix = f"# {number}\n" + "".join(function(number + n) for n in range(functions))
    prefix += f"def combine_{number + functions}(left"
    return CompletionRequest(prefix, MazeRequest("python", prefix, "\n", mode="free"), **options)  # type: ignore[arg-type]


def parses(request: CompletionRequest, suggestion: Suggestion) -> bool:
    """Whether the suggestion joins, as Python itself sees it."""
    assert request.maze is not None
    compile(request.maze.prefix + suggestion.text + request.maze.suffix, "joined", "exec")
    return suggestion.outcome.joined


async def test_prefix_caching(client: EngineClient) -> None:
    request = long_request(1000, 8, max_tokens=24)
    [fresh] = await client.complete(request)
    [again] = await client.complete(request)
    assert fresh.outcome.prompt_tokens > 300
    assert fresh.outcome.reused_tokens == 0
    assert again.outcome.reused_tokens >= 256
    assert again.text == fresh.text
    assert parses(request, again)
    # Another suffix means another constraint over the same cached prompt.
    assert request.maze is not None
    other = attrs.evolve(request, maze=attrs.evolve(request.maze, suffix="):\n    pass\n"))
    [inside] = await client.complete(other)
    assert inside.outcome.reused_tokens >= 256
    assert parses(other, inside)


async def test_chunked_prefill(client: EngineClient, server: VllmServer) -> None:
    request = long_request(2000, 16, max_tokens=16)
    [suggestion] = await client.complete(request)
    assert suggestion.outcome.prompt_tokens > 700
    assert parses(request, suggestion)
    # The fixture gives the server 256 tokens a step.
    assert "enable_chunked_prefill=True" in server.log.read_text(errors="replace")


@pytest.fixture
def requests() -> list[CompletionRequest]:
    # Two blocks of 128 tokens each, and into the third while they are generated: together more than
    # the cramped server has.
    return [long_request(10 * number, 5, max_tokens=48) for number in range(12)]


async def test_speculative_decoding_and_preemption(
    cramped_server: VllmServer, requests: list[CompletionRequest]
) -> None:
    async with EngineClient(cramped_server.url, cramped_server.key, read_timeout=900) as client:
        alone = [(await client.complete(request))[0] for request in requests[:3]]
        before = cramped_server.metrics()
        together = [
            suggestion for [suggestion] in await asyncio.gather(*map(client.complete, requests))
        ]
    after = cramped_server.metrics()

    def more(name: str) -> float:
        return sum(
            value - before.get(key, 0.0)
            for key, value in after.items()
            if key.startswith(name + "{")
        )

    assert more("vllm:spec_decode_num_draft_tokens_total") > 0
    assert more("vllm:spec_decode_num_accepted_tokens_total") > 0
    assert more("vllm:num_preemptions_total") > 0
    for request, suggestion in zip(requests, together, strict=True):
        assert parses(request, suggestion)
    # Neither changes what is generated.
    assert [choice.text for choice in together[:3]] == [choice.text for choice in alone]
    log = cramped_server.log.read_text(encoding="utf-8", errors="replace")
    assert "Unexpected: grammar" not in log


async def test_guessing_ahead_changes_no_text(
    cramped_server: VllmServer, client: EngineClient, requests: list[CompletionRequest]
) -> None:
    async with EngineClient(cramped_server.url, cramped_server.key, read_timeout=900) as other:
        for request in requests[:4]:
            [guessed] = await other.complete(request)
            [plain] = await client.complete(request)
            assert guessed.text == plain.text
