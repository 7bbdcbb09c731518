"""`maze engine`."""

from __future__ import annotations

import logging
import os
import sys

import attrs

from maze.cli.errors import CliError
from maze.cli.grammar import known
from maze.engine import auth
from maze.engine.launcher import missing_extra
from maze.engine.settings import EngineSettings


def serve(settings: EngineSettings, key_env: str | None) -> int:
    """Serve the embedded engine until it is stopped.

    Args:
        settings: all but the key.
        key_env: the environment variable that holds the key; one is made when it is not set.
            None serves without a key.

    Returns:
        The exit status.

    Raises:
        CliError: a part of Maze is missing, there is no such language to prepare, or `key_env` is
            no name.
    """
    if (missing := missing_extra()) is not None:
        raise CliError(missing)
    for language in settings.prepare:
        known(language)
    key = None
    if key_env is not None:
        if not key_env.strip():
            raise CliError(
                "--key-env takes the name of an environment variable, such as MAZE_API_KEY; "
                "--no-key serves this machine without a key"
            )
        key = os.environ.get(key_env)
        if not key:
            key = auth.new_key()
            print(f"maze engine: the key is {key} (set {key_env} to choose it)", file=sys.stderr)
    logging.basicConfig(format="%(asctime)s %(name)s: %(message)s", level=logging.INFO)
    from maze.engine import server

    return server.serve(attrs.evolve(settings, key=key))
