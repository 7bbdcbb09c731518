"""Real source files: read from a list, and kept when the language's real parser accepts them."""

from __future__ import annotations

import codecs
import io
import random
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks._cli import BadArgument, CannotMeasure
from benchmarks.oracles import Oracle

_BATCH = 64


@dataclass(frozen=True)
class SourceFile:
    """A file that its language's real parser accepts."""

    path: Path
    data: bytes
    """As on disk."""
    text: str
    """As an editor holds it: decoded, without a byte-order mark, line ends untouched."""
    encoding: str

    def encode(self, text: str) -> bytes:
        """What the file would hold on disk with another text."""
        mark = codecs.BOM_UTF8 if self.data.startswith(codecs.BOM_UTF8) else b""
        return mark + text.encode(self.encoding, errors="replace")

    @property
    def utf8(self) -> bytes:
        """The bytes on disk; in UTF-8 where the file declares another encoding."""
        return self.data if self.encoding == "utf-8" else self.text.encode()


def read_list(listing: Path, limit: int | None = None, seed: int = 0) -> list[Path]:
    """The paths that a list names, one a line; at most `limit` of them, chosen at random.

    Raises:
        BadArgument: the list cannot be read or names nothing.
    """
    try:
        lines = listing.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadArgument(f"--files-from {listing} cannot be read: {error}") from None
    paths = [Path(line.strip()) for line in lines if line.strip()]
    if not paths:
        raise BadArgument(f"--files-from {listing} names no files.")
    if limit is not None and limit < len(paths):
        paths = sorted(random.Random(seed).sample(paths, limit))
    return paths


def valid_files(paths: list[Path], language: str, oracle: Oracle) -> Iterator[SourceFile]:
    """Those of the files that can be read and that the real parser accepts, in order."""
    for start in range(0, len(paths), _BATCH):
        found = [
            (path, data)
            for path in paths[start : start + _BATCH]
            if (data := _read(path)) is not None
        ]
        verdicts = oracle.accepts([data for _, data in found])
        for (path, data), accepted in zip(found, verdicts, strict=True):
            file = _decoded(path, data, language) if accepted else None
            if file is not None:
                yield file


def utf8_files_without_end(
    paths: list[Path], language: str, oracle: Oracle
) -> Iterator[SourceFile]:
    """The valid files in UTF-8, from the beginning again when they are through.

    Another encoding could not hold every changed text, which says nothing of its syntax.

    Raises:
        CannotMeasure: there is no such file.
    """
    while True:
        found = False
        for file in valid_files(paths, language, oracle):
            if file.encoding == "utf-8":
                found = True
                yield file
        if not found:
            raise CannotMeasure("none of the files can be read and is valid.")


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _coding_cookie(data: bytes) -> str:
    """The encoding that the first two lines of a Python file declare, else UTF-8."""
    declared, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return codecs.lookup(declared.removesuffix("-sig")).name


# How a file says what encoding it is in, for languages where it can; the others are UTF-8.
_DECLARED_ENCODING: dict[str, Callable[[bytes], str]] = {"python": _coding_cookie}


def _decoded(path: Path, data: bytes, language: str) -> SourceFile | None:
    declared = _DECLARED_ENCODING.get(language)
    try:
        encoding = declared(data) if declared else "utf-8"
        text = data.removeprefix(codecs.BOM_UTF8).decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError):
        return None
    return SourceFile(path, data, text, encoding)
