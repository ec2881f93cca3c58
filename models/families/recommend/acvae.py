"""ACVAE and SVAE: variational autoencoders that predict the next items of a history.

ACVAE: Xie et al. 2021, arXiv:2103.10693. What the released code does differently from the paper, or
wrongly, is avoided here: validation data are not the test data; recommendation is without noise, or
averages over several draws; negatives of the contrastive critic are states at real places of other
users; the loss is a mean over real places, not a sum over time; the softmax has no padding; the
gradient of the KL term does not reach the item embeddings through the critic; log sigmoid is
computed as such; the encoder has one optimiser; the critic of the prior has no dropout on its
output. ``released`` restores what changes the training: all of these but the first and the softmax.
It also restores two choices that are no faults: dropout on the encoder's hidden state instead of z,
and blocks of the critic without an inner activation.
"""

from collections.abc import Mapping
from typing import Unpack

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.learner import Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.families.recommend.svae import (
    SequenceModel,
    SequentialVae,
    gaussian_divergence,
)
from pushforward.models.layouts.histories import PADDING
from pushforward.models.nets.sequences.latent_states import (
    ContrastCritic,
    LatentStates,
    PriorCritic,
)
from pushforward.models.nets.sequences.recommender import draw_weights
from pushforward.models.ranking.contrast import classify_loss, jsd_bound, others_of
from pushforward.models.registry import family
from pushforward.models.settings.acvae import AcvaeConfig
from pushforward.models.tensors import dropped, noise_like
from pushforward.models.training.optim import OptimizerConfig
from pushforward.models.training.trained import Trained

__all__ = ["Acvae", "AcvaeConfig"]

_CRITIC = 2  # a stream of the seed
_SECOND_RATE, _SECOND_DECAY = 3e-4, 0.1  # of the second optimiser of the released code
_FLOOR = 1e-9


@family(
    "acvae",
    config=AcvaeConfig,
    needs=("symbols", "sequence", "items"),
    capabilities=("recommend", "item-vectors", "history-states"),
    group="recommend",
    units={"loss": "nats", "reconstruction": "nats", "divergence": "nats"},
)
class Acvae(SequentialVae[AcvaeConfig]):
    """L = reconstruction + a E_q[T] + b (softplus(-S(e, z)) + softplus(S(e, z'))), T a critic of
    the prior, S one of pairs, z' states of other users.
    """

    def __init__(self, config: AcvaeConfig, spec: DataSpec, **training: Unpack[Training]) -> None:
        self.posterior_form = config.posterior
        super().__init__(config, spec, **training)
        net = config.net
        with torch.device("meta"):
            critic = PriorCritic(
                net.width,
                net.latent,
                2 * net.hidden,
                scalar=config.critic == "scalar",
                released=config.released,
            )
        draw_weights(critic, self.weights(_CRITIC))
        optimizer = OptimizerConfig(kind="adamw", lr=config.critic_lr, weight_decay=0.01)
        self._critic = Trained(critic.to(self.device), optimizer, self.horizon)

    def model(self, items: int) -> SequenceModel:
        net, gaussian = self.config.net, self.posterior_form == "gaussian"
        states = LatentStates(
            net,
            items,
            convolution=self.config.convolution,
            gaussian=gaussian,
            noisy=self.posterior_form == "adversarial",
        )
        critic = ContrastCritic(net.width, net.latent, 2 * net.hidden)
        return SequenceModel(states, critic if self.config.contrast else None)

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {**super().parts, "critic": self._critic}

    def draws(self) -> int:
        """See `SequentialVae.draws`; the released code draws noise once."""
        return max(1, self.config.draws) if self.config.released else self.config.draws

    def walk(self, batch: Rows) -> Walk:
        """Fit the critic of the prior, then descend the loss of the model."""
        x = Batch.of(batch).x
        real = x[:, 1:] != PADDING
        found: dict[str, Tensor] = {}
        if self.posterior_form == "adversarial":
            for _ in range(self.config.critic_steps):
                found = self._fit_critic(x[:, :-1], real)
        yield "critic", {"real": x}
        found |= self._trained.descend(lambda part: self._loss(x[part], real[part]), len(x))
        if self.config.released:
            self._step_again()
        yield "descend", {"real": x}
        return found

    @torch.no_grad()
    def _step_again(self) -> None:
        """Move encoder and contrastive critic along the same gradients once more: the released code
        has a second optimiser of them, SGD with weight decay.
        """
        net, states = self._trained.net, self.states
        for part in (states.gru, states.noise, states.block, states.latent, net.critic):
            for weight in part.parameters() if part is not None else ():
                if weight.grad is not None:
                    weight.sub_(_SECOND_RATE * (weight.grad + _SECOND_DECAY * weight))

    def _fit_critic(self, x: Tensor, real: Tensor) -> dict[str, Tensor]:
        """Do one step that classifies latents of histories and of the prior."""
        with torch.no_grad():
            e = self.states.items(x)
            z = self.sample(e, self.noise)[0][real]
            e = e[real]
            prior = noise_like(z, self.noise)
        dropout = self.noise if self.config.released else None

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            net = self._critic.net
            of_q, of_p = (net(e[part], each[part], dropout) for each in (z, prior))
            right = 0.5 * ((of_q > 0).float().mean() + (of_p < 0).float().mean())
            if self.config.released:
                value = -(torch.sigmoid(of_q) + _FLOOR).log().mean()
                value = value - (1 - torch.sigmoid(of_p) + _FLOOR).log().mean()
            else:
                value = classify_loss(of_q, of_p)
            return value, {"critic accuracy": right.detach()}

        scalars = self._critic.descend(loss, len(z))
        return {"critic accuracy": scalars["critic accuracy"]}

    def _loss(self, x: Tensor, real: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss of histories x (B, L) and its terms."""
        whole = self.states.items(x[:, :-1])
        e = dropped(whole, self.config.dropout, self.noise)
        noisy = None if self.posterior_form == "none" else self.noise
        share, released = self.config.dropout, self.config.released
        drop = (lambda h: dropped(h, share, self.noise)) if released else None
        z, mean, log_var = self.sample(e, noisy, drop)
        fit = self.reconstruction(z, x, real, 0.0 if released else share)
        kl = fit.new_zeros(())
        if mean is not None and log_var is not None:
            kl = gaussian_divergence(mean, log_var)[real].mean()
        elif self.posterior_form == "adversarial":
            # The optimal critic has no gradient in the encoder but through z (proposition 2).
            shown = whole if released else whole.detach()
            kl = self._critic.net(shown[real], z[real], self.noise if released else None).mean()
        contrast, right = self._contrast(whole, z, real)
        total = fit + self.weight * kl + self.config.contrast * contrast
        if released:
            total = total * real.sum() / len(x)
        scalars = {"reconstruction": fit, "divergence": kl, "contrast accuracy": right}
        return total, {name: value.detach() for name, value in scalars.items()}

    def _contrast(self, e: Tensor, z: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        """Return minus the bound of the mutual information of histories and states, and the share
        of pairs that the critic classifies correctly.
        """
        critic, zero = self._trained.net.critic, z.new_zeros(())
        if critic is None:
            return zero, zero
        places = others_of(real, self.noise)
        if self.config.released:
            other = z.roll(1, dims=0)
        elif places is not None:
            other = torch.zeros_like(z).masked_scatter(real[..., None], z[real][places])
        else:  # a batch of one user: other places of the same history
            other = z.roll(1, dims=1)
        joint, product = critic(e, z)[real], critic(e, other)[real]
        right = 0.5 * ((joint > 0).float().mean() + (product < 0).float().mean())
        return -jsd_bound(joint, product), right
