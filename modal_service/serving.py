"""Starts vLLM as a Maze engine: the one way a container, a script and a test do it.

    from modal_service.serving import ServiceSettings, command, environment
    subprocess.Popen(command(settings), env=os.environ | environment(settings, key))

or, with the key in `MAZE_API_KEY`, from a shell:

    python -m modal_service.serving --model Qwen/Qwen2.5-Coder-7B --port 8000 -- --enforce-eager

What follows `--` goes to vLLM as it is. The process is vLLM's own API server with the plugin
loaded and the guard in front; it ends on SIGTERM after the requests in flight (`drain_s`). It is
the same on a GPU and on vLLM's CPU build, and needs no `vllm` distribution of that name.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, MutableMapping, Sequence
from pathlib import Path
from typing import Any

from attrs import define

from maze.engine.settings import is_loopback
from modal_service.plugin.versions import UnsupportedVllm, check_installed, unsupported

KEY_VARIABLE = "MAZE_API_KEY"


@define(frozen=True)
class ServiceSettings:
    """How to serve a model. The key is not among them: it travels in the environment only.

    Attributes:
        model: a hub name or the path of a folder that `transformers` can read.
        revision: of the hub name; None takes the newest.
        served_name: what clients see, and what chooses the prompt template; None takes `model`.
        host: address to listen on; other than loopback needs a key.
        port: 1 to 65535.
        context: the most tokens of prompt and answer together; None takes the model's own.
        max_requests: how many are generated at once; more wait.
        gpu_memory: share of the GPU's memory vLLM may use; None leaves it to vLLM.
        drain_s: how long requests in flight may go on after SIGTERM.
        tables: where the constraint's tables are kept; None takes the user's cache folder.
        languages: whose tables are made before the first request; empty means all.
        extra: more arguments for vLLM, as on its command line.
    """

    model: str
    revision: str | None = None
    served_name: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    context: int | None = None
    max_requests: int = 64
    gpu_memory: float | None = None
    drain_s: int = 30
    tables: Path | None = None
    languages: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()


def command(settings: ServiceSettings) -> list[str]:
    """The command line that serves `settings`, for this Python; it holds no secret."""
    return [sys.executable, "-m", "modal_service.serving", *_own_arguments(settings)]


def environment(settings: ServiceSettings, key: str | None) -> dict[str, str]:
    """What the process needs in its environment besides what is there."""
    found = {} if key is None else {KEY_VARIABLE: key}
    if settings.tables is not None:
        found["MAZE_CACHE_DIR"] = str(settings.tables)
    if settings.languages:
        found["MAZE_LANGUAGES"] = " ".join(settings.languages)
    return found


def vllm_arguments(settings: ServiceSettings) -> list[str]:
    """vLLM's own command line for `settings`."""
    given = [
        ("--model", settings.model),
        ("--revision", settings.revision),
        ("--tokenizer-revision", settings.revision),
        ("--served-model-name", settings.served_name),
        ("--host", settings.host),
        ("--port", settings.port),
        ("--max-model-len", settings.context),
        ("--max-num-seqs", settings.max_requests),
        ("--gpu-memory-utilization", settings.gpu_memory),
        ("--shutdown-timeout", settings.drain_s),
        # With the default, `auto`, vLLM may hand a grammar to another library without saying so.
        ("--structured-outputs-config", '{"backend": "xgrammar"}'),
    ]
    arguments = [text for name, value in given if value is not None for text in (name, str(value))]
    # An access log is no place for a service that other people's code goes through.
    return [*arguments, "--disable-uvicorn-access-log", *settings.extra]


def serve(settings: ServiceSettings, environ: MutableMapping[str, str] = os.environ) -> int:
    """Serve until stopped.

    Returns:
        The exit status: 0, or 1 after one sentence on stderr.
    """
    problem = problem_with(settings, environ.get(KEY_VARIABLE, ""))
    if problem is not None:
        print(f"maze service: {problem}", file=sys.stderr)
        return 1
    environ.update(environment(settings, None))
    try:
        run = _vllm_server()
    except UnsupportedVllm as error:
        print(f"maze service: {error}", file=sys.stderr)
        return 1
    run(vllm_arguments(settings))
    return 0


