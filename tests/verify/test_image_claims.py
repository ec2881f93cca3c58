"""The comparison on images: equal time, one judge, floors beside the figures."""

from collections import Counter
from functools import partial

import pytest
import torch

from pushforward.models.config import decode
from pushforward.models.families.edm import Edm
from pushforward.models.families.likelihood.latent_diffusion import LatentDiffusion
from pushforward.models.metrics.base import Floor
from pushforward.models.nets.offered import kinds_of
from pushforward.models.registry import registry
from pushforward.models.tensors import make_generator
from pushforward.studio.engine.data import reference_classifier
from pushforward.verify.claim import Null
from pushforward.verify.discovery import discover
from pushforward.verify.engine_bench import EngineBench
from pushforward.verify.images import class_conditions as asked
from pushforward.verify.images import (
    colour_digits,
    default_settings,
    digit_solvers,
    digits,
    equal_time,
    mnist_solvers,
)
from pushforward.verify.images.code_length import class_bits
from pushforward.verify.images.equal_time import (
    DIGITS,
    DIGITS_LINE,
    LAWS,
    MNIST,
    MNIST_LINE,
    Compared,
    Method,
    Score,
    compare,
    dataset_of,
    judged_law,
    measure,
    nulls_of,
    table,
    train_for,
    without_labels,
)
from pushforward.verify.images.quality_curves import solver_of
from pushforward.verify.images.restoration import best_kernel, best_linear, of_exact_draws, psnr
from pushforward.verify.images.trilemma import DIFFUSION, GAN, Corners, is_trilemma
from tests.tiers import EXHAUSTIVE

discover()
MLP = {"slug": "mlp", "config": {"width": 8, "depth": 1}}
NULLS = [
    pytest.param(null, id=f"{slug}-{null.title}", marks=marks)
    for slug, line, marks in (
        ("digits", DIGITS_LINE, ()),
        ("mnist", MNIST_LINE, pytest.mark.slow),
    )
    for null in nulls_of(LAWS, partial(dataset_of, slug), line)
]
MADE_UP = {"one Gaussian of all pixels", "each channel of another image"}
"""Laws in which no label is missing."""
FLOORS = (Floor(5.0, 1.0, 4.0, 6.0, 60, 4), Floor(0.1, 0.01, 0.09, 0.11, 60, 4))
QUICK = (
    Method("A", "edm", {"net": MLP}, 16),
    Method("B", "gan", {"generator": MLP, "critic": MLP}, 16),
)


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.getbasetemp() / "judges"
    monkeypatch.setattr(reference_classifier, "cache_folder", lambda: folder)


def timed(monkeypatch, **costs):
    """Let a step of each family take so many seconds; returns all that were taken, by family."""
    now, taken, begun = [0.0], Counter(), equal_time._Training._begun

    def counted(self, horizon):
        family, slug = begun(self, horizon), self._entry.slug
        step = family.step

        def stepped(batch):
            now[0] += costs[slug]
            taken[slug] += 1
            return step(batch)

        family.step = stepped
        return family

    monkeypatch.setattr(equal_time._Training, "_begun", counted)
    monkeypatch.setattr(equal_time.time, "process_time", lambda: now[0])
    return taken


@pytest.mark.parametrize("slowness", [1.0, 3.0])
def test_a_training_is_as_long_on_a_slow_computer(monkeypatch, slowness):
    """Where a step of the yardstick takes 1/25 s or longer, and one of the method a quarter."""
    taken = timed(monkeypatch, edm=0.04 * slowness, gan=0.01 * slowness)
    family, steps = train_for(QUICK[1], dataset_of("digits"), 3.0, seed=0)
    assert steps == pytest.approx(100 * 3.0, abs=1)
    # The schedule has come to its end when the training has.
    assert family.field.trained.optimizer.horizon == steps
    # What it takes to know its length is a small part of it.
    assert taken["gan"] * 0.01 + taken["edm"] * 0.04 <= 3.0 * 1.1 + 2 * 0.04


