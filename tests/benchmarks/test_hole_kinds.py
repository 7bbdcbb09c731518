"""Each kind of hole removes what it says, and nothing else."""

from __future__ import annotations

import random

import pytest

from benchmarks.hole_kinds import KINDS, Text, cut

PYTHON = '''\
"""Größe ☃"""
import os

def area(width, height):
    # in mm²
    size = width * height
    return size

class C:
    def m(self): return 1
'''
GO = """\
package p

// größe ☃
func Area(w, h int) int {
	size := w * h
	return size
}

func empty() {}
"""
ZIG = """\
//! größe ☃
const std = @import("std");

pub fn area(w: u32, h: u32) u32 {
    const size = w * h;
    return size;
}

test {
    _ = area(1, 2);
}
"""
TYPESCRIPT = """\
// größe ☃
export function area(w: number, h: number): number {
  const size = w * h;
  return size;
}

const double = (x: number) => x * 2;
class C { m() { return double(1); } }
"""
TEXTS = {"python": PYTHON, "go": GO, "zig": ZIG, "typescript": TYPESCRIPT}


def removed(kind: str, language: str, rounds: int = 80) -> set[str]:
    """What holes of a kind take out, over many seeds."""
    text = TEXTS[language]
    spans = set()
    for seed in range(rounds):
        hole = cut(kind, language, text, random.Random(seed))
        assert hole is not None
        assert hole.kind == kind
        taken = text[hole.start : hole.end]
        assert hole.prefix(text) + taken + hole.suffix(text) == text
        spans.add(taken)
    return spans


def test_bodies_are_whole_functions() -> None:
    assert removed("body", "python") == {
        "size = width * height\n    return size",
        "return 1",
    }
    assert removed("body", "go") == {"size := w * h\n\treturn size"}
    assert removed("body", "zig") == {"const size = w * h;\n    return size;"}
    assert removed("body", "typescript") == {
        "const size = w * h;\n  return size;",
        "return double(1);",
    }


@pytest.mark.parametrize("language", TEXTS)
def test_tokens_are_cut_inside(language: str) -> None:
    text = TEXTS[language]
    spans = Text(text, language).tokens
    for seed in range(80):
        hole = cut("token", language, text, random.Random(seed))
        assert hole is not None
        (whole,) = [(start, end) for start, end in spans if start < hole.start < end]
        assert hole.end == whole[1]


def test_tokens_after_other_alphabets_are_at_their_place() -> None:
    spans = Text(PYTHON, "python").tokens
    assert {"import", "area", "width", "return", "self"} <= {PYTHON[a:b] for a, b in spans}


@pytest.mark.parametrize("language", TEXTS)
def test_rest_of_a_line_ends_at_the_line_end(language: str) -> None:
    lines = TEXTS[language].splitlines()
    for taken in removed("line", language):
        assert taken
        assert any(line.endswith(taken) for line in lines)


@pytest.mark.parametrize("language", TEXTS)
def test_whole_lines_leave_at_most_their_indentation(language: str) -> None:
    text = TEXTS[language]
    for seed in range(80):
        hole = cut("lines", language, text, random.Random(seed))
        assert hole is not None
        before, after = hole.prefix(text), hole.suffix(text)
        assert before[before.rfind("\n") + 1 :].strip() == ""
        assert after == "" or after.startswith("\n")
        assert 1 <= len([line for line in text[hole.start : hole.end].split("\n") if line]) <= 5


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_file_has_no_holes(kind: str) -> None:
    assert cut(kind, "python", "", random.Random(0)) is None


def test_the_same_seed_cuts_the_same_hole() -> None:
    holes = {cut("line", "go", GO, random.Random(7)) for _ in range(5)}
    assert len(holes) == 1
