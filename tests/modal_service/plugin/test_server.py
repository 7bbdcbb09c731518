"""A real vLLM server with the plugin, asked by the client that the language server uses."""

from __future__ import annotations

import json

import attrs
import httpx
import pytest

from benchmarks.vllm_server import VllmServer
from maze.engine.client import EngineClient
from maze.engine.errors import EngineRefused, EngineRejected
from maze.engine.protocol import CompletionRequest, MazeRequest, Scope, Suggestion

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(1200)]

PYTHON = "import os\n\ndef total(items):\n    result = 0\n    for item in items:\n        resu"
GO = 'package main\n\nimport "fmt"\n\nfunc main() {\n\tfmt.Prin'


def asking(language: str, prefix: str, suffix: str = "", **options: object) -> CompletionRequest:
    """A request as the language server sends it to a model that knows no fill-in-the-middle."""
    maze = {name: options.pop(name) for name in ("mode", "scopes", "constrain") if name in options}
    return CompletionRequest(prefix, MazeRequest(language, prefix, suffix, **maze), **options)  # type: ignore[arg-type]


async def one(client: EngineClient, request: CompletionRequest) -> Suggestion:
    [suggestion] = await client.complete(request)
    return suggestion


async def raw(
    server: VllmServer, body: object, path: str = "/v1/completions", key: str | None = None
) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {key or server.key}", "Content-Type": "application/json"}
    async with httpx.AsyncClient(timeout=300) as http:
        return await http.post(server.url + path, content=content, headers=headers)


async def test_it_is_an_engine_like_any_other(client: EngineClient) -> None:
    assert (await client.health()).status == "ready"
    model = await client.model()
    assert (model.id, model.context) == ("smollm2-135m", 2048)
    assert {"python", "go"} <= set(model.languages)


@pytest.mark.parametrize(
    ("language", "prefix", "suffix", "level"),
    [
        ("python", PYTHON, "\n    return result\n", "file"),
        ("go", GO, "\n}\n", "file"),
        ("python", "x = open(na", ', "r")\n', "file"),
        ("python", "value = {\n    'a': [1, 2", "\n}\n", "file"),
        ("go", "package main\n\nvar x = []int{", "}\n", "file"),
        ("python", "class A:\n  ]]", "", "unconstrained"),
        ("python", "", "", "file"),
    ],
)
async def test_suggestions_join(
    client: EngineClient, language: str, prefix: str, suffix: str, level: str
) -> None:
    suggestion = await one(client, asking(language, prefix, suffix, max_tokens=24))
    outcome = suggestion.outcome
    assert outcome.level == level
    something = outcome.keep > 0 or bool(outcome.closed)
    assert outcome.joined == (level != "unconstrained" and something)
    if outcome.joined:
        assert outcome.constraint_us_per_token > 0
    if outcome.joined and language == "python":
        compile(prefix + suggestion.text + suffix, "joined", "exec")


@pytest.mark.parametrize("wanted", [True, False])
async def test_pieces_say_where_the_text_joins(client: EngineClient, wanted: bool) -> None:
    suffix = "\n    return result\n"
    request = asking("python", PYTHON, suffix, max_tokens=24, mode="free")
    assert request.maze is not None
    request = attrs.evolve(request, maze=attrs.evolve(request.maze, joins=wanted))
    text, joins = "", []
    async for chunk in client.stream(request):
        text += chunk.text
        if chunk.outcome is not None and chunk.finish_reason is None:
            assert chunk.outcome.keep == len(text)
            joins.append(chunk.outcome.keep)
    assert bool(joins) == wanted
    for keep in joins:
        compile(PYTHON + text[:keep] + suffix, "joined", "exec")


async def test_the_second_scope_is_used_where_the_first_does_not_parse(
    client: EngineClient,
) -> None:
    above, line = "def broken(:\n    pass\n\n\n", "value = tot"
    scopes = (Scope("file", "file", 0, 0), Scope("scope", "items", len(above), 0))
    suggestion = await one(client, asking("python", above + line, scopes=scopes))
    assert suggestion.outcome.level == "scope"
    compile(line + suggestion.text, "joined", "exec")


