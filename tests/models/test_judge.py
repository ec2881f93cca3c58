"""The judge of images, and the metrics that ask it."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from models.judge import FEATURES, accuracy, judged, new_judge, train_judge
from models.kinds.images import ImageSet
from models.metrics.base import NotApplicable, floor, split_pairs
from models.metrics.frechet import FrechetDistance, LabelBalance, frechet_distance, label_shares
from models.registry import NoConfig, registry
from models.tensors import make_generator


def quadrants(n: int, seed: int, weights: tuple[float, ...] = (1, 1, 1, 1)) -> ImageSet:
    """Images (n, 1, 8, 8) with one bright quadrant, which is their class, and noise."""
    generator = make_generator(seed, 77)
    labels = torch.multinomial(
        torch.tensor(weights).float(), n, replacement=True, generator=generator
    )
    x = 0.2 * torch.rand((n, 1, 8, 8), generator=generator)
    for k in range(4):
        top, left = 4 * (k // 2), 4 * (k % 2)
        mine = labels == k
        light = 0.4 + 0.4 * torch.rand((int(mine.sum()), 1, 1, 1), generator=generator)
        x[mine, :, top : top + 4, left : left + 4] += light
    return ImageSet(x.clamp(0, 1), labels, ("a", "b", "c", "d"))


@pytest.fixture(scope="module")
def trained() -> ImageSet:
    return judged(quadrants(600, 0))


def measure(metric, samples: Tensor, reference: ImageSet) -> float:
    return metric(samples, reference.x, points=reference, generator=make_generator(0))


def test_a_judge_knows_what_it_was_taught(trained):
    assert accuracy(trained.judge, quadrants(400, 1)) > 0.98
    untrained = new_judge((1, 8, 8), 4)
    assert accuracy(untrained, quadrants(400, 1)) < 0.7


def test_a_judge_is_a_function_of_images_and_seed(trained):
    before = torch.get_rng_state()
    with torch.no_grad():  # as around a measurement
        again = judged(quadrants(600, 0))
    assert torch.equal(before, torch.get_rng_state())
    for a, b in zip(trained.judge.parameters(), again.judge.parameters(), strict=True):
        assert torch.equal(a, b)
        assert not a.requires_grad
    other = judged(quadrants(600, 0), seed=1)
    x = quadrants(5, 2).x
    assert not torch.equal(trained.judge.features(x), other.judge.features(x))


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 28, 28), (1, 5, 9)])
def test_features_and_scores_have_their_shapes(shape):
    judge = new_judge(shape, 7)
    x = torch.rand((70, *shape), generator=make_generator(0))
    assert judge.features(x).shape == (70, FEATURES)
    assert judge.logits(x).shape == (70, 7)
    # What is no colour is judged as it is shown.
    assert torch.equal(judge.features(x * 9 - 4), judge.features((x * 9 - 4).clamp(0, 1)))


def test_without_labels_there_is_nothing_to_learn():
    with pytest.raises(ValueError, match="labelled"):
        next(train_judge(ImageSet(torch.rand(4, 1, 8, 8))))
    with pytest.raises(ValueError, match="right answer"):
        accuracy(new_judge((1, 8, 8), 4), ImageSet(torch.rand(4, 1, 8, 8)))


def test_the_distance_of_gaussians_is_the_formula():
    """Samples whitened to exact means and covariances, against the closed form."""
    generator = make_generator(0)

    def exact(mean: Tensor, cov: Tensor) -> Tensor:
        z = torch.randn((500, 3), generator=generator, dtype=torch.float64)
        z = z - z.mean(dim=0)
        z = torch.linalg.solve_triangular(torch.linalg.cholesky(z.T.cov()), z.T, upper=False).T
        return z @ torch.linalg.cholesky(cov).T + mean

    m = torch.tensor([0.0, 1.0, 2.0], dtype=torch.float64)
    s = torch.diag(torch.tensor([1.0, 4.0, 9.0], dtype=torch.float64))
    t = torch.diag(torch.tensor([4.0, 4.0, 1.0], dtype=torch.float64))
    # Commuting covariances: sum of (sqrt s - sqrt t)^2, and |m|^2.
    expected = (1 - 2) ** 2 + 0 + (3 - 1) ** 2 + 5
    assert frechet_distance(exact(m, s), exact(0 * m, t)) == pytest.approx(expected, rel=1e-9)
    turn = torch.linalg.qr(torch.randn((3, 3), generator=generator, dtype=torch.float64))[0]
    a, b = exact(m, s), exact(0 * m, t)
    assert frechet_distance(a @ turn, b @ turn) == pytest.approx(expected, rel=1e-9)
    assert frechet_distance(a, a) == pytest.approx(0.0, abs=1e-9)


def test_a_singular_covariance_is_no_obstacle():
    x = torch.randn((40, 3), generator=make_generator(0), dtype=torch.float64)
    flat = torch.cat([x, torch.zeros(40, 2)], dim=1)
    moved = flat + torch.tensor([0, 0, 0, 2.0, 0])
    assert frechet_distance(moved, flat) == pytest.approx(4.0, rel=1e-6)


@pytest.mark.parametrize(
    ("x", "y", "words"), [((4, 3), (4, 2), "same dimension"), ((1, 3), (4, 3), "at least 2")]
)
def test_features_that_cannot_be_compared(x, y, words):
    with pytest.raises(ValueError, match=words):
        frechet_distance(torch.zeros(x), torch.zeros(y))


@pytest.mark.parametrize("metric", [FrechetDistance(), LabelBalance()])
class TestMetrics:
    def test_real_images_are_at_the_floor_and_others_are_not(self, metric, trained):
        test = replace(quadrants(800, 3), judge=trained.judge)
        bound = floor(metric, split_pairs(test, 400), repeats=6)
        assert bound.n == 400
        reference = replace(quadrants(400, 4), judge=trained.judge)
        good = measure(metric, quadrants(400, 5).x, reference)
        assert good < bound.high + 4 * bound.std
        lost = measure(metric, quadrants(400, 5, (1, 1, 1, 0)).x, reference)
        assert lost > 2 * bound.high
        grey = measure(metric, torch.full((400, 1, 8, 8), 0.5), reference)
        assert grey > 3 * bound.high

    def test_the_order_and_the_number_do_not_matter(self, metric, trained):
        reference = replace(quadrants(400, 4), judge=trained.judge)
        x = quadrants(300, 5).x
        turned = measure(metric, x.flip(0), reference)
        assert turned == pytest.approx(measure(metric, x, reference), rel=1e-3, abs=1e-6)
        assert measure(metric, x[:150], reference) < 10 * turned + 0.2

    def test_it_needs_a_judge_and_images_of_one_size(self, metric, trained):
        images = quadrants(10, 0)
        with pytest.raises(NotApplicable, match="no judge"):
            measure(metric, images.x, images)
        with pytest.raises(ValueError, match="same size"):
            measure(metric, torch.zeros((10, 1, 9, 9)), trained)
        with pytest.raises(ValueError, match="at least 2"):
            measure(metric, torch.zeros((1, 1, 8, 8)), trained)


@pytest.mark.parametrize("metric", [FrechetDistance(), LabelBalance()])
def test_one_pixel_that_is_no_number_is_no_figure(metric, trained):
    """argmax would file such an image under the first class."""
    x = quadrants(300, 5).x
    x[7, 0, 3, 3] = torch.nan
    with pytest.raises(ArithmeticError, match="1 of 300 images are not finite"):
        measure(metric, x, trained)


def test_a_judge_that_cannot_tell_names_no_class(trained):
    x = quadrants(20, 5).x
    x[7] = torch.nan
    with pytest.raises(ArithmeticError, match="1 of 20"):
        label_shares(trained.judge, x)
    features = [trained.judge.features(images) for images in (x, quadrants(20, 6).x)]
    with pytest.raises(ArithmeticError, match="1 of 20"):
        frechet_distance(*features)


def test_a_missing_class_is_its_share(trained):
    reference = replace(quadrants(2000, 4), judge=trained.judge)
    lost = measure(LabelBalance(), quadrants(2000, 5, (1, 1, 1, 0)).x, reference)
    assert lost == pytest.approx(0.25, abs=0.04)


@pytest.mark.parametrize("slug", ["frechet-judge", "label-balance"])
def test_metrics_of_images_say_so(slug):
    entry = registry.get("metric", slug)
    assert entry.kinds == ("images",)
    assert entry.better == "lower"
    assert entry.make(NoConfig()).config == NoConfig()
    assert "FID" not in entry.title
