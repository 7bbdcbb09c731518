"""pip or uv, whichever this Python environment is kept with."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Sequence

import attrs

from maze.cli.errors import CliError


@attrs.frozen
class Installer:
    """Makes the commands that install into the Python that runs now.

    Attributes:
        command: how commands begin.
        is_pip: whether it can also build a wheel to keep.
    """

    command: tuple[str, ...]
    is_pip: bool

    def install(self, requirements: Sequence[str], dependencies: bool = True) -> list[str]:
        """The command that installs `requirements`."""
        options = [] if dependencies else ["--no-deps"]
        if not self.is_pip:
            options += ["--python", sys.executable]
        return [*self.command, "install", *options, *requirements]

    def build_wheel(self, requirement: str, folder: str) -> list[str]:
        """The command that builds the wheel of one package into `folder`, telling all it does."""
        assert self.is_pip
        # The build, once it is done, is kept by us; without pip's own cache it is surely a new one.
        options = ["--verbose", "--no-cache-dir", "--no-deps", "--wheel-dir", folder]
        return [*self.command, "wheel", *options, requirement]


def find_installer() -> Installer:
    """What installs into the Python that runs now.

    Raises:
        CliError: there is neither pip nor uv.
    """
    if importlib.util.find_spec("pip") is not None:
        # -P: nothing in the current folder may pass for a module.
        pip = (sys.executable, "-P", "-m", "pip", "--disable-pip-version-check", "--no-input")
        return Installer(pip, is_pip=True)
    uv = shutil.which("uv")
    if uv is not None:
        return Installer((uv, "pip"), is_pip=False)
    raise CliError(
        f"neither pip nor uv can install into {sys.prefix}; "
        f"run `{sys.executable} -m ensurepip` and then this again"
    )
