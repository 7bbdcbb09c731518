"""Programming problems in the formats they are published in, as holes with tests.

HumanEval            the body of a Python function (github.com/openai/human-eval)
single-line infill   one line inside such a body (github.com/openai/human-eval-infilling)
MBPP                 a Python function from a sentence and three assertions (Austin et al. 2021)
MultiPL-E            the body of a function in another language (github.com/nuprl/MultiPL-E)
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks._cli import BadArgument

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Problem:
    """One problem.

    Attributes:
        name: as the data set calls it.
        language: as the grammars call it.
        prefix: the text before the cursor.
        suffix: the text after the cursor.
        tests: what is put behind the joined text to make a program that tests it.
        stop: texts at which a solution ends, where the model does not end it by itself.
        mode: where a constrained solution ends; None leaves it to the language server.
    """

    name: str
    language: str
    prefix: str
    suffix: str
    tests: str
    stop: tuple[str, ...]
    mode: str | None = None

    def cut(self, text: str) -> str:
        """A solution up to the first of the texts at which it ends."""
        return text[
            : min((at for stop in self.stop if (at := text.find(stop)) >= 0), default=len(text))
        ]

    def joined(self, solution: str) -> str:
        """The text with the solution in its place."""
        return self.prefix + solution + self.suffix

    def program(self, solution: str) -> str:
        """The program that fails unless the solution is right."""
        return f"{self.joined(solution)}\n{self.tests}\n"


# As in the evaluation of Codex (Chen et al. 2021, section 2.3): what cannot belong to the body.
_AFTER_A_FUNCTION = ("\nclass", "\ndef", "\n#", "\nif", "\nprint", "\nassert", "\n@")
_AFTER_A_SCRIPT = ("\nassert", "\nprint", "\nclass", '\n"""', "\nif __name__", "\n# Test")

# MultiPL-E's names of languages. Its prompts end with an opening brace, which an editor closes.
_MULTIPL_E = {"py": ("python", ""), "go_test.go": ("go", "}\n")}


def read_problems(path: Path, limit: int | None = None) -> list[Problem]:
    """The problems in a .jsonl or .jsonl.gz file, in their order.

    Raises:
        BadArgument: the file cannot be read, or holds problems of no known kind.
    """
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8") as lines:
            records = [json.loads(line) for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        raise BadArgument(f"--data {path} cannot be read: {error}") from None
    if not records:
        raise BadArgument(f"--data {path} holds no problems.")
    return [_problem(record, path) for record in records[:limit]]


def _problem(record: Record, path: Path) -> Problem:
    for key, read in _KINDS:
        if key in record:
            return read(record)
    raise BadArgument(f"--data {path} holds no problems of a known kind.")


def _infilling(record: Record) -> Problem:
    return Problem(
        name=record["task_id"],
        language="python",
        prefix=record["prompt"],
        # The missing line is an empty one, as in an editor, where the data set has none.
        suffix="\n" + record["suffix"],
        tests=_check(record),
        stop=("\n",),
    )


def _human_eval(record: Record) -> Problem:
    return Problem(
        name=record["task_id"],
        language="python",
        prefix=record["prompt"],
        suffix="",
        tests=_check(record),
        stop=_AFTER_A_FUNCTION,
    )


def _mbpp(record: Record) -> Problem:
    assertions = "\n".join(record["test_list"])
    return Problem(
        name=f"MBPP/{record['task_id']}",
        language="python",
        prefix=f'"""\n{record["text"]}\n{assertions}\n"""\n',
        suffix="",
        tests=f"{record.get('test_setup_code', '')}\n{assertions}",
        stop=_AFTER_A_SCRIPT,
        mode="free",
    )


def _multipl_e(record: Record) -> Problem:
    if record["language"] not in _MULTIPL_E:
        known = ", ".join(_MULTIPL_E)
        raise BadArgument(f"--data holds problems in {record['language']}; known are {known}.")
    language, suffix = _MULTIPL_E[record["language"]]
    return Problem(
        name=record["name"],
        language=language,
        prefix=record["prompt"],
        suffix=suffix,
        tests=record["tests"],
        stop=("\n}", *record["stop_tokens"]) if suffix else tuple(record["stop_tokens"]),
    )


def _check(record: Record) -> str:
    return f"{record['test']}\ncheck({record['entry_point']})"


# Told apart by a field that no earlier kind has.
_KINDS: tuple[tuple[str, Callable[[Record], Problem]], ...] = (
    ("test_list", _mbpp),
    ("stop_tokens", _multipl_e),
    ("suffix", _infilling),
    ("entry_point", _human_eval),
)
