"""The difference of two learned scores: shared by score flow and Score GAN. First a teacher learns
the score of the data while nothing moves. Then it is frozen, and a second denoiser learns the score
of the moving particles (Franceschi et al. 2023, arXiv:2305.16150, algorithm 1).
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal, Protocol

import torch
from torch import Tensor

from pushforward.models.config import Pick
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.learner import Learner, Phase, Walk
from pushforward.models.denoisers.denoiser import Denoiser
from pushforward.models.denoisers.densities import LogUniform, RhoUniform
from pushforward.models.fields.particle_score import ParticleScore
from pushforward.models.fields.probes import Probes
from pushforward.models.fields.score_difference import ScoreDifference, level_law
from pushforward.models.fields.teacher import EDM_LEVELS, Teacher
from pushforward.models.nets.pick import build
from pushforward.models.nets.role import DENOISER
from pushforward.models.training.optim import OptimizerConfig

__all__ = ["TaughtDifference", "TaughtSettings", "split"]

# Streams of the seed (`models.tensors.make_generator`).
_TEACHER, _OWN = 1, 3


class TaughtSettings(Protocol):
    """What is read of a family's settings (see `models.fields.difference_settings`)."""

    @property
    def teacher_share(self) -> float: ...
    @property
    def teacher_levels(self) -> Literal["log-normal", "log-uniform"]: ...
    @property
    def w_data(self) -> float: ...
    @property
    def w_gen(self) -> float: ...
    @property
    def warm_start(self) -> bool: ...
    @property
    def s_low(self) -> float: ...
    @property
    def s_high(self) -> float: ...
    @property
    def rho(self) -> float: ...
    @property
    def net(self) -> Pick: ...
    @property
    def optimizer(self) -> OptimizerConfig: ...
    @property
    def score_optimizer(self) -> OptimizerConfig: ...


def split(config: TaughtSettings, horizon: int) -> tuple[int, int]:
    """Return how many steps of a training are the teacher's, and how many are left."""
    taught = max(1, round(config.teacher_share * horizon))
    return taught, max(1, horizon - taught)


class TaughtDifference(ScoreDifference):
    """A score difference whose score of the data is learned first.

    Args:
        config: the family's settings.
        learner: the family.
        probes: draws the noise levels over which `velocity` averages.

    Attributes:
        teacher, own: the two scores.
    """

    own: ParticleScore

    def __init__(
        self,
        config: TaughtSettings,
        learner: Learner[Any],
        *,
        probes: Callable[[RhoUniform], Probes],
    ) -> None:
        taught, rest = split(config, learner.horizon)
        edm = config.teacher_levels == "log-normal"
        self.teacher = Teacher(
            build(config.net, learner.spec, DENOISER, learner.weights(_TEACHER)),
            learner,
            optimizer=config.optimizer,
            steps=taught,
            density=EDM_LEVELS if edm else LogUniform(config.s_low, config.s_high),
        )
        own = build(config.net, learner.spec, DENOISER, learner.weights(_OWN))
        law = level_law(config.s_low, config.s_high, config.rho)
        super().__init__(
            self.teacher.denoiser,
            ParticleScore(
                Denoiser(own).to(learner.device),
                optimizer=config.score_optimizer,
                horizon=rest,
                execution=learner.execution,
            ),
            law=law,
            probes=probes(law),
            w_data=config.w_data,
            w_gen=config.w_gen,
            generator=learner.noise,
        )
        self._warm_start = config.warm_start

    def lesson(self, batch: Batch) -> Walk:
        """Do one step of the teacher, in its one stage; after the last, the own score begins."""
        scene, metrics = self.teacher.fit(batch, self._generator)
        if not self.teacher.is_learning() and self._warm_start:
            self.own.trained.begin_as(self.teacher.averaged)
        yield "teach", scene
        return metrics | {"phase": batch.x.new_full((), 1.0)}

    def phases(self, before: str, after: Phase) -> tuple[Phase, ...]:
        """Return the teacher's phase, in which ``before`` is shown, and the one after it."""
        return Phase(before, "The teacher learns", 0), replace(after, start=self.teacher.steps)

    def velocity(self, x: Rows, t: float = 1.0) -> Tensor:
        """Return the mean over the probes, at x (n, *shape); while the teacher learns, nothing
        moves.
        """
        if self.teacher.is_learning():
            return torch.zeros_like(Batch.of(x).x)
        return super().velocity(x, t)

    def score_of_particles(self, x: Rows, t: float) -> Tensor:
        """Return s grad log q_s at x (n, *shape); 0 while nothing is known of the particles."""
        if self.teacher.is_learning():
            return torch.zeros_like(Batch.of(x).x)
        return super().score_of_particles(x, t)

    def retune(self, config: TaughtSettings) -> None:
        """Take over the live settings."""
        self.w_data = config.w_data
        self.w_gen = config.w_gen
        self.teacher.field.trained.optimizer.config = config.optimizer
        self.own.trained.optimizer.config = config.score_optimizer
