"""`maze deploy`."""

from __future__ import annotations

from collections.abc import Mapping

from maze import keys
from maze.cli.errors import CliError
from maze.cli.say import say
from maze.cli.service import asked
from maze.engine import auth
from modal_service import account, endpoint
from modal_service.estimates import cold_start
from modal_service.options import Options


def run(flags: Mapping[str, object], new_key: bool, dry_run: bool) -> None:
    """Deploy the service, after a look at the account; then say how to use it.

    Raises:
        CliError: what is missing, in one sentence.
    """
    options = asked.options(flags)
    if dry_run:
        _show(options)
        return
    with asked.modal_trouble():
        workspace = account.workspace()
        say(f"Modal workspace [bold]{workspace}[/bold]", markup=True)
        _show(options)
        _check_token(options)
        key = _key(new_key)
        try:
            url = endpoint.deploy(options)
        except BaseException:  # somebody who loses patience while the image is built, too
            if key is not None:
                say("Nobody has been given that key: deploy again with `maze deploy --new-key`.")
            raise
    say(f"\nDeployed at [bold]{url}[/bold]", markup=True)
    _hand_over(url, key)


def _show(options: Options) -> None:
    gpu, model = options.the_gpu, options.the_model
    start = cold_start(model)
    say(
        f"  model  {model.id} at {model.revision or 'no revision'}\n"
        f"  GPU    {gpu.name}, ${gpu.usd_per_hour:.2f} an hour while it runs, "
        f"at most {options.max_containers} at a time\n"
        f"  mode   {options.mode}: given back after {options.scaledown_s} s without a request\n"
        f"  start  about {start.seconds:.0f} s after a pause, some minutes the first time "
        "(an estimate)"
    )


def _check_token(options: Options) -> None:
    secret = options.token_secret
    if secret and not account.has_secret(secret):
        raise CliError(
            f"{options.the_model.id} needs a Hugging Face token; agree to its licence on its page "
            f"there, then run `modal secret create {secret} HF_TOKEN=hf_…`"
        )


def _key(new_key: bool) -> str | None:
    """The key that was made now; None when the account's stays as it is."""
    exists = account.has_secret(account.KEY_SECRET)
    if exists and not new_key:
        say(f"  key    as it is, in the Modal secret {account.KEY_SECRET}")
        return None
    key = auth.new_key()
    account.store_key(key)
    made = "new, in place of the old one" if exists else "made"
    say(f"  key    {made}, in the Modal secret {account.KEY_SECRET}")
    return key


def _hand_over(url: str, key: str | None) -> None:
    """Keep the key here, and say the one line that makes the editor use the service."""
    if key is not None:
        try:
            keys.store(url, key)
            say("Its key is in this machine's keyring.")
        except keys.NoKeyring:
            say(
                "There is no keyring on this machine, so this is the only time you see the key; "
                f"keep it where you keep passwords:\n\n  {keys.VARIABLE}={key}"
            )
    elif keys.find(url) is None:
        say(
            "This machine does not have its key. Whoever deployed first has it: "
            "`maze config set engine.key` takes it, `maze deploy --new-key` makes another."
        )
    say(f"\nFor your editor:\n\n  maze config set engine.url {url}\n")
