"""A chain of latents below the data: x -> z_1 -> ... -> z_L up, and z_L -> ... -> z_1 -> x down.

All distributions are Gaussian: q(z_l | z_{l-1}) with z_0 = x upwards, p(z_l | z_{l+1}) downwards,
N(0, I) for z_L, and N(D(z_1), s^2 I) for the data, s one learned number (Rybkin et al. 2021,
arXiv:2006.13202, section 3). With L = 1 it is a VAE (Kingma and Welling 2014, arXiv:1312.6114),
with more a Markovian hierarchical one, whose bound is (Luo 2022, arXiv:2208.11970, eqs. 20-29)

    log p(x) >= E[log p(x | z_1)] + sum_l E[log p(z_l | z_{l+1}) - log q(z_l | z_{l-1})]
                - KL(q(z_L | z_{L-1}) | N(0, I)).

The prior of z_L may also be learned and conditioned on the class: N(0, I) through affine couplings
(Chen et al. 2017, arXiv:1611.02731, section 3.2; Sohn et al. 2015, p(z | y) of eq. 3). The last
term then is E[log p(z_L) - log q(z_L | z_{L-1})], of the same sample.
"""

import math
from typing import cast

import torch
from torch import Tensor, nn

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets.calling import call
from pushforward.models.nets.flows.layers import FlowConfig, InvertibleLayers
from pushforward.models.nets.flows.realnvp import realnvp
from pushforward.models.nets.mlp import MLP, MLPConfig
from pushforward.models.nets.role import FLOW

__all__ = ["LatentChain", "spec_of_latents"]

_WIDEST = 5.0  # |log std| of a latent stays below it
_NARROW = 1.0  # how much less than 0 it is at first: latents say something from the start
_SHARPEST = -5.0  # log s does not fall below it
_LOG_TAU = math.log(2.0 * math.pi)
_COUPLED = 64  # units of the networks inside couplings


def spec_of_latents(spec: DataSpec, latent: int) -> DataSpec:
    """Return the spec of latents of ``size`` numbers with the conditions of the data."""
    zero, one = torch.zeros(latent), torch.ones(latent)
    return DataSpec(spec.kind, (latent,), zero, one, given=spec.given, law=spec.law)


def _law(said: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and log std of a Gaussian, from what a network says of it."""
    mean, spread = said.chunk(2, dim=1)
    return mean, _WIDEST * torch.tanh((spread - _NARROW) / _WIDEST)


def _near(said: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and log std of the next level, which is where this one is unless the network says
    otherwise.
    """
    mean, log_std = _law(said)
    return z + mean, log_std


def _log_normal(x: Tensor, mean: Tensor, log_std: Tensor) -> Tensor:
    """Return log N(x; mean, std^2), summed over the numbers of a row, (n,)."""
    each = ((x - mean) * torch.exp(-log_std)).square() + 2.0 * log_std + _LOG_TAU
    return -0.5 * each.flatten(1).sum(dim=1)


class LatentChain(nn.Module):
    """Encoders and decoders of all levels, and the noise of the data.

    Args:
        encoder: data (n, *shape) -> (n, 2 latent).
        decoder: (n, latent) -> (n, *shape).
        latent: numbers of each level.
        levels: L.
        width: units of the networks between levels.
        generator: where their initial weights come from.
        spec: of the data.
        couplings: layers between N(0, I) and the highest latents; 0 where these have that law.
    """

    prior: InvertibleLayers | None

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        *,
        latent: int,
        levels: int,
        width: int,
        generator: torch.Generator,
        spec: DataSpec,
        couplings: int = 0,
    ) -> None:
        super().__init__()
        self.latent, self.levels = latent, levels
        self.encoder, self.decoder = encoder, decoder

        def between() -> nn.ModuleList:
            config = MLPConfig(width=width, depth=2)
            nets = (
                MLP(config, latent, 2 * latent, output_gain=0.1, generator=generator)
                for _ in range(levels - 1)
            )
            return nn.ModuleList(nets)

        self.up, self.down = between(), between()
        self.log_scale = nn.Parameter(torch.tensor(-1.0))
        self.prior = None
        if couplings:
            config = FlowConfig(transforms=couplings, width=_COUPLED)
            few = spec_of_latents(spec, latent)
            self.prior = cast(InvertibleLayers, realnvp(config, few, FLOW, generator))

    @property
    def scale(self) -> Tensor:
        """The logarithm of s, 0-d."""
        return self.log_scale.clamp_min(_SHARPEST)

    def encode(
        self, rows: Batch, noise: Tensor
    ) -> tuple[list[Tensor], list[tuple[Tensor, Tensor]]]:
        """Return z_1, ..., z_L, drawn with noise (n, L latent), and the laws that they are from."""
        places, laws = [], []
        law = _law(call(self.encoder, Batch(rows.x)))
        for level, e in enumerate(noise.chunk(self.levels, dim=1)):
            mean, log_std = law
            places.append(mean + log_std.exp() * e)
            laws.append(law)
            if level + 1 < self.levels:
                law = _near(self.up[level](places[-1]), places[-1])
        return places, laws

    def terms(self, rows: Batch, noise: Tensor) -> dict[str, Tensor]:
        """Return the terms of the bound in nats, (n,) each, that of the data first, that of the
        highest latents last; their sum is the bound, estimated with one draw of the latents.
        """
        places, laws = self.encode(rows, noise)
        made = call(self.decoder, rows.holding(places[0]))
        terms = {"reconstruction": _log_normal(rows.x, made, self.scale)}
        for level in range(self.levels - 1):
            down = _near(self.down[level](places[level + 1]), places[level + 1])
            terms[f"level-{level + 1}"] = _log_normal(places[level], *down) - _log_normal(
                places[level], *laws[level]
            )
        mean, log_std = laws[-1]
        if self.prior is not None:
            likely = call(self.prior, rows.holding(places[-1]))
            terms["prior"] = likely - _log_normal(places[-1], mean, log_std)
            return terms
        variance = (2.0 * log_std).exp()
        terms["prior"] = -0.5 * (mean.square() + variance - 2.0 * log_std - 1.0).sum(dim=1)
        return terms

    def decode(self, rows: Batch, *, noisy: bool) -> Tensor:
        """Return data from noise x (n, L latent + numbers of a datum), (n, *shape): the highest
        latents are first, the noise of the data is last.
        """
        noise = rows.x[:, : self.levels * self.latent].chunk(self.levels, dim=1)
        z = noise[0]
        if self.prior is not None:
            *_, z = self.prior.to_data(rows.holding(z))
        for net, e in zip(reversed(self.down), noise[1:], strict=True):
            mean, log_std = _near(net(z), z)
            z = mean + log_std.exp() * e
        made = call(self.decoder, rows.holding(z))
        if not noisy:
            return made
        e = rows.x[:, self.levels * self.latent :].reshape(made.shape)
        return made + self.scale.exp() * e

    def reconstruct(self, rows: Batch) -> Tensor:
        """Return the data as the mean of z_1 makes them again, (n, *shape)."""
        mean, _ = _law(call(self.encoder, Batch(rows.x)))
        return call(self.decoder, rows.holding(mean))
