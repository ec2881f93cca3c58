"""Flow matching: field = velocity on lines from noise to data, paired by a coupling."""

from typing import Unpack

import torch
from torch import Tensor

from pushforward.models.carriers.flow_family import FlowFamily, between
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.learner import Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.couplings.couple import coupled_noise
from pushforward.models.fields.velocity import VelocityField, draw_times
from pushforward.models.nets.pick import build
from pushforward.models.nets.role import DENOISER
from pushforward.models.registry import family
from pushforward.models.settings.flow_matching import FlowMatchingConfig
from pushforward.models.tensors import expand_like, noise_like

__all__ = ["FlowMatching", "FlowMatchingConfig"]

_WEIGHTS = 0  # a stream of the seed (`models.tensors.make_generator`)
_EDGE = 1e-3  # of the time of a bridge, whose slope is infinite at both ends


@family(
    "flow-matching",
    config=FlowMatchingConfig,
    capabilities=("velocity", "transport", "likelihood"),
    field="velocity",
    carrier="flow",
    sampler="flow-ode",
    units={"loss": "squared error"},
)
class FlowMatching(FlowFamily[FlowMatchingConfig]):
    """field = velocity, carrier = particles."""

    def __init__(
        self, config: FlowMatchingConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        net = build(config.net, spec, DENOISER, self.weights(_WEIGHTS))
        self.field = VelocityField(
            net.to(self.device),
            optimizer=config.optimizer,
            horizon=self.horizon,
            decay=config.ema,
            execution=self.execution,
        )

    def walk(self, batch: Rows) -> Walk:
        real = Batch.of(batch)
        noise = coupled_noise(self.config.coupling, real, self.noise, self.config.bridge)
        yield "couple", {"real": real.x, "particles": noise.x}
        time = draw_times(len(real), self.noise)
        if self.config.coupling == "schroedinger":
            time = time.clamp(_EDGE, 1.0 - _EDGE)
        at, slope = between(noise, real, time), real.x - noise.x
        if self.config.coupling == "schroedinger":
            at, slope = self._bridged(at, slope, time)
        yield "place", {"real": real.x, "particles": at.x, "time": time}
        metrics = self.field.fit(at, time, slope)
        yield "fit", {"real": real.x, "particles": at.x, "velocity": slope, "time": time}
        return metrics

    def _bridged(self, at: Batch, slope: Tensor, time: Tensor) -> tuple[Batch, Tensor]:
        """Return places and slopes with the noise of a Brownian bridge (Tong et al. 2024,
        proposition 3.4).
        """
        noise = at.zeroed(noise_like(at.x, self.noise))
        root = (time * (1 - time)).sqrt()
        spread = expand_like(self.config.bridge * root, at.x)
        steeper = expand_like(self.config.bridge * (1 - 2 * time) / (2 * root), at.x)
        return at.holding(torch.addcmul(at.x, spread, noise)), slope + steeper * noise

    def warnings(self) -> list[str]:
        if self.config.coupling == "independent" or not self.spec.law:
            return []
        return [
            "Noise and data are paired without regard to conditions, so samples of a chosen "
            "class are biased. Independent coupling has no such bias."
        ]

    def retune(self, config: FlowMatchingConfig) -> None:
        self.field.trained.optimizer.config = config.optimizer
