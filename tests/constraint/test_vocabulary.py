"""Vocabularies read from tokenizer files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from maze.constraint import Vocabulary, VocabularyError

Json = dict[str, object]


def tokenizer(vocabulary: Json, *added: str) -> Json:
    """A tokenizer.json with added tokens numbered after the others."""
    first = len(vocabulary)
    return {
        "model": {"vocab": vocabulary},
        "added_tokens": [{"id": first + i, "content": text} for i, text in enumerate(added)],
    }


KINDS = {
    "byte-level": (
        tokenizer({"a": 0, "Ġb": 1, "Ċ": 2, "Ã©": 3, "Ã": 4, "ĉĠ": 5}, "<|im_end|>", "<|other|>"),
        [b"a", b" b", b"\n", "é".encode(), b"\xc3", b"\t ", None, None],
        (6,),
    ),
    "SentencePiece": (
        tokenizer({"a": 0, "▁b": 1, "<0x0A>": 2, "é": 3, "<0xC3>": 4, "▁▁": 5}, "</s>"),
        [b"a", b" b", b"\n", "é".encode(), b"\xc3", b"  ", None],
        (6,),
    ),
    "added within": (
        {
            "model": {"vocab": {"Ġa": 0, "<|endoftext|>": 1, "b": 3}},
            "added_tokens": [{"id": 1, "content": "<|endoftext|>"}],
        },
        [b" a", None, None, b"b"],
        (1,),
    ),
    "nothing added": ({"model": {"vocab": {"Ġ": 0}}}, [b" "], ()),
}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_tokenizers(tmp_path: Path, kind: str) -> None:
    data, tokens, stops = KINDS[kind]
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    vocabulary = Vocabulary.from_tokenizer_json(path)
    assert vocabulary.tokens == tokens
    assert vocabulary.stop_token_ids == stops


UNREADABLE = {
    "not JSON": b"{",
    "not UTF-8": b"\xff\xfe",
    "a list": b"[]",
    "no model": b"{}",
    "no vocabulary": b'{"model": {}}',
    "null": b"null",
    "a Unigram list": b'{"model": {"vocab": [["a", 0.1]]}}',
    "an empty vocabulary": b'{"model": {"vocab": {}}}',
    "numbers that are none": b'{"model": {"vocab": {"a": "b"}}}',
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_unreadable_files_are_told_in_one_sentence(tmp_path: Path, case: str) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_bytes(UNREADABLE[case])
    with pytest.raises(VocabularyError, match=r"tokenizer\.json is not a tokenizer\.json"):
        Vocabulary.from_tokenizer_json(path)


@pytest.mark.parametrize("name", ["missing.json", "."])
def test_missing_files_are_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(VocabularyError, match="cannot read"):
        Vocabulary.from_tokenizer_json(tmp_path / name)


def test_empty_and_stop_tokens_are_no_text() -> None:
    vocabulary = Vocabulary([b"a", b"", None, b"</s>"], [3, 3])
    assert vocabulary.tokens == [b"a", None, None, None]
    assert vocabulary.stop_token_ids == (3,)
    assert len(vocabulary) == 4


def test_fingerprints_tell_vocabularies_apart() -> None:
    vocabularies = [
        Vocabulary([b"a", b"b"], []),
        Vocabulary([b"b", b"a"], []),
        Vocabulary([b"ab", None], []),
        Vocabulary([b"a", b"b", None], [2]),
        Vocabulary([b"a", b"b", None], []),
    ]
    assert len({v.fingerprint for v in vocabularies}) == len(vocabularies)
    assert Vocabulary([b"a", b"b"], []).fingerprint == vocabularies[0].fingerprint
