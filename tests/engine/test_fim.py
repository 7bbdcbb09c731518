"""Prompt templates: one row per model family."""

from __future__ import annotations

import pytest

from maze.engine.fim import PromptContext, Snippet, fills_in_the_middle, render

HERE = PromptContext(prefix="P", suffix="S", path="a.py", repository="R")
WITH_FILES = PromptContext("P", "S", "a.py", "R", (Snippet("b.py", "B"), Snippet("c.py", "C")))


@pytest.mark.parametrize(
    ("model", "prompt"),
    [
        ("SmolLM2-135M-Instruct.Q4_1", "P"),
        ("who/knows", "P"),
        ("", "P"),
        (
            "Qwen/Qwen2.5-Coder-1.5B-Instruct",
            "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>",
        ),
        ("qwen2.5-coder-0.5b-q8_0", "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>"),
        ("Qwen/Qwen3-Coder-30B-A3B", "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>"),
        ("Qwen/Qwen3-0.6B", "P"),
        ("bigcode/starcoder2-3b", "<fim_prefix>P<fim_suffix>S<fim_middle>"),
        ("codellama/CodeLlama-7b-hf", "<PRE> P <SUF>S <MID>"),
        ("codellama/CodeLlama-7b-Python-hf", "P"),
        ("codellama/CodeLlama-34b-hf", "P"),
        (
            "deepseek-ai/deepseek-coder-1.3b-base",
            "<\uff5cfim\u2581begin\uff5c>P<\uff5cfim\u2581hole\uff5c>S<\uff5cfim\u2581end\uff5c>",
        ),
        ("mistralai/Codestral-22B-v0.1", "[SUFFIX]S[PREFIX]P"),
    ],
)
def test_each_model_is_asked_in_its_own_way(model, prompt):
    assert render(model, HERE).text == prompt
    assert fills_in_the_middle(model) == (prompt != "P")


@pytest.mark.parametrize(
    ("model", "prompt"),
    [
        (
            "Qwen2.5-Coder-1.5B",
            "<|repo_name|>R\n<|file_sep|>b.py\nB\n<|file_sep|>c.py\nC\n"
            "<|file_sep|>a.py\n<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>",
        ),
        (
            "starcoder2-3b",
            "<repo_name>R<file_sep>b.py\nB<file_sep>c.py\nC"
            "<file_sep><fim_prefix>a.py\nP<fim_suffix>S<fim_middle>",
        ),
        ("SmolLM2-135M", "P"),
    ],
)
def test_other_files_go_in_front(model, prompt):
    assert render(model, WITH_FILES).text == prompt


def test_stop_texts_hold_every_mark_of_the_template():
    for model in ("Qwen2.5-Coder-1.5B", "starcoder2-3b"):
        prompt = render(model, WITH_FILES)
        left = prompt.text
        for mark in prompt.stop:
            left = left.replace(mark, "")
        assert "fim" not in left and "file_sep" not in left and "repo_name" not in left
