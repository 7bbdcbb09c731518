"""One VS Code and one browser for all; a window, a folder and a fake engine for each test."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.vscode.install import ROOT, missing
from tests.lsp.fake_engine import KEY, FakeEngine, fake_engine

PICTURES = ROOT / ".cache" / "artifacts" / "vscode"

# As root and without a network; with these Chromium asks nobody for anything.
CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.vscode)


@pytest.fixture(scope="session")
def installed() -> None:
    """What scripts/_vscode installs; without it CI fails, and others are told what to do."""
    if lacking := missing():
        reason = f"not installed: {lacking}; scripts/_vscode does that"
        if os.environ.get("CI"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)


@pytest.fixture(scope="package")
def code_server(installed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """VS Code with the built extension in it."""
    from tests.e2e.vscode.code_server import CodeServer

    home = tmp_path_factory.mktemp("vscode")
    environment = {
        **{name: value for name, value in os.environ.items() if name.startswith("PIP_")},
        "PATH": os.pathsep.join([str(Path(sys.base_prefix) / "bin"), "/usr/bin", "/bin"]),
        "MAZE_API_KEY": KEY,
        "MAZE_CONFIG": str(home / "config.toml"),
        # The tables and llama.cpp that this machine has made already.
        "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
    }
    pip_config = Path.home() / ".config" / "pip" / "pip.conf"
    if pip_config.is_file():
        environment.setdefault("PIP_CONFIG_FILE", str(pip_config))
    server = CodeServer(home, environment)
    server.start()
    yield server
    server.stop()


# Not for the whole session: as long as Playwright runs, its event loop does, and no other can.
@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """Debian's Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield chromium
        chromium.close()


@pytest.fixture
def engine() -> Iterator[FakeEngine]:
    """A fake engine."""
    with fake_engine() as running:
        yield running


@pytest.fixture
def window(
    code_server: Any,
    browser: Any,
    engine: FakeEngine,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Iterator[Callable[..., Any]]:
    """Opens a window on a folder with the given files; settings are Maze's, the engine the fake one."""
    from tests.e2e.vscode.window import STATUS, Window

    PICTURES.mkdir(parents=True, exist_ok=True)
    folder = tmp_path / "project"
    folder.mkdir()
    contexts: list[Any] = []
    logged = len(code_server.logs())

    def begin(files: dict[str, str], **settings: Any) -> Window:
        for name, text in files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        ours = {"engine_url": engine.url, "debounce": 0, "server_logLevel": "info"}
        code_server.configure(**{**ours, **settings})
        context = browser.new_context(viewport={"width": 1000, "height": 680})
        contexts.append(context)
        return Window(context.new_page(), code_server.url, folder, PICTURES)

    yield begin
    name = request.node.name
    for context in contexts:
        for page in context.pages:
            page.screenshot(path=PICTURES / f"{name}-end.png")
            said = page.locator(STATUS).evaluate_all("all => all.map(item => item.ariaLabel)")
            print("status:", *said)  # shown where the test has failed
            # Nobody is to be asked whether to save.
            page.close(run_before_unload=False)
        context.close()
    log = code_server.logs()
    print(f"requests to the engine: {len(engine.requests)}", log[logged:], sep="\n")
    (PICTURES / "maze.log").write_text(log, encoding="utf-8")
