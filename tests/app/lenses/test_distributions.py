"""Distributions: a histogram a number, real beside generated, and a brush that selects rows."""

import asyncio
import csv
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from pushforward.studio.app.charts import histogram
from pushforward.studio.app.charts.bar_chart import Bars, BarsPlot, Run
from pushforward.studio.app.charts.distribution_bins import (
    WassersteinDistance,
    edges_of,
    shares_of,
    spread_of,
    wasserstein_distance,
)
from pushforward.studio.app.charts.histogram import HistogramPlot, HistogramScene, Steps
from pushforward.studio.app.charts.histogram_card import HistogramCard
from pushforward.studio.app.charts.line_styles import ink, key_lines
from pushforward.studio.app.charts.picture_export import write_curves, write_picture
from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.core.export_rows import Taking
from pushforward.studio.app.core.runs import FlowRecord
from pushforward.studio.app.core.selection import Offered, Source
from pushforward.studio.app.data.distance_table import ALL, Distances, Line
from pushforward.studio.app.data.sample_measures import (
    Found,
    Sample,
    class_shares,
    found_in,
    looking_at,
    with_distances,
)
from pushforward.studio.app.data_types.cubes.spectrum_plot import SpectrumPlot
from pushforward.studio.app.design.theme import colors, theme
from pushforward.studio.app.design.tokens import DARK, LIGHT
from pushforward.studio.app.engine.sample_source import ShownSamples
from pushforward.studio.app.lenses.quality.distributions.distance_view import DistanceTable
from pushforward.studio.app.lenses.quality.distributions.distribution_scenes import bars_of, said_of
from pushforward.studio.app.lenses.quality.distributions.distributions_view import (
    VIEW,
    DistributionsView,
)
from pushforward.studio.app.places.runs.inspector.sample_panel import RowsPanel
from pushforward.studio.protocol.messages import GetTarget, Operate
from pushforward.studio.store.flow import FlowStore
from tests.qtloop import until
from tests.store.scenarios import generated

WIDTH, HEIGHT = 900, 500
RNG = np.random.default_rng(0)
REAL, MADE = RNG.normal(size=2000), RNG.normal(size=500)


def scene_of(**others: Any) -> HistogramScene:
    edges = edges_of(REAL)
    model = Steps("EDM", "#5eb1ef", 0, shares_of(MADE, edges))
    return replace(
        HistogramScene("x", edges, shares_of(REAL, edges), len(REAL), (model,)), **others
    )


@pytest.fixture
def plot(qtbot: QtBot) -> HistogramPlot:
    made = HistogramPlot()
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.set_scene(scene_of())
    made.show()
    QApplication.processEvents()
    return made


def place(plot: HistogramPlot, value: float, plane: int = 0) -> QPoint:
    """Return where a value is on the widget, in the middle of a plane."""
    box = plot.planes[plane].box
    _, (low, high) = plot.planes[plane].seen
    at = box.mapViewToScene(QPointF(value, (low + high) / 2))
    return QPoint(round(at.x()), round(at.y()))


def drag(qtbot: QtBot, plot: HistogramPlot, first: QPoint, last: QPoint) -> None:
    where = plot.viewport()
    qtbot.mousePress(where, Qt.MouseButton.LeftButton, pos=first)
    qtbot.mouseMove(where, (first + last) / 2)
    qtbot.mouseMove(where, last)
    qtbot.mouseRelease(where, Qt.MouseButton.LeftButton, pos=last)


def test_a_drag_brushes_whole_bins_in_either_plane(plot: HistogramPlot, qtbot: QtBot) -> None:
    told: list[Any] = []
    plot.brushed.connect(told.append)
    edges = plot.shown.edges
    for plane in (0, 1):
        first, last = (place(plot, float(edges[i] + edges[i + 1]) / 2, plane) for i in (5, 9))
        drag(qtbot, plot, last, first)
        assert told.pop() == (edges[5], edges[10])


def test_a_click_brushes_a_bin_and_again_lets_go(plot: HistogramPlot, qtbot: QtBot) -> None:
    told: list[Any] = []
    plot.brushed.connect(told.append)
    edges = plot.shown.edges
    at = place(plot, float(edges[12] + edges[13]) / 2)
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert told == [(edges[12], edges[13])]
    plot.set_scene(scene_of(brushed=told[0]))
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert told[1] is None


def test_the_keyboard_points_and_brushes(plot: HistogramPlot, qtbot: QtBot) -> None:
    told: list[Any] = []
    bins: list[int] = []
    plot.brushed.connect(told.append)
    plot.hovered.connect(bins.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Return):
        qtbot.keyClick(plot, key)
    assert bins == [0, 1, 0]
    edges = plot.shown.edges
    assert told == [(edges[0], edges[1])]
    plot.set_scene(scene_of(brushed=told[0]))
    qtbot.keyClick(plot, Qt.Key.Key_Escape)
    assert told[-1] is None


def test_the_wheel_looks_closer_across_and_a_double_click_shows_all(
    plot: HistogramPlot, qtbot: QtBot
) -> None:
    plot.look_closer(plot.planes[0], (-1.0, 1.0), (0.0, 0.01))
    for plane in plot.planes:
        assert plane.seen[0] == pytest.approx((-1.0, 1.0))
    assert plot.planes[0].seen[1][1] > 0.05, "heights stay"
    qtbot.mouseDClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=place(plot, 0.0))
    assert plot.planes[0].seen[0] == pytest.approx(plot.shown.extent)