async def test_modes_end_where_they_say(client: EngineClient) -> None:
    prefix = "def f(x):\n    if x:\n        "
    line = await one(client, asking("python", prefix, max_tokens=64))
    assert "\n" not in line.text.strip("\n")
    block = await one(client, asking("python", prefix, "\n", mode="block", max_tokens=64))
    compile(prefix + block.text + "\n", "joined", "exec")
    free = asking("python", prefix, constrain=False, mode="free", stop=("\n",), max_tokens=32)
    stopped = await one(client, free)
    assert stopped.outcome.level == "unconstrained"
    assert "\n" not in stopped.text


async def test_the_same_request_has_the_same_answer(client: EngineClient) -> None:
    greedy = asking("python", PYTHON, "\n    return result\n")
    first, second = await one(client, greedy), await one(client, greedy)
    assert first.text == second.text != ""
    warm = attrs.evolve(greedy, n=3, temperature=1.0, seed=7)
    once, again = await client.complete(warm), await client.complete(warm)
    assert [choice.text for choice in once] == [choice.text for choice in again]
    assert len({choice.text for choice in once}) > 1
    assert [choice.index for choice in once] == [0, 1, 2]


async def test_a_prompt_that_does_not_fit_is_cut_at_its_beginning(client: EngineClient) -> None:
    prefix = "x = 1  # some words that take up room\n" * 1000 + "y = x"
    request = asking("python", prefix, "\n", max_tokens=1024, mode="line")
    suggestion = await one(client, request)
    assert suggestion.outcome.level == "file"
    assert suggestion.outcome.prompt_tokens <= 2048 - 1024


async def test_healing_lets_other_tokens_run_over_the_cursor(client: EngineClient) -> None:
    suggestion = await one(client, asking("python", "def f(x):\n    retur", "\n", max_tokens=8))
    assert suggestion.text.startswith("n")


@pytest.mark.parametrize("streaming", [True, False])
async def test_streamed_or_at_once(server: VllmServer, streaming: bool) -> None:
    maze = {"language": "python", "prefix": PYTHON, "suffix": "\n    return result\n"}
    body = {"prompt": PYTHON, "maze": maze, "max_tokens": 16, "stream": streaming}
    answer = await raw(server, body)
    assert answer.status_code == 200
    if not streaming:
        [choice] = answer.json()["choices"]
        assert choice["text"][: choice["maze"]["keep"]]
        return
    events = [line[6:] for line in answer.text.splitlines() if line.startswith("data: ")]
    assert events[-1] == "[DONE]"
    assert len(events) > 2
    last = json.loads(events[-2])["choices"][0]
    assert last["finish_reason"] == "stop"
    assert last["maze"]["joined"] is True


async def test_vllm_xargs_ask_for_the_same(server: VllmServer) -> None:
    maze = {"language": "python", "prefix": PYTHON, "suffix": "\n    return result\n"}
    body = {"prompt": PYTHON, "max_tokens": 16, "stream": False}
    texts = [
        (await raw(server, body | asked)).json()["choices"][0]["text"]
        for asked in ({"maze": maze}, {"vllm_xargs": {"maze": json.dumps(maze)}})
    ]
    assert texts[0] == texts[1] != ""


async def test_without_maze_it_is_plain_vllm(server: VllmServer) -> None:
    body = {"model": "smollm2-135m", "prompt": "x = ((1 +", "max_tokens": 8, "temperature": 0}
    answer = (await raw(server, body)).json()
    assert "maze" not in answer["choices"][0]
    assert answer["usage"]["completion_tokens"] == 8
    wrong = await raw(server, body | {"max_tokens": -1})
    assert wrong.status_code == 400
    # Structured output of vLLM's own goes on working beside ours.
    choice = {"structured_outputs": {"choice": ["apples", "pears"]}}
    fruit = await raw(server, body | choice)
    assert fruit.json()["choices"][0]["text"] in ("apples", "pears")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"maze": {"language": "cobol", "prefix": "x"}}, "no grammar for 'cobol'"),
        ({"maze": {"language": "python"}}, "lacks"),
        ({"maze": {"language": "python", "prefix": "x", "mode": "some"}}, "mode must be one of"),
        ({"maze": {"language": "python", "prefix": "\ud800"}}, "surrogate"),
        ({"max_tokens": 100_000}, "max_tokens must be from 1 to 1024"),
        ({"temperature": "hot"}, "temperature must be a number"),
        ({"model": "other"}, "no model 'other'"),
        ({"n": 2}, "n must be 1"),
    ],
)
async def test_errors_are_answered_before_the_engine_sees_them(
    server: VllmServer, change: dict[str, object], words: str
) -> None:
    before = server.metrics()
    maze = {"language": "python", "prefix": "x"}
    answer = await raw(server, {"prompt": "x", "maze": maze} | change)
    assert answer.status_code == 400
    message = answer.json()["error"]["message"]
    assert words in message
    assert "Traceback" not in message and "\n" not in message
    after = server.metrics()
    prompts = [name for name in before if name.startswith("vllm:request_success_total")]
    assert [before[name] for name in prompts] == [after[name] for name in prompts]


