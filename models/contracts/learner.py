"""`Learner`: the base of all models that are trained step by step, such as a generative family, a
classifier or a recommender.

Notation and conventions: batch first; float32; random numbers always from a passed
`torch.Generator`. A learner works in *standardised* coordinates (zero mean, unit variance per
feature); `models.contracts.spec.DataSpec` converts to and from the units of the data.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, NotRequired, TypeAlias, TypedDict, TypeVar

import torch
from torch import Tensor

from pushforward.models.config import Config, ConfigError
from pushforward.models.contracts.batch import Rows
from pushforward.models.contracts.execution import PLAIN, Execution
from pushforward.models.contracts.presentation import Layer, Stage
from pushforward.models.contracts.randomness import RandomState
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed, State
from pushforward.models.live import check_live
from pushforward.models.tensors import make_generator

__all__ = [
    "CLOCKS",
    "LAW",
    "LOSS",
    "VELOCITIES",
    "LayerFunction",
    "Learner",
    "Phase",
    "Scene",
    "Training",
    "Walk",
    "finish",
]

C = TypeVar("C", bound=Config)
T = TypeVar("T")


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


LayerFunction: TypeAlias = Callable[[Rows, float], Tensor]
"""From rows x (m, *shape), standardised, and a flow time to a layer there: (m,) or (m, *shape)."""

Scene: TypeAlias = dict[str, Tensor]
"""What a stage has at hand, standardised, each (B, *shape): "real" data, "particles", the
"velocity" at them, and where they "moved" to; for a generator also that velocity "smoothed" by its
kernel, and as a small gradient step "stepped" it. Of symbols the "law" that the model says at each
place, (b, *shape, symbols), of the first b rows. What noise is in each particle says one of
`CLOCKS`, (B,). Only what the stage knows is there."""

LAW = "law"
"""What of a scene are probabilities of symbols."""

CLOCKS = frozenset({"level", "time", "step"})
"""What of a scene says how far each particle is from data: its noise level s in standardised
coordinates, its flow time t, or how many of the steps of a discrete path are done to it."""

LOSS = "loss"
"""What of a scene is the own loss of each particle, (B,), without a unit of length."""

VELOCITIES = frozenset({"velocity", "smoothed", "stepped"})
"""What of a scene are differences: they scale with the unit of length, and have no origin."""

Walk: TypeAlias = Generator[tuple[str, Scene], None, dict[str, Tensor]]
"""A training step in stages: yields (name, scene) after each, returns the step's scalars."""


def finish(work: Generator[Any, None, T]) -> T:
    """Run a generator to its end, such as the stages of a step, and return its result."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            found: T = end.value
            return found


class Training(TypedDict):
    """Arguments of every learner other than its settings and the spec of the data.

    Attributes:
        horizon: planned number of steps.
        seed: of weights and noise.
        device: where it computes.
        execution: how it computes there.
        inputs: the trained models that it learns from, by the names of `models.entries.Needs`,
            on its device; none where one that is trained is only used.
    """

    horizon: int
    seed: int
    device: torch.device
    execution: NotRequired[Execution]
    inputs: NotRequired[Mapping[str, "Learner[Any]"]]


class Learner(ABC, Generic[C]):
    """What learns from batches, one step at a time.

    A subclass is registered and constructed as ``Make(config, spec, horizon=steps, seed=seed,
    device=device)``. Its training random numbers come from its own generators, made from the seed;
    the initial weights too.

    Args:
        config: its settings.
        spec: of the data.
        horizon: planned number of steps.
        seed: of weights and noise.
        device: where it computes.
        execution: how it computes there.
        inputs: the trained models that it learns from.

    Attributes:
        noise: where the training draws from, on the device: stream ``NOISE`` of the seed
            (`models.tensors.make_generator`).
    """

    NOISE: ClassVar[int] = 1
    UNSHARED: ClassVar[str] = ""
    """Why several processes cannot share its batches, "" if they can."""
    layers: tuple[Layer, ...] = ()
    stages: tuple[Stage, ...] = ()

    def __init__(
        self,
        config: C,
        spec: DataSpec,
        *,
        horizon: int,
        seed: int,
        device: torch.device,
        execution: Execution = PLAIN,
        inputs: "Mapping[str, Learner[Any]] | None" = None,
    ) -> None:
        self.config = config
        self.spec = spec
        self.horizon = horizon
        self.seed = seed
        self.device = device
        self.execution = execution
        self.inputs = dict(inputs or {})
        self.noise = make_generator(seed, self.NOISE, device)

    @classmethod
    def needs_classes(cls, config: C) -> bool:
        """Return whether a model with these settings is conditioned on the class of each row, by
        the setting that families share (`models.contracts.condition_settings`); False without it.
        """
        return bool(getattr(config, "conditional", False))

    def weights(self, stream: int) -> torch.Generator:
        """Return the generator of initial weights from a stream of the seed, on the CPU."""
        return make_generator(self.seed, stream)

    @property
    @abstractmethod
    def parts(self) -> Mapping[str, Packed]:
        """What has a state, by the name under which it is saved; the noise goes by itself."""

    @abstractmethod
    def walk(self, batch: Rows) -> Walk:
        """Do one optimisation step on standardised rows, on ``device``, pausing after each of
        ``stages`` so that a person can look.

        Returns detached scalars by name ("loss" is always there), left on the device: the engine
        reads them in bulk, so that a GPU is not synchronised at each step.
        """

    def step(self, batch: Rows) -> dict[str, Tensor]:
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
        check_live(self.config, config)
        assert isinstance(config, type(self.config))
        self.retune(config)
        self.config = config

    def retune(self, config: C) -> None:
        """Hand new live settings to the parts that use them.

        Raises:
            ConfigError: the values do not fit each other; nothing has changed.
        """
        raise ConfigError("", f"{type(self).__name__} has no settings that can change in a run")

    @property
    def layer_functions(self) -> Mapping[str, LayerFunction]:
        """How each of ``layers`` is evaluated, by its name."""
        return {}

    def layer(self, name: str, x: Rows, t: float) -> Tensor:
        """Evaluate a layer at standardised rows x (m, *shape): (m,) or (m, *shape)."""
        layer_functions = self.layer_functions
        if name not in layer_functions:
            raise KeyError(f"{type(self).__name__} has no layer {name!r}")
        return layer_functions[name](x, t)

    def state(self) -> State:
        """Return the exact training state (tensors are detached CPU copies)."""
        state = State({})
        for name, part in self._saved().items():
            part.pack(state, name)
        return state

    def load_state(self, state: State) -> None:
        """Restore what `state` returned: the next `step` is bit for bit what it would have been.

        Raises:
            ValueError: the state does not fit this config.
        """
        for name, part in self._saved().items():
            part.unpack(state, name)

    def parameter_count(self) -> int:
        """Return how many numbers are trained."""
        return sum(part.parameter_count() for part in self.parts.values())

    def _saved(self) -> dict[str, Packed]:
        return {**self.parts, "noise": RandomState(self.noise)}
