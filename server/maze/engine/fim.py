"""Prompt templates by model: the one place that knows how a model wants to be asked.

Models trained to fill in the middle get the text on both sides of the cursor, between their own
marks. All others get the text before the cursor and continue it. The marks are those of each
model's card: Qwen coder, StarCoder, Code Llama, DeepSeek-Coder, Codestral.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from attrs import define


@define(frozen=True)
class Snippet:
    """Another file, or a part of one, that helps the model."""

    path: str
    text: str


@define(frozen=True)
class PromptContext:
    """What a prompt is made of, already cut to the model's context.

    Attributes:
        prefix: the text before the cursor.
        suffix: the text after the cursor.
        path: the file's path in its project; empty when unknown.
        repository: the project's name; empty when unknown.
        snippets: other files, most useful last.
    """

    prefix: str
    suffix: str = ""
    path: str = ""
    repository: str = ""
    snippets: tuple[Snippet, ...] = ()


@define(frozen=True)
class Prompt:
    """What is sent to the engine.

    Attributes:
        text: the prompt, marks included.
        stop: texts that end an answer (only where the constraint is off do they ever appear).
    """

    text: str
    stop: tuple[str, ...] = ()


def render(model_id: str, context: PromptContext) -> Prompt:
    """The prompt for `context` in the template of the model called `model_id`.

    Args:
        model_id: as `GET /v1/models` gives it: a hub name, a path or a file's name.
    """
    for pattern, template in _TEMPLATES:
        if pattern.search(model_id):
            return template(context)
    return _plain(context)


def fills_in_the_middle(model_id: str) -> bool:
    """Whether the model reads the text after the cursor."""
    return any(pattern.search(model_id) for pattern, _ in _TEMPLATES)


def _plain(context: PromptContext) -> Prompt:
    return Prompt(context.prefix)


def _qwen(context: PromptContext) -> Prompt:
    """Qwen2.5-Coder technical report, section 3.1: file-level and repository-level templates."""
    stop = (
        *("<|endoftext|>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|fim_pad|>"),
        *("<|repo_name|>", "<|file_sep|>", "<|im_start|>", "<|im_end|>"),
    )
    hole = f"<|fim_prefix|>{context.prefix}<|fim_suffix|>{context.suffix}<|fim_middle|>"
    if not context.snippets:
        return Prompt(hole, stop)
    files = "".join(f"<|file_sep|>{file.path}\n{file.text}\n" for file in context.snippets)
    return Prompt(
        f"<|repo_name|>{context.repository}\n{files}<|file_sep|>{context.path}\n{hole}", stop
    )


def _starcoder(context: PromptContext) -> Prompt:
    """StarCoder 2 paper, section 5: a file's path stands inside its prefix."""
    stop = (
        *("<|endoftext|>", "<file_sep>", "<repo_name>"),
        *("<fim_prefix>", "<fim_suffix>", "<fim_middle>"),
    )
    tail = f"<fim_suffix>{context.suffix}<fim_middle>"
    if not context.snippets:
        return Prompt(f"<fim_prefix>{context.prefix}{tail}", stop)
    files = "".join(f"<file_sep>{file.path}\n{file.text}" for file in context.snippets)
    return Prompt(
        f"<repo_name>{context.repository}{files}"
        f"<file_sep><fim_prefix>{context.path}\n{context.prefix}{tail}",
        stop,
    )


def _code_llama(context: PromptContext) -> Prompt:
    """Code Llama paper, section 2.3; the spaces belong to the marks."""
    return Prompt(
        f"<PRE> {context.prefix} <SUF>{context.suffix} <MID>", ("<EOT>", "<PRE>", "<SUF>", "<MID>")
    )


def _deepseek(context: PromptContext) -> Prompt:
    """DeepSeek-Coder model card; the bars and blocks are U+FF5C and U+2581."""
    begin, hole, end = "<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"
    return Prompt(
        f"{begin}{context.prefix}{hole}{context.suffix}{end}",
        (begin, hole, end, "<｜end▁of▁sentence｜>", "<|EOT|>"),
    )


def _codestral(context: PromptContext) -> Prompt:
    """Suffix first, so the prompt ends with the prefix."""
    return Prompt(
        f"[SUFFIX]{context.suffix}[PREFIX]{context.prefix}", ("</s>", "[SUFFIX]", "[PREFIX]")
    )


_Template = Callable[[PromptContext], Prompt]

# The first match wins. Code Llama's Python and 34B/70B variants were not trained to fill in.
_TEMPLATES: tuple[tuple[re.Pattern[str], _Template], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), template)
    for pattern, template in (
        (r"qwen[\w.-]*coder", _qwen),
        (r"starcoder", _starcoder),
        (r"code-?llama(?!.*(?:python|34b|70b))", _code_llama),
        (r"deepseek[\w.-]*coder", _deepseek),
        (r"codestral", _codestral),
    )
)
