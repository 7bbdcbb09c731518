"""Pinned packages as raw files: download one archive, unpack what is wanted of it.

Used by `scripts/tools` and `scripts/corpora`. Only the ordinary clients (pip, npm, apt-get) talk to
registries, so a mirror or proxy that they are configured for is used here too.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

# Given a path inside an archive, tells whether that file is wanted.
Wanted = Callable[[str], bool]


class PackageError(Exception):
    """A package could not be had; the message is one sentence for a person."""


def everything(_: str) -> bool:
    """Want every file of an archive."""
    return True


def download_wheel(name: str, version: str, into: Path) -> Path:
    """The wheel of a package on the Python package index, without its dependencies."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "download"]
    _run([*pip, "--no-deps", "--only-binary", ":all:", f"{name}=={version}"], into)
    return _the_file(into, "*.whl", f"{name} {version}")


# pip asks a source archive's build backend for its metadata, though nothing is to be built; a real
# one may want a compiler and other registries. This one answers from what is known already.
_BACKEND = """
from pathlib import Path

def prepare_metadata_for_build_wheel(folder, config_settings=None):
    info = Path(folder) / "{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n")
    return info.name
"""


def download_source(name: str, version: str, backend: str, into: Path) -> Path:
    """The source archive of a package on the Python package index, whose build backend is named."""
    with tempfile.TemporaryDirectory() as folder:
        stand_in = Path(folder) / f"{backend}.py"
        stand_in.write_text(_BACKEND.format(name=name, version=version), encoding="utf-8")
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "download"]
        source = ["--no-deps", "--no-build-isolation", "--no-binary", name, f"{name}=={version}"]
        _run([*pip, *source], into, environment={**os.environ, "PYTHONPATH": folder})
    return _the_file(into, "*.tar.gz", f"{name} {version}")


def download_npm(name: str, version: str, into: Path) -> Path:
    """The tarball of an npm package; its files lie under `package/`."""
    _run(["npm", "pack", "--silent", f"{name}@{version}"], into)
    return _the_file(into, "*.tgz", f"{name} {version}")


def download_deb(name: str, into: Path) -> Path:
    """The Debian package of that name, in the version this system would install."""
    _run(["apt-get", "download", "-qq", name], into)
    return _the_file(into, "*.deb", name)


def unpack(archive: Path, into: Path, wanted: Wanted = everything) -> int:
    """Unpack the wanted files of a wheel, npm tarball or Debian package; returns how many."""
    if archive.suffix == ".whl":
        return _unpack_zip(archive, into, wanted)
    if archive.suffix == ".deb":
        with tempfile.TemporaryDirectory() as folder:
            plain = Path(folder) / "data.tar"
            with plain.open("wb") as out:
                _run(["dpkg-deb", "--fsys-tarfile", str(archive)], Path(folder), stdout=out)
            return _unpack_tar(plain, into, wanted)
    return _unpack_tar(archive, into, wanted)


@contextmanager
def installing(target: Path) -> Iterator[Path]:
    """A folder to fill that becomes `target` in one step, so half an install is never found."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as folder:
        filled = Path(folder) / "filled"
        filled.mkdir()
        yield filled
        shutil.rmtree(target, ignore_errors=True)
        filled.rename(target)


def _run(
    command: list[str],
    folder: Path,
    stdout: object = subprocess.PIPE,
    environment: Mapping[str, str] | None = None,
) -> None:
    if shutil.which(command[0]) is None:
        raise PackageError(f"{command[0]} is not installed; install it and run this again.")
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,  # type: ignore[call-overload]
    )
    if done.returncode != 0:
        reason = done.stderr.decode(errors="replace").strip().splitlines()
        said = reason[-1] if reason else "no message"
        raise PackageError(f"`{' '.join(command[-4:])}` failed: {said}")


def _the_file(folder: Path, pattern: str, what: str) -> Path:
    found = sorted(folder.glob(pattern))
    if not found:
        raise PackageError(f"{what}: the download left no {pattern} file.")
    return found[0]


def _unpack_zip(archive: Path, into: Path, wanted: Wanted) -> int:
    count = 0
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            if not member.is_dir() and wanted(member.filename):
                opened.extract(member, into)
                count += 1
    return count


def _unpack_tar(archive: Path, into: Path, wanted: Wanted) -> int:
    with tarfile.open(archive) as opened:
        members = [m for m in opened.getmembers() if m.isfile() and wanted(m.name)]
        opened.extractall(into, members=members, filter="data")
    return len(members)
