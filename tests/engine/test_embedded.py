"""The embedded engine as users get it: its own process, the real model, the real constraint."""

from __future__ import annotations

import ast
import asyncio

import pytest

from maze.engine.client import EngineClient
from maze.engine.errors import EngineRejected
from maze.engine.launcher import Endpoint, Launcher, LauncherSettings, missing_extra
from maze.engine.protocol import ENTRIES, MODES, CompletionRequest, MazeRequest, Scope

pytestmark = [
    pytest.mark.local,
    pytest.mark.skipif(missing_extra() is not None, reason=str(missing_extra())),
]


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory):
    directory = tmp_path_factory.mktemp("engine")
    launcher = Launcher(
        LauncherSettings(
            directory=directory, log_directory=directory, idle_stop_s=120, prepare=("python",)
        )
    )
    yield asyncio.run(launcher.ensure())
    assert asyncio.run(launcher.stop())
    log = launcher.log_file.read_text()
    assert "def read" not in log and "Traceback" not in log, log


def ask(endpoint: Endpoint, request: CompletionRequest):
    async def run():
        async with EngineClient(endpoint.url, endpoint.key) as client:
            return await client.complete(request)

    return asyncio.run(run())


HOLES = {
    "mid-expression": ("import os\n\ndef read(path):\n    return os.path.join(", ")\n"),
    "mid-identifier": ("import sys\n\nprint(sys.ar", ")\n"),
    "end of line": ("def add(a, b):\n    return a", "\n\nprint(add(1, 2))\n"),
    "empty body": ("def add(a, b):\n    ", "\n\nprint(add(1, 2))\n"),
    "unfinished call": ("for i in range(", ":\n    print(i)\n"),
    "inside a string": ("name = 'wor", "'\nprint(name)\n"),
    "empty file": ("", ""),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("prefix", "suffix"), HOLES.values(), ids=HOLES.keys())
def test_what_is_offered_parses_in_place(endpoint, prefix, suffix, mode):
    maze = MazeRequest("python", prefix, suffix, mode=mode)
    [suggestion] = ask(endpoint, CompletionRequest(prefix, maze, max_tokens=24))
    assert suggestion.outcome.level == "file"
    if suggestion.text:
        ast.parse(prefix + suggestion.text + suffix)
        assert suggestion.outcome.joined


def test_most_holes_get_an_offer(endpoint):
    offers = [
        ask(endpoint, CompletionRequest(prefix, MazeRequest("python", prefix, suffix)))[0].text
        for prefix, suffix in HOLES.values()
    ]
    assert sum(map(bool, offers)) >= 5, offers


def test_several_choices_all_parse(endpoint):
    prefix, suffix = HOLES["mid-expression"]
    maze = MazeRequest("python", prefix, suffix)
    choices = ask(endpoint, CompletionRequest(prefix, maze, n=4, temperature=0.8, seed=2))
    assert len(choices) == 4
    for choice in choices:
        if choice.text:
            ast.parse(prefix + choice.text + suffix)


def test_a_prefix_that_does_not_parse_falls_back(endpoint):
    prefix = "def (((broken\n\ndef f(x):\n    return x."
    start = prefix.index("def f")
    maze = MazeRequest(
        "python",
        prefix,
        "\n",
        scopes=(Scope("file", "file", 0, 1), Scope("scope", "items", start, 1)),
    )
    [suggestion] = ask(endpoint, CompletionRequest(prefix, maze))
    assert suggestion.outcome.level == "scope"
    maze = MazeRequest("python", prefix, "\n", scopes=(Scope("file", "file", 0, 1),))
    [suggestion] = ask(endpoint, CompletionRequest(prefix, maze))
    assert (suggestion.outcome.level, suggestion.outcome.joined) == ("unconstrained", False)


def test_typing_on_reuses_the_prompt(endpoint):
    prefix = "import os\n" * 40 + "def read(path):\n    return os."
    ask(endpoint, CompletionRequest(prefix, MazeRequest("python", prefix), max_tokens=1))
    prefix += "pa"
    [suggestion] = ask(
        endpoint, CompletionRequest(prefix, MazeRequest("python", prefix), max_tokens=1)
    )
    outcome = suggestion.outcome
    assert outcome.prompt_tokens - outcome.reused_tokens <= 3


def test_unknown_languages_are_refused_by_name(endpoint):
    with pytest.raises(EngineRejected, match=r"no grammar for 'cobol'; known are .*python"):
        ask(endpoint, CompletionRequest("", MazeRequest("cobol", "")))


def test_protocol_and_constraint_agree_on_names():
    from maze import grammar
    from maze.constraint import Mode

    assert set(ENTRIES) == set(grammar.ENTRIES)
    assert set(MODES) == {mode.value for mode in Mode}
