"""Classes: which data have them, what a model is told of them, and how it forgets."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from pushforward.models.config import ConfigError, decode
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL
from pushforward.models.contracts.unconditional import UNCONDITIONAL, drop_conditions
from pushforward.models.data.ring_of_five import RingOfFiveConfig, ring_of_five
from pushforward.models.data.two_moons import TwoMoonsConfig, two_moons
from pushforward.models.families.edm import Edm, EdmConfig
from pushforward.models.families.exact_flow import ExactFlow, ExactFlowConfig
from pushforward.models.kinds.images import images
from pushforward.models.kinds.points import PointSet
from pushforward.models.nets.role import DENOISER
from pushforward.models.nets.unet import UNetConfig, unet
from pushforward.models.oracle import GaussianMixture
from pushforward.models.tensors import make_generator
from pushforward.studio.engine.data.specs import pack_spec, unpack_spec
from pushforward.studio.engine.kinds.points import Points
from tests.models import tracks

CPU = torch.device("cpu")
RING = ring_of_five(RingOfFiveConfig(), 2000, 0)
TOLD = replace(RING, told=True)
assert RING.modes is not None
MODES = RING.modes
SMALL = {"net": {"width": 16, "depth": 2}}


def family(data: PointSet = TOLD, **settings: object) -> Edm:
    config = decode(EdmConfig, {**SMALL, **settings})
    return Edm(config, data.spec(), horizon=50, seed=0, device=CPU)


def batch(data: PointSet = TOLD) -> Batch:
    return data.spec().standardised(data.rows(slice(0, 64)))


def level(s: float) -> Tensor:
    return torch.tensor(s, dtype=torch.float64)


@pytest.fixture
def law() -> GaussianMixture:
    return GaussianMixture(
        torch.tensor([[0.0, 1.0], [-1.5, 0.2], [0.7, -0.8]], dtype=torch.float64),
        torch.tensor([0.4, 0.5, 0.3], dtype=torch.float64),
        torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64),
        torch.tensor([0, 1, 0]),
    )


def points(n: int = 100) -> Tensor:
    return 2 * torch.randn(n, 2, generator=make_generator(0)).double()


@pytest.mark.parametrize("s", [0.05, 1.0])
def test_the_law_of_a_class_is_that_of_its_gaussians(law: GaussianMixture, s: float):
    x, label = points(), torch.zeros(100, dtype=torch.int64)
    one = law.of_class(0)
    torch.testing.assert_close(one.weights, torch.tensor([5 / 7, 2 / 7], dtype=torch.float64))
    for name in ("log_prob", "score", "denoise"):
        told, alone = getattr(law, name)(x, level(s), label), getattr(one, name)(x, level(s))
        torch.testing.assert_close(told, alone)
        none = torch.full_like(label, UNCONDITIONAL)
        torch.testing.assert_close(
            getattr(law, name)(x, level(s), none), getattr(law, name)(x, level(s))
        )


@pytest.mark.parametrize("s", [0.05, 1.0])
def test_bayes_holds_and_the_gradient_of_the_class_is_a_difference_of_scores(
    law: GaussianMixture, s: float
):
    """log p(x) + log p(c | x) = log p(x | c) + log p(c); and its gradient, by autograd."""
    x, label = points().requires_grad_(True), torch.ones(100, dtype=torch.int64)
    found = law.log_class(x, level(s))[:, 1]
    bayes = law.log_prob(x, level(s), label) + torch.log(torch.tensor(0.3).double())
    torch.testing.assert_close(law.log_prob(x, level(s)) + found, bayes)
    (slope,) = torch.autograd.grad(found.sum(), x)
    flat = x.detach()
    difference = law.score(flat, level(s), label) - law.score(flat, level(s))
    assert float((slope - difference).abs().max()) < 1e-8


def test_what_is_seen_of_a_point_leaves_a_mixture(law: GaussianMixture):
    """p(y | x) p(x) = p(x, y), at any y."""
    seen = torch.tensor([0.3, 0.0], dtype=torch.float64)
    left = law.observing(seen, torch.tensor([True, False]))
    y = torch.linspace(-2, 2, 9, dtype=torch.float64)[:, None]
    joint = law.log_prob(torch.cat([seen[:1].expand(9, 1), y], dim=1), level(0.0))
    gap = joint - left.log_prob(y, level(0.0))
    torch.testing.assert_close(gap, gap[:1].expand(9))


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0, 3.0])
def test_a_tilted_law_has_the_moments_of_its_density(strength: float):
    """Against quadrature of p(x) p(c | x)^strength on the line."""
    law = GaussianMixture(
        torch.tensor([[-1.0], [1.0]], dtype=torch.float64),
        torch.tensor([0.7, 0.7], dtype=torch.float64),
        torch.tensor([0.5, 0.5], dtype=torch.float64),
        torch.tensor([0, 1]),
    )
    x = law.sample_tilted(20_000, 1, strength, make_generator(1))[:, 0]
    grid = torch.linspace(-6, 6, 4001, dtype=torch.float64)[:, None]
    log = law.log_prob(grid, level(0.0)) + strength * law.log_class(grid, level(0.0))[:, 1]
    weight = (log - log.max()).exp()
    mean = float((weight * grid[:, 0]).sum() / weight.sum())
    std = float((weight * (grid[:, 0] - mean).square()).sum() / weight.sum()) ** 0.5
    assert float(x.mean()) == pytest.approx(mean, abs=0.03)
    assert float(x.std()) == pytest.approx(std, abs=0.02)


def test_classes_are_told_only_where_they_are_asked_for():
    assert not RING.spec().given
    assert RING.spec().mixture is not None
    assert RING.spec().mixture.classes is None
    assert not RING.rows(slice(0, 3)).given
    told = Points("points").labelled(RING)
    assert told is not None
    spec = told.spec()
    assert spec.given[LABEL].names == ("1", "2", "3", "4", "5")
    centres = torch.stack([RING.x[RING.labels == c].mean(dim=0) for c in range(5)])
    assert float((centres - MODES).norm(dim=1).max()) < 0.15
    back = unpack_spec(*pack_spec(spec))
    assert back.mixture is not None
    assert torch.equal(back.mixture.classes, torch.arange(5))
    assert torch.equal(back.law[LABEL], spec.law[LABEL])


def test_the_moons_are_two_classes():
    moons = two_moons(TwoMoonsConfig(noise=0.0), 500, 0)
    assert moons.names == ("upper", "lower")
    assert moons.labels is not None
    assert (moons.x[moons.labels == 0].norm(dim=1) - 1).abs().max() < 1e-5


def test_untold_rows_keep_their_size():
    rows = tracks.tracks(20, 0).rows(slice(0, 6))
    where = torch.tensor([True, False, True, False, False, False])
    some = drop_conditions(rows, where)
    assert some.given[LABEL][where].eq(UNCONDITIONAL).all()
    assert torch.equal(some.given[LABEL][~where], rows.given[LABEL][~where])
    assert some.given["energy"][where].eq(0).all()
    assert torch.equal(some.given["energy"][~where], rows.given["energy"][~where])
    assert torch.equal(some.given["size"], rows.given["size"])
    assert some.mask is rows.mask


def test_without_label_dropout_nothing_is_drawn_for_it():
    one, two = family(), family(label_dropout=0.5)
    rows = batch()
    assert one.field.forgetting(rows, one.noise) is rows
    one.step(batch())
    two.step(batch())
    assert not torch.equal(one.noise.get_state(), two.noise.get_state())
    plain = family(RING)
    plain.step(batch().x)
    assert torch.equal(one.noise.get_state(), plain.noise.get_state())


def test_so_large_a_share_of_the_rows_is_forgotten():
    edm = family(label_dropout=0.2)
    rows = TOLD.spec().standardised(TOLD.rows(slice(None)))
    left = edm.field.forgetting(rows, edm.noise)
    assert float((left.given[LABEL] == UNCONDITIONAL).float().mean()) == pytest.approx(
        0.2, abs=0.03
    )


def test_a_model_that_always_knew_the_class_says_so_when_it_is_asked_without_one():
    with pytest.raises(ValueError, match="label dropout"):
        family().denoiser(drop_conditions(batch()))
    edm = family(label_dropout=0.1)
    said = edm.denoiser(drop_conditions(batch()))(batch().x, torch.tensor(1.0))
    assert said.isfinite().all()
    # No condition at all is that state, too.
    assert torch.equal(edm.denoiser()(batch().x, torch.tensor(1.0)), said)
    with pytest.raises(ConfigError, match="label_dropout"):
        family(RING, label_dropout=0.1)


def test_the_exact_field_knows_each_class_and_all_of_them():
    flow = ExactFlow(ExactFlowConfig(), TOLD.spec(), horizon=1, seed=0, device=CPU)
    latents = flow.prior(500, make_generator(0), {LABEL: torch.tensor(2)})
    *_, last = flow.flow(latents)
    made = TOLD.spec().restore(last.x)
    near = torch.cdist(made, MODES).argmin(dim=1)
    assert float((near == 2).float().mean()) > 0.98
    *_, every = flow.flow(drop_conditions(latents))
    shares = torch.cdist(TOLD.spec().restore(every.x), MODES).argmin(dim=1).bincount()
    assert int(shares.min()) > 60


def test_a_unet_hears_the_class():
    spec = replace(images(50, 0), told=True).spec()
    net = unet(UNetConfig(width=4), spec, DENOISER, make_generator(0))
    for weight in net.parameters():
        torch.nn.init.normal_(weight, std=0.1, generator=make_generator(1))
    x, clock = torch.randn(3, 1, 8, 8, generator=make_generator(2)), torch.zeros(3)
    outs = [net(x, clock, {LABEL: torch.full((3,), c)}) for c in (0, 1, UNCONDITIONAL)]
    assert not torch.allclose(outs[0], outs[1])
    assert torch.equal(outs[2], net(x, clock))


def test_a_point_put_by_hand_is_of_the_class_of_its_nearest():
    points = Points("points")
    target = replace(points.target(RING), x=MODES + 0.01)
    moved = points.with_target(TOLD, target)
    assert moved.rows(slice(None)).given[LABEL].tolist() == [0, 1, 2, 3, 4]
