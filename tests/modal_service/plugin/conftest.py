"""Real vLLM servers, each started once and stopped in the end."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from benchmarks.vllm_server import ServerMissing, VllmServer, running
from maze.engine.client import EngineClient


def _running(folder: Path, *extra: str, **options: int) -> Iterator[VllmServer]:
    try:
        with running(folder / "vllm.log", extra=extra, **options) as server:
            yield server
    except ServerMissing as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VllmServer]:
    """As people run it: prefix caching and asynchronous scheduling are vLLM's defaults.

    Prompts of more than 256 tokens are read in several steps (chunked prefill). Who asks is told the
    log-probabilities of any number of tokens, which compares what vLLM and another engine write.
    """
    extra = ("--max-num-batched-tokens", "256", "--max-logprobs", "-1")
    yield from _running(tmp_path_factory.mktemp("vllm"), *extra)


@pytest.fixture(scope="session")
def cramped_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VllmServer]:
    """Guesses tokens ahead (speculative decoding), and has so little memory that it must preempt."""
    yield from _running(
        tmp_path_factory.mktemp("cramped-vllm"),
        "--speculative-config",
        '{"method": "ngram", "num_speculative_tokens": 3, "prompt_lookup_max": 4}',
        "--num-gpu-blocks-override",
        "24",
    )


@pytest.fixture
async def client(server: VllmServer) -> AsyncIterator[EngineClient]:
    """The client that the language server uses."""
    async with EngineClient(server.url, server.key, read_timeout=600) as client:
        yield client
