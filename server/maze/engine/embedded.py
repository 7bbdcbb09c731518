"""The embedded engine: llama.cpp and the constraint in one process, no GPU and no account needed.

llama.cpp comes through `llama-cpp-python`. It runs any GGUF file on any CPU and lets us see the
logits before a token is chosen, which is what makes the constraint nearly free (see
`maze.engine.sampling`).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Protocol

from attrs import define

from maze.engine.completion import Completer, Emit
from maze.engine.errors import EngineMissing
from maze.engine.generation import Cancelled, ModelError
from maze.engine.models import find_model
from maze.engine.protocol import CompletionRequest
from maze.engine.settings import EngineSettings

log = logging.getLogger(__name__)


@define
class Status:
    """How far an engine is.

    Attributes:
        status: `loading`, `ready` or `failed`.
        progress: what it does now, or why it failed, for a person.
    """

    status: str = "loading"
    progress: str = "starting"


class Engine(Protocol):
    """What the HTTP server serves.

    Attributes:
        status: may be read from any thread.
        model_id: empty until loaded.
        context: tokens of prompt and answer together; 0 until loaded.
        languages: those it has grammars for; empty until loaded.
    """

    status: Status
    model_id: str
    context: int
    languages: tuple[str, ...]

    def load(self) -> None:
        """Become ready, or `failed` with the reason as progress; called once."""

    def check(self, request: CompletionRequest) -> None:
        """Raise ProtocolError for what cannot be answered; quick, from any thread."""

    def run(self, request: CompletionRequest, emit: Emit, cancelled: Cancelled) -> None:
        """As `Completer.run`; always called from the same thread."""


class EmbeddedEngine:
    """An `Engine` with llama.cpp; see there for the methods."""

    def __init__(self, settings: EngineSettings) -> None:
        self.status = Status()
        self.model_id = ""
        self.context = 0
        self.languages: tuple[str, ...] = ()
        self._settings = settings
        self._completer: Completer | None = None
        self._prepare: Callable[[str], None] = lambda language: None

    def load(self) -> None:
        began = time.perf_counter()
        try:
            self._load()
        except (EngineMissing, ModelError) as error:
            self.status = Status("failed", str(error))
            return
        except Exception as error:  # whatever a library raises, people must not wait for ever
            log.exception("loading failed")
            self.status = Status("failed", f"the engine could not load: {type(error).__name__}")
            return
        log.info("loaded %s in %.1f s", self.model_id, time.perf_counter() - began)
        self.status = Status("ready", "ready")

    def check(self, request: CompletionRequest) -> None:
        assert self._completer is not None, "not loaded"
        self._completer.check(request)

    def run(self, request: CompletionRequest, emit: Emit, cancelled: Cancelled) -> None:
        assert self._completer is not None, "not loaded"
        if request.maze is not None and request.maze.constrain:
            self._prepare(request.maze.language)
        self._completer.run(request, emit, cancelled)

    def _load(self) -> None:
        path = find_model(self._settings.model)
        say = self._say
        say(f"loading {path.stem}")
        # Imported only now: the server answers /health while these load.
        from maze.constraint import Constrainer, Vocabulary
        from maze.engine.llama import LlamaModel
        from maze.grammar.languages import LANGUAGES

        model = LlamaModel(
            path,
            self._settings.context,
            self._settings.threads,
            progress=lambda share: say(f"loading {path.stem} ({share:.0%})"),
        )
        vocabulary = Vocabulary(list(model.token_bytes), sorted(model.stop_token_ids))
        constrainer = Constrainer(vocabulary, cache_dir=self._settings.cache_dir)
        prepared: set[str] = set()

        def prepare(language: str) -> None:
            if language not in prepared:
                constrainer.prepare(language, lambda share, text: say(f"{text} ({share:.0%})"))
                prepared.add(language)
                self.status.progress = self.status.status

        for language in self._settings.prepare:
            prepare(language)
        self._prepare = prepare
        self.model_id, self.context = model.id, model.context
        self.languages = tuple(sorted(LANGUAGES))
        self._completer = Completer(model, constrainer, self.languages)

    def _say(self, progress: str) -> None:
        self.status.progress = progress
