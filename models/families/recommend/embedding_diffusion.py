"""Diffusion of the next item's embedding: field = score, carrier = embeddings of items.

A network that reads the history says in which direction a noisy embedding moves (DiffuRec: Li et
al. 2023, arXiv:2304.00686; DreamRec: Yang et al. 2023, arXiv:2310.20453). Items are scored by
their products with the denoised embedding. Guidance extrapolates from the prediction without a
history to the one with it (Ho and Salimans 2022, arXiv:2207.12598). Cross-entropy keeps the
embeddings apart; a squared error alone would let all of them become equal.
"""

import math
from collections.abc import Mapping
from typing import Unpack

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.learner import Learner, Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.denoisers.precond import PRECONDS, c_noise
from pushforward.models.layouts.histories import PADDING, newest
from pushforward.models.nets.mlp import FourierFeatures
from pushforward.models.nets.pick import build
from pushforward.models.nets.role import RECOMMENDER
from pushforward.models.nets.sequences.recommender import Recommender, draw_weights
from pushforward.models.registry import family
from pushforward.models.samplers.heun import Heun, HeunConfig
from pushforward.models.settings.embedding_diffusion import EmbeddingDiffusionConfig
from pushforward.models.tensors import dropped, make_generator
from pushforward.models.training.trained import Trained

__all__ = ["EmbeddingDiffusion", "EmbeddingDiffusionConfig"]

_WEIGHTS, _DENOISER, _LATENTS = 0, 2, 5  # streams of the seed
_USERS = 128  # whose items are sampled at once


