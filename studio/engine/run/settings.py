"""Training settings shared by all families: the catalogue entry of kind "training"."""

import importlib.util
from typing import Annotated, Literal

from pushforward.models.config import Config, param
from pushforward.models.contracts.execution import Execution
from pushforward.models.training.posthoc import SETTING
from pushforward.studio.engine.process.devices import GpuMode
from pushforward.studio.engine.process.refusal import Refused

__all__ = ["FEWEST_SAMPLES", "TrainingConfig"]

FEWEST_SAMPLES = 16


class TrainingConfig(Config, frozen=True):
    """Number of steps, data order, device, and intervals of evaluation and saving."""

    steps: Annotated[
        int,
        param("Steps", "Number of optimisation steps.", low=1, high=100_000_000, log=True),
    ] = 4000
    batch: Annotated[
        int,
        param(
            "Batch",
            "Samples per training step.",
            low=1,
            high=1_048_576,
            log=True,
        ),
    ] = 512
    samples: Annotated[
        int,
        param(
            "Data used",
            "Number of samples drawn from a procedural data set; 0 draws new ones for every "
            "batch. Of a stored data set, a subset of this size; 0 for all. Imported data sets "
            "are used whole.",
            zero="fresh, or all",
            low=0,
            high=100_000_000,
            log=True,
        ),
    ] = 20_000
    subset: Annotated[
        Literal["seed", "first"],
        param(
            "Subset",
            "Which samples form the subset: random ones chosen by the seed, or the first in the "
            "file, as in earlier versions.",
            choices={"seed": "The seed", "first": "Place in the file"},
            advanced=True,
        ),
    ] = "seed"
    mirrored: Annotated[
        bool,
        param(
            "Mirror augmentation",
            "Flips each sample at random where reflections are symmetries: jets in φ, in η "
            "together with the axis, or both; windows of a scene in rows, columns, or both.",
            kinds=("jets", "cubes"),
        ),
    ] = False
    seed: Annotated[
        int,
        param(
            "Seed",
            "Seeds the data, their order, the initial weights and the particles. On a CPU the "
            "same seed gives the same losses; on a GPU if *Deterministic on a GPU* is on.",
            low=0,
            high=2**31 - 1,
        ),
    ] = 0
    device: Annotated[
        Literal["auto", "cpu", "cuda", "mps"],
        param(
            "Device",
            "Device to train on; automatic uses a GPU if there is one.",
            choices={"auto": "Automatic", "cpu": "CPU", "cuda": "NVIDIA GPU", "mps": "Apple GPU"},
        ),
    ] = "auto"
    devices: Annotated[
        int,
        param(
            "Processes",
            "Number of processes that share each batch, one per GPU. The batch, the seed and the "
            "result stay the same up to rounding. Not every model can.",
            low=1,
            high=1024,
            advanced=True,
        ),
    ] = 1
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
            "CPU threads of PyTorch; 0 leaves some cores to the window.",
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
            "Steps between two evaluations. 0 plans about ten, closer together at first; "
            "expensive ones use fewer samples until the end.",
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
            "Generated samples per evaluation, compared with as many real ones.",
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
            "Seconds between two checkpoints: the most that a crash can cost.",
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
            "Steps between two checkpoints, in addition to those by time; 0 for none.",
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
            "Number of newest checkpoints to keep, besides the best one and those saved by hand.",
            low=1,
            high=1000,
            advanced=True,
        ),
    ] = 3
    particles: Annotated[
        int,
        param(
            "Particles",
            "Number of fixed particles that are followed through training and flow.",
            low=1,
            high=1_000_000,
            log=True,
        ),
    ] = 4096
    frames: Annotated[
        int,
        param(
            "Frames",
            "Maximum number of flow times recorded per snapshot.",
            low=1,
            high=512,
            advanced=True,
        ),
    ] = 24
    kept_capacity: Annotated[
        int,
        param(
            "Snapshots",
            "Maximum number of snapshots kept for scrubbing. When full, every second one is "
            "removed.",
            low=4,
            high=4096,
            advanced=True,
        ),
    ] = 64
    kept_megabytes: Annotated[
        int,
        param(
            "Space for snapshots",
            "Disk space for snapshots. When full, every second one is removed, but never the "
            "first or the last.",
            zero="no limit",
            low=0,
            high=1_000_000,
            unit="MB",
            advanced=True,
        ),
    ] = 0
    tracker: Annotated[
        Literal["none", "tensorboard", "mlflow", "wandb"],
        param(
            "Tracker",
            "Sends the curves and settings to an experiment tracker while training. TensorBoard "
            "and W&B files are in the run's folder, MLflow's in the project's.",
            choices={
                "none": "None",
                "tensorboard": "TensorBoard",
                "mlflow": "MLflow",
                "wandb": "Weights & Biases",
            },
            advanced=True,
        ),
    ] = "none"
    bf16: Annotated[
        bool,
        param(
            "Half precision (bfloat16)",
            "Computes networks in bfloat16: faster on most GPUs, slightly less accurate.",
            advanced=True,
        ),
    ] = False
    micro_batches: Annotated[
        int,
        param(
            "Micro-batches",
            "Splits a batch into this number of parts and adds up their gradients: less memory, "
            "the same step.",
            low=1,
            high=1024,
            advanced=True,
        ),
    ] = 1
    compiled: Annotated[
        bool,
        param(
            "Compile",
            "Compiles the networks with torch.compile. Takes a minute at the first step; speeds "
            "up large networks.",
            advanced=True,
        ),
    ] = False
    channels_last: Annotated[
        bool,
        param(
            "Channels last",
            "Stores images with channels last in memory: faster convolutions on some machines.",
            kinds=("images",),
            advanced=True,
        ),
    ] = False

    lengths: Annotated[
        bool,
        param(
            SETTING,
            "Stores averages from which an EMA of any length can be reconstructed after "
            "training. Checkpoints become three to four times as large.",
            advanced=True,
        ),
    ] = False

    def gpu_mode(self) -> GpuMode:
        """Return how an NVIDIA GPU computes."""
        return GpuMode(self.deterministic, self.matrix_precision)

    def check_compiler(self) -> None:
        """Refuse to compile where PyTorch has no compiler, as in an installed bundle.

        Raises:
            Refused: networks are to be compiled, and cannot be.
        """
        if self.compiled and not _has_compiler():
            raise Refused(
                "This installation cannot compile networks.",
                "Switch off Compile, or use the Python package.",
                path="training.compiled",
            )

    def execution(self) -> Execution:
        """Return how the networks of the training are run."""
        return Execution(
            bf16=self.bf16,
            micro_batches=self.micro_batches,
            compiled=self.compiled and _has_compiler(),
            channels_last=self.channels_last,
            lengths=self.lengths,
        )


def _has_compiler() -> bool:
    return importlib.util.find_spec("torch._inductor") is not None
