"""Real texts of each language: files of the corpora, or what every machine has."""

from __future__ import annotations

import random
import sysconfig
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.grammar import (
    go_cases,
    javascript_cases,
    python_cases,
    rust_cases,
    tsx_cases,
    typescript_cases,
    zig_cases,
)

CORPORA = Path(__file__).parents[2] / ".cache" / "corpora"
CASES = {
    "python": python_cases,
    "go": go_cases,
    "zig": zig_cases,
    "rust": rust_cases,
    "typescript": typescript_cases,
    "tsx": tsx_cases,
    "javascript": javascript_cases,
}
LANGUAGES = tuple(CASES)
# Masks are compared token by token, which takes long: JavaScript's lexer and rules are a part of TSX's.
COMPARED = tuple(language for language in LANGUAGES if language != "javascript")

_LARGEST_FILE_BYTES = 24_000


@dataclass(frozen=True)
class Text:
    """A text the grammar accepts.

    Attributes:
        name: where it is from.
        entry: the entry point to parse it from.
        data: its bytes.
    """

    name: str
    entry: str
    data: bytes


@cache
def real_files(language: str, count: int) -> tuple[Text, ...]:
    """`count` files of moderate size, the same ones every time; fewer where there are fewer."""
    listing = CORPORA / f"{language}.txt"
    if listing.exists():
        paths = [Path(line) for line in listing.read_text(encoding="utf-8").splitlines() if line]
    elif language == "python":
        paths = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    else:
        paths = []
    random.Random(7).shuffle(paths)
    found: list[Text] = []
    for path in paths:
        if len(found) == count:
            break
        if path.exists() and path.stat().st_size <= _LARGEST_FILE_BYTES:
            found.append(Text(path.name, "file", path.read_bytes()))
    return tuple(found)


@cache
def accepted_cases(language: str) -> tuple[Text, ...]:
    """The texts of the language's case table that the grammar accepts."""
    return tuple(
        Text(label, entry, text.encode())
        for entry, texts in CASES[language].ACCEPTED.items()
        for label, text in texts.items()
    )
