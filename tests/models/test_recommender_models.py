"""Recommenders against closed forms, counts by hand and invariances."""

import itertools
import math

import pytest
import torch

from pushforward.models.config import decode
from pushforward.models.contracts.batch import Batch
from pushforward.models.families.recommend.svae import gaussian_divergence
from pushforward.models.kinds.interactions import InteractionSet
from pushforward.models.nets.pick import filled
from pushforward.models.nets.sequences.latent_states import PriorCritic
from pushforward.models.nets.sequences.recommender import draw_weights
from pushforward.models.ranking.contrast import classify_loss, jsd_bound, others_of
from pushforward.models.registry import discover, registry
from pushforward.models.tensors import make_generator
from pushforward.verify.recommend.critics import jsd_by_integration

discover()
CPU = torch.device("cpu")
ITEMS = 30


def histories(n: int = 80, seed: int = 0) -> InteractionSet:
    """Return users with 2 to 15 different items each."""
    g = make_generator(seed)
    x = torch.stack([torch.randperm(ITEMS, generator=g)[:15] + 1 for _ in range(n)])
    size = torch.randint(2, 16, (n,), generator=g)
    x = x * (torch.arange(15) < size[:, None])
    times = (1 + torch.arange(15) * 86_400 * 5 + torch.randint(0, 10**7, (n, 1), generator=g)) * (
        x > 0
    )
    return InteractionSet(x, tuple(f"Item {i}" for i in range(ITEMS)), times=times)


def fitted(slug: str, data: InteractionSet, turns: int = 1, **settings: object):
    entry = registry.get("family", slug)
    config = decode(entry.config, filled(entry, settings, "interactions"))
    model = entry.make(config, data.spec(), horizon=max(turns, 2), seed=0, device=CPU)
    for batch in list(data.rows(slice(None)).split(33)) if entry.passes else []:
        model.step(batch)
    for _ in range(0 if entry.passes else turns):
        model.step(data.rows(slice(None)))
    return model


def test_a_markov_chain_counts_followers():
    data = histories()
    model = fitted("markov", data, smoothing=2.0)
    rows = [[i for i in row if i] for row in data.x.tolist()]
    popular = torch.ones(ITEMS, dtype=torch.float64)
    for row in rows:
        for item in row:
            popular[item - 1] += 1
    popular /= popular.sum()
    follow = 2.0 * popular
    for row in rows:
        for a, b in itertools.pairwise(row):
            follow[b - 1] += a == 7
    found = model.recommend(torch.tensor([[3, 7, 0]]))[0]
    torch.testing.assert_close(found.double().exp(), follow / follow.sum(), rtol=1e-5, atol=1e-7)


