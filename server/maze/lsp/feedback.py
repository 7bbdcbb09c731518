"""What became of suggestions, as the editor tells. It is counted on this machine and goes nowhere."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Callable, Mapping

from lsprotocol import types

from maze.lsp.counters import Counters

ACCEPTED = "maze.accepted"
FEEDBACK = "maze/feedback"

_MOST_KEPT = 500


class Feedback:
    """Knows the newest suggestions by their ids.

    Args:
        counters: gives the counters of the moment.
    """

    def __init__(self, counters: Callable[[], Counters]) -> None:
        self._counters = counters
        self._numbers = itertools.count(1)
        self._chars: OrderedDict[str, int] = OrderedDict()
        self._partly: dict[str, int] = {}

    def command(self, text: str) -> types.Command:
        """What an editor is to run when it accepts ``text`` as a whole."""
        id = str(next(self._numbers))
        self._chars[id] = len(text)
        if len(self._chars) > _MOST_KEPT:
            old, _ = self._chars.popitem(last=False)
            self._partly.pop(old, None)
        return types.Command("Suggestion accepted", ACCEPTED, arguments=[id])

    def accepted(self, id: str) -> None:
        """The whole suggestion was accepted; what nobody knows is not counted, and nothing twice."""
        chars = self._chars.pop(id, None)
        if chars is not None:
            self._counters().accepted += 1
            self._counters().accepted_chars += max(chars - self._partly.pop(id, 0), 0)

    def told(self, params: object) -> None:
        """A `maze/feedback` notification; one that makes no sense is passed over."""
        id, kind, chars = (_member(params, name) for name in ("id", "kind", "chars"))
        if not isinstance(id, str) or id not in self._chars:
            return
        counters = self._counters()
        if kind == "shown":
            counters.shown += 1
        elif kind == "dismissed":
            counters.dismissed += 1
            self._chars.pop(id)
            self._partly.pop(id, None)
        elif kind == "partly" and isinstance(chars, int):
            before = self._partly.get(id, 0)
            counters.partly += before == 0
            self._partly[id] = max(before, min(chars, self._chars[id]))
            counters.accepted_chars += self._partly[id] - before


def _member(params: object, name: str) -> object:
    if isinstance(params, Mapping):
        return params.get(name)
    return getattr(params, name, None)
