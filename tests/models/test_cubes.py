"""Hyperspectral cubes: windows, splits, what a classifier says of them, and its figures."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from pushforward.models.classical.logistic import LogisticRegression
from pushforward.models.config import decode
from pushforward.models.contracts.batch import Batch
from pushforward.models.families.classify.classifier import Classifier, ClassifierConfig
from pushforward.models.kinds import scenes
from pushforward.models.kinds.cubes import CubeSet, cubes
from pushforward.models.kinds.scene_spectra import SpectrumDecoder
from pushforward.models.kinds.scenes import (
    UNKNOWN,
    Scene,
    blurred,
    few_labels,
    few_labels_apart,
    principal,
    strips,
)
from pushforward.models.metrics.base import Evidence
from pushforward.models.metrics.classify.agreement import (
    Accuracy,
    AgainstConfig,
    AverageAccuracy,
    Kappa,
)
from pushforward.models.metrics.classify.confusions import confusion
from pushforward.models.operators.base import Operation, Outcome, Work
from pushforward.models.operators.classify_scene import ClassifyScene, ClassifySceneConfig
from pushforward.models.registry import discover, registry
from pushforward.models.tensors import make_generator
from tests.models import tracks

discover()
CPU = torch.device("cpu")


def scene(side: int = 40, seed: int = 0) -> Scene:
    """A scene of three classes in fields of 10 x 10 pixels, some of them unknown."""
    generator = make_generator(seed)
    fields = torch.randint(-1, 3, (side // 10, side // 10), generator=generator)
    fields[0] = torch.arange(side // 10) % 3
    truth = fields.repeat_interleave(10, 0).repeat_interleave(10, 1)
    cube = torch.randn((6, side, side), generator=generator) + truth.float()
    return Scene(cube, truth, ("a", "b", "c"), None, cube)


def test_a_window_is_what_is_around_its_pixel_and_borders_are_mirrored() -> None:
    made = scene()
    data = CubeSet(made, torch.tensor([5 * 40 + 7, 0]), 5)
    x = data.rows(slice(None)).x
    assert torch.equal(x[0], made.cube[:, 3:8, 5:10])
    assert torch.equal(x[1, :, 2:, 2:], made.cube[:, :3, :3])
    assert torch.equal(x[1, :, 0, 2:], made.cube[:, 2, :3])
    given = data.rows(slice(None)).given
    assert given["position"].tolist() == [[5.0, 7.0], [0.0, 0.0]]
    assert given["label"].tolist() == [int(made.truth[5, 7]), int(made.truth[0, 0])]
    assert torch.equal(data.plain()[0], made.cube[:, 5, 7])


def test_windows_are_those_of_a_mirrored_scene() -> None:
    made = scene()
    padded = functional.pad(made.cube[None], (4,) * 4, mode="reflect")[0]
    assert torch.equal(made.padded(4), padded)
    assert torch.equal(made.padded(4, slice(7, 9)), padded[:, 7:17])
    x = CubeSet(made, torch.arange(made.truth.numel()), 9).rows(slice(None)).x
    expected = padded.unfold(1, 9, 1).unfold(2, 9, 1).flatten(1, 2).movedim(0, 1)
    assert torch.equal(x, expected)
    with pytest.raises(ValueError, match="too large"):
        CubeSet(made, torch.arange(3), 81)


@pytest.mark.parametrize("sigma", [0.0, 1.5])
def test_components_of_strips_are_those_of_the_whole_scene(monkeypatch, sigma: float) -> None:
    cube = scene().cube
    whole, known = principal(blurred(cube, sigma), 3), SpectrumDecoder(decoded(cube))
    monkeypatch.setattr(scenes, "_AT_ONCE", 6 * 40 * 7)  # seven rows
    assert [rows.start for rows, _ in strips(cube)] == [0, 7, 14, 21, 28, 35]
    parts = torch.cat([strip for _, strip in strips(cube, sigma)], dim=1)
    torch.testing.assert_close(parts, blurred(cube, sigma))
    torch.testing.assert_close(principal(cube, 3, sigma), whole, rtol=1e-4, atol=1e-5)
    x = whole.flatten(1).T
    by_strips = SpectrumDecoder(decoded(cube)).decode(x)
    torch.testing.assert_close(by_strips, known.decode(x), rtol=1e-4, atol=1e-5)


def decoded(cube: torch.Tensor) -> Scene:
    made = scene()
    return Scene(cube, made.truth, made.names, None, principal(cube, 3))


def test_an_even_window_is_refused() -> None:
    with pytest.raises(ValueError, match="odd"):
        CubeSet(scene(), torch.arange(3), 4)


def test_principal_components_are_those_of_all_pixels() -> None:
    cube = scene().cube
    found = principal(cube, 3)
    x = cube.reshape(6, -1).double().numpy()
    x = x - x.mean(axis=1, keepdims=True)
    _, s, v = np.linalg.svd(x, full_matrices=False)
    expected = s[:3, None] * v[:3]
    ratio = found.reshape(3, -1).numpy() / expected
    np.testing.assert_allclose(np.abs(ratio), 1.0, rtol=1e-3)


def test_few_labels_are_a_share_of_each_class_and_nothing_is_in_both() -> None:
    made = scene()
    train, test = few_labels(made, 0.1, 5, 3)
    truth = made.truth.flatten()
    for index in range(3):
        n = int((truth == index).sum())
        assert int((truth[train] == index).sum()) == min(max(round(0.1 * n), 5), -(-n // 2))
    assert not set(train.tolist()) & set(test.tolist())
    assert len(train) + len(test) == len(made.labelled)
    assert UNKNOWN not in truth[train].tolist()
    again, _ = few_labels(made, 0.1, 5, 3)
    assert torch.equal(train, again)
    assert not torch.equal(train, few_labels(made, 0.1, 5, 4)[0])


def test_apart_no_window_shares_a_pixel_with_one_that_was_learned_from() -> None:
    made, window = scene(60), 5
    train, test = few_labels_apart(made, 0.05, 5, 0, 10, window)
    assert len(test) > 100
    places = [torch.stack([p // 60, p % 60], dim=1) for p in (train, test)]
    gap = (places[0][:, None] - places[1][None]).abs().amax(dim=2)
    assert int(gap.min()) >= window
    at_random = few_labels(made, 0.05, 5, 0)
    places = [torch.stack([p // 60, p % 60], dim=1) for p in at_random]
    assert int((places[0][:, None] - places[1][None]).abs().amax(dim=2).min()) < window


def learned(steps: int = 80, **config: object) -> tuple[Classifier, CubeSet]:
    data = cubes(64, 0)
    small = {
        "net": {"slug": "spectral-spatial", "config": {"width": 8, "spectral": 2}},
        "optimizer": {"lr": 1e-2},
        "noise": 0.6,
        "ema": 0.9,
    }
    made = Classifier(
        decode(ClassifierConfig, {**small, **config}),
        data.spec(),
        horizon=steps,
        seed=0,
        device=CPU,
    )
    rows = data.spec().standardised(data.rows(slice(None)))
    for _ in range(steps):
        made.step(rows)
    return made, data


def evidence(model: Classifier | None, train: CubeSet) -> Evidence:
    real = train.at(torch.arange(0, 1024, 7))
    return Evidence(real, make_generator(0), model=model, train=train)


def test_a_classifier_learns_the_classes_and_a_baseline_knows_no_neighbours() -> None:
    model, data = learned()
    metric = Accuracy(AgainstConfig())
    figure = metric.measure(evidence(model, data))
    bar = metric.bar(evidence(None, data))
    assert figure.value > bar.value + 0.03
    assert figure.low < figure.value < figure.high
    assert set(figure.parts) == {"rising", "falling"}
    majority = Accuracy(AgainstConfig(against="majority")).bar(evidence(None, data))
    assert majority.value == pytest.approx(0.5, abs=0.06)
    assert Kappa(AgainstConfig(against="majority")).bar(evidence(None, data)).value == 0.0


def test_agreement_is_measured_of_any_data_with_classes() -> None:
    class Sure:
        """Says of each track that it goes the way of its class, which is its longest coordinate."""

        device = torch.device("cpu")
        spec = tracks.tracks(90, 0).spec()

        def classify(self, rows: Batch) -> torch.Tensor:
            return self.spec.restored(rows).x.sum(dim=1)

    real, train = tracks.tracks(60, 1), tracks.tracks(90, 0)
    told = Evidence(real, make_generator(0), model=Sure(), train=train)
    for slug in ("accuracy", "average-accuracy", "kappa"):
        entry = registry.get("metric", slug)
        assert entry.kinds == ()
        metric = entry.make(decode(entry.config, {"against": "logistic"}))
        assert metric.measure(told).value > 0.9
        assert 0.3 < metric.bar(told).value <= 1.0


def test_the_baseline_of_accuracy_is_logistic_regression_for_scenes_alone() -> None:
    _, data = learned(1)
    scenes = evidence(None, data)
    rows = Evidence(tracks.tracks(60, 1), make_generator(0), train=tracks.tracks(90, 0))

    def bar(told: Evidence, against: str) -> float:
        return Accuracy(decode(AgainstConfig, {"against": against})).bar(told).value

    assert bar(scenes, "data-type") == bar(scenes, "logistic") > bar(scenes, "majority")
    assert bar(rows, "data-type") == bar(rows, "majority") < bar(rows, "logistic")


def test_what_is_given_is_not_looked_at() -> None:
    model, data = learned(3)
    rows = data.spec().standardised(data.rows(slice(None)))
    lied = Batch(rows.x, None, {**rows.given, "label": 1 - rows.given["label"]})
    assert torch.equal(model.classify(rows), model.classify(lied))
    assert torch.equal(model.classify(rows), model.classify(rows.x))
    assert model.classify(rows).exp().sum(dim=1) == pytest.approx(torch.ones(64), abs=1e-5)


def test_windows_do_not_know_each_other() -> None:
    model, data = learned(3)
    rows = data.spec().standardised(data.rows(slice(None)))
    torch.testing.assert_close(model.classify(rows)[:5], model.classify(rows.take(slice(0, 5))))


def test_figures_of_a_known_confusion() -> None:
    # Congalton's measures by hand: 3 classes, the last one never there.
    truth = torch.tensor([0] * 8 + [1] * 2)
    said = torch.tensor([0] * 6 + [1] * 2 + [1, 0])
    counts = confusion(truth, said, 3)
    names = ("a", "b", "c")
    assert Accuracy(AgainstConfig())._figure(counts, names).value == pytest.approx(0.7)
    average = AverageAccuracy(AgainstConfig())._figure(counts, names)
    assert average.value == pytest.approx((0.75 + 0.5) / 2)
    assert average.parts == {"a": 0.75, "b": 0.5}
    expected = 0.8 * 0.7 + 0.2 * 0.3
    kappa = Kappa(AgainstConfig())._figure(counts, names).value
    assert kappa == pytest.approx((0.7 - expected) / (1 - expected))
    alone = confusion(torch.zeros(4).long(), torch.zeros(4).long(), 2)
    assert Kappa(AgainstConfig())._figure(alone, ("a", "b")).value == 0.0


def test_logistic_regression_is_at_the_minimum_of_its_loss() -> None:
    x = torch.randn((200, 4), generator=make_generator(1))
    y = (x[:, 0] + 0.5 * torch.randn(200, generator=make_generator(2)) > 0).long()
    made = LogisticRegression(x, y, 2)
    standard = ((x - x.mean(dim=0)) / x.std(dim=0)).double()
    said = (standard @ made._weight + made._bias).detach().softmax(dim=1)
    slope = standard.T @ (said - torch.eye(2)[y]) + made._weight.detach()
    assert slope.abs().max() < 1e-2
    assert float((made.predict(x) == y).float().mean()) > 0.8


def test_every_pixel_of_the_scene_is_classified_piece_by_piece() -> None:
    model, data = learned()
    operation = Operation(model, data=lambda: data)
    work = ClassifyScene(ClassifySceneConfig(rows_at_once=10)).work(operation)
    told = []
    while True:
        try:
            told.append(next(work))
        except StopIteration as end:
            outcome = end.value
            break
    assert [(p.done, p.total) for p in told] == [(32 * n, 1024) for n in (10, 20, 30, 32)]
    found = outcome.arrays["map"]
    assert found.shape == (32, 32)
    everywhere = data.everywhere()
    rows = data.spec().standardised(everywhere.rows(slice(None)))
    assert torch.equal(found.flatten(), model.classify(rows).argmax(dim=1).short() + 1)
    right = (found - 1 == data.scene.truth).flatten()
    unseen = torch.ones(1024).bool()
    unseen[data.pixels] = False
    assert f"{100 * float(right[unseen].double().mean()):.1f} %" in outcome.note
    assert "1 rising; 2 falling" in outcome.note


def outcome_of(work: Work) -> Outcome:
    while True:
        try:
            next(work)
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome


def test_a_quick_look_classifies_one_pixel_of_each_block() -> None:
    model, data = learned()
    finish = [
        outcome_of(
            ClassifyScene(ClassifySceneConfig(every=n)).work(Operation(model, data=lambda: data))
        )
        for n in (1, 5)
    ]
    whole, coarse = (each.arrays["map"] for each in finish)
    middles = torch.tensor([2, 7, 12, 17, 22, 27, 31])
    blocks = torch.arange(32) // 5
    assert torch.equal(coarse, whole[middles][:, middles][blocks][:, blocks])
    measured = finish[1].arrays["unseen"]
    assert 0 < len(measured) < len(finish[0].arrays["unseen"])
    assert torch.isin(measured, middles).all(), "only classified pixels measure"
    assert finish[1].note.startswith("Preview: one pixel of each 5 x 5.")


def test_the_accuracy_of_a_map_is_over_pixels_that_were_not_learned_from() -> None:
    """Also where the labels of a scene lie in memory column by column, and where some labelled
    pixels are neither learned from nor measured with.
    """
    model, data = learned(1)
    turned = replace(data.scene, truth=data.scene.truth.T.contiguous().T)
    data = replace(data.take(slice(0, 100)), scene=turned)

    def said(**more: Any) -> Outcome:
        operation = Operation(model, data=lambda: data, **more)
        return outcome_of(ClassifyScene(ClassifySceneConfig()).work(operation))

    told = said()
    seen = data.pixels.unique()
    assert f"the {1024 - len(seen):,} labelled pixels" in told.note
    at = told.arrays["unseen"]
    assert not set((at[:, 0] * 32 + at[:, 1]).tolist()) & set(seen.tolist())
    held = data.at(torch.cat([torch.arange(40), seen[:5]]))
    few = said(held=lambda: held)
    n = len(set(range(40)) - set(seen.tolist()))
    assert f"the {n} labelled pixels" in few.note
    nothing = said(held=lambda: data)
    assert "No labelled pixel is left" in nothing.note
    assert nothing.arrays["unseen"].shape == (0, 2)


def test_without_a_scene_there_is_nothing_to_classify() -> None:
    model, _ = learned(1)
    with pytest.raises(ValueError, match="no scene"):
        next(ClassifyScene(ClassifySceneConfig()).work(Operation(model)))
