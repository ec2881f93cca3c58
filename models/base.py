"""Contracts between the studio and a generative model.

Notation and conventions, fixed here once: flow time t is 0 at the prior and 1 at the data; batch
first; float32; random numbers always from a passed `torch.Generator`. A family works in
*standardised* coordinates (zero mean, unit variance per feature); `DataSpec` converts to and from
the units of the data, and only the engine calls it.
"""

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Protocol, TypeAlias, runtime_checkable

import torch
from torch import Tensor

from models.config import Config, ConfigError
from models.oracle import GaussianMixture

__all__ = [
    "Data",
    "DataSpec",
    "Family",
    "Frame",
    "HasCritic",
    "HasDenoiser",
    "HasLatent",
    "HasLikelihood",
    "HasPopulation",
    "HasVelocity",
    "ImageSet",
    "Judge",
    "Layer",
    "Phase",
    "PointSet",
    "Scene",
    "Splits",
    "Stage",
    "State",
    "Walk",
    "finish",
]


@dataclass(frozen=True)
class DataSpec:
    """What a family is told about the data.

    Attributes:
        modality: "points", "images", ...
        shape: shape of one datum, without the batch.
        mean, std: per feature, shape ``shape``, in the units of the data.
        mixture: the exact law of the data, in the units of the data, where it is known.
    """

    modality: str
    shape: tuple[int, ...]
    mean: Tensor
    std: Tensor
    mixture: GaussianMixture | None = None

    def standardise(self, x: Tensor) -> Tensor:
        """Data units to model units; x is (..., *shape)."""
        return (x - self.mean.to(x)) / self.std.to(x)

    def restore(self, x: Tensor) -> Tensor:
        """Model units to data units; x is (..., *shape)."""
        return x * self.std.to(x) + self.mean.to(x)


@dataclass(frozen=True)
class PointSet:
    """A finite set of points, in the units of the data.

    Attributes:
        x: (n, d) float32.
        columns: d names.
        modes: (k, d) centres of known modes, or None.
        mode_radius: a point belongs to its nearest mode if it is within this distance.
        bandwidth: the standard deviation of one mode, where that has a meaning.
        law: the exact law that the points were drawn from, where it is known.
    """

    x: Tensor
    columns: tuple[str, ...]
    modes: Tensor | None = None
    mode_radius: float = 0.0
    bandwidth: float = 0.0
    law: GaussianMixture | None = None

    def spec(self) -> DataSpec:
        """Return the spec with this set's own mean and standard deviation per feature."""
        std = self.x.std(dim=0).clamp_min(1e-6)
        shape = tuple(self.x.shape[1:])
        return DataSpec("points", shape, self.x.mean(dim=0), std, self.law)

    def take(self, rows: Tensor) -> "PointSet":
        """Return the points of some rows, with all else that is known."""
        return replace(self, x=self.x[rows])


class Judge(Protocol):
    """A classifier of images, frozen: what it sees in them is what metrics compare."""

    def features(self, x: Tensor) -> Tensor:
        """Return what its last hidden layer says: x (n, C, H, W) in data units -> (n, k)."""
        ...

    def logits(self, x: Tensor) -> Tensor:
        """Return the scores of the classes: x (n, C, H, W) in data units -> (n, classes)."""
        ...


@dataclass(frozen=True)
class ImageSet:
    """A finite set of images.

    Attributes:
        x: (n, C, H, W) float32 in [0, 1].
        labels: (n,) int64, the class of each, or None.
        names: of the classes.
        judge: a classifier of these classes that metrics may ask; None where there is none.
    """

    x: Tensor
    labels: Tensor | None = None
    names: tuple[str, ...] = ()
    judge: Judge | None = None

    columns: ClassVar[tuple[str, ...]] = ()
    """Pixels have no names."""

    def spec(self) -> DataSpec:
        """Return the spec with one mean and standard deviation for all pixels, so that the data
        have unit variance over all, and borders that are always dark are not blown up.
        """
        shape = tuple(self.x.shape[1:])
        std = self.x.std().clamp_min(1e-6)
        return DataSpec("images", shape, self.x.mean().repeat(shape), std.repeat(shape))

    def take(self, rows: Tensor) -> "ImageSet":
        """Return the images of some rows, with all else that is known."""
        labels = None if self.labels is None else self.labels[rows]
        return replace(self, x=self.x[rows], labels=labels)


Data: TypeAlias = PointSet | ImageSet


@dataclass(frozen=True)
class Splits:
    """A finite data set in two parts: what may be learned from, and what is only measured with.

    A data set registered with ``finite=True`` is made as ``make(config)`` and returns this.
    """

    train: Data
    test: Data


@dataclass(frozen=True)
class Frame:
    """Where all particles are at one flow time: t in [0, 1], x (n, *shape), standardised.

    ``nfe`` counts the network evaluations spent so far per particle.
    """

    t: float
    x: Tensor
    nfe: int


@dataclass(frozen=True)
class Layer:
    """A field that a family can evaluate anywhere, for the heat map or the arrows.

    Attributes:
        name: slug, also the key on disk.
        kind: "scalar" or "vector".
        symbol: what the legend says, e.g. "log p/q".
        timed: whether it depends on the flow time.
        kept: whether kept records hold it too; the others are seen while the training is watched,
            or evaluated when they are asked for.
    """

    name: str
    title: str
    kind: str
    symbol: str
    timed: bool
    kept: bool = True


@dataclass(frozen=True)
class Stage:
    """One stage of a training step, for slow motion.

    Attributes:
        name: slug.
        title: what happens, a few words in the imperative ("Fit the critic").
        formula: in Unicode.
        source: author, year and equation or algorithm number.
        layer: the name of the layer it concerns, "" for none.
    """

    name: str
    title: str
    formula: str
    source: str
    layer: str = ""


