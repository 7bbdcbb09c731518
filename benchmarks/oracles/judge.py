"""The judging process of `PythonOracle`: JSON lines in, JSON lines out.

A question is a list of files in base64; the answer is, for each, null or its error. The first line
out names the parser. Standard library only, and written for any CPython ≥ 3.13, also in
WebAssembly, where `judge.mjs` reads and writes the lines and calls `answer`.
"""

import ast
import base64
import json
import platform
import sys
import warnings


def hello() -> str:
    """The line that names the parser."""
    return json.dumps(f"CPython {platform.python_version()} ({sys.platform})")


def answer(question: str) -> str:
    """Judge the files of one line."""
    return json.dumps([_error(base64.b64decode(text)) for text in json.loads(question)])


def _error(source: bytes) -> str | None:
    # Besides SyntaxError: ValueError for NUL bytes, the others for deep nesting.
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(source)
    except SyntaxError as error:
        return f"{error.lineno}:{error.offset}: {error.msg}"
    except (ValueError, MemoryError, RecursionError) as error:
        return f"0:0: {type(error).__name__}: {error}"
    return None


if __name__ == "__main__":
    print(hello(), flush=True)
    for line in sys.stdin:
        print(answer(line), flush=True)
