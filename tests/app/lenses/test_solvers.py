"""The solver lab: what its result says, and how the Quality lens shows it."""

import csv
import math
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QMenu

from pushforward.studio.app.charts.cost_chart import LadderPlot, Rung, ink
from pushforward.studio.app.charts.picture_export import picture_of, write_picture
from pushforward.studio.app.core.reduce import reduce
from pushforward.studio.app.data.chart_export import ask_values
from pushforward.studio.app.data.views.lab import Finding
from pushforward.studio.app.design.theme import colors, theme
from pushforward.studio.app.design.tokens import contrast
from pushforward.studio.app.labs import solver_lab
from pushforward.studio.app.labs.solver_lab import SolversView
from pushforward.studio.app.labs.solver_results import Solved
from pushforward.studio.protocol.catalog import EntrySpec
from pushforward.studio.protocol.messages import JobInfo, ResultWritten
from pushforward.studio.store.results import ResultRecord, Results
from tests.qtloop import until

TITLES = {"euler": "Euler", "noisy": "Noisy"}
CONFIG = {"samplers": ["euler", "noisy"], "calls": [4, 16, 64], "n": 500, "repeats": 2}
ARRAYS = {
    "calls": np.array([4, 16, 64]),
    "nfe": np.array([[4, 16, 64], [0, 15, 63]]),
    "seconds": np.array([[0.1, 0.2, 0.4], [np.nan, 0.3, 0.5]], np.float32),
    "distance": np.array(
        [[[0.9, 1.1], [0.2, 0.2], [0.1, 0.1]], [[np.nan] * 2, [0.5, 0.5], [0.3, 0.3]]], np.float32
    ),
    "error": np.stack([np.full((3, 2), 0.5), np.full((3, 2), np.nan)]).astype(np.float32),
    "floor": np.array([0.1, 0.12], np.float32),
    "ways": np.zeros((2, 3, 5, 2, 2), np.float32),
    "reference": np.ones((5, 2, 2), np.float32),
    "real": np.eye(2, dtype=np.float32),
}


def found() -> Solved:
    return Solved.of(ARRAYS, CONFIG, 100, TITLES)


def test_enough_is_within_two_spreads_of_the_floor() -> None:
    assert found().bar == pytest.approx((0.11, 0.02 / math.sqrt(2)))
    assert found().enough(0) == 64, "0.1 is, 0.2 is not"
    assert found().enough(1) is None


def test_samplers_with_some_calls_are_the_nearest_first_without_those_that_cannot() -> None:
    assert [each.title for each in found().at(0)] == ["Euler"]
    euler, noisy = found().at(2)
    assert (euler.title, euler.nfe, euler.milliseconds) == ("Euler", 64, pytest.approx(0.8))
    assert noisy.title == "Noisy"
    assert math.isnan(noisy.error)


def test_by_time_the_quickest_come_first_and_results_of_one_repeat_are_read() -> None:
    took, mean, _ = found().by_time(1)
    assert took == pytest.approx([0.6, 1.0]), "milliseconds of one of 500 samples"
    assert mean == pytest.approx([0.5, 0.3])
    twice = {**ARRAYS, "seconds": np.stack([ARRAYS["seconds"], 3 * ARRAYS["seconds"]], axis=-1)}
    again = Solved.of(twice, CONFIG, 100, TITLES)
    assert again.by_time(0)[0] == pytest.approx([0.4, 0.8, 1.6]), "the mean of two repeats"
    assert again.figure == "sliced-w2"
    assert again.knows_ends


def test_a_curve_has_the_calls_that_were_made() -> None:
    calls, mean, spread = found().curve(found().distance, 1)
    assert calls.tolist() == [15, 63]
    assert mean == pytest.approx([0.5, 0.3])
    assert spread.tolist() == [0, 0]


def of_one_repeat() -> dict[str, Any]:
    each = {name: ARRAYS[name][..., :1] for name in ("distance", "error", "floor")}
    return {**ARRAYS, **each, "shared": np.ones((2, 3, 1), bool)}


def test_of_one_repeat_nothing_is_near_and_it_is_known_whether_something_trained() -> None:
    once = Solved.of(of_one_repeat(), CONFIG, 100, TITLES)
    assert not once.repeated
    assert once.enough(0) is None, "of two repeats 64 calls are"
    assert once.shared
    assert not found().shared, "an earlier version does not say"
    rung = Rung(0, "Euler", *once.curve(once.distance, 0))
    assert [curve.title for curve in rung.curves] == ["Euler"], "no column of zeros"


