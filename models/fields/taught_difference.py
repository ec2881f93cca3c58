"""The difference of two learned scores: what score flow and Score GAN share, whoever it carries.

First a teacher learns the score of the data, and nothing moves. Then it stands still, and a second
denoiser learns the score of the particles beside them (Franceschi et al. 2023, arXiv:2305.16150,
algorithm 1).
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import torch
from torch import Tensor

from models.base import DataSpec, Phase, Stage, State, Walk
from models.denoisers.denoiser import Denoiser
from models.denoisers.densities import RhoUniform
from models.fields.score_difference import ParticleScore, Probes, ScoreDifference, level_law
from models.fields.teacher import Teacher
from models.nets.choose import denoiser_net
from models.nets.mlp import MLPConfig
from models.nets.unet import UNetConfig
from models.tensors import make_generator
from models.training.optim import OptimizerConfig

__all__ = ["TEACH", "TaughtDifference", "TaughtSettings", "split"]

# Streams of the seed (`models.tensors.make_generator`).
_TEACHER, _OWN = 1, 3

TEACH = Stage(
    "teach",
    "Teach the score of the data",
    "min E w(s) |D(x₀ + s ε, s) − x₀|²,  ∇log p = (D − x) / s²",
    "Karras et al. 2022, eqs. 2, 3 and 8",
    "score-data",
)


class TaughtSettings(Protocol):
    """What is read of a family's settings (see `models.fields.difference_settings`)."""

    @property
    def teacher_share(self) -> float: ...
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
    def net(self) -> MLPConfig: ...
    @property
    def image_net(self) -> UNetConfig: ...
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
        spec: of the data.
        horizon: planned steps of the whole training.
        seed: of the initial weights.
        device: where the networks are.
        generator: for levels and noise; it belongs to the training.
        probes: makes what `velocity` is a mean over from the law of the levels.

    Attributes:
        teacher, own: the two scores.
    """

    own: ParticleScore

    def __init__(
        self,
        config: TaughtSettings,
        spec: DataSpec,
        *,
        horizon: int,
        seed: int,
        device: torch.device,
        generator: torch.Generator,
        probes: Callable[[RhoUniform], Probes],
    ) -> None:
        taught, rest = split(config, horizon)
        weights = make_generator(seed, _TEACHER)
        self.teacher = Teacher(
            denoiser_net(spec, config.net, config.image_net, generator=weights),
            shape=spec.shape,
            device=device,
            optimizer=config.optimizer,
            steps=taught,
        )
        weights = make_generator(seed, _OWN)
        own = denoiser_net(spec, config.net, config.image_net, generator=weights)
        law = level_law(config.s_low, config.s_high, config.rho)
        super().__init__(
            self.teacher.denoise,
            ParticleScore(Denoiser(own).to(device), optimizer=config.score_optimizer, horizon=rest),
            law=law,
            probes=probes(law),
            w_data=config.w_data,
            w_gen=config.w_gen,
            generator=generator,
        )
        self._warm_start = config.warm_start

    def lesson(self, batch: Tensor) -> Walk:
        """Do one step of the teacher, in its one stage; after the last, the own score begins."""
        noised, metrics = self.teacher.fit(batch, self._generator)
        if not self.teacher.is_learning() and self._warm_start:
            self.own.warm_start(self.teacher.averaged)
        yield "teach", {"real": batch, "particles": noised}
        return metrics | {"phase": batch.new_full((), 1.0)}

    def phases(self, before: str, after: Phase) -> tuple[Phase, ...]:
        """Return the teacher's phase, in which ``before`` is shown, and the one after it."""
        return Phase(before, "The teacher learns", 0), replace(after, start=self.teacher.steps)

    def velocity(self, x: Tensor, t: float = 1.0) -> Tensor:
        """Return the mean over the probes, at x (n, *shape); while the teacher learns, nothing
        moves.
        """
        return torch.zeros_like(x) if self.teacher.is_learning() else super().velocity(x, t)

    def score_of_particles(self, x: Tensor, t: float) -> Tensor:
        """Return s grad log q_s at x (n, *shape); 0 while nothing is known of the particles."""
        if self.teacher.is_learning():
            return torch.zeros_like(x)
        return super().score_of_particles(x, t)

    def retune(self, config: TaughtSettings) -> None:
        """Take over the live settings."""
        self.w_data = config.w_data
        self.w_gen = config.w_gen
        self.teacher.field.optimizer.config = config.optimizer
        self.own.optimizer.config = config.score_optimizer

    def pack(self, state: State) -> None:
        """Add the exact training state of both scores."""
        self.teacher.pack(state, "teacher")
        self.own.pack(state, "own")

    def unpack(self, state: State) -> None:
        """Restore what `pack` added.

        Raises:
            ValueError: it does not fit.
        """
        self.teacher.unpack(state, "teacher")
        self.own.unpack(state, "own")

    def parameter_count(self) -> int:
        """Return how many numbers both scores have."""
        nets = (self.teacher.field.denoiser, self.own.denoiser)
        return sum(p.numel() for net in nets for p in net.parameters())
