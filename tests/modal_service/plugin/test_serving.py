"""How vLLM is started, as far as it goes without one; `test_server.py` starts it."""

from __future__ import annotations

import itertools
import subprocess
import sys
import types
from pathlib import Path

import pytest

from modal_service import vllm_plugin
from modal_service.plugin import versions
from modal_service.plugin.grammar import MazeGrammar
from modal_service.plugin.versions import UnsupportedVllm
from modal_service.serving import (
    ServiceSettings,
    _settings,
    command,
    environment,
    problem_with,
    vllm_arguments,
)

EVERYTHING = ServiceSettings(
    model="Qwen/Qwen2.5-Coder-7B",
    revision="0396a76181e127dfc13e5c5ec48a8cee09938b02",
    served_name="qwen",
    host="0.0.0.0",
    port=9000,
    context=8192,
    max_requests=16,
    gpu_memory=0.85,
    drain_s=20,
    tables=Path("/cache/maze"),
    languages=("python", "go"),
    extra=("--enforce-eager", "--", "--tensor-parallel-size", "2"),
)


@pytest.mark.parametrize("settings", [ServiceSettings(model="m"), EVERYTHING])
def test_a_command_line_holds_all_settings(settings: ServiceSettings) -> None:
    assert command(settings)[:3] == [sys.executable, "-m", "modal_service.serving"]
    assert _settings(command(settings)[3:]) == settings


def test_what_vllm_is_told() -> None:
    arguments = vllm_arguments(EVERYTHING)
    told = dict(itertools.pairwise(arguments))
    assert told["--model"] == EVERYTHING.model
    assert told["--revision"] == told["--tokenizer-revision"] == EVERYTHING.revision
    assert told["--max-num-seqs"] == "16"
    assert told["--shutdown-timeout"] == "20"
    assert told["--structured-outputs-config"] == '{"backend": "xgrammar"}'
    assert arguments[-4:] == list(EVERYTHING.extra)
    assert "--max-model-len" not in vllm_arguments(ServiceSettings(model="m"))


def test_the_key_travels_in_the_environment_only() -> None:
    found = environment(EVERYTHING, "the-key-of-the-service")
    assert found == {
        "MAZE_API_KEY": "the-key-of-the-service",
        "MAZE_CACHE_DIR": "/cache/maze",
        "MAZE_LANGUAGES": "python go",
    }
    assert "the-key-of-the-service" not in " ".join(command(EVERYTHING))
    assert environment(ServiceSettings(model="m"), None) == {}


@pytest.mark.parametrize(
    ("host", "key", "problem"),
    [
        ("127.0.0.1", "", None),
        ("::1", "", None),
        ("0.0.0.0", "", "without a key"),
        ("0.0.0.0", "long-enough-key", None),
        ("0.0.0.0", " " * 12, "without a key"),
        ("0.0.0.0", "long-enough-key\n", None),  # as a file has it
        ("0.0.0.0", "short" + " " * 12, "at least 8 characters"),
        ("127.0.0.1", "short", "at least 8 characters"),
        ("127.0.0.1", "schlüssel-mit-umlaut", "printable ASCII"),
        ("127.0.0.1", "a key\nof two lines", "printable ASCII"),
    ],
)
def test_loopback_or_behind_a_key(host: str, key: str, problem: str | None) -> None:
    found = problem_with(ServiceSettings(model="m", host=host), key)
    assert (found is None) if problem is None else (found is not None and problem in found)


def test_without_vllm_it_says_so_in_one_sentence() -> None:
    ran = subprocess.run(
        command(ServiceSettings(model="m")), capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 1
    assert "install vLLM" in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1


def _module(monkeypatch: pytest.MonkeyPatch, name: str, **members: object) -> None:
    module = types.ModuleType(name)
    for member, value in members.items():
        setattr(module, member, value)
    parts = name.split(".")
    for end in range(1, len(parts)):
        parent = ".".join(parts[:end])
        if parent not in sys.modules:
            monkeypatch.setitem(sys.modules, parent, types.ModuleType(parent))
    monkeypatch.setitem(sys.modules, name, module)


class _Manager:
    def _create_grammar(self) -> None: ...


def test_a_vllm_of_another_shape_is_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _module(monkeypatch, "vllm.version", __version__="0.11.0")
    _module(monkeypatch, "vllm.v1.structured_output", StructuredOutputManager=_Manager)
    with pytest.raises(UnsupportedVllm, match=r"vLLM 0\.11\.0, which has no .*grammar_bitmask"):
        versions.manager_class()
    # The plugin then leaves vLLM as it is.
    vllm_plugin.register()
    [record] = caplog.records
    assert "install vLLM 0.30 or newer" in record.getMessage()


class _Grammar:
    __abstractmethods__ = frozenset({"accept_tokens", "jump_forward"})


def test_a_grammar_must_do_all_that_vllm_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    _module(monkeypatch, "vllm.version", __version__="9.9")
    name = "vllm.v1.structured_output.backend_types"
    _module(monkeypatch, name, StructuredOutputGrammar=_Grammar)
    with pytest.raises(UnsupportedVllm, match="must have jump_forward"):
        versions.check_grammar(MazeGrammar)


@pytest.mark.parametrize(
    ("variable", "arguments", "which"),
    [
        ("1", ["vllm", "serve", "m"], "Rust front end"),
        ("0", ["vllm", "serve", "m", "--grpc"], "gRPC server"),
        ("0", ["vllm", "serve", "m"], None),
    ],
)
def test_where_no_key_would_be_asked_for_nothing_is_served(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    variable: str,
    arguments: list[str],
    which: str | None,
) -> None:
    monkeypatch.setenv("VLLM_USE_RUST_FRONTEND", variable)
    monkeypatch.setattr(sys, "argv", arguments)
    monkeypatch.delenv("MAZE_API_KEY", raising=False)
    vllm_plugin.register()
    assert any(f"vLLM's {which}" in said for said in caplog.messages) == (which is not None)
    monkeypatch.setenv("MAZE_API_KEY", "a-key-of-some-length")
    if which is None:
        vllm_plugin.register()
    else:
        with pytest.raises(SystemExit, match=which):
            vllm_plugin.register()
