"""Words for the person at the terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console


def say(*things: Any, **options: Any) -> None:
    """Print with rich's markup, in lines as they come: what is copied from them must be whole."""
    Console(highlight=False, soft_wrap=True).print(*things, **options)