def test_a_result_of_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="not those of its settings"):
        Solved.of(ARRAYS, {**CONFIG, "samplers": ["euler"]}, 100, TITLES)
    with pytest.raises(KeyError):
        Solved.of({}, CONFIG, 100, TITLES)


@pytest.fixture
def view(lens, qtbot) -> SolversView:
    made = SolversView(lens.state, lens.actions)
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    return made


NOTE = "500 points are too few to compare the solvers: take more."


def write(run: Path, more: dict[str, Any] | None = None, arrays: dict[str, Any] = ARRAYS) -> str:
    run.mkdir(exist_ok=True)
    config = {**CONFIG, **(more or {})}
    record = ResultRecord(
        operator="solver-lab", title="Solver lab", run=run.name, step=100, config=config, note=NOTE
    )
    return Results(run / "results").write(record, arrays).name


async def test_what_was_measured_is_shown_as_soon_as_it_is_there(lens, view) -> None:
    run = lens.state.runs.current
    assert view.found is None
    assert view.page.isHidden()
    name = write(Path(run.key))
    run.results.append(name)
    lens.state.result_written.emit(
        ResultWritten(job="j", run=run.key, operator="solver-lab", step=100, result=name)
    )
    await until(lambda: view.found is not None)
    assert view.slider.maximum() == 2
    view.slider.setValue(2)
    assert view.table.model().rowCount() == 2
    assert view.table.cell(0, 3).text() == "64"
    facts, floor = view.facts.text().split("\n")
    assert facts.endswith("each sampler on its own grid")
    assert floor.startswith("Floor 0.11 ±\u00a00.01: 500 real")
    said = "mean and standard deviation (SD) of 2 draws, band ± 2 SD"
    assert said in floor.replace("\u00a0", " ")
    assert "own figures" not in floor, "the run has none of this metric"
    run.floors = {"sliced-w2": 0.2, "spread/sliced-w2": 0.03}
    lens.measure("quality/sliced-w2", [70], [0.5])
    lens.measure("cost/samples", [70], [250])
    view.draw()
    said = "The value of the run itself, 0.2 ±\u00a00.03 at n = 250, is of other samples."
    assert view.facts.text().endswith(said)
    assert view.note.isVisible()
    assert view.note.text() == NOTE
    assert [rung.title for rung in view.distance.rungs] == ["euler", "noisy"]
    assert [rung.title for rung in view.error.rungs] == ["euler"], "noise has no error"
    assert [name for name, _ in view.key.names] == ["euler", "noisy", "floor"]
    assert not view.table.isColumnHidden(solver_lab.ERROR)
    view._choose(5.0)
    assert view.slider.value() == 0
    assert view.table.model().rowCount() == 1


async def test_one_repeat_has_no_deviation_and_no_verdict(lens, view) -> None:
    """It stood there as ± 0, green or orange, with times of a machine that trained."""
    run = lens.state.runs.current
    name = write(Path(run.key), {"repeats": 1}, of_one_repeat())
    run.results.append(name)
    lens.state.result_written.emit(
        ResultWritten(job="j", run=run.key, operator="solver-lab", step=100, result=name)
    )
    await until(lambda: view.found is not None)
    view.slider.setValue(2)
    assert [view.table.cell(0, column).text() for column in (2, 3)] == ["0.1", "–"]
    plain = view.table.cell(0, 1).foreground().color()
    assert view.table.cell(0, 2).foreground().color() == plain
    assert "measured here while something trained ·" in view.facts.text()
    assert "Floor 0.1: 500 real" in view.facts.text()
    assert view.facts.text().endswith("one draw.")
    assert "±" not in view.facts.text()