class _Denoiser(nn.Module):
    """F(c_in x, history, ln(s)/4), a network with one skip connection."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.clock = FourierFeatures()
        self.nothing = nn.Parameter(torch.empty(width))
        self.read = nn.Linear(2 * width + self.clock.dim_out, 2 * width)
        self.mix = nn.Linear(2 * width, 2 * width)
        self.out = nn.Linear(2 * width, width)

    def forward(self, x: Tensor, history: Tensor, clock: Tensor) -> Tensor:
        """Return F, x and history (..., d), clock (n,) one a row."""
        level = self.clock(clock.flatten()).view(*x.shape[:-1], -1)
        h = functional.gelu(self.read(torch.cat([x, history, level], dim=-1)))
        found: Tensor = self.out(h + functional.gelu(self.mix(h)))
        return found


class _Model(nn.Module):
    """What one optimiser trains: the history encoder and the denoiser."""

    def __init__(self, encoder: Recommender, denoiser: _Denoiser) -> None:
        super().__init__()
        self.encoder, self.denoiser = encoder, denoiser

    def embeddings(self) -> Tensor:
        """Return the vectors of the items, (V, d), of unit variance."""
        vectors = self.encoder.item_vectors()
        return functional.normalize(vectors, dim=1) * math.sqrt(vectors.shape[1])

    def denoise(self, x: Tensor, s: Tensor, history: Tensor) -> Tensor:
        """Return D(x, s | history): x and history (m, d), s (m,)."""
        skip, out, scale = (c[:, None] for c in PRECONDS["edm"](s, 1.0))
        found: Tensor = skip * x + out * self.denoiser(scale * x, history, c_noise(s))
        return found

    def scores(self, denoised: Tensor) -> Tensor:
        """Return the logits of the items, (m, d) -> (m, V): products with unit-variance vectors."""
        return functional.linear(denoised, self.embeddings(), self.encoder.bias)


@family(
    "embedding-diffusion",
    config=EmbeddingDiffusionConfig,
    needs=("symbols", "sequence", "items"),
    capabilities=("recommend", "item-vectors", "history-states"),
    group="recommend",
    units={"loss": "nats"},
)
class EmbeddingDiffusion(Learner[EmbeddingDiffusionConfig]):
    """x = e(next item) + s eps;  L = -log softmax(D(x, s | history) . e(i))[next item]."""

    UNSHARED = "Its loss draws random masks, noise or negatives row by row."

    def __init__(
        self, config: EmbeddingDiffusionConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        encoder = build(config.net, spec, RECOMMENDER, self.weights(_WEIGHTS))
        assert isinstance(encoder, Recommender)
        # Not on the device "meta": its frequencies are constants.
        denoiser = _Denoiser(encoder.item_vectors().shape[1])
        frequencies = denoiser.clock.frequencies.clone()
        draw_weights(denoiser.to("meta"), self.weights(_DENOISER))
        denoiser.clock.frequencies = frequencies
        self._trained = Trained(
            _Model(encoder, denoiser).to(self.device),
            config.optimizer,
            self.horizon,
            execution=self.execution,
        )

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"diffusion": self._trained}

    def walk(self, batch: Rows) -> Walk:
        """Denoise the embedding of the next item after each place, given the history."""
        x = Batch.of(batch).x
        real = x[:, 1:] != PADDING
        yield "predict", {"real": x}

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            net, asked, config = self._trained.net, real[part], self.config
            embedded = dropped(net.encoder.items(x[part, :-1]), config.dropout, self.noise)
            history = net.encoder.read(embedded)[asked]
            wanted = x[part, 1:][asked] - 1
            u = torch.rand(len(wanted), 1, generator=self.noise, device=self.device)
            history = torch.where(u < config.history_dropout, net.denoiser.nothing, history)
            s = self._levels(len(wanted))
            target = net.embeddings()[wanted]
            eps = torch.randn(target.shape, generator=self.noise, device=self.device)
            denoised = net.denoise(target + s[:, None] * eps, s, history)
            scores = net.scores(dropped(denoised, config.dropout, self.noise)).float()
            return functional.cross_entropy(scores, wanted), {}

        found = self._trained.descend(loss, len(x))
        yield "descend", {"real": x}
        return found

    def _levels(self, n: int) -> Tensor:
        """Return noise levels, ln s ~ N(mean, std^2) within the range, (n,)."""
        normal = torch.randn(n, generator=self.noise, device=self.device)
        log_s = self.config.density_mean + self.config.density_std * normal
        return log_s.exp().clamp(self.config.s_min, self.config.s_max)

    def retune(self, config: EmbeddingDiffusionConfig) -> None:
        self._trained.optimizer.config = config.optimizer

    def recommend(self, histories: Rows) -> Tensor:
        """Return log p(next item) of each item, item i at i - 1, the mean over draws of
        softmax(D . e): (n, L) -> (n, V).
        """
        net, draws = self._trained.net, self.config.draws
        found = []
        for part in Batch.of(histories).to(self.device).split(_USERS):
            with torch.no_grad():
                ends = self._sample(part.x, draws, make_generator(self.seed, _LATENTS, self.device))
                log_p = net.scores(ends).float().log_softmax(dim=1)
            log_p = log_p.view(len(part.x), draws, -1).logsumexp(dim=1)
            found.append(log_p - math.log(draws))
        return torch.cat(found)

    def _sample(self, x: Tensor, draws: int, generator: torch.Generator) -> Tensor:
        """Return embeddings sampled after histories x (n, L), (n draws, d), those of a user next to
        each other; all users share the noise, so that a list does not depend on the others.
        """
        net, config = self._trained.net, self.config
        history = newest(x, net.encoder.states(x)).repeat_interleave(draws, dim=0)
        noise = torch.randn(draws, history.shape[1], generator=generator, device=x.device)
        nothing = net.denoiser.nothing.expand_as(history)

        def denoise(at: Tensor, s: Tensor) -> Tensor:
            levels = s.expand(len(at))
            conditional = net.denoise(at, levels, history)
            if config.guidance == 1.0:
                return conditional
            unconditional = net.denoise(at, levels, nothing)
            return unconditional + config.guidance * (conditional - unconditional)

        sampler = Heun(HeunConfig(steps=config.steps))
        return sampler.sample(denoise, noise.repeat(len(x), 1), config.s_min, config.s_max)

    def item_vectors(self) -> Tensor:
        """Return the vectors whose products with a state are the scores, (V, k)."""
        with torch.no_grad():
            return self._trained.net.embeddings()

    def history_states(
        self, histories: Rows, draws: int = 0, generator: torch.Generator | None = None
    ) -> Tensor:
        """See `models.contracts.abilities.HasHistoryStates`: sampled embeddings of the next item,
        or their mean over draws of fixed noise.
        """
        x = Batch.of(histories).to(self.device).x
        source = generator if draws else make_generator(self.seed, _LATENTS, self.device)
        if source is None:
            raise ValueError("samples of the latent noise need a torch.Generator")
        n = draws or self.config.draws
        with torch.no_grad():
            ends = self._sample(x, n, source).view(len(x), n, -1)
        return ends if draws else ends.mean(dim=1)
