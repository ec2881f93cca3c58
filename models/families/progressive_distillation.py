"""Progressive distillation: a student takes in one step what its teacher takes in two, and becomes
the teacher of the next.

Source: Salimans and Ho 2022, arXiv:2202.00512, algorithm 2.
"""

import copy
import math
from collections.abc import Iterator, Mapping
from typing import Any, Unpack

import torch

from pushforward.models.carriers.carried_family import Carried
from pushforward.models.carriers.particles import Particles
from pushforward.models.config import ConfigError
from pushforward.models.contracts.abilities import Denoise, HasDenoiser
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.family import Family, Frame
from pushforward.models.contracts.learner import Phase, Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed, State
from pushforward.models.denoisers.denoiser import Denoiser
from pushforward.models.denoisers.densities import UniformTime, draw_levels
from pushforward.models.entries import Needs
from pushforward.models.fields.halving import halved
from pushforward.models.fields.score import ScoreField, bound
from pushforward.models.nets.pick import build
from pushforward.models.nets.role import DENOISER
from pushforward.models.paths.clock import FlowClock
from pushforward.models.paths.gaussian import PATHS
from pushforward.models.registry import family
from pushforward.models.samplers.ddim import Ddim, DdimConfig
from pushforward.models.samplers.grids import GridConfig, make_grid
from pushforward.models.settings.progressive_distillation import (
    ProgressiveDistillationConfig,
)
from pushforward.models.training.state import pack_module, unpack_module

__all__ = ["ProgressiveDistillation", "ProgressiveDistillationConfig"]

TEACHER = "teacher"
_WEIGHTS = 0  # a stream of the seed (`models.tensors.make_generator`)


class _OnLevels(Ddim):
    """DDIM on the very levels that a student was taught."""

    def __init__(self, levels: list[float]) -> None:
        super().__init__(DdimConfig(steps=len(levels) - 1))
        self._levels = levels

    def levels(self, s_min: float, s_max: float) -> list[float]:
        return self._levels


