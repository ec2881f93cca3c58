"""What holds of the relatives of a diffusion: their densities and bounds, energies and chains."""

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor

from pushforward.models.carriers.langevin import drawn_each, drawn_once, wander
from pushforward.models.carriers.replay import ReplayBuffer
from pushforward.models.config import decode, encode
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.family import Family
from pushforward.models.families.likelihood import ddgan, recovery
from pushforward.models.families.likelihood.conditionals import Bins, Conditional, Logistics
from pushforward.models.kinds.images import images
from pushforward.models.kinds.points import points
from pushforward.models.nets.calling import call
from pushforward.models.nets.pick import filled
from pushforward.models.registry import discover, registry
from pushforward.models.settle import settle
from pushforward.models.tensors import make_generator

discover()
DATA = points(400, 0)
SPEC = DATA.spec()
X = SPEC.standardise(DATA.x)
SMALL = {"width": 16, "depth": 2}
MLP = {"slug": "mlp", **SMALL}
FLOWS = ("nsf", "realnvp", "maf")


def made(slug: str, config: dict[str, Any] | None = None, *, steps: int = 0, spec=SPEC) -> Any:
    entry = registry.get("family", slug)
    settings = decode(entry.config, config or {})
    family: Family[Any] = entry.make(settings, spec, horizon=40, seed=0, device=torch.device("cpu"))
    for i in range(steps):
        family.step(X[torch.randint(len(X), (64,), generator=make_generator(i))])
    return family


def flow(net: str) -> Any:
    return made("normalising-flow", {"net": {"slug": net, **SMALL, "transforms": 3}}, steps=15)


def chain(slug: str, **config: Any) -> Any:
    nets = {"encoder": {"slug": "mlp-encoder", **SMALL}, "decoder": {"slug": "mlp", **SMALL}}
    return made(slug, {**nets, **config}, steps=15)


def plane(reach: float, n: int) -> tuple[Tensor, float]:
    """Return the middles of the cells of a grid over the plane, and the area of one."""
    step = 2 * reach / n
    axis = -reach + step * (torch.arange(n) + 0.5)
    return torch.cartesian_prod(axis, axis), step**2


@pytest.mark.parametrize(
    "family",
    [
        *(pytest.param(lambda net=net: flow(net), id=net) for net in FLOWS),
        pytest.param(
            lambda: made("autoregressive", {"bins": 8, "reach": 2.24}, steps=15), id="bins"
        ),
        pytest.param(
            lambda: made("autoregressive", {"law": "logistics"}, steps=15), id="logistics"
        ),
    ],
)
def test_an_exact_density_integrates_to_one(family):
    where, cell = plane(7.0, 100)
    assert float(family().log_prob(where).double().exp().sum() * cell) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("net", FLOWS)
def test_a_flow_is_a_change_of_variables(net):
    family = flow(net)
    layers = family.trained.averaged
    z, _ = layers.to_noise(Batch(X[:20]))
    h = 1e-2
    slopes = [
        (layers.to_noise(Batch(X[:20] + e))[0] - layers.to_noise(Batch(X[:20] - e))[0]) / (2 * h)
        for e in h * torch.eye(2)
    ]
    volume = torch.stack(slopes, dim=2).detach().det().abs().log()
    expected = -0.5 * z.square().sum(dim=1) - math.log(2 * math.pi) + volume
    torch.testing.assert_close(family.log_prob(X[:20]), expected.detach(), atol=0.05, rtol=0.02)
    *_, last = family.flow(z.detach())
    torch.testing.assert_close(last.x, X[:20], atol=1e-3, rtol=1e-3)


def test_a_flow_shows_each_of_its_layers():
    frames = list(flow("realnvp").flow(X[:5]))
    assert [frame.t for frame in frames] == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert all((a.x != b.x).any() for a, b in pairwise(frames))


@pytest.mark.parametrize("slug", ["energy-based", "recovery-likelihood"])
def test_the_score_is_minus_the_slope_of_the_energy(slug):
    family = made(slug, {"energy": {"slug": "mlp", **SMALL}}, steps=2)
    h = 1e-2
    slopes = [
        (family.layer("energy", X[:9] + e, 0.5) - family.layer("energy", X[:9] - e, 0.5)) / (2 * h)
        for e in h * torch.eye(2)
    ]
    score = family.layer("score", X[:9], 0.5)
    torch.testing.assert_close(score, -torch.stack(slopes, dim=1), atol=1e-3, rtol=1e-2)


