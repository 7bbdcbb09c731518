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

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from attrs import define

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


def _own_arguments(settings: ServiceSettings) -> list[str]:
    raise NotImplementedError


def serve(settings: ServiceSettings, environ: Mapping[str, str] = os.environ) -> int:
    """Serve until stopped.

    Returns:
        The exit status: 0, or 1 after one sentence on stderr.
    """
    raise NotImplementedError
