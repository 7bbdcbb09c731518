"""Beginning a constraint: the fallback chain, forced text, and what cannot begin."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from maze.constraint import (
    UNCONSTRAINED,
    Constrainer,
    Constraint,
    Scope,
    Unconstrained,
    UnknownLanguage,
)
from maze.grammar import load
from tests.constraint.brute import allowed_tokens, as_bools, fresh_reading
from tests.constraint.tokens import allowed_in, mask_of, spell, write


def chain(prefix: str, suffix: str, *levels: tuple[str, str, str, str]) -> tuple[Scope, ...]:
    """Scopes of (level, entry, how their part of the prefix begins, how that of the suffix ends)."""
    return tuple(
        Scope(level, entry, prefix.index(start), suffix.index(end) + len(end))
        for level, entry, start, end in levels
    )


PYTHON_PREFIX = "a = )\nclass A:\n    def f(self):\n        x = 1\n        y = "
PYTHON_SUFFIX = "\n        z = 2\n"
PYTHON_LEVELS = (
    ("file", "file", "a = )", PYTHON_SUFFIX),
    ("scope", "items", "class A", PYTHON_SUFFIX),
    ("block", "block", "        x = 1", PYTHON_SUFFIX),
    ("line", "block", "        y = ", "\n"),
)
GO_PREFIX = "package p\nvar = 1\nfunc f() {\n\ta()\n\tx := "
GO_SUFFIX = "\n\tb()\n}\n"
GO_LEVELS = (
    ("file", "file", "package", GO_SUFFIX),
    ("scope", "items", "func f", GO_SUFFIX),
    ("block", "block", "\ta()", "\n\tb()\n"),
    ("line", "block", "\tx := ", "\n"),
)

FALLBACKS = [
    # language, prefix, suffix, levels, what is broken (all of it, from the top), the level that is used
    ("python", PYTHON_PREFIX, PYTHON_SUFFIX, PYTHON_LEVELS, {}, "scope"),
    ("python", PYTHON_PREFIX, PYTHON_SUFFIX, PYTHON_LEVELS, {"a = )": "a = (1)"[:5]}, "scope"),
    ("python", PYTHON_PREFIX, PYTHON_SUFFIX, PYTHON_LEVELS, {"a = )": "a = 0"}, "file"),
    ("python", PYTHON_PREFIX, PYTHON_SUFFIX, PYTHON_LEVELS, {"class A:": "class A;"}, "block"),
    ("python", PYTHON_PREFIX, PYTHON_SUFFIX, PYTHON_LEVELS, {"class A:": "class A;", "x = 1": "x = ]"}, "line"),
    (
        "python", PYTHON_PREFIX, PYTHON_SUFFIX, PYTHON_LEVELS,
        {"class A:": "class A;", "x = 1": "x = ]", "y = ": "y ? "}, UNCONSTRAINED,
    ),
    ("go", GO_PREFIX, GO_SUFFIX, GO_LEVELS, {}, "scope"),
    ("go", GO_PREFIX, GO_SUFFIX, GO_LEVELS, {"var = 1": "var a T"}, "file"),
    ("go", GO_PREFIX, GO_SUFFIX, GO_LEVELS, {"f() {": "f() ["}, "block"),
    ("go", GO_PREFIX, GO_SUFFIX, GO_LEVELS, {"f() {": "f() [", "a()": "a)("}, "line"),
]  # fmt: skip


# language, prefix, what stands behind it and does not parse by itself, whether that is what the
# cursor's item still lacks (then the file is what counts) or a mistake further down.
BEHIND = [
    ("typescript", "let a = 1\n", "\n  S\n>\n\nexport function f() {}\n", "file"),
    ("typescript", "let a = 1\n", "\n  S,\n  T\n>\n\nexport function f() {}\n", "file"),
    ("typescript", "let a = 1\n", "\nf();\ng();\n}\nh();\n", "scope"),
    ("typescript", "let a = 1\n", "\nf();\ng(;\nh();\n", "scope"),
    ("python", "a = 1\n", "\nb\n)\nc = 2\n", "file"),
    ("python", "a = 1\n", "\nb = 2\nc = )\n", "scope"),
    ("go", "package p\n", "\nvar a T\n)\n", "file"),
    ("go", "package p\n", "\nfunc f() {}\n\nfunc g( {}\n", "scope"),
    ("go", "package p\n", "\n// f does this.\nf() {}\n", "file"),
    ("zig", "a: u8,\n", "\n// What b is.\nb: u8,\n\nconst c = 1;\n", "file"),
    ("zig", "a: u8,\n", "\nconst b = 1;\nconst c = ;\n", "scope"),
]


@pytest.mark.parametrize(("language", "prefix", "suffix", "level"), BEHIND)
def test_what_an_item_lacks_is_told_from_mistakes_elsewhere(
    constrainer: Constrainer, language: str, prefix: str, suffix: str, level: str
) -> None:
    scopes = (
        Scope("file", "file", 0, len(suffix)),
        Scope("scope", "items", len(prefix), 0),
    )
    assert constrainer.begin(language, prefix, suffix, scopes).level == level


@pytest.mark.parametrize(("language", "prefix", "suffix", "levels", "broken", "level"), FALLBACKS)
def test_the_first_scope_that_parses_is_used(
    constrainer: Constrainer,
    language: str,
    prefix: str,
    suffix: str,
    levels: tuple[tuple[str, str, str, str], ...],
    broken: dict[str, str],
    level: str,
) -> None:
    scopes = chain(prefix, suffix, *levels)
    for old, new in broken.items():
        assert len(old) == len(new), "offsets must stay"
        prefix = prefix.replace(old, new)
    constraint = constrainer.begin(language, prefix, suffix, scopes)
    assert constraint.level == level
    if level == UNCONSTRAINED:
        assert isinstance(constraint, Unconstrained)
        return
    assert isinstance(constraint, Constraint)
    assert write(constraint, constrainer.vocabulary, b"1")
    assert constraint.can_stop()
    [scope] = [scope for scope in scopes if scope.level == level]
    spliced = prefix[scope.prefix_start :] + "1" + suffix[: scope.suffix_end]
    assert load(language).check(spliced.encode(), scope.entry) is None


def test_unknown_languages_entries_and_modes_are_told(constrainer: Constrainer) -> None:
    with pytest.raises(
        UnknownLanguage, match="unknown language 'cobol'; known are go, javascript, python"
    ):
        constrainer.begin("cobol", "", "")
    with pytest.raises(UnknownLanguage, match="cobol"):
        constrainer.prepare("cobol")
    with pytest.raises(ValueError, match="'expression'"):
        constrainer.begin("python", "", "", (Scope("file", "expression", 0, 0),))
    with pytest.raises(ValueError, match="'word'"):
        constrainer.begin("python", "", "", mode="word")
    with pytest.raises(ValueError, match="must end the prefix"):
        constrainer.begin("python", "x = 1", "", forced=b"2")


HEALED = [
    # language, prefix, forced, text then generated (forced included), kept
    ("python", "ret", b"ret", b"return", b"urn"),
    ("python", "x = pri", b"pri", b"print", b"nt"),
    ("python", "x = pri", b"pri", b"pri", b""),
    ("python", "x =", b" =", b" == y", b"= y"),
    ("python", "x = é", "é".encode(), "éa".encode(), b"a"),
    ("python", "if x:\n    ", b"    ", b"    return", b"return"),
    ("go", "package p\nvar x = fo", b"fo", b"foo.bar", b"o.bar"),
]


@pytest.mark.parametrize(("language", "prefix", "forced", "text", "kept"), HEALED)
def test_forced_text_is_written_again_and_not_counted(
    constrainer: Constrainer, language: str, prefix: str, forced: bytes, text: bytes, kept: bytes
) -> None:
    vocabulary = constrainer.vocabulary
    constraint = constrainer.begin(language, prefix, "", mode="free", forced=forced)
    written = b""
    for token in spell(vocabulary, text):
        allowed = allowed_in(mask_of(constraint, vocabulary))
        for number in allowed:
            if number in vocabulary.stop_token_ids:
                continue
            whole = written + (vocabulary.tokens[number] or b"")
            assert whole.startswith(forced) or forced.startswith(whole), whole
        assert token in allowed
        assert constraint.can_stop() <= (len(written) >= len(forced))
        assert constraint.accept(token)
        written += vocabulary.tokens[token] or b""
    assert constraint.text == kept
    constraint.rollback(len(spell(vocabulary, text)))
    assert constraint.text == b""
    assert not constraint.can_stop()


@pytest.mark.parametrize(("language", "prefix", "forced", "text", "kept"), HEALED)
def test_the_mask_under_forced_text_is_exact(
    constrainer: Constrainer, language: str, prefix: str, forced: bytes, text: bytes, kept: bytes
) -> None:
    vocabulary = constrainer.vocabulary
    constraint = constrainer.begin(language, prefix, "\0", forced=forced)
    told = as_bools(mask_of(constraint, vocabulary), len(vocabulary))
    before = prefix.encode()[: len(prefix.encode()) - len(forced)]
    brute = allowed_tokens(fresh_reading(load(language), "file", before), vocabulary.tokens)
    agrees = [
        token is not None and (token.startswith(forced) or forced.startswith(token))
        for token in vocabulary.tokens
    ]
    assert np.array_equal(told, brute & np.array(agrees))
    assert told.any()


def test_unconstrained_allows_all_text_after_the_forced(constrainer: Constrainer) -> None:
    vocabulary = constrainer.vocabulary
    stops = set(vocabulary.stop_token_ids)
    ordinary = {i for i, token in enumerate(vocabulary.tokens) if token is not None}
    free = constrainer.begin("python", "x = )(", "")
    assert isinstance(free, Unconstrained)
    assert set(allowed_in(mask_of(free, vocabulary))) == ordinary | stops
    assert free.can_stop()
    forced = constrainer.begin("python", ") pri", "", forced=b"pri")
    assert isinstance(forced, Unconstrained)
    assert not forced.can_stop()
    allowed = {vocabulary.tokens[i] for i in allowed_in(mask_of(forced, vocabulary))}
    assert {b"p", b"pri", b"print"} <= allowed
    assert all(t and (t.startswith(b"pri") or b"pri".startswith(t)) for t in allowed)
    assert write(forced, vocabulary, b"print )")
    assert forced.text == b"nt )"
    assert forced.joinable() == len(forced.text)
    assert forced.accept(vocabulary.stop_token_ids[0])
    assert forced.is_done()
    assert not forced.allows(spell(vocabulary, b"x")[0])
    forced.rollback(2)
    assert not forced.is_done()
    assert forced.text == b"nt"


@pytest.mark.parametrize(
    ("prefix", "suffix"),
    [
        ("x = 1\r\ny = ", "\r\nz = 2\r\n"),
        ("\ufeffx = ", "\n"),
        ("x = '\U0001f600' + ", "\n"),
        ("x = '" + "a" * 5000 + "' + ", "\n"),
        ("x = " + "(\n" * 20, ")" * 20),
    ],
)
def test_odd_prefixes_are_of_the_language(
    constrainer: Constrainer, prefix: str, suffix: str
) -> None:
    constraint = constrainer.begin("python", prefix, suffix)
    assert constraint.level == "file"
    assert write(constraint, constrainer.vocabulary, b"1")
    assert constraint.can_stop()


@pytest.mark.parametrize("prefix", ["a\0b", "x = '\ud800'", "x = 1\n  y", "é€ = "])
def test_what_does_not_parse_is_unconstrained(constrainer: Constrainer, prefix: str) -> None:
    level = constrainer.begin("python", prefix, "").level
    assert level == ("file" if "\ud800" in prefix else UNCONSTRAINED)


def test_threads_may_share_a_constrainer(constrainer: Constrainer) -> None:
    vocabulary = constrainer.vocabulary
    prefixes = [f"x{i} = [{'a, ' * i}" for i in range(24)]

    def one(prefix: str) -> np.ndarray:
        constraint = constrainer.begin("python", prefix, "]\n")
        assert write(constraint, vocabulary, b"b(c")
        return mask_of(constraint, vocabulary)

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(one, prefixes))
    for prefix, mask in zip(prefixes, together, strict=True):
        assert np.array_equal(one(prefix), mask)


def test_preparing_tells_of_its_progress(constrainer: Constrainer, tmp_path: object) -> None:
    from pathlib import Path

    small = type(constrainer.vocabulary)([b"x", b" ", b"\n", None], [3])
    told: list[tuple[float, str]] = []
    fresh = Constrainer(small, Path(str(tmp_path)))
    fresh.prepare("go", lambda share, text: told.append((share, text)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert all("Go" in text for _, text in told)


@pytest.mark.parametrize("language", ["go", "python"])
def test_warming_up_changes_no_answer(constrainer: Constrainer, language: str) -> None:
    prefix, suffix = (GO_PREFIX, GO_SUFFIX) if language == "go" else ("def f(a):\n  return ", "\n")
    warm = Constrainer(constrainer.vocabulary)
    warm.prepare(language)
    masks = [
        mask_of(each.begin(language, prefix, suffix), each.vocabulary)
        for each in (constrainer, warm)
    ]
    assert np.array_equal(*masks)


def test_where_a_file_may_end_items_may_not_always_follow(constrainer: Constrainer) -> None:
    """A Zig file may end in a field without its comma; a declaration cannot follow that."""
    suffix = "\n" + "pub const b = 1;\n" * 40
    for prefix, joins in (("const a = 1;\n", True), ("a: u8,", True), ("a: u8", False)):
        for ending in (suffix, "\n", suffix.replace("pub", "/// doc\npub")):
            constraint = constrainer.begin("zig", prefix, ending, mode="free")
            assert constraint.level == "file"
            assert constraint.can_stop() == (joins or ending == "\n"), (prefix, ending[:30])
