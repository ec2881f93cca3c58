"""Generative moment matching: field = kernel, carrier = generator."""

from collections.abc import Mapping
from typing import Unpack

import torch

from pushforward.models.carriers.generator_family import GeneratorFamily
from pushforward.models.carriers.generator_settings import GeneratorSettings
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.condition_settings import ConditionalSetting
from pushforward.models.contracts.learner import LayerFunction, Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed, State
from pushforward.models.fields.kernel import Bandwidth, Kernel, Kernels, invariants_of
from pushforward.models.nets.earlier import networks_as_picks
from pushforward.models.registry import family

__all__ = ["MmdGenerator", "MmdGeneratorConfig"]


class MmdGeneratorConfig(GeneratorSettings, frozen=True):
    """Settings of a generative moment matching network."""

    bandwidth: Bandwidth = 0.0
    kernels: Kernels = 5
    conditional: ConditionalSetting = False


@family(
    "mmd-generator",
    config=MmdGeneratorConfig,
    capabilities=("latent",),
    field="kernel",
    carrier="generator",
    version=2,
    upgrade=networks_as_picks,
)
class MmdGenerator(GeneratorFamily[MmdGeneratorConfig]):
    """field = kernel, carrier = generator."""

    def __init__(
        self, config: MmdGeneratorConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        self._count = 0
        self.field: Kernel = Kernel(
            width=config.bandwidth,
            count=config.kernels,
            like=torch.zeros((1, *spec.shape), device=self.device),
            features=invariants_of(spec),
        )

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {**super().parts, "field": self.field}

    def done(self) -> int:
        # The rate falls along the training, however many steps each follows with.
        return self._count

    def training_step(self, real: Batch, *, shown: bool) -> Walk:
        z = self.carrier.like(real, self.noise)
        x = self.carrier.particles(z)
        scene = {"real": real.x, "particles": x.x}
        yield "draw", scene
        metrics = self.field.fit(real, x, None)
        yield "fit", scene
        v = self.field.velocity(x)
        metrics |= yield from self.carrier.move_stages(z, {**scene, "velocity": v}, shown=shown)
        self._count += 1
        return metrics

    def retune(self, config: MmdGeneratorConfig) -> None:
        self.field.width = config.bandwidth
        super().retune(config)

    @property
    def layer_functions(self) -> Mapping[str, LayerFunction]:
        return {
            "witness": lambda x, t: self.field.witness(x),
            "next-move": self.field.velocity,
        }

    def state(self) -> State:
        state = super().state()
        state.values["count"] = self._count
        return state

    def load_state(self, state: State) -> None:
        super().load_state(state)
        self._count = int(state.value("count"))
