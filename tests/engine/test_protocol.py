"""The wire protocol: what is read, what is refused, and in which words."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from maze.engine import protocol
from maze.engine.protocol import (
    CompletionChunk,
    CompletionRequest,
    MazeRequest,
    Outcome,
    ProtocolError,
    Scope,
)

MAZE = {"language": "python", "prefix": "f(", "suffix": ")"}
FULL = CompletionRequest(
    prompt="f(",
    model="m",
    max_tokens=7,
    temperature=0.5,
    seed=3,
    stream=False,
    n=2,
    stop=("</s>",),
    maze=MazeRequest(
        language="go",
        prefix="f(\u00e9\U0001f600",
        suffix=")",
        scopes=(Scope("scope", "items", 1, 1), Scope("line", "block", 4, 0)),
        mode="block",
        constrain=False,
    ),
)


def body(**fields: object) -> bytes:
    return json.dumps({"prompt": "f(", **fields}).encode()


@pytest.mark.parametrize("request_", [FULL, CompletionRequest(prompt="")])
def test_requests_survive_the_wire(request_):
    assert protocol.request_from_json(protocol.request_to_json(request_)) == request_


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (body(top_p=1, logprobs=None, user="x"), CompletionRequest(prompt="f(")),
        (body(seed=None, stop=None, maze=None), CompletionRequest(prompt="f(")),
        (body(stop="a"), CompletionRequest(prompt="f(", stop=("a",))),
        (body(temperature=1), CompletionRequest(prompt="f(", temperature=1.0)),
        (body(maze=MAZE), CompletionRequest("f(", MazeRequest("python", "f(", ")"))),
    ],
)
def test_what_openai_clients_send_is_read(sent, expected):
    assert protocol.request_from_json(sent) == expected


SCOPE = {"level": "line", "entry": "block", "prefix_start": 0, "suffix_end": 0}


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b"\xff\xfe\x00", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"[]", "must be a JSON object"),
        (b"{}", "lacks 'prompt'"),
        (body(prompt=5), "prompt must be a string"),
        (b'{"prompt": "\\ud800"}', "surrogate"),
        (body(max_tokens=0), "max_tokens must be from 1 to 1024, not 0"),
        (body(max_tokens=1025), "max_tokens must be from 1 to 1024, not 1025"),
        (body(max_tokens="5"), "max_tokens must be a whole number"),
        (body(max_tokens=True), "max_tokens must be a whole number"),
        (body(max_tokens=1.5), "max_tokens must be a whole number"),
        (body(temperature=-0.1), "temperature must be from 0 to 2"),
        (body(temperature=float("nan")), "temperature must be from 0 to 2"),
        (body(temperature=float("inf")), "temperature must be from 0 to 2"),
        (body(n=9, temperature=1), "n must be from 1 to 8, not 9"),
        (body(n=2), "n must be 1 at temperature 0"),
        (body(seed=-1), "seed must be from 0"),
        (body(seed=2**63), "seed must be from 0"),
        (body(stream="yes"), "stream must be true or false"),
        (body(stop=[1]), "must be a string"),
        (body(stop=["a"] * 17), "stop may hold at most 16"),
        (body(maze=[]), "maze must be an object"),
        (body(maze={}), "lacks 'maze.language'"),
        (body(maze={**MAZE, "prefix": None}), "maze.prefix must be a string"),
        (body(maze={**MAZE, "mode": "word"}), "mode must be one of line, block, free"),
        (body(maze={**MAZE, "constrain": 1}), "maze.constrain must be true or false"),
        (body(maze={**MAZE, "scopes": {}}), "maze.scopes must be a list"),
        (body(maze={**MAZE, "scopes": [1]}), "maze.scopes[0] must be an object"),
        (body(maze={**MAZE, "scopes": [SCOPE] * 17}), "at most 16"),
        (body(maze={**MAZE, "scopes": [{**SCOPE, "level": "x"}]}), "level must be one of"),
        (body(maze={**MAZE, "scopes": [{**SCOPE, "entry": "x"}]}), "entry must be one of file, "),
        (body(maze={**MAZE, "scopes": [{**SCOPE, "prefix_start": 3}]}), "outside the prefix"),
        (body(maze={**MAZE, "scopes": [{**SCOPE, "prefix_start": -1}]}), "outside the prefix"),
        (body(maze={**MAZE, "scopes": [{**SCOPE, "suffix_end": 2}]}), "outside the suffix"),
        (body(maze={**MAZE, "scopes": [{**SCOPE, "suffix_end": 0.5}]}), "suffix_end must be a"),
    ],
)
def test_wrong_requests_get_one_sentence(sent, message):
    with pytest.raises(ProtocolError) as caught:
        protocol.request_from_json(sent)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.status == 400


def test_a_body_over_the_limit_is_refused_on_both_sides():
    huge = CompletionRequest(prompt="x" * protocol.MAX_BODY_BYTES)
    for attempt in (
        lambda: protocol.request_to_json(huge),
        lambda: protocol.request_from_json(b" " * (protocol.MAX_BODY_BYTES + 1)),
    ):
        with pytest.raises(ProtocolError, match="larger than 8 MB") as caught:
            attempt()
        assert caught.value.status == 413


OUTCOME = Outcome(level="scope", keep=2, tokens=3, joined=True, constraint_us_per_token=40.1)


def test_chunks_survive_the_wire():
    chunks = [
        CompletionChunk(1, "a\n", model="m"),
        CompletionChunk(1, "", "stop", OUTCOME, "m"),
    ]
    for chunk in chunks:
        assert protocol.chunks_from_json(protocol.chunk_to_json(chunk, "id", 1)) == [chunk]
    assert protocol.chunks_from_json(protocol.completion_to_json(chunks, "id", 1)) == chunks


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>",
        "[]",
        "{}",
        '{"choices": {}}',
        '{"choices": [1]}',
        '{"choices": [{"index": 0}]}',
        '{"choices": [{"text": 5}]}',
        '{"choices": [{"text": "a", "index": "0"}]}',
        '{"choices": [{"text": "a", "maze": {"level": "file"}}]}',
        '{"choices": [{"text": "a", "maze": {"level": "galaxy", "keep": 1}}]}',
        '{"choices": [{"text": "a", "maze": {"level": "file", "keep": "1"}}]}',
    ],
)
def test_nonsense_is_no_chunk(text):
    with pytest.raises(ProtocolError):
        protocol.chunks_from_json(text)


def test_the_base_install_is_enough():
    """None of what the `local` extra brings is imported by what the language server imports."""
    script = """
import sys
for name in ("numpy", "starlette", "uvicorn", "xgrammar", "llama_cpp", "lark", "torch"):
    sys.modules[name] = None
import maze.engine.client, maze.engine.errors, maze.engine.fim, maze.engine.launcher
import maze.engine.models, maze.engine.protocol, maze.engine.settings
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
