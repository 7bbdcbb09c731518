"""What the commands that ask an engine have in common."""

from __future__ import annotations

import sys
from collections.abc import Callable

from maze.cli.errors import CliError
from maze.cli.in_force import in_force
from maze.cli.place import Place
from maze.document import Document
from maze.settings import Settings


def user_settings_for(document: Document, place: Place) -> Settings:
    """The user's settings; what is wrong with them is said on stderr.

    Raises:
        CliError: the document has no language, or one that is switched off.
    """
    if document.language is None:
        raise CliError(f"{place.file}: {document.detection.reason}")
    settings = in_force().settings
    if reason := settings.why_not(document.detection):
        raise CliError(reason)
    return settings


class Starting:
    """Shows what an engine does that is starting, and says when another answers."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show

    def started(self, message: str) -> None:
        """It does what ``message`` says."""
        self._show(message)

    def ended(self, message: str) -> None:
        """Nothing to show."""

    def warn(self, message: str) -> None:
        """Another engine answers."""
        if message:
            print(f"maze: {message}", file=sys.stderr)
