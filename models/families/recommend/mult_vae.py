"""Mult-VAE: a variational autoencoder of the set of items of a user, with a multinomial."""

from collections.abc import Mapping
from typing import Annotated, Unpack

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import Config, param
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.learner import Learner, Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.families.recommend.svae import gaussian_divergence
from pushforward.models.layouts.histories import PADDING
from pushforward.models.nets.sequences.recommender import draw_weights
from pushforward.models.registry import family
from pushforward.models.tensors import noise_like
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.trained import Trained

__all__ = ["MultVae", "MultVaeConfig"]

_WEIGHTS = 0  # a stream of the seed
_USERS = 512


class MultVaeSize(Config, frozen=True):
    """Size of the networks."""

    hidden: Annotated[
        int, param("Hidden units", "Units of encoder and decoder.", low=4, high=4096)
    ] = 200
    latent: Annotated[
        int, param("Latent size", "Number of latents of a user.", low=1, high=4096)
    ] = 64


class MultVaeConfig(Config, frozen=True):
    """Settings of Mult-VAE."""

    net: MultVaeSize = MultVaeSize()
    dropout: Annotated[
        float,
        param(
            "Item dropout",
            "Fraction of the items that the encoder does not see in a training step.",
            low=0.0,
            below=1.0,
            live=True,
        ),
    ] = 0.5
    beta: Annotated[
        float,
        param("β", "Weight of the KL divergence at its end.", low=0.0, high=100.0, live=True),
    ] = 0.2
    annealing: Annotated[
        float,
        param(
            "KL annealing",
            "Share of the training over which β rises from zero; 0 for none.",
            low=0.0,
            high=1.0,
        ),
    ] = 0.5
    optimizer: NetworkOptimizer = OptimizerConfig(
        kind="adamw", lr=1e-2, weight_decay=0.01, schedule="cosine", clip=1.0
    )


class _Autoencoder(nn.Module):
    """x / |x| to mean and log variance, and a latent to logits; both with one tanh layer."""

    def __init__(self, size: MultVaeSize, items: int) -> None:
        super().__init__()
        self.items = nn.Embedding(items + 1, size.hidden, padding_idx=PADDING)
        self.begin = nn.Parameter(torch.empty(size.hidden))
        self.latent = nn.Linear(size.hidden, 2 * size.latent)
        self.wide = nn.Linear(size.latent, size.hidden)
        self.targets = nn.Parameter(torch.empty(items, size.hidden))
        self.bias = nn.Parameter(torch.zeros(items))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log variance of histories x (n, L), independent of their order."""
        count = (x != PADDING).sum(dim=1, keepdim=True).clamp_min(1)
        # The rows of the first matrix for the items that are there: no product with zeros.
        h = torch.tanh(self.items(x).sum(dim=1) / count.sqrt() + self.begin)
        mean, log_var = self.latent(h).chunk(2, dim=1)
        return mean, log_var.clamp(-10.0, 10.0)

    def features(self, z: Tensor) -> Tensor:
        """Return what the scores are products of."""
        return torch.tanh(self.wide(z))

    def scores(self, z: Tensor) -> Tensor:
        """Return the logits, (n, k) -> (n, V)."""
        return functional.linear(self.features(z), self.targets, self.bias)


@family(
    "mult-vae",
    config=MultVaeConfig,
    needs=("symbols", "sequence", "items"),
    capabilities=("recommend", "item-vectors", "history-states"),
    group="recommend",
    units={"loss": "nats", "reconstruction": "nats", "divergence": "nats"},
)
class MultVae(Learner[MultVaeConfig]):
    """-log p(x | z) = -sum_i x_i log softmax(f(z))_i, of the items of a user without their order;
    here per item.
    """

    UNSHARED = "Its loss draws random masks, noise or negatives row by row."

    def __init__(self, config: MultVaeConfig, spec: DataSpec, **training: Unpack[Training]) -> None:
        super().__init__(config, spec, **training)
        assert spec.symbols is not None
        with torch.device("meta"):
            net = _Autoencoder(config.net, spec.symbols - 1)
        draw_weights(net, self.weights(_WEIGHTS))
        self._trained = Trained(
            net.to(self.device), config.optimizer, self.horizon, execution=self.execution
        )

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"autoencoder": self._trained}

    def walk(self, batch: Rows) -> Walk:
        """Reconstruct the set of items of each user from a part of it."""
        x = Batch.of(batch).x
        drawn = torch.rand(x.shape, generator=self.noise, device=self.device)
        seen = torch.where(drawn < self.config.dropout, PADDING, x)
        rise = self.config.annealing * self.horizon
        beta = self.config.beta * (min(1.0, self._trained.count / rise) if rise else 1.0)
        yield "predict", {"real": x}

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            net, some = self._trained.net, x[part]
            mean, log_var = net.encode(seen[part])
            z = mean + (0.5 * log_var).exp() * noise_like(mean, self.noise)
            log_p = net.scores(z).float().log_softmax(dim=1)
            real = some != PADDING
            fit = -(log_p.gather(1, (some - 1).clamp_min(0)) * real).sum(dim=1)
            each = real.sum(dim=1).clamp_min(1)
            fit = (fit / each).mean()
            kl = (gaussian_divergence(mean, log_var) / each).mean()
            scalars = {"reconstruction": fit.detach(), "divergence": kl.detach()}
            return fit + beta * kl, scalars

        found = self._trained.descend(loss, len(x))
        yield "descend", {"real": x}
        return found

    def retune(self, config: MultVaeConfig) -> None:
        self._trained.optimizer.config = config.optimizer

    def recommend(self, histories: Rows) -> Tensor:
        """Return log p of each item, item i at i - 1, at the mean latent: (n, L) -> (n, V)."""
        net, parts = self._trained.net, Batch.of(histories).to(self.device).split(_USERS)
        with torch.no_grad():
            found = [net.scores(net.encode(part.x)[0]).float().log_softmax(1) for part in parts]
        return torch.cat(found)

    def item_vectors(self) -> Tensor:
        """Return the vectors whose products with a state are the scores, (V, k)."""
        return self._trained.net.targets.detach()

    def history_states(
        self, histories: Rows, draws: int = 0, generator: torch.Generator | None = None
    ) -> Tensor:
        """See `models.contracts.abilities.HasHistoryStates`: what the decoder makes of the latent,
        in the space of the items.
        """
        net = self._trained.net
        with torch.no_grad():
            mean, log_var = net.encode(Batch.of(histories).to(self.device).x)
            if not draws:
                return net.features(mean)
            wide = mean[:, None].expand(-1, draws, -1)
            spread = (0.5 * log_var).exp()[:, None]
            return net.features(wide + spread * noise_like(wide, generator))