def test_a_training_comes_to_its_end_though_its_lesson_costs_more_than_the_rest(monkeypatch):
    """By a clock on which a step of the autoencoder costs four times one of the diffusion."""
    now, step = [0.0], LatentDiffusion.step

    def stepped(self, batch):
        now[0] += 0.04 if self._count < self._lesson else 0.01
        return step(self, batch)

    yardstick = Edm.step

    def yard(self, batch):
        now[0] += 0.04
        return yardstick(self, batch)

    monkeypatch.setattr(LatentDiffusion, "step", stepped)
    monkeypatch.setattr(equal_time.time, "process_time", lambda: now[0])
    monkeypatch.setattr(Edm, "step", yard)
    small = {"slug": "dcgan", "config": {"width": 2}}
    config = {"latent": 2, "encoder": small, "decoder": small}
    method = Method("L", "latent-diffusion", config, 16)
    family, steps = train_for(method, dataset_of("digits"), 5.0, seed=0)
    assert steps == pytest.approx(5.0 / 0.025, abs=2)
    assert family.field.trained.count == pytest.approx(steps / 2, abs=2)


def test_methods_are_judged_beside_a_floor():
    found = compare(dataset_of("digits"), QUICK, 0.2, [0, 1], n=60)
    assert list(found.scores) == ["A", "B"]
    for scores in found.scores.values():
        assert len(scores) == 2
        for score in scores:
            assert score.frechet > found.frechet.mean > 0.0
            assert 0.0 <= score.balance <= 1.0
            assert score.steps > 0
    assert found.frechet.n == 60
    assert found.scores["A"][0].nfe > found.scores["B"][0].nfe == 1
    worst = max(score.frechet for score in found.scores["A"])
    assert found.value()["Fréchet distance of A"] == worst
    line = table(found)
    assert line.startswith("A [")
    assert f"{worst:.1f}" in line
    assert "B [1 NFE]" in line


@pytest.mark.parametrize(("slug", "methods"), [("GI-digits", DIGITS), ("GI-mnist", MNIST)])
def test_the_claims_are_listed(slug, methods):
    entry = registry.get("experiment", slug)
    assert entry.slow
    assert entry.summary.endswith(".")
    assert entry.pass_line
    assert {m.family for m in methods} == {"edm", "gan", "discriminator-flow", "score-gan"}
    for method in methods:
        family = registry.get("family", method.family)
        assert "images" in kinds_of(family)
        decode(family.config, dict(method.config))


@pytest.mark.parametrize(
    ("floors", "variation", "rarest", "passed"),
    [
        (DIGITS_LINE.floors, DIGITS_LINE.variation, DIGITS_LINE.rarest, (True, True)),
        (DIGITS_LINE.floors, DIGITS_LINE.variation, 0.2, (False, False)),
        (DIGITS_LINE.floors, 0.35, 0.9, (False, True)),
        (DIGITS_LINE.floors + 0.1, 0.1, 0.9, (False, True)),
        (MNIST_LINE.floors + 0.1, 0.5, 0.9, (False, False)),
    ],
)
def test_one_method_and_seed_is_enough_to_fail(
    monkeypatch, floors: float, variation: float, rarest: float, passed: tuple[bool, bool]
):
    good, worst = Score(5.0, 0.05, 0.9, 1, 1), Score(5.0 * floors, variation, rarest, 1, 1)
    found = Compared(
        {"A": [good, good], "B": [good, worst]},
        *FLOORS,
        [0, 1],
    )
    for line, expected in zip((DIGITS_LINE, MNIST_LINE), passed, strict=True):
        outcome = equal_time.outcome_of(found, line)
        assert outcome.passed is expected
        assert "TV" in outcome.floor
        assert outcome.value["rarest label of B"] == rarest


