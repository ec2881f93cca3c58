"""Look-ups in the training images: they return what they say, and the claims name them."""

import torch

from pushforward.models.kinds.images import ImageSet
from pushforward.models.registry import registry
from pushforward.studio.cli import catalogue
from pushforward.verify.images import image_lookups

catalogue.load()
X = torch.rand((12, 1, 4, 4), generator=torch.Generator().manual_seed(0))
TRAIN = ImageSet(X, labels=torch.arange(12) % 3, names=("a", "b", "c"))


def test_images_halfway_to_the_nearest_lie_between_two_of_a_class() -> None:
    rows = torch.arange(12)
    made = image_lookups.mix_with_class(TRAIN, rows, 0)
    for row, image in enumerate(made):
        other = 2.0 * image - X[row]
        same = [k for k in range(12) if k % 3 == row % 3 and k != row]
        assert min(float((X[k] - other).abs().max()) for k in same) < 1e-5


def test_a_shift_moves_every_image_by_one_pixel() -> None:
    made = image_lookups.shift(TRAIN, torch.arange(12), 0)
    for before, after in zip(X[:, 0], made[:, 0], strict=True):
        inner = after[1:-1, 1:-1]
        places = [before[i : i + 2, j : j + 2] for i, j in ((0, 1), (2, 1), (1, 0), (1, 2))]
        assert any(torch.equal(inner, each) for each in places)


def test_mixed_pixels_keep_the_values_of_each_place() -> None:
    made = image_lookups.mix_pixels(TRAIN, torch.arange(12), 0).flatten(1)
    for place in range(16):
        assert set(made[:, place].tolist()) <= set(X.flatten(1)[:, place].tolist())


def test_a_nearest_image_is_of_the_wanted_class() -> None:
    assert torch.equal(image_lookups.find_nearest(X, X)[:, 0], torch.arange(12))
    assert TRAIN.labels is not None
    wanted = (TRAIN.labels + 1) % 3
    made = image_lookups.nearest_of_class(X, wanted, X, TRAIN.labels)
    assert torch.equal(TRAIN.labels[image_lookups.find_nearest(made, X)[:, 0]], wanted)
    torch.testing.assert_close(image_lookups.project(X, X, 16), X, rtol=1e-4, atol=1e-4)


def test_every_claim_on_the_quality_of_images_names_copies_of_training_images() -> None:
    for entry in registry.all("experiment"):
        if entry.slug.startswith("GI-"):
            assert image_lookups.COPIES in entry.baselines
            assert "copies of training images meet it" in entry.claim
    for slug in ("8C-latent", "8C-guided"):
        assert image_lookups.COPIES in registry.get("experiment", slug).nulls
