"""Figures of images where they are known, and models that each of them must find out."""

import math
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor

from pushforward.models.config import NoConfig
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.learner import finish
from pushforward.models.contracts.spec import LABEL
from pushforward.models.kinds.images import ImageSet
from pushforward.models.metrics.base import Evidence, Figure, Metric, NotApplicable
from pushforward.models.metrics.bootstrap import around
from pushforward.models.metrics.images.density_coverage import (
    BallsConfig,
    Coverage,
    Density,
    balls_hit,
    expected_coverage,
)
from pushforward.models.metrics.images.frechet import FrechetDistance
from pushforward.models.metrics.images.judge_score import JudgeScore, score_of
from pushforward.models.metrics.images.label_accuracy import LabelAccuracy
from pushforward.models.metrics.images.levels import count_of_levels, levels_of, on_levels
from pushforward.models.metrics.images.spectrum import PowerSpectrum, powers
from pushforward.models.metrics.images.two_sample import TwoSample, TwoSampleConfig
from pushforward.models.metrics.intervals import of_mean
from pushforward.models.metrics.memory.copies import Copies, CopiesConfig
from pushforward.models.metrics.memory.metric import MemoryConfig
from pushforward.models.metrics.memory.nearest import features, nearest_two
from pushforward.models.metrics.memory.nearness import Nearness, share_below
from pushforward.models.metrics.samples.frechet import frechet_distance
from pushforward.models.registry import registry
from pushforward.models.tensors import make_generator

CLASSES = 4


@dataclass(frozen=True)
class Eyes:
    """A judge that sees how bright each quarter is, and says which is the brightest."""

    def features(self, x: Rows) -> Tensor:
        x = Batch.of(x).x
        return torch.nn.functional.adaptive_avg_pool2d(x, 2).mean(dim=1).flatten(1)

    def logits(self, x: Rows) -> Tensor:
        return 40.0 * self.features(x)


