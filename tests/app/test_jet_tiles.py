"""Jets as tiles: constituents where they are, and in large tiles what a physicist reads off."""

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from observables.jets.variables import jet_variables
from studio.app.kinds.filtering import keeps, sorted_rows
from studio.app.kinds.jet_paint import PIXELS, Frame, image_pixels, radii_of, shades_of
from studio.app.kinds.jets import ROOM, TYPED, legend
from studio.app.kinds.registry import kind
from studio.app.tokens import DARK
from studio.app.widgets.datapreview import DataPreview

# Two prongs of 500 GeV at eta = +-0.16, and a padded place that is no zero.
X = np.float32([[0.16, 0.0, np.log1p(500.0)], [-0.16, 0.0, np.log1p(500.0)], [0.3, 0.3, 5.0]])
MASK = np.array([True, True, False])


def painted(side: int, **told: np.ndarray) -> np.ndarray:
    """Return how light each pixel of a tile is."""
    image = QImage(side, side, QImage.Format.Format_Grayscale8)
    image.fill(Qt.GlobalColor.black)
    with QPainter(image) as painter:
        tiles = kind("jets").tiles({"x": X[None], "mask": MASK[None], **told})
        tiles.paint(painter, QRectF(0, 0, side, side), 0, DARK)
    grey = np.frombuffer(image.constBits(), np.uint8).reshape(side, image.bytesPerLine())
    return grey[:, :side].copy()


def test_a_jet_is_said_with_its_mass_and_momentum():
    expected = 2 * 500.0 * np.sinh(0.16)
    assert legend({"x": X, "mask": MASK}) == f"m {expected:.0f} GeV, pT 1,000 GeV, 2 constituents"
    assert legend({"x": X, "label": np.str_("top")}).startswith("top, m ")
    assert legend({"x": X[:1]}) == "m 0 GeV, pT 500 GeV, 1 constituent"


def test_a_jet_that_was_asked_for_is_said_with_its_asked_momentum_and_the_share_of_it():
    # The file says the asked pT, and the constituents' share of it: so does the tile.
    assert "pt" in kind("jets").told
    said = legend({"x": X, "mask": MASK, "pt": np.float32(500.0)})
    assert "asked pT 500 GeV (constituents sum to 2.00 of it), 2 constituents" in said


@pytest.mark.parametrize(("side", "named"), [(ROOM // 2, False), (ROOM + 60, True)])
def test_the_axes_are_named_where_there_is_room(qapp, side, named):
    pixels = painted(side)
    corner = pixels[: side // 12, : side // 6]
    assert bool((corner > 60).any()) is named
    assert (pixels[side // 2 - 2 : side // 2 + 3] > 60).any(), "the prongs are seen"


@pytest.mark.parametrize(("side", "written"), [(TYPED // 2, False), (TYPED * 2, True)])
def test_types_are_told_apart_in_small_tiles(qapp, side, written):
    top, gluon = (painted(side, label=np.array([name])) for name in ("top", "gluon"))
    assert bool((top != gluon).any()) is written


def test_data_show_their_types_and_no_condition_that_they_were_not_asked_for(qapp):
    preview = DataPreview()
    parts = {"mask": MASK[None], "label": np.array(["top"]), "pt": np.float32([900.0])}
    preview.show_data(X[None], kind("jets"), (), "", parts)
    said = preview.tiles.tiles.said(0)
    assert said.startswith("top, m ")
    assert "asked" not in said
    preview.deleteLater()


def test_a_constituent_is_said_where_it_is_pointed_at():
    tiles = kind("jets").tiles({"x": X[None], "mask": MASK[None]})
    rect = QRectF(0, 0, 200, 200)
    place = Frame(rect).place(0.16, 0.0)
    assert tiles.said_at(rect, 0, place) == "row 0: pT 500.0 GeV (50 %), Δη 0.160, Δφ 0.000"
    assert tiles.said_at(rect, 0, Frame(rect).place(0.3, 0.3)) == "", "a padded place is nothing"


def test_the_share_of_the_momentum_is_the_area_and_the_colour():
    # Whoever has four times the share is twice as wide; the scale ends at its ends.
    large, small = radii_of(np.array([0.4, 0.1]), 100.0)
    assert large == pytest.approx(2 * small)
    low, high = (ink.name() for ink in shades_of(np.array([1e-6, 0.9]), DARK))
    assert (low, high) == (DARK.scale[0], DARK.scale[-1])


def test_an_image_holds_the_momentum_that_is_in_the_plane():
    x = np.float64([[[0.16, 0.0], [-0.16, 0.1], [0.9, 0.0]]])
    image = image_pixels(x, np.float64([[0.5, 0.3, 0.2]]))[0]
    assert image.sum() == pytest.approx(0.8), "the third is beyond the plane"
    row, column = np.argwhere(image == 0.3)[0]
    assert row < PIXELS // 2, "a larger phi is further up"
    assert column < PIXELS // 2


def test_jets_are_filtered_by_substructure_that_is_found_when_it_is_asked_for():
    rng = np.random.default_rng(0)
    x = rng.normal(scale=0.1, size=(20, 5, 3))
    x[..., 2] = np.log1p(rng.uniform(10, 500, (20, 5)))
    known = kind("jets").measures({"x": x, "label": np.array(["top"] * 20)})
    assert set(known.words()) == {"Type", "Mass", "pT", "Constituents"}
    assert keeps(known, "top", 20).all()
    assert "τ₂₁" not in known.words(), "words ask for no number"
    tau = known["τ₂₁"]
    assert (keeps(known, "tau21 < 0.5", 20) == (tau < 0.5)).all()
    assert sorted_rows(known, "D₂, low first", 20).tolist() == np.argsort(known["D₂"]).tolist()
    assert tau == pytest.approx(jet_variables(x[..., :2], np.expm1(x[..., 2]), ["tau21"])["tau21"])