@dataclass(frozen=True)
class Phase:
    """A part of a training in which something else is learned than in the others.

    Attributes:
        name: what `Family.flow` shows meanwhile, a word or two in lower case ("teacher").
        title: what happens, a few words ("The teacher learns").
        start: the step after which it begins.
    """

    name: str
    title: str
    start: int


Scene: TypeAlias = dict[str, Tensor]
"""What a stage has at hand, standardised, each (B, *shape): "real" data, "particles", the
"velocity" at them, and where they "moved" to; for a generator also that velocity "smoothed" by its
kernel, and as a small gradient step "stepped" it. Only what the stage knows is there."""

Walk: TypeAlias = Generator[tuple[str, Scene], None, dict[str, Tensor]]
"""A training step in stages: yields (name, scene) after each, returns the step's scalars."""


def finish(walk: Walk) -> dict[str, Tensor]:
    """Go through all stages of a step without a pause; return its scalars."""
    while True:
        try:
            next(walk)
        except StopIteration as end:
            metrics: dict[str, Tensor] = end.value
            return metrics


@dataclass
class State:
    """Everything that exact resume needs: tensors (networks, optimisers, EMA, generators) by
    flat name, and plain JSON values. Ready for safetensors: no pickle.
    """

    tensors: dict[str, Tensor]
    values: dict[str, Any] = field(default_factory=dict)


class Family(ABC):
    """A generative model in training.

    A subclass is registered with ``@register("family", slug, config=..., capabilities=...)`` and
    constructed as ``Make(config, spec, horizon=steps, seed=seed, device=device)``. Its training
    random numbers come from its own generators, made from the seed; the initial weights too.
    """

    spec: DataSpec
    device: torch.device
    layers: tuple[Layer, ...] = ()
    stages: tuple[Stage, ...] = ()

    @abstractmethod
    def walk(self, batch: Tensor) -> Walk:
        """Do one optimisation step on a standardised batch (B, *shape), on ``device``, pausing
        after each of ``stages`` so that a person can look.

        Returns detached scalars by name ("loss" is always there), left on the device: the engine
        reads them in bulk, so that a GPU is not synchronised at each step.
        """

    def step(self, batch: Tensor) -> dict[str, Tensor]:
        """Do one optimisation step without a pause; returns what `walk` returns."""
        return finish(self.walk(batch))

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The phases of the training in order, the first from step 0; () where there is but one."""
        return ()

    def warnings(self) -> list[str]:
        """Return what to know of the present settings: allowed, and yet they may not train.

        One sentence or two each, for a person; the engine logs them.
        """
        return []

    def reconfigure(self, config: Config) -> None:
        """Take over new settings in the middle of a training, between two steps.

        Only settings described with ``live`` may differ from the present ones. The state of
        networks and optimisers is kept.

        Raises:
            ConfigError: a setting cannot be changed now, or the values do not fit each other.
        """
        raise ConfigError("", f"{type(self).__name__} has no settings that can change in a run")

    @abstractmethod
    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw n latents (n, *latent shape), on ``device``, from a generator of the CPU."""

    @abstractmethod
    def flow(
        self, latents: Tensor, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        """Push latents forward, yielding frames from t=0 to t=1; the last one holds the samples.

        Uses the averaged weights where there are some, and never touches the training random
        numbers. ``sampler`` is a `models.samplers.base.Sampler` for families with a denoiser,
        ignored elsewhere. A family without a flow yields one frame at t=1.
        """

    @abstractmethod
    def state(self) -> State:
        """Return the exact training state (tensors are detached CPU copies)."""

    @abstractmethod
    def load_state(self, state: State) -> None:
        """Restore what `state` returned: the next `step` is bit for bit what it would have been.

        Raises:
            ValueError: the state does not fit this config.
        """

    def layer(self, name: str, x: Tensor, t: float) -> Tensor:
        """Evaluate a layer at standardised points x (m, *shape): (m,) or (m, *shape)."""
        raise KeyError(f"{type(self).__name__} has no layer {name!r}")

    @abstractmethod
    def parameter_count(self) -> int:
        """Return how many numbers are trained."""


@runtime_checkable
class HasVelocity(Protocol):
    """v(x, t) with dx/dt = v, standardised: x (n, *shape), t in [0, 1]."""

    def velocity(self, x: Tensor, t: float) -> Tensor: ...


@runtime_checkable
class HasCritic(Protocol):
    """d(x, t) = log p(x)/q(x), p the data and q the particles at flow time t: x (n, *shape) ->
    (n,). A critic without a clock ignores t.
    """

    def critic(self, x: Tensor, t: float = 1.0) -> Tensor: ...


@runtime_checkable
class HasDenoiser(Protocol):
    """D(x, s) = E[x0 | x0 + s eps = x]: x (n, *shape), s (n,) or 0-d -> (n, *shape)."""

    def denoise(self, x: Tensor, s: Tensor) -> Tensor: ...


@runtime_checkable
class HasLikelihood(Protocol):
    """log p(x) in nats, standardised coordinates: x (n, *shape) -> (n,)."""

    def log_prob(self, x: Tensor) -> Tensor: ...


@runtime_checkable
class HasLatent(Protocol):
    """g(z): latents (n, *latent shape) -> (n, *shape), in one evaluation."""

    def push(self, z: Tensor) -> Tensor: ...


@runtime_checkable
class HasPopulation(Protocol):
    """Particles that are the state of the family, so many of them, and all there are.

    `Family.prior` returns where the first n of them started, at most ``population``, whatever the
    generator. `Family.flow` knows them by their row: latents must be the first rows, in order.
    """

    @property
    def population(self) -> int: ...
