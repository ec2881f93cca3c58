"""Mean images of jets by type: what they hold, and what their difference says."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from pytestqt.qtbot import QtBot

from pushforward.observables.jets.cone import USUAL
from pushforward.studio.app.data_types.jets.jet_paint import PIXELS
from pushforward.studio.app.data_types.jets.mean_images import mean_of, means_by_type, pull
from pushforward.studio.app.data_types.jets.mean_images_plot import MeansPicture


def cores(n: int, seed: int, wide: float = 0.05) -> dict[str, np.ndarray]:
    """Return jets of ten constituents around their axis."""
    rng = np.random.default_rng(seed)
    x = rng.normal(scale=wide, size=(n, 10, 3))
    x[..., 2] = np.log1p(rng.exponential(50.0, (n, 10)))
    return {"x": x, "label": np.where(np.arange(n) % 3 == 0, "top", "gluon")}


def test_a_mean_image_holds_the_momentum_of_its_jets():
    one, two = mean_of(cores(700, 0), USUAL), mean_of(cores(1400, 0), USUAL)
    assert one.mean.sum() == pytest.approx(1.0), "all of it is in the plane"
    assert one.n == 700
    assert (two.variance.sum() / one.variance.sum()) == pytest.approx(0.5, rel=0.05)
    assert mean_of({"x": np.empty((0, 10, 3))}, USUAL) is None


def test_what_differs_by_chance_differs_by_about_a_deviation_and_wider_jets_by_many():
    real, same = mean_of(cores(3000, 1), USUAL), mean_of(cores(3000, 2), USUAL)
    wider = mean_of(cores(3000, 3, wide=0.06), USUAL)
    often = real.mean > 1e-3  # pixels that many jets have something in
    assert np.std(pull(same, real)[often]) == pytest.approx(1.0, abs=0.15)
    off = pull(wider, real)
    middle = slice(PIXELS // 2 - 1, PIXELS // 2 + 1)
    assert (off[middle, middle] < -3).all(), "less of them is in the core"
    assert np.isnan(off[0, 0]), "where nobody has anything there is no difference"


def test_pixels_that_few_jets_reach_do_not_lean_to_the_side_of_the_fewer():
    """With the variance of each alone, what 200 jets have missed was one deviation too little."""
    few, many = mean_of(cores(200, 1, wide=0.12), USUAL), mean_of(cores(1800, 2, wide=0.12), USUAL)
    both = (few.mean * 200 + many.mean * 1800) / 2000
    rare = (both > 0) & (both < 5e-5)
    assert rare.sum() > 100
    assert abs(np.mean(pull(few, many)[rare])) < 4 / np.sqrt(rare.sum())
    alone = (few.mean - many.mean)[rare] / np.sqrt(few.variance + many.variance)[rare]
    assert np.mean(alone) < -0.5


def test_types_are_told_apart_and_the_mouse_tells_the_pixel(qtbot: QtBot):
    found = means_by_type(cores(90, 0), cores(60, 1), ["gluon", "top"], USUAL)
    assert [(each.name, each.made.n, each.real.n) for each in found] == [
        ("gluon", 60, 40), ("top", 30, 20)
    ]  # fmt: skip
    assert means_by_type(None, cores(60, 1), [], USUAL)[0].made is None
    picture = MeansPicture()
    qtbot.addWidget(picture)
    picture.resize(700, 500)
    picture.show_means(found)
    assert picture.accessibleDescription().startswith("gluon: 60 generated, 40 real")
    box = picture.cell(1, 0, picture.size())
    said = picture.said_at(box.center())
    share = 100 * found[1].made.mean[PIXELS // 2, PIXELS // 2]
    assert said.startswith("Δη 0.00, Δφ 0.00\ngenerated ")
    assert f"{share:.2g}"[:3] in said
    assert picture.said_at(QPointF(2, 2)) == ""
    picture.grab()
    used = picture.used(picture.size())
    assert used.width() <= 700
    assert used.height() <= 500


def test_a_wider_cone_is_as_large_in_its_picture(qtbot: QtBot):
    """Twice as far away in twice the plane: the same image, twice the numbers."""
    usual = means_by_type(cores(90, 0), None, [], USUAL)
    far = cores(90, 0)
    far["x"][..., :2] *= 2
    wide = means_by_type(far, None, [], 2 * USUAL)
    np.testing.assert_array_equal(wide[0].made.mean, usual[0].made.mean)
    picture = MeansPicture()
    qtbot.addWidget(picture)
    picture.resize(700, 500)
    box = picture.cell(0, 0, picture.size())
    for means, radius, where in ((usual, USUAL, "Δη 0.45, Δφ 0.45"), (wide, 2 * USUAL, "Δη 0.90")):
        picture.show_means(means, radius)
        assert picture.said_at(box.topRight()).startswith(where)
