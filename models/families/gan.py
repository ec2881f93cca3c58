"""GAN: field = critic, carrier = generator."""

from collections.abc import Mapping

from pushforward.models.carriers.adversarial_family import AdversarialFamily, AdversarialSettings
from pushforward.models.config import Pick
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.condition_settings import ConditionalSetting
from pushforward.models.contracts.learner import LayerFunction, Walk
from pushforward.models.nets.earlier import gan_by_log_ratio
from pushforward.models.nets.settings import CriticNet
from pushforward.models.registry import family

__all__ = ["Gan", "GanConfig"]


class GanConfig(AdversarialSettings, frozen=True):
    """Settings of a generative adversarial network."""

    critic: CriticNet = Pick(config={"activation": "leaky-relu"})
    conditional: ConditionalSetting = False


@family(
    "gan",
    config=GanConfig,
    capabilities=("critic", "latent"),
    field="critic",
    carrier="generator",
    version=3,
    upgrade=gan_by_log_ratio,
)
class Gan(AdversarialFamily[GanConfig]):
    """Generative adversarial network (Goodfellow et al. 2014, arXiv:1406.2661, algorithm 1).

    The particles of a step are x = g(z) with fresh latents z. The critic d ascends
    E l(d(data)) + E l(-d(x)), for the logistic loss l = log sigmoid, less a gradient penalty. The
    generator then takes a step towards x + v(x) at the same z, where v(x) = h'(d(x)) grad d(x): the
    gradient of its loss E h(d(g(z))), with h = log sigmoid for the non-saturated loss.
    """

    def training_step(self, real: Batch, *, shown: bool) -> Walk:
        z = self.carrier.like(real, self.noise)
        x = self.carrier.particles(z)
        scene = {"real": real.x, "particles": x.x}
        yield "draw", scene
        metrics = self.field.fit(real, x, None)
        yield "fit", scene
        if self._critic_is_ready():
            v = self.field.velocity(x)
            metrics |= yield from self.carrier.move_stages(z, {**scene, "velocity": v}, shown=shown)
        return metrics

    @property
    def layer_functions(self) -> Mapping[str, LayerFunction]:
        return {
            "critic": self.critic,
            "rescaling": lambda x, t: self.field.rescaling.slope(self.critic(x, t)),
            "next-move": self.field.velocity,
        }
