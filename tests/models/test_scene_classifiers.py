"""Classical classifiers by their optimality conditions, and networks over a whole scene."""

from typing import Any

import pytest
import torch

from pushforward.models.config import decode
from pushforward.models.contracts.abilities import ClassifiesScene
from pushforward.models.contracts.learner import finish
from pushforward.models.contracts.spec import LABEL
from pushforward.models.families.classify.nearest_label import NearestLabel
from pushforward.models.families.classify.semi_gan import SemiGan, SemiGanConfig, unlabelled_loss
from pushforward.models.families.classify.shrunk_lda import ShrunkDiscriminant
from pushforward.models.families.classify.svm import KernelSvm, solve_box
from pushforward.models.kinds.cubes import CubeSet, cubes, mirrored
from pushforward.models.nets.spectra.discriminator import (
    PatchConfig,
    PatchDiscriminator,
    PatchGenerator,
)
from pushforward.models.operators.base import Operation
from pushforward.models.operators.scene_maps import classify_pixels
from pushforward.models.registry import discover, registry
from pushforward.models.tensors import make_generator

discover()
CPU = torch.device("cpu")


def blobs(n: int = 90, classes: int = 3, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    g = make_generator(seed)
    y = torch.arange(n) % classes
    centres = 2.0 * torch.randn((classes, 4), generator=g)
    return centres[y] + torch.randn((n, 4), generator=g), y


def test_the_dual_of_a_machine_meets_its_optimality_conditions() -> None:
    g = make_generator(0)
    factor = torch.randn((5, 12, 12), generator=g).double()
    q = factor @ factor.transpose(1, 2) / 12
    high = torch.full((5, 12), 0.8, dtype=torch.float64)
    high[2, 9:] = 0.0
    a = solve_box(q, high)
    slope = 1.0 - (q @ a[:, :, None])[:, :, 0]
    assert (a >= 0).all()
    assert (a <= high).all()
    inside = (a > 1e-5) & (a < high - 1e-5)
    assert inside.any()
    assert slope[inside].abs().max() < 1e-4
    assert (slope[(a <= 1e-5) & (high > 0)] < 1e-4).all()
    assert (slope[(a >= high - 1e-5) & (high > 0)] > -1e-4).all()
    assert (a[2, 9:] == 0).all()


def test_a_support_vector_machine_separates_rings_and_a_line_does_not() -> None:
    g = make_generator(1)
    angle = 6.28 * torch.rand(120, generator=g)
    y = (torch.arange(120) % 2).long()
    x = torch.stack([angle.cos(), angle.sin()], dim=1) * (1.0 + y)[:, None]
    x = x + 0.1 * torch.randn(x.shape, generator=g)
    made = KernelSvm(x[:80], y[:80], 2, 100.0)
    assert float((made.log_prob(x[80:]).argmax(dim=1) == y[80:]).double().mean()) > 0.95
    line = ShrunkDiscriminant(x[:80], y[:80], 2, 0.0)
    assert float((line.log_prob(x[80:]).argmax(dim=1) == y[80:]).double().mean()) < 0.7


def test_probabilities_of_machines_say_how_often_they_are_right() -> None:
    x, y = blobs(600, 4, 3)
    made = KernelSvm(x[:200], y[:200], 5, 10.0)
    p = made.log_prob(x[200:]).exp()
    assert p.sum(dim=1) == pytest.approx(torch.ones(400).double(), abs=1e-6)
    assert (p[:, 4] < 1e-6).all()  # a class without labels
    right = float((p.argmax(dim=1) == y[200:]).double().mean())
    assert right == pytest.approx(float(p.amax(dim=1).mean()), abs=0.08)


def test_discriminants_are_those_of_gaussians() -> None:
    x, y = blobs()
    made = ShrunkDiscriminant(x, y, 3, 0.1)
    means = torch.stack([x[y == c].double().mean(dim=0) for c in range(3)])
    within = x.double() - means[y]
    covariance = within.T @ within / len(x)
    shrunk = 0.9 * covariance + 0.1 * covariance.diagonal().mean() * torch.eye(4).double()
    laws = [torch.distributions.MultivariateNormal(m, shrunk) for m in means]
    expected = torch.stack([law.log_prob(x.double()) for law in laws], dim=1) + torch.log(
        torch.tensor(1 / 3)
    )
    torch.testing.assert_close(made.log_prob(x), expected.log_softmax(dim=1))


def test_the_nearest_label_is_the_nearest() -> None:
    g = make_generator(2)
    places, y = torch.rand((40, 2), generator=g) * 20, torch.arange(40) % 3
    asked = torch.rand((50, 2), generator=g) * 20
    found = NearestLabel(places, y, 3).log_prob(asked).argmax(dim=1)
    assert torch.equal(found, y[torch.cdist(asked, places).argmin(dim=1)])


@pytest.mark.parametrize(("side", "spectral"), [(7, 0), (9, 0), (11, 3)])
def test_a_whole_scene_at_once_gives_the_numbers_of_window_by_window(
    side: int, spectral: int
) -> None:
    g = make_generator(0)
    config = PatchConfig(width=8, spectral=spectral)
    net = PatchDiscriminator(config, 10, side, 4, generator=g)
    scene = torch.randn((10, 13 + side - 1, 9 + side - 1), generator=g)
    windows = scene.unfold(1, side, 1).unfold(2, side, 1).movedim(0, 2).flatten(0, 1)
    dense = net.dense(scene)
    assert dense is not None
    torch.testing.assert_close(dense.flatten(1).T, net(windows), rtol=1e-4, atol=1e-5)
    small = PatchDiscriminator(PatchConfig(width=8), 10, 5, 4, generator=g)
    assert small.dense(scene) is None


@pytest.mark.parametrize("side", [1, 5, 9])
@pytest.mark.parametrize("spectral", [0, 2])
def test_generated_windows_have_the_shape_of_real_ones(side: int, spectral: int) -> None:
    net = PatchGenerator(
        PatchConfig(width=4, spectral=spectral), 11, side, 3, generator=make_generator(0)
    )
    assert net(torch.zeros(2, 3)).shape == (2, 11, side, side)


def learned(slug: str, steps: int = 30, **config: Any) -> tuple[Any, CubeSet]:
    data = cubes(64, 0)
    entry = registry.get("family", slug)
    made = entry.make(decode(entry.config, config), data.spec(), horizon=steps, seed=0, device=CPU)
    rows = data.spec().standardised(data.rows(slice(None)))
    for _ in range(1 if entry.passes else steps):
        made.step(rows)
    return made, data


@pytest.mark.parametrize("slug", ["svm", "logistic-regression", "shrunk-lda", "nearest-label"])
def test_a_fit_in_one_pass_classifies_pixels_and_scenes_alike(slug: str) -> None:
    model, data = learned(slug)
    rows = data.at(torch.arange(0, 1024, 5)).rows(slice(None))
    one = model.classify(data.spec().standardised(rows))
    everywhere = finish(classify_pixels(Operation(model), data, 5))
    assert isinstance(model, ClassifiesScene)
    torch.testing.assert_close(everywhere[::5], one)
    truth = data.scene.truth.flatten()
    right = float((everywhere.argmax(dim=1) == truth).double().mean())
    assert right > (0.6 if slug == "nearest-label" else 0.75)
    assert len(model.seen) == len(data.pixels.unique())
    again, _ = learned(slug)
    again.step(data.spec().standardised(data.rows(slice(None))))  # a second pass adds nothing
    assert torch.equal(everywhere, finish(classify_pixels(Operation(again), data, 5)))


def test_the_place_of_a_pixel_is_all_that_its_nearest_label_knows() -> None:
    model, data = learned("nearest-label")
    rows = data.spec().standardised(data.rows(slice(None)))
    assert torch.equal(model.classify(rows), model.classify(rows.holding(torch.zeros_like(rows.x))))


@pytest.mark.parametrize(
    ("slug", "config"), [("semi-gan", {}), ("mean-teacher", {"loss": "consistency"})]
)
def test_unlabelled_pixels_take_part_without_their_classes(slug: str, config: Any) -> None:
    data = cubes(64, 0)
    entry = registry.get("family", slug)

    def after(context: CubeSet | None) -> torch.Tensor:
        settings = decode(entry.config, config)
        made = entry.make(settings, data.spec(), horizon=9, seed=0, device=CPU)
        if context is not None:
            made.use_context(context)
        rows = data.spec().standardised(data.rows(slice(None)))
        for _ in range(3):
            made.step(rows)
        found: torch.Tensor = made.classify(rows)
        return found

    context = data.context()
    assert (context.rows(slice(0, 9)).given[LABEL] == -1).all()
    assert not torch.equal(after(None), after(context))
    assert torch.equal(after(context), after(context))


@pytest.mark.parametrize("form", ["implicit", "explicit"])
@pytest.mark.parametrize("loss", ["feature-matching", "ordinary"])
def test_a_semi_supervised_gan_learns_the_classes(form: str, loss: str) -> None:
    model, data = learned("semi-gan", 60, form=form, generator_loss=loss)
    rows = data.spec().standardised(data.at(torch.arange(0, 1024, 3)).rows(slice(None)))
    p = model.classify(rows).exp()
    torch.testing.assert_close(p.sum(dim=1), torch.ones(len(p)))
    assert float((p.argmax(dim=1) == rows.given[LABEL]).double().mean()) > 0.75


def test_both_forms_of_the_generated_class_are_one_loss() -> None:
    """K + 1 logits less the last one are K logits with an implicit 0."""
    spec = cubes(8, 0).spec()
    made = [
        SemiGan(SemiGanConfig(form=form), spec, horizon=1, seed=0, device=CPU)  # type: ignore[arg-type]
        for form in ("implicit", "explicit")
    ]
    scores = torch.randn((6, 3), generator=make_generator(0))
    odds = made[1].log_odds(scores)
    torch.testing.assert_close(odds, made[0].log_odds(scores[:, :2] - scores[:, 2:]))
    real = scores.softmax(dim=1)[:, :2].sum(dim=1)
    torch.testing.assert_close(odds.sigmoid(), real)
    expected = -0.5 * real.log().mean() - 0.5 * (1 - real).log().mean()
    torch.testing.assert_close(unlabelled_loss(odds, odds), expected)


def test_the_null_model_keeps_each_channel_and_mixes_rows() -> None:
    spec = cubes(8, 0).spec()
    config = SemiGanConfig(fakes="shuffled")
    made = SemiGan(config, spec, horizon=1, seed=0, device=CPU)
    rows = spec.standardised(cubes(32, 1).rows(slice(None)))
    fake = made._fakes(torch.zeros(32, 1), rows)
    assert not torch.equal(fake, rows.x)
    for channel in range(3):
        one, other = (x[:, channel].flatten(1).sum(dim=1).sort().values for x in (fake, rows.x))
        torch.testing.assert_close(one, other)
    assert "generator" not in made.parts


def test_flipped_windows_are_flipped_whole() -> None:
    data = cubes(40, 0)
    rows = data.spec().standardised(data.rows(slice(None)))
    turned = mirrored(rows, data.spec(), make_generator(0))
    flips = [rows.x, rows.x.flip(2), rows.x.flip(3), rows.x.flip(2, 3)]
    same = torch.stack([(turned.x == each).flatten(1).all(dim=1) for each in flips])
    assert same.any(dim=0).all()
    assert same.any(dim=1).all()
    assert torch.equal(turned.given[LABEL], rows.given[LABEL])
