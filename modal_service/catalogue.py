"""Models and GPUs to choose from, and what Modal asks for them: the one table of prices.

Rates are Modal's list prices in US dollars as published on `RATES_OF`; they are what `maze cost`
falls back to when Modal itself is not asked, or does not answer. Hub revisions are commits, so
that nobody's push changes what a team runs.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from attrs import frozen

RATES_OF: Final = date(2026, 7, 30)
"""When the rates below were last compared: with several published copies of modal.com/pricing."""

CPU_CORE_USD_PER_S: Final = 0.0000131
MEMORY_GIB_USD_PER_S: Final = 0.00000222


@frozen
class Gpu:
    """A GPU that Modal rents.

    Attributes:
        name: what Modal calls it.
        memory_gb: its memory.
        bandwidth_gb_per_s: of that memory, which bounds how fast one stream decodes (data sheets).
        usd_per_s: Modal's rate.
    """

    name: str
    memory_gb: int
    bandwidth_gb_per_s: int
    usd_per_s: float

    @property
    def usd_per_hour(self) -> float:
        """Modal's rate by the hour."""
        return self.usd_per_s * 3600


# Not the T4: it has no bfloat16, in which the models below are published.
GPUS: Final = {
    gpu.name: gpu
    for gpu in (
        Gpu("L4", 24, 300, 0.000222),
        Gpu("A10", 24, 600, 0.000306),
        Gpu("L40S", 48, 864, 0.000542),
        Gpu("A100-40GB", 40, 1555, 0.000583),
        Gpu("A100-80GB", 80, 2039, 0.000694),
        Gpu("H100", 80, 3350, 0.001097),
    )
}


@frozen
class Model:
    """A model that fills in the middle.

    Attributes:
        id: its name on the hub, which also decides the prompt's template (`maze.engine.fim`).
        revision: the commit that is loaded.
        weights_gb: size of its weights in 16 bits.
        gpu: where it runs well for one small team.
        gated: whether the hub wants a token of someone who has agreed to its licence.
    """

    id: str
    revision: str
    weights_gb: float
    gpu: str
    gated: bool = False


MODELS: Final = {
    model.id: model
    for model in (
        Model("Qwen/Qwen2.5-Coder-0.5B", "8123ea2e9354afb7ffcc6c8641d1b2f5ecf18301", 1.0, "L4"),
        Model("Qwen/Qwen2.5-Coder-1.5B", "df3ce67c0e24480f20468b6ef2894622d69eb73b", 3.1, "L4"),
        Model("Qwen/Qwen2.5-Coder-3B", "09d9bc5d376b0cfa0100a0694ea7de7232525803", 6.2, "L4"),
        Model("Qwen/Qwen2.5-Coder-7B", "0396a76181e127dfc13e5c5ec48a8cee09938b02", 15.2, "L40S"),
        Model("Qwen/Qwen2.5-Coder-14B", "f2ad5164aade432d6d56c24bb71589184d5d613d", 29.5, "L40S"),
        Model("bigcode/starcoder2-3b", "733247c55e3f73af49ce8e9c7949bf14af205928", 6.1, "L4"),
    )
}

DEFAULT_MODEL: Final = "Qwen/Qwen2.5-Coder-7B"

_ROOM_FOR_THE_REST_GB = 3.0
"""KV cache of a few prompts, activations and CUDA graphs: less, and vLLM refuses to start."""


def fits(model: Model, gpu: Gpu) -> bool:
    """Whether `model` and what it works with fit into the memory of `gpu`."""
    return model.weights_gb + _ROOM_FOR_THE_REST_GB <= gpu.memory_gb
