"""MMD flow: field = kernel, carrier = free particles."""

from collections.abc import Mapping
from typing import Annotated, Unpack

from pushforward.models.carriers.population_family import PopulationFamily
from pushforward.models.carriers.population_settings import (
    Noise,
    PopulationSize,
    Reach,
    Speed,
    StartLaw,
)
from pushforward.models.config import Config, param
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.condition_settings import ConditionalSetting
from pushforward.models.contracts.learner import LayerFunction, Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.fields.kernel import Bandwidth, Kernel, Kernels, invariants_of
from pushforward.models.registry import family
from pushforward.models.tensors import noise_like

__all__ = ["MmdFlow", "MmdFlowConfig"]

# The cost of a move is the number of particles times the number that they see.
_SEEN = 1024


class MmdFlowConfig(Config, frozen=True):
    """Settings of an MMD flow. Lengths are relative to standardised data."""

    population: PopulationSize = 1024
    start: StartLaw = "gaussian"
    bandwidth: Bandwidth = 0.0
    kernels: Kernels = 5
    injection: Annotated[
        float,
        param(
            "Noise injection",
            "Standard deviation of noise added to the points at which the velocity is "
            "evaluated, decaying to zero over the training. Keeps particles from getting stuck "
            "outside the kernels' range.",
            low=0.0,
            high=100.0,
            unit="data std",
            zero="None",
            live=True,
        ),
    ] = 0.2
    speed: Speed = 1.0
    noise: Noise = 0.0
    reach: Reach = 1.0
    conditional: ConditionalSetting = False


@family(
    "mmd-flow",
    config=MmdFlowConfig,
    capabilities=("population",),
    field="kernel",
    carrier="particles",
)
class MmdFlow(PopulationFamily[MmdFlowConfig]):
    """field = kernel, carrier = free particles that move during the training."""

    UNSHARED = "It moves particles and trains no network."

    def __init__(self, config: MmdFlowConfig, spec: DataSpec, **training: Unpack[Training]) -> None:
        super().__init__(config, spec, **training)
        self.field: Kernel = Kernel(
            width=config.bandwidth,
            count=config.kernels,
            like=self.carrier.x[:1],
            features=invariants_of(spec),
        )

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {**super().parts, "field": self.field}

    def walk(self, batch: Rows) -> Walk:
        real, rows = Batch.of(batch), self.carrier.rows
        scene = {"real": real.x, "particles": rows.x}
        yield "draw", scene
        metrics = self.field.fit(real, self.carrier.draw(min(len(rows), _SEEN)), None)
        yield "fit", scene
        beta = self.injection()
        x = rows.x + beta * noise_like(rows.x, self.noise) if beta > 0.0 else rows.x
        scene = {**scene, "velocity": self.field.velocity(rows.holding(rows.zeroed(x)))}
        yield "velocity", scene
        metrics |= self.carrier.move(scene["velocity"])
        yield "move", {**scene, "moved": self.carrier.x}
        return metrics

    def injection(self) -> float:
        """Return the standard deviation of the noise added to the particles at the next move."""
        left = 1.0 - self.carrier.count / max(1, self.horizon)
        return self.config.injection * max(0.0, left)

    def retune(self, config: MmdFlowConfig) -> None:
        self.field.width = config.bandwidth
        super().retune(config)

    @property
    def layer_functions(self) -> Mapping[str, LayerFunction]:
        return {
            "witness": lambda x, t: self.field.witness(x),
            "next-move": lambda x, t: self.carrier.speed * self.field.velocity(x),
        }
