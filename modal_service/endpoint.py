"""The deployed service: what is there, and how it is put there and taken away.

Deploying and stopping is left to Modal's own command line, whose progress and questions people know
from its documentation; here it is only given its arguments.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import attrs
from attrs import frozen

from modal_service.account import APP_NAME, AccountError, translated
from modal_service.options import Options, variable

SERVER = "Engine"


class EndpointError(Exception):
    """Modal refused or failed; what it said stands above."""


@frozen
class State:
    """What there is of the service on Modal.

    Attributes:
        deployed: whether requests can reach it.
        url: its address; empty when it is not deployed.
        containers: how many run now, each with its GPU.
    """

    deployed: bool
    url: str = ""
    containers: int = 0


def deploy(options: Options) -> str:
    """Deploy with `options`, in place of what is deployed already; Modal's words go to stdout.

    Returns:
        The address of the service.

    Raises:
        EndpointError: Modal's own command failed.
        AccountError: it went well, but the address can not be learnt.
    """
    # What was chosen as by default is said too: the environment here may hold something else.
    defaults = {variable(attribute.name): "" for attribute in attrs.fields(Options)}
    environment = defaults | options.to_environment()
    _modal("deploy", "-m", "modal_service.app", environment=environment)
    return state().url


def stop() -> None:
    """Stop the service and all its containers.

    Raises:
        EndpointError: Modal's own command failed.
    """
    _modal("app", "stop", APP_NAME, "--yes")


def state() -> State:
    """What there is of the service.

    Raises:
        AccountError: Modal can not be asked.
        EndpointError: its command line failed.
    """
    apps = [app for app in _listed("app", "list") if app["description"] == APP_NAME]
    if not any(app["state"] == "deployed" for app in apps):
        return State(False)
    with translated():
        import modal

        url = modal.Server.from_name(APP_NAME, SERVER).get_url()
    if not url:
        raise AccountError("Modal does not tell the service's address; look at modal.com/apps")
    running = sum(int(app["tasks"]) for app in apps if app["state"] == "deployed")
    return State(True, url.rstrip("/"), running)


def _listed(*arguments: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "modal", *arguments, "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise EndpointError(_last_line(done.stderr) or f"modal {arguments[0]} failed")
    listed = json.loads(done.stdout)
    assert isinstance(listed, list)
    return listed


def _modal(*arguments: str, environment: dict[str, str] | None = None) -> None:
    command = [sys.executable, "-m", "modal", *arguments]
    done = subprocess.run(command, env=os.environ | (environment or {}), check=False)
    if done.returncode != 0:
        raise EndpointError(
            f"`modal {' '.join(arguments)}` failed with status {done.returncode}; what it says "
            "stands above"
        )


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip(" │╭╰─╮╯")]
    return lines[-1] if lines else ""
