"""What several folders of tests share: the vocabularies of real models, and constrainers over them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from maze.constraint import Constrainer, Vocabulary

# No test asks the desktop's keyring, nor the person who would have to unlock it.
os.environ.setdefault("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")

TOOLS = Path(__file__).parents[1] / ".cache" / "tools"


TOGETHER = ("tests/modal_service/", "tests/e2e/neovim/", "tests/e2e/vscode/")
"""Folders whose tests share what takes minutes to start: a vLLM server, an editor."""


class Shares(LoadScopeScheduling):
    """Tests for several processes: a file's stay together, and those of a folder in `TOGETHER`."""

    def _split_scope(self, nodeid: str) -> str:
        return _share(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Shares:
    return Shares(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest share comes first, and the others fill the time beside it."""
    items.sort(key=lambda item: _share(item.nodeid) != TOGETHER[0])


def _share(nodeid: str) -> str:
    folders = (folder for folder in TOGETHER if nodeid.startswith(folder))
    return next(folders, nodeid.partition("::")[0])


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