async def test_curves_of_other_runs_by_the_same_figure_are_drawn_with_it(lens, view) -> None:
    run = lens.state.runs.current
    other = replace(run, key=f"{run.key}-b", name="0009-b", results=[])
    third = replace(run, key=f"{run.key}-c", name="0010-c", results=[])
    for each, figure in ((other, "sliced-w2"), (third, "w1-jet-mass")):
        each.results.append(write(Path(each.key), {"figure": {"slug": figure}}))
        lens.state.runs.by_key[each.key] = each
    run.results.append(write(Path(run.key)))
    lens.state.result_written.emit(
        ResultWritten(job="j", run=run.key, operator="solver-lab", step=100, result=run.results[0])
    )
    await until(lambda: view.others)
    assert [each.name for each, _ in view.others] == ["0009-b"], "not by another figure"
    titles = [rung.title for rung in view.distance.rungs]
    assert titles == ["euler", "noisy", "euler, run 9", "noisy, run 9"]
    assert [rung.title for rung in view.time.rungs] == titles
    assert "run 9: 500" in view.facts.text()
    assert "times: warm, as one batch of 500, measured here" in view.facts.text()
    view.slider.setValue(2)
    lines = [view.table.cell(line, 0).text() for line in range(view.table.model().rowCount())]
    assert lines == ["euler", "noisy", "euler, run 9", "noisy, run 9"]
    fourth = replace(run, key=f"{run.key}-d", name="0011-d", results=[])
    fourth.results.append(write(Path(fourth.key)))
    lens.state.runs.by_key[fourth.key] = fourth
    lens.state.result_written.emit(
        ResultWritten(
            job="j", run=fourth.key, operator="solver-lab", step=100, result=fourth.results[0]
        )
    )
    await until(lambda: len(view.others) == 2)
    fifth = replace(run, key=f"{run.key}-e", name="0012-e", results=[])
    fifth.results.append(write(Path(fifth.key), {"n": 2000}))
    lens.state.runs.by_key[fifth.key] = fifth
    lens.state.result_written.emit(
        ResultWritten(
            job="j", run=fifth.key, operator="solver-lab", step=100, result=fifth.results[0]
        )
    )
    await until(lambda: view.other_count_runs)
    names = [each.name for each, _ in view.other_count_runs]
    assert names == ["0012-e"], "distances fall with the number of samples"
    assert "euler, run 12" not in [rung.title for rung in view.distance.rungs]
    assert "run 12 is not shown: it was measured by 2,000" in view.facts.text()
    view.settings.click()
    asked = lens.state.asked[run.key, "solver-lab"]
    assert asked == {"n": 2000}, "as many as the newest of the others, so that it can be compared"
    lens.state.asked[run.key, "solver-lab"] = {"n": 64}
    view.settings.click()
    assert lens.state.asked[run.key, "solver-lab"] == {"n": 64}, "what the person said stays"


def test_what_is_far_off_does_not_press_the_others_onto_the_floor(qtbot) -> None:
    plot = LadderPlot("Distance", "W1")
    qtbot.addWidget(plot)
    calls, spread = np.array([5.0, 10.0]), np.zeros(2)
    rungs = [Rung(0, "a", calls, np.array([0.05, 0.02]), spread),
             Rung(1, "b", calls, np.array([2e4, 0.03]), spread)]  # fmt: skip
    plot.show_rungs(rungs, (0.01, 0.001), 5.0)
    low, high = plot.full_range(plot.plane)[1]
    assert 10**high < 0.1
    assert 10**low < 0.01
    plot.show_rungs(rungs, None, None)
    assert 10 ** plot.full_range(plot.plane)[1][1] > 2e4, "without a floor all is seen"


async def test_where_no_end_of_the_ode_is_known_there_is_no_column_of_it(lens, view) -> None:
    view.take(Finding({**ARRAYS, "error": np.full((2, 3, 2), np.nan)}, CONFIG, 100))
    view.refresh()
    assert view.table.isColumnHidden(solver_lab.ERROR)
    assert view.table.heading(solver_lab.ERROR).text() == "ODE error"


async def test_while_it_measures_nothing_offers_to_measure(lens, view) -> None:
    run, state = lens.state.runs.current, lens.state
    state.catalog.entries.append(
        EntrySpec(
            kind="operator", slug="solver-lab", title="Solver lab", summary="", source="",
            fields=[], needs=[],
        )
    )  # fmt: skip
    view.refresh()
    assert view.more.isEnabled()
    for title, busy in ((f"Solver lab: {run.name}", True), (f"Generate: {run.name}", False)):
        state.jobs["j"] = JobInfo(
            job="j", kind="operator", state="running", title=title, run=run.key
        )
        state.queue_changed.emit()
        assert view.more.isEnabled() is not busy
        assert view.empty.accessibleName().startswith("Measuring.") is busy
    del state.jobs["j"]


async def test_without_a_result_it_says_what_could_be(lens, view) -> None:
    asked = []
    lens.state.window.open_operator.connect(lambda key, operator: asked.append(operator))
    view.settings.click()
    assert asked == ["solver-lab"]