@family(
    "progressive-distillation",
    config=ProgressiveDistillationConfig,
    field="score",
    carrier="flow",
    inputs={
        TEACHER: Needs(
            "denoiser",
            "Teacher",
            "A finished diffusion run on the same data, whose steps are halved. Without one a "
            "diffusion is trained first.",
            same_data=True,
            optional=True,
            without=(
                "a teacher trained first",
                "A diffusion is trained first and becomes the teacher.",
            ),
            proposed=True,
        )
    },
)
class ProgressiveDistillation(Carried, Family[ProgressiveDistillationConfig]):
    """field = score of a teacher in fewer and fewer steps, carrier = particles.

    One network learns all rounds: it continues from its average at the end of each round, a copy of
    which is the teacher of the next.
    """

    field: ScoreField
    carrier: Particles

    def __init__(
        self, config: ProgressiveDistillationConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        rounds = _rounds(config)
        self._count = 0
        self._starts = self._plan(rounds)
        net = build(config.net, spec, DENOISER, self.weights(_WEIGHTS))
        path = PATHS["vp-cosine"]()
        self.field = ScoreField(
            Denoiser(net, config.prediction).to(self.device),
            optimizer=config.optimizer,
            horizon=self.horizon,
            decay=config.ema,
            density=UniformTime(path, config.s_min, config.s_max),
            weight=config.weight,
            gamma=0.0,
            clock=FlowClock(config.s_min, config.s_max),
            display=config.display,
            pace=self._pace,
            execution=self.execution,
        )
        self.carrier = Particles(spec, self.device, Ddim())
        self._before: Denoiser | None = None  # the student of the round before, which teaches
        grid = GridConfig(kind="time-uniform", path="vp-cosine")
        fine = make_grid(grid, config.teacher_steps, config.s_min, config.s_max)
        self._levels: list[float] = fine.float().tolist()
        self._grid = fine.float().to(self.device)

    def _plan(self, rounds: int) -> list[int]:
        """Return after which steps each round begins; the first teacher's lesson comes before."""
        lesson = 0
        if TEACHER not in self.inputs:
            lesson = max(1, round(self.config.teacher_share * self.horizon))
        rest = max(0, self.horizon - lesson)
        return [lesson + rest * i // rounds for i in range(rounds)]

    @property
    def round(self) -> int:
        """How many rounds have begun."""
        return sum(self._count >= start for start in self._starts)

    def steps_now(self) -> int:
        """Return in how many steps the particles go at present."""
        return self.config.teacher_steps >> self.round

    def _pace(self) -> int:
        """Return where the rate is: it falls over the lesson and over each round."""
        ends = [0, *self._starts, self.horizon]
        now = self.round
        start, end = ends[now], ends[now + 1]
        return round((self._count - start) / max(1, end - start) * self.horizon)

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"field": self.field}

    def walk(self, batch: Rows) -> Walk:
        real = Batch.of(batch)
        if self._count in self._starts:
            self._begin()
        now = self.round
        metrics = yield from self._halve(real, now) if now else self._lesson(real)
        self._count += 1
        return metrics | {"phase": real.x.new_full((), float(now + 1))}

    def _begin(self) -> None:
        """Begin a round: with the weights of the teacher, where they are such weights."""
        trained = self.field.trained
        teacher = self.inputs.get(TEACHER)
        if self._count == 0:
            field = getattr(teacher, "field", None)
            if isinstance(field, ScoreField) and _alike(field.trained.averaged, trained.net):
                trained.begin_as(field.trained.averaged)
            return
        trained.begin_as(trained.averaged)
        self._before = copy.deepcopy(trained.averaged)

    def _lesson(self, real: Batch) -> Walk:
        level = draw_levels(self.field.density, len(real), self.noise)
        yield "draw", {"real": real.x}
        particles = self.carrier.noised(real, level, self.noise)
        yield "noise", {"real": real.x, "particles": particles.x, "level": level}
        metrics = self.field.fit(real, particles, level)
        yield "fit", {"real": real.x, "particles": particles.x, "level": level}
        return metrics

    def _halve(self, real: Batch, now: int) -> Walk:
        stride = 1 << now
        count = self.config.teacher_steps // stride
        i = torch.randint(count, (len(real),), generator=self.noise, device=self.noise.device)
        at = i.to(self.device) * stride
        high, middle, low = (self._grid[at + k] for k in (0, stride // 2, stride))
        yield "choose", {"real": real.x}
        particles = self.carrier.noised(real, high, self.noise)
        scene = {"real": real.x, "particles": particles.x, "level": high}
        yield "noise", scene
        target = particles.zeroed(halved(self._teacher(particles), particles.x, high, middle, low))
        scene |= {"moved": target}
        yield "lead", scene
        metrics = self.field.fit(real.holding(target), particles, high)
        yield "fit", scene
        return metrics

    def _teacher(self, like: Batch) -> Denoise:
        if self._before is not None:
            return bound(self._before, like)
        teacher = self.inputs[TEACHER]
        assert isinstance(teacher, HasDenoiser)
        return teacher.denoiser(like)

    @property
    def phases(self) -> tuple[Phase, ...]:
        most = self.config.teacher_steps
        lesson = (Phase("teacher", "The teacher learns", 0),) if self._starts[0] else ()
        rounds = (
            Phase(f"{most >> i + 1} steps", f"{most >> i} steps become {most >> i + 1}", start)
            for i, start in enumerate(self._starts)
        )
        return (*lesson, *rounds)

    @classmethod
    def evaluations(cls, config: ProgressiveDistillationConfig, sampler: Any = None) -> int:
        return config.student_steps

    def retune(self, config: ProgressiveDistillationConfig) -> None:
        self.field.trained.optimizer.config = config.optimizer

    def flow(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        levels = self._levels[:: self.config.teacher_steps // self.steps_now()]
        return self.carrier.sampled(self.field, latents, sampler=_OnLevels(levels))

    def state(self) -> State:
        state = super().state()
        state.values |= {"count": self._count, "starts": self._starts}
        state.values["taught"] = self._before is not None
        if self._before is not None:
            pack_module(state, "before", self._before)
        return state

    def load_state(self, state: State) -> None:
        super().load_state(state)
        self._count = int(state.value("count"))
        self._starts = [int(start) for start in state.value("starts")]
        self._before = None
        if state.value("taught"):
            self._before = copy.deepcopy(self.field.trained.averaged)
            unpack_module(state, "before", self._before)


def _rounds(config: ProgressiveDistillationConfig) -> int:
    """Return how often the steps are halved.

    Raises:
        ConfigError: the student's steps do not come of the teacher's by halving.
    """
    rounds = math.log2(config.teacher_steps / config.student_steps)
    if rounds < 1 or not rounds.is_integer():
        raise ConfigError(
            "student_steps",
            f"halving {config.teacher_steps} again and again never gives {config.student_steps}",
        )
    return int(rounds)


def _alike(one: Denoiser, other: Denoiser) -> bool:
    """Whether two denoisers have the same weights and mean the same by them."""
    mine, theirs = (
        {name: value.shape for name, value in each.state_dict().items()} for each in (one, other)
    )
    return one.precond == other.precond and mine == theirs
