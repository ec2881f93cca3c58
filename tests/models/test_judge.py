"""The judge of images, and the metrics that ask it."""

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from pushforward.models.config import NoConfig
from pushforward.models.contracts.batch import Batch
from pushforward.models.judges import images
from pushforward.models.judges.base import (
    Lesson,
    Network,
    WeightsError,
    accuracy,
    load_weights,
    taught,
)
from pushforward.models.judges.images import FEATURES, ImageClassifier
from pushforward.models.kinds.images import ImageSet
from pushforward.models.metrics.base import NotApplicable, floor, split_pairs
from pushforward.models.metrics.images.frechet import FrechetDistance, LabelBalance, label_shares
from pushforward.models.metrics.samples.frechet import frechet_distance
from pushforward.models.registry import registry
from pushforward.models.tensors import make_generator
from tests.models.measuring import figure, value


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


TEACHING = ImageClassifier()
FRECHET, BALANCE = FrechetDistance(NoConfig()), LabelBalance(NoConfig())


def lesson(images: ImageSet) -> Lesson:
    found = TEACHING.lesson(images)
    assert found is not None
    return found


def untrained(shape: tuple[int, ...], classes: int = 4) -> Network:
    return TEACHING.new(Lesson(Batch(torch.zeros(1, *shape)), torch.tensor([classes - 1])))


@pytest.fixture(scope="module")
def trained() -> Network:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(images, "_STEPS", 150)
        return taught(TEACHING, quadrants(600, 0))


def test_a_judge_knows_what_it_was_taught(trained):
    assert accuracy(trained, lesson(quadrants(400, 1))) > 0.98
    assert accuracy(untrained((1, 8, 8)), lesson(quadrants(400, 1))) < 0.7


def test_a_judge_is_a_function_of_images_and_seed(monkeypatch):
    monkeypatch.setattr(images, "_STEPS", 20)
    one = taught(TEACHING, quadrants(600, 0))
    before = torch.get_rng_state()
    with torch.no_grad():  # as around a measurement
        again = taught(TEACHING, quadrants(600, 0))
    assert torch.equal(before, torch.get_rng_state())
    new = TEACHING.new(lesson(quadrants(600, 0)))
    for a, b, c in zip(one.parameters(), again.parameters(), new.parameters(), strict=True):
        assert torch.equal(a, b)
        assert not torch.equal(a, c), "it has learned"
        assert not a.requires_grad
    other = taught(TEACHING, quadrants(600, 0), seed=1)
    x = quadrants(5, 2).x
    assert not torch.equal(one.features(x), other.features(x))


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 28, 28), (1, 5, 9)])
def test_features_and_scores_have_their_shapes(shape):
    judge = untrained(shape, 7)
    x = torch.rand((70, *shape), generator=make_generator(0))
    assert judge.features(x).shape == (70, FEATURES)
    assert judge.logits(x).shape == (70, 7)
    assert torch.equal(judge.features(Batch(x)), judge.features(x))
    # What is no colour is judged as it is shown.
    assert torch.equal(judge.features(x * 9 - 4), judge.features((x * 9 - 4).clamp(0, 1)))


def test_without_labels_there_is_nothing_to_learn():
    bare = ImageSet(torch.rand(4, 1, 8, 8))
    assert TEACHING.lesson(bare) is None
    with pytest.raises(ValueError, match="no labels"):
        taught(TEACHING, bare)


