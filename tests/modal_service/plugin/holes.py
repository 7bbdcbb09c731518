"""A hole in each language, for tests that generate at random."""

HOLES = [
    # language, prefix, suffix
    ("python", "def f(a):\n    return g(a, ", ")\n\n\nprint(f(1))\n"),
    ("python", "x = [1, 2, ", "]\n"),
    ("go", "package p\n\nfunc f(a int) int {\n\treturn ", "\n}\n"),
    ("rust", "fn f(a: u32) -> u32 {\n    let b = ", ";\n    b\n}\n"),
    ("typescript", "function f(a: number) {\n  return ", ";\n}\n"),
    ("zig", "fn f(a: u32) u32 {\n    return ", ";\n}\n"),
]
