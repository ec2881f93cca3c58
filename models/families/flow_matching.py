"""Flow matching: field = velocity on lines from noise to data, paired by a coupling."""

from typing import Annotated, Unpack

import torch
from torch import Tensor

from pushforward.models.carriers.flow_family import FlowFamily, between
from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.condition_settings import ConditionalSetting
from pushforward.models.contracts.learner import Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.couplings.couple import CouplingName, coupled_noise
from pushforward.models.fields.velocity import VelocityField, draw_times
from pushforward.models.nets.pick import build
from pushforward.models.nets.role import DENOISER
from pushforward.models.nets.settings import DenoiserNet
from pushforward.models.registry import family
from pushforward.models.tensors import expand_like, noise_like
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig

__all__ = ["FlowMatching", "FlowMatchingConfig"]

_WEIGHTS = 0  # a stream of the seed (`models.tensors.make_generator`)
_EDGE = 1e-3  # of the time of a bridge, whose slope is infinite at both ends


class FlowMatchingConfig(Config, frozen=True):
    """Settings of flow matching."""

    net: DenoiserNet = Pick()
    coupling: Annotated[
        CouplingName,
        param(
            "Coupling",
            "How noise and data of a batch are paired. Independent pairs cross and bend the "
            "flow; optimal-transport pairs are straighter and need fewer steps.",
            choices={
                "independent": "Independent (I-CFM)",
                "minibatch-ot": "Optimal transport (OT-CFM)",
                "schroedinger": "Schrödinger bridge (SB-CFM)",
            },
            aspect="path",
        ),
    ] = "independent"
    bridge: Annotated[
        float,
        param(
            "Bridge noise",
            "Standard deviation σ of the Brownian bridge: paths are spread by σ √(t(1 − t)). A "
            "smaller value pairs more strictly.",
            low=0.05,
            high=10.0,
            log=True,
            unit="data std",
            aspect="path",
            depends=("coupling", ("schroedinger",)),
        ),
    ] = 0.5
    optimizer: NetworkOptimizer = OptimizerConfig(lr=2e-3, schedule="cosine")
    ema: Annotated[
        float,
        param(
            "EMA decay",
            "Decay of the moving average of the weights, which sampling uses; 0 for no average.",
            low=0.0,
            below=1.0,
        ),
    ] = 0.999
    conditional: ConditionalSetting = False


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