@pytest.mark.parametrize(("page", "held"), [(True, False), (True, True), (False, False)])
def test_the_wheel_is_left_to_a_page_that_scrolls(qtbot: QtBot, page: bool, held: bool) -> None:
    plot, body = HistogramPlot(), QWidget()
    plot.set_scene(scene_of())
    QVBoxLayout(body).addWidget(plot)
    body.setMinimumSize(380, 1000 if page else 200)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setWidget(body)
    area.resize(400, 300)
    qtbot.addWidget(area)
    area.show()
    QApplication.processEvents()
    turned = Qt.KeyboardModifier.ControlModifier if held else Qt.KeyboardModifier.NoModifier
    at, up = QPointF(plot.viewport().rect().center()), Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(
        at, plot.viewport().mapToGlobal(at), QPoint(), QPoint(0, -120),
        Qt.MouseButton.NoButton, turned, up, False,
    )  # fmt: skip
    plot.look_closer(plot.planes[0], (-0.5, 0.5), plot.planes[0].seen[1])
    seen = plot.planes[0].seen[0]
    QApplication.sendEvent(plot.viewport(), event)
    assert event.isAccepted() == (held or not page)
    assert (plot.planes[0].seen[0] != seen) == (held or not page)


def test_a_bin_is_said_with_its_ratio() -> None:
    scene = scene_of()
    middle = scene.bin_at(0.0)
    said = scene.describe_bin(middle)
    assert f"real {100 * scene.real[middle]:.1f} %" in said
    ratio = scene.models[0].shares[middle] / scene.real[middle]
    assert f"({ratio:.2f} ×)" in said
    assert scene.bin_at(scene.extent[1] + 1) == -1


def test_what_only_the_model_has_and_what_only_it_lacks_is_marked_outside(
    qtbot: QtBot, plot: HistogramPlot
) -> None:
    scene = scene_of()
    shares = scene.models[0].shares.copy()
    shares[3], shares[16] = 0.2, 0.0
    plot.set_scene(replace(scene, models=(replace(scene.models[0], shares=shares),)))
    triangles = [i for i in plot.planes[1]._passing if type(i).__name__ == "ScatterPlotItem"]
    symbols = {item.opts["symbol"]: item.data["x"] for item in triangles}
    middle = (scene.edges[1:] + scene.edges[:-1]) / 2
    assert middle[3] in symbols["t1"]
    assert middle[16] in symbols["t"]


def test_what_the_axis_does_not_reach_is_counted_at_its_ends(plot: HistogramPlot) -> None:
    scene = scene_of(unit="GeV", beyond=(0, 7))
    model = replace(scene.models[0], beyond=(1_234, 2))
    plot.set_scene(replace(scene, models=(model,)))
    items = plot.planes[0]._passing
    symbols = [i.opts["symbol"] for i in items if type(i).__name__ == "ScatterPlotItem"]
    assert symbols == ["t3", "t2", "t2"]
    counts = [i.toPlainText().strip("\u2007") for i in items if type(i).__name__ == "Word"]
    assert counts == ["1,234", "7", "2"]
    assert plot.shown is not None
    said = plot.shown.outside
    assert said == "Beyond the axis: real 7 above; EDM 1,234 below, 2 above."
    assert scene_of().outside == ""
    plot.grab()