@pytest.mark.parametrize("slug", default_settings.FIELDS | default_settings.RELATIVES)
def test_a_family_of_images_is_tried_as_a_person_finds_it(monkeypatch, slug: str):
    asked: list[tuple[Method, list[int]]] = []

    def compare(data: object, methods: list[Method], seconds: float, seeds: list[int]) -> Compared:
        asked.extend((method, seeds) for method in methods)
        return Compared({slug: [Score(1000.0, 0.05, 0.9)]}, *FLOORS, seeds)

    monkeypatch.setattr(default_settings, "compare", compare)
    for ground in (default_settings.GREY, default_settings.COLOUR):
        claimed = f"{ground.prefix}-{slug}" in {e.slug for e in registry.all("experiment")}
        assert claimed == (ground is default_settings.COLOUR or slug in default_settings.FIELDS)
        assert ground.measure(slug, EngineBench()).passed is False
    title = registry.get("family", slug).title
    batch = registry.get("kind", "images").training["batch"]
    assert asked == 2 * [(Method(title, slug, {}, batch), [0, 1, 2])]
    assert title == (default_settings.FIELDS | default_settings.RELATIVES)[slug]


def test_every_family_that_learns_images_from_images_alone_is_tried():
    able = [e for e in registry.all("family") if "images" in kinds_of(e)]
    assert {e.slug for e in able if e.field and not e.inputs} == set(default_settings.FIELDS)
    assert set(default_settings.RELATIVES) == {
        e.slug for e in able if e.group in ("likelihood", "discrete") or "autoencoder" in e.inputs
    }
    fields, relatives = set(default_settings.FIELDS), set(default_settings.RELATIVES)
    others = {
        e.slug: set(e.inputs)
        for e in registry.all("family")
        if "images" in kinds_of(e)
        and e.slug not in fields | relatives
        and e.make.__module__.startswith("pushforward.models.families.")
    }
    # A classifier makes none; a student learns from a run of one that is tried.
    assert {"classifier", "noisy-classifier", "one-step-distillation"} <= set(others)
    assert all(of & {"teacher", "source"} for slug, of in others.items() if "classif" not in slug)


def test_every_family_that_can_be_told_the_class_is_asked_for_one():
    methods = {m.family: m for m in asked.told_families()}
    assert {"edm", "gan", "mmd-flow", "mmd-generator", "vae", "pixel-d3pm"} <= set(methods)
    for method in methods.values():
        entry = registry.get("family", method.family)
        config = decode(entry.config, dict(method.config))
        assert entry.make.needs_classes(config)
    plain, shuffled = (asked.told_digits(shuffled=way) for way in (False, True))
    assert torch.equal(plain.rows.x, shuffled.rows.x)
    assert torch.equal(plain.rows.labels.bincount(), shuffled.rows.labels.bincount())
    right = (plain.rows.labels == shuffled.rows.labels).float().mean()
    assert float(right) == pytest.approx(0.1, abs=0.03)


def test_one_family_that_obeys_no_class_is_enough_to_fail(monkeypatch):
    seen = {"edm": 0.9, "gan": asked.LINE - 0.01}
    monkeypatch.setattr(asked, "_accuracies", lambda methods, data, seed: seen)
    assert asked.requested_digits.__wrapped__(EngineBench()).passed is False
    seen["gan"] = asked.LINE
    assert asked.requested_digits.__wrapped__(EngineBench()).passed is True


@pytest.mark.parametrize("null", NULLS)
def test_laws_that_nobody_wants_miss_the_line(null: Null):
    """One of them has all labels in their shares, one has perfect images: each clause is needed."""
    outcome = null.measure()
    assert outcome.passed is False, outcome.figure


@pytest.mark.parametrize("null", colour_digits.COLOUR_LAWS)
@EXHAUSTIVE
def test_colours_that_nobody_wants_miss_the_line(null: str):
    """Each clause is needed: some have all labels, and others are real images."""
    data = colour_digits.coloured()
    found = judged_law(null, colour_digits.COLOUR_LAWS[null](data), data)
    assert equal_time.outcome_of(found, colour_digits.COLOUR_LINE).passed is False
    assert (found.scores[null][0].rarest > 0.0) is (null in MADE_UP)


