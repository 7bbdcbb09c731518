"""Every command prints one JSON object as its last line, with the keys that are promised."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.oracles import OracleError, oracle_for
from benchmarks.paths import REPOSITORY
from benchmarks.tools import QWEN3_TOKENIZER

PYTHON = '''\
"""A module."""

import os


def area(width, height):
    size = width * height
    return size


class Box:
    def __init__(self, sides):
        self.sides = [int(side) for side in sides if side]

    def path(self):
        return os.path.join("boxes", f"{self.sides!r}.txt")
'''
GO = """\
package p

import "fmt"

// Area is width times height.
func Area(width, height int) int {
	size := width * height
	return size
}

func main() {
	for i := range 10 {
		fmt.Println(Area(i, 2), []string{"a", "b"})
	}
}
"""
ZIG = """\
const std = @import("std");

/// Area is width times height.
pub fn area(width: u32, height: u32) u32 {
    const size = width * height;
    return size;
}

pub fn main() !void {
    for (0..10) |i| {
        std.debug.print("{d}\\n", .{area(@intCast(i), 2)});
    }
}
"""
TYPESCRIPT = """\
import { join } from "path";

export const area = (width: number, height: number): number => width * height;

export class Box<T extends object> {
  constructor(private readonly items: T[] = []) {}

  get size() {
    return this.items.length
  }
}
"""
SOURCES = {
    "python": ("box.py", PYTHON, "x = = 1\n"),
    "go": ("box.go", GO, "package p\nfunc {\n"),
    "zig": ("box.zig", ZIG, "fn {\n"),
    "typescript": ("box.ts", TYPESCRIPT, "let x = = 1;\n"),
}


@pytest.fixture(params=SOURCES)
def language(request: pytest.FixtureRequest) -> str:
    try:
        oracle_for(request.param).close()
    except OracleError as error:
        pytest.skip(str(error))
    return str(request.param)


@pytest.fixture
def listing(language: str, tmp_path: Path) -> Path:
    """A list of one valid file, one invalid one and one that is not there."""
    name, valid, invalid = SOURCES[language]
    (tmp_path / name).write_text(valid)
    (tmp_path / f"invalid_{name}").write_text(invalid)
    listing = tmp_path / "files.txt"
    names = (name, f"invalid_{name}", "missing.py")
    listing.write_text("".join(f"{tmp_path / name}\n" for name in names))
    return listing


def run(command: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a benchmark's command line from the repository's top."""
    return subprocess.run(
        [sys.executable, "-m", f"benchmarks.{command}", *map(str, arguments)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def report(command: str, *arguments: object) -> dict[str, object]:
    """The JSON object that a command prints last."""
    done = run(command, *arguments)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(found, dict)
    return found


def test_coverage(language: str, listing: Path) -> None:
    found = report("coverage", "--language", language, "--files-from", listing)
    assert found.keys() >= {"language", "files", "accepted", "rate", "mb_per_s", "rejected"}
    assert (found["files"], found["accepted"], found["rejected"]) == (1, 1, [])


@pytest.mark.slow
def test_holes_with_the_worst_model(language: str, listing: Path, tmp_path: Path) -> None:
    failures = tmp_path / "failures.json"
    found = report(
        *("holes", "--language", language, "--files-from", listing, "--holes", 16),
        *("--engine", "random", "--failures", failures),
    )
    promised = {"language", "engine", "holes", "offered", "joined", "join_rate", "offer_rate"}
    assert found.keys() >= promised | {"fallbacks", "tokens", "constraint_us_per_token"}
    assert found["holes"] == 16
    assert found["offered"] == found["joined"], failures.read_text()
    assert json.loads(failures.read_text())["failures"] == []


def test_mutations(language: str, listing: Path) -> None:
    found = report("mutations", "--language", language, "--files-from", listing, "--mutations", 40)
    assert found.keys() >= {"language", "mutations", "rejected", "rate", "kinds", "accepted"}
    assert (found["mutations"], found["rejected"], found["accepted"]) == (40, 40, [])
    kinds = found["kinds"]
    assert isinstance(kinds, dict)
    assert len(kinds) > 10
    assert sum(kind["mutations"] for kind in kinds.values()) == 40


def test_latency(language: str, listing: Path) -> None:
    found = report("latency", "--language", language, "--files-from", listing, "--keystrokes", 20)
    assert found.keys() >= {"keystrokes", "request_ms", "cached_ms", "memory_mb"}
    for times in (found["request_ms"], found["cached_ms"]):
        assert isinstance(times, dict)
        assert times.keys() >= {"p50", "p95", "p99"}


@pytest.mark.slow
@pytest.mark.parametrize("language", ["go"], indirect=True)  # the cold tables of one are enough
def test_overhead(language: str, listing: Path) -> None:
    if not QWEN3_TOKENIZER.is_file():
        pytest.skip("Qwen3's tokenizer is not installed: run scripts/tools")
    found = report(
        *("overhead", "--language", language, "--files-from", listing),
        *("--tokenizer", QWEN3_TOKENIZER, "--tokens", 40),
    )
    assert found["vocab"] == 151_669
    assert found["tokens"] == 40
    assert found["real_tokens_refused"] == 0
    assert found.keys() >= {"mask_us", "accept_us", "prefix_mb_per_s", "memory_mb"}
    assert found.keys() >= {"setup_cold_s", "setup_warm_s"}


def test_agreement_on_sentences_of_the_grammar(language: str) -> None:
    found = report("agreement", "--language", language, "--rounds", 512)
    assert found["both_accept"] != 0
    assert found["accepted_wrongly"] == []


BAD = {
    "an unknown language": ("--language", "cobol", "--files-from", "files.txt"),
    "a list that is not there": ("--language", "go", "--files-from", "nowhere.txt"),
    "no list": ("--language", "go"),
    "no holes": ("--language", "go", "--files-from", "files.txt", "--holes", "0"),
}


@pytest.mark.parametrize("arguments", BAD.values(), ids=BAD)
def test_bad_arguments_end_in_one_sentence(arguments: tuple[str, ...]) -> None:
    done = run("holes", *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "error:" in done.stderr.splitlines()[-1]


def test_nothing_to_measure_says_so(language: str, tmp_path: Path) -> None:
    listing = tmp_path / "files.txt"
    listing.write_text("missing.py\n")
    done = run("coverage", "--language", language, "--files-from", listing)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "none of the files" in done.stderr
