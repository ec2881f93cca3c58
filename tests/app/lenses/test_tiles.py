"""Pictures as particles: pixels, grids, and how images are watched."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec import structs
from PySide6.QtCore import QEvent, QPoint, QRectF, Qt
from PySide6.QtGui import QHelpEvent, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QToolTip

from pushforward.studio.app.core.app_state import EngineStatus
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.core.reduce import reduce
from pushforward.studio.app.core.runs import FlowRecord
from pushforward.studio.app.data.pixel_tiles import Pictures, atlas
from pushforward.studio.app.data.tile_frames import columns_for, frame_at
from pushforward.studio.app.data.tile_grid import TileGrid
from pushforward.studio.app.design.tokens import DARK, LIGHT
from pushforward.studio.app.engine.requests.request_base import Answer
from pushforward.studio.app.engine.sample_source import Sampled
from pushforward.studio.app.lenses.samples.tile_samples_view import TileSamplesView
from pushforward.studio.app.lenses.watch.particles_view import VIEW as FLOW
from pushforward.studio.app.lenses.watch.tiles_view import VIEW, TilesView
from pushforward.studio.app.shell.status_bar import StatusBar, _facts
from pushforward.studio.protocol.catalog import EntrySpec
from pushforward.studio.protocol.messages import (
    Credit,
    GetTarget,
    JobInfo,
    Operate,
    Progress,
    Watch,
)
from pushforward.studio.protocol.spec import Pick
from tests.store.scenarios import generated

N, FRAMES, SIDE = 12, 5, 4


def test_an_atlas_clips_and_keeps_the_channels() -> None:
    images = np.array([[[[-1.0, 0.0], [0.5, 2.0]]]])
    assert atlas(images).tolist() == [[0xFF000000, 0xFF000000], [0xFF808080, 0xFFFFFFFF]]
    red = np.zeros((1, 3, 1, 1))
    red[0, 0] = 1.0
    assert atlas(red).tolist() == [[0xFFFF0000]]
    assert atlas(np.full((1, 1, 1, 1), np.nan)).tolist() == [[0xFF000000]]


def test_a_white_image_has_an_end_on_a_light_page() -> None:
    tiles = Pictures({"x": np.ones((1, 1, SIDE, SIDE))})
    edges = []
    for tokens in (LIGHT, DARK):
        page = QImage(40, 40, QImage.Format.Format_RGB32)
        page.fill(Qt.GlobalColor.white)
        with QPainter(page) as painter:
            tiles.paint(painter, QRectF(4, 4, 32, 32), 0, tokens)
        edges.append((page.pixelColor(4, 20).name(), page.pixelColor(20, 20).name()))
    assert edges == [(LIGHT.line, "#ffffff"), ("#ffffff", "#ffffff")]


def test_an_atlas_stacks_pictures() -> None:
    images = np.linspace(0, 1, 3)[:, None, None, None] * np.ones((3, 1, 2, 2))
    assert atlas(images).shape == (6, 2)
    assert (atlas(images)[4:] == 0xFFFFFFFF).all()


@pytest.mark.parametrize(
    ("n", "width", "height", "columns"),
    [(64, 400, 400, 8), (64, 500, 560, 8), (4, 400, 100, 4), (4, 100, 400, 1), (1, 9, 9, 1)],
)
def test_columns_make_pictures_largest(n: int, width: int, height: int, columns: int) -> None:
    assert columns_for(n, width, height) == columns


def test_a_frame_is_the_nearest_one() -> None:
    t = np.array([0, 0.2, 0.9, 1.0])
    assert [frame_at(t, now) for now in (0.0, 0.11, 0.5, 0.6, 1.0)] == [0, 1, 1, 2, 3]


@pytest.fixture
def grid() -> Iterator[TileGrid]:
    made = TileGrid("Pictures")
    made.resize(300, 300)
    made.show()
    made.show_tiles(Pictures({"x": np.random.default_rng(0).random((9, 1, SIDE, SIDE))}))
    QApplication.processEvents()
    yield made
    made.deleteLater()


def test_a_click_picks_the_picture_under_it(grid: TileGrid) -> None:
    picked: list[int] = []
    grid.picked.connect(picked.append)
    for picture in (0, 4, 8):
        centre = grid._cell(picture).center().toPoint()
        QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=centre)
    last = grid.viewport().rect().bottomRight()
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=last)
    assert picked == [0, 4, 8, -1]


def test_keys_walk_through_the_pictures(grid: TileGrid) -> None:
    picked: list[int] = []
    grid.picked.connect(picked.append)
    grid.picked.connect(grid.select)
    for key in (Qt.Key.Key_BracketRight, Qt.Key.Key_BracketLeft, Qt.Key.Key_BracketLeft):
        QTest.keyClick(grid, key)
    QTest.keyClick(grid, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(grid, Qt.Key.Key_Escape)
    assert picked == [1, 0, 8, 2, -1]


def test_pixels_are_sharp(grid: TileGrid) -> None:
    grid.show_tiles(Pictures({"x": np.indices((2, 2)).sum(axis=0)[None, None] % 2}))
    image = grid.viewport().grab().toImage()
    cell = grid._cell(0)
    colours = {
        image.pixel(round(cell.left() + cell.width() * fx), round(cell.top() + cell.height() * fy))
        for fx in (0.1, 0.4, 0.6, 0.9)
        for fy in (0.1, 0.4, 0.6, 0.9)
    }
    assert colours == {0xFF000000, 0xFFFFFFFF}


def record(step: int, n: int = N) -> FlowRecord:
    rng = np.random.default_rng(step)
    return FlowRecord.from_arrays(
        step,
        t=np.linspace(0, 1, FRAMES, dtype=np.float32),
        x=rng.random((FRAMES, n, 1, SIDE, SIDE)).astype(np.float32),
        extras={
            "projection": rng.normal(size=(FRAMES, n, 2)).astype(np.float32),
            "projection-target": rng.normal(size=(30, 2)).astype(np.float32),
        },
    )


@pytest.fixture
def view(lens: Any) -> Iterator[TilesView]:
    lens.state.catalog.entries.append(
        EntrySpec(
            kind="dataset", slug="two-moons", title="Digits", summary="", source="", fields=[],
            kinds=["images"],
        )
    )  # fmt: skip
    made = TilesView(lens.state, lens.actions)
    made.resize(900, 600)
    made.show()
    QApplication.processEvents()
    yield made
    made.close()
    made.deleteLater()
    QApplication.sendPostedEvents()


def arrive(lens: Any, step: int) -> FlowRecord:
    lens.run.live = record(step)
    lens.state.runs.record_arrived.emit(lens.run.key)
    QApplication.processEvents()
    return lens.run.live


def test_images_have_a_flow_lens_of_their_own(lens: Any) -> None:
    assert FLOW.applies(lens.state)
    assert not VIEW.applies(lens.state)


def test_it_applies_to_images_only(lens: Any, view: TilesView) -> None:
    assert VIEW.applies(lens.state)
    assert not FLOW.applies(lens.state)


def test_it_asks_for_the_projection_and_returns_credits(lens: Any, view: TilesView) -> None:
    watch = lens.link.of(Watch)[-1]
    assert (watch.extras, watch.credits) == (["projection"], 2)
    arrive(lens, 1)
    arrive(lens, 2)
    assert [c.n for c in lens.link.of(Credit)] == [1, 1]


def test_grid_strip_and_projection_show_the_same_latents(lens: Any, view: TilesView) -> None:
    arrive(lens, 1)
    assert view.grid.count == N
    assert view.projection.count == N
    assert view.strip.count == FRAMES
    view.grid.picked.emit(3)
    assert view.grid.selection == 3
    view.projection.picked.emit(5)
    assert view.grid.selection == 5


def test_what_the_marks_of_texts_mean_is_said_where_there_are_some(
    lens: Any, view: TilesView
) -> None:
    entry = lens.state.catalog.entries[-1]
    lens.state.catalog.entries[-1] = structs.replace(entry, kinds=["texts"])
    lens.state.catalog_changed.emit()
    x = np.full((FRAMES, N, 8), ord("a"), np.int32)
    written = np.full((FRAMES, N, 8, 2), 0.9, np.float32)
    t = np.linspace(0, 1, FRAMES, dtype=np.float32)
    for step, extras in ((1, {"written": written}), (2, {})):
        lens.run.live = FlowRecord.from_arrays(step, t=t, x=x, extras=extras)
        lens.state.runs.record_arrived.emit(lens.run.key)
        QApplication.processEvents()
        assert view.grid.count == N
        said = view._legend.accessibleName()
        assert ("blue: sure" in said) is bool(extras)


def test_a_lasso_of_the_projection_selects_latents_and_counts_the_data_there(
    lens: Any, view: TilesView
) -> None:
    shown = arrive(lens, 1)
    lens.state.playback.set(flow=1.0)
    view._lasso.click()
    tool = view.projection.tool
    assert tool is not None
    tool.press((-9.0, -9.0))
    for corner in ((0.0, -9.0), (0.0, 9.0), (-9.0, 9.0)):
        tool.move(corner)
    tool.release((-9.0, -9.0))
    left = np.flatnonzero(shown.extras["projection"][-1, :, 0] < 0)
    real = int((shown.extras["projection-target"][:, 0] < 0).sum())
    selection = lens.state.selection
    np.testing.assert_array_equal(selection.rows, left)
    assert selection.beside == ("Real, same place", real, 30)
    np.testing.assert_array_equal(view.projection.chosen, left)
    np.testing.assert_array_equal(view.grid.rows, left)
    selection.clear()
    assert not len(view.projection.chosen)


def test_a_latent_has_one_place_however_many_a_record_holds(lens: Any, view: TilesView) -> None:
    seen = []
    for step, n in ((1, 64), (2, 16), (3, 64)):
        lens.run.live = record(step, n)
        lens.state.runs.record_arrived.emit(lens.run.key)
        seen.append((view.grid.count, view.projection.count, view.grid._cell(5)))
    assert seen == [seen[0]] * 3
    assert seen[0][:2] == (16, 16)
    assert view._where.accessibleName().endswith("16 pictures")


def test_a_first_picture_of_few_latents_says_of_how_many(lens: Any, view: TilesView) -> None:
    lens.run.spec = structs.replace(lens.run.spec, training={"particles": 64})
    lens.run.live = replace(record(0, 8), preview=7)
    lens.state.runs.record_arrived.emit(lens.run.key)
    said = view._where.accessibleName()
    assert said.endswith("8 of 64 pictures")
    assert "preview in 7 network evaluations" in said
    lens.run.live = record(1, 64)
    lens.state.runs.record_arrived.emit(lens.run.key)
    assert view._where.accessibleName().endswith(", 16 pictures")


def test_while_it_evaluates_no_speed_and_no_time_left_are_said(lens: Any) -> None:
    lens.run.steps_per_second, lens.run.seconds_left = 3.17, 480.0
    assert _facts(lens.run)[1:3] == ("3.17 steps/s", "8 min left")
    assert _facts(lens.run, "evaluating")[1:3] == ("evaluating", "")
    lens.state.runs.select(lens.run.key)
    bar = StatusBar(lens.state)
    lens.state.doing[lens.run.job] = "evaluating"
    lens.state.runs.progressed.emit(lens.run.key)
    assert bar._speed.text() == "evaluating"
    bar.deleteLater()


def test_nothing_is_printed_over_the_words_of_an_empty_lens(lens: Any, view: TilesView) -> None:
    lens.state.catalog.entries[0] = structs.replace(lens.state.catalog.entries[0], motion="dx/dt")
    lens.state.catalog_changed.emit()
    assert view.empty.isVisible()
    assert not view._chip.isVisible()
    arrive(lens, 1)
    assert view._chip.isVisible()
    assert not view.empty.isVisible()


def test_a_run_that_starts_says_what_it_is_at(lens: Any, view: TilesView) -> None:
    doing = "training the judge of these data"
    lens.state.jobs[lens.run.job] = JobInfo(
        job=lens.run.job, kind="training", state="running", title="r", run=lens.run.key
    )
    told = Progress(
        job=lens.run.job, step=0, total=9, steps_per_second=0.0, seconds_left=None, memory=0,
        doing=doing,
    )  # fmt: skip
    reduce(lens.state, told)
    assert f"It is {doing}." in view.empty._text.text()


def test_the_flow_clock_turns_all_three(lens: Any, view: TilesView) -> None:
    arrive(lens, 1)
    last = view.grid.grab().toImage()
    lens.state.playback.set(flow=0.0)
    assert view.projection.flow == 0.0
    assert view.strip.selection == 0
    assert view.grid.grab().toImage() != last


def test_a_step_without_projection_says_so(lens: Any, view: TilesView) -> None:
    made = record(4)
    made.extras.clear()
    lens.run.live = made
    lens.state.runs.record_arrived.emit(lens.run.key)
    assert "has no projection" in view._seen.text()
    assert view.projection.count == 0


@pytest.fixture
def samples(lens: Any, view: TilesView) -> Iterator[TileSamplesView]:
    lens.run.live = record(3)
    made = TileSamplesView(lens.state, lens.actions)
    made.resize(900, 600)
    made.show()
    QApplication.processEvents()
    yield made
    made.close()
    made.deleteLater()


def origin(samples: TileSamplesView) -> str:
    """What stands above the generated tiles."""
    return samples.browser.made._where.text()


async def test_samples_of_a_condition_stand_beside_no_figures_of_all(
    lens: Any, samples: TileSamplesView, wait: Any
) -> None:
    await wait(lambda: not samples._sampled._query.busy)
    assert samples._numbers.isVisible()
    many = np.zeros((20, 1, SIDE, SIDE), np.float32)
    generated(Path(lens.run.key), many, None, step=9, given={"size": 3})
    lens.state.runs.logged.emit(lens.run.key)
    await wait(lambda: origin(samples).endswith("of 20 images · size = 3, step 9"))
    assert not samples._numbers.isVisible()
    assert "conditions" in samples._note.text()


async def test_samples_that_are_led_stand_above_figures_that_say_they_are_of_others(
    lens: Any, samples: TileSamplesView, wait: Any
) -> None:
    await wait(lambda: not samples._sampled._query.busy)
    assert samples._note.text() == ""
    own = Pick(slug="heun", config={"steps": 18})
    lens.run.spec = structs.replace(lens.run.spec, sampler=own)
    led = {"slug": "classifier-free", "config": {"strength": 2.0}}
    by = {"slug": "heun", "config": {"steps": 18, "guidance": led}}
    many = np.zeros((20, 1, SIDE, SIDE), np.float32)
    generated(Path(lens.run.key), many, None, step=9, sampler=by)
    lens.state.runs.logged.emit(lens.run.key)
    await wait(lambda: origin(samples).endswith("step 9, guidance 2"))
    assert samples._note.text().endswith("The metrics of the run are of samples without guidance.")
    assert samples._numbers.isVisible()


async def test_samples_that_another_run_has_none_of_are_drawn_with_the_same_seed_at_a_click(
    lens: Any, samples: TileSamplesView, wait: Any
) -> None:
    await wait(lambda: not samples._sampled._query.busy)
    generated(Path(lens.run.key), np.zeros((20, 1, SIDE, SIDE), np.float32), None, step=9, seed=7)
    lens.state.runs.logged.emit(lens.run.key)
    await wait(lambda: "step 9, seed 7" in origin(samples))
    other = replace(lens.run, key=str(Path(lens.run.key).with_name("0002-b")), name="0002-b")
    samples._others = [other]
    samples.browser.real.offer_choice(["Real", "Run 2"])
    samples.browser.real.choice.setCurrentIndex(1)
    await wait(samples._absent.isVisible)
    assert "Run 2 has no 20 samples of seed 7." in samples._absent.accessibleName()
    lens.state.engine = EngineStatus(state="ready")
    lens.state.engine_changed.emit()
    act = next(b for b in samples._absent.findChildren(QPushButton) if b.isVisible())
    assert act.text() == "Draw 20 of run 2"
    act.click()
    await wait(lambda: lens.link.of(Operate))
    (asked,) = lens.link.of(Operate)
    assert (asked.run, asked.config) == (other.key, {"n": 20, "seed": 7})
    job = JobInfo(job="1", kind="operator", state="running", title="", run=other.key)
    lens.state.jobs["1"] = job
    lens.state.queue_changed.emit()
    assert samples._absent.accessibleName().endswith("Loading its samples…")
    assert not act.isVisible()
    samples.browser.real.choice.setCurrentIndex(0)
    assert not samples._absent.isVisible()


async def test_another_run_can_stand_beside_as_soon_as_it_has_begun(
    lens: Any, samples: TileSamplesView
) -> None:
    choice = samples.browser.real.choice
    other = replace(lens.run, key=str(Path(lens.run.key).with_name("0002-b")), name="0002-b")
    other.step = 0
    lens.state.runs.by_key[other.key] = other
    lens.state.runs.changed.emit(other.key)
    assert choice.findText("Run 2") < 0
    other.step = 9
    lens.state.runs.changed.emit(other.key)
    assert choice.findText("Run 2") == 1


async def test_what_is_selected_is_laid_on_the_table_of_the_edit_lab(
    lens: Any, samples: TileSamplesView, wait: Any
) -> None:
    """It may hold another image, and takes what is selected when it is told of it."""
    await wait(lambda: not samples._sampled._query.busy)
    seen: list[str] = []
    lens.state.window.show_lens.connect(seen.append)
    lens.state.selection.changed.connect(lambda: seen.append("selected"))
    samples.browser.edit_wanted.emit()
    assert seen == ["samples/edit", "selected"]


async def test_figures_make_way_for_tiles_in_a_low_window(
    samples: TileSamplesView, wait: Any
) -> None:
    await wait(lambda: not samples._sampled._query.busy)
    samples.resize(900, 480)
    assert not samples._numbers.isVisible()
    samples.resize(900, 640)
    assert samples._numbers.isVisible()


async def test_samples_of_images_are_browsed_by_the_page(
    lens: Any, samples: TileSamplesView, wait: Any
) -> None:
    await wait(lambda: not samples._sampled._query.busy)
    made = samples.browser.made
    assert made.grid.count == N
    assert f"of {N} images · at t\u00a0=\u00a01, " in origin(samples), "how many, and what, is said"
    many = np.random.default_rng(0).random((150, 1, SIDE, SIDE)).astype(np.float32)
    made.show_data({"x": many}, kind("images"), None, page=kind("images").page)
    first, last = made.grid.in_sight()
    assert first == 0
    assert 32 <= last < 150
    assert made._where.text().startswith(f"1 to {last} of 150 images · ")
    QTest.keyClick(made.grid, Qt.Key.Key_PageDown)
    QTest.keyClick(made.grid, Qt.Key.Key_PageDown)
    assert made.grid.inspected > 8
    QTest.keyClick(made.grid, Qt.Key.Key_End)
    assert made.grid.inspected == 149
    assert made._where.text().split(" · ")[0].endswith("to 150 of 150 images")


def test_it_is_said_what_a_latent_is(view: TilesView) -> None:
    (heading,) = [each for each in view.findChildren(QLabel) if each.text() == "FIXED LATENTS"]
    assert "how the model maps them to samples" in heading.toolTip()


async def test_jets_say_their_type_by_its_name(
    lens: Any, view: TilesView, wait: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lens.state.catalog.entries[-1] = structs.replace(lens.state.catalog.entries[-1], kinds=["jets"])
    target = np.full((3, 4, 3), 0.1, np.float32)
    answer = Answer({"names": ["W", "top"]}, {"x": target, "label": np.array([1, 1, 0])})
    asked = lens.link.ask

    async def ask(command: Any) -> Answer:
        return answer if isinstance(command, GetTarget) else await asked(command)

    monkeypatch.setattr(lens.link, "ask", ask)
    lens.run.live = FlowRecord(
        3,
        {
            "t": np.linspace(0, 1, FRAMES, dtype=np.float32),
            "x": np.full((FRAMES, 2, 4, 3), 0.1, np.float32),
            "given:label": np.array([0, 1]),
        },
    )
    lens.state.runs.record_arrived.emit(lens.run.key)
    assert view._which.accessibleName().startswith("latent 0: m ")  # until types have names
    lens.state.engine = replace(lens.state.engine, state="ready")
    lens.state.engine_changed.emit()
    await wait(lambda: "W, m " in view._which.accessibleName())
    view.grid.picked.emit(1)
    assert view._which.accessibleName().startswith("latent 1: top, m ")
    tip = QHelpEvent(QEvent.Type.ToolTip, view.grid._cell(1).center().toPoint(), QPoint())
    QApplication.sendEvent(view.grid.viewport(), tip)
    assert QToolTip.text().startswith("top, m ")
    QToolTip.hideText()
    samples = TileSamplesView(lens.state, lens.actions)
    samples.show()
    sides = ((samples.browser.made, ["W", "top"]), (samples.browser.real, ["top", "top", "W"]))
    for pane, types in sides:
        tiles = pane.grid.tiles
        assert tiles is not None
        assert [tiles.describe(i).partition(",")[0] for i in range(len(tiles))] == types
    # Also before it is known of what kind the data of the run are.
    catalog, lens.state.catalog = lens.state.catalog, None
    early = Sampled(samples, lens.state, lens.actions, 2, lambda state: True)
    lens.state.runs.record_arrived.emit(lens.run.key)
    assert early.origin.startswith("2 fixed jets at ")
    lens.state.catalog = catalog
    await wait(lambda: not samples._sampled._query.busy)
    samples.close()
    samples.deleteLater()
