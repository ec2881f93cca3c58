"""Jets as tiles: constituents where they are, and in large tiles what a physicist reads off."""

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter

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
