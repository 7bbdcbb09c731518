"""How a peer's script takes its job and reports: JSON events, one a line on stdout.

    {"setup_s": 1.3}                  once, when the grammar is ready
    {"mask_us": 65.0}                 per token: the time of the mask
    {"place": "finished"}             per place: all its real tokens were allowed
    {"place": "refused", …}           … one was not, or the text before the cursor was not
    {"place": "stopped", "message"}   … the engine gave up
    {"outcome": "finished"}           at the end, or why there is no measurement

Standard library only: the peer may live in an environment of its own.
"""

from __future__ import annotations

import json
import sys
import time
from abc import ABC, abstractmethod
from typing import Any

# Where the real text of a place is refused, so many tokens from its file's start are tried.
_FROM_THE_START = 64


class Stopped(Exception):
    """The engine gave up in this place; the message is its own."""


class Refused(Exception):
    """The engine holds the real text of this place for invalid."""


class Peer(ABC):
    """One engine at work. `begin`, `fill` and `accept` may raise `Stopped` or `Refused`."""

    @abstractmethod
    def __init__(self, job: dict[str, Any]) -> None:
        """Compile the grammar for the tokenizer.

        Raises:
            Stopped: the engine cannot take the grammar at all.
        """

    @abstractmethod
    def begin(self, prefix: list[int]) -> None:
        """Start anew and read the tokens before the cursor."""

    @abstractmethod
    def fill(self) -> None:
        """Compute the mask of next tokens: the timed step."""

    @abstractmethod
    def allows(self, token: int) -> bool:
        """Whether the mask just computed holds a token."""

    @abstractmethod
    def accept(self, token: int) -> None:
        """Go on by a token that was allowed."""


def serve(make: type[Peer]) -> None:
    """Run the job named on the command line."""
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    began = time.perf_counter()
    try:
        peer = make(job)
    except Stopped as stopped:
        _report(outcome=str(stopped))
        return
    _report(setup_s=round(time.perf_counter() - began, 3))
    for case in job["cases"]:
        _run(peer, case["prefix"], case["tokens"])
    _report(outcome="finished")


def _run(peer: Peer, prefix: list[int], tokens: list[int]) -> None:
    try:
        peer.begin(prefix)
        _measure(peer, tokens)
    except Stopped as stopped:
        _report(place="stopped", message=str(stopped))
    except Refused as refused:
        _report(place="refused", message=str(refused))
    else:
        _report(place="finished")
        return
    # Masks can still be measured at the beginning of the file, as far as it is understood there.
    try:
        peer.begin([])
        _measure(peer, prefix[:_FROM_THE_START])
    except (Stopped, Refused):
        pass


def _measure(peer: Peer, tokens: list[int]) -> None:
    for token in tokens:
        began = time.perf_counter_ns()
        peer.fill()
        mask_us = (time.perf_counter_ns() - began) / 1e3
        _report(mask_us=round(mask_us, 1))
        if not peer.allows(token):
            raise Refused
        peer.accept(token)


def _report(**event: object) -> None:
    print(json.dumps(event), flush=True)
