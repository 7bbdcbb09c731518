"""The case tables of all languages: the grammar's verdict, and the real parsers' where they are at hand."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.oracles import OracleError, oracle_for
from maze.grammar import load
from tests.grammar.texts import CASES, LANGUAGES
from tests.grammar.toys import lexemes

ACCEPTED_BY_GRAMMAR = {"ACCEPTED": True, "LOOSER": True, "REJECTED": False, "STRICTER": False}
ACCEPTED_BY_PARSER = {"ACCEPTED": True, "LOOSER": False, "REJECTED": False, "STRICTER": True}


def cases(language: str) -> Iterator[tuple[str, str, str, str]]:
    """Every case as (table, entry point, label, text)."""
    for table in ACCEPTED_BY_GRAMMAR:
        for entry, texts in getattr(CASES[language], table, {}).items():
            for label, text in texts.items():
                yield table, entry, label, text


VERDICTS = [
    pytest.param(
        language, entry, text, ACCEPTED_BY_GRAMMAR[table], id=f"{language}-{table}-{entry}-{label}"
    )
    for language in LANGUAGES
    for table, entry, label, text in cases(language)
]


@pytest.mark.parametrize(("language", "entry", "text", "accepted"), VERDICTS)
def test_grammar(language: str, entry: str, text: str, accepted: bool) -> None:
    failure = load(language).check(text.encode(), entry)
    assert (failure is None) == accepted, failure
    file = CASES[language].as_file(entry, text)
    failure = load(language).check(file.encode())
    assert (failure is None) == accepted, ("as a file", failure)


_PARSE_ALL = """
import ast, json, sys, warnings
warnings.simplefilter("ignore")
def accepts(text):
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True
print(json.dumps([accepts(text) for text in json.load(sys.stdin)]))
"""


def _python() -> str | None:
    installed = sorted(Path.home().glob(".pyenv/versions/3.13.*/bin/python3.13"))
    for python in (shutil.which("python3.13"), *map(str, installed)):
        if python and not subprocess.run([python, "-c", ""], capture_output=True).returncode:
            return python
    return None


def test_python_agrees() -> None:
    python = _python()
    if python is None:
        pytest.skip("the verdicts are those of Python 3.13, which is not here")
    rows = list(cases("python"))
    files = [CASES["python"].as_file(entry, text) for _, entry, _, text in rows]
    # `-X utf8`: what is piped is UTF-8 whatever the machine's locale.
    command = [python, "-X", "utf8", "-c", _PARSE_ALL]
    answer = subprocess.run(
        command, input=json.dumps(files).encode(), capture_output=True, check=True
    )
    verdicts = json.loads(answer.stdout)
    wrong = [
        (table, entry, label)
        for (table, entry, label, _), verdict in zip(rows, verdicts, strict=True)
        if verdict != ACCEPTED_BY_PARSER[table]
    ]
    assert wrong == []


def _gofmt() -> str | None:
    tools = Path(__file__).parents[2] / ".cache" / "tools"
    found = sorted(path for path in tools.glob("go-*/**/gofmt") if path.is_file())
    return str(found[-1]) if found else shutil.which("gofmt")


def test_gofmt_agrees(tmp_path: Path) -> None:
    gofmt = _gofmt()
    if gofmt is None:
        pytest.skip("gofmt is not here; scripts/tools fetches it")
    rows = list(cases("go"))
    for number, (_, entry, _, text) in enumerate(rows):
        (tmp_path / f"{number}.go").write_bytes(CASES["go"].as_file(entry, text).encode())
    # One run for all: every error of a file is told with the file's name.
    answer = subprocess.run([gofmt, "-e", "-l", "."], cwd=tmp_path, capture_output=True)
    failing = {line.split(b":")[0] for line in answer.stderr.splitlines()}
    wrong = []
    for number, (table, entry, label, text) in enumerate(rows):
        accepted = f"{number}.go".encode() not in failing
        if accepted != ACCEPTED_BY_PARSER[table] and "//line" not in text and "/*line" not in text:
            wrong.append((table, entry, label))
    assert wrong == []


@pytest.mark.parametrize("language", ["zig", "rust", "typescript", "tsx", "javascript"])
def test_the_real_parser_agrees(language: str) -> None:
    try:
        oracle = oracle_for(language)
    except OracleError as error:
        pytest.skip(str(error))
    rows = list(cases(language))
    files = [CASES[language].as_file(entry, text).encode() for _, entry, _, text in rows]
    with oracle:
        verdicts = oracle.accepts(files)
    wrong = [
        (table, entry, label)
        for (table, entry, label, _), verdict in zip(rows, verdicts, strict=True)
        if verdict != ACCEPTED_BY_PARSER[table]
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_case_is_empty_by_accident(language: str) -> None:
    assert sum(1 for _ in cases(language)) > 200
    assert lexemes(load(language), b"") is not None
