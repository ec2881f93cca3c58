"""ACVAE against the equations of the paper's released code, written out one by one.

Xie et al. 2021, arXiv:2103.10693: h = GRU(e); a = softplus(W1 n(h));
b = softplus(causal conv n(a)); c = softplus(W2 b); z = W (h + c), with n(x) = x + tanh(V eps) and
one V for both; logits = W2 tanh(W1 z); T = A(u) + z^2 / 2 after two blocks; the loss is a sum over
places and a mean over users.
"""

import torch
from torch.nn import functional

from pushforward.models.families.recommend.acvae import Acvae
from pushforward.models.layouts.histories import PADDING
from pushforward.models.nets.sequences.latent_states import PriorCritic
from pushforward.models.tensors import make_generator
from tests.models.test_recommender_models import fitted, histories


def _released(**settings: object) -> Acvae:
    return fitted("acvae", histories(), 2, released=True, **settings)


def test_encoder_and_decoder_are_the_equations():
    model = _released()
    net, x = model.states, histories().x[:5]
    g = make_generator(4)
    with torch.no_grad():
        e = net.items(x)
        eps = [torch.randn(*x.shape, 64, generator=g) for _ in range(2)]
        h = net.gru(e)[0]
        noise = [torch.tanh(each @ net.noise.weight.T) for each in eps]
        block = net.block
        a = functional.softplus((h + noise[0]) @ block.first.weight[:, :, 0].T + block.first.bias)
        na = a + noise[1]
        b = torch.empty(*x.shape, 128)
        for t in range(x.shape[1]):  # places t - 4 to t, zero before the first
            total = block.causal.bias.clone().expand(len(x), -1)
            for back in range(5):
                if t - back >= 0:
                    total = total + na[:, t - back] @ block.causal.weight[:, :, 4 - back].T
            b[:, t] = functional.softplus(total)
        c = functional.softplus(b @ block.last.weight[:, :, 0].T + block.last.bias)
        z = (h + c) @ net.latent.weight.T + net.latent.bias
        torch.testing.assert_close(net.encode(e, (eps[0], eps[1])), z, rtol=1e-4, atol=1e-5)
        half = (h + c) * (torch.arange(64) % 2)
        dropped = net.encode(e, (eps[0], eps[1]), lambda u: u * (torch.arange(64) % 2))
        expected = half @ net.latent.weight.T + net.latent.bias
        torch.testing.assert_close(dropped, expected, rtol=1e-4, atol=1e-5)
        logits = torch.tanh(z @ net.wide.weight.T + net.wide.bias) @ net.targets.T + net.bias
        torch.testing.assert_close(net.scores(z), logits)


def test_the_critic_of_the_prior_is_its_equation():
    g = make_generator(5)
    critics = [PriorCritic(6, 4, 10, scalar=False, released=each) for each in (False, True)]
    critics[1].load_state_dict(critics[0].state_dict())
    e, z = torch.randn(7, 6, generator=g), torch.randn(7, 4, generator=g)
    for released, critic in zip((False, True), critics, strict=True):
        u = critic.read(torch.cat([e, z], 1))
        for down, up in zip(critic.down, critic.up, strict=True):
            inner = down(u) if released else functional.elu(down(u))
            u = functional.elu(u + up(inner))
        torch.testing.assert_close(critic(e, z), critic.out(u) + 0.5 * z**2)
    assert not torch.allclose(critics[0](e, z), critics[1](e, z))
    flat = critics[1](e, torch.zeros_like(z), make_generator(1))
    assert 0.02 < float((flat == 0).float().mean()) < 0.6, "a fifth of the outputs is dropped"
    assert (critics[1](e, torch.zeros_like(z)) != 0).all()


def test_the_loss_is_a_sum_over_places_and_a_mean_over_users():
    model = _released(dropout=0.0, posterior="none", contrast=0.0)
    x = histories().x[:9]
    real = x[:, 1:] != PADDING
    with torch.no_grad():
        total, _ = model._loss(x, real)
        z = model.sample(model.states.items(x[:, :-1]), None)[0]
        log_p = model.states.scores(z).log_softmax(-1)
    expected = 0.0
    for user in range(len(x)):
        for t in range(x.shape[1] - 1):
            if x[user, t + 1] != PADDING:
                expected -= float(log_p[user, t, x[user, t + 1] - 1]) / len(x)
    torch.testing.assert_close(float(total), expected, rtol=1e-4, atol=1e-4)


def test_the_kl_term_reaches_the_embeddings_only_as_released():
    for released in (False, True):
        model = fitted("acvae", histories(), 0, released=released)
        x, reached = histories().x[:8], []
        hook = model._critic.net.register_forward_pre_hook(
            lambda _, given, reached=reached: reached.append(given[0].requires_grad)
        )
        model._loss(x, x[:, 1:] != PADDING)
        hook.remove()
        assert reached == [released]


def test_the_second_optimiser_moves_encoder_and_contrastive_critic():
    model = _released()
    before = {n: p.detach().clone() for n, p in model._trained.net.named_parameters()}
    gradients = {n: p.grad for n, p in model._trained.net.named_parameters()}
    model._step_again()
    moved = set()
    for name, now in model._trained.net.named_parameters():
        change = now.detach() - before[name]
        if change.any():
            moved.add(name.split(".")[1] if name.startswith("states") else "critic")
            expected = -3e-4 * (gradients[name] + 0.1 * before[name])
            torch.testing.assert_close(change, expected, rtol=1e-2, atol=1e-7)
    assert moved == {"gru", "noise", "block", "latent", "critic"}


def test_negatives_are_the_next_user_only_as_released():
    """A batch of one user is its own negative, as in the released code."""
    x = histories().x[:1]
    real = x[:, 1:] != PADDING
    for released in (False, True):
        model = fitted("acvae", histories(), 0, released=released)
        e = model.states.items(x[:, :-1])
        z = model.sample(e, None)[0]
        bound, right = model._contrast(e, z, real)
        critic = model._trained.net.critic
        own = critic(e, z)[real]
        same = functional.softplus(-own).mean() + functional.softplus(own).mean()
        assert torch.isclose(bound, same) == released
        if released:
            assert float(right) <= 0.5 + 1e-6
