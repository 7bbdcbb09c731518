"""The Modal account: who it belongs to, which secrets it holds, what it has been charged.

Everything goes through Modal's own client, in its public interface. What a person can mend comes
out as `AccountError`, in one sentence.
"""

from __future__ import annotations

import importlib.util
import socket
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from urllib.parse import urlsplit

from attrs import frozen

APP_NAME = "maze-inference"
KEY_SECRET = "maze-api-key"
KEY_NAME = "MAZE_API_KEY"

_PATIENCE_S = 5.0


class AccountError(Exception):
    """Something about the Modal account that a person can mend."""


def missing_client() -> str | None:
    """What is missing to talk to Modal at all, in one sentence with the command, or None."""
    if importlib.util.find_spec("modal") is not None:
        return None
    return "Modal's client is not installed; run `pip install modal==1.6.4`"


def workspace() -> str:
    """The name of the workspace that the credentials on this machine belong to.

    Raises:
        AccountError: there are none, they are wrong, or Modal can not be reached.
    """
    with translated():
        import modal

        _check_network()
        return modal.Workspace.from_context().hydrate().name or "unknown"


def has_secret(name: str) -> bool:
    """Whether the account holds a secret of that name."""
    with translated():
        import modal

        return any(secret.name == name for secret in modal.Secret.objects.list())


def store_key(key: str) -> None:
    """Make `key` the one that the service asks for, from its next container on."""
    with translated():
        import modal

        if has_secret(KEY_SECRET):
            modal.Secret.from_name(KEY_SECRET).hydrate().update({KEY_NAME: key})
        else:
            modal.Secret.objects.create(KEY_SECRET, {KEY_NAME: key})


@frozen
class Spent:
    """What Modal has charged for the service.

    Attributes:
        total: US dollars, since `since`.
        by_day: the same by day, newest last; days without a charge are left out.
        by_resource: the same by what it was charged for.
        since: the first day that was asked about.
    """

    total: Decimal
    by_day: dict[str, Decimal]
    by_resource: dict[str, Decimal]
    since: datetime


def spent(days: int) -> Spent:
    """What has been charged since `days` days ago, by Modal's own account.

    The report leaves out the hour that is not over yet.

    Raises:
        AccountError: Modal does not tell, perhaps because this member may not see it.
    """
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    since = today - timedelta(days=days)
    with translated():
        import modal

        billing = modal.Workspace.from_context().billing
        items = billing.report(start=since, resolution="h")
    by_day: dict[str, Decimal] = {}
    by_resource: dict[str, Decimal] = {}
    for item in items:
        if item.description != APP_NAME:
            continue
        day = item.interval_start.date().isoformat()
        by_day[day] = by_day.get(day, Decimal(0)) + item.cost
        for resource, cost in item.cost_by_resource.items():
            by_resource[resource] = by_resource.get(resource, Decimal(0)) + cost
    total = sum(by_day.values(), Decimal(0))
    return Spent(total, dict(sorted(by_day.items())), by_resource, since)


def _check_network() -> None:
    """Find out in seconds what Modal's client, which tries again and again, takes a minute for.

    Raises:
        OSError: nothing can be reached there.
    """
    from modal.config import config

    if not (config.get("token_id") or config.get("oauth_refresh_token")):
        return  # there is something else to be told first
    server = urlsplit(config["server_url"])
    port = server.port or (443 if server.scheme == "https" else 80)
    with socket.create_connection((server.hostname, port), _PATIENCE_S):
        pass


@contextmanager
def translated() -> Iterator[None]:
    """Modal's errors as sentences with the next step."""
    if (missing := missing_client()) is not None:
        raise AccountError(missing)
    try:
        with redirect_stdout(StringIO()):  # it has a banner for that, among what we print
            from modal import exception
    except Exception as error:  # it reads its own settings file when it is imported
        raise AccountError(
            f"Modal's client does not start: {_said(error)}; mend that, or move its settings "
            "file away and run `modal setup`"
        ) from None

    try:
        yield
    except exception.AuthError as error:
        if "missing" in str(error).lower():
            raise AccountError(
                "there is no Modal account on this machine yet; make one at modal.com and run "
                "`modal setup`, or set MODAL_TOKEN_ID and MODAL_TOKEN_SECRET"
            ) from None
        raise AccountError(
            "Modal does not accept the credentials on this machine; run `modal setup` again"
        ) from None
    except exception.PermissionDeniedError as error:
        raise AccountError(f"Modal does not allow that for this account: {error}") from None
    except (exception.ConnectionError, OSError):
        raise AccountError(
            "Modal can not be reached; check the network, and status.modal.com"
        ) from None
    except exception.Error as error:
        raise AccountError(f"Modal says: {_said(error)}") from None


def _said(error: Exception) -> str:
    """What it says, on one line and to be gone on with."""
    return " ".join(str(error).split()).rstrip(".")
