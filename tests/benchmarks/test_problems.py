"""Problems in the published formats become holes, and programs that test what fills them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from benchmarks._cli import BadArgument
from benchmarks.problems import Problem, read_problems
from benchmarks.sandbox import passes, runner_for

HUMAN_EVAL = {
    "task_id": "HumanEval/x",
    "prompt": 'def double(n):\n    """ Twice n """\n',
    "entry_point": "double",
    "canonical_solution": "    return 2 * n\n",
    "test": "def check(candidate):\n    assert candidate(2) == 4\n",
}
INFILLING = {
    **HUMAN_EVAL,
    "task_id": "SingleLineInfilling/x",
    "prompt": "def double(n):\n",
    "suffix": "    return m\n",
}
MBPP = {
    "task_id": 1,
    "text": "Write a function to double a number.",
    "code": "def double(n): return 2 * n",
    "test_list": ["assert double(2) == 4"],
    "test_setup_code": "",
}
MULTIPL_E = {
    "name": "HumanEval_x_double",
    "language": "go_test.go",
    "prompt": 'package p_test\n\nimport "testing"\n\nfunc double(n int) int {\n',
    "tests": "func TestDouble(t *testing.T) {\n\tif double(2) != 4 {\n\t\tt.Error()\n\t}\n}\n",
    "stop_tokens": ["\nfunc"],
}
RIGHT = {
    "human-eval": (HUMAN_EVAL, "    return 2 * n"),
    "infilling": (INFILLING, "    m = n * 2"),
    "mbpp": (MBPP, "def double(n):\n    return n + n\n"),
    "multipl-e": (MULTIPL_E, "\treturn n + n\n"),
}


def problem(record: dict[str, object], tmp_path: Path) -> Problem:
    """The one problem of a file with this record."""
    path = tmp_path / "data.jsonl"
    path.write_text(json.dumps(record) + "\n")
    (read,) = read_problems(path)
    return read


@pytest.mark.parametrize(("record", "solution"), RIGHT.values(), ids=RIGHT)
def test_right_solutions_pass_and_others_do_not(
    record: dict[str, object], solution: str, tmp_path: Path
) -> None:
    read = problem(record, tmp_path)
    if runner_for(read.language) is None:
        pytest.skip("Go is not installed: run scripts/tools --toolchains")
    assert passes(read.language, read.program(solution))
    assert not passes(read.language, read.program(solution.replace("n", "(n + 1)", 2)))


def test_packed_files_and_limits(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl.gz"
    path.write_bytes(gzip.compress((json.dumps(HUMAN_EVAL) + "\n").encode() * 3))
    assert [read.name for read in read_problems(path, limit=2)] == ["HumanEval/x"] * 2


@pytest.mark.parametrize("content", ["", "{}\n", "not JSON\n"])
def test_unreadable_data_is_a_bad_argument(content: str, tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text(content)
    with pytest.raises(BadArgument, match="--data"):
        read_problems(path)


def test_a_solution_is_cut_where_it_ends(tmp_path: Path) -> None:
    read = problem(HUMAN_EVAL, tmp_path)
    assert read.cut("    return 1\n\nx = 2\ndef g():\n") == "    return 1\n\nx = 2"
    assert read.cut("    return 1") == "    return 1"


@pytest.mark.parametrize(
    "program", ["import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "x = 'a' * (8 << 30)"]
)
def test_programs_out_of_bounds_do_not_pass(program: str) -> None:
    assert not passes("python", program)