def test_it_is_for_runs_that_can_be_asked_for_it(lens) -> None:
    assert not solver_lab.VIEW.applies(lens.state)
    catalog = lens.state.catalog
    catalog.entries.append(
        EntrySpec(
            kind="operator", slug="solver-lab", title="", summary="", source="", fields=[],
            needs=[],
        )
    )  # fmt: skip
    assert solver_lab.VIEW.applies(lens.state)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_curve_can_be_read_on_the_page(qapp, mode) -> None:
    """The colour of a curve is also that of its name in the table."""
    theme.set_mode(mode)
    tokens = colors()
    faint = {
        place: contrast(ink(place).color().name(), surface)
        for place in range(6)
        for surface in (tokens.background, tokens.panel)
        if contrast(ink(place).color().name(), surface) < 4.5
    }
    assert not faint, "of so many methods each is to be seen"


async def test_a_training_that_is_further_is_said(lens, view) -> None:
    run = lens.state.runs.current
    run.step = 100
    view.take(Finding(ARRAYS, CONFIG, 100))
    view.found = found()
    view.refresh()
    assert "training is at" not in view.facts.text()
    run.step = 2000
    view.refresh()
    assert "of step 100; the training is at step 2,000 ·" in view.facts.text()


async def test_the_figure_goes_to_a_file_with_its_key_and_of_what_it_is(
    lens, view, tmp_path
) -> None:
    view.take(Finding(ARRAYS, CONFIG, 100))
    view.found = found()
    view.refresh()
    path = tmp_path / "figure.svg"
    write_picture(picture_of(view), path)
    drawn = " ".join(ElementTree.parse(path).getroot().itertext())
    for said in ("Euler", "Noisy", "floor", "network evaluations per sample (NFE)",
                 "ms per sample", "ODE error by evaluations", "of step 100",
                 "Ways from the same noise"):  # fmt: skip
        assert said in drawn, said
    write_picture(picture_of(view), tmp_path / "figure.pdf")
    assert (tmp_path / "figure.pdf").read_bytes().startswith(b"%PDF")


async def test_a_plot_of_the_figure_has_a_menu_and_its_values_go_to_a_file(
    lens, view, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(QMenu, "popup", lambda menu, at: None)
    view.take(Finding(ARRAYS, CONFIG, 100))
    view.found = found()
    view.refresh()
    card = view.distance.parentWidget()
    dialog = ask_values(card, lens.state, "distance")
    dialog.fileSelected.emit(str(tmp_path / "values.csv"))
    with (tmp_path / "values.csv").open() as file:
        first, *rows = csv.reader(file)
    assert first == [
        view.distance.across, "Euler", "Euler, one sigma", "Noisy", "Noisy, one sigma", "floor",
        "floor, one sigma",
    ]  # fmt: skip
    assert [float(each[0]) for each in rows] == [4, 15, 16, 63, 64]
    assert float(rows[0][1]) == pytest.approx(1.0)
    assert float(rows[0][2]) == pytest.approx(0.2 / math.sqrt(2))
    assert rows[0][3] == "", "it cannot do with so few"
    for each in (view, card):
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(4, 4), QPoint(4, 4))
        each.contextMenuEvent(event)
        menus = each.findChildren(QMenu, options=Qt.FindChildOption.FindDirectChildrenOnly)
        assert "Export picture…" in [action.text() for action in menus[-1].actions()]


async def test_an_earlier_study_is_shown_when_its_line_is_clicked(lens, view) -> None:
    run = lens.state.runs.current
    first = write(Path(run.key), {"n": 300})
    second = write(Path(run.key), {"n": 400})
    run.results += [first, second]
    lens.state.runs.changed.emit(run.key)
    await until(lambda: view.found is not None)
    assert (view.found.samples, view.status.isHidden()) == (400, True)
    lens.actions.operating.show(run.key, first)
    await until(lambda: view.found.samples == 300)
    assert view.status.text.text().startswith("An earlier result")
    # Samples that are drawn meanwhile are seen among the samples, and change nothing here.
    drawn = ResultWritten(
        job="j", run=run.key, operator="generate", step=9, result="/r/0003-generate"
    )
    reduce(lens.state, drawn)
    assert lens.state.opened == {run.key: first}
    view.status.button.click()
    await until(lambda: view.found.samples == 400)
    assert view.status.isHidden()


async def test_what_is_deleted_is_not_shown_any_more(lens, view) -> None:
    run = lens.state.runs.current
    run.results.append(write(Path(run.key)))
    lens.state.runs.changed.emit(run.key)
    await until(lambda: view.found is not None)
    run.results.clear()
    lens.state.result_opened.emit(run.key)
    await until(lambda: view.found is None)
    assert view.page.isHidden()