@pytest.mark.parametrize("net", FLOWS)
def test_the_score_of_a_flow_is_the_slope_of_its_density(net):
    family = flow(net)
    h = 1e-2
    slopes = [
        (family.log_prob(X[:9] + e) - family.log_prob(X[:9] - e)) / (2 * h)
        for e in h * torch.eye(2)
    ]
    score = family.layer("score", X[:9], 1.0)
    expected = torch.stack(slopes, dim=1)
    assert float(torch.cosine_similarity(score.flatten(), expected.flatten(), dim=0)) > 0.99


def test_a_vae_is_a_hierarchical_one_of_one_level():
    vae, one = chain("vae", latent=3), chain("hierarchical-vae", latent=3, levels=1)
    assert torch.equal(vae.log_prob_bound(X), one.log_prob_bound(X))
    latents = vae.prior(9, make_generator(0))
    assert torch.equal(vae.push(latents), one.push(latents))


@pytest.mark.parametrize(
    ("slug", "config", "names"),
    [
        ("vae", {}, ["reconstruction", "prior"]),
        ("hierarchical-vae", {"levels": 3}, ["reconstruction", "level-1", "level-2", "prior"]),
        ("vq-vae", {}, ["reconstruction", "prior"]),
    ],
)
def test_the_terms_of_a_bound_sum_to_it(slug, config, names):
    family = chain(slug, **config)
    terms = family.bound_terms(X[:50])
    assert list(terms) == names
    total = torch.stack(list(terms.values())).sum(dim=0)
    torch.testing.assert_close(family.log_prob_bound(X[:50]), total)
    assert (terms["prior"] <= 1e-4).all(), "a divergence, or the logarithm of a probability"


def normal(x: Tensor, mean: Tensor, log_std: Tensor) -> Tensor:
    return -0.5 * ((x - mean) / log_std.exp()).square() - log_std - 0.5 * math.log(2 * math.pi)


def test_a_prior_by_couplings_is_the_law_of_the_latents_that_are_decoded():
    """Of its density, by the law of what it makes of N(0, I); and a bound has it in its place."""
    family = chain("vae", latent=2, couplings=3)
    model = family.trained.averaged
    where, cell = plane(8.0, 160)
    with torch.no_grad():
        density = call(model.prior, Batch(where)).double().exp() * cell
        assert float(density.sum()) == pytest.approx(1, abs=0.01)
        *_, z = model.prior.to_data(Batch(torch.randn((20_000, 2), generator=make_generator(0))))
    mean = (density[:, None] * where).sum(dim=0).float()
    torch.testing.assert_close(z.mean(dim=0), mean, atol=0.03, rtol=0)
    latents = family.prior(9, make_generator(0))
    assert latents.x.shape == (9, 4)
    *_, drawn = model.prior.to_data(Batch(latents.x[:, :2]))
    with torch.no_grad():
        made_there = model.decoder(drawn) + model.scale.exp() * latents.x[:, 2:]
    torch.testing.assert_close(family.push(latents), made_there)


def test_a_prior_that_is_told_the_class_learns_where_each_lies():
    """Latents of one class are more likely under their own than under another."""
    data = replace(images(300, 0), told=True)
    spec = data.spec()
    quick = {"optimizer": {"lr": 0.01, "schedule": "constant"}, "ema": 0.9}
    family = made("vae", {"decoder": MLP, "latent": 2, "couplings": 2, **quick}, spec=spec)
    for i in range(150):
        rows = torch.randint(300, (64,), generator=make_generator(i))
        family.step(spec.standardised(data.rows(rows)))
    rows = spec.standardised(data.rows(slice(None)))
    model = family.trained.averaged
    with torch.no_grad():
        (z,), _ = model.encode(rows, torch.zeros((300, 2)))
        likely = torch.stack(
            [call(model.prior, Batch(z, given={"label": torch.full((300,), k)})) for k in range(3)],
            dim=1,
        )
    assert float((likely.argmax(dim=1) == rows.given["label"]).float().mean()) > 0.6