def problem_with(settings: ServiceSettings, key: str) -> str | None:
    """What makes these settings unusable, in one sentence, or None."""
    key = key.strip()  # as the guard takes it: of blanks alone, nothing is left to ask for
    if not key and not is_loopback(settings.host):
        return (
            f"refusing to listen on {settings.host} without a key; "
            f"set {KEY_VARIABLE}, or listen on 127.0.0.1"
        )
    if key and (len(key) < 8 or not key.isascii() or not key.isprintable()):
        return f"the key in {KEY_VARIABLE} must have at least 8 characters, all printable ASCII"
    return None


def _vllm_server() -> Callable[[list[str]], None]:
    """vLLM's API server as a function of its command line, with the plugin in place.

    The server is started here and not with `vllm serve`, whose command asks for a distribution
    named `vllm`, which builds for other processors are not.

    Raises:
        UnsupportedVllm: there is no vLLM here, or it lacks what Maze needs.
    """
    check_installed()
    from modal_service.plugin import engine_side
    from modal_service.vllm_plugin import register

    engine_side.hook()
    try:
        import uvloop
        from vllm.entrypoints.launchers.api_server.entry import run_server
        from vllm.entrypoints.launchers.cli_args import make_arg_parser, validate_parsed_serve_args
        from vllm.entrypoints.serve.utils.api_utils import cli_env_setup
        from vllm.utils.argparse_utils import FlexibleArgumentParser
    except ImportError as error:
        raise unsupported(error.name or "API server") from error
    register()

    def run(arguments: list[str]) -> None:
        cli_env_setup()
        parser = make_arg_parser(FlexibleArgumentParser(prog="vllm"))
        parsed = parser.parse_args(arguments)
        validate_parsed_serve_args(parsed)
        uvloop.run(run_server(parsed))

    return run


_OPTIONS: dict[str, tuple[Any, str]] = {
    "model": (str, "a hub name or a folder"),
    "revision": (str, "of the hub name"),
    "served_name": (str, "the model's name for clients, which chooses the prompt template"),
    "host": (str, "address to listen on (default 127.0.0.1)"),
    "port": (int, "default 8000"),
    "context": (int, "most tokens of prompt and answer together"),
    "max_requests": (int, "generated at once (default 64)"),
    "gpu_memory": (float, "share of the GPU's memory to use"),
    "drain_s": (int, "seconds for requests in flight when stopping (default 30)"),
    "tables": (Path, "where the constraint's tables are kept"),
}


def _own_arguments(settings: ServiceSettings) -> list[str]:
    default = ServiceSettings(model="")
    arguments = []
    for name in _OPTIONS:
        value = getattr(settings, name)
        if value != getattr(default, name):
            arguments += [_flag(name), str(value)]
    for language in settings.languages:
        arguments += ["--language", language]
    return [*arguments, "--", *settings.extra] if settings.extra else arguments


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _settings(arguments: Sequence[str]) -> ServiceSettings:
    given = list(arguments)
    extra: list[str] = []
    if "--" in given:
        at = given.index("--")
        given, extra = given[:at], given[at + 1 :]
    parser = argparse.ArgumentParser(
        prog="python -m modal_service.serving",
        description="Serve a model with vLLM and Maze; what follows `--` goes to vLLM.",
    )
    for name, (kind, about) in _OPTIONS.items():
        parser.add_argument(_flag(name), type=kind, help=about, required=name == "model")
    parser.add_argument(
        "--language", action="append", default=[], help="made ready first; may be repeated"
    )
    found = vars(parser.parse_args(given))
    languages = tuple(found.pop("language"))
    named = {name: value for name, value in found.items() if value is not None}
    return ServiceSettings(**named, languages=languages, extra=tuple(extra))


if __name__ == "__main__":
    # vLLM's engine process may import this module again, under another name.
    sys.exit(serve(_settings(sys.argv[1:])))
