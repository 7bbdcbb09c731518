"""An engine process with the toy engine: what `python -m maze.engine` is with the real one.

The environment variable TOY_LOAD says how loading goes: fine, slow, fails, or crashes.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from engine.toys import ToyEngine, ToyModel, writes
from maze.engine.embedded import Status
from maze.engine.server import serve
from maze.engine.settings import SETTINGS_VARIABLE, EngineSettings


def load() -> Status:
    how = os.environ.get("TOY_LOAD", "fine")
    if how == "slow":
        for share in (20, 60):
            engine.status = Status("loading", f"loading toy ({share}%)")
            time.sleep(0.5)
    if how == "fails":
        return Status("failed", "the toy is broken; mend it")
    if how == "crashes":
        os.abort()
    if how == "hangs":
        time.sleep(60)
    return Status("ready", "ready")


if os.environ.get("TOY_LOAD") == "dies":
    sys.exit("Traceback (most recent call last):\nImportError: no such thing")
engine = ToyEngine(ToyModel(writes("f(foo)\n")), load)
with open(os.environ["TOY_STARTS"], "a") as starts:
    starts.write(f"{os.getpid()}\n")
sys.exit(serve(EngineSettings.from_json(os.environ.pop(SETTINGS_VARIABLE)), engine))
