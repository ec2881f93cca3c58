"""Splits of a scene, labels as text, and the operators on its map."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from pushforward.models.config import ConfigError, decode
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import HasContext
from pushforward.models.contracts.spec import LABEL
from pushforward.models.kinds.cubes import CubeSet
from pushforward.models.kinds.scene_settings import SceneSettings, prepare_scene
from pushforward.models.kinds.scene_splits import find_fields, near_pixels
from pushforward.models.kinds.scenes import UNKNOWN, Scene
from pushforward.models.metrics.classify.confusions import (
    average_accuracy,
    calibration_error,
    cohen_kappa,
    confusion,
    overall_accuracy,
    user_accuracies,
)
from pushforward.models.operators.base import Operation, Outcome
from pushforward.models.operators.classify_scene import ClassifyScene, ClassifySceneConfig
from pushforward.models.operators.label_next import LabelNext, LabelNextConfig
from pushforward.models.operators.refine_scene import RefineScene, RefineSceneConfig
from pushforward.models.tensors import make_generator
from pushforward.observables.scenes.label_text import decode_labels, encode_labels

SIDE, BANDS, NAMES = 48, 5, ("a", "b", "c")


def scene(seed: int = 0) -> Scene:
    """Fields of 8 x 8 pixels of three classes with a border of unlabelled pixels each."""
    g = make_generator(seed)
    fields = torch.randint(0, 3, (SIDE // 8, SIDE // 8), generator=g)
    truth = fields.repeat_interleave(8, 0).repeat_interleave(8, 1)
    cube = torch.randn((BANDS, SIDE, SIDE), generator=g) + truth.float()
    border = torch.arange(SIDE) % 8 == 7
    truth = truth.masked_fill(border[:, None] | border[None], UNKNOWN)
    return Scene(cube, truth, NAMES, None, cube)


def prepared(roles: Tensor | None = None, **settings: Any) -> Any:
    made = scene()
    defaults = {"labels": 60, "least": 2, "validation": 30, "window": 5, "components": 0}
    config = decode(SceneSettings, {**defaults, **settings})
    return prepare_scene(made.cube, made.truth, made.names, None, config, roles)


@pytest.mark.parametrize("split", ["random", "block", "field"])
def test_splits_are_disjoint_of_the_wanted_size_and_repeat(split: str) -> None:
    found = prepared(split=split, block=8)
    sets = [set(part.pixels.tolist()) for part in (found.train, found.validation, found.test)]
    assert [len(each) for each in sets[:2]] == [60, 30]
    assert len(sets[0] | sets[1] | sets[2]) == sum(map(len, sets))
    assert UNKNOWN not in found.test.classes().tolist()
    assert len(found.train.classes().unique()) == 3
    again, other = prepared(split=split, block=8), prepared(split=split, block=8, seed=1)
    assert torch.equal(found.train.pixels, again.train.pixels)
    assert not torch.equal(found.train.pixels, other.train.pixels)
    assert torch.equal(found.train.split.test, found.test.pixels)


@pytest.mark.parametrize("split", ["block", "field"])
def test_no_test_window_holds_a_training_pixel(split: str) -> None:
    found = prepared(split=split, block=8)
    near = near_pixels(found.train.scene, found.train.pixels, 2)
    assert not near[found.test.pixels].any()
    at_random = prepared(split="random")
    near = near_pixels(at_random.train.scene, at_random.train.pixels, 2)
    assert near[at_random.test.pixels].any()


def test_fields_are_learned_from_or_tested_and_never_both() -> None:
    found = prepared(split="field")
    fields = find_fields(found.train.scene).flatten()
    assert len(fields.unique()) > 20
    learned, tested = (set(fields[p.pixels].tolist()) for p in (found.train, found.test))
    assert not learned & tested


def test_a_second_map_splits() -> None:
    roles = torch.zeros((SIDE, SIDE), dtype=torch.int64)
    roles[:, :10], roles[:, 10:20], roles[:, 20:30] = 1, 2, 3
    found = prepared(roles, split="map")
    for part, low, high in ((found.train, 0, 10), (found.validation, 10, 20), (found.test, 20, 30)):
        columns = part.pixels % SIDE
        assert low <= int(columns.min()) <= int(columns.max()) < high
    with pytest.raises(ConfigError, match="no second map"):
        prepared(split="map")
    with pytest.raises(ConfigError, match="48 x 48"):
        prepared(roles[:5], split="map")
    with pytest.raises(ConfigError, match="must hold 0"):
        prepared(roles + 4, split="map")


def test_labels_by_hand_replace_the_ground_truth() -> None:
    drawn = np.zeros((SIDE, SIDE), np.int16)
    drawn[2, 3:6], drawn[40, 1] = 2, 3
    found = prepared(split="hand", hand=encode_labels(drawn))
    assert found.train.pixels.tolist() == [2 * SIDE + 3, 2 * SIDE + 4, 2 * SIDE + 5, 40 * SIDE + 1]
    assert found.train.classes().tolist() == [1, 1, 1, 2]
    assert len(found.test) == len(scene().labelled) - int(
        (scene().truth.numpy()[drawn > 0] >= 0).sum()
    )
    for text, message in (
        ("", "paint"),
        ("9999", "larger scene"),
        ("3:9", "no name"),
        ("x", "'x'"),
    ):
        with pytest.raises(ConfigError, match=message):
            prepared(split="hand", hand=text)


def test_labels_as_text_come_back() -> None:
    rng = np.random.default_rng(0)
    for fill in (0.0, 0.02, 0.5, 1.0):
        labels = np.where(rng.random((13, 17)) < fill, rng.integers(1, 5, (13, 17)), 0)
        assert (decode_labels(encode_labels(labels), (13, 17)) == labels).all()
    assert encode_labels(np.zeros((3, 3), int)) == ""
    assert encode_labels(np.array([[0, 0, 2], [2, 0, 0]])) == "2 2:2"


def test_unlabelled_pixels_have_no_class() -> None:
    train = prepared().train
    assert isinstance(train, HasContext)
    rows = train.context().rows(slice(None))
    assert len(rows) == SIDE**2
    assert (rows.given[LABEL] == UNKNOWN).all()
    only = prepared(context="labelled").train.context()
    assert len(only) == len(scene().labelled)
    assert torch.equal(only.rows(slice(0, 3)).x, train.at(only.pixels).rows(slice(0, 3)).x)


def test_a_blur_is_of_each_band_and_an_even_window_is_refused() -> None:
    seen = prepared(blur=2.0).train.scene.seen
    assert seen.std() < 0.8 * scene().cube.std()
    with pytest.raises(ConfigError, match="odd"):
        prepared(window=4)


def test_measures_of_a_confusion_by_hand() -> None:
    counts = confusion(torch.tensor([0, 0, 0, 1, 1]), torch.tensor([0, 0, 1, 1, 1]), 3)
    assert overall_accuracy(counts) == pytest.approx(0.8)
    assert average_accuracy(counts) == pytest.approx((2 / 3 + 1) / 2)
    assert user_accuracies(counts)[:2].tolist() == pytest.approx([1.0, 2 / 3])
    expected = (3 * 2 + 2 * 3) / 25
    assert cohen_kappa(counts) == pytest.approx((0.8 - expected) / (1 - expected))
    sure, right = torch.tensor([0.9, 0.9, 0.6, 0.6]), torch.tensor([True, True, True, False])
    assert calibration_error(sure, right) == pytest.approx((2 * 0.1 + 2 * 0.1) / 4, abs=1e-6)


class Spectra:
    """Classifies by the first band of the middle pixel: class k is around k."""

    device = torch.device("cpu")

    def __init__(self, data: CubeSet) -> None:
        self.spec = data.spec()

    def classify(self, rows: Batch) -> Tensor:
        middle = self.spec.restored(rows).x[:, :, 2, 2].mean(dim=1, keepdim=True)
        return (-2.0 * (middle - torch.arange(3.0)).square()).log_softmax(dim=1)


def done(make: Any, config: Any, data: Any) -> Outcome:
    operation = Operation(Spectra(data.train), data=lambda: data.train, held=lambda: data.test)  # type: ignore[arg-type]
    work = make(config).work(operation)
    while True:
        try:
            next(work)
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome


def test_a_map_comes_with_its_uncertainty() -> None:
    data = prepared(split="block", block=8)
    arrays = done(ClassifyScene, ClassifySceneConfig(probabilities=True), data).arrays
    p = arrays["probabilities"]
    assert p.shape == (3, SIDE, SIDE)
    torch.testing.assert_close(p.sum(dim=0), torch.ones(SIDE, SIDE))
    assert torch.equal(arrays["map"].long() - 1, p.argmax(dim=0))
    best = p.sort(dim=0, descending=True).values
    torch.testing.assert_close(arrays["margin"], best[0] - best[1])
    torch.testing.assert_close(arrays["entropy"], -(p * p.log()).sum(dim=0))
    unseen = arrays["unseen"][:, 0] * SIDE + arrays["unseen"][:, 1]
    assert torch.equal(unseen, data.test.pixels)


@pytest.mark.parametrize("method", ["crf", "majority", "blur"])
def test_neighbours_refine_a_noisy_map(method: str) -> None:
    data = prepared()
    outcome = done(RefineScene, decode(RefineSceneConfig, {"method": method}), data)
    arrays = outcome.arrays
    before, after = arrays["scores"][:, 0].tolist()
    assert after > before + 0.02
    truth = scene().truth.flatten()[data.test.pixels]
    at_test = arrays["map"].flatten().long()[data.test.pixels] - 1
    assert after == pytest.approx(float((at_test == truth).double().mean()))
    assert int(arrays["confusion"].sum()) == int(arrays["confusion_before"].sum()) == len(truth)
    assert torch.equal(arrays["changed"].bool(), arrays["map"] != arrays["before"])
    assert f"{100 * after:.1f} % after" in outcome.note
    assert ("energy" in arrays) == (method == "crf")


def test_settings_are_chosen_by_validation_labels_alone() -> None:
    """Other test labels change nothing, and without validation labels nothing is chosen."""
    config = decode(RefineSceneConfig, {"method": "majority", "side": 1})
    chosen = done(RefineScene, config, prepared())
    assert chosen.settled["side"] > 1
    assert not done(RefineScene, config, prepared(validation=0)).settled
    data = prepared()
    data.test.scene.truth.flatten()[data.test.pixels] = 0
    assert done(RefineScene, config, data).settled == chosen.settled


def test_pixels_to_label_are_where_two_classes_are_close() -> None:
    data = prepared(split="block", block=8)
    outcome = done(LabelNext, decode(LabelNextConfig, {"n": 12, "sigma": 0.0}), data)
    row, column = outcome.arrays["pixels"].T
    margins = outcome.arrays["margin"][row, column]
    assert len(row) == 12
    assert float(margins.max()) < float(outcome.arrays["margin"].quantile(0.1))
    gaps = torch.maximum((row[:, None] - row).abs(), (column[:, None] - column).abs())
    assert int(gaps.fill_diagonal_(99).min()) >= 3
    assert not torch.isin(row * SIDE + column, data.train.pixels).any()


def test_the_farthest_pixels_are_by_position_alone() -> None:
    data = prepared(split="block", block=8)
    config = decode(LabelNextConfig, {"n": 3, "policy": "farthest", "labelled": True})
    pixels = done(LabelNext, config, data).arrays["pixels"].double()
    learned = torch.stack([data.train.pixels // SIDE, data.train.pixels % SIDE], dim=1).double()
    pool = scene().labelled
    where = torch.stack([pool // SIDE, pool % SIDE], dim=1).double()
    most = torch.cdist(where, learned).amin(dim=1).max()
    assert float(torch.cdist(pixels[:1], learned).min()) == pytest.approx(float(most))
