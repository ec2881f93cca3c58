"""An image that is edited: the brush, the way back, what goes to an operator, and files."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage

from pushforward.studio.app.core.undo_history import Edits
from pushforward.studio.app.data_types.images.edit_captions import SPREAD, edited
from pushforward.studio.app.data_types.images.image_edits import (
    TASKS,
    Sheet,
    brushed,
    operator_inputs,
)
from pushforward.studio.app.data_types.images.image_file import Unreadable, fitted, read_image

TASK = {task.title: task for task in TASKS}


def sheet(channels: int = 1, side: int = 6, label: str = "") -> Sheet:
    return Sheet(np.zeros((channels, side, side), np.float32), "Real image 0", label)


def test_a_brush_is_round_and_never_misses_the_pixel_under_it() -> None:
    small = brushed(sheet(), (2.9, 4.1), 0.5, True)
    assert np.argwhere(small.marked).tolist() == [[2, 4]]
    wide = brushed(sheet(), (3.0, 3.0), 1.5, True)
    assert wide.marked.sum() == 4, "the corners are 2.1 pixels away"
    assert wide.words == "4 pixels (11%)"
    assert brushed(wide, (3.0, 3.0), 9.0, False).marked.sum() == 0
    line = brushed(sheet(), (5.5, 0.5), 0.6, True, since=(0.5, 0.5)).marked
    assert line[:6, 0].all(), "a stroke of the mouse leaves no gap"
    assert line.sum() == 6
    outside = brushed(sheet(), (-1.0, 9.0), 0.5, True)
    assert not outside.marked.any()


def test_ink_is_put_on_all_channels_or_one_by_one_and_the_sheet_before_is_left() -> None:
    before = sheet(3)
    after = brushed(before, (0.5, 0.5), 0.5, (1.0, 0.5, 0.0))
    assert after.image[:, 0, 0].tolist() == [1.0, 0.5, 0.0]
    assert not before.image.any()
    assert brushed(before, (0.5, 0.5), 0.5, 0.25).image[:, 0, 0].tolist() == [0.25] * 3


def test_a_stroke_is_one_step_back_and_a_new_one_ends_the_way_forward() -> None:
    edits = Edits[Sheet]()
    edits.put(sheet())
    assert not edits.can_undo
    edits.begin()
    for column in range(4):
        assert edits.now is not None
        edits.amend(brushed(edits.now, (0.5, column + 0.5), 0.5, True))
    assert edits.now is not None
    assert edits.now.marked.sum() == 4
    edits.undo()
    assert edits.now.marked.sum() == 0
    assert edits.can_redo
    edits.redo()
    assert edits.now.marked.sum() == 4
    edits.undo()
    edits.put(sheet(side=3))
    assert not edits.can_redo


def test_what_cannot_be_done_is_said_before_anything_is_asked() -> None:
    inpaint, some = TASK["Inpaint"], sheet()
    marked = brushed(some, (1.5, 1.5), 1.0, True)

    def wrong(title: str, on: Sheet | None, **config: object) -> str:
        return operator_inputs(TASK[title], on, None, config, labels=False).wrong

    assert "Open an image" in wrong("Inpaint", None)
    assert "Nothing is marked" in wrong("Inpaint", some)
    assert "Everything is marked" in wrong("Inpaint", brushed(some, (3, 3), 99, True))
    assert "grey" in wrong("Colourise", some)
    assert "second image" in wrong("Interpolate", some)
    assert "class" in wrong("Morph class", some)
    assert "run" in wrong("Translate", some)
    made = operator_inputs(inpaint, marked, None, {}, labels=False)
    assert not made.wrong
    known = np.array(made.inputs["known"])
    assert known.shape == (1, 1, 6, 6)
    assert (known[0, 0] == ~marked.marked).all()


def test_the_class_of_an_image_is_said_where_the_model_wants_one() -> None:
    invert = TASK["Invert"]
    assert operator_inputs(invert, sheet(label="7"), None, {}, labels=True).given == {"label": "7"}
    assert operator_inputs(invert, sheet(label="7"), None, {}, labels=False).given == {}
    assert operator_inputs(invert, sheet(), None, {}, labels=True).given == {}
    chosen = {"given": {"label": "3"}}
    assert operator_inputs(invert, sheet(label="7"), None, chosen, labels=True).given == {
        "label": "3"
    }
    both = operator_inputs(TASK["Interpolate"], sheet(label="7"), sheet(label="1"), {}, labels=True)
    assert both.given == {"label": ["7", "1"]}
    assert len(both.inputs["rows"]) == 2


def test_what_came_of_an_edit_begins_with_what_is_of_interest() -> None:
    x = np.random.default_rng(0).random((9, 1, 6, 6)).astype(np.float32)
    way = edited(TASK["Interpolate"], sheet(), {"x": x, "way": np.linspace(0, 1, 9)}, {}, 2, "", "")
    assert (way.first, way.names[4], way.seed) == (4, "50%", None)
    assert way.said.startswith("From this image (0%) to the second one (100%)")
    morphed = edited(
        TASK["Morph class"], sheet(label="7"), {"x": x, "way": np.linspace(0, 1, 9)}, {"to": "3"},
        2, "", "",
    )  # fmt: skip
    assert morphed.said.startswith(
        "From class 7 (0%: reconstruction of the image) to class 3 (100%)"
    )
    assert morphed.first == 8, "what it has become"
    assert morphed.others == (False,) * 4 + (True,) * 5
    found = {"x": x[:1], "latent": 0 * x[:1], "error": np.array([0.04])}
    noise = edited(TASK["Invert"], sheet(), found, {}, 2, "", "n")
    assert noise.names == ("its noise", "comes back")
    assert "0.04 standard deviations of the data a pixel from the image" in noise.said
    assert (noise.images[0] == 0.5).all()
    assert float(SPREAD) > 2
    arrays = {"x": x[:2], "mean": 0 * x[:2], "seen": x[2:4]}
    clean = edited(TASK["Denoise"], sheet(), arrays, {"seed": 4}, 1, "", "0002-denoise")
    assert clean.names == ("mean", "1", "2")
    assert clean.said == "The posterior mean, and 2 draws, each with different noise."
    assert (clean.before == x[2]).all()
    assert clean.facts(None).startswith("seed 4 · ")
    assert clean.facts(None).endswith(" · 0002-denoise")
    with pytest.raises(KeyError):
        edited(TASK["Denoise"], sheet(), {"x": x}, {}, 1, "", "")


def picture(width: int, height: int, colour: str = "#804020") -> QImage:
    made = QImage(width, height, QImage.Format.Format_RGB32)
    made.fill(QColor(colour))
    return made


def test_a_picture_is_cut_and_each_pixel_is_the_mean_of_what_it_covers(tmp_path: Path) -> None:
    image = picture(10, 6, "#000000")
    image.setPixelColor(2, 0, QColor("white"))  # the first column that is kept
    x, said = fitted(image, (1, 3, 3), "photo.png")
    assert x.shape == (1, 3, 3)
    assert x[0, 0, 0] == pytest.approx(0.25)
    assert x.sum() == pytest.approx(0.25)
    assert said == "photo.png, 10 x 6 pixels: cut to 6 x 6 pixels at its centre, made 3 x 3."
    exact, said = fitted(picture(4, 4, "#ff0000"), (3, 4, 4), "a")
    assert said == "a, 4 x 4 pixels, unchanged."
    assert exact[:, 0, 0].tolist() == [1.0, 0.0, 0.0]
    grey, said = fitted(picture(4, 4, "#ff0000"), (1, 4, 4), "a")
    assert grey[0, 0, 0] == pytest.approx(0.299)
    assert "made grey" in said
    larger, _ = fitted(picture(2, 2), (3, 5, 5), "a")
    assert np.ptp(larger, axis=(1, 2)).max() < 1e-6, "of one colour it stays of one colour"


def test_a_file_that_is_no_picture_is_refused_in_a_sentence(tmp_path: Path) -> None:
    text = tmp_path / "notes.png"
    text.write_text("no picture")
    whole = tmp_path / "whole.png"
    assert picture(64, 64).save(str(whole))
    cut = tmp_path / "cut.png"
    cut.write_bytes(whole.read_bytes()[:60])
    half = []
    for ending in ("jpg", "bmp"):  # of which Qt takes what there is, the rest grey or black
        half.append(tmp_path / f"half.{ending}")
        assert picture(64, 64).save(str(half[-1]))
        assert read_image(half[-1], (1, 8, 8))[0].shape == (1, 8, 8)
        half[-1].write_bytes(half[-1].read_bytes()[:-20])
    webp = tmp_path / "web.webp"
    assert picture(64, 64).save(str(webp))
    assert read_image(webp, (1, 8, 8))[0].shape == (1, 8, 8), "as it is said to be usable"
    huge = tmp_path / "huge.png"  # says that it unfolds to 1.6 GB
    head = b"IHDR" + struct.pack(">IIBBBBB", 20_000, 20_000, 8, 6, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head
    huge.write_bytes(start + struct.pack(">I", zlib.crc32(head)) + struct.pack(">I", 0) + b"IDAT")
    for path, why in (
        (text, "cannot be read as an image. Use PNG, JPEG, WebP"), (cut, "damaged or truncated"),
        (huge, "20,000 x 20,000 pixels"), (tmp_path, "is not a file"),
        *((each, "damaged or truncated") for each in half),
    ):  # fmt: skip
        with pytest.raises(Unreadable, match=why) as found:
            read_image(path, (1, 8, 8))
        assert path.name in str(found.value)
    x, said = read_image(whole, (3, 8, 8))
    assert x[:, 0, 0] == pytest.approx([128 / 255, 64 / 255, 32 / 255])
    assert said == "whole.png, 64 x 64 pixels: made 8 x 8."


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_a_drawing_is_never_taken_for_a_picture(tmp_path: Path, ending: str) -> None:
    """An SVG can open other files, and draw so much that the window stands still."""
    path = tmp_path / f"drawing.{ending}"
    nested = "".join(
        f'<g id="g{i}">' + f'<use href="#g{i - 1}"/>' * 10 + "</g>" for i in range(1, 9)
    )
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64">'
        f'<g id="g0"><rect width="9" height="9"/></g>{nested}</svg>'
    )
    with pytest.raises(Unreadable, match="Use PNG, JPEG, WebP, BMP or GIF"):
        read_image(path, (1, 8, 8))
