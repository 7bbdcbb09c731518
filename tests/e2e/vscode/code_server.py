"""VS Code as a web server, with the extension in it and a home of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.e2e.vscode import install
from tests.e2e.vscode.install import SERVER, VSIX

START_S = 180

_QUIET: dict[str, Any] = {
    "chat.disableAIFeatures": True,
    "editor.fontSize": 15,
    "editor.minimap.enabled": False,
    "extensions.autoCheckUpdates": False,
    "files.autoSave": "off",
    "security.workspace.trust.enabled": False,
    "telemetry.telemetryLevel": "off",
    "terminal.integrated.gpuAcceleration": "off",  # so that its text is in the page
    "workbench.reduceMotion": "on",
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
}


class CodeServer:
    """A running code-server.

    Attributes:
        home: see below.
        url: where it serves.

    Args:
        home: an empty folder for settings, extensions and all else that it writes.
        environment: variables of its extensions.
    """

    def __init__(self, home: Path, environment: Mapping[str, str]) -> None:
        program, runtime = install.code_server(), install.node()
        assert program is not None and runtime is not None
        self._program = program
        self.home = home
        # The launcher's own Node.js comes first.
        path = os.pathsep.join([str(runtime / "bin"), environment["PATH"]])
        self._environment = {**environment, "HOME": str(home), "LANG": "C.UTF-8", "PATH": path}
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def start(self) -> None:
        """Install the extension from its .vsix, and serve on loopback."""
        self.configure()
        subprocess.run(
            [*self._command, "--install-extension", str(VSIX)],
            env=self._environment,
            check=True,
            capture_output=True,
            timeout=START_S,
        )
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        options = [
            f"--bind-addr=127.0.0.1:{port}",
            "--auth=none",
            "--disable-telemetry",
            "--disable-update-check",
        ]
        with (self.home / "code-server.log").open("wb") as log:
            self._process = subprocess.Popen(
                [*self._command, *options],
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,  # the launcher's process is not the server's
            )
        self._wait()

    def stop(self) -> None:
        """End it, and every process that it started."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait(timeout=60)

    def configure(self, trusting: bool = True, **settings: Any) -> None:
        """Write the user's settings.

        Args:
            trusting: False opens folders as untrusted.
            settings: of Maze, with their names after `maze.`, as in `engine_url`.
        """
        ours = {f"maze.{name.replace('_', '.')}": value for name, value in settings.items()}
        ours.setdefault("maze.server.path", str(SERVER))
        if not trusting:
            ours["security.workspace.trust.enabled"] = True
            ours["security.workspace.trust.startupPrompt"] = "never"
        for folder in ("User", "Machine"):
            file = self._data / folder / "settings.json"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps({**_QUIET, **ours}, indent=1), encoding="utf-8")

    def logs(self) -> str:
        """What the extension has logged in all windows so far."""
        files = sorted((self._data / "logs").glob("**/*Maze.log"))
        return "\n".join(file.read_text(encoding="utf-8") for file in files)

    def written(self) -> dict[Path, bytes]:
        """All that VS Code and its extensions have written so far, logs and settings included."""
        return {file: file.read_bytes() for file in self._data.rglob("*") if file.is_file()}

    def setting(self, name: str) -> Any:
        """A setting of Maze in the settings of this machine, under the name after `maze.`."""
        file = self._data / "Machine" / "settings.json"
        return json.loads(file.read_text(encoding="utf-8")).get(f"maze.{name}")

    @property
    def storage(self) -> Path:
        """Where the extension may keep what it likes."""
        return self._data / "User" / "globalStorage" / "maze.maze"

    @property
    def _data(self) -> Path:
        return self.home / "data"

    @property
    def _command(self) -> list[str]:
        return [
            str(self._program),
            f"--config={self.home / 'config.yaml'}",
            f"--user-data-dir={self._data}",
            f"--extensions-dir={self.home / 'extensions'}",
        ]

    def _wait(self) -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=5):
                    return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        raise TimeoutError((self.home / "code-server.log").read_text(encoding="utf-8"))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
