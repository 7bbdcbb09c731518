"""What of Maze goes into the image: the package as it is installed here, clone or wheel alike.

The distribution's metadata goes too, because that is where vLLM finds the plugin (an entry point
of the group `vllm.general_plugins`).
"""

from __future__ import annotations

import re
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING

import maze

if TYPE_CHECKING:
    import modal

ROOT = "/root"
"""Modal's own place for a user's modules, already on the path of what it starts."""

_IGNORED = ["**/__pycache__", "**/*.pyc"]


def requirements() -> list[str]:
    """What Maze needs beside vLLM, as the distribution says it.

    Of what the constraint reads grammars with, vLLM brings lark, regex, numpy and pydantic itself.
    """
    wanted = []
    for requirement in distribution("maze").requires or ():
        name, _, marker = requirement.partition(";")
        extra = re.search(r"extra\s*==\s*['\"]([\w-]+)['\"]", marker)
        if extra is None or extra[1] == "vllm":
            wanted.append(name.strip())
    return wanted


def added_to(image: modal.Image) -> modal.Image:
    """`image` with the package in it, mounted when a container starts: no rebuild after an edit."""
    source = Path(maze.__file__).parent
    image = image.add_local_dir(source, f"{ROOT}/maze", ignore=_IGNORED)
    grammars = source / "grammars"
    if not grammars.is_dir():  # a clone: the wheel's build puts them there
        clone = source.parents[1] / "grammars"
        image = image.add_local_dir(clone, f"{ROOT}/maze/grammars", ignore=_IGNORED)
    here = Path(__file__).parent
    image = image.add_local_dir(here, f"{ROOT}/modal_service", ignore=_IGNORED)
    for file in distribution("maze").files or ():
        if file.name in ("METADATA", "entry_points.txt") and file.parent.name.endswith("info"):
            path = Path(str(file.locate()))
            image = image.add_local_file(path, f"{ROOT}/{file.parent.name}/{file.name}")
    return image
