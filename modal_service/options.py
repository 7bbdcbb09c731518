"""What can be chosen about a deployment, and how it travels.

The choices are environment variables, so that `modal deploy`, our scripts and `maze deploy` are
the same thing, and so that the container finds them as the deployer had them:

    MODAL_MODE                   dev, demo or prod: how long an idle GPU is kept
    MAZE_DEPLOY_MODEL            a model of `catalogue.MODELS`, NAME@COMMIT of any other, or a folder's whole path
    MAZE_DEPLOY_GPU              a GPU of `catalogue.GPUS`
    MAZE_DEPLOY_CONCURRENCY      requests that one GPU answers at a time
    MAZE_DEPLOY_MAX_CONTAINERS   GPUs that may run at a time
    MAZE_DEPLOY_CONTEXT          most tokens of prompt and answer together
    MAZE_DEPLOY_REGION           where requests enter Modal
    MAZE_DEPLOY_HF_SECRET        a Modal secret with HF_TOKEN, for gated or private models
    MAZE_DEPLOY_VLLM_ARGS        more for vLLM, as in `--quantization fp8`
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from typing import Any, Final

import attrs
from attrs import field, frozen, validators

from modal_service.catalogue import DEFAULT_MODEL, GPUS, MODELS, Gpu, Model, fits

SCALEDOWN_S: Final = {"dev": 120, "demo": 600, "prod": 300}
"""Seconds that a GPU waits for the next request, by mode.

dev: someone works on the service itself. demo: no audience should see a cold start. prod: a
team's day, where pauses over five minutes are mostly long ones.
"""

_OTHER_MODEL = re.compile(r"[\w.-]+/[\w.-]+@[0-9a-f]{7,40}|/.+")
HF_SECRET: Final = "huggingface"
REGIONS: Final = ("us-east", "us-west", "eu-west", "ap-south")


class OptionsError(Exception):
    """A choice makes no sense; the message is one sentence with the next step."""


def _one_of(choices: Mapping[str, Any] | tuple[str, ...]) -> Any:
    def check(_: object, attribute: attrs.Attribute[Any], value: str) -> None:
        if value not in choices:
            named = ", ".join(filter(None, choices))
            raise ValueError(f"must be one of {named}, not {value!r}")

    return check


def _from(low: int, high: int) -> Any:
    def check(_: object, attribute: attrs.Attribute[Any], value: int) -> None:
        if not low <= value <= high:
            raise ValueError(f"must be from {low} to {high}, not {value}")

    return check


def _is_model(_: object, attribute: attrs.Attribute[Any], value: str) -> None:
    if value not in MODELS and not _OTHER_MODEL.fullmatch(value):
        raise ValueError(
            f"must be one of {', '.join(MODELS)}, or ORG/NAME@COMMIT (7 to 40 hexadecimal digits), "
            f"not {value!r}"
        )


def _is_splittable(_: object, attribute: attrs.Attribute[Any], value: str) -> None:
    try:
        shlex.split(value)
    except ValueError as error:
        raise ValueError(f"must be as in a shell; here is {str(error).lower()}") from None


@frozen
class Options:
    """One deployment's choices.

    Attributes:
        mode: decides `scaledown_s`.
        model: a name of the catalogue, `org/name@commit`, or a folder where vLLM runs.
        gpu: empty takes the one that the catalogue advises.
        concurrency: requests that one container takes; the next ones start another.
        max_containers: the bound on what can be spent by the hour.
        context: the most tokens of prompt and answer together.
        region: where requests enter Modal's network.
        hf_secret: a Modal secret that holds HF_TOKEN; empty attaches one only to a gated model.
        vllm_args: more arguments for vLLM, as a shell would split them.
    """

    mode: str = field(default="dev", validator=_one_of(SCALEDOWN_S))
    model: str = field(default=DEFAULT_MODEL, validator=_is_model)
    gpu: str = field(default="", validator=_one_of(("", *GPUS)))
    concurrency: int = field(default=32, validator=_from(1, 256))
    max_containers: int = field(default=1, validator=_from(1, 100))
    context: int = field(default=8192, validator=_from(1024, 131_072))
    region: str = field(default="us-east", validator=_one_of(REGIONS))
    hf_secret: str = field(default="", validator=validators.matches_re(r"[\w.-]*"))
    vllm_args: str = field(default="", validator=_is_splittable)

    @property
    def scaledown_s(self) -> int:
        """Seconds that an idle container waits before it is given back."""
        return SCALEDOWN_S[self.mode]

    @property
    def the_model(self) -> Model:
        """The model; of one that is not in the catalogue little is known."""
        if self.model in MODELS:
            return MODELS[self.model]
        name, _, revision = self.model.partition("@")
        return Model(name, revision, weights_gb=0.0, gpu="L40S")

    @property
    def the_gpu(self) -> Gpu:
        """The GPU that was chosen, or that suits the model."""
        return GPUS[self.gpu or self.the_model.gpu]

    @property
    def token_secret(self) -> str | None:
        """The Modal secret with a hub token, where the model needs one."""
        return self.hf_secret or (HF_SECRET if self.the_model.gated else None)

    def to_environment(self) -> dict[str, str]:
        """The variables that say the same; what is as by default is left out."""
        return {
            variable(attribute.name): str(getattr(self, attribute.name))
            for attribute in attrs.fields(Options)
            if getattr(self, attribute.name) != attribute.default
        }


def from_environment(environment: Mapping[str, str] = os.environ) -> Options:
    """The choices that the environment holds.

    Raises:
        OptionsError: one of them makes no sense.
    """
    given: dict[str, Any] = {}
    for attribute in attrs.fields(Options):
        name = variable(attribute.name)
        text = environment.get(name, "").strip()
        if not text:
            continue
        try:
            given[attribute.name] = int(text) if isinstance(attribute.default, int) else text
            Options(**{attribute.name: given[attribute.name]})
        except ValueError as error:
            said = str(error.args[0]) if error.args else ""
            reason = said if said.startswith("must") else f"makes no sense as {text!r}"
            raise OptionsError(f"{name} {reason}") from None
    options = Options(**given)
    quantized = "--quantization" in options.vllm_args  # then the weights are smaller than listed
    if not (quantized or fits(options.the_model, options.the_gpu)):
        larger = [gpu.name for gpu in GPUS.values() if fits(options.the_model, gpu)]
        raise OptionsError(
            f"{options.the_model.id} ({options.the_model.weights_gb:g} GB of weights) does not fit "
            f"into {options.the_gpu.name} ({options.the_gpu.memory_gb} GB); "
            f"take {larger[0] if larger else 'a smaller model'}"
        )
    return options


def variable(name: str) -> str:
    """The variable that holds the choice `name`."""
    return "MODAL_MODE" if name == "mode" else f"MAZE_DEPLOY_{name.upper()}"