def test_digits_in_colour_are_the_digits_and_meet_the_line():
    data, grey = colour_digits.coloured(), dataset_of("digits")
    ink = data.rows.labels // 10
    assert torch.equal(data.rows.labels % 10, grey.rows.labels)
    assert torch.bincount(ink).min() > 0.3 * len(ink)
    paper, pen = torch.tensor(colour_digits.INKS)[ink].unbind(dim=1)
    way = (pen - paper)[..., None, None]
    back = ((data.rows.x - paper[..., None, None]) * way).sum(1) / way.square().sum(1)
    torch.testing.assert_close(back, grey.rows.x[:, 0], atol=1e-5, rtol=0.0)
    found = judged_law("real", lambda other, real, seed: (other.x[: len(real)], 0), data)
    assert equal_time.outcome_of(found, colour_digits.COLOUR_LINE).passed


@pytest.mark.parametrize("slug", ["digits", pytest.param("mnist", marks=pytest.mark.slow)])
def test_real_images_meet_the_line(slug: str):
    found = judged_law("real", lambda other, real, seed: (other.x, 0), dataset_of(slug))
    for line in (DIGITS_LINE, MNIST_LINE):
        assert equal_time.outcome_of(found, line).passed
    (score,) = found.scores["real"]
    assert score.rarest > 0.7


def test_a_label_that_is_lost_is_counted():
    whole = dataset_of("digits")
    few, many = (measure(without_labels(lost), whole, 5000) for lost in (1, 4))
    assert few.rarest == 0.0
    assert few.balance < DIGITS_LINE.variation < many.balance


ON_DIGITS = (
    "8C-anomaly", "8C-bits", "8C-classifier", "8C-flip", "8C-guided", "8C-inpaint", "8C-latent",
    "8C-purify", "8C-sharper", "8C-solvers", "8C-solvers-mnist", "8C-trilemma",
)  # fmt: skip


@pytest.mark.parametrize("slug", ON_DIGITS)
def test_a_claim_on_digits_says_all_that_verify_prints(slug):
    entry = registry.get("experiment", slug)
    assert entry.slow
    assert (entry.group, bool(entry.source)) == ("8C", True)
    assert entry.nulls
    assert "three seeds" in entry.pass_line


def test_a_nearest_neighbour_tells_other_laws_and_not_its_own():
    """Of one law it is a coin: n of 2n pairs, with a deviation of about sqrt(1/(2n))."""
    x = torch.rand((300, 1, 4, 4), generator=make_generator(0)).mul(16).round() / 16
    assert digits.nearest_neighbour(x[:150], x[150:]) == pytest.approx(0.5, abs=0.13)
    assert digits.nearest_neighbour(x[:150] * 0.1, x[150:]) == 1.0
    # What lies between the values that real pixels have is not told by that alone.
    shaken = x[:150] + 0.02 * (torch.rand(x[:150].shape, generator=make_generator(1)) - 0.5)
    assert digits.nearest_neighbour(shaken, x[150:]) == digits.nearest_neighbour(x[:150], x[150:])


def test_gaussians_of_classes_have_the_moments_of_theirs():
    train = digits.digits().train
    made = digits.class_gaussians()(4000, 0)
    for label in (0, 7):
        own, theirs = (b.x[b.given["label"] == label].flatten(1) for b in (train, made))
        gap = (own.mean(dim=0) - theirs.mean(dim=0)).abs().max()
        assert gap < 5.0 * float(own.std(dim=0).max()) / len(theirs) ** 0.5
    assert digits.right(made.x, made.given["label"]) > 0.9


def test_what_is_unseen_is_never_learned_from():
    known = digits.digits()
    rows = {bytes(row.numpy().tobytes()) for row in known.train.x}
    assert not any(row.numpy().tobytes() in rows for row in known.unseen.x)


def test_decibels_are_of_the_mean_square_error():
    x = torch.zeros(5, 1, 2, 2)
    assert psnr(x + 0.1, x) == pytest.approx(20.0, abs=1e-5)


