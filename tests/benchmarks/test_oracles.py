"""The real parsers judge; every benchmark stands on their verdicts."""

from __future__ import annotations

import pytest

from benchmarks.oracles import OracleError, oracle_for
from benchmarks.oracles.base import Oracle
from benchmarks.oracles.python import PythonOracle, cpython_command, pyodide_command

VALID = {
    "python": [
        b"",
        b"x = 1",
        b"def f[T](x: T) -> T:\n    return x\n",
        b"type A[T] = list[T]\n",
        b'print(f"{\'nested\' + f"{x!r:>{width}}"}")\n',
        b"match x:\n    case [1, *_]:\n        pass\n",
        b"# coding: latin-1\ns = '\xe9'\n",
        b"\xef\xbb\xbfx = 1\r\n",
    ],
    "typescript": [
        b"",
        b"let x: number = 1",
        b"#!/usr/bin/env node\nexport {}\n",
        b"\xef\xbb\xbflet \xc3\xa9 = <T,>(x: T) => x satisfies T\r\n",
        b"@d class A { accessor #x = `${1}` }\n",
    ],
    "go": [
        b"package p",
        b"package p\n\nfunc f[T any](x T) T { return x }\n",
        b"package p\nfunc f() { for i := range 10 { defer g(i) } }\n",
    ],
    "zig": [
        b"",
        b"const a = 1;",
        b"fn f() !void {\n    const a, var b = g();\n    _ = a + b;\n}\n",
        b"\xef\xbb\xbfconst a   =   1;",
    ],
}
INVALID = {
    "python": [
        b"x =",
        b"if x:\npass\n",
        b"x = \0\n",
        b"s = '\xe9'\n",
        b"return = 1\n",
        b"(" * 400 + b")" * 400,
    ],
    "typescript": [
        b"let x =",
        b"a b",
        b"const s = '\xff'",
        b"function () {}",
        b"let x: A<B",
    ],
    "go": [
        b"",
        b"package",
        b"package p\nfunc f() { defer g }\n",
        b"package p\nvar x\xc2\xb3 = 1\n",
        b"x := 1\n",
        b'package p\nvar s = "\xff',
    ],
    "zig": [b"const", b"const a = b +c;", b"a: u8\nb: u8", b"/// a\n", b"// a\tb\n", b"\0"],
}


@pytest.fixture(scope="module", params=list(VALID))
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def oracle(language: str) -> Oracle:
    try:
        return oracle_for(language)
    except OracleError as error:
        pytest.skip(str(error))


def test_valid_files_are_accepted(oracle: Oracle, language: str) -> None:
    assert oracle.errors(VALID[language]) == [None] * len(VALID[language])


def test_invalid_files_are_rejected(oracle: Oracle, language: str) -> None:
    assert oracle.accepts(INVALID[language]) == [False] * len(INVALID[language])


def test_errors_belong_to_their_files(oracle: Oracle, language: str) -> None:
    """Long lists cross batches; each verdict must still be the one of its own file."""
    texts = [VALID[language][1], INVALID[language][1]] * 150 + [VALID[language][1]] * 7
    assert oracle.accepts(texts) == [True, False] * 150 + [True] * 7


def test_an_error_names_line_and_column(oracle: Oracle, language: str) -> None:
    (error,) = oracle.errors([INVALID[language][1]])
    assert error is not None
    line, column, message = error.split(":", 2)
    assert line.isdigit()
    assert column.strip("-").isdigit()
    assert message.strip()


def test_unknown_language_says_what_there_is() -> None:
    with pytest.raises(OracleError, match=r"cobol.*python, go"):
        oracle_for("cobol")


@pytest.mark.parametrize("command", [cpython_command, pyodide_command])
def test_both_pythons_judge_alike(command) -> None:  # type: ignore[no-untyped-def]
    argv = command()
    if argv is None:
        pytest.skip("not on this machine")
    with PythonOracle(argv) as oracle:
        assert all(oracle.accepts(VALID["python"]))
        assert not any(oracle.accepts(INVALID["python"]))


def test_a_dead_judge_is_started_again() -> None:
    with PythonOracle() as oracle:
        assert oracle._process is not None
        oracle._process.kill()
        oracle._process.wait()
        assert oracle.accepts([b"x = 1", b"x ="]) == [True, False]
