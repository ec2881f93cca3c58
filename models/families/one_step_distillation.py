"""One-step distillation: a generator regresses the end of a teacher's ODE from its noise.

Source: Luhman and Luhman 2021, arXiv:2101.02388, section 3 (Denoising Student).
"""

from collections.abc import Mapping
from typing import Any, Unpack

import torch
from torch import Tensor

from pushforward.models.carriers.carried_family import Carried
from pushforward.models.carriers.generator import Generator
from pushforward.models.carriers.generator_settings import GeneratorAveraging, GeneratorOptimizer
from pushforward.models.carriers.pair_settings import PairCount, PairSolver, pair_steps
from pushforward.models.carriers.pairs import Pairs
from pushforward.models.config import Config, Pick
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.learner import Phase, Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed, State
from pushforward.models.entries import Needs
from pushforward.models.nets import role
from pushforward.models.nets.calling import call
from pushforward.models.nets.pick import build
from pushforward.models.nets.settings import GeneratorNet
from pushforward.models.registry import family
from pushforward.models.tensors import make_generator, mean_of_places
from pushforward.models.training.optim import OptimizerConfig

__all__ = ["OneStepDistillation", "OneStepDistillationConfig"]

TEACHER = "teacher"
_GENERATOR, _PAIRS = 0, 3  # streams of the seed (`models.tensors.make_generator`)


class OneStepDistillationConfig(Config, frozen=True):
    """Settings of a one-step distillation."""

    pairs: PairCount = 30_000
    pair_solver: PairSolver = 18
    generator: GeneratorNet = Pick()
    generator_optimizer: GeneratorOptimizer = OptimizerConfig(lr=2e-3, schedule="cosine")
    ema: GeneratorAveraging = 0.999


@family(
    "one-step-distillation",
    config=OneStepDistillationConfig,
    capabilities=("latent",),
    field="velocity",
    carrier="generator",
    inputs={
        TEACHER: Needs(
            "velocity",
            "Teacher",
            "A finished run on the same data with a deterministic flow: a diffusion or a flow.",
            same_data=True,
            proposed=True,
        )
    },
)
class OneStepDistillation(Carried, Family[OneStepDistillationConfig]):
    """field = velocity of a teacher, followed to its end; carrier = generator."""

    field = None
    carrier: Generator

    def __init__(
        self, config: OneStepDistillationConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        self._count, self._drawing = 0, pair_steps(self.horizon)
        latent = spec.mean.numel()
        net = build(config.generator, spec, role.generator(latent), self.weights(_GENERATOR))
        self.carrier = Generator(
            net.to(self.device),
            spec=spec,
            latent=latent,
            device=self.device,
            optimizer=config.generator_optimizer,
            horizon=self.horizon,
            decay=config.ema,
            execution=self.execution,
        )
        self.pairs = Pairs(
            spec,
            count=config.pairs,
            steps=self._drawing,
            solver=config.pair_solver,
            generator=make_generator(self.seed, _PAIRS),
            device=self.device,
        )

    @classmethod
    def evaluations(cls, config: OneStepDistillationConfig, sampler: Any = None) -> int:
        return 1

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"carrier": self.carrier, "pairs": self.pairs}

    def prior(
        self, n: int, generator: torch.Generator, given: Mapping[str, Tensor] | None = None
    ) -> Batch:
        """Draw n latents, x (n, numbers), as a teacher's noise is: nothing at padded places."""
        latents = super().prior(n, generator, given)
        noise = latents.x.reshape(n, *self.spec.shape)
        return latents.holding(latents.zeroed(noise).flatten(1))

    def walk(self, batch: Rows) -> Walk:
        real = Batch.of(batch)
        if not self.pairs.complete:
            teacher = self.inputs[TEACHER]
            assert isinstance(teacher, Family)
            noise, ends = self.pairs.draw(teacher, len(real))
            yield "pairs", {"real": real.x, "particles": noise.x, "moved": ends}
        noise, ends = self.pairs.take(len(real), self.noise)
        latents = noise.holding(noise.x.flatten(1))
        yield "choose", {"real": real.x, "particles": self.carrier.particles(latents).x}
        metrics = self._regress(latents, ends, noise.places())
        moved = self.carrier.particles(latents).x
        yield "fit", {"real": real.x, "particles": moved, "moved": ends}
        phase = 1.0 if self._count < self._drawing else 2.0
        self._count += 1
        return metrics | {"phase": real.x.new_full((), phase)}

    def _regress(self, latents: Batch, ends: Tensor, places: Tensor | None) -> dict[str, Tensor]:
        net = self.carrier.trained.net

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            rows = latents.take(part)
            made = rows.zeroed(call(net, rows))
            return mean_of_places((made - ends[part]).square(), places), {}

        return self.carrier.trained.descend(loss, len(latents))

    @property
    def phases(self) -> tuple[Phase, ...]:
        pairs = Phase("pairs", "The teacher generates pairs", 0)
        return pairs, Phase("generator", "The generator learns them", self._drawing)

    def retune(self, config: OneStepDistillationConfig) -> None:
        self.carrier.trained.optimizer.config = config.generator_optimizer

    def push(self, z: Rows) -> Tensor:
        """Return g(z) by the averaged weights."""
        return self.carrier.push(z)

    def state(self) -> State:
        state = super().state()
        state.values |= {"count": self._count, "drawing": self._drawing}
        return state

    def load_state(self, state: State) -> None:
        super().load_state(state)
        self._count = int(state.value("count"))
        self._drawing = int(state.value("drawing"))
