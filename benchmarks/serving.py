"""A vLLM server under the load of a small team: what the constraint costs a batch.

python -m benchmarks.serving --requests 32

Editors' requests in all languages, so many at once, constrained and then not, on one server and
with texts of the same lengths; every turn has files of its own. Without `--engine` a server is
started with vLLM's CPU build (`scripts/_vllm`).

The time per step is the server's own measure, from its `/metrics`: what the engine's scheduler
computes for constraints in one step, for all requests of the batch together. It is processor time,
so a machine that is busy with other things does not count as constraint.

What to hold against it: at most 5 ms per step for 32 requests (2 ms is aimed at), and tokens per
second within 5 % of the unconstrained load.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs
import httpx

from benchmarks._cli import BadArgument, CannotMeasure, Report, parser, positive, progress, run
from benchmarks.editor_requests import editor_requests
from benchmarks.paths import CORPORA
from benchmarks.vllm_server import ServerFailed, ServerMissing, running
from maze.engine.client import EngineClient
from maze.engine.errors import EngineError
from maze.engine.protocol import CompletionRequest

_STEP = "maze_constraint_step_seconds"


@attrs.define
class Load:
    """What one kind of request came to, over all its turns."""

    tokens: int = 0
    seconds: float = 0.0
    first_token_s: list[float] = attrs.field(factory=list)
    levels: Counter[str] = attrs.field(factory=Counter)
    per_turn: list[float] = attrs.field(factory=list)

    def report(self) -> dict[str, object]:
        """Its figures."""
        first = sorted(self.first_token_s)
        return {
            "tokens": self.tokens,
            "tokens_per_s": round(self.tokens / self.seconds, 1),
            "turns_tokens_per_s": [round(value, 1) for value in self.per_turn],
            "first_token_ms_p50": round(1000 * first[len(first) // 2], 1),
            "levels": dict(self.levels),
        }


def measure(arguments: argparse.Namespace) -> Report:
    """Load the server and read its metrics."""
    try:
        with _server(arguments) as (url, key):
            return asyncio.run(_measure(arguments, url, key))
    except (EngineError, ServerMissing, ServerFailed, httpx.HTTPError, ValueError) as error:
        raise CannotMeasure(str(error)) from None


@contextmanager
def _server(arguments: argparse.Namespace) -> Iterator[tuple[str, str | None]]:
    if arguments.engine:
        yield arguments.engine, os.environ.get("MAZE_API_KEY")
        return
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "vllm.log"
        with running(log, max_requests=arguments.requests) as server:
            yield server.url, server.key


async def _measure(arguments: argparse.Namespace, url: str, key: str | None) -> Report:
    async with EngineClient(url, key, read_timeout=600) as client:
        model = await client.model()
        languages = [name for name in model.languages if _listing(name).is_file()]
        if not languages:
            raise BadArgument("there are no files to ask about; run scripts/corpora.")
        turns = [
            await _requests(arguments, languages, model.id, arguments.seed + turn)
            for turn in range(arguments.turns + 1)
        ]
        loads = {True: Load(), False: Load()}
        # A server that has been running: other texts than those that are measured.
        await _both(client, turns.pop(), arguments.requests, {True: Load(), False: Load()})
        before = await _metrics(url, key)
        with progress("serving", len(turns)) as advance:
            for requests in turns:
                await _both(client, requests, arguments.requests, loads)
                advance("")
        steps = _steps(before, await _metrics(url, key), arguments.requests)
    constrained, free = loads[True], loads[False]
    ratio = (constrained.tokens / constrained.seconds) / (free.tokens / free.seconds)
    return {
        "model": model.id,
        "languages": languages,
        "concurrent": arguments.requests,
        "requests": sum(map(len, turns)),
        "constraint_step_ms": steps,
        "constrained": constrained.report(),
        "unconstrained": free.report(),
        "throughput_ratio": round(ratio, 4),
    }


def _listing(language: str) -> Path:
    return CORPORA / f"{language}.txt"


async def _requests(
    arguments: argparse.Namespace, languages: Sequence[str], model_id: str, seed: int
) -> list[CompletionRequest]:
    """All languages in turn, so that every batch is mixed."""
    count = -(-arguments.requests * arguments.rounds // len(languages))
    found = [
        await editor_requests(
            name,
            _listing(name),
            count,
            model_id=model_id,
            max_tokens=arguments.max_tokens,
            seed=seed,
        )
        for name in languages
    ]
    # On a CPU, reading long prompts would leave nothing else to be seen.
    return [
        attrs.evolve(request, prompt=request.prompt[-arguments.prompt_chars :])
        for group in zip(*found, strict=True)
        for request in group
    ]


def _freely(request: CompletionRequest, constrain: bool) -> CompletionRequest:
    """The request without a place to stop by itself."""
    assert request.maze is not None
    maze = attrs.evolve(request.maze, constrain=constrain, mode="free")
    return attrs.evolve(request, maze=maze, stop=())


async def _both(
    client: EngineClient,
    requests: Sequence[CompletionRequest],
    concurrent: int,
    loads: dict[bool, Load],
) -> None:
    """Ask `requests` constrained, and then not, for as many tokens as came of each."""
    free = [_freely(request, False) for request in requests]
    # Neither shall find prompts read that the other had to read.
    await _turn(client, [attrs.evolve(each, max_tokens=1) for each in free], concurrent, Load())
    constrained = [_freely(request, True) for request in requests]
    lengths = await _turn(client, constrained, concurrent, loads[True])
    same = [
        attrs.evolve(request, max_tokens=max(length, 1))
        for request, length in zip(free, lengths, strict=True)
    ]
    await _turn(client, same, concurrent, loads[False])


async def _turn(
    client: EngineClient, requests: Sequence[CompletionRequest], concurrent: int, load: Load
) -> list[int]:
    """Ask all `requests`, so many at once, and add what came of them to `load`.

    Returns:
        How many tokens each was answered with.
    """
    gate = asyncio.Semaphore(concurrent)

    async def ask(request: CompletionRequest) -> int:
        async with gate:
            started = time.perf_counter()
            first, tokens = None, 0
            async for chunk in client.stream(request):
                if first is None:
                    first = time.perf_counter() - started
                if chunk.outcome is not None:
                    tokens += chunk.outcome.tokens
                    load.levels[chunk.outcome.level] += 1
            load.first_token_s.append(first or 0.0)
            return tokens

    started = time.perf_counter()
    lengths = await asyncio.gather(*(ask(request) for request in requests))
    seconds = time.perf_counter() - started
    load.tokens += sum(lengths)
    load.seconds += seconds
    load.per_turn.append(sum(lengths) / seconds)
    return lengths


async def _metrics(url: str, key: str | None) -> dict[str, float]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with httpx.AsyncClient(timeout=60) as http:
        answer = await http.get(f"{url}/metrics", headers=headers)
    lines = (line.rpartition(" ") for line in answer.text.splitlines() if line[:1] not in ("#", ""))
    return {name: float(value) for name, _, value in lines if name.startswith(_STEP)}


def _steps(
    before: dict[str, float], after: dict[str, float], requests: int
) -> dict[str, float | int | None]:
    """Time per step in ms, over the steps with nearly as many requests as asked for at once.

    The server counts steps by their number of requests, up to powers of two: so these have more
    than half as many. Percentiles are the upper bounds of the server's buckets.
    """
    size = 1 << (requests - 1).bit_length()
    change = {name: value - before.get(name, 0.0) for name, value in after.items()}
    count = change.get(f'{_STEP}_count{{requests="{size}"}}', 0.0)
    if not count:
        return {"steps": 0, "mean": None, "p50": None, "p99": None, "max": None}
    buckets = sorted(
        (float(found[1]), value)
        for name, value in change.items()
        if (found := re.fullmatch(rf'{_STEP}_bucket{{le="([^"]+)",requests="{size}"}}', name))
    )

    def percentile(share: float) -> float:
        return next(1000 * bound for bound, total in buckets if total >= share * count)

    mean = 1000 * change[f'{_STEP}_sum{{requests="{size}"}}'] / count
    return {
        "steps": int(count),
        "mean": round(mean, 3),
        "p50": percentile(0.5),
        "p99": percentile(0.99),
        "max": percentile(1.0),
    }


def main() -> None:
    """Run from the command line."""
    made = parser("serving", "What the constraint costs a vLLM server under load.")
    made.add_argument("--engine", metavar="URL", help="a running server (default: start one)")
    made.add_argument("--requests", type=positive, default=32, help="at once (default 32)")
    made.add_argument(
        "--rounds", type=positive, default=2, help="of that many, per turn (default 2)"
    )
    made.add_argument("--turns", type=positive, default=3, help="how many (default 3)")
    made.add_argument(
        "--prompt-chars",
        type=positive,
        default=600,
        help="the model reads no more of each prefix; the constraint reads all (default 600)",
    )
    made.add_argument("--max-tokens", type=positive, default=48, help="per request (default 48)")
    run(made, measure)


if __name__ == "__main__":
    main()
