"""Jets as tiles: constituents where they are, and in large tiles what a physicist reads off."""

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from pushforward.observables.jets.variables import jet_variables
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.core.selection import Selection, Source
from pushforward.studio.app.data.row_filter import keeps, sorted_rows
from pushforward.studio.app.data.tile_pane import Pane, describe_sample
from pushforward.studio.app.data_types.jets.jet_paint import (
    PIXELS,
    Frame,
    image_pixels,
    radii_of,
    shades_of,
)
from pushforward.studio.app.data_types.jets.type import ROOM, TYPED, legend
from pushforward.studio.app.design.tokens import DARK
from pushforward.studio.app.places.runs.inspector.element_table import ElementTable
from pushforward.studio.app.places.setup.pickers.data_preview import DataPreview

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
    assert "requested pT 500 GeV (constituents sum to 2.00 of it), 2 constituents" in said


def test_what_real_jets_lose_stands_beside_how_far_off_a_generated_one_is(qapp):
    jets, lost = kind("jets"), {"pt-least": 0.914, "pt-most": 0.98, "mass-least": 0.9}
    one = {"x": X[None], "mask": MASK[None], "pt": np.float32([500.0])}
    known = {name: each[0] for name, each in (one | jets.holding(lost, 1)).items()}
    assert "sum to 2.00 of it, those of real jets 0.91 to 0.98), 2 cons" in legend(known)
    known["pt-most"] = known["pt-least"]
    assert "those of real jets 0.91), 2 cons" in legend(known)
    asked = {"pt": 500.0, "mass": 300.0}
    facts = dict(describe_sample(jets, jets.measures(one), asked | lost))
    assert facts["pT"] == "1,000 GeV (asked 500, +100.0 %; real jets, by type: −8.6 to −2.0 %)"
    assert "real jets" not in facts["Mass"]  # of which one end alone is known
    assert "real jets" not in dict(describe_sample(jets, jets.measures(one), {"pt": 500.0}))["pT"]
    assert (
        "real jets"
        not in dict(describe_sample(jets, jets.measures(one), asked | lost, real=True))["pT"]
    )
    pane = Pane("Some", Selection())
    pane.show_data(one | jets.holding(lost, 1), jets, Source("run", "samples"), page=2)
    assert "real jets, by type: −8.6 to −2.0 %" in pane.describe(0)


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
    said = preview.tiles.tiles.describe(0)
    assert said.startswith("top, m ")
    assert "asked" not in said
    preview.deleteLater()


def two(asked_mass: float) -> dict[str, np.ndarray]:
    """Return the jet twice, the second with half the pT, under the same conditions."""
    x = np.stack([X, X])
    x[1, :2, 2] = np.log1p(250.0)
    asked = {"pt": np.float32([1000.0] * 2), "mass": np.float32([asked_mass] * 2)}
    return {"x": x, "mask": np.stack([MASK] * 2), **asked, "size": np.array([2, 2])}


def test_what_a_jet_was_asked_for_stands_beside_what_it_is():
    jets, mass = kind("jets"), 2 * 500.0 * np.sinh(0.16)
    some = two(mass / 0.8)
    given = {name: each[1] for name, each in some.items()}
    facts = dict(describe_sample(jets, jets.measures({n: e[1:] for n, e in some.items()}), given))
    assert facts["Mass"].endswith(f" GeV (asked {mass / 0.8:.0f}, −60.0 %)")
    assert facts["pT"].endswith(" GeV (asked 1,000, −50.0 %)")
    assert facts["Constituents"] == "2 (asked 2)"
    assert "asked" not in facts["τ₂₁"]
    assert "asked" not in str(describe_sample(jets, jets.measures(some)))


@pytest.mark.parametrize("what", ["samples", "held"])
def test_tiles_that_are_sorted_say_by_what_and_real_ones_were_asked_for_nothing(qtbot, what):
    pane = Pane("Some", Selection())
    qtbot.addWidget(pane)
    pane.show_data(two(200.0), kind("jets"), Source("run", what), page=2)
    assert not pane.grid.words
    pane.arrange("pT, low first", "")
    assert pane.grid.order.tolist() == [1, 0]
    assert pane.grid.words == ["1,000 GeV", "500 GeV"]
    asked = [part for part in (pane.describe(0), pane.grid.tiles.describe(0))
             if "asked" in part or "requested" in part]  # fmt: skip
    assert len(asked) == (2 if what == "samples" else 0)


def test_constituents_are_sorted_by_the_column_that_is_clicked(qtbot):
    table = ElementTable()
    qtbot.addWidget(table)

    def column(place: int) -> list[str]:
        return [table.cell(line, place).text() for line in range(table.model().rowCount())]

    table.show_elements(["pT", "Δη"], np.array([0, 1, 3]), [np.array([9.5, 30.0, 100.0]), X[:, 0]])
    assert column(0) == ["0", "1", "3"]
    table.horizontalHeader().sectionClicked.emit(1)
    assert column(1) == ["100.0", "30.0", "9.5"]
    assert column(2) == ["0.300", "−0.160", "0.160"]
    assert column(0) == ["3", "1", "0"]
    table.show_elements(["pT", "Δη"], np.array([0, 2]), [np.array([2.5, 10.0]), X[:2, 0]])
    assert column(1) == ["10.0", "2.5"]  # the order of a person stays
    table.horizontalHeader().sectionClicked.emit(1)
    assert column(1) == ["2.5", "10.0"]
    table.show_elements(["degree", "Δη"], np.array([0, 2]), [np.array([2.0, 10.0]), X[:2, 0]])
    assert column(1) == ["2", "10"], "whole numbers have no decimals"


def test_jets_of_a_wider_cone_are_drawn_in_a_wider_plane():
    arrays = {"x": X[None], "mask": MASK[None], "radius": np.array([0.8])}
    rect = QRectF(0, 0, 200, 200)
    tiles = kind("jets").tiles(arrays)
    assert tiles.said_at(rect, 0, Frame(rect).place(0.16, 0.0)) == ""
    assert "Δη 0.160" in tiles.said_at(rect, 0, Frame(rect, 0.8).place(0.16, 0.0))
    assert Frame(rect, 0.8).place(0.8, 0.0).x() == Frame(rect).place(0.4, 0.0).x()


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
    image = image_pixels(x, np.float64([[0.5, 0.3, 0.2]]), 0.4)[0]
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