class TestWeights:
    """A file of the person's is taken as it is, or refused in words."""

    def test_weights_that_were_saved_are_the_judge_again(self, trained, tmp_path):
        save_file(trained.state_dict(), tmp_path / "a.safetensors")
        again = load_weights(untrained((1, 8, 8)), tmp_path / "a.safetensors")
        x = quadrants(5, 2).x
        assert torch.equal(again.features(x), trained.features(x))
        assert not any(p.requires_grad for p in again.parameters())

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (lambda t: t.pop("head.weight"), "no tensor 'head.weight'; it should have"),
            (lambda t: t.update(more=torch.zeros(1)), "a tensor 'more', and the judge has none"),
            (
                lambda t: t.update({"head.weight": torch.zeros(5, FEATURES)}),
                r"'head.weight' has the shape \(5, 32\), and for these data it must be \(4, 32\)",
            ),
            (
                lambda t: t.update({"head.bias": torch.full((4,), torch.nan)}),
                "'head.bias' has numbers that are not finite",
            ),
        ],
    )
    def test_other_weights_are_refused(self, trained, tmp_path, change, words):
        tensors = dict(trained.state_dict())
        change(tensors)
        save_file(tensors, tmp_path / "a.safetensors")
        with pytest.raises(WeightsError, match=words):
            load_weights(untrained((1, 8, 8)), tmp_path / "a.safetensors")

    def test_another_format_is_refused(self, tmp_path):
        (tmp_path / "a.pt").write_bytes(b"PK\x03\x04 a pickle in an archive")
        with pytest.raises(WeightsError, match="no safetensors file"):
            load_weights(untrained((1, 8, 8)), tmp_path / "a.pt")


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


@pytest.mark.parametrize("metric", [FRECHET, BALANCE])
class TestMetrics:
    def test_real_images_are_at_the_floor_and_others_are_not(self, metric, trained):
        bound = floor(metric, split_pairs(quadrants(800, 3), 400), repeats=6, judge=trained)
        assert bound.n == 400
        reference = quadrants(400, 4)
        good = value(metric, quadrants(400, 5).x, reference, judge=trained)
        assert good < bound.high + 4 * bound.std
        lost = value(metric, quadrants(400, 5, (1, 1, 1, 0)).x, reference, judge=trained)
        assert lost > 2 * bound.high
        grey = value(metric, torch.full((400, 1, 8, 8), 0.5), reference, judge=trained)
        assert grey > 3 * bound.high

    def test_the_order_and_the_number_do_not_matter(self, metric, trained):
        reference, x = quadrants(400, 4), quadrants(300, 5).x
        turned = value(metric, x.flip(0), reference, judge=trained)
        same = value(metric, x, reference, judge=trained)
        assert turned == pytest.approx(same, rel=1e-3, abs=1e-6)
        assert value(metric, x[:150], reference, judge=trained) < 10 * turned + 0.2

    def test_it_needs_a_judge_and_images_of_one_size(self, metric, trained):
        images = quadrants(10, 0)
        with pytest.raises(NotApplicable, match="no judge: the images have no labels"):
            value(metric, images.x, images)
        with pytest.raises(ValueError, match="same size"):
            value(metric, torch.zeros((10, 1, 9, 9)), images, judge=trained)
        with pytest.raises(ValueError, match="at least 2"):
            value(metric, torch.zeros((1, 1, 8, 8)), images, judge=trained)

    def test_one_pixel_that_is_no_number_is_no_figure(self, metric, trained):
        """argmax would file such an image under the first class."""
        x = quadrants(300, 5).x
        x[7, 0, 3, 3] = torch.nan
        with pytest.raises(ArithmeticError, match="1 of 300 samples are not finite"):
            value(metric, x, quadrants(600, 0), judge=trained)


def test_a_judge_that_cannot_tell_names_no_class(trained):
    x = quadrants(20, 5).x
    x[7] = torch.nan
    with pytest.raises(ArithmeticError, match="1 of 20"):
        label_shares(trained, x)
    features = [trained.features(images) for images in (x, quadrants(20, 6).x)]
    with pytest.raises(ArithmeticError, match="1 of 20"):
        frechet_distance(*features)


def test_a_missing_class_is_its_share(trained):
    x = quadrants(2000, 5, (1, 1, 1, 0)).x
    lost = figure(BALANCE, x, quadrants(2000, 4), judge=trained)
    assert lost.value == pytest.approx(0.25, abs=0.04)
    assert lost.parts["d"] == pytest.approx(-0.25, abs=0.04)
    assert sum(lost.parts.values()) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("slug", ["frechet-judge", "label-balance"])
def test_metrics_of_images_say_so(slug):
    entry = registry.get("metric", slug)
    assert entry.kinds == ("images",)
    assert entry.better == "lower"
    assert "FID" not in entry.title
