"""llama.cpp, built once on a machine and kept: its Python package comes as source only.

The build takes some minutes. The wheel is kept in the user's cache folder, so that
another environment on this machine takes it from there.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shlex
import shutil
import sys
from pathlib import Path

import platformdirs
from filelock import FileLock

from maze.cli.errors import CliError
from maze.cli.setup.installer import Installer
from maze.cli.setup.progress import Steps

_WHAT = "llama.cpp"


def _cores() -> int:
    """Those this process may use, which in a container are fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


# llama.cpp's helpers for its own programs (chat templates and the like) are half of all there is to
# compile, and its Python package asks for them in a way that no option can take back. A file that
# CMake includes as soon as the project begins can.
_WITHOUT_HELPERS = "set(LLAMA_BUILD_COMMON OFF)\n"


def install_llama(requirement: str, installer: Installer, steps: Steps) -> None:
    """Install llama.cpp's Python package; builds it unless this machine has before.

    Raises:
        CliError: there is no compiler, or the build failed.
    """
    folder = wheel_folder(requirement)
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        wheel = _wheel_in(folder)
        if wheel is None:
            _check_compiler()
            environment = _build_environment(folder)
            if not installer.is_pip:  # uv keeps what it builds by itself
                steps.run(f"{_WHAT} (compiling)", installer.install([requirement]), environment)
                return
            building = folder / "building"
            shutil.rmtree(building, ignore_errors=True)
            steps.run(
                f"{_WHAT} (compiling, some minutes)",
                installer.build_wheel(requirement, str(building)),
                environment,
            )
            built = _wheel_in(building)
            if built is None:
                raise CliError(f"{_WHAT}: the build left no wheel; see {steps.log_file}")
            wheel = folder / built.name
            built.replace(wheel)
    steps.run(_WHAT, installer.install([str(wheel)]))


def _build_environment(folder: Path) -> dict[str, str]:
    """Environment variables of a build that makes only the library; what a person set wins."""
    include = folder / "without_helpers.cmake"
    include.write_text(_WITHOUT_HELPERS, encoding="utf-8")
    arguments = ["-DLLAVA_BUILD=OFF", f"-DCMAKE_PROJECT_llama.cpp_INCLUDE={include}"]
    build = {"CMAKE_ARGS": shlex.join(arguments), "CMAKE_BUILD_PARALLEL_LEVEL": str(_cores())}
    return {name: os.environ.get(name, value) for name, value in build.items()}


def wheel_folder(requirement: str) -> Path:
    """Where the wheel for this machine is kept.

    The build uses all that this processor can do, so another kind of processor has another folder.
    """
    built_for = [requirement, sys.platform, platform.machine(), *platform.libc_ver(), _processor()]
    key = hashlib.sha256("\n".join(built_for).encode()).hexdigest()[:12]
    return platformdirs.user_cache_path("maze", appauthor=False) / "wheels" / key


def _processor() -> str:
    """The instructions this processor has, as Linux lists them; elsewhere its name."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith(("flags", "Features")):
                return " ".join(sorted(line.partition(":")[2].split()))
    except OSError:
        pass
    return platform.processor()


def _wheel_in(folder: Path) -> Path | None:
    return next(iter(sorted(folder.glob("*.whl"))), None)


def _check_compiler() -> None:
    if sys.platform == "win32" or os.environ.get("CXX"):
        return
    if not any(map(shutil.which, ("c++", "g++", "clang++"))):
        raise CliError(
            "llama.cpp is compiled on this machine, and there is no C++ compiler; "
            "install one (on Debian and Ubuntu: apt install build-essential) and run this again"
        )
