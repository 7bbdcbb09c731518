"""`maze setup`: installs the embedded engine and its model into the Python it runs in.

`pip install 'maze[local]'` alone can not: see `parts`.
"""

from __future__ import annotations

import shlex

from maze.cli.setup.installer import find_installer
from maze.cli.setup.llama import install_llama
from maze.cli.setup.parts import APART, llama_requirement, missing_parts, ordinary_requirements
from maze.cli.setup.progress import Steps


def run(dry_run: bool = False) -> None:
    """Install what is missing, and say what is done.

    Raises:
        CliError: a part could not be installed.
    """
    installer = find_installer()
    ordinary, llama = ordinary_requirements(), llama_requirement()
    if dry_run:
        for command in (
            installer.install(ordinary),
            installer.install([*APART], dependencies=False),
            installer.install([llama]),
        ):
            print(shlex.join(command))
        return
    missing = missing_parts()
    if not missing:
        print("maze setup: everything is installed already")
        return
    with Steps() as steps:
        libraries = [part for part in missing if part in ordinary]
        apart = [part for part in missing if part in APART]
        if libraries:
            steps.run("libraries", installer.install(libraries))
        if apart:
            steps.run("grammar engine and model", installer.install(apart, dependencies=False))
        if llama in missing:
            install_llama(llama, installer, steps)
    print("maze setup: done; the embedded engine starts by itself when it is needed")
