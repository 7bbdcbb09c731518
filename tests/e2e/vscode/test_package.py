"""What is in the package, and whether it fits the server."""

from __future__ import annotations

import json
import os
import re
import subprocess
import zipfile

import attrs
import pytest

from maze.lsp.server import VERSION
from maze.settings import Settings
from tests.e2e.vscode.install import EXTENSION, VSIX, node

MOST_BYTES = 1_000_000
PACKAGE = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))
PROPERTIES = {
    name.removeprefix("maze."): value
    for part in PACKAGE["contributes"]["configuration"]
    for name, value in part["properties"].items()
}
SERVERS_NAMES = dict(
    re.findall(
        r'^  "?([\w.]+)"?: "(\w+)",$',
        (EXTENSION / "src" / "common" / "options.ts").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
)


@pytest.mark.parametrize("script", ["check", "test"])
def test_types_lint_and_unit_tests(installed: None, script: str):
    path = os.pathsep.join([f"{node()}/bin", os.environ["PATH"]])
    done = subprocess.run(
        ["npm", "run", "--silent", script],
        cwd=EXTENSION,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_is_small_and_holds_no_more_than_it_needs(installed: None):
    assert VSIX.stat().st_size < MOST_BYTES
    with zipfile.ZipFile(VSIX) as opened:
        names = {name.removeprefix("extension/") for name in opened.namelist()}
    wheels = {name for name in names if name.endswith(".whl")}
    assert len(wheels) == 1
    assert {"dist/extension.js", "dist/NOTICES.txt", "LICENSE.txt", "media/icon.png"} <= names
    assert not any(name.startswith(("src/", "test/", "node_modules/")) for name in names)


def test_versions_are_one():
    assert PACKAGE["version"] == VERSION


def test_the_lock_names_no_registry():
    assert "resolved" not in (EXTENSION / "package-lock.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("setting", SERVERS_NAMES)
def test_a_setting_is_the_server_s_own(setting: str):
    """The same name, bounds and default as in `maze.settings`."""
    field = attrs.fields_dict(Settings)[SERVERS_NAMES[setting]]
    described = PROPERTIES[setting]
    if field.default is None:
        assert described["default"] in ("", None)
    elif isinstance(field.default, tuple):
        assert set(field.default) <= set(described["items"]["enum"])
    else:
        assert described["default"] == field.default
    for bound in ("minimum", "maximum"):
        if bound in described:
            value = described[bound]
            attrs.evolve(Settings(), **{field.name: value})
            outside = value - 0.5 if bound == "minimum" else value + 1
            with pytest.raises(ValueError, match="must be from"):
                attrs.evolve(Settings(), **{field.name: outside})


@pytest.mark.parametrize("setting", ["server.path", "engine.url", "engine.model"])
def test_a_workspace_can_not_redirect(setting: str):
    assert PROPERTIES[setting]["scope"] == "machine"
    restricted = PACKAGE["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"]
    assert f"maze.{setting}" in restricted


def test_every_command_is_there():
    sources = "\n".join(file.read_text("utf-8") for file in (EXTENSION / "src").rglob("*.ts"))
    for command in PACKAGE["contributes"]["commands"]:
        assert f'"{command["command"]}"' in sources
