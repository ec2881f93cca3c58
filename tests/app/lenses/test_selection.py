"""One selection for all lenses: the same rows stand out wherever they are shown."""

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from pushforward.studio.app.charts.lasso import inside, shared
from pushforward.studio.app.charts.particle_canvas import ParticleCanvas
from pushforward.studio.app.core.selection import Offered, Source
from pushforward.studio.app.engine.sample_source import ShownSamples
from pushforward.studio.app.lenses.samples.points_view import SamplesView
from pushforward.studio.app.lenses.watch.particles_view import WatchView


@pytest.fixture
def views(lens: Any, qtbot: Any) -> tuple[WatchView, SamplesView]:
    made = WatchView(lens.state, lens.actions), SamplesView(lens.state, lens.actions)
    for view in made:
        qtbot.addWidget(view)
        view.resize(900, 500)
        view.show()
    lens.arrive(3)
    QApplication.processEvents()
    return made


@pytest.mark.parametrize("view", [WatchView, SamplesView])
def test_a_lens_that_is_built_while_something_is_selected_says_so(
    view: type[WatchView | SamplesView], lens: Any, qtbot: Any
) -> None:
    lens.arrive(3)
    lens.state.selection.set(Source(lens.run.key, "near", "constituents"), np.array([2]), "click")
    made = view(lens.state, lens.actions)
    qtbot.addWidget(made)
    made.resize(900, 500)
    made.show()
    chip = made._chosen if isinstance(made, WatchView) else made._chip
    assert chip.text() == "1 selected elsewhere"


def test_pictures_are_no_table_of_points_before_anybody_knows_the_kind(views: Any) -> None:
    """A project that was left at the samples of pictures opened with an error."""
    _, samples = views
    before = samples._table.model().columnCount()
    samples._show(ShownSamples(np.zeros((3, 1, 8, 8), np.float32), (), "", 3))
    assert samples._table.model().columnCount() == before


def test_a_line_goes_around_what_is_inside() -> None:
    line = np.array([[0, 0], [2, 0], [2, 2], [1, 0.5], [0, 2]], float)
    points = np.array([[1, 0.25], [1, 1.5], [0.2, 1], [3, 1], [np.nan, 1]])
    assert inside(line, points).tolist() == [True, False, True, False, False]


def test_a_lasso_among_samples_is_seen_in_the_flow_and_in_the_table(
    lens: Any, views: tuple[WatchView, SamplesView]
) -> None:
    flow, samples = views
    particles = Source(lens.run.key, "particles")
    samples._lasso.click()
    canvas = samples.made
    corners = [canvas.camera.to_pixels(np.array(c)) for c in ((-9, -9), (0, -9), (0, 9), (-9, 9))]
    assert canvas.tool is not None
    canvas.tool.press(canvas.camera.to_data(*corners[0]))
    for corner in corners[1:]:
        canvas.tool.move(canvas.camera.to_data(*corner))
    canvas.tool.release(canvas.camera.to_data(*corners[0]))
    x = lens.run.live.x[-1]
    expected = np.flatnonzero(x[:, 0] < 0)
    np.testing.assert_array_equal(lens.state.selection.of(particles), expected)
    np.testing.assert_array_equal(flow.canvas.chosen, expected)
    assert flow.canvas.selection == -1
    rows = [index.row() for index in samples._table.selectionModel().selectedRows()]
    assert sorted(rows) == [row for row in expected.tolist() if row < 100]
    assert samples._chip.text().startswith(f"{len(expected)} selected, ")
    QTest.keyClick(samples.made, Qt.Key.Key_Escape)
    assert lens.state.selection.source is None
    assert not len(flow.canvas.chosen)
    assert not samples._chip.isVisible()


def test_a_row_of_the_table_is_the_particle_whose_way_is_shown(
    lens: Any, views: tuple[WatchView, SamplesView]
) -> None:
    flow, samples = views
    samples._table.selectRow(7)
    assert flow.canvas.selection == 7
    assert "Particle 7" in flow._one.card.accessibleName()
    flow.canvas.picked.emit(9)
    assert samples.made.chosen.tolist() == [9]
    assert [i.row() for i in samples._table.selectionModel().selectedRows()] == [9]
    flow._one.card._close.click()
    assert flow.canvas.selection == -1
    assert not len(samples.made.chosen)


def test_the_particles_that_are_not_selected_step_back(
    lens: Any, views: tuple[WatchView, SamplesView]
) -> None:
    flow, _ = views
    lens.state.selection.set(Source(lens.run.key, "particles"), np.array([1, 2]), "tiles")
    colours = flow.canvas._layer._colours
    assert len(np.unique(np.delete(colours, [1, 2]))) == 1
    np.testing.assert_array_equal(colours[[1, 2]], flow.canvas.identity[[1, 2]])
    # Rows of anything else are none of these.
    lens.state.selection.set(Source(lens.run.key, "samples", "a.h5"), np.array([1]), "tiles")
    assert not len(flow.canvas.chosen)


