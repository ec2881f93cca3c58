"""Laws of discrete paths and their samplers (claim A12 in small)."""

import pytest
import torch

from pushforward.models.paths.discrete import DISCRETE_PATHS, DiscretePath, draw_symbols
from pushforward.models.samplers.discrete.ancestral import Ancestral
from pushforward.models.samplers.discrete.base import DiscreteSamplerConfig
from pushforward.models.samplers.discrete.noise import Uniforms
from pushforward.models.samplers.discrete.tau_leaping import TauLeaping, TauLeapingConfig
from pushforward.models.samplers.discrete.unmasking import Unmasking, UnmaskingConfig
from pushforward.models.tensors import make_generator
from pushforward.verify.points.discrete_checkerboard import STEPS, board, draw_pairs, exact, quality

K, T = 5, 12
each_path = pytest.mark.parametrize("name", DISCRETE_PATHS)


def path(name, symbols=K, steps=T) -> DiscretePath:
    return DiscretePath(name, symbols, steps)


@each_path
def test_each_step_is_a_law_and_they_add_up(name):
    found = path(name)
    for matrices in (found.one, found.bar):
        assert (matrices >= 0).all()
        torch.testing.assert_close(matrices.sum(dim=2), torch.ones(T + 1, found.states))
    assert torch.equal(found.bar[0], torch.eye(found.states))
    torch.testing.assert_close(found.bar[4] @ found.between(4, 9), found.bar[9])


def test_the_end_is_forgotten():
    """Qbar_T has equal rows, to 1e-3."""
    for name, steps in STEPS.items():
        found = path(name, 16, steps)
        assert (found.bar[-1] - found.stationary).abs().max() <= 1e-3
        assert (found.bar[1] - found.stationary).abs().max() > 0.4


def test_absorbing_masks_a_share_of_t_over_steps():
    found = path("absorbing")
    masked = found.bar[:, 0, found.mask]
    torch.testing.assert_close(masked, torch.arange(T + 1) / T)


def test_uniform_keeps_what_the_cosine_says():
    found = path("uniform", steps=100)
    kept = (found.bar[:, 0, 0] - found.bar[:, 0, 1]).double()
    u = torch.arange(101).double() / 100
    expected = torch.cos((u + 0.008) / 1.008 * torch.pi / 2).square()
    torch.testing.assert_close(kept, expected / expected[0], rtol=1e-4, atol=1e-6)


def test_gaussian_steps_are_doubly_stochastic_and_widen():
    one = path("gaussian", 16, 100).one
    torch.testing.assert_close(one.sum(dim=1), torch.ones(101, 16))
    torch.testing.assert_close(one, one.mT)
    moved = 1 - one[1:, 8, 8]
    assert (moved[1:] > moved[:-1]).all()


@each_path
def test_the_posterior_is_bayes_rule(name):
    """q(x_s | x_t, x_0) by enumeration of all ways."""
    found, t, s = path(name), 7, 4
    for x0 in range(K):
        for xt in range(found.states):
            joint = found.bar[s][x0] * found.between(s, t)[:, xt]
            truth = torch.eye(K)[x0].reshape(1, 1, K)
            said = found.reverse(truth, torch.tensor([[xt]]), t, s)[0, 0]
            if found.bar[t][x0, xt] > 0:
                torch.testing.assert_close(said, joint / joint.sum(), rtol=1e-4, atol=1e-6)
            else:  # 0/0: it cannot have come from there, and stays
                assert torch.equal(said, torch.eye(found.states)[xt])


@each_path
def test_the_exact_posterior_keeps_the_law_of_every_time(name):
    """One place: sum over x_t of q(x_t) p(x_s | x_t) is q(x_s), for steps of any length."""
    found = path(name)
    data = torch.tensor([0.5, 0.3, 0.2, 0.0, 0.0])
    for t, s in ((12, 11), (9, 2), (5, 0), (1, 0)):
        law = data @ found.bar[t][:K]
        joint = data[:, None] * found.bar[t][:K]
        clean = torch.where(law > 0, joint / law.clamp_min(1e-30), 0.2).T
        x = torch.arange(found.states)[:, None]
        back = found.reverse(clean[:, None], x, t, s)[:, 0]
        torch.testing.assert_close(law @ back, data @ found.bar[s][:K], rtol=1e-4, atol=1e-5)


def test_one_time_for_all_is_a_time_for_each():
    found = path("uniform")
    x = torch.randint(K, (6, 3), generator=make_generator(0))
    clean = torch.rand((6, 3, K), generator=make_generator(1)).softmax(dim=-1)
    t = torch.full((6,), 8)
    torch.testing.assert_close(found.backward(clean, x, t), found.reverse(clean, x, 8, 7))


@each_path
def test_the_bound_of_the_exact_model_is_the_entropy_of_one_place(name):
    """One place, T exact terms: prior + sum of L_t = -E log p(x_0), with no gap for a model that
    is right (Austin et al. 2021, eq. 1).
    """
    found = path(name, steps=60)
    data = torch.tensor([0.4, 0.3, 0.2, 0.06, 0.04])
    bound = data @ found.prior_gap(torch.arange(K))
    for t in range(1, 61):
        joint = data[:, None] * found.bar[t][:K]
        clean = (joint / joint.sum(dim=0).clamp_min(1e-30)).T
        for x0 in range(K):
            x = torch.arange(found.states)[:, None]
            term = found.bound(
                clean[:, None], torch.full_like(x, x0), x, torch.full((found.states,), t)
            )[:, 0]
            bound += joint[x0] @ term
    entropy = -(data * data.log()).sum()
    gap = 1e-3 + float(data @ found.prior_gap(torch.arange(K)))
    assert float(entropy) - 1e-3 <= float(bound) <= float(entropy) + gap


