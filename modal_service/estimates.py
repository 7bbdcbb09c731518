"""Figures that need a GPU or a bill, and so are estimates here: each says how it is reckoned."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from modal_service.catalogue import CPU_CORE_USD_PER_S, MEMORY_GIB_USD_PER_S, Gpu, Model
from modal_service.options import Options

_BOOT_S = 10.0
"""Modal places a container and brings its image: seconds, by its own account."""
_IMPORTS_S = 15.0
"""Python, torch and vLLM are imported, twice in a row (server, then engine)."""
_WEIGHTS_GB_PER_S = 1.0
"""Modal says of its volumes: one to two GB/s."""
_COMPILED_S = 30.0
"""Compiled graphs are read back from the volume, CUDA graphs are captured, the KV cache is sized."""


@frozen
class ColdStart:
    """An estimate of a cold start that is not the first.

    Attributes:
        seconds: of it.
        reckoning: how it was reckoned, for a person.
    """

    seconds: float
    reckoning: str


def cold_start(model: Model) -> ColdStart:
    """How long the first request after a pause waits. Not measured: there was no GPU."""
    weights = model.weights_gb / _WEIGHTS_GB_PER_S
    seconds = _BOOT_S + _IMPORTS_S + weights + _COMPILED_S
    return ColdStart(
        seconds,
        f"container {_BOOT_S:.0f} s + imports {_IMPORTS_S:.0f} s + {model.weights_gb:g} GB of "
        f"weights at {_WEIGHTS_GB_PER_S:g} GB/s + graphs {_COMPILED_S:.0f} s = {seconds:.0f} s",
    )


def token_ms(model: Model, gpu: Gpu) -> float:
    """The least that one token of one stream can take: all weights are read once for it."""
    return model.weights_gb / gpu.bandwidth_gb_per_s * 1000


@frozen
class Rates:
    """What a running container costs, in US dollars a second.

    Attributes:
        gpu: its GPU.
        cpu: all its cores.
        memory: all its memory.
        source: where these come from.
    """

    gpu: float
    cpu: float
    memory: float
    source: str

    @property
    def usd_per_s(self) -> float:
        """All of it."""
        return self.gpu + self.cpu + self.memory


def listed_rates(options: Options, cores: float, gib: float, source: str) -> Rates:
    """The rates of the catalogue."""
    return Rates(
        options.the_gpu.usd_per_s, cores * CPU_CORE_USD_PER_S, gib * MEMORY_GIB_USD_PER_S, source
    )


@frozen
class Day:
    """How a day of use is imagined: stretches of work, each longer than any pause inside it.

    Attributes:
        stretches: how often the GPU starts anew.
        minutes: from the first to the last request of one stretch.
    """

    stretches: int = 5
    minutes: float = 60.0


def day_seconds(day: Day, scaledown_s: float, cold_start_s: float) -> float:
    """How long one container runs on such a day: each stretch starts cold and ends in idling."""
    return day.stretches * (cold_start_s + day.minutes * 60 + scaledown_s)


def day_costs(
    options: Options, day: Day, rates: Rates, scaledowns: Mapping[str, float]
) -> dict[str, float]:
    """What such a day costs in each mode, in US dollars, with one container at a time."""
    start = cold_start(options.the_model).seconds
    return {
        mode: day_seconds(day, idle, start) * rates.usd_per_s for mode, idle in scaledowns.items()
    }
