"""What several folders of tests share: the vocabularies of real models, and constrainers over them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from maze.constraint import Constrainer, Vocabulary

# No test asks the desktop's keyring, nor the person who would have to unlock it.
os.environ.setdefault("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")

TOOLS = Path(__file__).parents[1] / ".cache" / "tools"


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist looks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say what stays together where tests run in several processes (`--dist loadgroup`).

    A file's tests share its fixtures; an editor's, and vLLM's, share what takes minutes to start.
    vLLM's come first: they are the longest group, and the others fill the time beside it.
    """
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))
    items.sort(key=lambda item: _group(item) != "vllm")


def _group(item: pytest.Item) -> str:
    if item.get_closest_marker("vllm") is not None:
        return "vllm"
    folder = item.path.parent
    return str(folder if folder.parent.name == "e2e" else item.path)


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    """The vocabulary of the model that the embedded engine loads by default."""
    pytest.importorskip("llama_cpp")
    from maze.engine.errors import EngineMissing
    from maze.engine.llama import LlamaModel
    from maze.engine.models import find_model

    try:
        path = find_model(None)
    except EngineMissing as missing:
        pytest.skip(str(missing))
    model = LlamaModel(path, context=64)
    try:
        return Vocabulary(list(model.token_bytes), sorted(model.stop_token_ids))
    finally:
        model.close()


@pytest.fixture(scope="session")
def constrainer(vocabulary: Vocabulary) -> Constrainer:
    """A constrainer over the embedded model's vocabulary, its tables in the user's cache folder."""
    return Constrainer(vocabulary)


@pytest.fixture(scope="session")
def qwen3_constrainer() -> Constrainer:
    """A constrainer over the vocabulary of Qwen3, ten times the grammar's trouble of a small one."""
    found = sorted(TOOLS.glob("qwen3-*/**/tokenizer.json"))
    if not found:
        pytest.skip("no Qwen3 tokenizer in .cache/tools; scripts/tools fetches it")
    return Constrainer(Vocabulary.from_tokenizer_json(found[-1]))
