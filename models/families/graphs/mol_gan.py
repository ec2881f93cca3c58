"""MolGAN: a generator draws all pairs of a graph, a critic tells it from data, a wish may help."""

from collections.abc import Mapping
from typing import Unpack

from torch import Tensor, nn

from pushforward.models.carriers.adversarial_family import AdversarialFamily
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.learner import Training, Walk
from pushforward.models.contracts.spec import SIZE, DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.fields.reward import Reward
from pushforward.models.layouts.graph_validity import connected
from pushforward.models.layouts.graphs import Packing, unpack
from pushforward.models.nets import role
from pushforward.models.nets.graphs.drawn_bits import DrawnBits
from pushforward.models.nets.pick import build
from pushforward.models.registry import family
from pushforward.models.settings.mol_gan import MolGanConfig

__all__ = ["MolGan", "MolGanConfig"]

_CRITIC, _REWARD = 1, 3  # streams of the seed (`models.tensors.make_generator`)


@family(
    "mol-gan",
    config=MolGanConfig,
    needs=("graph",),
    capabilities=("critic", "latent"),
    field="critic",
    carrier="generator",
)
class MolGan(AdversarialFamily[MolGanConfig]):
    """field = critic, and a reward where one is wished for; carrier = generator that draws bits.

    The paper's penalty pulls the critic's slope to 1 (centre 1, weight 10). Where particles are
    nothing but bits it circled, of three nodes already; to 0, as here, it came to rest.
    """

    def __init__(self, config: MolGanConfig, spec: DataSpec, **training: Unpack[Training]) -> None:
        self.packing = Packing.of(spec.parts)
        super().__init__(config, spec, **training)
        self.reward: Reward | None = None
        if config.wish != "none":
            net = build(config.critic, spec, role.critic(), self.weights(_REWARD))
            self.reward = Reward(
                net.to(self.device),
                self._hangs_together,
                optimizer=config.critic_optimizer,
                horizon=self.horizon,
                execution=self.execution,
            )

    def pushing(self, net: nn.Module) -> nn.Module:
        config = self.config
        return DrawnBits(net, self.packing, config.latent, config.bits, config.temperature)

    def latent_size(self) -> int:
        return self.config.latent + self.packing.pairs

    @property
    def parts(self) -> Mapping[str, Packed]:
        more = {} if self.reward is None else {"reward": self.reward}
        return {**super().parts, **more}

    def training_step(self, real: Batch, *, shown: bool) -> Walk:
        z = self.carrier.like(real, self.noise)
        x = self.carrier.particles(z)
        scene = {"real": real.x, "particles": x.x}
        yield "draw", scene
        metrics = self.field.fit(real, x, None)
        if self.reward is not None:
            found = self.reward.fit(real, x)
            metrics |= {"reward": found["reward"], "reward-loss": found["loss"]}
        yield "fit", scene
        if self._critic_is_ready():
            v = self.field.velocity(x)
            if self.reward is not None:
                v = v + self.config.reward * self.reward.velocity(x)
            metrics |= yield from self.carrier.move_stages(z, {**scene, "velocity": v}, shown=shown)
        return metrics

    def _hangs_together(self, rows: Batch) -> Tensor:
        whole = rows.x.new_full((len(rows),), self.packing.nodes).long()
        size = rows.given.get(SIZE, whole).long()
        return connected(unpack(rows.x, self.packing), size).to(rows.x)

    def retune(self, config: MolGanConfig) -> None:
        if self.reward is not None:
            self.reward.trained.optimizer.config = config.critic_optimizer
        super().retune(config)