@pytest.mark.parametrize("log_y", [False, True])
def test_counts_of_what_is_beyond_the_axis_stand_above_the_bins(log_y: bool) -> None:
    scene = replace(scene_of(beyond=(0, 7)), log_y=log_y)
    last = np.zeros(len(scene.real))
    last[[len(last) // 2, -1]] = 0.001, 0.9
    tall = replace(scene, real=last, models=())
    plain, clear = (
        histogram._Frame(replace(tall, beyond=n), CanvasStyle.of(DARK), tall=120.0)
        for n in ((7, 0), (0, 7))
    )
    assert clear.high > plain.high, "there is room for them where the bins are tall, alone"
    up = clear.high - (clear.high - clear.low) * histogram.LINE * 0.6 / clear.tall
    top = float(clear.heights(last + scene.spread)[-1])
    assert (up - top) / (clear.high - clear.low) * clear.tall > histogram.LINE / 2


def test_a_histogram_is_copied_as_a_picture(qtbot: QtBot) -> None:
    card = HistogramCard("Mass", "GeV")
    qtbot.addWidget(card)
    card.show_scene(scene_of(unit="GeV"), None, "")
    QApplication.clipboard().clear()
    qtbot.keyClick(card.plot, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    image = QApplication.clipboard().image()
    assert image.width() > 200
    assert image.pixelColor(2, 2).lightness() > 240, "dark on white, as it is printed"


def test_no_ratio_is_told_where_real_data_are_too_few_but_of_what_is_clearly_more() -> None:
    """Bins of one or two data were full of bars and triangles that chance alone makes."""
    real, n = np.array([0.5, 0.4, 0.002, 0.002, 0.0]), 1000
    made = np.array([0.45, 0.45, 0.0, 0.1, 0.1])
    sigma = np.sqrt(np.maximum(made, 1 / n) / n)
    model = Steps("EDM", "#5eb1ef", 0, made, sigma=sigma)
    scene = HistogramScene("x", np.arange(6.0), real, n, (model,))
    assert scene.tells(model).tolist() == [True, True, False, True, True]


def test_axes_say_what_is_along_them(plot: HistogramPlot, qtbot: QtBot) -> None:
    plot.set_scene(scene_of(unit="GeV"))
    card = HistogramCard("Mass", "GeV")
    qtbot.addWidget(card)
    card.show_scene(scene_of(unit="GeV"), WassersteinDistance(32.9, 6.27, 0.0, 100), "")
    assert card.plot.accessibleDescription().startswith("W1 32.9 GeV, floor 6.3.")
    names = [p.left.label.toPlainText().strip() for p in plot.planes]
    assert names == ["share per bin", "ratio"]
    assert plot.planes[1].bottom.label.toPlainText().strip() == "x (GeV)"
    spectrum = SpectrumPlot()
    qtbot.addWidget(spectrum)
    spectrum.set_bands(np.array([400.0, 500.0], np.float32), 2, (0.0, 1.0))
    assert spectrum.plane.bottom.label.toPlainText().strip() == "wavelength (nm)"
    spectrum.set_bands(np.empty(0, np.float32), 2, (0.0, 1.0))
    assert spectrum.plane.bottom.label.toPlainText().strip() == "band"


@pytest.mark.parametrize(("log_x", "log_y"), [(False, True), (True, False), (True, True)])
def test_logarithmic_axes_draw_whatever_is_empty(
    plot: HistogramPlot, qtbot: QtBot, log_x: bool, log_y: bool
) -> None:
    values = np.exp(REAL)
    edges = edges_of(values, log=log_x)
    model = Steps("EDM", "#5eb1ef", 0, np.zeros(len(edges) - 1))
    plot.set_scene(
        HistogramScene(
            "x", edges, shares_of(values, edges), 2000, (model,), log_x=log_x, log_y=log_y
        )
    )
    plot.grab()
    assert plot.planes[0].seen[0] == pytest.approx(plot.shown.extent)
    told: list[Any] = []
    plot.brushed.connect(told.append)
    at = plot.shown.places[10:12].mean()
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=place(plot, float(at)))
    assert told == [(edges[10], edges[11])]


def test_figures_go_to_a_file(tmp_path: Path) -> None:
    scene = scene_of()
    write_curves({c.title: c for c in scene.curves}, tmp_path / "h.csv", scene.across)
    rows = list(csv.DictReader((tmp_path / "h.csv").read_text().splitlines()))
    assert len(rows) == len(scene.real)
    assert [float(row["real"]) for row in rows] == scene.real.tolist()
    assert [float(row["EDM"]) for row in rows] == scene.models[0].shares.tolist()
    assert [float(row["upper edge"]) for row in rows] == scene.edges[1:].tolist()


# Bars of classes

BARS = Bars(
    "share", ("a", "b", "c"), np.array([0.2, 0.5, 0.3]), np.array([0.2, 0.3, 0.5]), np.full(3, 0.02)
)


def test_bars_off_by_more_than_chance_are_known(qtbot: QtBot) -> None:
    assert BARS.outside.tolist() == [False, True, True]
    assert BARS.describe_bar(1) == "b: 0.5, real 0.3 ± 0.02"
    low, high = BARS.heights
    assert low == 0.0
    assert high > 0.54


def test_a_bar_is_chosen_by_mouse_and_keyboard(qtbot: QtBot) -> None:
    plot = BarsPlot()
    qtbot.addWidget(plot)
    plot.resize(400, 250)
    plot.set_bars(BARS)
    plot.show()
    QApplication.processEvents()
    told: list[int] = []
    plot.picked.connect(told.append)
    at = plot.planes[0].box.mapViewToScene(QPointF(2.1, 0.1)).toPoint()
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=at)
    plot.set_bars(replace(BARS, chosen=2))
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=at)
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Return, Qt.Key.Key_Escape):
        qtbot.keyClick(plot, key)
    assert told == [2, -1, 0, -1]
    plot.grab()


def test_the_shares_of_classes_stand_beside_what_chance_makes_of_them() -> None:
    rng = np.random.default_rng(0)
    real = rng.choice(["x", "y"], 4000, p=[0.25, 0.75])
    draws = [class_shares(real, rng.choice(real, 100))[1][0] for _ in range(400)]
    names, _, shares, spread = class_shares(real, real[:100])
    assert names == ("x", "y")
    assert shares.sum() == pytest.approx(1.0)
    assert np.std(draws) == pytest.approx(spread[0], rel=0.2)


def test_each_run_has_a_bar_and_what_is_selected_stands_in_that_of_the_first(qtbot: QtBot) -> None:
    values = np.array([0.3, 0.4, 0.3])
    runs = (Run("EDM", "#5eb1ef", BARS.values), Run("GAN", "#e5484d", values))
    bars = replace(BARS, runs=runs, selected=np.array([0.1, 0.0, 0.0]))
    assert bars.describe_bar(0) == "a: EDM 0.2, GAN 0.3, real 0.2 ± 0.02; selected 0.1"
    titles = [curve.title for curve in bars.curves]
    assert titles == ["value", "real", "one sigma", "GAN", "selected"]
    plot = BarsPlot()
    qtbot.addWidget(plot)
    plot.set_bars(bars)
    drawn = [i.opts for i in plot.planes[0]._passing if type(i).__name__ == "BarGraphItem"]
    first, second, selected = drawn[:3]
    assert first["y1"].tolist() == BARS.values.tolist()
    assert second["y1"].tolist() == values.tolist()
    assert (first["x1"] <= second["x0"] + 1e-9).all()  # beside each other
    assert selected["y1"].tolist() == [0.1, 0.0, 0.0]
    assert ((selected["x0"] > first["x0"]) & (selected["x1"] < first["x1"])).all()


# The view


@pytest.fixture
def view(lens: Any, qtbot: QtBot) -> DistributionsView:
    lens.state.engine = replace(lens.state.engine, state="ready")
    made = VIEW.factory(lens.state, lens.actions)
    made.resize(WIDTH, HEIGHT)
    qtbot.addWidget(made)
    return made


async def shown(view: DistributionsView, lens: Any) -> None:
    view.show()
    lens.arrive(5)
    await until(
        lambda: (
            len(view.cards.cards) == 2 and view.counted.found is not None and view.counted.found.far
        )
    )