def pictures(n: int, seed: int, *, told: bool = False) -> ImageSet:
    """Bytes (n, 3, 8, 8) with one bright quarter, which is their class, on noise."""
    generator = make_generator(seed, 61)
    labels = torch.randint(CLASSES, (n,), generator=generator)
    x = torch.rand((n, 3, 8, 8), generator=generator) * 0.5
    light = 0.3 + 0.2 * torch.rand((n, 3, 1, 1), generator=generator)
    rows, columns = (4 * (labels // 2), 4 * (labels % 2))
    place = torch.arange(8)
    high = (place >= rows[:, None]) & (place < rows[:, None] + 4)
    wide = (place >= columns[:, None]) & (place < columns[:, None] + 4)
    x = x + light * (high[:, None, :, None] & wide[:, None, None, :])
    return ImageSet((x * 255).round() / 255, labels, tuple("abcd"), told)


def measured(
    metric: Metric[Any], made: Batch | Tensor, real: ImageSet, train: ImageSet | None = None
) -> Figure:
    rows = Batch.of(made)
    return metric.measure(Evidence(real, make_generator(0), made=rows, train=train, judge=Eyes()))


TRAIN, UNSEEN, NEW = pictures(500, 0), pictures(300, 1), pictures(300, 2)
NOISE = torch.rand((300, 3, 8, 8), generator=make_generator(9))


class TestNearest:
    def test_it_is_what_all_distances_say(self):
        train = ImageSet(torch.rand((2500, 1, 3, 3), generator=make_generator(0)))
        x = torch.rand((300, 1, 3, 3), generator=make_generator(1))
        x[7] = train.x[2400]
        near, which = finish(nearest_two(features(Batch(x), train), train))
        unit = train.spec().std.double().flatten()  # one for all pixels
        sides = (each.flatten(1).double() / unit for each in (x, train.x))
        far = torch.cdist(*sides, compute_mode="donot_use_mm_for_euclid_dist")
        expected = far.sort(dim=1)
        torch.testing.assert_close(near, expected.values[:, :2], rtol=1e-6, atol=1e-7)
        assert torch.equal(which, expected.indices[:, :2])
        assert near[7, 0] == 0.0  # exactly, and not what a matrix product leaves of it

    def test_copies_are_caught_and_new_images_are_none(self):
        metric = Copies(CopiesConfig())
        grain = 0.01 * torch.randn(TRAIN.x.shape, generator=make_generator(3))
        copied = (TRAIN.x + grain).clamp(0, 1)
        assert measured(metric, copied, UNSEEN, TRAIN).value == 1.0
        new = measured(metric, NEW.x, UNSEEN, TRAIN)
        assert new.value == 0.0
        assert new.low == 0.0
        assert new.high is not None
        assert 0.0 < new.high < 0.02
        half = torch.cat([copied[:150], NEW.x[:150]])
        assert measured(metric, half, UNSEEN, TRAIN).value == 0.5

    def test_a_picture_that_is_there_twice_hides_its_copies(self):
        twice = ImageSet(torch.cat([TRAIN.x, TRAIN.x]))
        assert measured(Copies(CopiesConfig()), TRAIN.x, UNSEEN, twice).value == 0.0
        assert measured(Nearness(MemoryConfig()), TRAIN.x, UNSEEN, twice).value == 1.0

    def test_nearness_tells_copies_new_images_and_noise(self):
        metric = Nearness(MemoryConfig())
        copied, new, noise = (measured(metric, x, UNSEEN, TRAIN) for x in (TRAIN.x, NEW.x, NOISE))
        assert copied.value == 1.0
        assert copied.parts["distance over that of held-out data"] == 0.0
        assert new.low is not None
        assert new.high is not None
        assert new.low < 0.5 < new.high
        assert new.parts["distance over that of held-out data"] == pytest.approx(1.0, abs=0.05)
        assert noise.value < 0.02

    def test_they_need_the_training_images(self):
        for metric in (Copies(CopiesConfig()), Nearness(MemoryConfig())):
            with pytest.raises(NotApplicable, match="compares with training data"):
                measured(metric, NEW.x, UNSEEN)

    def test_shares_of_pairs_are_counted(self):
        generator = make_generator(4)
        x, y = (torch.randint(6, (n,), generator=generator).double() for n in (30, 41))
        pairs = (x[:, None] < y).double() + 0.5 * (x[:, None] == y).double()
        assert share_below(x, y) == pytest.approx(float(pairs.mean()), abs=1e-12)
        assert share_below(x, y) + share_below(y, x) == pytest.approx(1.0, abs=1e-12)


class TestDensityAndCoverage:
    def test_balls_are_those_of_all_pairs(self):
        made, real = (torch.randn((n, 3), generator=make_generator(n)) for n in (1100, 60))
        counts, hit = balls_hit(made, real, 3)
        far = torch.cdist(real.double(), real.double()).fill_diagonal_(torch.inf)
        reach = far.sort(dim=1).values[:, 2]
        inside = torch.cdist(made.double(), real.double()) <= reach
        assert torch.equal(counts, inside.sum(dim=1))
        assert torch.equal(hit, inside.any(dim=0))

    @pytest.mark.parametrize("law", [torch.randn, torch.rand])
    def test_of_one_law_they_are_what_counting_says(self, law):
        """Whatever the law: that is what they are for."""
        n, m, k = 40, 50, 5
        generator, density, coverage = make_generator(5), [], []
        for _ in range(200):
            counts, hit = balls_hit(
                law((n, 2), generator=generator), law((m, 2), generator=generator), k
            )
            density.append(float(counts.double().mean()) / k)
            coverage.append(float(hit.double().mean()))
        low, high = of_mean(torch.tensor(density))
        assert low - 0.01 < 1.0 < high + 0.01
        low, high = of_mean(torch.tensor(coverage))
        assert low - 0.005 < expected_coverage(n, m, k) < high + 0.005
        assert expected_coverage(10**6, 10**6, 5) == pytest.approx(1 - 2**-5, abs=1e-4)

    def test_one_good_image_is_dense_and_covers_nothing(self):
        made = UNSEEN.x[:1].expand(300, 3, 8, 8)
        figures = [measured(m(BallsConfig()), made, UNSEEN) for m in (Density, Coverage)]
        assert figures[0].value > 0.1
        assert figures[1].value < 0.1
        new = measured(Coverage(BallsConfig()), NEW.x, UNSEEN)
        assert new.value == pytest.approx(expected_coverage(300, 300, 5), abs=0.04)

    def test_noise_is_neither(self):
        for metric in (Density(BallsConfig()), Coverage(BallsConfig())):
            assert measured(metric, NOISE, UNSEEN).value < 0.3
            assert measured(metric, NEW.x, UNSEEN).value > 0.8


class TestJudgeScore:
    def test_it_is_the_formula(self):
        logits = 3 * torch.randn((50, 4), generator=make_generator(0), dtype=torch.float64)
        p = logits.softmax(dim=1)
        mean = p.mean(dim=0)
        expected = math.exp(float((p * (p / mean).log()).sum(dim=1).mean()))
        assert score_of(logits) == pytest.approx(expected, rel=1e-12)

    def test_it_lies_between_one_and_the_number_of_classes(self):
        sure = 1e4 * torch.eye(4).repeat(5, 1)
        assert score_of(sure) == pytest.approx(4.0, rel=1e-9)
        assert score_of(sure[:1].expand(20, 4)) == 1.0
        assert score_of(torch.zeros(20, 4)) == 1.0

    def test_a_lost_class_and_blurred_images_are_found_out(self):
        metric = JudgeScore(NoConfig())
        real = measured(metric, NEW.x, UNSEEN)
        assert real.low is not None
        assert NEW.labels is not None
        assert measured(metric, NEW.x[NEW.labels > 0], UNSEEN).value < real.low
        mean = NEW.x.mean(dim=0).expand_as(NEW.x)
        assert measured(metric, mean, UNSEEN).value == pytest.approx(1.0, abs=1e-6)


class TestLabelAccuracy:
    def told(self, images: ImageSet, labels: Tensor) -> Batch:
        return Batch(images.x, given={LABEL: labels})

    def test_it_counts_what_was_asked_for(self):
        metric, labels = LabelAccuracy(NoConfig()), NEW.labels
        assert labels is not None
        right = measured(metric, self.told(NEW, labels), UNSEEN)
        assert right.value > 0.95
        turned = measured(metric, self.told(NEW, (labels + 1) % CLASSES), UNSEEN)
        assert turned.value < 0.05
        order = torch.randperm(len(labels), generator=make_generator(1))
        chance = measured(metric, self.told(NEW, labels[order]), UNSEEN)
        assert chance.low is not None
        assert chance.high is not None
        assert chance.low < 1 / CLASSES < chance.high
        assert set(right.parts) == set("0123")

    def test_its_bar_is_the_judge_itself_and_it_needs_a_class(self):
        metric = LabelAccuracy(NoConfig())
        evidence = Evidence(
            UNSEEN, make_generator(0), other=pictures(200, 7, told=True), judge=Eyes()
        )
        assert metric.bar(evidence).value > 0.95
        with pytest.raises(NotApplicable, match="unconditional"):
            measured(metric, NEW.x, UNSEEN)


class TestTwoSample:
    QUICK = TwoSampleConfig(steps=60)

    def test_alike_is_chance_and_another_law_is_told(self):
        metric = TwoSample(self.QUICK)
        alike = measured(metric, NEW.x, UNSEEN)
        # Binomial around a half with 300 answers, whatever was learned: 4 deviations.
        by_chance = 4 * 0.5 / math.sqrt(300)
        assert abs(alike.value - 0.5) < by_chance
        assert measured(metric, NEW.x * 0.9, UNSEEN).value > 0.5 + by_chance
        copies = NEW.x[:1].expand_as(NEW.x)
        assert measured(metric, copies, UNSEEN).value > 0.95

    def test_pixels_between_bytes_do_not_count(self):
        assert UNSEEN.x.unique().numel() <= 256
        levels = levels_of(UNSEEN.x)
        assert levels is not None
        grain = NEW.x + 0.4 * (1 / 255) * (
            torch.rand(NEW.x.shape, generator=make_generator(0)) - 0.5
        )
        rounded = on_levels(grain, levels)
        assert torch.equal(rounded, on_levels(NEW.x, levels))
        far = (rounded[..., None] - levels).abs().amin(dim=-1)
        assert far.max() == 0.0
        assert levels_of(torch.rand(1000)) is None

    def test_few_are_refused(self):
        with pytest.raises(NotApplicable, match="needs 40 images on each side, and there are 30"):
            measured(TwoSample(self.QUICK), NEW.x[:30], UNSEEN)


class TestIntervals:
    def test_that_of_a_mean_is_the_normal_one(self):
        x = torch.randn(400, generator=make_generator(0), dtype=torch.float64)
        below, above = around(lambda y: float(y.mean()), [x], make_generator(1), 2000)
        low, high = of_mean(x)
        mean = float(x.mean())
        assert below == pytest.approx(low - mean, rel=0.1)
        assert above == pytest.approx(high - mean, rel=0.1)

    def test_that_of_a_biased_figure_is_around_its_own_mean(self):
        """The distance of two Gaussian fits to one law is above 0: by how much, it says itself."""
        generator = make_generator(2)

        def pair() -> list[Tensor]:
            return [torch.randn((60, 3), generator=generator, dtype=torch.float64) for _ in "ab"]

        expected = sum(frechet_distance(*pair()) for _ in range(400)) / 400
        held = 0
        for _ in range(30):
            sides = pair()
            below, above = around(frechet_distance, sides, generator, 50)
            found = frechet_distance(*sides)
            held += found + below <= expected <= found + above
        assert held >= 24

    def test_figures_of_a_judge_have_one_and_their_bars_have_none(self):
        metric = FrechetDistance(NoConfig())
        found = measured(metric, NEW.x, UNSEEN)
        assert found.low is not None
        assert found.high is not None
        assert 0.0 <= found.low < found.value < found.high
        bar = metric.bar(Evidence(UNSEEN, make_generator(0), other=NEW, judge=Eyes()))
        assert bar == Figure(found.value, n=300)


class TestPowerSpectrum:
    def test_a_wave_is_where_its_frequency_is_and_brightness_nowhere(self):
        across = torch.cos(2 * math.pi * 3 * torch.arange(16) / 16)
        x = (0.5 + 0.25 * across).expand(2, 3, 12, 16)
        found = powers(x)
        assert found.shape == (2, 6)  # as the shorter side has them
        frequency = 3 * 12 / 16  # of 16 pixels, seen in 12
        assert (found[0] > 1e-9).nonzero().flatten().tolist() == [round(frequency) - 1]
        torch.testing.assert_close(powers(x + 0.1), found)

    def test_twice_the_power_is_3_decibels_at_every_frequency(self):
        noise = torch.randn((4000, 1, 8, 8), generator=make_generator(0))
        real = ImageSet(0.5 + 0.1 * noise)
        figure = measured(PowerSpectrum(NoConfig()), 0.5 + math.sqrt(2) * 0.1 * noise, real)
        assert figure.value == pytest.approx(10 * math.log10(2), abs=1e-4)
        assert list(figure.parts.values()) == pytest.approx([10 * math.log10(2)] * 4, abs=1e-4)

    def test_noise_and_blur_that_a_judge_looks_through_are_seen(self):
        metric, judge = PowerSpectrum(NoConfig()), FrechetDistance(NoConfig())
        smooth = torch.nn.functional.avg_pool2d(NEW.x, 3, stride=1, padding=1)
        seen = ImageSet(torch.nn.functional.avg_pool2d(UNSEEN.x, 3, stride=1, padding=1))
        noisy = smooth + 0.2 * torch.randn(smooth.shape, generator=make_generator(1))
        floor = measured(metric, smooth, seen).value
        assert floor < 0.3
        found = measured(metric, noisy, seen)
        assert found.value > 10 * floor
        more = list(found.parts.values())
        assert more == sorted(more)  # most where real images have least
        told = measured(judge, smooth, seen)
        assert told.high is not None
        assert measured(judge, noisy, seen).value < told.high
        blurred = measured(metric, smooth, UNSEEN)
        assert blurred.value > 10 * floor
        assert list(blurred.parts.values())[-1] < -5

    def test_images_without_detail_are_far_and_not_infinitely(self):
        flat = measured(PowerSpectrum(NoConfig()), torch.full_like(NEW.x, 0.5), UNSEEN)
        assert 50 < flat.value < 200

    def test_a_row_of_pixels_has_none(self):
        with pytest.raises(NotApplicable, match="single row"):
            powers(torch.zeros(3, 1, 1, 8))


@pytest.mark.parametrize(
    "slug",
    [
        "judge-score",
        "label-accuracy",
        "density",
        "coverage",
        "power-spectrum",
        "two-sample-test",
    ],
)
def test_figures_of_images_are_called_what_they_are(slug):
    entry = registry.get("metric", slug)
    assert entry.kinds == ("images",)
    assert entry.source
    assert "FID" not in entry.title
    broken = NEW.x.clone()
    broken[3, 0, 0, 0] = torch.nan
    given = {LABEL: torch.zeros(len(broken), dtype=torch.int64)}
    with pytest.raises(ArithmeticError, match="not finite"):
        measured(entry.make(entry.config()), Batch(broken, given=given), UNSEEN, TRAIN)


@pytest.mark.parametrize(
    ("values", "count"),
    [
        ([0, 1 / 16, 5 / 16, 1], 17),
        ([3 / 255, 4 / 255, 200 / 255], 256),
        ([0, 1], 2),
        ([0.5], 256),
        ([0, 0.1, 0.25, 0.7123], 256),
        (torch.rand(1000, generator=make_generator(0)).tolist(), 256),
    ],
)
def test_levels_are_counted_by_the_smallest_step(values: list[float], count: int):
    """All of them need not occur: in a few dark images no pixel is white."""
    assert count_of_levels(torch.tensor(values), 0.0, 1.0) == count