def test_ease_is_the_constrained_least_squares_solution():
    """At the optimum the gradient is zero off the diagonal of B, which is itself zero."""
    data = histories()
    model = fitted("ease", data, penalty=5.0, last=15)
    x = torch.zeros(len(data), ITEMS + 1, dtype=torch.float64).scatter_(1, data.x, 1.0)[:, 1:]
    b = model.weights_between
    slope = x.T @ (x @ b - x) + 5.0 * b
    assert b.diagonal().abs().max() == 0
    assert (slope - torch.diag(slope.diagonal())).abs().max() < 1e-8
    tie = 1e-6 * model.popular.log_shares().double().exp()
    torch.testing.assert_close(model.recommend(data.x).double(), x @ b + tie, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("slug", ["windowed", "ease", "item-knn"])
def test_shares_add_up_to_the_score(slug):
    data = histories()
    model, items = fitted(slug, data), torch.tensor([5, 9, 21])
    some = data.x[:9]
    repeated = torch.cat([some, some[:, :3]], dim=1)
    repeated = torch.where((repeated > 0).cummin(dim=1).values, repeated, 0)
    tie = 1e-6 * model.popular.log_shares().exp()
    for x in (some, repeated):
        shares = model.score_shares(x, items)
        assert shares.shape == (*x.shape, 3)
        assert not shares[x == 0].any()
        expected = (model.recommend(x) - tie)[:, items - 1]
        torch.testing.assert_close(shares.sum(dim=1), expected, rtol=1e-4, atol=1e-5)


def test_recent_popularity_counts_the_last_days_alone():
    data = histories()
    model = fitted("recent-pop", data, days=40.0)
    assert data.times is not None
    day = data.times // 86_400
    late = (data.x > 0) & (day > day.max() - 40)
    counts = torch.bincount(data.x[late], minlength=ITEMS + 1)[1:]
    order = model.recommend(data.x[:1])[0]
    assert counts[order.argmax()] == counts.max()
    assert (order[counts > 0].min() > order[counts == 0].max()) or counts.min() > 0
    bare = InteractionSet(data.x, data.titles)
    assert "no times" in fitted("recent-pop", bare).warnings()[0]


def test_random_lists_differ_by_user_and_stay_the_same():
    data = histories()
    model = fitted("random-items", data)
    scores = model.recommend(data.x)
    assert torch.equal(scores, model.recommend(data.x))
    top = scores.argmax(dim=1)
    assert len(top.unique()) > ITEMS / 2
    assert 0.45 < scores.mean() < 0.55


def test_the_critic_of_the_prior_gives_the_divergence():
    """KL(N(1, 0.5^2) || N(0, 1)) = 0.8181 (proposition 1 of Mescheder et al. 2017)."""
    g = make_generator(3)
    with torch.device("meta"):
        critic = PriorCritic(0, 1, 16, scalar=True)
    draw_weights(critic, g)
    optimizer = torch.optim.Adam(critic.parameters(), 1e-2)
    rate = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 250)

    def ratio(z: torch.Tensor) -> torch.Tensor:
        return critic(z[:, :0], z)

    q = 1.0 + 0.5 * torch.randn(100_000, 1, generator=g)
    before = float(ratio(q).detach().mean())
    for _ in range(250):
        some = 1.0 + 0.5 * torch.randn(1000, 1, generator=g)
        optimizer.zero_grad()
        classify_loss(ratio(some), ratio(torch.randn(1000, 1, generator=g))).backward()
        optimizer.step()
        rate.step()
    truth = float(gaussian_divergence(torch.ones(1), torch.tensor([2 * math.log(0.5)])))
    assert truth == pytest.approx(0.8181, abs=1e-4)
    assert float(ratio(q).detach().mean()) == pytest.approx(truth, rel=0.05)
    assert abs(before / truth - 1) > 0.05, "an untrained critic does not pass"


