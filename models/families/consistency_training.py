"""Consistency training: a function from noise to data in one step, learned without a teacher.

Source: Song et al. 2023, arXiv:2303.01469, algorithm 3 and appendix C (CT); Song and Dhariwal 2023,
arXiv:2310.14189, table 1 (improved techniques, iCT).
"""

from typing import Annotated, Literal, Unpack

from pushforward.models.carriers.consistency_family import ConsistencyFamily
from pushforward.models.config import Config, ConfigError, Pick, param
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.condition_settings import ConditionalSetting
from pushforward.models.contracts.learner import Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import State
from pushforward.models.denoisers.consistency import ConsistencyFunction
from pushforward.models.denoisers.level_settings import (
    DisplaySetting,
    LargestNoise,
    SmallestNoise,
    log_normal,
)
from pushforward.models.fields.consistency import ConsistencyField, ConsistencyWeight
from pushforward.models.fields.consistency_schedule import CutName, level_count, target_decay
from pushforward.models.nets.pick import build
from pushforward.models.nets.role import DENOISER
from pushforward.models.nets.settings import DenoiserNet
from pushforward.models.paths.clock import FlowClock
from pushforward.models.registry import family
from pushforward.models.tensors import expand_like, noise_like
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig

__all__ = ["ConsistencyTraining", "ConsistencyTrainingConfig"]

_WEIGHTS = 0  # a stream of the seed (`models.tensors.make_generator`)


class ConsistencyTrainingConfig(Config, frozen=True):
    """Settings of a consistency training. Levels are relative to standardised data."""

    net: DenoiserNet = Pick()
    schedule: Annotated[
        CutName,
        param(
            "Schedule of levels",
            "How the number of levels grows: with the root of the step (CT), or by doubling (iCT).",
            choices={"root": "Rising (CT)", "doubling": "Doubled (iCT)", "constant": "The last"},
            aspect="loss",
        ),
    ] = "doubling"
    first: Annotated[
        int,
        param(
            "First levels",
            "Number of levels at the start of the training.",
            low=1,
            high=1000,
            log=True,
            depends=("schedule", ("root", "doubling")),
            aspect="loss",
        ),
    ] = 10
    last: Annotated[
        int,
        param(
            "Last levels",
            "Number of levels at the end of the training. More follow the ODE more closely, "
            "with a noisier loss.",
            low=2,
            high=10_000,
            log=True,
            aspect="loss",
        ),
    ] = 160
    distance: Annotated[
        Literal["l2", "pseudo-huber"],
        param(
            "Distance",
            "Distance between two predictions: squared (CT), or pseudo-Huber (iCT), which is "
            "less sensitive to outliers.",
            choices={"l2": "Squared (CT)", "pseudo-huber": "Pseudo-Huber (iCT)"},
            aspect="loss",
        ),
    ] = "pseudo-huber"
    huber: Annotated[
        float,
        param(
            "Huber constant",
            "Scale below which the pseudo-Huber distance is quadratic, per dimension.",
            above=0.0,
            high=10.0,
            log=True,
            depends=("distance", ("pseudo-huber",)),
            aspect="loss",
        ),
    ] = 0.03
    density: Annotated[
        Literal["even", "log-normal"],
        param(
            "Training levels",
            "Distribution of the noise levels in training: uniform (CT) or log-normal (iCT).",
            choices={"even": "All alike (CT)", "log-normal": "Log-normal (iCT)"},
            aspect="loss",
        ),
    ] = "log-normal"
    density_mean: Annotated[
        float,
        param(
            "P_mean (of ln s)",
            "Mean of ln σ over the training noise levels.",
            low=-6.0,
            high=6.0,
            depends=("density", ("log-normal",)),
            aspect="loss",
        ),
    ] = -1.1
    density_std: Annotated[
        float,
        param(
            "P_std (of ln s)",
            "Standard deviation of ln σ over the training noise levels.",
            above=0.0,
            high=6.0,
            depends=("density", ("log-normal",)),
            aspect="loss",
        ),
    ] = 2.0
    weight: Annotated[
        ConsistencyWeight,
        param(
            "Loss weight",
            "Weight of each pair of adjacent levels in the loss.",
            choices={"even": "Even (CT)", "gap": "One over their distance (iCT)"},
            aspect="loss",
        ),
    ] = "gap"
    target: Annotated[
        float,
        param(
            "Target EMA",
            "Decay of the moving average that gives the target, at the first number of levels; "
            "0 uses the current weights (iCT).",
            low=0.0,
            below=1.0,
            aspect="loss",
        ),
    ] = 0.0
    s_min: SmallestNoise = 0.002
    s_max: LargestNoise = 20.0
    optimizer: NetworkOptimizer = OptimizerConfig(lr=1e-3, schedule="cosine")
    ema: Annotated[
        float,
        param(
            "EMA decay",
            "Decay of the moving average of the weights, which sampling uses; 0 for no average.",
            low=0.0,
            below=1.0,
        ),
    ] = 0.999
    display: DisplaySetting = "variance-preserving"
    conditional: ConditionalSetting = False


@family(
    "consistency-training",
    config=ConsistencyTrainingConfig,
    capabilities=("consistency",),
    field="score",
    carrier="flow",
    sampler="consistency",
)
class ConsistencyTraining(ConsistencyFamily[ConsistencyTrainingConfig]):
    """field = score, estimated by the data of the batch; carrier = particles that go all the way at
    once.
    """

    def __init__(
        self, config: ConsistencyTrainingConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        if config.schedule != "constant" and config.last < config.first:
            raise ConfigError("last", f"must be at least the first levels, {config.first}")
        # Over so many steps the number of levels rises; a longer run does not go back.
        self._rise = self.horizon
        law = None
        if config.density == "log-normal":
            drawn = log_normal(config)
            law = (drawn.mean, drawn.std)
        net = build(config.net, spec, DENOISER, self.weights(_WEIGHTS))
        self.field = ConsistencyField(
            ConsistencyFunction(net, config.s_min).to(self.device),
            optimizer=config.optimizer,
            horizon=self.horizon,
            decay=config.ema,
            target=config.target,
            levels=self._levels(0),
            weight=config.weight,
            clock=FlowClock(config.s_min, config.s_max),
            display=config.display,
            huber=config.huber if config.distance == "pseudo-huber" else 0.0,
            law=law,
            execution=self.execution,
        )

    def _levels(self, step: int) -> int:
        c = self.config
        return level_count(c.schedule, step, self._rise, c.first, c.last)

    def walk(self, batch: Rows) -> Walk:
        real = Batch.of(batch)
        levels = self._levels(self.field.trained.count)
        self.field.cut(levels)
        self.field.target.decay = target_decay(self.config.target, self.config.first, levels)
        low, high = self.field.draw(len(real), self.noise)
        yield "draw", {"real": real.x}
        noise = real.zeroed(noise_like(real.x, self.noise))
        upper, lower = (
            real.holding(real.x + expand_like(level, noise) * noise) for level in (high, low)
        )
        scene = {"real": real.x, "particles": upper.x, "moved": lower.x, "level": high}
        yield "noise", scene
        metrics = self.field.fit(upper, lower, low, high)
        yield "fit", scene
        return metrics | {"levels": real.x.new_full((), float(levels))}

    def state(self) -> State:
        state = super().state()
        state.values["rise"] = self._rise
        return state

    def load_state(self, state: State) -> None:
        super().load_state(state)
        self._rise = int(state.value("rise"))
