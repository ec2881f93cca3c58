"""Operators that go up and down the noise from rows: on a known law, against what it says."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from pushforward.models.config import ConfigError, Pick, decode
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.learner import finish
from pushforward.models.contracts.spec import LABEL
from pushforward.models.data.ring_of_five import RingOfFiveConfig, ring_of_five
from pushforward.models.families.exact_flow import ExactFlow, ExactFlowConfig
from pushforward.models.guidance.measurement import Averages, Blurred, Grey, KnownValues, Measured
from pushforward.models.guidance.repaint import RePaint, RePaintConfig
from pushforward.models.guidance.replacement import Replacement
from pushforward.models.kinds.points import PointSet
from pushforward.models.operators.base import Operation, Outcome
from pushforward.models.oracle import GaussianMixture
from pushforward.models.paths.clock import FlowClock
from pushforward.models.registry import discover, registry
from pushforward.models.samplers.ddim import Ddim, DdimConfig
from pushforward.models.samplers.grids import GridConfig
from pushforward.models.samplers.heun import Heun, HeunConfig
from pushforward.models.tensors import make_generator
from tests.models import tracks
from tests.models.pairs import FAMILIES, PAIRS, build, each, lightest

discover()
CPU = torch.device("cpu")
DATA = ring_of_five(RingOfFiveConfig(), 2000, 0)
TOLD = replace(DATA, told=True)
assert DATA.modes is not None
MODES = DATA.modes
EDITS = ("inpaint", "sdedit", "purify", "anomaly", "invert", "interpolate")
LIGHT = {"steps": 3, "levels": 2, "draws": 2, "count": 3}
SHORT = Heun(HeunConfig(steps=2))


def exact(told: bool = False) -> ExactFlow:
    spec = (TOLD if told else DATA).spec()
    return ExactFlow(ExactFlowConfig(), spec, horizon=1, seed=0, device=CPU)


def do(
    slug: str,
    rows: Tensor | Batch,
    learner: Any = None,
    *,
    sampler: Any = None,
    given: dict[str, Tensor] | None = None,
    known: Tensor | None = None,
    **settings: Any,
) -> Outcome:
    entry = registry.get("operator", slug)
    handed = {"rows": Batch.of(rows)} | ({} if known is None else {"known": Batch(known)})
    operation = Operation(learner or exact(), sampler, given or {}, handed)
    operator = entry.make(decode(entry.config, settings))
    outcome: Outcome = finish(operator.work(operation))
    return outcome


class OneColour:
    """A diffusion of images that are all of one colour, up to a little of every colour."""

    clock, noise_range = FlowClock(0.01, 10.0), (0.01, 10.0)

    def __init__(self, spec: Any, mean: Tensor) -> None:
        self.spec, self.mean, self.device = spec, mean, CPU

    def denoiser(self, like: Any = None) -> Any:
        mean = self.spec.standardise(self.mean[None])
        return lambda x, s: mean + 0.01 * (x - mean) / (0.01 + s**2)


class FiveGaussians:
    """A diffusion of points that knows of each class that it is N(mean, 0.25), all as wide."""

    clock, noise_range = FlowClock(0.01, 20.0), (0.01, 20.0)

    def __init__(self) -> None:
        self.spec, self.device = TOLD.spec(), CPU
        self.means = 2.0 * torch.randn(5, 2, generator=make_generator(7))

    def denoiser(self, like: Any = None) -> Any:
        mean = self.means[like.given[LABEL].long()]
        return lambda x, s: mean + 0.25 * (x - mean) / (0.25 + s**2)


def x_of(outcome: Outcome) -> Tensor:
    assert outcome.rows is not None
    return outcome.rows.x


def test_what_is_known_stays_and_the_rest_follows_its_law():
    """Where one number tells much of the other, this one has the mean and spread of p(y | x)."""
    means = torch.tensor([[-1.5, -1.2], [0.0, 0.3], [1.5, 1.2]])
    law = GaussianMixture(means, torch.tensor([0.5, 0.4, 0.5]), torch.full((3,), 1 / 3))
    spec = PointSet(law.sample(4000, make_generator(5)), ("x", "y"), law=law).spec()
    flow = ExactFlow(ExactFlowConfig(), spec, horizon=1, seed=0, device=CPU)
    seen = torch.tensor([[1.5, 0.0]])
    found = do(
        "inpaint",
        seen,
        flow,
        sampler=Ddim(DdimConfig(steps=30, eta=1.0, grid=GridConfig(kind="log-snr"))),
        known=torch.tensor([[1.0, 0.0]]),
        draws=1000,
        method="repaint",
    )
    assert torch.equal(x_of(found)[:, 0], torch.full((1000,), 1.5))
    assert found.arrays["row"].eq(0).all()
    left = law.observing(seen[0], torch.tensor([True, False]))
    exact_y = left.sample(20_000, make_generator(0))[:, 0]
    y = x_of(found)[:, 1]
    assert float(y.mean()) == pytest.approx(float(exact_y.mean()), abs=0.12)
    assert float(y.std()) == pytest.approx(float(exact_y.std()), abs=0.1)


@pytest.mark.parametrize("method", ["replacement", "repaint", "dps"])
def test_each_method_completes_and_none_is_told_what_is_not_known(method: str):
    rows, known = DATA.x[:30], torch.tensor([[0.0, 1.0]])
    sampler = Ddim(DdimConfig(steps=10))
    found = do("inpaint", rows, sampler=sampler, known=known, method=method)
    hidden = torch.where(known > 0, rows, 7.0)
    again = do("inpaint", hidden, sampler=sampler, known=known, method=method)
    assert torch.equal(x_of(found)[:, 1], rows[:, 1])
    torch.testing.assert_close(x_of(found), x_of(again))
    # What is completed lies among the data, as a fresh guess does not.
    near = torch.cdist(x_of(found), MODES).min(dim=1).values.median()
    mixed = torch.stack([DATA.x[100:130, 0], rows[:, 1]], dim=1)
    assert near < 0.8 * torch.cdist(mixed, MODES).min(dim=1).values.median()


def test_what_is_known_must_be_told_of_each_row_or_of_all():
    with pytest.raises(ValueError, match="as many as"):
        do("inpaint", DATA.x[:5], known=torch.ones(3, 2))
    with pytest.raises(ValueError, match="a mask has 1 for known and 0 for unknown"):
        do("inpaint", DATA.x[:5], known=DATA.x[:5])


def test_a_measurement_has_a_right_inverse():
    """A A+ = 1, which replacement relies on."""
    images = torch.randn(4, 1, 8, 8, generator=make_generator(0))
    for measurement in (
        KnownValues(torch.rand(4, 1, 8, 8, generator=make_generator(1)) > 0.5),
        Averages(4),
        Blurred(1.3),
        Grey(),
    ):
        x = images.expand(-1, 3, -1, -1) if isinstance(measurement, Grey) else images
        y = measurement.apply(x)
        torch.testing.assert_close(measurement.apply(measurement.pseudo_inverse(y)), y)
        held = (
            Replacement()
            .to(Measured(y, measurement))
            .constrain(lambda x, s: 0 * x, Measured(y, measurement))
        )
        torch.testing.assert_close(measurement.apply(held(x, torch.tensor(1.0))), y)


def test_resampling_costs_what_it_says():
    rows = Batch(DATA.x[:5])
    guidance = RePaint(RePaintConfig(resamplings=3)).to(
        Measured(rows.x, KnownValues(torch.ones(5, 2, dtype=torch.bool)))
    )
    sampler = Ddim(DdimConfig(steps=4)).guided_by(guidance)
    *_, last = exact().flow(rows, sampler=sampler, generator=make_generator(0))
    assert last.nfe == 3 * 3 + 1 == sampler.evaluations(0.002, 20.0)


def test_little_noise_edits_little_and_much_noise_all():
    rows = DATA.x[:300]
    small, large = (do("sdedit", rows, noise=s) for s in (0.02, 20.0))
    assert float(small.arrays["moved"].max()) < 0.2
    left = torch.corrcoef(torch.stack([x_of(large)[:, 0], rows[:, 0]]))[0, 1]
    assert abs(float(left)) < 0.2
    assert float(torch.corrcoef(torch.stack([x_of(small)[:, 0], rows[:, 0]]))[0, 1]) > 0.99


def test_an_edit_brings_rows_to_the_class_that_is_asked_for():
    """From the first mode with as much noise as lies between them, to the second."""
    rows = MODES[:1].repeat(100, 1)
    found = do("sdedit", rows, exact(told=True), noise=1.5, given={LABEL: torch.tensor(1)})
    assert float((torch.cdist(x_of(found), MODES).argmin(dim=1) == 1).float().mean()) > 0.95


def test_purified_points_are_where_data_are():
    away = MODES.repeat(40, 1) * 1.7
    found = do("purify", away, noise=0.5, votes=3)
    before = torch.cdist(away, MODES).min(dim=1).values.mean()
    assert torch.cdist(x_of(found), MODES).min(dim=1).values.mean() < 0.8 * before
    clean = do("purify", DATA.x[:200], noise=0.5, votes=3)
    assert found.arrays["moved"].mean() > 1.3 * clean.arrays["moved"].mean()


def test_what_is_no_datum_is_scored_higher():
    odd = 1.5 * torch.randn(300, 2, generator=make_generator(3))
    odd = odd[torch.cdist(odd, MODES).min(dim=1).values > 1.5]
    scores = [do("anomaly", rows).arrays["score"] for rows in (DATA.x[:300], odd)]
    higher = (scores[1][:, None] > scores[0]).float().mean()
    assert float(higher) > 0.9


def test_levels_of_an_anomaly_are_in_order():
    with pytest.raises(ConfigError, match="smallest"):
        do("anomaly", DATA.x[:3], low=2.0, high=1.0)


def test_an_inversion_comes_back_and_sooner_at_second_order():
    rows = DATA.x[:200]
    errors = {
        (order, steps): float(do("invert", rows, order=order, steps=steps).arrays["error"].mean())
        for order, steps in (("first", 50), ("first", 200), ("second", 50))
    }
    assert errors["first", 200] < 0.4 * errors["first", 50]
    assert errors["second", 50] < 0.3 * errors["first", 50]
    latent = do("invert", DATA.x, order="second").arrays["latent"]
    assert float(latent.mean()) == pytest.approx(0.0, abs=0.05)
    assert float(latent.std()) == pytest.approx(1.0, abs=0.05)


def test_a_way_begins_and_ends_at_its_rows():
    rows = DATA.x[:3]
    found = do("interpolate", rows, count=5, steps=100)
    assert len(x_of(found)) == 9
    torch.testing.assert_close(x_of(found)[[0, 4, 8]], rows, atol=0.02, rtol=0)
    torch.testing.assert_close(found.arrays["way"], torch.linspace(0, 2, 9))
    with pytest.raises(ValueError, match="at least two"):
        do("interpolate", rows[:1])


def test_a_morph_moves_from_one_gaussian_to_the_other_as_their_mean_does():
    """Of classes that are Gaussians of one width D_w is the denoiser of N((1 - w) a + w b, v), and
    the ODE of a Gaussian only stretches what is left of its mean."""
    model, label = FiveGaussians(), torch.tensor([1, 3])
    spec = model.spec
    standard = model.means[label] + torch.tensor([[0.3, -0.2], [0.1, 0.6]])
    rows = spec.restored(Batch(standard, given={LABEL: label}))
    found = do("morph", rows, model, to=spec.given[LABEL].names[0], count=5, steps=100)
    w = found.arrays["way"]
    torch.testing.assert_close(w, torch.linspace(0, 1, 5).repeat(2))
    assert found.arrays["row"].tolist() == [0] * 5 + [1] * 5
    own, other = model.means[label].repeat_interleave(5, 0), model.means[0]
    between = torch.lerp(own, other.expand_as(own), w[:, None])
    shrunk = (0.25 / (0.25 + model.clock.s_max**2)) ** 0.5
    expected = between + standard.repeat_interleave(5, 0) - own + shrunk * (own - between)
    torch.testing.assert_close(spec.standardise(x_of(found)), expected, atol=0.02, rtol=0)
    assert found.rows is not None
    assert found.rows.given[LABEL].tolist() == [1, 1, 0, 0, 0, 3, 3, 0, 0, 0]
    # Its ends are those of the operators that go one way.
    back = do("invert", rows, model, order="second", steps=100)
    over = do("translate", rows, model, to=spec.given[LABEL].names[0], steps=100)
    torch.testing.assert_close(x_of(found)[[0, 5]], x_of(back))
    torch.testing.assert_close(x_of(found)[[4, 9]], x_of(over))
    for settings, why in (
        ({}, "choose the target class"),
        ({"to": "seven"}, "knows no class 'seven'"),
    ):
        with pytest.raises(ValueError, match=why):
            do("morph", rows, model, **settings)


def test_a_model_that_is_told_no_class_makes_none_of_rows():
    told = FiveGaussians().spec
    refuses = registry.get("operator", "morph").refuses
    assert refuses(told) == ""
    assert "unconditional" in refuses(replace(told, given={}, law={}))


@pytest.mark.parametrize(
    ("old", "new"),
    [("encode", "invert"), ("bridge", "translate"), ("super-resolve", "super-resolution")],
)
def test_an_operator_answers_to_what_it_was_called_before(old: str, new: str):
    assert registry.get("operator", old) is registry.get("operator", new)
    with pytest.raises(KeyError, match=f"no family is called '{old}'"):
        registry.get("family", old)


def test_the_same_seed_gives_the_same_edit():
    rows = DATA.x[:5]
    one, two, other = (do("sdedit", rows, seed=seed, draws=2) for seed in (0, 0, 1))
    assert torch.equal(x_of(one), x_of(two))
    assert not torch.equal(x_of(one), x_of(other))


@pytest.mark.parametrize("slug", EDITS)
@each(
    [pair for pair in PAIRS if pair.entry.slug == "edm"]
    + [
        lightest(entry)
        for entry in FAMILIES
        if "denoiser" in entry.abilities and entry.slug != "edm" and "law" not in entry.needs
    ]
)
def test_every_kind_of_continuous_data_can_be_worked_on(pair, slug: str):
    with tracks.known():
        family = build(pair)
        rows = pair.data.rows(slice(0, 4))
        entry = registry.get("operator", slug)
        light = {k: v for k, v in LIGHT.items() if k in entry.config.__struct_fields__}
        known = (torch.arange(rows.x[0].numel()) % 2.0).reshape(1, *rows.x.shape[1:])
        extra = {"known": known} if slug == "inpaint" else {}
        found = do(slug, rows, family, sampler=SHORT, **extra, **light)
    made = found.rows
    assert made is not None
    assert made.x.isfinite().all()
    assert made.x.shape[1:] == rows.x.shape[1:]
    assert torch.equal(made.zeroed(made.x), made.x)
    assert all(values.isfinite().all() for values in found.arrays.values())


def test_a_pick_of_a_method_is_that_of_measurements():
    with pytest.raises(ConfigError, match="choose one of"):
        do("inpaint", DATA.x[:2], known=torch.ones(1, 2), method=Pick(slug="classifier-free"))
    with pytest.raises(ConfigError, match="one has to be chosen"):
        do("inpaint", DATA.x[:2], known=torch.ones(1, 2), method=Pick())


def test_conditions_are_one_for_all_or_one_for_each_row():
    rows = MODES[:2]
    each = do(
        "sdedit", rows, exact(told=True), draws=2, noise=3.0, given={LABEL: torch.tensor([4, 1])}
    )
    assert torch.cdist(x_of(each), MODES).argmin(dim=1).tolist() == [4, 4, 1, 1]
    with pytest.raises(ValueError, match="one for each row"):
        do("sdedit", rows, exact(told=True), given={LABEL: torch.tensor([4, 1, 0])})


def test_the_exact_guided_law_is_that_of_a_class_at_strength_one_and_tilted_above():
    flow = exact(told=True)
    one = do("guided-law", DATA.x[:1], flow, strength=1.0, n=3000, given={LABEL: torch.tensor(1)})
    assert one.rows is not None
    assert one.rows.given[LABEL].eq(1).all()
    torch.testing.assert_close(x_of(one).mean(dim=0), MODES[1], atol=0.05, rtol=0)
    spread = {s: float(x_of(do("guided-law", DATA.x[:1], flow, strength=s)).std()) for s in (0, 1)}
    assert spread[0] == pytest.approx(spread[1], abs=0.1), "over all classes both are the data"
    with pytest.raises(ValueError, match="unconditional"):
        do("guided-law", DATA.x[:1])
    refuses = registry.get("operator", "guided-law").refuses
    assert refuses(flow.spec) == ""
    assert "mixtures of Gaussians only" in refuses(replace(flow.spec, mixture=None))


def test_a_diffusion_tells_the_classes_that_it_was_told_of():
    rows = TOLD.rows(slice(0, 200))
    found = do("diffusion-classifier", rows, exact(told=True))
    right = found.arrays["class"] == rows.given[LABEL]
    assert float(right.float().mean()) > 0.97
    assert found.note.startswith(f"{100 * float(right.double().mean()):.1f} %")
    # What the rows say of their class is not supported.
    lied = Batch(rows.x, given={LABEL: (rows.given[LABEL] + 1) % 5})
    again = do("diffusion-classifier", lied, exact(told=True))
    assert torch.equal(again.arrays["class"], found.arrays["class"])
    with pytest.raises(ValueError, match="unconditional"):
        do("diffusion-classifier", DATA.x[:3])


def test_super_resolved_images_are_the_same_when_seen_coarsely():
    pair = next(pair for pair in PAIRS if str(pair) == "edm-images")
    family, rows = build(pair), pair.data.rows(slice(0, 5))
    found = do(
        "super-resolution", rows, family, sampler=SHORT, side=4, method="replacement", draws=2
    )
    squares = Averages(4)
    assert len(x_of(found)) == 10
    coarse = squares.pseudo_inverse(squares.apply(rows.x)).repeat_interleave(2, dim=0)
    torch.testing.assert_close(found.arrays["seen"], coarse)
    torch.testing.assert_close(squares.apply(x_of(found)), squares.apply(coarse), atol=1e-3, rtol=0)
    with pytest.raises(ValueError, match="cannot be divided"):
        do("super-resolution", rows, family, side=3)


def test_a_blur_is_the_gaussian_mean_of_neighbours_reflected_at_the_edges():
    """Against the sum over pixels and their mirror images, where the kernel is wide enough to be
    the same on the grid as in the continuum.
    """
    x, width, n = torch.rand(2, 1, 12, 12, generator=make_generator(3)).double(), 1.1, 12
    place = torch.arange(-4 * n, 5 * n)
    mirrored = torch.where(place % (2 * n) < n, place % (2 * n), 2 * n - 1 - place % (2 * n))
    kernel = torch.exp(-0.5 * ((place[None] - torch.arange(n)[:, None]) / width) ** 2)
    one = torch.zeros(n, n, dtype=torch.double).index_add_(
        1, mirrored, (kernel / kernel.sum(dim=1, keepdim=True)).double()
    )
    torch.testing.assert_close(Blurred(width).blur(x), one @ x @ one.T, atol=2e-3, rtol=0)
    flat = torch.full((1, 1, 7, 5), 0.3)
    torch.testing.assert_close(Blurred(2.0).seen(Blurred(2.0).blur(flat)), flat)


def images_at_work():
    pair = next(pair for pair in PAIRS if str(pair) == "edm-images")
    return build(pair), pair.data.rows(slice(0, 3))


def test_deblurred_images_are_the_same_when_blurred_again():
    family, rows = images_at_work()
    found = do("deblur", rows, family, sampler=SHORT, width=0.8, first=True, method="replacement")
    blur = Blurred(0.8)
    torch.testing.assert_close(found.arrays["blurred"], blur.blur(rows.x))
    torch.testing.assert_close(blur.apply(x_of(found)), blur.apply(rows.x), atol=2e-3, rtol=0)
    already = do("deblur", found.arrays["blurred"], family, sampler=SHORT, width=0.8,
                 method="replacement")  # fmt: skip
    torch.testing.assert_close(blur.apply(x_of(already)), blur.apply(rows.x), atol=2e-3, rtol=0)
    assert not torch.allclose(x_of(found), found.arrays["blurred"], atol=0.05)


def test_an_edit_of_few_rows_says_after_each_step_how_far_it_is():
    """All rows of a piece come down together: it was at 0 of 8 until all were done."""
    family, rows = images_at_work()
    entry = registry.get("operator", "deblur")
    operation = Operation(family, SHORT, {}, {"rows": rows})
    going = entry.make(decode(entry.config, {"draws": 4})).work(operation)
    told = [each.done for each in going]
    assert told == sorted(told)
    assert len(set(told)) >= 3
    assert told[-1] <= 12


def test_coloured_images_are_as_bright_as_they_were_and_grey_models_know_no_colour():
    family, rows = images_at_work()
    entry = registry.get("operator", "colourise")
    assert "grey" in entry.refuses(family.spec)
    with pytest.raises(ValueError, match="grey"):
        do("colourise", rows, family)
    spec = replace(family.spec, shape=(3, 2, 2), mean=torch.zeros(3, 2, 2), std=torch.tensor(0.5))
    mean = torch.tensor([0.9, 0.1, 0.4]).reshape(3, 1, 1).expand(3, 2, 2)
    model = OneColour(spec, mean)
    x = torch.rand(5, 3, 2, 2, generator=make_generator(1))
    sampler = Heun(HeunConfig(steps=20))
    found = x_of(do("colourise", x, model, sampler=sampler, method="replacement"))
    torch.testing.assert_close(Grey().apply(found), Grey().apply(x), atol=1e-3, rtol=0)
    # What is not told by the brightness is the colour of the data.
    apart = found[:, :1] - found[:, 1:2]
    torch.testing.assert_close(apart, torch.full_like(apart, 0.8), atol=0.3, rtol=0)


def test_noise_is_taken_away_by_draws_from_what_the_row_may_have_been():
    """Their mean and spread are those of p(x | y), which the law knows."""
    law, noise = DATA.spec().mixture, 0.6
    assert law is not None
    flow, spec = exact(), DATA.spec()
    y = torch.tensor([[0.4, 0.2]])
    found = do("denoise", y, flow, noise=noise, draws=1000, steps=60)
    standard = spec.standardise(y)
    inside = torch.tensor(noise)
    mean = spec.restore(flow.denoiser(Batch(standard))(standard, inside))
    torch.testing.assert_close(found.arrays["mean"][:1], mean)
    # Four errors of a mean of so many, of draws that spread by 1.75.
    torch.testing.assert_close(x_of(found).mean(dim=0), mean[0], atol=0.22, rtol=0)
    at = standard.clone().requires_grad_(True)
    said = flow.denoiser(Batch(standard))(at, inside)
    slopes = [torch.autograd.grad(said[0, i], at, retain_graph=True)[0][0] for i in range(2)]
    exact_cov = noise**2 * torch.stack(slopes) * spec.std**2  # Tweedie, second order
    drawn = torch.cov(x_of(found).T)
    assert float((drawn - exact_cov).norm() / exact_cov.norm()) < 0.15
    # The null: without noise of its own the walk would always end at one place.
    again = do("denoise", y, flow, noise=noise, draws=3, steps=60)
    assert float(x_of(again).std(dim=0).min()) > 0.01


def test_a_film_is_the_sampler_and_says_what_the_denoiser_foresees():
    flow = exact()
    sampler = Heun(HeunConfig(steps=9))
    found = do("film", DATA.x[:1], flow, sampler=sampler, n=4, frames=20, seed=3)
    a = found.arrays
    assert a["s"].tolist() == pytest.approx(sampler.levels(flow.clock.s_min, flow.clock.s_max))
    assert a["way"].shape == a["foreseen"].shape == (10, 4, 2)
    assert found.note.startswith("10 frames: the noise, and one for each of the 9 steps.")
    assert int(a["nfe"][-1]) == sampler.nfe()
    torch.testing.assert_close(a["way"][-1], x_of(found))
    torch.testing.assert_close(a["foreseen"][-1], x_of(found))
    # At the top little more than the mean of the data is foreseen.
    off = (a["foreseen"] - DATA.spec().mean).norm(dim=2).mean(dim=1)
    assert float(off[0]) < 0.3 * float(off[-1])
    x = flow.spec.standardise(a["way"][2]) * (1 + a["s"][2] ** 2).sqrt()
    d = flow.spec.standardise(a["foreseen"][2])
    size = ((d - x) / a["s"][2] ** 2).square().mean(dim=1).sqrt()
    torch.testing.assert_close(a["score"][2], size, rtol=1e-3, atol=1e-4)
    assert bool((a["left"][-1] == 0).all())
    assert float(a["left"][0].mean()) > float(a["left"][-3].mean())
    few = do("film", DATA.x[:1], flow, sampler=sampler, n=4, frames=3, seed=3)
    torch.testing.assert_close(few.arrays["way"], a["way"][[0, 4, 9]])
    assert few.note.startswith("3 of the 10 frames of the sampler, evenly chosen.")


def test_a_film_of_rows_is_their_edit_frame_by_frame_and_inverted_ones_come_back():
    flow, sampler = exact(), Heun(HeunConfig(steps=40))
    rows = DATA.x[:6]
    asked = {"sampler": sampler, "noise": 2.0, "seed": 3}
    drawn = do("film-of-rows", rows, flow, draws=2, frames=200, **asked)
    edited = do("sdedit", rows, flow, draws=2, **asked)
    torch.testing.assert_close(x_of(drawn), x_of(edited))
    a = drawn.arrays
    assert a["way"].shape == (len(a["s"]), 12, 2)
    assert float(a["s"][0]) == pytest.approx(2.0)
    assert float(a["t"][0]) == pytest.approx(flow.clock.t(2.0))
    torch.testing.assert_close(a["moved"], edited.arrays["moved"], atol=1e-5, rtol=1e-4)
    assert a["row"].tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    own = do("film-of-rows", rows, flow, way="own", steps=80, **asked).arrays
    assert float(own["moved"].max()) < 0.02
    assert float(a["moved"].median()) > 0.2, "drawn noise leads elsewhere"
    most = do("film-of-rows", rows[:1], flow, way="own", steps=2, sampler=sampler, noise=1000.0)
    assert float(most.arrays["s"][0]) == pytest.approx(flow.clock.s_max)
    with pytest.raises(ValueError, match="more than the 256 that a film follows"):
        do("film-of-rows", rows, flow, draws=43)


def test_a_morph_says_after_each_step_how_far_it_is_by_the_time_that_it_takes():
    """It had said nothing on the way up and counted rows: of a small network, whose pass takes as
    long for one row as for nine, it promised five times as long as it took."""
    model = FiveGaussians()
    rows = model.spec.restored(Batch(model.means[:1], given={LABEL: torch.tensor([0])}))
    entry = registry.get("operator", "morph")
    told = {"to": model.spec.given[LABEL].names[1], "count": 9, "steps": 20}
    operation = Operation(model, None, {}, {"rows": rows})  # type: ignore[arg-type]
    said = list(entry.make(decode(entry.config, told)).work(operation))
    done = [each.done for each in said]
    assert done == sorted(done)
    assert len(set(done)) > 20, "it goes on with each step"
    assert {each.total for each in said} == {done[-1]}
    up = done[19] / done[-1]
    assert 1 / 6 < up < 1 / 3, "one row up, and twice nine down"
    for slug, settings in (("invert", {}), ("interpolate", {"count": 9})):
        entry = registry.get("operator", slug)
        handed = {"rows": Batch.of(DATA.x[:2])}
        operation = Operation(exact(), None, {}, handed)
        work = entry.make(decode(entry.config, {"steps": 20, **settings})).work(operation)
        said = list(work)
        assert said[-1].done == said[-1].total
        assert len({each.done for each in said}) > 20, slug
