"""Words for the person at the terminal."""

from __future__ import annotations

import os
from typing import Any

from rich.console import Console

_UNBROKEN = 10_000


def console(**options: Any) -> Console:
    """Where to print; a file or a program gets its lines whole, as wide as they are."""
    made = Console(highlight=False, **options)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = _UNBROKEN
    return made


def say(*things: Any, markup: bool = False, **options: Any) -> None:
    """Print, in lines as they come: what is copied from them must be whole.

    Args:
        things: to print.
        markup: whether rich's is meant; in an address or a path, brackets are brackets.
        options: of `rich.console.Console.print`.
    """
    console(soft_wrap=True, markup=markup).print(*things, **options)
