"""Consistency training: a function from noise to data in one step, learned without a teacher.

Source: Song et al. 2023, arXiv:2303.01469, algorithm 3 and appendix C (CT); Song and Dhariwal 2023,
arXiv:2310.14189, table 1 (improved techniques, iCT).
"""

from typing import Unpack

from pushforward.models.carriers.consistency_family import ConsistencyFamily
from pushforward.models.config import ConfigError
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.learner import Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import State
from pushforward.models.denoisers.consistency import ConsistencyFunction
from pushforward.models.denoisers.level_settings import (
    log_normal,
)
from pushforward.models.fields.consistency import ConsistencyField
from pushforward.models.fields.consistency_schedule import level_count, target_decay
from pushforward.models.nets.pick import build
from pushforward.models.nets.role import DENOISER
from pushforward.models.paths.clock import FlowClock
from pushforward.models.registry import family
from pushforward.models.settings.consistency_training import ConsistencyTrainingConfig
from pushforward.models.tensors import expand_like, noise_like

__all__ = ["ConsistencyTraining", "ConsistencyTrainingConfig"]

_WEIGHTS = 0  # a stream of the seed (`models.tensors.make_generator`)


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