async def test_bars_of_classes_follow_the_selection_and_the_other_run(
    view: DistributionsView, lens: Any
) -> None:
    made_of = Source(lens.run.key, "samples", "f")
    samples = (
        Sample("", "real", {}, Source(lens.run.key, "data", "0")),
        Sample(lens.run.key, "EDM", {}, made_of, 0),
        Sample("other", "GAN", {}, None, 1),
    )
    types = (["q", "t"] * 50, ["q"] * 30 + ["t"] * 10, ["t"] * 20)
    measured = tuple({"Type": np.array(each)} for each in types)
    found = Found(samples, measured, (), ("Type",))
    lens.state.selection.set(made_of, np.array([0, 1, 30]), "click")
    bars = bars_of(found, "Type", (), lens.state.selection, None)
    assert bars.names == ("q", "t")
    assert [run.title for run in bars.runs] == ["EDM", "GAN"]
    assert bars.runs[0].values.tolist() == [0.75, 0.25]
    assert bars.runs[1].values.tolist() == [0.0, 1.0]
    assert bars.selected is not None
    assert bars.selected.tolist() == [2 / 40, 1 / 40]
    lens.state.selection.clear()
    alone = bars_of(
        replace(found, samples=samples[:2], measured=measured[:2]),
        "Type",
        (),
        lens.state.selection,
        None,
    )
    assert (alone.runs, alone.selected) == ((), None)


async def test_there_is_a_histogram_for_each_column_with_its_distance(
    view: DistributionsView, lens: Any
) -> None:
    await shown(view, lens)
    assert list(view.cards.cards) == ["x", "y"]
    scene = view.cards.cards["x"].scene
    assert scene.n == 50
    assert scene.real.sum() == pytest.approx(1.0)
    assert [model.title for model in scene.models] == ["1 r"]
    assert lens.link.of(GetTarget)[0].n == 4096
    assert "W1" in view.cards.cards["x"].plot.accessibleDescription()


async def test_a_brush_selects_rows_that_every_lens_shows(
    view: DistributionsView, lens: Any
) -> None:
    await shown(view, lens)
    selection, x = lens.state.selection, lens.run.live.x[-1][:, 0]
    view.cards.cards["x"].plot.brushed.emit((-0.5, 0.5))
    assert selection.source.what == "particles"
    assert selection.rows.tolist() == np.flatnonzero((x >= -0.5) & (x < 0.5)).tolist()
    assert selection.by == "x −0.5 to 0.5"
    assert selection.beside[0] == "real, same range"
    assert view.cards.cards["x"].scene.brushed == (-0.5, 0.5)
    share = 100 * len(selection.rows) / len(x)
    assert said_of(view.counted.found, "x", (-0.5, 0.5)).startswith(
        f"−0.5 to 0.5: generated {share:.1f} %, real "
    )
    assert view.cards.cards["y"].scene.brushed is None
    assert view.cards.cards["y"].scene.chosen.sum() == pytest.approx(
        len(selection.rows) / len(x), abs=0.02
    )
    assert selection.find_offered(selection.source) is not None, (
        "the inspector can say what they are"
    )
    view.cards.cards["x"].plot.show_all()
    assert selection.source is None
    assert view.cards.cards["y"].scene.chosen is None


async def test_real_rows_can_be_selected_instead(view: DistributionsView, lens: Any) -> None:
    await shown(view, lens)
    view.cards.cards["x"].plot.brushed.emit((-0.5, 0.5))
    view.tools.sides.chosen.emit(1)
    x = lens.run.target[:, 0]
    assert lens.state.selection.source.what == "data"
    assert lens.state.selection.rows.tolist() == np.flatnonzero((x >= -0.5) & (x < 0.5)).tolist()


async def test_what_another_lens_selects_is_shown_and_ends_the_brush(
    view: DistributionsView, lens: Any
) -> None:
    await shown(view, lens)
    view.cards.cards["x"].plot.brushed.emit((-0.5, 0.5))
    source = lens.state.selection.source
    lens.state.selection.set(source, np.arange(40), "lasso")
    scene = view.cards.cards["x"].scene
    assert scene.brushed is None
    assert scene.chosen.sum() == pytest.approx(40 / 200, abs=0.02)


async def test_axes_become_logarithmic_where_they_can(view: DistributionsView, lens: Any) -> None:
    await shown(view, lens)
    view.tools.log_y.click()
    view.tools.log_x.click()
    scene = view.cards.cards["x"].scene
    assert scene.log_y
    assert not scene.log_x, "some values are negative"


async def test_what_was_held_out_is_the_truth_where_there_is_such(
    view: DistributionsView, lens: Any
) -> None:
    await shown(view, lens)
    assert lens.link.of(GetTarget)[0].held, "asked for first"
    assert "real: training data" in view._words.accessibleName()
    lens.run.held = np.random.default_rng(3).normal(size=(60, 2)).astype(np.float32)
    view.counted.measure()
    await until(lambda: view.cards.cards["x"].scene.n == 60)
    assert "real: held out" in view._words.accessibleName()
    view.tools.sides.chosen.emit(1)
    view.cards.cards["x"].plot.brushed.emit((-0.5, 0.5))
    source = lens.state.selection.source
    assert source == Source(lens.run.key, "held")
    assert source.real
    taking = Taking(lens.run.key, "chosen", source, (0, 1), 60)
    command = taking.command("x.npz", overwrite=False)
    assert (command.what, command.n, command.rows) == ("held", 60, [0, 1])
    assert lens.state.selection.last_of_run(lens.run.key).what == "particles"