def test_a_gaussian_for_each_class_is_a_shorter_code_once_it_is_shrunk():
    """What a diffusion is held against is no straw man: alone, each has 130 images for 64 pixels,
    and with one covariance for all they are no longer of classes.
    """
    shrunk = class_bits()
    assert shrunk < class_bits(0.0) - 0.05
    assert shrunk < class_bits(1.0) - 0.05


def test_the_best_linear_guess_is_nearer_than_the_mean_image():
    right = digits.digits().unseen.x[:100, ..., 4:]
    mean = digits.digits().train.x.mean(dim=0)[..., 4:].expand_as(right)
    guess = best_linear()
    assert guess.shape == right.shape
    assert psnr(guess, right) > psnr(mean, right) + 1.0
    assert psnr(best_kernel(), right) > psnr(guess, right) + 1.0


def test_the_mean_of_exact_draws_is_a_quarter_farther_than_the_best_guess():
    """Truth and draws alike are the middle and noise of their own."""
    rng = make_generator(0)
    truth, draws = torch.randn(20_000, generator=rng), torch.randn(4, 20_000, generator=rng)
    best = psnr(torch.zeros(20_000), truth)
    assert psnr(draws.mean(dim=0), truth) == pytest.approx(of_exact_draws(best), abs=0.1)


@pytest.mark.parametrize("curves", [digit_solvers.CURVES, mnist_solvers.CURVES])
def test_a_solver_is_asked_as_often_as_its_column_says(curves):
    for slug, calls in curves.calls.items():
        for n in calls:
            assert solver_of(slug, n).nfe() == n


def _curve(slug: str, *at: float) -> dict[str, float]:
    return {f"{slug} {n}": x for n, x in zip(mnist_solvers.CURVES.calls[slug], at, strict=True)}


HELD = {
    **_curve("ddim", 300.0, 180.0, 90.0, 50.0, 42.0),
    **_curve("heun", 300.0, 250.0, 60.0, 40.0),
    **_curve("dpmpp-2m", 300.0, 180.0, 70.0, 42.0, 40.0),
    **_curve("unipc", 300.0, 180.0, 60.0, 41.0, 40.0),
    **{"consistency 1": 90.0, "consistency 2": 70.0, "consistency 4": 60.0},
}


@pytest.mark.parametrize(
    ("changed", "passed"),
    [
        ({}, True),
        ({"dpmpp-2m 8": 51.0}, False),
        ({"unipc 8": 50.0}, False),
        ({"heun 7": 41.0}, False),
        ({"consistency 1": 301.0}, False),
        ({"consistency 2": 181.0}, False),
        ({"consistency 4": 900.0}, True),
        ({name: x + 100.0 for name, x in HELD.items()}, False),
    ],
)
def test_each_clause_on_few_evaluations_is_needed(monkeypatch, changed, passed):
    monkeypatch.setattr(mnist_solvers, "gaussian_distance", lambda: 79.0)
    assert mnist_solvers.holds(HELD | changed) is passed


MODELS = {
    DIFFUSION: Corners(9.0, 0.95, 300.0, 35.0),
    GAN: Corners(15.0, 0.8, 30_000.0, 1.0),
    "VAE": Corners(40.0, 0.6, 60_000.0, 1.0),
    "latent diffusion": Corners(12.0, 0.94, 2000.0, 35.0),
}


@pytest.mark.parametrize(
    ("title", "corners", "passed"),
    [
        (GAN, MODELS[GAN], True),
        (DIFFUSION, Corners(16.0, 0.95, 300.0, 35.0), False),
        (DIFFUSION, Corners(9.0, 0.75, 300.0, 35.0), False),
        (DIFFUSION, Corners(9.0, 0.95, 7000.0, 35.0), False),
        ("another", Corners(12.0, 0.91, 20_000.0, 4.0), True),
        ("another", Corners(11.0, 0.91, 20_000.0, 4.0), False),
    ],
)
def test_who_has_all_three_corners_ends_the_trilemma(title, corners, passed):
    assert is_trilemma(MODELS | {title: corners}, 29.0) is passed
    assert not is_trilemma(MODELS | {title: corners}, 8.0)
