"""Views, losses and probes of representations against closed forms and hand-written loops."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from pushforward.models.config import ConfigError, decode
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL
from pushforward.models.families.gan import Gan, GanConfig
from pushforward.models.families.likelihood.vae import Vae, VaeConfig
from pushforward.models.families.represent.representation import (
    Representation,
    RepresentationConfig,
)
from pushforward.models.kinds.images import ImageSet, images
from pushforward.models.metrics.base import Evidence, NotApplicable
from pushforward.models.metrics.represent.probe import FewLabelAccuracy, FewLabelConfig
from pushforward.models.representation.checks import describe_collapse
from pushforward.models.representation.latent_views import (
    CUT_STD,
    LatentViews,
    cut_normal,
    neighbours,
    truncated,
)
from pushforward.models.representation.losses import (
    alignment_uniformity,
    nt_xent,
    sup_con,
    vicreg,
)
from pushforward.models.representation.pixel_views import PixelViews, pixel_view
from pushforward.models.representation.probes import (
    PENALTIES,
    ProbeData,
    _fit,
    draw_labels,
    few_label_accuracy,
    knn_accuracy,
    linear_accuracy,
    pca_features,
)
from pushforward.models.representation.source import ViewSource
from pushforward.models.representation.steering import learn_directions
from pushforward.models.tensors import make_generator

CPU = torch.device("cpu")
DATA = images(300, 0)
SPEC = DATA.spec()
NAMED = DATA.labelled()
assert isinstance(NAMED, ImageSet)
NET = {"slug": "dcgan", "config": {"width": 4}}
N = 20_000


def rows(n: int, k: int, seed: int) -> Tensor:
    return torch.randn((n, k), generator=make_generator(seed))


def vae(conditional: bool = False) -> Vae:
    spec = NAMED.spec() if conditional else SPEC
    config = decode(
        VaeConfig,
        {"latent": 3, "encoder": NET, "decoder": NET, "noisy": False, "conditional": conditional},
    )
    return Vae(config, spec, horizon=10, seed=0, device=CPU)


def representation(source: Any = None, **settings: Any) -> Representation:
    config = decode(RepresentationConfig, {"net": NET, "features": 6, "projection": 5, **settings})
    spec = NAMED.spec() if source is None else source.spec
    inputs = {} if source is None else {"source": source}
    return Representation(config, spec, horizon=10, seed=0, device=CPU, inputs=inputs)


def batch(n: int = 12) -> Batch:
    return NAMED.spec().standardised(NAMED.rows(slice(0, n)))


# Losses


def test_nt_xent_equals_a_hand_written_loop() -> None:
    a, b, tau = rows(5, 4, 0), rows(5, 4, 1), 0.3
    f = [x / x.norm() for x in (*a, *b)]
    total = 0.0
    for i in range(10):
        others = [float(torch.exp(f[i] @ f[j] / tau)) for j in range(10) if j != i]
        total += -math.log(float(torch.exp(f[i] @ f[(i + 5) % 10] / tau)) / sum(others)) / 10
    assert float(nt_xent(a, b, tau)) == pytest.approx(total, abs=1e-6)


def test_nt_xent_of_equal_projections_is_the_log_of_the_negatives() -> None:
    same = torch.ones(7, 3)
    assert float(nt_xent(same, same, 0.5)) == pytest.approx(math.log(13), abs=1e-6)


def test_supcon_with_unique_labels_is_nt_xent_and_ignores_the_order() -> None:
    a, b = rows(16, 8, 2), rows(16, 8, 3)
    unique = torch.arange(16)
    assert torch.allclose(sup_con(a, b, unique, 0.5), nt_xent(a, b, 0.5), atol=1e-6)
    labels, order = unique % 3, torch.randperm(16, generator=make_generator(4))
    mixed = sup_con(a[order], b[order], labels[order], 0.5)
    assert torch.allclose(mixed, sup_con(a, b, labels, 0.5), atol=1e-6)
    assert torch.allclose(nt_xent(b[order], a[order], 0.5), nt_xent(a, b, 0.5), atol=1e-6)


def test_supcon_equals_a_hand_written_loop() -> None:
    a, b, tau = rows(4, 3, 5), rows(4, 3, 6), 0.2
    labels = [0, 1, 0, 2] * 2
    f = [x / x.norm() for x in (*a, *b)]
    total = 0.0
    for i in range(8):
        below = sum(float(torch.exp(f[i] @ f[j] / tau)) for j in range(8) if j != i)
        mine = [j for j in range(8) if j != i and labels[j] == labels[i]]
        total += sum(math.log(below) - float(f[i] @ f[j]) / tau for j in mine) / len(mine) / 8
    assert float(sup_con(a, b, torch.tensor(labels[:4]), tau)) == pytest.approx(total, abs=1e-5)


def test_alignment_and_uniformity_of_points_that_are_known() -> None:
    # Two opposite points: alignment 0, uniformity -2 |f - f'|^2 = -8.
    a = torch.tensor([[1.0, 0.0], [-2.0, 0.0]])
    alignment, uniformity = alignment_uniformity(a, a)
    assert float(alignment) == pytest.approx(0.0, abs=1e-6)
    assert float(uniformity) == pytest.approx(-8.0, abs=1e-5)


def test_vicreg_of_white_features_is_0_and_of_constant_ones_is_not() -> None:
    sign = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]]) * 2
    assert float(vicreg(sign, sign)) == pytest.approx(0.0, abs=1e-6)
    assert float(vicreg(torch.ones(4, 2), torch.ones(4, 2))) > 20


# Latent views


def test_a_cut_normal_lies_within_2_and_has_its_deviation() -> None:
    z = rows(N, 1, 7)
    cut = cut_normal(z)
    assert float(cut.abs().max()) <= 2
    assert float(cut.std()) == pytest.approx(CUT_STD, abs=0.01)
    assert (cut.sort(dim=0).indices == z.sort(dim=0).indices).all()


@pytest.mark.parametrize("truncation", [0.0, 0.9])
def test_gaussian_views_have_the_deviation_of_the_code(truncation: float) -> None:
    views = LatentViews(kind="gaussian", sigma=0.3, truncation=truncation)
    z = truncated(views, rows(N, 2, 8))
    step = neighbours(views, z, make_generator(9)) - z
    expected = 0.3 * (truncation * CUT_STD if truncation else 1.0)
    assert float(step.mean()) == pytest.approx(0.0, abs=0.01)
    assert float(step.std()) == pytest.approx(expected, rel=0.02)


def test_uniform_views_have_the_same_deviation_and_an_end() -> None:
    z = rows(N, 2, 8)
    step = neighbours(LatentViews(kind="uniform", sigma=0.3), z, make_generator(9)) - z
    assert float(step.std()) == pytest.approx(0.3, rel=0.02)
    assert float(step.abs().max()) <= 0.3 * math.sqrt(3) + 1e-6


def test_views_that_keep_the_norm_do() -> None:
    z = rows(N, 16, 10)
    kept = neighbours(LatentViews(kind="preserving", sigma=0.6), z, make_generator(11))
    assert float(kept.std()) == pytest.approx(1.0, abs=0.01)
    turned = neighbours(LatentViews(kind="angular", sigma=1.0), z, make_generator(11))
    assert torch.allclose(turned.norm(dim=1), z.norm(dim=1), rtol=1e-4)
    cosine = torch.cosine_similarity(turned, z)
    assert math.cos(1.0) - 1e-4 <= float(cosine.min()) < math.cos(0.98)


@pytest.mark.parametrize("kind", ["gaussian", "uniform", "preserving", "angular"])
def test_without_noise_and_pixel_views_both_views_are_identical(kind: str) -> None:
    made = representation(vae(), latent={"kind": kind, "sigma": 0.0}, pixels={"use": False})
    for name, scene in made.walk(batch()):
        if name == "views":
            assert torch.allclose(scene["real"], scene["particles"], atol=1e-4)
    same = representation(vae(), latent={"kind": kind, "sigma": 0.5}, pixels={"use": False})
    views = dict(same.walk(batch()))["views"]
    assert not torch.allclose(views["real"], views["particles"], atol=1e-2)


def test_edit_directions_of_a_linear_generator_are_found() -> None:
    class Linear:
        """G(z) = z as pixels: an edit is explained as far as it is linear."""

        device = CPU
        spec = SPEC

        def prior(self, n: int, generator: torch.Generator, given: Any = None) -> Batch:
            return Batch(torch.randn((n, 64), generator=generator))

        def push(self, z: Batch) -> Tensor:
            return z.x.reshape(-1, 1, 8, 8)

    directions, explained = learn_directions(ViewSource(Linear(), 1), SPEC, 0)  # type: ignore[arg-type]
    assert directions.shape == (5, 64)
    # Brightening adds 0.3 (x + mean / std): only its constant part is the same for all anchors.
    brighter = directions[4]
    expected = 0.3 * SPEC.mean.flatten() / SPEC.std.flatten()
    assert float(torch.cosine_similarity(brighter, expected, dim=0)) > 0.9
    assert 0.0 < float(explained[4]) < 1.0


# Pixel views


def test_pixel_views_that_change_nothing_return_the_image() -> None:
    still = PixelViews(crop=1.0, rotation=0.0, brightness=0.0, contrast=0.0, colour=0.0)
    x = DATA.x[:6]
    assert torch.allclose(pixel_view(still, x, make_generator(0)), x, atol=1e-5)


def test_pixel_views_differ_by_image_and_stay_between_black_and_white() -> None:
    x = DATA.x[:1].expand(40, -1, -1, -1)
    seen = pixel_view(PixelViews(blur=0.5, mirror=True, shift=0.1), x, make_generator(0))
    assert float(seen.min()) >= 0
    assert float(seen.max()) <= 1
    assert len(seen.flatten(1).unique(dim=0)) > 35


# Probes


def test_a_linear_probe_is_the_minimum_of_its_loss() -> None:
    x, y = rows(60, 3, 12), torch.arange(60) % 3
    w, b = _fit(x[None], y[None], 3, 0.1)
    scores = (x @ w[0] + b[0]).requires_grad_()
    torch.nn.functional.cross_entropy(scores, y).backward()
    assert scores.grad is not None
    assert torch.allclose(x.T @ scores.grad + 0.1 * w[0], torch.zeros(3, 3), atol=1e-4)


def test_draws_of_labels_depend_on_labels_and_seed_alone() -> None:
    labels = torch.arange(50) % 5
    drawn = draw_labels(labels, 2, 7, 3)
    assert drawn.shape == (7, 10)
    assert (labels[drawn].sort(dim=1).values == torch.arange(5).repeat_interleave(2)).all()
    assert (drawn == draw_labels(labels, 2, 7, 3)).all()
    assert not (drawn == draw_labels(labels, 2, 7, 4)).all()
    with pytest.raises(ValueError, match="class 0 has 10 training rows"):
        draw_labels(labels, 11, 1, 0)


def test_probes_find_classes_that_are_apart_and_not_shuffled_ones() -> None:
    y = torch.arange(400) % 4
    x = 3.0 * torch.nn.functional.one_hot(y, 4).float() + 0.3 * rows(400, 4, 13)
    data = ProbeData.of(lambda each: each, x[:300], y[:300], x[300:], y[300:])
    each, penalty = few_label_accuracy(data, 5, 4, 0)
    assert float(each.mean()) > 0.98
    assert penalty in PENALTIES
    assert linear_accuracy(data)[0] == knn_accuracy(data) == 1.0
    shuffled = [y[torch.randperm(300, generator=make_generator(seed))] for seed in range(4)]
    wrong = [ProbeData.of(lambda each: each, x[:300], z, x[300:], y[300:]) for z in shuffled]
    assert sum(linear_accuracy(each)[0] for each in wrong) / 4 < 0.5, "by chance 0.25"


def test_all_components_keep_distances() -> None:
    x = rows(30, 5, 14).double()
    seen = pca_features(x, 5)(x)
    assert torch.allclose(torch.pdist(seen), torch.pdist(x))


def test_a_metric_without_classes_says_what_to_do() -> None:
    metric = FewLabelAccuracy(FewLabelConfig())
    nameless = ImageSet(DATA.x)
    evidence = Evidence(nameless, make_generator(0), model=representation(), train=nameless)
    with pytest.raises(NotApplicable, match="probes need classes"):
        metric.measure(evidence)
    named = Evidence(DATA.take(slice(0, 100)), make_generator(0), train=DATA)
    assert 0.3 < metric.bar(named).value <= 1.0


# The model


@pytest.mark.parametrize(
    "objective",
    ["nt-xent", "supcon", "alignment-uniformity", "vicreg", "inverter", "autoencoder"],
)
def test_each_objective_falls(objective: str) -> None:
    still = {"use": objective != "inverter"}  # an untrained decoder shows little of its latent
    made = representation(vae(objective == "supcon"), objective=objective, pixels=still)
    losses = [float(made.step(batch(64))["loss"]) for _ in range(25)]
    assert sum(losses[-5:]) < sum(losses[:5])
    assert made.represent(batch().x).shape == (12, 6)


def test_a_training_is_resumed_bit_for_bit_also_with_frozen_anchors() -> None:
    settings = {"anchors": 300, "latent": {"kind": "gaussian"}, "real_share": 0.5}
    made = representation(vae(), **settings)
    made.step(batch())
    state = made.state()
    expected = made.step(batch())["loss"]
    again = representation(vae(), **settings)
    again.load_state(state)
    assert again.step(batch())["loss"] == expected


def test_labels_of_mixed_anchors_are_those_of_both_parts() -> None:
    made = representation(vae(True), objective="supcon", real_share=0.25)
    assert made.anchors is not None
    anchors, latents = made.anchors.draw(batch(), make_generator(0), 0)
    assert (len(latents), len(anchors)) == (9, 12)
    assert (anchors.given[LABEL][9:] == batch().given[LABEL][9:]).all()
    assert (anchors.given[LABEL][:9] == latents.given[LABEL]).all()


@pytest.mark.parametrize(
    ("source", "settings", "path", "words"),
    [
        (False, {"objective": "inverter"}, "objective", "choose a source"),
        (False, {"latent": {"kind": "gaussian"}}, "latent.kind", "choose a source"),
        (True, {"objective": "supcon"}, "objective", "class-conditional"),
    ],
)
def test_settings_that_do_not_fit_are_refused(
    source: bool, settings: dict[str, Any], path: str, words: str
) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        representation(vae() if source else None, **settings)
    assert caught.value.path == path


def test_a_collapsed_source_is_said_with_its_evidence() -> None:
    config = decode(GanConfig, {"latent": 4, "generator": NET, "critic": NET})
    gan = Gan(config, SPEC, horizon=10, seed=0, device=CPU)
    for each in gan.carrier.trained.averaged.parameters():
        each.zero_()
    (said,) = representation(gan).warnings()
    assert said.startswith("The source has collapsed: its samples have 0 % of the variance")
    assert describe_collapse(0.8) == ""
