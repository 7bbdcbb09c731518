"""What runs in vLLM's engine process: constraints in the place of vLLM's grammars."""

from __future__ import annotations

import functools
import gc
import logging
import sys
import threading
import weakref
from collections import defaultdict
from typing import Any

from .grammar import MazeGrammar
from .reports import Outbox
from .spec import Spec, take_spec
from .versions import check_grammar, manager_class
from .vocabulary import constrainer_for, read_vocabulary

log = logging.getLogger("vllm.maze")

_HOOKED = "_maze_hooked"

_SWITCH_S = 0.0005
"""How long a thread that begins a constraint may keep vLLM's scheduler from running. Python's own
5 ms would be felt by every request of the batch."""


def hook() -> None:
    """Wrap `StructuredOutputManager`, once per process.

    Raises:
        UnsupportedVllm: it is not what it was.
    """
    manager = manager_class()
    if getattr(manager, _HOOKED, False):
        return
    check_grammar(MazeGrammar)
    setattr(manager, _HOOKED, True)
    create, fill = manager._create_grammar, manager.grammar_bitmask
    sides: weakref.WeakKeyDictionary[Any, EngineSide] = weakref.WeakKeyDictionary()
    guard = threading.Lock()

    def side(of: Any) -> EngineSide:
        with guard:
            if of not in sides:
                sides[of] = EngineSide(of.tokenizer, of.vllm_config.model_config)
            return sides[of]

    @functools.wraps(create)
    def create_grammar(self: Any, request: Any) -> Any:
        spec = take_spec(request.sampling_params)
        return create(self, request) if spec is None else side(self).begin(spec)

    @functools.wraps(fill)
    def grammar_bitmask(self: Any, requests: Any, ids: Any, *rest: Any, **named: Any) -> Any:
        mask = fill(self, requests, ids, *rest, **named)
        grammars = (requests[name].structured_output_request.grammar for name in ids or ())
        side_of = [grammar for grammar in grammars if isinstance(grammar, MazeGrammar)]
        if side_of:
            side(self).report(side_of)
        return mask

    manager._create_grammar = create_grammar
    manager.grammar_bitmask = grammar_bitmask


class EngineSide:
    """The constrainer of one engine.

    Args:
        tokenizer: the model's.
        model_config: vLLM's.

    Raises:
        VocabularyError: see `read_vocabulary`.
    """

    def __init__(self, tokenizer: Any, model_config: Any) -> None:
        self._vocabulary = read_vocabulary(tokenizer, model_config)
        self._constrainer = constrainer_for(self._vocabulary)
        self._outbox = Outbox()
        self._settled: set[str] = set()
        self._settling = threading.Lock()
        sys.setswitchinterval(min(sys.getswitchinterval(), _SWITCH_S))

    def begin(self, spec: Spec) -> MazeGrammar:
        """The grammar for a generation. Thread-safe; takes as long as the prefix is.

        Raises:
            UnknownLanguage, ValueError: what the API server should have refused.
        """
        if spec.language is not None:
            self._settle(spec.language)
        constraint = spec.begin(self._constrainer)
        return MazeGrammar(constraint, self._vocabulary, channel=spec.channel, tag=spec.tag)

    def _settle(self, language: str) -> None:
        """Load a language's tables, and take them out of the garbage collector's sight.

        They are millions of objects that stay for good; to look through them takes tens of
        milliseconds, in which every request of the batch waits. vLLM does the same with its own.
        """
        with self._settling:
            if language not in self._settled:
                self._constrainer.prepare(language)
                gc.collect()
                gc.freeze()
                self._settled.add(language)

    def report(self, grammars: list[MazeGrammar]) -> None:
        """Tell each API server what this step cost its constrained generations."""
        channels: dict[str, list[MazeGrammar]] = defaultdict(list)
        for grammar in grammars:
            if not grammar.is_free:
                channels[grammar.channel].append(grammar)
        for channel, members in channels.items():
            spent = sum(grammar.spent_ns - grammar.told_ns for grammar in members)
            costs = [(grammar.tag, grammar.spent_ns / 1000) for grammar in members]
            self._outbox.send(channel, len(members), spent / 1e9, costs)
            for grammar in members:
                grammar.told_ns = grammar.spent_ns
