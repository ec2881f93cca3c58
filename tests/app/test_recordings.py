"""Recorded trainings: files, cards that play them, and canvases in the pages of the help."""

import re
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from pushforward.studio import resources
from pushforward.studio.app.charts import recorded_motion
from pushforward.studio.app.charts.recorded_motion import Recording, read_recording, write_recording
from pushforward.studio.app.places.discover.recipe_card import RecipeCard
from pushforward.studio.app.places.learn.recorded_canvas import RecordedCanvas

MOST_BYTES = 100_000


def recorded() -> list[str]:
    return sorted(path.stem for path in resources.folder("recordings").glob("*.npz"))


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    """Ten particles that go from 0 to 1, then to 3, at the steps 0, 10 and 40."""
    x = np.zeros((3, 10, 2), np.float32)
    x[1], x[2] = 1.0, 3.0
    x[:, 0] = -1.0  # so that the picture has a size
    start = np.random.default_rng(0).normal(size=(10, 2)).astype(np.float32)
    write_recording(tmp_path / "mine.npz", steps=np.array([0, 10, 40]), x=x, start=start)
    return read_recording(tmp_path / "mine.npz")


def test_what_is_written_is_read_to_a_thousandth_and_moves_between_steps(
    recording: Recording,
) -> None:
    step, places = recording.at(0.25)
    assert step == 5.0
    np.testing.assert_allclose(places[1:], 0.5, atol=0.001)
    np.testing.assert_allclose(recording.at(1.0)[1][1:], 3.0, atol=0.001)
    assert recording.at(7.0)[0] == 40.0


def test_the_canvas_is_scrubbed_and_played(recording: Recording, qtbot, wait) -> None:
    canvas = RecordedCanvas(recording, None)
    qtbot.addWidget(canvas)
    canvas.resize(400, 240)
    canvas.show()
    assert canvas.step == 40.0
    canvas.clock.moved.emit(0.5)
    assert canvas.step == 10.0
    before = canvas.picture.grab().toImage()
    QTest.keyClick(canvas.clock, Qt.Key.Key_Right)
    assert canvas.step > 10.0
    assert canvas.picture.grab().toImage() != before
    canvas.play.click()
    qtbot.waitUntil(lambda: 0.0 < canvas.step < 40.0, timeout=5000)
    canvas.play.click()
    assert not canvas._motion.active


def test_a_card_plays_while_the_mouse_is_over_it(qtbot) -> None:
    recipes = {each.slug: each for each in resources.recipes()}
    card = RecipeCard(recipes[recorded()[0]])
    qtbot.addWidget(card)
    card.resize(260, 220)
    card.show()
    still = card.grab().toImage()
    QApplication.sendEvent(card, QEnterEvent(QPointF(5, 5), QPointF(5, 5), QPointF(5, 5)))
    assert card.plays
    assert card.grab().toImage() != still
    QApplication.sendEvent(card, QEvent(QEvent.Type.Leave))
    assert not card.plays


def test_recordings_are_small_and_of_recipes_of_points() -> None:
    recipes = {each.slug: each for each in resources.recipes()}
    assert len(recorded()) >= 4
    for slug in recorded():
        path = resources.folder("recordings") / f"{slug}.npz"
        assert path.stat().st_size < MOST_BYTES
        assert recipes[slug].kind == "points"
        found = recorded_motion.recording_of(slug)
        assert found is not None
        assert (np.diff(found.steps) > 0).all()
        first, last = (np.abs(found.at(share)[1] - found.start).mean() for share in (0.0, 1.0))
        assert last != first, "something is learned"


async def test_a_page_of_the_help_has_a_canvas_over_each_recorded_picture(bench, wait) -> None:
    await bench.start()
    bench.state.show_help("particles-and-generators")
    view = bench.window.canvas.help
    await wait(lambda: bool(view.canvases))
    text = (resources.folder("help") / "particles-and-generators.md").read_text(encoding="utf-8")
    shown = [slug for slug in re.findall(r"#recipe:([\w-]+)\)", text) if slug in recorded()]
    assert len(view.canvases) == len(shown) >= 2
    _, canvas = view.canvases[0]
    await wait(lambda: canvas.height() > 100)
    top = canvas.y()
    bar = view.sheet.verticalScrollBar()
    bar.setValue(bar.value() + 40)
    assert canvas.y() == top - 40
    canvas.picture.clicked.emit()
    await wait(lambda: bench.state.place == "setup")