@pytest.mark.parametrize("rho", [0.5, 0.95])
def test_the_bound_of_the_optimal_critic_is_its_integral(rho):
    g = make_generator(4)
    x, noise, other = torch.randn(3, 400_000, generator=g, dtype=torch.float64)
    y = rho * x + math.sqrt(1 - rho**2) * noise

    def optimum(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        quadratic = (a**2 - 2 * rho * a * b + b**2) / (1 - rho**2)
        return -0.5 * quadratic + 0.5 * (a**2 + b**2) - 0.5 * math.log(1 - rho**2)

    truth, information = jsd_by_integration(rho)
    base = -2 * math.log(2)
    found = float(jsd_bound(optimum(x, y), optimum(other, y)))
    assert (found - base) / (truth - base) == pytest.approx(1.0, abs=0.05)
    assert float(optimum(x, y).mean()) == pytest.approx(information, rel=0.05)


def test_negatives_are_states_of_other_users_at_real_places():
    real = torch.tensor([[1, 1, 0, 0], [1, 1, 1, 1], [1, 0, 0, 0]], dtype=torch.bool)
    user = torch.tensor([0, 0, 1, 1, 1, 1, 2])
    g, seen = make_generator(0), torch.zeros(7, 7)
    for _ in range(300):
        places = others_of(real, g)
        assert places is not None
        assert (user[places] != user).all()
        seen[torch.arange(7), places] += 1
    expected = (user[:, None] != user).float()
    assert torch.equal((seen > 0).float(), expected), "each place of another user may come"
    assert others_of(real[:1], g) is None


VARIANTS = [
    {},
    {"posterior": "gaussian"},
    {"posterior": "none"},
    {"contrast": 0.0},
    {"convolution": False},
    {"critic": "scalar", "critic_steps": 2},
    {"released": True},
    {"annealing": 0.5, "draws": 3, "ahead": 3},
]


@pytest.mark.parametrize("settings", VARIANTS, ids=str)
def test_each_part_of_acvae_can_be_switched(settings):
    data = histories()
    model = fitted("acvae", data, 3, **settings)
    again = fitted("acvae", data, 0, **settings)
    again.load_state(model.state())
    x = data.x[:6]
    assert torch.equal(again.recommend(x), model.recommend(x)), "resumed, noise included"
    scalars = model.step(data.rows(slice(None)))
    assert all(value.isfinite() for value in scalars.values())
    critic = settings.get("posterior", "adversarial") == "adversarial"
    assert ("critic accuracy" in scalars) == critic
    assert (float(scalars["contrast accuracy"]) > 0) == (settings.get("contrast") != 0.0)
    g = make_generator(1)
    states = model.history_states(x, 5, g)
    moves = not torch.equal(states[:, 0], states[:, 1])
    assert moves == (settings.get("posterior") != "none")
    torch.testing.assert_close(
        model.states.scores(model.sample(model.states.items(x), None)[0]).shape,
        torch.Size([6, 15, ITEMS]),
    )


@pytest.mark.parametrize(
    "slug", ["gru4rec", "sasrec", "caser", "svae", "acvae", "bpr", "fpmc", "embedding-diffusion"]
)
def test_scores_are_products_of_states_and_items_and_see_no_future(slug):
    data = histories()
    model = fitted(slug, data, 2)
    whole = data.x[(data.x > 0).all(dim=1)][:4]
    known = model.recommend(whole[:, :8])
    later = model.recommend(torch.nn.functional.pad(whole[:, :8], (0, 7)))
    torch.testing.assert_close(known, later, rtol=1e-4, atol=1e-4)
    if slug != "embedding-diffusion":
        net = getattr(model, "states", None) or model._trained.net
        states, vectors = model.history_states(whole), model.item_vectors()
        scores = states @ vectors.T + getattr(net, "bias", getattr(model, "bias", None))
        expected = model.recommend(whole)
        gap = (scores - expected) - (scores - expected).mean(dim=1, keepdim=True)
        assert gap.abs().max() < 2e-2 + 10 * (slug in {"gru4rec", "sasrec", "caser"})


def test_bert_masks_some_real_places_of_each_history():
    data = histories()
    model = fitted("bert4rec", data, 1)
    for _ in range(5):
        hidden = model._choose(data.x)
        assert hidden.any(dim=1).all()
        assert not hidden[data.x == 0].any()
    assert 0.25 < float(hidden.sum() / (data.x > 0).sum()) < 0.55


def test_guidance_goes_beyond_the_prediction_with_the_history():
    data = histories()
    model = fitted("embedding-diffusion", data, 30, draws=2, steps=3)
    x = data.x[:5]
    plain = model.recommend(x)
    # A list depends on no other user, up to rounding.
    torch.testing.assert_close(plain[2:3], model.recommend(x[2:3]), rtol=1e-4, atol=1e-3)
    for guidance, same in ((1.0, True), (0.0, False), (3.0, False)):
        other = fitted("embedding-diffusion", data, 0, draws=2, steps=3, guidance=guidance)
        other.load_state(model.state())
        found = other.recommend(x)
        assert torch.allclose(found, plain, rtol=1e-4, atol=1e-3) == same
        if guidance == 0.0:
            torch.testing.assert_close(found, found[:1].expand_as(found), rtol=1e-4, atol=1e-3)


def test_mult_vae_ignores_the_order():
    data = histories()
    model = fitted("mult-vae", data, 3)
    x = data.x[(data.x > 0).all(dim=1)][:4]
    torch.testing.assert_close(model.recommend(x), model.recommend(x.flip(1)))
    assert Batch.of(x).mask is None
