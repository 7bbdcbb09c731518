"""What every oracle is: a judge of whole files, given as bytes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class OracleError(Exception):
    """The real parser is missing or does not work; the message is one sentence for a person."""


class Oracle(ABC):
    """A real parser."""

    name: str
    """The parser and its version, e.g. `CPython 3.13.0`."""

    @abstractmethod
    def errors(self, texts: list[bytes]) -> list[str | None]:
        """For each file its first error as the parser words it; None where the file is valid.

        Raises:
            OracleError: the parser itself failed.
        """

    def accepts(self, texts: list[bytes]) -> list[bool]:
        """For each file whether it is valid."""
        return [error is None for error in self.errors(texts)]

    def close(self) -> None:
        """End the parser's process, if it has one."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
