"""Whether solutions parse, and whether they are right: HumanEval, infilling, MBPP, MultiPL-E.

python -m benchmarks.humaneval --data HumanEval.jsonl.gz --engine local --limit 20

`valid` counts solutions that the real parser accepts in place; `passed` those whose tests pass.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections import Counter
from pathlib import Path

import attrs

from benchmarks._cli import CannotMeasure, Report, parser, positive, progress, run
from benchmarks.engines import ENGINES, connect
from benchmarks.oracles import Oracle, oracle_for
from benchmarks.problems import Problem, read_problems
from benchmarks.sandbox import passes, runner_for
from maze.document import Document, hole_at
from maze.document.languages import LANGUAGES
from maze.document.prompt import excerpt_at
from maze.engine.client import EngineClient
from maze.engine.errors import EngineError
from maze.engine.protocol import CompletionRequest
from maze.lsp.suggest import request_for
from maze.settings import Settings


def measure(arguments: argparse.Namespace) -> Report:
    """Solve the problems and run their tests."""
    problems = read_problems(arguments.data, arguments.limit)
    language = problems[0].language
    runner = runner_for(language)
    began = time.perf_counter()
    with oracle_for(language) as oracle:
        counts = asyncio.run(_solve(arguments, problems, oracle, runner is not None))
    total = len(problems)
    return {
        "data": arguments.data.name,
        "language": language,
        "engine": arguments.engine,
        "constrained": not arguments.unconstrained,
        "problems": total,
        "valid": counts["valid"],
        "valid_rate": round(counts["valid"] / total, 4),
        "passed": counts["passed"] if runner else None,
        "pass_at_1": round(counts["passed"] / total, 4) if runner else None,
        "empty": counts["empty"],
        "tokens": counts["tokens"],
        "seconds": round(time.perf_counter() - began, 1),
    }


async def _solve(
    arguments: argparse.Namespace, problems: list[Problem], oracle: Oracle, runs: bool
) -> Counter[str]:
    counts: Counter[str] = Counter()
    settings = Settings(
        max_tokens=arguments.max_tokens,
        context_chars=arguments.context_chars,
        constrain=not arguments.unconstrained,
    )
    async with connect(arguments.engine, arguments.seed) as client:
        model = (await client.model()).id
        with progress(arguments.data.name, len(problems)) as advance:
            for problem in problems:
                solution, tokens = await _solution(client, model, problem, settings)
                valid = oracle.accepts([problem.joined(solution).encode()])[0]
                counts["tokens"] += tokens
                counts["empty"] += not solution.strip()
                counts["valid"] += valid
                if runs and valid:
                    counts["passed"] += await asyncio.to_thread(
                        passes, problem.language, problem.program(solution)
                    )
                advance(f"{counts['valid']} valid, {counts['passed']} passed")
    return counts


async def _solution(
    client: EngineClient, model: str, problem: Problem, settings: Settings
) -> tuple[str, int]:
    """A solution and the tokens it took."""
    request = _request(problem, model, settings)
    try:
        (choice,) = await client.complete(request)
    except EngineError as error:
        raise CannotMeasure(f"the engine gave no answer to {problem.name}: {error}") from None
    # A constrained solution ends where its mode says, unless that is nowhere.
    ends_by_itself = settings.constrain and problem.mode != "free"
    text = choice.text if ends_by_itself else problem.cut(choice.text)
    return text, choice.outcome.tokens


def _request(problem: Problem, model: str, settings: Settings) -> CompletionRequest:
    """What the language server would ask for, with the data set's own end of a solution."""
    (suffix, *_) = sorted(LANGUAGES[problem.language].suffixes)
    document = Document(problem.prefix + problem.suffix, f"solution{suffix}", problem.language)
    hole = hole_at(document, len(problem.prefix))
    if hole is None:
        raise CannotMeasure(f"{problem.name} is not a text in {problem.language}.")
    excerpt = excerpt_at(document, hole.offset, settings.context_chars)
    request = request_for(hole, excerpt, model, settings)
    assert request.maze is not None
    maze = attrs.evolve(request.maze, mode=problem.mode or request.maze.mode)
    if not settings.constrain:
        maze = attrs.evolve(maze, mode="free")  # only the model and the texts below end it
    return attrs.evolve(request, maze=maze, stop=(*request.stop, *problem.stop)[:16])


def main() -> None:
    """Run from the command line."""
    made = parser("humaneval", "Share of solutions that parse, and that pass their tests.")
    made.add_argument(
        "--data", required=True, type=Path, metavar="FILE", help=".jsonl or .jsonl.gz"
    )
    made.add_argument("--engine", default="local", help=f"{', '.join(ENGINES)}, or a URL")
    made.add_argument("--limit", type=positive, metavar="N", help="only the first N problems")
    made.add_argument("--unconstrained", action="store_true", help="the model alone, to compare")
    made.add_argument("--max-tokens", type=positive, default=256, help="per solution (default 256)")
    made.add_argument(
        "--context-chars", type=positive, default=6000, help="of the prompt (default 6000)"
    )
    run(made, measure)


if __name__ == "__main__":
    main()
