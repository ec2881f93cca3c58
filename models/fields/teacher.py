"""The teacher: a diffusion that is trained first and then frozen.

It is an EDM denoiser (Karras et al. 2022, arXiv:2206.00364) with the paper's loss weight, and its
training levels by default. Its own flow shows its progress while it learns.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from pushforward.models.carriers.particles import Particles
from pushforward.models.contracts.abilities import Denoise
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.family import Frame
from pushforward.models.contracts.learner import Learner, Scene
from pushforward.models.contracts.state import State
from pushforward.models.denoisers.denoiser import Denoiser
from pushforward.models.denoisers.densities import LogNormal, LogUniform, draw_levels
from pushforward.models.fields.score import ScoreField
from pushforward.models.paths.clock import FlowClock
from pushforward.models.samplers.heun import Heun
from pushforward.models.training.optim import OptimizerConfig

__all__ = ["EDM_LEVELS", "Teacher", "weights_to_begin_with"]

_S_MIN, _DECAY = 0.002, 0.999
EDM_LEVELS = LogNormal(-1.2, 1.2, _S_MIN, 20.0)
"""Distribution of the training noise levels of EDM (Karras et al. 2022, table 1), on data of std 1.
"""


def weights_to_begin_with(teacher: Learner[Any], net: nn.Module) -> nn.Module | None:
    """Return the averaged network of a diffusion that a student's may begin with, None where it is
    of another make, or another thing is predicted with it.
    """
    field = getattr(teacher, "field", None)
    if not isinstance(field, ScoreField) or field.trained.averaged.precond != "edm":
        return None
    found = field.trained.averaged.net
    mine, theirs = (
        {name: value.shape for name, value in each.state_dict().items()} for each in (net, found)
    )
    return found if mine == theirs else None


class Teacher:
    """A denoiser of the data that learns for a number of steps.

    Args:
        net: what is trained (`models.nets.calling`), on the CPU.
        learner: the family that it belongs to.
        optimizer: settings of the optimiser.
        steps: number of steps for which it learns.
        density: distribution of its training noise levels. Its own flow begins at the highest, and
            goes down to where an EDM stops: below the lowest a denoiser changes hardly anything.

    Attributes:
        field: the score it has learnt.
        steps: as above; part of the state, so that an extended run does not train it again.
    """

    def __init__(
        self,
        net: nn.Module,
        learner: Learner[Any],
        *,
        optimizer: OptimizerConfig,
        steps: int,
        density: LogNormal | LogUniform = EDM_LEVELS,
    ) -> None:
        self.steps = steps
        self.field = ScoreField(
            Denoiser(net).to(learner.device),
            optimizer=optimizer,
            horizon=steps,
            decay=_DECAY,
            density=density,
            weight="edm",
            gamma=0.0,
            clock=FlowClock(_S_MIN, density.s_max),
            display="variance-preserving",
            execution=learner.execution,
        )
        self.carrier = Particles(learner.spec, learner.device, Heun())

    def is_learning(self) -> bool:
        """Whether the next step is still the teacher's."""
        return self.field.trained.count < self.steps

    @property
    def averaged(self) -> Denoiser:
        """The denoiser with the averaged weights, which are those that teach."""
        return self.field.trained.averaged

    def fit(self, batch: Batch, generator: torch.Generator) -> tuple[Scene, dict[str, Tensor]]:
        """Do one step on a batch; return what it had at hand, and the scalars."""
        level = draw_levels(self.field.density, len(batch), generator)
        noised = self.carrier.noised(batch, level, generator)
        scene = {"real": batch.x, "particles": noised.x, "level": level}
        return scene, self.field.fit(batch, noised, level)

    def denoiser(self, like: Batch | None = None) -> Denoise:
        """Return D_p(x, s) for rows like these: x (n, *shape), s (n,) or 0-d."""
        return self.field.denoiser(like)

    def frames(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        """Yield the diffusion of latents (n, *shape)."""
        return self.carrier.frames(self.field, latents, sampler=sampler, generator=generator)

    def pack(self, state: State, part: str) -> None:
        """Add the exact training state."""
        self.field.pack(state, part)
        state.values[f"{part}/steps"] = self.steps

    def unpack(self, state: State, part: str) -> None:
        """Restore what `pack` added.

        Raises:
            ValueError: it does not fit.
        """
        self.field.unpack(state, part)
        self.steps = int(state.value(f"{part}/steps"))

    def parameter_count(self) -> int:
        """Return how many numbers are trained."""
        return self.field.parameter_count()
