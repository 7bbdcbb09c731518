"""The settings that are in force, for every command."""

from __future__ import annotations

import sys

from maze import settings as user_settings


def in_force() -> user_settings.Loaded:
    """The settings; what is wrong with them is said on stderr."""
    loaded = user_settings.load()
    for problem in loaded.problems:
        print(f"maze: {problem}", file=sys.stderr)
    return loaded