async def test_too_large_is_413(server: VllmServer) -> None:
    answer = await raw(server, b'{"prompt": "' + b"x" * 9_000_000 + b'"}')
    assert answer.status_code == 413


async def test_somebody_elses_arguments_fail_alone(server: VllmServer) -> None:
    """What goes around the front, through an address that is vLLM's, reaches no constraint."""
    body = {
        "model": "smollm2-135m",
        "messages": [{"role": "user", "content": "hello"}],
        "max_tokens": 4,
        "vllm_xargs": {"maze": "x"},
        "structured_outputs": {"choice": ["a", "b"]},
    }
    answer = await raw(server, body, "/v1/chat/completions")
    assert answer.status_code >= 400
    assert (await raw(server, body | {"vllm_xargs": {}}, "/v1/chat/completions")).is_success


@pytest.mark.parametrize(
    "path",
    [
        *("/v1/completions", "/v1/chat/completions", "/v1/models", "/invocations", "/tokenize"),
        *("/detokenize", "/metrics", "/docs", "/openapi.json", "/version", "/load", "/ping"),
        *("/inference/v1/generate", "/server_info", "/health/", "//health", "/nowhere"),
    ],
)
async def test_everything_but_health_asks_for_the_key(server: VllmServer, path: str) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        for headers in ({}, {"Authorization": "Bearer wrong-key"}):
            for method in ("GET", "POST", "OPTIONS"):
                answer = await http.request(method, path, headers=headers, json={"prompt": "x"})
                assert answer.status_code == 401, (method, path)
        assert (await http.get("/health")).status_code == 200


async def test_a_wrong_key_is_one_sentence_for_a_person(server: VllmServer) -> None:
    async with EngineClient(server.url, "wrong-key") as client:
        with pytest.raises(EngineRefused, match="refused the key"):
            await client.complete(asking("python", "x = "))


async def test_a_refusal_is_one_sentence_for_a_person(client: EngineClient) -> None:
    with pytest.raises(EngineRejected, match="no grammar for 'cobol'"):
        await client.complete(asking("cobol", "MOVE"))


async def test_metrics_carry_ours_beside_vllms(client: EngineClient, server: VllmServer) -> None:
    before = server.metrics()
    await client.complete(asking("python", PYTHON, "\n    return result\n"))
    # Tokens run out inside the call, where nothing joins: it is cut back or not offered at all.
    await client.complete(asking("go", GO, "\n}\n", max_tokens=2))
    with pytest.raises(EngineRejected):
        await client.complete(asking("cobol", "MOVE"))
    after = server.metrics()

    def more(name: str) -> float:
        return after[name] - before.get(name, 0.0)

    assert more('maze_suggestions_total{language="python",level="file"}') == 1
    assert more('maze_endings_total{ending="joined",language="python"}') == 1
    assert sum(more(name) for name in after if name.startswith("maze_endings_total")) == 2
    assert more('maze_refused_requests_total{status="400"}') == 1
    assert more('maze_constraint_microseconds_per_token_count{language="go"}') == 1
    assert more('maze_constraint_microseconds_per_token_sum{language="go"}') > 0
    assert more('maze_constraint_step_seconds_count{requests="1"}') > 0
    assert any(name.startswith("vllm:") for name in after)


async def test_neither_key_nor_source_is_logged(client: EngineClient, server: VllmServer) -> None:
    await client.complete(asking("python", "secret_of_the_source = 1\nx = "))
    log = server.log.read_text(encoding="utf-8", errors="replace")
    assert server.key not in log
    assert "secret_of_the_source" not in log
