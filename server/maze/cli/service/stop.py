"""`maze stop`."""

from __future__ import annotations

from maze import settings as user_settings
from maze.cli.errors import CliError
from maze.cli.say import say
from maze.cli.service import asked
from modal_service import account, endpoint


def run() -> None:
    """Stop the service, and look whether it has stopped.

    Raises:
        CliError: Modal can not be asked, or the service is still there.
    """
    with asked.modal_trouble():
        account.workspace()
        before = endpoint.state()
        if not before.deployed:
            say("There is nothing to stop: the service is not deployed.")
            return
        endpoint.stop()
        after = endpoint.state()
    if after.deployed:
        raise CliError(
            "Modal still shows the service as deployed; run `maze stop` again, "
            "or stop it at modal.com/apps"
        )
    ended = {0: "no container ran", 1: "one container ended"}.get(
        before.containers, f"{before.containers} containers ended"
    )
    say(f"Stopped: {ended}, nothing is charged any more but the volumes' storage.")
    if (user_settings.load().settings.engine_url or "").rstrip("/") == before.url:
        say("Your editor still asks for it: `maze config unset engine.url` ends that.")
