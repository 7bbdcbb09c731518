"""Maze's engine on Modal: vLLM with the constraint, on a GPU that exists only while it is used.

    maze deploy            (or: modal deploy -m modal_service.app)

builds the image once, and prints an address for the editor's settings. From then on Modal starts
a container when somebody asks for a suggestion, and gives the GPU back when nobody has for a while.

This file is meant to be read from top to bottom, and to be copied.
"""

import modal

from modal_service import container, package
from modal_service.account import APP_NAME, KEY_NAME, KEY_SECRET
from modal_service.options import from_environment

MINUTES = 60

# ## What was chosen
#
# Mode, model, GPU and the rest come from the environment of whoever deploys; `options.py` lists
# them. What differs from the defaults is handed on to the container, which reads this file too.

options = from_environment()

# ## The image
#
# A `devel` image of CUDA, because FlashInfer compiles some kernels when they are first used and
# needs `nvcc` for that. The version of CUDA is the one that vLLM's PyTorch (2.13) is built for.
#
# vLLM pins XGrammar and FlashInfer itself, so these three move together: to update, take a new
# vLLM, look at what it requires, and run `scripts/test_deployment.sh` afterwards.
#
# Downloads from the Hugging Face hub go through Xet since huggingface_hub 1.0 (vLLM 0.32 wants
# 1.31 or newer): HF_XET_HIGH_PERFORMANCE is the setting that acts, and lets it use all of the
# container's network. The older pair, the package hf-transfer with HF_HUB_ENABLE_HF_TRANSFER, is
# ignored by such a client. It stays for images that are pinned back to an older vLLM, whose hub
# client knows nothing of Xet.

VLLM = "0.32.0"

image = (
    modal.Image.from_registry("nvidia/cuda:13.0.2-devel-ubuntu24.04", add_python="3.12")
    .entrypoint([])  # the registry's own prints a licence at every start
    .uv_pip_install(
        f"vllm=={VLLM}",
        "xgrammar==0.2.8",
        "flashinfer-python==0.7.0.post1",
        "hf-transfer==0.1.9",
        *package.requirements(),
        uv_version="0.13.9",
    )
    .env(
        {
            "HF_XET_HIGH_PERFORMANCE": "1",
            "HF_HUB_ENABLE_HF_TRANSFER": "1",
            "PYTHONPATH": package.ROOT,  # so that vLLM's own processes find the plugin
            "VLLM_NO_USAGE_STATS": "1",
            "DO_NOT_TRACK": "1",
        }
    )
)

# Our package comes last and is mounted rather than built in: a change of it needs no new image.

image = package.added_to(image)

# ## What outlives a container
#
# The weights are one volume. The other holds what is computed from them: vLLM's and torch's
# compiled graphs, FlashInfer's kernels, and Maze's own tables, one set for each vocabulary and
# language. The first start of all fills both; later ones read from them.

WEIGHTS = "/cache/huggingface"
COMPILED = "/cache/compiled"

weights = modal.Volume.from_name("maze-weights", create_if_missing=True)
compiled = modal.Volume.from_name("maze-compiled", create_if_missing=True)

places = {
    "HF_HOME": WEIGHTS,
    "VLLM_CACHE_ROOT": f"{COMPILED}/vllm",
    "TRITON_CACHE_DIR": f"{COMPILED}/triton",
    "FLASHINFER_WORKSPACE_BASE": f"{COMPILED}/flashinfer",
    "MAZE_CACHE_DIR": f"{COMPILED}/maze",
}

# ## Who may ask
#
# The key is a secret of the Modal account, made by `maze deploy`. A token of the Hugging Face hub
# is attached only where the model asks for one.

secrets = [modal.Secret.from_name(KEY_SECRET, required_keys=[KEY_NAME])]
if options.token_secret:
    secrets.append(modal.Secret.from_name(options.token_secret, required_keys=["HF_TOKEN"]))

# ## The server
#
# A Modal Server, and not a Function behind a web endpoint, for how the two treat a cold start. A
# Function holds every request until a container is there. A Server answers 503 at once and starts
# a container meanwhile: no source code waits in a queue, and the editor can say what goes on.
#
# `unauthenticated` is about Modal's own proxy tokens, of which an editor knows nothing: everything
# but `/health` is behind our key, compared in constant time (`modal_service/serving.py`).
#
# No container is kept warm; `scaledown_window` alone decides what waiting costs. Beyond what one
# GPU takes it is Modal that scales out, up to `max_containers`, each at the full price of a GPU;
# what is above that gets a 429, which the editor's side takes for "later".
#
# There is no memory snapshot. Of the CPU's memory it would save the imports (some 10 of about 70
# seconds, see `estimates.py`), but vLLM can not start without its GPU; and with the GPU's memory it
# is an experiment of Modal's that needs vLLM's development endpoints open, to put the engine to
# sleep and wake it. When that has grown up, `enter(snap=True)` below is the place.

app = modal.App(APP_NAME)


@app.server(
    image=image,
    env={**places, **options.to_environment()},
    secrets=secrets,
    volumes={WEIGHTS: weights, COMPILED: compiled},
    gpu=options.the_gpu.name,
    cpu=container.CPU_CORES,
    memory=container.MEMORY_GIB * 1024,
    port=container.PORT,
    unauthenticated=True,
    routing_region=options.region,
    min_containers=0,
    max_containers=options.max_containers,
    target_concurrency=options.concurrency,
    max_concurrency=2 * options.concurrency,
    scaledown_window=options.scaledown_s,
    startup_timeout=20 * MINUTES,  # the first start downloads and compiles
    exit_grace_period=container.EXIT_S,
)
class Engine:
    """One container: a vLLM process that is ready when `start` returns, and with which it ends."""

    @modal.enter()
    def start(self) -> None:
        """Start vLLM, and return when it is ready to answer."""
        self.running = container.start(options)

    @modal.exit()
    def stop(self) -> None:
        """Let those who are being answered finish, then stop."""
        container.stop(self.running)
