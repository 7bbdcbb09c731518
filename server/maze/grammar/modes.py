"""Lexer modes: text that is lexed differently inside a construct.

A lexer is always in one mode and keeps a stack of modes to come back to. A mode has a DFA of its
own, or shares that of another mode and differs in what a few terminals do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MAIN = "main"


@dataclass(frozen=True)
class Push:
    """Enter `mode`; a later pop comes back to the mode left."""

    mode: str


@dataclass(frozen=True)
class Go:
    """Enter `mode` without coming back."""

    mode: str


@dataclass(frozen=True)
class Pop:
    """Come back to the mode that was left last."""


Switch = Push | Go | Pop


@dataclass(frozen=True)
class Mode:
    """What is lexed in a mode, and what leaves it.

    Attributes:
        terminals: names of the lexical terminals recognised here; empty: those of `MAIN`.
        switches: terminal name → what recognising it does to the stack of modes.
        eager: single characters that are, at the start of a lexeme, always these
            terminals, whatever longer terminal begins with them.
    """

    terminals: tuple[str, ...] = ()
    switches: Mapping[str, Switch] = field(default_factory=dict)
    eager: Mapping[str, str] = field(default_factory=dict)


def parser_terminal(name: str) -> str:
    """The terminal that a lexical variant `TERMINAL__MODE` is to the parser."""
    head, separator, _ = name.rpartition("__")
    return head if separator and head else name
