"""The vLLM plugin: where Maze is installed beside a vLLM, that vLLM is a Maze engine.

    pip install path/to/this/repository
    vllm serve Qwen/Qwen2.5-Coder-7B

vLLM calls `register` in each of its processes (entry point `vllm.general_plugins`). In the engine
process that puts our constraint where a request asks for it; in the API server it puts the guard and
the front before vLLM's application. Requests without a `maze` object are vLLM's as ever.

With `MAZE_API_KEY` or vLLM's own `--api-key` in effect, everything but `/health` asks for one of them.
"""

from __future__ import annotations

import functools
import logging
import os
import sys
from typing import Any

from modal_service.plugin import reports
from modal_service.plugin.versions import UnsupportedVllm, application_modules

log = logging.getLogger("vllm.maze")

KEY_VARIABLE = "MAZE_API_KEY"

_HOOKED = "_maze_hooked"
_THEIR_GUARD = "AuthenticationMiddleware"


def register() -> None:
    """Take hold of vLLM; where that fails, say so in one sentence and leave vLLM as it is.

    Raises:
        SystemExit: a key is set, and this vLLM would serve without asking for it.
    """
    _check_front_end()
    problem = None
    try:
        from modal_service.plugin import engine_side

        engine_side.hook()
    except UnsupportedVllm as error:
        problem = str(error)
        log.error("%s", problem)
    applications = application_modules()
    if applications:
        reports.make_folder()  # now, so that the engine's process inherits it
    for module in applications:
        if not getattr(module.build_app, _HOOKED, False):
            module.build_app = _with_front(module.build_app, problem)


def _check_front_end() -> None:
    """vLLM has front ends that are not Python's, which no plugin can stand in front of."""
    if os.environ.get("VLLM_USE_RUST_FRONTEND", "0") not in ("", "0"):
        which, instead = "Rust front end", "unset VLLM_USE_RUST_FRONTEND"
    elif "--grpc" in sys.argv:
        which, instead = "gRPC server", "leave --grpc out"
    else:
        return
    problem = f"Maze cannot stand in front of vLLM's {which}"
    if os.environ.get(KEY_VARIABLE, "").strip():
        sys.exit(f"maze: {problem}, which would not ask for {KEY_VARIABLE}; {instead}")
    log.error("%s: requests for Maze are not understood there; %s", problem, instead)


def _with_front(build: Any, problem: str | None) -> Any:
    @functools.wraps(build)
    def build_app(args: Any, *rest: Any, **named: Any) -> Any:
        app = build(args, *rest, **named)
        _add_in_front(app, args, problem)
        return app

    setattr(build_app, _HOOKED, True)
    return build_app


def _add_in_front(app: Any, args: Any, problem: str | None) -> None:
    from starlette.middleware import Middleware

    from maze.engine.drain import Drain, Draining
    from maze.engine.settings import is_loopback
    from modal_service.plugin.front import Front
    from modal_service.plugin.guard import Guard

    guard = Middleware(
        Guard, keys=_keys(args), only_this_machine=bool(args.host) and is_loopback(args.host)
    )
    draining = Draining()
    drain = Middleware(Drain, draining=draining)
    front = Middleware(Front, state=app.state, draining=draining, problem=problem)
    # vLLM's own guard knows only its own keys, and stands behind one that lets in who has any.
    theirs = [each for each in app.user_middleware if each.cls.__name__ != _THEIR_GUARD]
    # vLLM has the stack built already, where `add_middleware` refuses; the first stands in front.
    app.user_middleware[:] = [guard, drain, front, *theirs]
    app.middleware_stack = app.build_middleware_stack()


def _keys(args: Any) -> list[str]:
    ours = os.environ.get(KEY_VARIABLE, "").strip()
    theirs = args.api_key or [os.environ.get("VLLM_API_KEY", "")]
    return [key for key in (ours, *theirs) if key]
