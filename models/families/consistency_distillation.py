"""Consistency distillation: a trained diffusion is taught to sample in one step.

The teacher is another run, or, where none is chosen, a diffusion that the first part of the
training teaches. The student begins with its weights where both have the same network, as in
algorithm 2.

Source: Song et al. 2023, arXiv:2303.01469, algorithms 1 (sampling) and 2 (training), appendix C;
on jets, with two other solvers of the teacher: Leigh et al. 2023, arXiv:2307.06836 (PC-Droid).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Unpack

import torch

from pushforward.models.carriers.consistency_family import ConsistencyFamily
from pushforward.models.contracts.abilities import Denoise, HasDenoiser
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.family import Frame
from pushforward.models.contracts.learner import Phase, Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed, State
from pushforward.models.denoisers.consistency import ConsistencyFunction
from pushforward.models.entries import Needs
from pushforward.models.fields.consistency import ConsistencyField
from pushforward.models.fields.teacher import Teacher, weights_to_begin_with
from pushforward.models.nets.pick import build
from pushforward.models.nets.role import DENOISER
from pushforward.models.paths.clock import FlowClock
from pushforward.models.registry import family
from pushforward.models.settings.consistency_distillation import (
    ConsistencyDistillationConfig,
)

__all__ = ["ConsistencyDistillation", "ConsistencyDistillationConfig"]

TEACHER = "teacher"
_WEIGHTS, _TEACHER = 0, 2  # streams of the seed (`models.tensors.make_generator`)


@family(
    "consistency-distillation",
    config=ConsistencyDistillationConfig,
    capabilities=("consistency",),
    field="score",
    carrier="flow",
    sampler="consistency",
    inputs={
        TEACHER: Needs(
            "denoiser",
            "Teacher",
            "A finished diffusion run on the same data, whose ODE is distilled. Without one a "
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
class ConsistencyDistillation(ConsistencyFamily[ConsistencyDistillationConfig]):
    """field = score of a teacher, carrier = particles that go all the way at once."""

    def __init__(
        self, config: ConsistencyDistillationConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        net = build(config.net, spec, DENOISER, self.weights(_WEIGHTS))
        self.teacher = None if TEACHER in self.inputs else self._own_teacher()
        lesson = 0 if self.teacher is None else self.teacher.steps
        self.field = ConsistencyField(
            ConsistencyFunction(net, config.s_min).to(self.device),
            optimizer=config.optimizer,
            horizon=max(1, self.horizon - lesson),
            decay=config.ema,
            target=config.target,
            levels=config.levels,
            weight=config.weight,
            clock=FlowClock(config.s_min, config.s_max),
            display=config.display,
            execution=self.execution,
        )

    def _own_teacher(self) -> Teacher:
        config = self.config
        return Teacher(
            build(config.net, self.spec, DENOISER, self.weights(_TEACHER)),
            self,
            optimizer=config.teacher_optimizer,
            steps=max(1, round(config.teacher_share * self.horizon)),
        )

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"field": self.field} | ({} if self.teacher is None else {"teacher": self.teacher})

    def load_state(self, state: State) -> None:
        if not any(name.startswith("teacher/") for name in state.tensors):
            self.teacher = (
                None  # It was another run, which is not here when the model is only used.
            )
        super().load_state(state)

    @property
    def phases(self) -> tuple[Phase, ...]:
        if self.teacher is None:
            return ()
        student = Phase("student", "The student learns to go all the way", self.teacher.steps)
        return Phase("teacher", "The teacher learns", 0), student

    def warnings(self) -> list[str]:
        teacher = self.inputs.get(TEACHER)
        if teacher is None or weights_to_begin_with(teacher, self.field.trained.net.net):
            return []
        return [
            "The student's network is not that of the teacher, or the teacher's does not predict "
            "as EDM's: it begins with random weights, and needs many more steps."
        ]

    def walk(self, batch: Rows) -> Walk:
        real = Batch.of(batch)
        if self.teacher is None:
            return (yield from self._distil(real))
        learning = self.teacher.is_learning()
        metrics = yield from self._lesson(self.teacher, real) if learning else self._distil(real)
        return metrics | {"phase": real.x.new_full((), 1.0 if learning else 2.0)}

    def _lesson(self, teacher: Teacher, real: Batch) -> Walk:
        yield "draw", {"real": real.x}
        scene, metrics = teacher.fit(real, self.noise)
        yield "noise", scene
        yield "fit", scene
        return metrics

    def _distil(self, real: Batch) -> Walk:
        if self.field.trained.count == 0:
            self._begin()
        low, high = self.field.draw(len(real), self.noise)
        yield "draw", {"real": real.x}
        upper = self.carrier.noised(real, high, self.noise)
        scene = {"real": real.x, "particles": upper.x, "level": high}
        yield "noise", scene
        c, taught = self.config, self._taught(upper)
        x = self.field.along(taught, upper.x, low, high, c.solver, c.teacher_steps)
        lower = upper.holding(upper.zeroed(x))
        scene |= {"moved": lower.x}
        yield "lead", scene
        metrics = self.field.fit(upper, lower, low, high)
        yield "fit", scene
        return metrics

    def _begin(self) -> None:
        """Begin with the weights of the teacher, where they are such weights."""
        if self.teacher is not None:
            self.field.begin_as(self.teacher.averaged.net)
            return
        found = weights_to_begin_with(self.inputs[TEACHER], self.field.trained.net.net)
        if found is not None:
            self.field.begin_as(found)

    def _taught(self, like: Batch) -> Denoise:
        """Return the denoiser of the teacher."""
        if self.teacher is not None:
            return self.teacher.denoiser(like)
        teacher = self.inputs[TEACHER]
        assert isinstance(teacher, HasDenoiser)
        return teacher.denoiser(like)

    def flow(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        if self.teacher is not None and self.teacher.is_learning():
            return self.teacher.frames(latents, generator=generator)
        return super().flow(latents, sampler=sampler, generator=generator)

    def retune(self, config: ConsistencyDistillationConfig) -> None:
        super().retune(config)
        if self.teacher is not None:
            self.teacher.field.trained.optimizer.config = config.teacher_optimizer