async def test_no_figure_is_told_before_it_is_known_which_data_are_the_real_ones(
    view: DistributionsView, lens: Any
) -> None:
    """Against those that it learns they are others, and stood under the same words for a second."""
    lens.run.target = np.zeros((20, 2), np.float32)
    assert view.against.real_side() is None
    lens.run.holds_out = False
    assert view.against.real_side() is not None
    lens.run.holds_out = None
    lens.state.engine = replace(lens.state.engine, state="lost")
    assert view.against.real_side() is not None, "nobody will say"


def made_folder(key: str) -> Path:
    Path(key).mkdir()
    return Path(key)


async def test_of_another_run_what_was_drawn_is_counted_where_it_is_more(
    view: DistributionsView, lens: Any, tmp_path: Path
) -> None:
    await shown(view, lens)
    key = str(tmp_path / "0002-b")
    other = replace(lens.run, key=key, name="0002-b", live=lens.run.live)
    lens.state.runs.by_key[key] = other
    drawn = np.random.default_rng(4).normal(size=(500, 2)).astype(np.float32)
    generated(made_folder(key), drawn, step=5)
    lens.state.runs.choose((lens.run.key, key))
    await until(lambda: view.counted.found is not None and len(view.counted.found.samples) == 3)
    await until(lambda: view.counted.found.count(2) == 500 and view.counted.found.far)
    assert [model.title for model in view.cards.cards["x"].scene.models] == ["1 r", "2 b"]
    names = [name for name, _ in view._legend.names]
    made = len(lens.run.live.x[-1])
    assert names[1:] == [f"1 r ± 1σ, n = {made}", "2 b ± 1σ, n = 500"], "of each how many"
    assert view._legend.height() == 20 * len(key_lines(view._legend.names, view._legend.width()))
    assert view.cards.cards["x"]._said.accessibleName().startswith("run 1: W1 "), "whose it is"
    assert "2 b: W1 " in view.cards.cards["x"]._said.toolTip()
    others = view.cards.cards["x"]._others
    assert not others.isHidden()
    assert "run 2: W1" in others.text()
    assert ink(1, colors()) in others.text(), "in its colour"


async def test_of_another_run_nothing_stands_there_until_its_newest_is_read(
    view: DistributionsView, lens: Any, tmp_path: Path
) -> None:
    """Live ones of the first steps, which somebody had looked at, stood there as what it makes."""
    await shown(view, lens)
    key, n = str(tmp_path / "0002-b"), 60
    newest = np.full((2, n, 2), 0.25, np.float32)
    FlowStore(made_folder(key)).keep(FlowRecord.from_arrays(90, np.float32([0, 1]), newest))
    other = replace(
        lens.run, key=key, name="0002-b", live=lens.run.live, kept=[90], job="", step=90
    )
    lens.state.runs.by_key[key] = other
    seen: list[np.ndarray] = []
    find = view.counted._find

    def spied(samples: Any, kind: Any, of: Any) -> Any:
        seen.extend(sample.arrays["x"] for sample in samples[2:])
        return find(samples, kind, of)

    view.counted._find = spied
    lens.state.runs.choose((lens.run.key, key))
    assert "run 2: not read yet" in view.against.about_others(view.counted.found)
    view.counted.measure()
    await until(lambda: view.counted.found is not None and len(view.counted.found.samples) == 3)
    assert seen
    assert all((x == 0.25).all() and len(x) == n for x in seen)
    await until(lambda: f"run 2: {n} fixed particles, step 90" in view._words.accessibleName())


async def test_of_another_run_older_samples_give_way_to_its_newest_latents(
    view: DistributionsView, lens: Any, tmp_path: Path
) -> None:
    await shown(view, lens)
    key = str(tmp_path / "0002-b")
    newest = np.full((2, 60, 2), 0.25, np.float32)
    generated(made_folder(key), np.zeros((500, 2), np.float32))  # of an early step
    FlowStore(Path(key)).keep(FlowRecord.from_arrays(900, np.float32([0, 1]), newest))
    other = replace(lens.run, key=key, name="0002-b", live=None, kept=[900], job="", step=900)
    lens.state.runs.by_key[key] = other
    lens.state.runs.choose((lens.run.key, key))
    await until(lambda: view.counted.found is not None and len(view.counted.found.samples) == 3)
    assert view.counted.found.samples[2].origin == "60 fixed particles, step 900"