def test_settings_of_a_vae_of_images_from_before_have_the_prior_of_then():
    entry = registry.get("family", "vae")
    today = encode(settle(entry.config, filled(entry, {}, "images"), "images"))
    then = {name: value for name, value in today.items() if name != "couplings"}
    assert today["couplings"] > 0
    assert entry.upgrade(then, "images")["couplings"] == 0
    assert entry.upgrade({"latent": 8}, "images") == {"latent": 8}, "a setup that says little"
    assert entry.upgrade(today, "images") == today


@pytest.mark.parametrize("levels", [1, 2])
def test_a_bound_is_below_the_density_that_integrating_the_latents_gives(levels):
    """Of one number a level, the integral over them is a sum over a grid."""
    slug = "vae" if levels == 1 else "hierarchical-vae"
    family = chain(slug, latent=1, **({"levels": 2} if levels == 2 else {}))
    model = family.trained.averaged
    axis = torch.linspace(-8, 8, 801)[:, None]
    step = math.log(16 / 800)
    zero = torch.zeros_like(axis)
    with torch.no_grad():
        prior = normal(axis, zero, zero)[:, 0]
        if levels == 2:
            mean, spread = model.down[0](axis).chunk(2, dim=1)
            inner = normal(axis.T, axis + mean, 5 * torch.tanh((spread - 1) / 5))
            prior = torch.logsumexp(inner + prior[:, None] + step, dim=0)
        assert float(prior.exp().sum() * math.exp(step)) == pytest.approx(1, abs=1e-3)
        made_there = model.decoder(axis)
        each = normal(X[:60, None], made_there, model.scale).sum(dim=2)
        exact = torch.logsumexp(each + prior + step, dim=1)
    gap = exact - family.log_prob_bound(X[:60])
    assert gap.mean() > 0
    # Of draws, each row's is noisy.
    assert (gap > -0.5).all()


def test_the_bound_of_a_codebook_is_below_the_sum_over_all_codes():
    family = chain("vq-vae", codes=1, book=8)
    model, rows = family.trained.averaged, Batch(X[:60])
    with torch.no_grad():
        share = model.logits(rows, torch.zeros((60, 1), dtype=torch.int64)).log_softmax(dim=2)
        assert torch.equal(share[0], share[1]), "of one code the law is a table"
        each = [
            normal(rows.x, model.decode(rows, v.expand(60, 1, -1)), model.scale).sum(dim=1)
            for v in model.vectors
        ]
        exact = torch.logsumexp(torch.stack(each, dim=1) + share[:, 0], dim=1)
    assert (family.log_prob_bound(X[:60]) <= exact + 1e-4).all()


@pytest.mark.parametrize("law", [Bins(8, 2.0), Logistics(3)], ids=["bins", "logistics"])
def test_a_quantile_has_its_share_below_it(law: Conditional):
    said = torch.randn((5, 1, law.outputs), generator=make_generator(0))
    u = torch.tensor([[0.001], [0.2], [0.5], [0.9], [0.999]])
    at = law.quantile(said, u)
    fine = torch.linspace(-30, 30, 60_001)
    density = law.log_prob(said.expand(5, len(fine), -1), fine.expand(5, -1)).exp()
    below = (density * (fine < at)).sum(dim=1, keepdim=True) * 0.001
    torch.testing.assert_close(below, u, atol=2e-3, rtol=0)
    mean = (density * fine).sum(dim=1, keepdim=True) * 0.001
    torch.testing.assert_close(law.mean(said), mean, atol=0.02, rtol=0.02)


def test_what_is_said_of_a_number_depends_on_those_before_it_alone():
    spec = images(50, 0).spec()
    family = made("autoregressive", {"net": {"slug": "made", "width": 64}}, spec=spec)
    x = torch.randn((1, *spec.shape), generator=make_generator(0)).requires_grad_()
    said = family.trained.net(x)
    for i in (0, 7, 63):
        (slope,) = torch.autograd.grad(said[0, i].square().sum(), x, retain_graph=True)
        heard = slope.flatten() != 0
        assert not heard[i:].any()
        assert heard[:i].float().mean() > 0.9 or i == 0


