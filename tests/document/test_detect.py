"""`maze.document.detect`: a name, a first line, the content, and what the editor says."""

from __future__ import annotations

import attrs
import pytest

from maze.document import languages
from maze.document.detect import detect

PYTHON = "import os\n\n\ndef f(x):\n    return os.path.join(x)\n"
GO = 'package main\n\nimport "fmt"\n\nfunc main() {\n\tfmt.Println("x")\n}\n'
ZIG = 'const std = @import("std");\n\npub fn main() !void {\n    try std.f();\n}\n'
TYPESCRIPT = 'import { a } from "b";\n\nexport const f = (x: A): B => a(x);\n'
PROSE = "Dear reader,\n\nthis is a letter, and nothing else; no more than that.\n"

CASES = [
    # path, content, what the editor says, language
    ("/a/b.py", PYTHON, "python", "python"),
    ("/a/b.py", "", "", "python"),
    ("/a/b.PYI", "", "", "python"),
    ("file:///a/b.go", GO, "go", "go"),
    ("/a/b.ts", TYPESCRIPT, "typescript", "typescript"),
    ("/a/b.d.ts", "", "", "typescript"),
    ("/a/b.mts", "", "", "typescript"),
    ("/a/b.cts", "", "", "typescript"),
    ("/a/b.tsx", "", "", "tsx"),
    ("/a/b.tsx", "const a = <b/>\n", "typescriptreact", "tsx"),
    ("/a/b.js", "", "javascript", "javascript"),
    ("/a/b.jsx", "", "javascriptreact", "javascript"),
    ("/a/b.mjs", "", "", "javascript"),
    ("/a/b.cjs", "", "", "javascript"),
    ("C:\\a\\SConstruct", "", "", "python"),
    ("/a/b.zig", ZIG, "zig", "zig"),
    ("/a/b.zig", "", "", "zig"),
    # by the first line
    ("/bin/tool", "#!/usr/bin/python3\nx\n", "", "python"),
    ("/bin/tool", "#!/usr/bin/env python3.12\nx\n", "", "python"),
    ("/bin/tool", "#!/usr/bin/env -S A=1 python3 -u\nx\n", "", "python"),
    ("/bin/tool", "#!/bin/sh\nls\n", "", None),
    ("/bin/tool", "#!\n", "", None),
    ("/bin/tool", "#!/usr/bin/env deno\nx\n", "", "typescript"),
    ("/bin/tool", "#!/usr/bin/env -S deno run --allow-read\nx\n", "", "typescript"),
    ("/bin/tool", "#!/usr/bin/env tsx\nx\n", "", "typescript"),
    ("/bin/tool", "#!/usr/bin/env ts-node\nx\n", "", "typescript"),
    ("/bin/tool", "#!/usr/bin/env bun\nx\n", "", "typescript"),
    ("/bin/tool", "#!/usr/bin/env node\nx\n", "", "javascript"),
    ("/bin/tool", "#!/usr/bin/env -S node --no-warnings\nx\n", "", "javascript"),
    ("/bin/tool", "#!/usr/bin/env -S npx tsx\nx\n", "", None),
    # by the content
    ("", TYPESCRIPT, "", "typescript"),
    ("", PYTHON, "", "python"),
    ("untitled:Untitled-1", GO, "plaintext", "go"),
    ("", ZIG, "", "zig"),
    ("", PROSE, "", None),
    ("", "", "", None),
    ("", "x", "", None),
    ("notes.txt", PYTHON, "plaintext", None),
    # the editor is believed where nothing speaks against it, and not where something does
    ("", "", "python", "python"),
    ("cell.ipynb#X", "x = 1\n", "python", "python"),
    ("", GO, "python", "go"),
    ("", PROSE * 3, "go", None),
    ("/a/b.py", GO, "go", "go"),
    ("/a/b.py", PYTHON, "go", "python"),
    ("/a/b.py", PYTHON, "markdown", "python"),
    # none of ours
    ("/a/b.c", "int main() {}\n", "c", None),
    ("/a/b.json", '{"a": 1}\n', "json", None),
    ("/a/b.py", "\x7fELF\x00\x00", "python", None),
]


@pytest.mark.parametrize(("path", "content", "editor_id", "language"), CASES)
def test_detection(path, content, editor_id, language) -> None:
    detection = detect(path, content, editor_id)
    assert (detection.language.name if detection.language else None) == language
    assert bool(detection.reason) == (language is None)


def test_a_suffix_that_two_languages_share_is_told_by_content(monkeypatch) -> None:
    for name in ("python", "go"):
        language = languages.LANGUAGES[name]
        shared = attrs.evolve(language, suffixes=language.suffixes | {".h"})
        monkeypatch.setitem(languages.LANGUAGES, name, shared)

    def name_of(content: str, editor_id: str = "") -> str | None:
        language = detect("/a/b.h", content, editor_id).language
        return language.name if language else None

    assert name_of(GO) == "go"
    assert name_of(PYTHON) == "python"
    assert name_of(GO, "python") == "go"
    assert name_of("", "go") == "go"
    assert name_of("") == "python"