async def test_what_is_counted_is_called_by_what_it_is_of_also_when_others_come(
    view: DistributionsView, lens: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight jets of 64 fixed ones stood there as "8 of 1,000 samples" until these were counted."""
    await shown(view, lens)
    monkeypatch.setattr(view.counted, "measure", lambda: None)  # which takes a while
    fixed = view._sampled.origin
    drawn = np.zeros((1000, 2), np.float32)
    view._sampled.drawn = ShownSamples(drawn, (), "1,000 samples, step 5", 5, "f.npz")
    view._sampled.hold(True)
    view._say_which()
    said = view._words.accessibleName()
    assert said.startswith(f"counting 1,000 samples, step 5 · {fixed}"), said
    view.counted.of = view._sampled.now
    view._say_which()
    assert view._words.accessibleName().startswith("1,000 samples, step 5")


async def test_led_samples_are_said_not_to_be_those_of_the_figures(
    view: DistributionsView, lens: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stood in small print that these are guided, and Curves are not."""
    await shown(view, lens)
    assert not view._led.isVisible()
    monkeypatch.setattr(view._sampled, "note_of", lambda of: f"{of.origin} are led.")
    view._say_which()
    assert view._led.isVisible()
    assert view._led.text() == f"{view._sampled.origin} are led."
    assert view._led.property("role") == "warm"


async def test_samples_that_come_before_others_are_counted_do_not_name_these(
    view: DistributionsView, lens: Any
) -> None:
    """The heading said 1,500 samples above curves of 36 jets, for as long as those took."""
    await shown(view, lens)
    before = view._sampled.now
    view.counted.found = None
    view.counted.measure()
    view._sampled._now = ShownSamples(
        np.zeros((1500, 2), np.float32), (), "1,500 samples", 5, "f.npz"
    )
    await until(lambda: view.counted.found is not None)
    assert view.counted.of is before
    assert view.counted.found.count(1) == len(before.x)
    assert view._words.accessibleName().startswith(f"counting 1,500 samples · {before.origin}")


async def test_later_particles_are_counted_anew(view: DistributionsView, lens: Any) -> None:
    await shown(view, lens)
    before = view.cards.cards["x"].scene.models[0].shares
    lens.arrive(90)
    await until(lambda: not np.array_equal(view.cards.cards["x"].scene.models[0].shares, before))


async def test_data_are_asked_for_once_however_few_there_are(
    view: DistributionsView, lens: Any
) -> None:
    lens.run.target = np.zeros((20, 2), np.float32)
    await shown(view, lens)
    await until(lambda: len(lens.run.target) == 50)
    for step in (6, 7):
        lens.arrive(step)
        lens.state.runs.changed.emit(lens.run.key)
        lens.actions.real_samples.need(lens.run.key)
    await until(
        lambda: (
            view.counted.found is not None and view.counted.found.samples[1].arrays["x"] is not None
        )
    )
    asked = lens.link.of(GetTarget)
    assert [each.held for each in asked] == [True, False], "there are none that were held out"


async def test_as_many_are_drawn_as_an_evaluation_has(view: DistributionsView, lens: Any) -> None:
    await shown(view, lens)
    lens.run.spec = msgspec.structs.replace(lens.run.spec, training={"evaluate_samples": 700})
    lens.state.runs.changed.emit(lens.run.key)
    next(b for b in view.bar.findChildren(QPushButton) if b.text() == "Sample now").click()
    await until(lambda: lens.link.of(Operate))
    assert lens.link.of(Operate)[0].config["n"] == 700
    many = len(view._sampled.now.x)
    lens.run.spec = msgspec.structs.replace(lens.run.spec, training={"evaluate_samples": 1})
    next(b for b in view.bar.findChildren(QPushButton) if b.text() == "Sample now").click()
    await until(lambda: len(lens.link.of(Operate)) == 2)
    assert lens.link.of(Operate)[1].config["n"] == many, "no fewer than stand there"


async def test_it_goes_to_a_picture(view: DistributionsView, lens: Any, tmp_path: Path) -> None:
    await shown(view, lens)
    write_picture(view.export_picture(), tmp_path / "h.svg")
    text = (tmp_path / "h.svg").read_text()
    assert "share per bin" in text
    assert "<image" not in text
    # For print: dark on white, each panel below its title, how far it is, and of how many.
    assert "#ffffff" in text
    assert theme.colors().background not in text
    await until(lambda: view.cards.cards["x"].far)
    write_picture(view.cards.cards["x"].export_picture(), tmp_path / "x.svg")
    alone = (tmp_path / "x.svg").read_text()
    assert ">x</text>" in alone
    assert re.search(r">W1 [^<]*, floor [^<]*, n = [\d,]+ each</text>", alone)


JETS = {"top": 0.3, "gluon": 0.05}  # radians that their two prongs are apart


def jets_of(n: int, seed: int, *, wide: float = 1.0) -> dict[str, np.ndarray]:
    """Return jets of two prongs of two types, and a third place that is padded."""
    rng = np.random.default_rng(seed)
    label = np.array(list(JETS))[np.arange(n) % 2]
    half = 0.5 * wide * np.array([JETS[each] for each in label])
    x = np.zeros((n, 3, 3), np.float32)
    x[:, 0, 0], x[:, 1, 0] = half, -half
    x[:, :2, 1] = 0.01 * rng.normal(size=(n, 2))
    x[:, :2, 2] = np.log1p(rng.uniform(300, 700, (n, 2)))
    mask = np.array([True, True, False]) & np.ones((n, 3), bool)
    return {"x": x, "mask": mask, "label": label}


def found_of(
    made: dict[str, np.ndarray], part: tuple[str, str] | None = None, real: int = 400
) -> Found:
    """Return what is found of jets beside real ones."""
    jets = kind("jets")
    samples = (
        Sample("", "real", jets_of(real, 0), Source("r", "data")),
        Sample("r", "EDM", made, Source("r", "samples")),
    )
    found = looking_at(found_in(samples, jets, ()), part)
    return with_distances(found, found.names)


def test_constituents_are_counted_one_by_one_and_brushed_jet_by_jet(qapp: QApplication) -> None:
    found = found_of(jets_of(200, 1))
    name = "Constituent Δη"
    assert found.each(1, name).shape == (200, 3)
    assert len(found.of(1, name)) == 400, "padded places are no constituents"
    rows = found.rows_in(1, name, (0.1, 0.2))
    assert rows.tolist() == list(range(0, 200, 2)), "the tops, by one of their two prongs"
    assert len(found.values_among(1, name, rows)) == 200, "with all their constituents"
    assert found.names[0] == "Mass", "what matters most comes first"


def test_of_a_type_only_that_is_looked_at(qapp: QApplication) -> None:
    whole, tops = (found_of(jets_of(200, 1), part) for part in (None, ("Type", "top")))
    assert (tops.count(0), tops.count(1)) == (200, 100)
    assert tops.rows_in(1, "Mass", (0.0, 1e4)).tolist() == list(range(0, 200, 2)), "as they were"
    assert tops.of(1, "Mass").min() > whole.of(1, "Mass").min()
    assert looking_at(tops, None).count(1) == 200
    assert looking_at(whole, ("Colour", "red")).part is None


def test_distances_by_type_find_the_type_that_is_wrong(qapp: QApplication) -> None:
    """Tops of half the width are far from real ones; the gluons beside them are not."""
    made, narrow = jets_of(900, 1), jets_of(900, 1, wide=0.5)
    tops = made["label"] == "top"
    made["x"][tops] = narrow["x"][tops]
    found = found_of(made, real=900)
    cells = found.by_class["Mass"]
    assert list(cells) == [ALL, "gluon", "top"]
    assert found.far["Mass"] == (cells[ALL],), "measured once"
    assert replace(found, order=("top", "gluon")).classes == ["top", "gluon"], "as in the data"
    assert (cells["top"].level, cells["gluon"].level) == ("warm", "good")
    assert cells["top"].value == pytest.approx(75, rel=0.15), "half of 500 GeV times 0.3"
    again = with_distances(found, ["Mass", "pT"], found)
    assert again.by_class["Mass"] is cells, "measured once"


def test_a_table_of_distances_goes_to_latex_and_csv(qapp: QApplication, qtbot: QtBot) -> None:
    found = found_of(jets_of(400, 1))
    names = ("Mass", "τ₂₁", "Constituent Δη")
    lines = tuple(Line(name, "GeV" * (name == "Mass"), found.by_class[name]) for name in names)
    table = DistanceTable()
    qtbot.addWidget(table)
    table.show_distances(Distances(("top", "gluon"), lines, "EDM, step 5", classes="Type"), "top")
    table.latex.click()
    text = QApplication.clipboard().text()
    value, bar, floor = lines[0].figures("top")
    assert rf"Mass (GeV) & ${value} \pm {bar}$ ({floor}) & " in text
    assert r"$\tau_{21}$" in text
    assert r"Constituent $\Delta\eta$ $\times 10^{-" in text
    assert text.count(r"\\") == 4
    table.csv.click()
    rows = list(csv.DictReader(QApplication.clipboard().text().splitlines()))
    first = found.by_class["Mass"]["top"]
    assert (rows[0]["number"], rows[0]["type"]) == ("Mass", "top")
    assert float(rows[0]["w1"]) == first.value, "in full"
    assert int(rows[0]["n"]) == first.n == 100
    assert table.table.cell(0, 2).text() == f"{value} ±{bar}  {floor}, too few"


def test_figures_are_multiplied_by_a_power_of_ten_that_lets_floors_be_read() -> None:
    line = Line("x", "", {"a": WassersteinDistance(0.0042, 0.0012, 0.0, 50, 0.0003), "b": None})
    assert (line.power, line.scale) == (3, "×10⁻³")
    assert line.figures("a") == ("4.20", "0.30", "1.20")
    assert line.figures("b") is None
    assert Line("m", "GeV", {"a": WassersteinDistance(4.2, 1.9, 0.0, 50)}).power == 0


async def test_of_a_type_its_own_jets_are_counted_wherever_they_are(
    view: DistributionsView, lens: Any, qtbot: QtBot
) -> None:
    """A brush within a type is a part of that type, in the inspector and above the histograms."""
    await shown(view, lens)
    jets, made_of = kind("jets"), Source(lens.run.key, "particles")
    samples = (
        Sample("", "real", jets_of(400, 0), Source(lens.run.key, "data", "0")),
        Sample(lens.run.key, "EDM", jets_of(300, 1), made_of),
    )
    offered = Offered(samples[1].arrays, "Generated jet", lambda _row: [])
    lens.state.selection.offer(made_of, offered)
    panel = RowsPanel(lens.state, lens.actions)
    qtbot.addWidget(panel)
    panel.show()
    for part, n, real in ((("Type", "top"), 150, 200), (None, 300, 400)):
        view.counted.found = looking_at(found_in(samples, jets, ()), part)
        view._say_which()
        values = [view.counted.found.of(i, "pT") for i in (1, 0)]
        k, of_real = (int((each >= 1000.0).sum()) for each in values)
        view._brushed("pT", (1000.0, 1e4))
        assert view._words.accessibleName().startswith("150 top ") == (part is not None)
        assert 0 < k < n
        facts = [each.text() for each in panel.chosen.findChildren(QLabel)]
        assert f"{k} of {n}, {100 * k / n:.3g} %" in facts
        assert f"{of_real} of {real}, {100 * of_real / real:.3g} %" in facts
        assert view._words.accessibleName().startswith("150 top") == (part is not None)


async def test_until_a_type_is_counted_no_figure_of_others_stands_there(
    view: DistributionsView, lens: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shown(view, lens)
    monkeypatch.setattr(view.counted, "measure", lambda: None)
    samples = (
        Sample("", "real", jets_of(400, 0), Source(lens.run.key, "data", "0")),
        Sample(lens.run.key, "EDM", jets_of(300, 1), Source(lens.run.key, "particles")),
    )
    view.counted.found = with_distances(found_in(samples, kind("jets"), ()), ["pT"])
    view.counted.chosen = ["pT"]
    view._show()
    card = view.cards.cards["pT"]
    assert card._said.accessibleName().startswith("W1 ")
    for name, said in (("top", "counting top"), ("", "counting all data")):
        view.tools.part.emit(name)
        assert view._words.accessibleName() == card._said.accessibleName() == said
        assert view.tools.choice.isVisible()
        await until(lambda: view._words.accessibleName() != said)  # noqa: B023
        assert view._words.accessibleName().startswith("150 top ") == (name == "top")
        assert card._said.accessibleName() == "measuring distance…"
        assert view.cards.cards["pT"] is card, "a card that is there need not be made anew"


def test_of_few_data_nothing_is_called_good_and_only_what_is_clear_is_called_off() -> None:
    """Laws that are the same and such that are 1.0 apart, by their number."""
    rng = np.random.default_rng(7)
    real = rng.normal(size=4000)
    few = [wasserstein_distance(rng.normal(size=36), real, seed) for seed in range(20)]
    assert {each.level for each in few if each is not None} == {"few"}
    off = wasserstein_distance(rng.normal(size=100) + 1.0, real)
    enough = wasserstein_distance(rng.normal(size=1000), real)
    assert off is not None
    assert enough is not None
    assert (off.n, off.level, enough.level) == (100, "warm", "good")
    assert replace(off, bar=off.value).level == "few", "its bar reaches its floor"


def test_what_is_generated_has_bars_of_its_own_number(plot: HistogramPlot) -> None:
    """Those of 36 hold what chance makes of them; the band of real data alone does not."""
    rng = np.random.default_rng(8)
    edges = np.linspace(-2.0, 2.0, 9)
    real = rng.normal(size=40_000)
    within, sharp = [], []
    for _ in range(200):
        some = rng.normal(size=36)
        shares = shares_of(some, edges)
        sigma = spread_of(shares, 36)
        off = np.abs(shares - shares_of(real, edges))
        within.append((off <= sigma).mean())
        sharp.append((off <= spread_of(shares_of(real, edges), len(real))).mean())
    assert 0.6 < np.mean(within) < 0.8, "one sigma"
    assert np.mean(sharp) < 0.2, "the band of real data alone is far too narrow"
    scene = scene_of()
    model = replace(scene.models[0], sigma=spread_of(scene.models[0].shares, len(MADE)))
    plot.set_scene(replace(scene, models=(model,)))
    for plane, middle in zip(plot.planes, (model.shares, scene.ratio(model.shares)), strict=True):
        lines = [i for i in plane._passing if type(i).__name__ == "Line"]
        _, y = next(i.getData() for i in lines if len(i.getData()[0]) == 3 * len(scene.real))
        low, high = y.reshape(-1, 3)[:, :2].T
        at = scene.bin_at(0.0)
        assert low[at] < middle[at] < high[at]
        assert (high[at] - low[at]) / 2 == pytest.approx(
            model.sigma[at] * middle[at] / model.shares[at]
        )
    assert " ± 1σ" in plot.shown.key(plot.style_)[1][0]
    times, around = map(
        float, re.search(r"\((\S+) ± (\S+) ×\)", plot.shown.describe_bin(at)).groups()
    )
    parts = (model.sigma[at] / model.shares[at], scene.spread[at] / scene.real[at])
    assert around == pytest.approx(times * np.hypot(*parts), abs=0.01), "of both sides"


async def test_numbers_are_chosen_and_the_last_one_stays(
    view: DistributionsView, lens: Any
) -> None:
    await shown(view, lens)
    menu = view.tools.menu()
    assert [action.text() for action in menu.actions()] == ["x", "y"]
    menu.actions()[0].trigger()
    await until(lambda: list(view.cards.cards) == ["y"])
    view.tools.menu().actions()[1].trigger()
    assert list(view.cards.cards) == ["y"]


async def test_a_double_click_resets_an_axis_before_it_lets_go(
    view: DistributionsView, lens: Any
) -> None:
    await shown(view, lens)
    plot = view.cards.cards["x"].plot
    plot.brushed.emit((-0.5, 0.5))
    plot.look_closer(plot.planes[0], (-1.0, 1.0), (0.0, 1.0))
    plot.show_all()
    assert plot.part is None
    assert view.cards.cards["x"].scene.brushed == (-0.5, 0.5)
    plot.show_all()
    assert view.cards.cards["x"].scene.brushed is None


async def test_for_paper_it_is_dark_on_white_with_its_fonts(
    view: DistributionsView, lens: Any, tmp_path: Path
) -> None:
    await shown(view, lens)
    write_picture(view.export_picture(), tmp_path / "h.pdf")
    made = (tmp_path / "h.pdf").read_bytes()
    assert made.startswith(b"%PDF")
    assert b"/FontFile" in made
    assert b"/Subtype /Image" not in made
    # Two panels beside each other: as wide as the two columns of a journal.
    box = re.search(rb"/MediaBox \[0 0 ([\d.]+) ", made)
    assert float(box[1]) == pytest.approx(72 * 6.8, abs=1)
    with theme.on_paper():
        assert theme.colors().background == "#ffffff"
    assert theme.colors() != LIGHT


async def test_without_samples_it_says_how_they_come(view: DistributionsView) -> None:
    view.show()
    await until(lambda: view.empty.isVisible())
    assert not view.cards.cards


async def test_until_a_run_is_counted_nothing_of_the_last_one_stands_there(
    view: DistributionsView, lens: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its key and its classes did."""
    await shown(view, lens)
    assert view.tools.isVisible()
    held = asyncio.Event()

    async def slow(*_: Any) -> Any:
        await held.wait()
        return found

    found = view.counted.found
    monkeypatch.setattr(asyncio, "to_thread", slow)
    view._sampled.selected.emit()  # another run is selected
    await until(lambda: view.empty.isVisible())
    assert not view.tools.isVisible()
    assert not view._page.isVisible()
    held.set()
    await until(lambda: view.tools.isVisible() and bool(view.cards.cards))
