"""The embedded engine as a child process of the launcher.

Its settings come through the environment, because they hold the key: command lines are public.
"""

from __future__ import annotations

import logging
import os
import sys

from maze.engine.settings import SETTINGS_VARIABLE, EngineSettings


def main() -> int:
    text = os.environ.pop(SETTINGS_VARIABLE, None)
    if text is None:
        print("maze engine: run `maze engine` instead", file=sys.stderr)
        return 2
    logging.basicConfig(format="%(asctime)s %(name)s: %(message)s", level=logging.INFO)
    from maze.engine.server import serve

    return serve(EngineSettings.from_json(text))


if __name__ == "__main__":
    sys.exit(main())