def test_symbols_are_drawn_with_their_probabilities():
    law = torch.tensor([0.0, 0.5, 0.2, 0.3, 0.0])
    u = torch.rand(40_000, generator=make_generator(0))
    found = torch.bincount(draw_symbols(law.expand(40_000, -1), u), minlength=5) / 40_000
    torch.testing.assert_close(found, law, rtol=0, atol=0.01)
    ends = draw_symbols(law.expand(2, -1), torch.tensor([0.0, 1.0]))
    assert ends.tolist() == [1, 3]


def test_the_numbers_of_a_row_do_not_depend_on_how_many_there_are():
    many, few = (Uniforms(make_generator(3), torch.device("cpu")) for _ in range(2))
    for _ in range(3):
        assert torch.equal(many(torch.zeros(40, 7))[:9], few(torch.zeros(9, 7)))
    assert not torch.equal(many(torch.zeros(2, 3)), many(torch.zeros(2, 3)))


def test_a_d3pm_reverses_its_corruption():
    n = 4000
    for name, line in (("uniform", 0.995), ("gaussian", 0.94), ("absorbing", 0.99)):
        tv, valid = quality(draw_pairs(name, 100, 0, n))
        assert valid >= line, name
        assert tv <= 0.1, name  # 4,000 draws of the board itself: .071
    assert quality(draw_pairs("uniform", 1, 0, n))[1] < 0.6


def test_two_masked_places_come_out_together_in_one_of_t_draws():
    """Half of these are wrong, and nothing else is: 1 - 1/(2T) are valid."""
    n, steps = 20_000, 10
    _, valid = quality(draw_pairs("absorbing", steps, 0, n))
    expected = 1 - 1 / (2 * steps)
    assert valid == pytest.approx(expected, abs=4 * (expected * (1 - expected) / n) ** 0.5)


def test_a_pair_that_cannot_be_says_nothing():
    found = path("absorbing", 16, 10)
    assert board()[0, 1] == 0
    said = exact(found, torch.tensor([[0, 1], [16, 16]]), 3)
    assert said.isfinite().all()
    torch.testing.assert_close(said.sum(dim=-1), torch.ones(2, 2))
    assert said[0, 0, 0] == said[0, 1, 1] == 1.0


@pytest.mark.parametrize(
    "sampler",
    [
        Ancestral(DiscreteSamplerConfig(steps=50)),
        TauLeaping(TauLeapingConfig(steps=50)),
        TauLeaping(TauLeapingConfig(steps=25, corrector=2)),
        Unmasking(UnmaskingConfig(steps=2)),
    ],
    ids=["ancestral", "tau", "corrected", "unmasking"],
)
def test_every_sampler_of_symbols_draws_the_board(sampler):
    found = path("absorbing", 16, 200)
    n = 4000
    latents, calls = torch.full((n, 2), found.mask), 0

    def clean(x, t):
        nonlocal calls
        calls += 1
        assert 1 <= t <= 200
        return exact(found, x, t)

    frames = list(sampler.frames(clean, found, latents, make_generator(1)))
    assert calls == frames[-1].nfe == sampler.nfe(200)
    assert [f.s for f in frames] == [t / 200 for t in sampler.times(200)]
    assert torch.equal(frames[0].x, latents)
    tv, valid = quality(frames[-1].x)
    assert int(frames[-1].x.max()) < 16
    assert tv <= 0.11
    assert valid >= 0.96
    again = sampler.sample(lambda x, t: exact(found, x, t), found, latents[:50], make_generator(1))
    assert torch.equal(again, frames[-1].x[:50]), "a row has one life"


def test_one_place_a_step_is_never_wrong():
    """The order is free where nothing is drawn together (absorbing D3PM = any order)."""
    found = path("absorbing", 16, 200)
    latents = torch.full((3000, 2), found.mask)
    sampler = Unmasking(UnmaskingConfig(steps=2))
    x = sampler.sample(lambda x, t: exact(found, x, t), found, latents, make_generator(0))
    assert quality(x)[1] == 1.0


def test_correctors_mend_leaps():
    found = path("uniform", 16, 100)
    latents = torch.randint(16, (4000, 2), generator=make_generator(5))

    def valid(corrector):
        sampler = TauLeaping(TauLeapingConfig(steps=10, corrector=corrector))
        x = sampler.sample(lambda x, t: exact(found, x, t), found, latents, make_generator(0))
        return quality(x)[1]

    assert valid(4) > valid(0)


def test_a_path_without_masks_has_nothing_to_unmask():
    found = path("uniform")
    with pytest.raises(ValueError, match="choose the absorbing path"):
        next(Unmasking().frames(lambda x, t: x, found, torch.zeros((2, 3), dtype=torch.int64)))


def test_a_sampler_takes_no_more_steps_than_the_path_has():
    sampler = Ancestral(DiscreteSamplerConfig(steps=64))
    assert sampler.times(6) == [6, 5, 4, 3, 2, 1, 0]
    assert sampler.nfe(6) == 6
    assert sampler.times(100)[:3] == [100, 98, 96]