def test_particles_that_wander_come_to_the_law_of_their_score():
    start = torch.full((20_000, 1), 3.0)
    *_, end = wander(
        start, lambda x: -x / 0.25, drawn_once(make_generator(0)), steps=400, size=0.01
    )
    assert float(end.mean()) == pytest.approx(0, abs=0.02)
    assert float(end.std()) == pytest.approx(0.5, abs=0.02)
    *_, cold = wander(
        start, lambda x: -x / 0.25, drawn_once(make_generator(0)), steps=400, size=0.01,
        temperature=0.0,
    )  # fmt: skip
    assert cold.abs().max() < 1e-4


def test_a_particle_has_one_life_beside_any_others():
    draw = drawn_each(None)
    assert torch.equal(draw(torch.empty(64, 2), 3)[:16], draw(torch.empty(16, 2), 3))
    assert not torch.equal(draw(torch.empty(16, 2), 3), draw(torch.empty(16, 2), 4))
    other = drawn_each(make_generator(1))
    assert not torch.equal(other(torch.empty(16, 2), 3), draw(torch.empty(16, 2), 3))


def test_a_replay_buffer_keeps_the_last_of_a_place():
    buffer = ReplayBuffer(Batch(torch.zeros(5, 1)), make_generator(0))
    places = torch.tensor([1, 3, 1])
    buffer.put(places, Batch(torch.tensor([[1.0], [2.0], [3.0]])))
    _, rows = buffer.draw(Batch(torch.full((4000, 1), 9.0)), 0.25)
    assert set(rows.x.flatten().tolist()) == {0.0, 2.0, 3.0, 9.0}
    assert float((rows.x == 9.0).float().mean()) == pytest.approx(0.25, abs=0.03)
    assert not (buffer.draw(Batch(torch.full((99, 1), 9.0)), 0.0)[1].x == 9.0).any()


def test_levels_of_a_recovery_keep_the_variance():
    kept, sigma = recovery.schedule(6)
    assert float(kept[0]) == 1
    torch.testing.assert_close(kept[1:], kept[:-1] * (1 - sigma[:-1].square()).sqrt())
    assert float(kept[-1] * (1 - sigma[-1].square()).sqrt()) == pytest.approx(0.1, abs=0.001)


def test_a_step_taken_back_from_the_truth_gives_the_law_before_it():
    family = made("ddgan")
    kept = ddgan.left(4)
    for level in range(1, 5):
        a, b, s = (float(v) for v in family._towards(torch.tensor([level]), X[:1]))
        before, after = float(kept[level - 1]), float(kept[level])
        assert a + b * math.sqrt(after) == pytest.approx(math.sqrt(before), abs=1e-4)
        assert b**2 * (1 - after) + s**2 == pytest.approx(1 - before, abs=1e-4)
    assert float(kept[4]) < 1e-3, "at the end nothing is left of the data"


@pytest.mark.parametrize(
    ("slug", "config"),
    [
        ("vae", {"decoder": MLP}),
        ("vae", {"decoder": MLP, "couplings": 2}),
        ("hierarchical-vae", {"levels": 2, "decoder": MLP}),
        ("vq-vae", {"decoder": MLP}),
        ("normalising-flow", {"net": {"slug": "realnvp"}}),
        ("autoregressive", {"bins": 4, "net": {"slug": "made", "frequencies": 0}}),
        ("energy-based", {"buffer": 40, "steps": 5, "walk": 2, "energy": MLP}),
        ("recovery-likelihood", {"walk": 2, "energy": MLP}),
        ("ddgan", {"generator": MLP, "critic": MLP}),
    ],
)
def test_it_can_be_told_the_class(slug, config):
    data = replace(images(60, 0), told=True)
    spec = data.spec()
    family = made(slug, config, spec=spec)
    rows = spec.standardised(data.rows(slice(0, 16)))
    for _ in range(6):
        assert family.step(rows)["loss"].isfinite()
    told = [
        list(family.flow(family.prior(16, make_generator(0), {"label": torch.tensor(label)})))[-1].x
        for label in (0, 2)
    ]
    assert not torch.equal(*told)
