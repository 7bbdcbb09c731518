"""What the commands share: options from flags and environment, and Modal's trouble as sentences."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from maze.cli.errors import CliError
from modal_service.account import AccountError, missing_client
from modal_service.endpoint import EndpointError
from modal_service.options import Options, OptionsError, from_environment, variable


def options(flags: Mapping[str, object]) -> Options:
    """The deployment's options: the environment's, and what was said on the command line.

    Raises:
        CliError: one of them makes no sense.
    """
    said = {name: str(value) for name, value in flags.items() if value is not None}
    try:
        return from_environment(os.environ | {variable(name): said[name] for name in said})
    except OptionsError as error:
        sentence = str(error)
        for name in said:  # as it was said, and not as it travels
            sentence = sentence.replace(f"{variable(name)} ", f"--{name.replace('_', '-')} ")
        raise CliError(sentence) from None


@contextmanager
def modal_trouble() -> Iterator[None]:
    """What goes wrong between here and Modal, as the command line's own errors."""
    if (missing := missing_client()) is not None:
        raise CliError(missing)
    try:
        yield
    except (AccountError, EndpointError) as error:
        raise CliError(str(error)) from None