def draw(canvas: ParticleCanvas, *corners: tuple[float, float]) -> None:
    """Draw a line with the tool that is in the hand."""
    tool = canvas.tool
    assert tool is not None
    tool.press(corners[0])
    for corner in corners[1:]:
        tool.move(corner)
    tool.release(corners[0])


LEFT = ((-9.0, -9.0), (0.0, -9.0), (0.0, 9.0), (-9.0, 9.0))


def test_a_lasso_in_the_flow_says_how_much_of_the_data_is_there(
    lens: Any, views: tuple[WatchView, SamplesView]
) -> None:
    flow, samples = views
    lens.run.target = np.float32([[-1, 0], [-2, 0], [3, 0], [4, 0]])
    flow._lasso.click()
    lens.state.playback.set(flow=1.0)
    draw(flow.canvas, *LEFT)
    selection = lens.state.selection
    x = lens.run.live.x[-1]
    np.testing.assert_array_equal(selection.rows, np.flatnonzero(x[:, 0] < 0))
    assert (selection.by, selection.beside) == ("lasso", ("Real, same place", 2, 4))
    np.testing.assert_array_equal(samples.made.chosen, selection.rows)
    # On their way they are nowhere where data are.
    lens.state.playback.set(flow=0.0)
    draw(flow.canvas, *LEFT)
    assert selection.beside is None
    start = lens.run.live.x[0]
    np.testing.assert_array_equal(selection.rows, np.flatnonzero(start[:, 0] < 0))


def test_a_lasso_around_data_says_how_much_is_generated_there(
    lens: Any, views: tuple[WatchView, SamplesView]
) -> None:
    _, samples = views
    lens.run.target = np.float32([[-1, 0], [-2, 0], [3, 0], [4, 0]])
    samples._lasso.click()
    draw(samples.data, *LEFT)
    selection, x = lens.state.selection, lens.run.live.x[-1]
    assert selection.source.what == "data"
    assert selection.rows.tolist() == [0, 1]
    there = int((x[:, 0] < 0).sum())
    assert selection.beside == ("Generated, same place", there, len(x))
    assert shared("Real", np.array(LEFT), None) is None


def test_the_data_are_there_again_after_another_run(
    lens: Any, views: tuple[WatchView, SamplesView]
) -> None:
    samples = views[1]
    lens.run.target = np.float32([[-1, 0], [-2, 0], [3, 0], [4, 0]])
    lens.state.runs.changed.emit(lens.run.key)
    samples._target()
    assert samples.data.accessibleDescription() == "4 points drawn"
    samples._sampled.select()  # as when a run of another kind, which has no such lens, is left
    assert samples.data._timeline is not None


def test_pictures_lie_below_each_other_where_there_is_more_height(
    views: tuple[WatchView, SamplesView],
) -> None:
    samples = views[1]
    for size, below in (((1400, 400), False), ((640, 600), True)):
        samples.resize(*size)
        QApplication.processEvents()
        made, data = (c.mapTo(samples, c.rect().topLeft()) for c in (samples.made, samples.data))
        assert (data.y() > made.y()) == below
        assert (data.x() > made.x()) != below


def test_one_tool_is_in_the_hand(lens: Any, views: tuple[WatchView, SamplesView]) -> None:
    flow, _ = views
    flow._lasso.click()
    assert flow.canvas.tool is flow._lasso.tools[0]
    lens.state.hand.take("add")
    assert not flow._lasso.isChecked()
    assert flow.canvas.tool is flow._hands.brush
    flow._lasso.click()
    assert lens.state.hand.tool == "look"
    assert flow.canvas.tool is flow._lasso.tools[0]
    flow._lasso.click()
    assert flow.canvas.tool is None


def test_what_is_not_shown_any_more_is_not_selected(lens: Any) -> None:
    selection = lens.state.selection
    old, new, real = (
        Source("/r", "samples", "a.h5"), Source("/r", "samples", "b.h5"), Source("/r", "data", "0"),
    )  # fmt: skip
    offered = Offered({"x": np.zeros((4, 2))}, "Point", lambda row: [])
    selection.offer(old, offered)
    selection.set(old, np.array([1]), "click")
    selection.offer(real, offered)
    selection.offer(old, offered)
    assert selection.rows.tolist() == [1]
    assert selection.last_of_run("/r") == old
    selection.offer(new, offered)
    assert selection.source is None
    assert selection.last_of_run("/r") == new
