"""Generative moment matching: field = kernel, carrier = generator."""

import torch
from torch import Tensor

from models.base import DataSpec, Layer, Stage, State, Walk
from models.carriers.generator_family import GeneratorFamily
from models.carriers.generator_settings import (
    FollowSpeed,
    FollowSteps,
    GeneratorAveraging,
    GeneratorNet,
    GeneratorOptimizer,
    LatentSize,
)
from models.config import Config
from models.fields.kernel import Bandwidth, Kernel, Kernels
from models.live import check_live
from models.nets.dcgan import DcganConfig
from models.nets.mlp import MLPConfig
from models.nets.settings import ImageGenerator
from models.registry import register
from models.training.optim import OptimizerConfig

__all__ = ["MmdGenerator", "MmdGeneratorConfig"]

_PAPER = "Li et al. 2015, arXiv:1502.02761"


class MmdGeneratorConfig(Config, frozen=True):
    """Settings of a generative moment matching network."""

    bandwidth: Bandwidth = 0.0
    kernels: Kernels = 5
    generator_steps: FollowSteps = 1
    speed: FollowSpeed = 1.0
    latent: LatentSize = 16
    generator: GeneratorNet = MLPConfig()
    image_generator: ImageGenerator = DcganConfig()
    generator_optimizer: GeneratorOptimizer = OptimizerConfig(lr=1e-3, schedule="cosine")
    ema: GeneratorAveraging = 0.99


@register(
    "family",
    "mmd-generator",
    title="Moment matching",
    summary="A generator follows the witness of a kernel: no critic, no second network.",
    source=f"the witness: Gretton et al. 2012, JMLR 13:723, section 2.3; {_PAPER}, section 3",
    config=MmdGeneratorConfig,
    modalities=("points", "images"),
    capabilities=("latent",),
    defaults={"images": {"latent": 64}},
    field="kernel",
    carrier="generator",
    motion="dθ/dτ = E[J(z)ᵀ ∇w],  w = E_p k(x, ·) − E_q k(x, ·)",
)
class MmdGenerator(GeneratorFamily):
    """field = kernel, carrier = generator."""

    layers = (
        Layer("witness", "Witness", "scalar", "E_p k − E_q k", timed=False),
        Layer("next-move", "Next move", "vector", "∇w", timed=False),
    )
    stages = (
        Stage("draw", "Push latents forward to particles", "z ~ N(0, I),  x = g(z; θ)", _PAPER),
        Stage(
            "fit",
            "Take data and particles as the field: nothing is learnt",
            "w(x) = E_p k(x, ·) − E_q k(x, ·)",
            "Gretton et al. 2012, JMLR 13:723, section 2.3",
            "witness",
        ),
        Stage(
            "velocity",
            "Ask the field where each particle should go",
            "v = ∇w = −(n/2) ∂MMD²/∂x",
            f"{_PAPER}, section 2",
            "next-move",
        ),
        Stage(
            "follow",
            "Let the generator follow",
            "θ ← θ + λ E[J(z)ᵀ v]",
            f"{_PAPER}, section 3",
        ),
    )

    def __init__(
        self,
        config: MmdGeneratorConfig,
        spec: DataSpec,
        *,
        horizon: int,
        seed: int,
        device: torch.device,
    ) -> None:
        self.config = config
        self._count = 0
        super().__init__(
            config,
            spec,
            horizon=horizon,
            seed=seed,
            device=device,
            # The rate falls along the training, however many steps each follows with.
            clock=lambda: self._count,
            images=config.image_generator,
        )
        self.field: Kernel = Kernel(
            width=config.bandwidth,
            count=config.kernels,
            like=torch.zeros((1, *spec.shape), device=device),
        )

    def _stages(self, batch: Tensor, *, shown: bool) -> Walk:
        metrics = yield from super()._stages(batch, shown=shown)
        self._count += 1
        return metrics

    def reconfigure(self, config: Config) -> None:
        check_live(self.config, config)
        assert isinstance(config, MmdGeneratorConfig)
        self.field.width = config.bandwidth
        self._retune(config)
        self.config = config

    def layer(self, name: str, x: Tensor, t: float) -> Tensor:
        if name == "witness":
            return self.field.witness(x)
        if name == "next-move":
            return self.field.velocity(x)
        return super().layer(name, x, t)

    def state(self) -> State:
        state = super().state()
        self.field.pack(state, "field")
        state.values["count"] = self._count
        return state

    def load_state(self, state: State) -> None:
        super().load_state(state)
        self.field.unpack(state, "field")
        if "count" not in state.values:
            raise ValueError("the saved state has no value 'count': it does not fit")
        self._count = int(state.values["count"])
