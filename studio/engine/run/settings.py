"""How a run is trained, whatever the family: the catalogue entry of kind "training"."""

from typing import Annotated, Literal

from models.config import Config, param
from models.contracts.execution import Execution
from models.training.posthoc import SETTING
from studio.engine.process.devices import GpuMode

__all__ = ["FEWEST_SAMPLES", "TrainingConfig"]

FEWEST_SAMPLES = 16


class TrainingConfig(Config, frozen=True):
    """Length, data order, device, and how often something is measured or saved."""

    steps: Annotated[
        int,
        param("Steps", "How many optimisation steps.", low=1, high=100_000_000, log=True),
    ] = 4000
    batch: Annotated[
        int,
        param(
            "Batch",
            "From how many data a step learns.",
            low=1,
            high=1_048_576,
            log=True,
        ),
    ] = 512
    samples: Annotated[
        int,
        param(
            "Data used",
            "How many are drawn from a procedural data set; 0 draws fresh ones for every batch. Of "
            "one that is kept so many are used, chosen by the seed, 0 for all; an imported data "
            "set is used whole.",
            zero="fresh, or all",
            low=0,
            high=100_000_000,
            log=True,
        ),
    ] = 20_000
    subset: Annotated[
        Literal["seed", "first"],
        param(
            "Chosen by",
            "Which of the data are used where not all are: those that the seed chooses, or those "
            "that come first in the file, as runs of earlier versions did.",
            choices={"seed": "The seed", "first": "Place in the file"},
            advanced=True,
        ),
    ] = "seed"
    mirrored: Annotated[
        bool,
        param(
            "Mirrored",
            "Each jet is seen as it is or turned over in phi, in eta along with its axis, or in "
            "both, by chance: collisions of protons look the same in a mirror.",
            kinds=("jets",),
        ),
    ] = False
    seed: Annotated[
        int,
        param(
            "Seed",
            "Fixes the data, their order, the initial weights and the particles: the same seed "
            "gives the same losses on a CPU, and on a GPU if *Deterministic on a GPU* is on.",
            low=0,
            high=2**31 - 1,
        ),
    ] = 0
    device: Annotated[
        Literal["auto", "cpu", "cuda", "mps"],
        param(
            "Device",
            "Where to compute; automatic takes a GPU if there is one.",
            choices={"auto": "Automatic", "cpu": "CPU", "cuda": "NVIDIA GPU", "mps": "Apple GPU"},
        ),
    ] = "auto"
    deterministic: Annotated[
        bool,
        param(
            "Deterministic on a GPU",
            "Use only GPU algorithms that repeat bit for bit. Slower; needed to resume a GPU run "
            "exactly. A CPU always repeats.",
            depends=("device", ("auto", "cuda")),
            advanced=True,
        ),
    ] = False
    matrix_precision: Annotated[
        Literal["highest", "high", "medium"],
        param(
            "Matrix precision",
            "Precision of float32 matrix products on an NVIDIA GPU. Choose float32 if a loss is "
            "unstable.",
            choices={"highest": "float32", "high": "TF32", "medium": "bfloat16"},
            depends=("device", ("auto", "cuda")),
            advanced=True,
        ),
    ] = "high"
    threads: Annotated[
        int,
        param(
            "Threads",
            "CPU threads of torch; 0 leaves enough of the machine to the screen.",
            zero="automatic",
            low=0,
            high=1024,
            advanced=True,
        ),
    ] = 0
    evaluate_every: Annotated[
        int,
        param(
            "Evaluate every",
            "Steps between two evaluations; 0 for ten or more of them, closer together at first, "
            "with fewer samples before the end where they are dear.",
            zero="automatic",
            low=0,
            high=100_000_000,
            unit="steps",
            advanced=True,
        ),
    ] = 0
    evaluate_samples: Annotated[
        int,
        param(
            "Evaluation samples",
            "Samples per evaluation, compared with as many real data.",
            low=FEWEST_SAMPLES,
            high=1_000_000,
            log=True,
            advanced=True,
        ),
    ] = 2000
    checkpoint_seconds: Annotated[
        float,
        param(
            "Checkpoint after",
            "Seconds between two checkpoints: what a crash may cost.",
            low=1.0,
            high=86_400.0,
            unit="s",
            log=True,
            advanced=True,
        ),
    ] = 20.0
    checkpoint_steps: Annotated[
        int,
        param(
            "Checkpoint every",
            "Steps between two checkpoints, besides those by time; 0 for none.",
            zero="by time only",
            low=0,
            high=100_000_000,
            unit="steps",
            advanced=True,
        ),
    ] = 0
    keep: Annotated[
        int,
        param(
            "Checkpoints kept",
            "The newest so many, besides the best one and those made by hand.",
            low=1,
            high=1000,
            advanced=True,
        ),
    ] = 3
    particles: Annotated[
        int,
        param(
            "Particles",
            "Fixed particles that are followed through training and flow.",
            low=1,
            high=1_000_000,
            log=True,
        ),
    ] = 4096
    frames: Annotated[
        int,
        param(
            "Frames",
            "Flow times recorded of each kept step, at most.",
            low=1,
            high=512,
            advanced=True,
        ),
    ] = 24
    kept_capacity: Annotated[
        int,
        param(
            "Steps kept",
            "Training steps whose particles are kept for scrubbing; thinned by halves when full.",
            low=4,
            high=4096,
            advanced=True,
        ),
    ] = 64
    kept_megabytes: Annotated[
        int,
        param(
            "Steps kept take",
            "What the kept steps may take on the disk; thinned by halves when full, but for the "
            "first and the last.",
            zero="no limit",
            low=0,
            high=1_000_000,
            unit="MB",
            advanced=True,
        ),
    ] = 0
    bf16: Annotated[
        bool,
        param(
            "Half precision",
            "Networks compute in bfloat16: faster on most GPUs, a little coarser.",
            advanced=True,
        ),
    ] = False
    micro_batches: Annotated[
        int,
        param(
            "Micro-batches",
            "A batch is pushed through the networks in so many parts, for one step in all: less "
            "memory, the same gradient.",
            low=1,
            high=1024,
            advanced=True,
        ),
    ] = 1
    compiled: Annotated[
        bool,
        param(
            "Compile",
            "PyTorch compiles the networks when they first run, which takes a minute and makes "
            "large ones faster.",
            advanced=True,
        ),
    ] = False
    channels_last: Annotated[
        bool,
        param(
            "Channels last",
            "Images lie in memory with their channels last: faster convolutions on some machines.",
            kinds=("images",),
            advanced=True,
        ),
    ] = False

    lengths: Annotated[
        bool,
        param(
            SETTING,
            "Keeps what averages of any length can be made of once the training is over, beside "
            "those that it is measured with. Checkpoints take three to four times the space.",
            advanced=True,
        ),
    ] = False

    def gpu_mode(self) -> GpuMode:
        """Return how an NVIDIA GPU computes."""
        return GpuMode(self.deterministic, self.matrix_precision)

    def execution(self) -> Execution:
        """Return how the networks of the training are run."""
        return Execution(
            bf16=self.bf16,
            micro_batches=self.micro_batches,
            compiled=self.compiled,
            channels_last=self.channels_last,
            lengths=self.lengths,
        )
