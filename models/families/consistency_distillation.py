"""Consistency distillation: a trained diffusion is taught to sample in one step.

Source: Song et al. 2023, arXiv:2303.01469, algorithms 1 (sampling) and 2 (training), appendix C.
"""

from typing import Annotated, Unpack

from models.carriers.consistency_family import ConsistencyFamily
from models.config import Config, Pick, param
from models.contracts.abilities import HasDenoiser
from models.contracts.batch import Batch, Rows
from models.contracts.learner import Stage, Training, Walk
from models.contracts.spec import DataSpec
from models.denoisers.consistency import FUNCTION, ConsistencyFunction
from models.denoisers.level_settings import DisplaySetting, LargestNoise, SmallestNoise
from models.entries import Needs
from models.fields.consistency import PAIR_WEIGHT, ConsistencyField, ConsistencyWeight
from models.nets.pick import build
from models.nets.role import DENOISER
from models.nets.settings import DenoiserNet
from models.paths.clock import FlowClock
from models.registry import family
from models.training.optim import NetworkOptimizer, OptimizerConfig

__all__ = ["ConsistencyDistillation", "ConsistencyDistillationConfig"]

TEACHER = "teacher"
_WEIGHTS = 0  # a stream of the seed (`models.tensors.make_generator`)


class ConsistencyDistillationConfig(Config, frozen=True):
    """Settings of a consistency distillation. Levels are relative to standardised data."""

    net: DenoiserNet = Pick()
    levels: Annotated[
        int,
        param(
            "Levels",
            "Into how many levels the trajectories of the teacher are cut. More are closer to its "
            "ODE, and it takes longer until the end has reached the beginning.",
            low=2,
            high=1000,
            log=True,
        ),
    ] = 18
    weight: Annotated[
        ConsistencyWeight,
        param(
            "Loss weight",
            "How much each pair of neighbours counts.",
            choices={"even": "Even", "gap": "One over their distance"},
            aspect="loss",
        ),
    ] = "even"
    target: Annotated[
        float,
        param(
            "Target averaging",
            "Decay of the weights that say what is to be reached; 0 takes those that are trained.",
            low=0.0,
            below=1.0,
            aspect="loss",
        ),
    ] = 0.95
    s_min: SmallestNoise = 0.002
    s_max: LargestNoise = 20.0
    optimizer: NetworkOptimizer = OptimizerConfig(lr=1e-3, schedule="cosine")
    ema: Annotated[
        float,
        param(
            "Averaging",
            "Decay of the averaged weights that sampling uses; 0 switches averaging off.",
            low=0.0,
            below=1.0,
        ),
    ] = 0.999
    display: DisplaySetting = "variance-preserving"


@family(
    "consistency-distillation",
    title="Consistency distillation",
    short="Consistency",
    summary="A trained diffusion teaches a function that goes from noise to data in one step.",
    source="Song et al. 2023, arXiv:2303.01469, algorithms 1 and 2",
    config=ConsistencyDistillationConfig,
    capabilities=("consistency",),
    field="score",
    carrier="flow",
    sampler="consistency",
    motion="f(x, s) = f(x′, s′) along dx/ds = (x − D(x, s)) / s,  f(x, s_min) = x",
    inputs={
        TEACHER: Needs(
            "denoiser",
            "Teacher",
            "A finished run of a diffusion on the same data, whose ODE is to be taken in one step.",
            same_data=True,
        )
    },
)
class ConsistencyDistillation(ConsistencyFamily[ConsistencyDistillationConfig]):
    """field = score of a teacher, carrier = particles that go all the way at once."""

    stages = (
        Stage(
            "draw",
            "Draw data, and neighbouring levels for each",
            "x₀ ~ p,  n ~ U{1, …, N−1}",
            "Song et al. 2023, algorithm 2",
        ),
        Stage(
            "noise",
            "Place the particles at the upper level",
            "x = x₀ + sₙ₊₁ ε,  ε ~ N(0, I)",
            "Song et al. 2023, algorithm 2",
            aspect="path",
        ),
        Stage(
            "lead",
            "Let the teacher lead them to the lower one",
            "x̂ = x + (sₙ − sₙ₊₁) Φ(x, sₙ₊₁)  (Heun)",
            "Song et al. 2023, eq. 6; Karras et al. 2022, algorithm 1",
            aspect="loss",
        ),
        Stage(
            "fit",
            "Pull what is said at the upper to what the target says at the lower",
            "min E λ |f(x, sₙ₊₁) − f⁻(x̂, sₙ)|²",
            "Song et al. 2023, eq. 7",
            aspect="loss",
            also=(PAIR_WEIGHT, FUNCTION),
        ),
    )

    def __init__(
        self, config: ConsistencyDistillationConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        net = build(config.net, spec, DENOISER, self.weights(_WEIGHTS))
        self.field = ConsistencyField(
            ConsistencyFunction(net, config.s_min).to(self.device),
            optimizer=config.optimizer,
            horizon=self.horizon,
            decay=config.ema,
            target=config.target,
            levels=config.levels,
            weight=config.weight,
            clock=FlowClock(config.s_min, config.s_max),
            display=config.display,
            execution=self.execution,
        )

    def walk(self, batch: Rows) -> Walk:
        teacher = self.inputs[TEACHER]
        assert isinstance(teacher, HasDenoiser)
        real = Batch.of(batch)
        low, high = self.field.draw(len(real), self.noise)
        yield "draw", {"real": real.x}
        upper = self.carrier.noised(real, high, self.noise)
        yield "noise", {"real": real.x, "particles": upper.x}
        x = self.field.along(teacher.denoiser(upper), upper.x, low, high)
        lower = upper.holding(upper.zeroed(x))
        yield "lead", {"real": real.x, "particles": upper.x, "moved": lower.x}
        metrics = self.field.fit(upper, lower, low, high)
        yield "fit", {"real": real.x, "particles": upper.x, "moved": lower.x}
        return metrics
