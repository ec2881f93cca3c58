"""What the engine's tests share: a sink that remembers, a tiny family that fails on demand."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Unpack

import msgspec
import torch
from torch import Tensor

from pushforward.models.config import Config, ConfigError, describe, param
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.family import Family, Frame
from pushforward.models.contracts.learner import Training, Walk
from pushforward.models.contracts.presentation import Layer, Stage
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed, State
from pushforward.models.entries import FamilyEntry
from pushforward.models.nets.offered import kinds_of
from pushforward.models.registry import discover, registry
from pushforward.studio.engine.jobs.headless import create
from pushforward.studio.engine.jobs.training import TrainingJob
from pushforward.studio.protocol.messages import Event, Record
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.run import RunFolder
from tests.tiers import representatives, tiered


class MemorySink:
    """Keeps every event; takes records while ``watching``."""

    def __init__(self, watching: bool = False) -> None:
        self.events: list[Event] = []
        self.records: list[tuple[Record, list[Any]]] = []
        self.watching = watching

    def send(self, event, payload=()):
        self.events.append(event)

    def offer(self, record, payload):
        self.records.append((record, payload))

    def wants(self, job):
        return self.watching

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]


class TinyConfig(Config, frozen=True):
    """Settings of the tiny family."""

    fail: Annotated[
        Literal["none", "nan", "inf", "gpu-memory", "cpu-memory", "memory-error", "bug", "weights"],
        param("Failure", "What goes wrong."),
    ] = "none"
    at: Annotated[int, param("At", "In which step.", low=0, high=10**6)] = 5
    frames: Annotated[int, param("Frames", "Of the flow.", low=1, high=1000)] = 7
    width: Annotated[int, param("Width", "Of nothing.", low=1, high=64)] = 4
    rate: Annotated[float, param("Rate", "Of a step.", above=0.0, high=1.0, live=True)] = 0.1
    jitter: Annotated[float, param("Jitter", "Of the data.", low=0.0, high=9.0, live=True)] = 0.1
    mark: Annotated[
        float | None, param("Mark", "Changes nothing.", low=0.0, high=1.0, live=True)
    ] = 0.5


class Tiny(Family[TinyConfig]):
    """Moves a point towards the mean of the data, with noise: w <- w + rate (mean + noise - w)."""

    layers = (
        Layer("pull", "Pull", "vector", "w - x", timed=True),
        Layer("height", "Height", "scalar", "|x|", timed=False),
    )
    stages = (
        Stage("draw", "Draw noise", "n ~ N(0, I)", "tests"),
        Stage("look", "See where to go", "v = mean + n - w", "tests", "pull"),
        Stage("move", "Move", "w <- w + rate v", "tests"),
    )

    def __init__(self, config: TinyConfig, spec: DataSpec, **training: Unpack[Training]) -> None:
        if config.width == 13:
            raise ConfigError("width", "13 brings bad luck")
        super().__init__(config, spec, **training)
        self.count = 0
        self.w = torch.randn(spec.shape, generator=self.weights(0))

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {}

    def walk(self, rows: Rows) -> Walk:
        batch = Batch.of(rows).x
        self.count += 1
        if self.count > self.config.at:
            self._fail()
        noise = torch.randn(batch.shape, generator=self.noise)
        yield "draw", {"real": batch}
        difference = self.w - (batch + self.config.jitter * noise).mean(dim=0)
        particles = self.w.expand_as(batch)
        yield (
            "look",
            {"real": batch, "particles": particles, "velocity": (-difference).expand_as(batch)},
        )
        self.w = self.w - self.config.rate * difference
        yield "move", {"particles": particles, "moved": self.w.expand_as(batch)}
        loss = difference.square().sum()
        if self.count > self.config.at and self.config.fail in ("nan", "inf"):
            loss = loss * float(self.config.fail)
        return {"loss": loss, "distance": loss.sqrt()}

    def reconfigure(self, config: TinyConfig) -> None:
        if config.rate * config.jitter > 5.0:
            raise ConfigError("jitter", "is too much at this rate")
        self.config = config

    def _fail(self) -> None:
        match self.config.fail:
            case "gpu-memory":
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
            case "cpu-memory":
                raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried 10 bytes")
            case "memory-error":
                raise MemoryError
            case "bug":
                raise ZeroDivisionError("a slip of the pen")
            case "weights":
                self.w = self.w * float("nan")

    def prior(self, n: int, generator: torch.Generator, given=None) -> Batch:
        return Batch(torch.randn((n, *self.spec.shape), generator=generator))

    def flow(self, latents: Rows, *, sampler=None, generator=None) -> Iterator[Frame]:
        start = Batch.of(latents).x
        last = max(1, self.config.frames - 1)
        for index in range(self.config.frames):
            t = index / last if self.config.frames > 1 else 1.0
            yield Frame(t, start + t * (self.w - start), index)

    def layer(self, name: str, rows: Rows, t: float) -> Tensor:
        x = Batch.of(rows).x
        if name == "pull":
            return (self.w - x) * t
        if name == "height":
            return x.norm(dim=-1)
        return super().layer(name, x, t)

    def state(self) -> State:
        state = super().state()
        state.tensors["w"] = self.w.clone()
        state.values["count"] = self.count
        return state

    def load_state(self, state: State) -> None:
        super().load_state(state)
        self.w = state.tensors["w"].clone()
        self.count = state.values["count"]

    def parameter_count(self) -> int:
        return self.w.numel()


TINY = FamilyEntry(
    kind="family",
    slug="tiny",
    title="Tiny",
    summary="For tests.",
    source="none",
    make=Tiny,
    config=TinyConfig,
    needs=("continuous",),
    capabilities=(),
    field="",
    carrier="",
    motion="",
    group="",
    sampler="",
    version=1,
    upgrade=None,
)

discover()
ON_POINTS = [
    entry.slug
    for entry in registry.all("family")
    if "points" in kinds_of(entry) and not entry.inputs and "samples" in entry.abilities
]
"""The families that `spec` is for: those that make points and need no run to learn from."""


def each_on_points(*more: str) -> list[Any]:
    """Return them as the cases of a test, and ``more``. What the engine does with a run, it does
    with all alike: the short suite tries one family of each carrier, and one of each field.
    """
    entries = [registry.get("family", slug) for slug in ON_POINTS]
    few = representatives(entries, lambda entry: entry.carrier, lambda entry: entry.field)
    return tiered([*ON_POINTS, *more], [*(entry.slug for entry in few), *more])


QUICK = {"batch": 32, "samples": 300, "particles": 20, "evaluate_samples": 40, "frames": 5}
# Few records: forcing each to the disk is what takes the time here.


def spec(family: str = "tiny", config: dict[str, Any] | None = None, **training: Any) -> RunSpec:
    """A small run on eight Gaussians."""
    return RunSpec(
        name="a test",
        family=Pick(slug=family, config=config or {}),
        dataset=Pick(slug="eight-gaussians"),
        training={**QUICK, "steps": 20, "device": "cpu", "threads": 1, **training},
        metrics=[Pick(slug="sliced-w2")],
    )


def small(family: str, net: dict[str, Any] | None = None) -> dict[str, Any]:
    """Settings that make a registered family quick: what is tested is not how well it learns.
    ``net`` are those of each network, where they are not of points.
    """
    sizes = {"population": 64, "steps": 6, "walk": 3, "buffer": 64}
    config: dict[str, Any] = {}
    if family == "tiny":
        return config
    for row in describe(registry.get("family", family).config):
        path = row["path"]
        if row["of"] == "network":
            preferred = {**row["default"]["config"], "width": 16, "depth": 2}
            config[path] = {"slug": "", "config": net or preferred}
        elif path in sizes:
            config[path] = sizes[path]
    return config


def quick(family: str, **training: Any) -> RunSpec:
    """A run of a registered family that costs little: its own sampler, in few steps."""
    slug = "" if family == "tiny" else registry.get("family", family).sampler
    run = spec(family, small(family), **training)
    return msgspec.structs.replace(run, sampler=few_steps(slug) if slug else None)


def to_compare(family: str, **training: Any) -> RunSpec:
    """The run in which a family is tried for repeating itself, whatever comes between."""
    usual = {"steps": 24, "checkpoint_steps": 8, "keep": 100, "evaluate_every": 10}
    return quick(family, **usual | training)


def few_steps(sampler: str) -> Pick:
    """A sampler in as few steps as show whether it repeats itself."""
    rows = {
        row["path"]: row["default"] for row in describe(registry.get("sampler", sampler).config)
    }
    return Pick(slug=sampler, config={"steps": 4} if rows.get("steps", 0) > 4 else {})


def new_run(tmp_path: Path, run: RunSpec) -> RunFolder:
    """Make a run folder in a project of its own."""
    return create(run, tmp_path / "project")


def new_job(folder: RunFolder, sink: Any = None, **options: Any) -> TrainingJob:
    """Make the training job of a run folder, as the queue would start it."""
    total = int(folder.record.spec.training["steps"])
    job = TrainingJob("job", folder, sink or MemorySink(), total=total, **options)
    job.state = "running"
    return job


def drive(job: TrainingJob, steps: int, between: Callable[[int], None] = lambda step: None) -> Any:
    """Step a job until so many more training steps are done; return its generator."""
    work = job.work()
    done = 0
    while done < steps:
        if next(work):
            done += 1
            between(job.step)
    return work


def losses(folder: RunFolder) -> tuple[list[int], list[float]]:
    """Return the loss curve on disk."""
    return folder.metrics.read()[0]["loss"]
