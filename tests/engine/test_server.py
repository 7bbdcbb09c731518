"""The engine's process: what it refuses to do, and in which words."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from maze.engine import server as server_module
from maze.engine.settings import EngineSettings
from maze.engine.state import EngineState, read_state, remove_state, write_state

from .toys import ToyEngine, ToyModel, writes


@pytest.fixture
def taken_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken.getsockname()[1]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"host": "0.0.0.0"}, "refusing to listen on 0.0.0.0 without a key"),
        ({"host": "::"}, "refusing to listen on :: without a key"),
        ({"host": "example.org"}, "refusing to listen on example.org without a key"),
        ({"key": "short"}, "at least 8 characters"),
        ({"key": "é" * 9}, "all ASCII"),
        ({"context": 10}, "at least 256 tokens"),
        ({"model": Path("/no/such.gguf")}, "there is no model file at /no/such.gguf"),
        ({"port": 99999}, "choose another --port"),
        ({"host": "192.0.2.1", "key": "12345678"}, "cannot listen on 192.0.2.1:8000"),
    ],
)
def test_settings_that_cannot_be_served(settings, message, capsys):
    engine = ToyEngine(ToyModel(writes("")))
    assert server_module.serve(EngineSettings(**settings), engine) == 1
    said = capsys.readouterr().err
    assert message in said
    assert said.startswith("maze engine: ") and said.count("\n") == 1


def test_a_port_that_is_taken(taken_port, capsys):
    engine = ToyEngine(ToyModel(writes("")))
    assert server_module.serve(EngineSettings(port=taken_port), engine) == 1
    assert "choose another --port" in capsys.readouterr().err


def test_what_is_not_installed_is_named(monkeypatch, capsys):
    monkeypatch.setattr(server_module, "missing_extra", lambda: "the embedded engine is missing")
    assert server_module.serve(EngineSettings()) == 1
    assert capsys.readouterr().err == "maze engine: the embedded engine is missing\n"


@pytest.mark.parametrize(
    "settings",
    [
        EngineSettings(),
        EngineSettings(
            model=Path("/m.gguf"),
            host="::1",
            port=0,
            key="a key with spaces",
            context=512,
            threads=3,
            idle_stop_s=1.5,
            state_file=Path("/s"),
            cache_dir=Path("/c"),
            prepare=("go", "python"),
        ),
    ],
)
def test_settings_survive_the_way_to_a_child(settings):
    assert EngineSettings.from_json(settings.to_json()) == settings
    assert "a key" not in repr(settings)


def test_a_state_file_is_removed_only_by_its_own_engine(tmp_path):
    path = tmp_path / "state.json"
    state = EngineState("http://127.0.0.1:1", 42, "key")
    write_state(path, state)
    assert read_state(path) == state
    remove_state(path, 41)
    assert read_state(path) == state
    remove_state(path, 42)
    assert read_state(path) is None
    remove_state(path, 42)


def test_a_file_that_is_being_read_is_replaced_a_little_later(tmp_path, monkeypatch):
    """Windows refuses that meanwhile."""
    really, refusals = os.replace, [PermissionError, PermissionError]

    def replace(name: str, path: Path) -> None:
        if refusals:
            raise refusals.pop()
        really(name, path)

    monkeypatch.setattr(os, "replace", replace)
    state = EngineState("http://127.0.0.1:1", 1, "key")
    write_state(tmp_path / "state.json", state)
    assert read_state(tmp_path / "state.json") == state
