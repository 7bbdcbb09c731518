"""The doctor's look at the Modal account, which only those have who deploy the GPU service."""

from __future__ import annotations

from maze.cli.doctor.finding import Finding, note, ok
from modal_service import account, endpoint


def modal_account() -> Finding:
    """Whose account it is, and whether the service is deployed there; never a problem."""
    if account.missing_client() is not None:
        return note("modal", "its client is not installed", "only `maze deploy` needs it")
    try:
        workspace = account.workspace()
        state = endpoint.state()
    except (account.AccountError, endpoint.EndpointError) as error:
        return note("modal", str(error), "only `maze deploy` needs it")
    if not state.deployed:
        return note("modal", f"workspace {workspace}; the service is not deployed")
    return ok("modal", f"workspace {workspace}; {state.url}, {state.containers} running")
