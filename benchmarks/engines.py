"""The engines that benchmarks ask, behind the HTTP client that the language server uses.

local    the embedded engine: a child process on loopback, started as an editor's server starts it
random   the same application in this process, with a model that chooses uniformly at random
         among the allowed tokens of the embedded model's vocabulary
knotty   as random, but with more syntax and fewer names (see `benchmarks.knotty`)
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import httpx

from benchmarks._cli import BadArgument, CannotMeasure
from benchmarks.knotty import KnottyModel
from benchmarks.paths import CACHE
from maze.engine.app import EngineApp
from maze.engine.client import EngineClient
from maze.engine.completion import Completer, Emit
from maze.engine.embedded import Engine, Status
from maze.engine.errors import EngineError, EngineMissing
from maze.engine.generation import Cancelled, RandomModel
from maze.engine.launcher import Launcher, LauncherSettings
from maze.engine.models import find_model
from maze.engine.protocol import CompletionRequest
from maze.engine.settings import EngineSettings

_URL = "http://127.0.0.1"


class RandomEngine:
    """The embedded engine with a model that chooses at random.

    Args:
        make: the model's class.
        seed: makes its choices repeatable.
        cache_dir: where the constraint's tables are kept.
    """

    def __init__(self, make: type[RandomModel], seed: int, cache_dir: Path | None = None) -> None:
        self._make = make
        self.status = Status()
        self.model_id, self.context = make.id, make.context
        self.languages: tuple[str, ...] = ()
        self._seed = seed
        self._cache_dir = cache_dir
        self._completer: Completer | None = None

    def load(self) -> None:
        """Read the embedded model's vocabulary."""
        # Imported only now, as the embedded engine does: the other engines do without.
        from maze.constraint import Constrainer, Vocabulary
        from maze.engine.llama import LlamaModel
        from maze.grammar import LANGUAGES

        real = LlamaModel(find_model(None), 256, 1)
        model = self._make(list(real.token_bytes), real.stop_token_ids, self._seed)
        vocabulary = Vocabulary(list(model.token_bytes), sorted(model.stop_token_ids))
        constrainer = Constrainer(vocabulary, cache_dir=self._cache_dir)
        self.languages = tuple(sorted(LANGUAGES))
        self._completer = Completer(model, constrainer, self.languages)
        self.status = Status("ready", "ready")

    def check(self, request: CompletionRequest) -> None:
        """As the embedded engine."""
        assert self._completer is not None
        self._completer.check(request)

    def run(self, request: CompletionRequest, emit: Emit, cancelled: Cancelled) -> None:
        """As the embedded engine."""
        assert self._completer is not None
        self._completer.run(request, emit, cancelled)


@asynccontextmanager
async def connect(name: str, seed: int = 0) -> AsyncIterator[EngineClient]:
    """A client of the engine called `name` (or at that URL), ready to be asked.

    The key for a URL is taken from `MAZE_API_KEY`.

    Raises:
        BadArgument: there is no such engine.
        CannotMeasure: the engine, or its model, is not installed.
    """
    is_url = name.startswith(("http://", "https://"))
    if not is_url and name not in _ENGINES:
        raise BadArgument(f"--engine must be {', '.join(_ENGINES)}, or a URL, not {name!r}.")
    try:
        async with _at(name) if is_url else _ENGINES[name](seed) as client:
            yield client
    except (EngineError, EngineMissing, ImportError) as error:
        raise CannotMeasure(f"the engine {name!r} cannot be used: {error}") from None


@asynccontextmanager
async def _at(url: str) -> AsyncIterator[EngineClient]:
    try:
        client = EngineClient(url, os.environ.get("MAZE_API_KEY"))
    except ValueError as error:
        raise BadArgument(f"--engine {url}: {error}.") from None
    async with client:
        yield client


@asynccontextmanager
async def _in_process(engine: Engine) -> AsyncIterator[EngineClient]:
    engine.load()
    application = EngineApp(engine, EngineSettings())
    transport = httpx.ASGITransport(application.app)
    async with EngineClient(_URL, transport=transport) as client:
        yield client


@asynccontextmanager
async def _local(_: int) -> AsyncIterator[EngineClient]:
    # An engine of its own, so that nobody's editor shares it, and tables that stay between runs.
    settings = LauncherSettings(
        idle_stop_s=60,
        directory=CACHE / "engine",
        log_directory=CACHE / "engine",
        cache_dir=CACHE / "tables",
    )
    endpoint = await Launcher(settings).ensure()
    async with EngineClient(endpoint.url, endpoint.key) as client:
        yield client


_ENGINES: dict[str, Callable[[int], AbstractAsyncContextManager[EngineClient]]] = {
    "local": _local,
    "random": lambda seed: _in_process(RandomEngine(RandomModel, seed, CACHE / "tables")),
    "knotty": lambda seed: _in_process(RandomEngine(KnottyModel, seed, CACHE / "tables")),
}
ENGINES = tuple(_ENGINES)
