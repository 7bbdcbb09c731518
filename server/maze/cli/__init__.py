"""The command line: `maze lsp`, `engine`, `complete`, `doctor`, `setup` and `grammar`.

`app` declares the commands; each is a module of its own, imported when it is called, so that
`maze lsp` starts without what `maze engine` needs.
"""

from __future__ import annotations

import os
import sys
import traceback


def main() -> None:
    """Run the command line; what goes wrong is said in one sentence (`--debug` shows where)."""
    arguments = sys.argv[1:]
    debug = "--debug" in arguments
    try:
        from maze.cli.app import app

        app([argument for argument in arguments if argument != "--debug"], prog_name="maze")
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has seen enough; nothing may be flushed to it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        if debug:
            traceback.print_exc()
        else:
            print(f"maze: {_sentence(error)}", file=sys.stderr)
        sys.exit(1)


def _sentence(error: Exception) -> str:
    from maze.cli.errors import CliError
    from maze.engine.errors import EngineError
    from maze.engine.launcher import NEEDED

    if isinstance(error, CliError | EngineError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror.lower()}"
    if isinstance(error, ModuleNotFoundError):
        # With an engine elsewhere in the settings, the doctor looks for nothing of the embedded one.
        mend = "maze setup" if error.name in NEEDED else "maze doctor"
        return f"the Python package {error.name} is not installed; run `{mend}`"
    return f"something went wrong inside ({type(error).__name__}); --debug shows where"
