"""SVAE: a variational autoencoder with a latent after each item of a history."""

from collections.abc import Callable, Mapping
from typing import TypeVar, Unpack

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.learner import Learner, Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.layouts.histories import PADDING, newest
from pushforward.models.nets.sequences.latent_states import (
    ContrastCritic,
    LatentStates,
)
from pushforward.models.nets.sequences.recommender import draw_weights
from pushforward.models.registry import family
from pushforward.models.settings.svae import SvaeConfig
from pushforward.models.tensors import dropped, make_generator, noise_like
from pushforward.models.training.trained import Trained

__all__ = [
    "SequenceModel",
    "SequentialVae",
    "Svae",
    "SvaeConfig",
    "gaussian_divergence",
]

_WEIGHTS, _EVALUATION = 0, 5  # streams of the seed
_USERS = 256  # whose histories are read at once


C = TypeVar("C", bound=SvaeConfig)


class SequenceModel(nn.Module):
    """What one optimiser trains: encoder, decoder and contrastive critic."""

    def __init__(self, states: LatentStates, critic: ContrastCritic | None) -> None:
        super().__init__()
        self.states, self.critic = states, critic


class SequentialVae(Learner[C]):
    """A latent state after each place of a history, from which the next items are predicted."""

    UNSHARED = "Its loss draws random masks, noise or negatives row by row."

    posterior_form: str = "gaussian"

    def __init__(self, config: C, spec: DataSpec, **training: Unpack[Training]) -> None:
        super().__init__(config, spec, **training)
        assert spec.symbols is not None
        with torch.device("meta"):
            model = self.model(spec.symbols - 1)
        draw_weights(model, self.weights(_WEIGHTS))
        self._trained = Trained(
            model.to(self.device), config.optimizer, self.horizon, execution=self.execution
        )

    def model(self, items: int) -> SequenceModel:
        """Return the networks."""
        net = LatentStates(self.config.net, items, gaussian=True)
        return SequenceModel(net, None)

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"model": self._trained}

    def retune(self, config: C) -> None:
        self._trained.optimizer.config = config.optimizer

    @property
    def states(self) -> LatentStates:
        """Encoder and decoder."""
        return self._trained.net.states

    @property
    def weight(self) -> float:
        """The present weight of the KL term: it rises linearly while it is annealed."""
        rise = self.config.annealing * self.horizon
        done = self._trained.count / rise if rise else 1.0
        return self.config.divergence * min(1.0, done)

    def sample(
        self,
        e: Tensor,
        generator: torch.Generator | None,
        drop: Callable[[Tensor], Tensor] | None = None,
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Return latent states of embedded items, without noise where there is no generator, and
        mean and log variance of a Gaussian posterior; ``drop`` is applied to the encoder's last
        hidden state.
        """
        gaussian = self.posterior_form == "gaussian"
        if generator is None or gaussian:
            out = self.states.encode(e, drop=drop)
        else:
            like = e.new_empty(*e.shape[:2], self.config.net.hidden)
            eps = noise_like(like, generator), noise_like(like, generator)
            out = self.states.encode(e, eps, drop)
        if not gaussian:
            return out, None, None
        mean, log_var = out.chunk(2, dim=-1)
        log_var = log_var.clamp(-10.0, 10.0)
        z = mean
        if generator is not None:
            z = mean + (0.5 * log_var).exp() * noise_like(mean, generator)
        return z, mean, log_var

    def reconstruction(
        self, z: Tensor, x: Tensor, real: Tensor, dropout: float | None = None
    ) -> Tensor:
        """Return -log p of the next items after each place, a mean over the real places: latent
        states z (B, L - 1, k) of histories x (B, L), with dropout, by default
        the setting.
        """
        share = self.config.dropout if dropout is None else dropout
        scores = self.states.scores(dropped(z[real], share, self.noise)).float()
        if self.config.ahead == 1:
            return functional.cross_entropy(scores, x[:, 1:][real] - 1)
        log_p = scores.log_softmax(dim=1)
        ahead = functional.pad(x[:, 1:], (0, self.config.ahead - 1))
        wanted = ahead.unfold(1, self.config.ahead, 1)[real]
        there = wanted != PADDING
        each = log_p.gather(1, (wanted - 1).clamp_min(0)) * there
        return -(each.sum(dim=1) / there.sum(dim=1)).mean()

    def recommend(self, histories: Rows) -> Tensor:
        """Return log p(next item) of each item, item i at i - 1: (n, L) -> (n, V)."""
        generator = make_generator(self.seed, _EVALUATION, self.device)
        draws = self.draws()
        parts = Batch.of(histories).to(self.device).split(_USERS)
        with torch.no_grad():
            return torch.cat([self._log_p(part.x, draws, generator) for part in parts])

    def recommend_at_mean(self, histories: Rows) -> Tensor:
        """See `models.contracts.abilities.RecommendsAtMean`."""
        with torch.no_grad():
            return self._log_p(Batch.of(histories).to(self.device).x, 0, None)

    def draws(self) -> int:
        """Return over how many samples of the latents recommendation averages, 0 without noise."""
        return self.config.draws

    def _log_p(self, x: Tensor, draws: int, generator: torch.Generator | None) -> Tensor:
        e = self.states.items(x)
        if not draws:
            return self.states.scores(newest(x, self.sample(e, None)[0])).float().log_softmax(dim=1)
        found = [
            self.states.scores(newest(x, self.sample(e, generator)[0])).float().log_softmax(dim=1)
            for _ in range(draws)
        ]
        return torch.stack(found).logsumexp(dim=0) - torch.tensor(float(draws)).log()

    def item_vectors(self) -> Tensor:
        """Return the vectors whose products with a state are the scores, (V, k)."""
        return self.states.targets.detach()

    def history_states(
        self, histories: Rows, draws: int = 0, generator: torch.Generator | None = None
    ) -> Tensor:
        """See `models.contracts.abilities.HasHistoryStates`: what the decoder makes of z, which
        lies in the space of the items.
        """
        x = Batch.of(histories).to(self.device).x
        with torch.no_grad():
            e = self.states.items(x)
            each = [
                self.states.features(newest(x, self.sample(e, generator if draws else None)[0]))
                for _ in range(max(1, draws))
            ]
        return torch.stack(each, dim=1) if draws else each[0]


def gaussian_divergence(mean: Tensor, log_var: Tensor) -> Tensor:
    """Return KL(N(mean, var) || N(0, I)) in nats, (..., k) -> (...)."""
    return 0.5 * (mean.square() + log_var.exp() - 1.0 - log_var).sum(dim=-1)


@family(
    "svae",
    config=SvaeConfig,
    needs=("symbols", "sequence", "items"),
    capabilities=("recommend", "item-vectors", "history-states"),
    group="recommend",
    units={"loss": "nats", "reconstruction": "nats", "divergence": "nats"},
)
class Svae(SequentialVae[SvaeConfig]):
    """A Gaussian latent after each place predicts the next items (Sachdeva et al. 2019)."""

    def walk(self, batch: Rows) -> Walk:
        """Maximise the bound of the next items after each place."""
        x = Batch.of(batch).x
        real = x[:, 1:] != PADDING
        yield "predict", {"real": x}

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            e = dropped(self.states.items(x[part, :-1]), self.config.dropout, self.noise)
            z, mean, log_var = self.sample(e, self.noise)
            assert mean is not None
            assert log_var is not None
            kl = gaussian_divergence(mean, log_var)[real[part]].mean()
            fit = self.reconstruction(z, x[part], real[part])
            return fit + self.weight * kl, {
                "reconstruction": fit.detach(),
                "divergence": kl.detach(),
            }

        found = self._trained.descend(loss, len(x))
        yield "descend", {"real": x}
        return found
