"""What a person can cause on the command line."""

from __future__ import annotations


class CliError(Exception):
    """Something a person can mend; the message is one sentence with the next step."""
