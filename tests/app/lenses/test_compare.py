"""The Compare lens: one camera, one clock, one particle for all; and silence while it is hidden."""

from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec import structs
from PySide6.QtCore import QRectF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget

from pushforward.studio.app.charts.picture_export import write_picture
from pushforward.studio.app.charts.run_badge import Badge
from pushforward.studio.app.core import run_comparison
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.core.runs import RunState, Series
from pushforward.studio.app.data_types.jets.jet_paint import Frame
from pushforward.studio.app.lenses.compare.compare_pane import waiting
from pushforward.studio.app.lenses.compare.compare_view import VIEW, CompareView, columns_for
from pushforward.studio.protocol.catalog import EntrySpec
from pushforward.studio.protocol.messages import Credit, GetTarget, Validate, Watch
from pushforward.studio.protocol.records import FlowRecord
from pushforward.studio.protocol.spec import Pick
from pushforward.studio.store.flow import FlowStore
from tests.app.lenses.conftest import make_record

Wait = Callable[..., Coroutine[Any, Any, None]]


def add_run(lens: Any, name: str, **more: Any) -> RunState:
    folder = Path(lens.run.key).parent / name
    folder.mkdir()
    more = {"job": f"job-{name}", "state": "running", "total": 100, **more}
    run = RunState(key=str(folder), name=name, spec=lens.run.spec, **more)
    lens.state.runs.by_key[run.key] = run
    return run


@pytest.fixture
def runs(lens: Any) -> list[RunState]:
    # Only a ready engine is asked for data and sizes.
    lens.state.engine = replace(lens.state.engine, state="ready")
    made = [lens.run, add_run(lens, "0002-s"), add_run(lens, "0003-t", total=50)]
    lens.state.runs.choose(tuple(run.key for run in made))
    return made


@pytest.fixture
def window(lens: Any, runs: list[RunState]) -> Iterator[QWidget]:
    made = QWidget()
    box = QVBoxLayout(made)
    box.setContentsMargins(0, 0, 0, 0)
    made.view = CompareView(lens.state, lens.actions)
    box.addWidget(made.view)
    made.resize(900, 640)
    made.show()
    QApplication.processEvents()
    yield made
    made.close()
    made.deleteLater()
    QApplication.sendPostedEvents()


def arrive(lens: Any, run: RunState, step: int, frames: int = 5, **extras: Any) -> None:
    run.live = make_record(step, frames=frames).holding(
        **{f"extra:{name}": v for name, v in extras.items()}
    )
    run.step = step
    lens.state.runs.record_arrived.emit(run.key)


def keep(lens: Any, run: RunState, *steps: int) -> None:
    store = FlowStore(Path(run.key))
    for step in steps:
        record = make_record(step)
        store.keep(record)
    run.kept = store.steps()
    lens.state.runs.kept_changed.emit(run.key)


def measure(lens: Any, run: RunState, name: str, steps: list[int], values: list[float]) -> None:
    run.series.setdefault(name, Series()).extend(steps, values)
    lens.state.runs.metrics_appended.emit(run.key)


def on(lens: Any) -> set[str]:
    """The jobs that are watched, as the engine was told."""
    watched = {watch.job: watch.on for watch in lens.link.of(Watch)}
    return {job for job, looked_at in watched.items() if looked_at}


def granted(lens: Any, job: str) -> int:
    """How many records may be sent since the last time that the job was looked away from."""
    given = 0
    for told in lens.link.told:
        if isinstance(told, Watch) and told.job == job:
            given = given + told.credits if told.on else 0
        elif isinstance(told, Credit) and told.job == job:
            given += told.n
    return given


def test_it_compares_chosen_runs_or_those_of_a_race(lens: Any) -> None:
    view = VIEW.factory(lens.state, lens.actions)
    assert VIEW.applies(lens.state)  # of one run it says what to do
    assert view.split.isHidden()
    other = add_run(lens, "0002-s")
    lens.state.runs.choose((lens.run.key, other.key))
    assert not view.split.isHidden()
    lens.state.runs.choose(())
    assert view.split.isHidden()
    lens.run.race = other.race = "race-1"
    lens.state.runs.listed.emit()
    assert not view.split.isHidden()
    view.deleteLater()


def test_each_run_is_watched_once_without_layers(lens: Any, runs: Any, window: QWidget) -> None:
    assert on(lens) == {run.job for run in runs}
    assert all(watch.layers == [] for watch in lens.link.of(Watch))
    assert [granted(lens, run.job) for run in runs] == [2, 2, 2]
    before = len(lens.link.of(Watch))
    window.view.panes[0].canvas.zoom(1.5)
    assert len(lens.link.of(Watch)) == before  # a move of the camera asks for nothing


def test_each_record_drawn_returns_one_credit_to_its_own_job(
    lens: Any, runs: Any, window: QWidget
) -> None:
    for step in (1, 2, 3):
        arrive(lens, runs[1], step)
        window.view.panes[1].canvas.grab()
    assert [granted(lens, run.job) for run in runs] == [2, 5, 2]


def test_a_hidden_lens_asks_for_nothing_and_draws_nothing(
    lens: Any, runs: Any, window: QWidget
) -> None:
    window.view.hide()
    assert on(lens) == set()
    told = len(lens.link.told)
    arrive(lens, runs[0], 4)
    assert len(lens.link.told) == told
    assert window.view.panes[0].beside.record is None
    window.view.show()
    assert on(lens) == {run.job for run in runs}


def test_a_minimised_window_is_a_hidden_one(lens: Any, window: QWidget) -> None:
    window.setWindowState(Qt.WindowState.WindowMinimized)
    QApplication.processEvents()
    assert on(lens) == set()


def test_a_run_let_go_is_not_watched_any_more(lens: Any, runs: Any, window: QWidget) -> None:
    lens.state.runs.choose((runs[0].key, runs[1].key))
    QApplication.processEvents()
    assert on(lens) == {runs[0].job, runs[1].job}
    assert window.view.panes[2].isHidden()


def test_moving_one_camera_moves_all_and_a_new_size_none(
    lens: Any, runs: Any, window: QWidget
) -> None:
    panes = window.view.panes
    for run in runs:
        arrive(lens, run, 5)
    panes[1].canvas.zoom(2.0)
    panes[2].canvas.pan(11, -7)

    def seen() -> list[tuple[float, float, float]]:
        cameras = [pane.canvas.camera for pane in panes]
        return [(camera.x, camera.y, camera.scale) for camera in cameras]

    moved = seen()
    for each in moved[1:]:
        assert each == pytest.approx(moved[0], rel=0.01)  # a pane may be a pixel wider
    window.resize(1000, 700)
    QApplication.processEvents()
    for each in seen():
        assert each[:2] == pytest.approx(moved[0][:2])
        assert each[2] == pytest.approx(seen()[0][2], rel=0.05)
    panes[0].canvas.fit()
    for each in seen():
        assert each == pytest.approx(seen()[0], rel=0.01)


def test_a_particle_clicked_in_one_is_shown_in_all(lens: Any, runs: Any, window: QWidget) -> None:
    panes = window.view.panes
    for run in runs:
        arrive(lens, run, 5)
    panes[2].canvas.picked.emit(17)
    assert [pane.canvas.selection for pane in panes] == [17, 17, 17]
    arrive(lens, runs[0], 6)
    assert panes[0].canvas.selection == 17
    panes[0].canvas.picked.emit(-1)
    assert [pane.canvas.selection for pane in panes] == [-1, -1, -1]


def test_a_particle_has_one_colour_everywhere(lens: Any, runs: Any, window: QWidget) -> None:
    """Also where a record does not say where particles started, or says it by latents."""
    panes = window.view.panes
    arrive(lens, runs[1], 50, frames=1)
    arrive(lens, runs[2], 50, frames=1, latents=make_record(0).x[0] * np.float32(3))
    arrive(lens, runs[0], 50)
    inks = [[pane.canvas.ink(i) for i in range(20)] for pane in panes]
    assert inks[0] == inks[1] == inks[2]
    assert len(set(inks[0])) > 5
    arrive(lens, runs[0], 60)
    assert [panes[0].canvas.ink(i) for i in range(20)] == inks[0]


def test_pictures_of_different_steps_come_with_a_warning(
    lens: Any, runs: Any, window: QWidget
) -> None:
    for run in runs:
        arrive(lens, run, 100)
    assert "Steps differ" not in window.view._told.text()
    arrive(lens, runs[1], 144)
    assert window.view._told.text().startswith("Steps differ: 100, 144 and 100. ")
    arrive(lens, runs[0], 145)
    arrive(lens, runs[2], 143)
    assert "Steps differ" not in window.view._told.text()


async def test_the_training_clock_drives_all_by_their_share_of_the_budget(
    lens: Any, runs: Any, window: QWidget, wait: Wait
) -> None:
    keep(lens, runs[0], 10, 50, 90)
    keep(lens, runs[1], 12, 52, 88)
    keep(lens, runs[2], 5, 26, 45)  # half as many steps in all
    lens.state.playback.set(step=50)
    shown = [pane.beside for pane in window.view.panes]
    await wait(lambda: [b.record.step if b.record else 0 for b in shown] == [50, 52, 26])
    assert on(lens) == set()
    lens.state.playback.set(flow=0.25)
    assert [pane.canvas.flow for pane in window.view.panes] == [0.25] * 3
    lens.state.playback.set(step=None)
    assert on(lens) == {run.job for run in runs}


def test_all_share_one_target_also_when_it_changes(lens: Any, runs: Any, window: QWidget) -> None:
    target = np.random.default_rng(3).normal(size=(40, 2)).astype(np.float32)
    runs[0].target = target
    lens.state.runs.changed.emit(runs[0].key)
    panes = window.view.panes
    assert all(np.array_equal(pane.canvas.backdrop.target, target) for pane in panes)


async def test_data_and_sizes_are_asked_for_once(
    lens: Any, runs: Any, window: QWidget, wait: Wait
) -> None:
    await wait(lambda: len(lens.link.of(Validate)) == 3)
    for run in runs:
        lens.state.runs.changed.emit(run.key)
    assert len(lens.link.of(GetTarget)) == 1
    assert len(lens.link.of(Validate)) == 3


def curves(view: CompareView) -> list[Any]:
    view._show_figures()
    return view.chart.card.scene.curves


def test_one_chart_has_the_curves_of_all_and_one_floor(
    lens: Any, runs: Any, window: QWidget
) -> None:
    for place, run in enumerate(runs):
        run.step, run.seconds = 80, 4.0 * (place + 1)
        run.floors = {"sliced-w1": 0.05}
        measure(lens, run, "loss", [1, 2], [3.0, 2.0])
        measure(lens, run, "quality/sliced-w1", [40, 80], [0.9, 0.2 + place / 10])
    found = curves(window.view)
    assert window.view.chart.measure == "quality/sliced-w1"
    assert [curve.title for curve in found] == ["1 r", "2 s", "3 t"]
    assert [curve.floor for curve in found] == [0.05, None, None]
    assert len({curve.ink for curve in found}) == 3
    window.view.chart.set_axis("seconds")
    assert [curve.steps[-1] for curve in curves(window.view)] == [4.0, 8.0, 12.0]
    assert window.view.chart.card.scene.span == (0.0, 12.0)


def test_of_other_data_each_floor_is_said_with_its_run(
    lens: Any, runs: Any, window: QWidget
) -> None:
    """The word of one floor lay on the band of the other, which had none."""
    for place, run in enumerate(runs):
        run.floors = {"sliced-w1": 0.05 + place}
        measure(lens, run, "quality/sliced-w1", [40, 80], [0.9, 0.2])
    known = runs[1].spec
    elsewhere = structs.replace(known, dataset=Pick(slug="project:mine"))
    runs[1].spec = elsewhere
    found = curves(window.view)
    assert [curve.floor for curve in found] == [0.05, 1.05, None]
    assert [curve.title.replace("\u00a0", " ") for curve in found] == [
        "1 r floor 0.05", "2 s floor 1.05", "3 t"
    ]  # fmt: skip
    assert not any(curve.said for curve in found)


def test_the_first_quality_takes_over_unless_another_measure_was_chosen(
    lens: Any, runs: Any, window: QWidget
) -> None:
    chart = window.view.chart
    measure(lens, runs[0], "loss", [1, 2], [3.0, 2.0])
    curves(window.view)
    assert chart.measure == "loss"
    measure(lens, runs[0], "quality/mmd", [2], [0.5])
    curves(window.view)
    assert chart.measure == "quality/mmd"
    chart._measured(1)
    measure(lens, runs[0], "quality/mmd", [4], [0.4])
    curves(window.view)
    assert chart.measure == "loss"


def test_a_click_in_the_chart_seeks_the_kept_step_there(
    lens: Any, runs: Any, window: QWidget
) -> None:
    keep(lens, runs[0], 10, 50, 90)
    runs[0].step, runs[0].seconds = 90, 9.0
    measure(lens, runs[0], "loss", [1, 90], [3.0, 2.0])
    curves(window.view)
    window.view.chart.set_axis("seconds")
    window.view.chart.card.chosen.emit(5.4)  # after 54 of its steps
    assert lens.state.playback.step == 50


def cells(view: CompareView) -> dict[str, tuple[str, ...]]:
    view._show_figures()
    return dict(view.finals.lines)


def told(view: CompareView) -> str:
    return " | ".join(each.text() for each in view.finals.findChildren(QLabel))


def test_the_table_says_what_each_came_to_and_what_it_took(
    lens: Any, runs: Any, window: QWidget
) -> None:
    for place, run in enumerate(runs):
        run.step, run.seconds, run.parameters = 80 + place, 4.0, 33_538
        run.floors = {"mmd": 0.05}
        measure(lens, run, "quality/mmd", [40], [0.3 - place / 10])
        measure(lens, run, "cost/nfe", [40], [35.0])
    found = cells(window.view)
    assert found["Mmd"] == ("0.3", "0.2", "0.1")
    assert found["Steps done"] == ("80", "81", "82")
    assert not {"Time", "Parameters", "Evaluations"} & found.keys()  # they are all the same
    runs[1].parameters = 1_200_000
    measure(lens, runs[1], "cost/nfe", [41], [1.0])
    found = cells(window.view)
    assert found["Parameters"] == ("33.5 k", "1.2 M", "33.5 k")
    assert found["Evaluations"] == ("35 a sample", "1 a sample", "35 a sample")
    caption = window.view.finals._caption
    assert caption.text().startswith("Floor 0.05 (data")
    runs[0].floors["spread/mmd"] = 0.0213
    measure(lens, runs[2], "quality/mmd", [80], [float("nan")])
    assert cells(window.view)["Mmd"] == ("0.3", "0.2", "not finite")
    assert caption.text().startswith("Floor 0.05 ±\u00a00.02 (data")


def test_each_is_judged_by_itself_and_nobody_is_ranked(
    lens: Any, runs: Any, window: QWidget
) -> None:
    for place, run in enumerate(runs):
        run.floors = {"mmd": 0.05, "spread/mmd": 0.03}
        measure(lens, run, "quality/mmd", [40], [0.1 + 0.1 * place])
    cells(window.view)
    assert "within the noise floor" in told(window.view)
    assert "6 × the floor" in told(window.view)


def test_a_floor_is_said_and_drawn_for_each_number_of_samples(
    lens: Any, runs: Any, window: QWidget
) -> None:
    for run, n, floor in zip(runs, (2000, 250, 2000), (0.05, 0.3, 0.05), strict=True):
        run.floors = {"mmd": floor, "spread/mmd": 0.01}
        measure(lens, run, "cost/samples", [40], [float(n)])
        measure(lens, run, "quality/mmd", [40], [0.31])
    found = [value.replace("\u00a0", " ") for value in cells(window.view)["Mmd"]]
    assert found == ["0.31 (n = 2,000)", "0.31 (n = 250)", "0.31 (n = 2,000)"]
    caption = window.view.finals._caption.text().replace("\u00a0", " ")
    assert caption.startswith("Floor 0.05 ± 0.01 at n = 2,000 and 0.3 ± 0.01 at n = 250 (data")
    curves = window.view.chart.card.scene.curves
    assert [curve.floor for curve in curves] == [0.05, 0.3, None]
    # The chart says it, too: values of different n beside each other say nothing.
    ends = [curve.title.replace("\u00a0", " ").rpartition("n = ")[2] for curve in curves]
    assert ends == ["2,000", "250", "2,000"]
    measure(lens, runs[1], "cost/samples", [50], [2000.0])
    measure(lens, runs[1], "quality/mmd", [50], [0.06])
    window.view.refresh()
    assert not any("n\u00a0=" in curve.title for curve in window.view.chart.card.scene.curves)


def test_settings_that_differ_stand_beside_each_other(
    lens: Any, runs: Any, window: QWidget
) -> None:
    spec = runs[1].spec
    runs[1].spec = structs.replace(spec, family=Pick(slug="gan"))
    window.view.refresh()
    assert cells(window.view)["Model"] == ("EDM", "gan", "EDM")


def test_nobody_wins_by_a_loss(lens: Any, runs: Any, window: QWidget) -> None:
    for place, run in enumerate(runs):
        measure(lens, run, "loss", [1], [float(place)])
    assert cells(window.view)["Loss"] == ("0", "1", "2")
    assert "Verdict" not in told(window.view)


@pytest.mark.parametrize(
    ("count", "width", "height", "columns"),
    [
        (2, 900, 400, 2),
        (2, 400, 900, 1),
        (4, 740, 290, 4),
        (4, 1000, 800, 2),
        (3, 1200, 420, 3),
        (7, 660, 255, 4),
        (7, 660, 150, 7),
    ],
)
def test_panes_are_laid_out_for_the_largest_squares(
    count: int, width: int, height: int, columns: int
) -> None:
    assert columns_for(count, width, height) == columns


def test_all_canvases_go_into_one_picture(
    lens: Any, runs: Any, window: QWidget, tmp_path: Path
) -> None:
    for run in runs:
        arrive(lens, run, 5)
    picture = window.view.export_picture()
    panes = window.view.panes
    assert picture.size.width() == sum(pane.canvas.width() for pane in panes)
    for suffix in (".png", ".svg"):
        file = tmp_path / f"compare{suffix}"
        write_picture(picture, file)
        assert file.stat().st_size > 1000


def test_with_nothing_to_compare_it_says_how_to_begin(
    lens: Any, runs: Any, window: QWidget
) -> None:
    lens.state.runs.choose(())
    QApplication.processEvents()
    assert window.view.split.isHidden()
    empty = window.view.empty
    assert "Ctrl" in empty.accessibleName()
    assert on(lens) == set()
    assert empty._button.text() == "Compare with 3 t", "the newest on the same data"
    empty._button.click()
    assert lens.state.runs.chosen == (lens.run.key, runs[2].key)
    for run in runs[1:]:
        del lens.state.runs.by_key[run.key]
    lens.state.runs.choose(())
    assert empty._button.text() == "Set up another run"


def test_a_run_that_waits_is_offered_after_those_that_have_learned(lens: Any, runs: Any) -> None:
    for run, step in zip(runs, (9, 4, 0), strict=True):
        run.step = step
    assert run_comparison.rival(lens.state.runs) is runs[1], "3 t has learned nothing yet"
    runs[1].step = 0
    assert run_comparison.rival(lens.state.runs) is runs[2]


def test_badges_have_the_numbers_of_their_runs(lens: Any, runs: Any, window: QWidget) -> None:
    """They counted anew, so that run 2 was called 1."""
    lens.state.runs.select(runs[1].key)
    lens.state.runs.choose((runs[1].key, runs[2].key))
    said = [pane.badge.said for pane in window.view.panes if not pane.isHidden()]
    assert said == ["2", "3"]
    found = window.view.finals.findChildren(Badge)[-2:]  # those before go with the next event
    assert [badge.said for badge in found] == ["2", "3"]
    assert [badge.place for badge in found] == [0, 1], "their colours are those of the curves"
    assert found[0].accessibleName() == "Number 2"


def test_of_what_lies_in_no_plane_no_axes_are_drawn_before_it_comes(
    lens: Any, runs: Any, window: QWidget
) -> None:
    pane = window.view.panes[1]
    lens.state.catalog.entries.append(
        EntrySpec(
            kind="dataset", slug="two-moons", title="Digits", summary="", source="", fields=[],
            kinds=["images"],
        )
    )  # fmt: skip
    pane.beside._record = None
    runs[1].state, runs[1].live = "queued", None
    pane.tell()
    assert not pane.canvas.isVisible()
    assert pane._stack.currentWidget().text() == "Waiting in the queue"


def test_images_are_compared_as_images(lens: Any, runs: Any, window: QWidget) -> None:
    lens.state.catalog.entries.append(
        EntrySpec(
            kind="dataset", slug="two-moons", title="Digits", summary="", source="", fields=[],
            kinds=["images"],
        )
    )  # fmt: skip
    rng = np.random.default_rng(0)
    for run in runs:
        t = np.array([0, 1], dtype=np.float32)
        x = rng.random((2, 50, 1, 8, 8)).astype(np.float32)
        run.live = FlowRecord.from_arrays(5, t, x)
        lens.state.runs.record_arrived.emit(run.key)
    panes = window.view.panes
    assert all(pane.grid.isVisible() and pane.grid.count == 36 for pane in panes)
    assert [granted(lens, run.job) for run in runs] == [3, 3, 3]
    panes[1].grid.picked.emit(4)
    assert [pane.grid.selection for pane in panes] == [4, 4, 4]
    QTest.keyClick(panes[0].grid, Qt.Key.Key_Escape)
    assert [pane.grid.selection for pane in panes] == [-1, -1, -1]
    assert lens.state.runs.chosen, "first a picture is let go of"
    first = panes[0].grid.grab().toImage()
    lens.state.playback.set(flow=0.0)
    assert panes[0].grid.grab().toImage() != first
    runs[1].live = FlowRecord.from_arrays(6, t, x[:, :9])
    lens.state.runs.record_arrived.emit(runs[1].key)
    assert [pane.grid.count for pane in panes] == [9, 9, 9], "as many as each of them has"
    wanted: list[str] = []
    lens.state.window.show_lens.connect(wanted.append)
    at = panes[1].grid.area(4).center().toPoint()
    QTest.mouseDClick(panes[1].grid.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert lens.state.runs.selection == runs[1].key, "alone"
    assert not lens.state.runs.chosen
    lens.state.runs.choose(tuple(run.key for run in runs))
    QTest.keyClick(panes[0].grid, Qt.Key.Key_Escape)
    assert not lens.state.runs.chosen
    assert len(wanted) == 2


def test_what_is_measured_is_read_whole_where_there_is_room(
    lens: Any, runs: Any, window: QWidget
) -> None:
    """ "Fréchet dist…" stood beside 300 empty pixels."""
    measure(lens, runs[0], "quality/frechet-judge", [1], [0.3])
    window.resize(1100, 700)
    chart = window.view.chart
    chart.show_runs(runs)
    chart.resize(660, 300)
    QApplication.processEvents()
    choice = chart._choice
    assert choice.width() >= choice.fontMetrics().horizontalAdvance(choice.currentText()) + 40


def test_a_pane_says_of_which_step_its_picture_is(lens: Any, runs: Any, window: QWidget) -> None:
    arrive(lens, runs[1], 7)
    runs[1].step = 756
    lens.state.runs.progressed.emit(runs[1].key)
    pane = window.view.panes[1]
    pane.tell()
    assert pane._step.text() == "step 7"
    assert "training step 7." in pane.canvas.accessibleDescription()


def test_a_pane_is_called_by_what_tells_it_from_those_beside_it(
    lens: Any, runs: Any, window: QWidget
) -> None:
    """Of seven runs of a race on the same data all that was seen were the data."""
    for run, name in zip(runs, ("edm", "vae", "normalising-flow"), strict=True):
        run.name = f"{run.name[:4]}-{name}-eight-gaussians"
    lens.state.runs.changed.emit(runs[0].key)
    names = [pane._name.accessibleName() for pane in window.view.panes]
    numbers = [str(int(run.name[:4])) for run in runs]
    assert names == [f"{numbers[0]} edm…", f"{numbers[1]} vae…", f"{numbers[2]} normalising-flow…"]
    assert "edm-eight-gaussians" in window.view.panes[0]._name.toolTip()


@pytest.mark.parametrize(("first", "above"), [("consistency-jets", True), ("edm-jets", False)])
def test_a_long_word_of_a_name_stands_below_its_number(
    runs: Any, window: QWidget, first: str, above: bool
) -> None:
    runs[0].name, runs[1].name = f"0001-{first}", "0002-vae-sets"
    window.view.finals.show_runs(runs[:2], "quality/sliced-w2")
    head = window.view.finals._grid.itemAtPosition(0, 1).widget()
    assert isinstance(head.layout(), QVBoxLayout) == above, "beside it there is no room"


def test_fewer_runs_than_before_share_all_of_the_room(runs: Any, window: QWidget) -> None:
    """The column of a third run that is compared no more took its share of the words of the two."""
    finals = window.view.finals
    finals.resize(420, 400)
    for count in (3, 2):
        finals.show_runs(runs[:count], "quality/sliced-w2")
        QApplication.processEvents()
        last = finals._grid.itemAtPosition(0, count).widget()
        right = last.mapTo(finals, last.rect().topRight()).x()
        assert finals.width() - right < 40, count


def test_names_of_the_legend_fit_or_have_an_ellipsis_in_the_middle(
    lens: Any, runs: Any, window: QWidget
) -> None:
    """As wide as at 1280 pixels, where the longest names were cut off."""
    chart = window.view.chart
    for run in runs[:2]:
        run.name = f"{run.name[:4]}-consistency-distillation-of-eight-gaussians"
        measure(lens, run, "quality/sliced-w2", [1, 2, 3], [3.0, 2.0, 1.0])
    chart.setFixedWidth(375)
    chart.show_runs(runs[:2])
    QApplication.processEvents()
    entries = list(chart.card._entries.values())
    assert all("…" in entry.text()[:-1] for entry in entries)
    assert all(entry.width() >= entry.sizeHint().width() for entry in entries)
    taken = sum(entry.sizeHint().width() for entry in entries)
    assert taken + chart.card._log.sizeHint().width() < 375
    # With of how many samples each is the names have less room.
    for run, n in zip(runs[:2], (1000, 125), strict=True):
        measure(lens, run, "cost/samples", [3], [float(n)])
    chart.show_runs(runs[:2])
    QApplication.processEvents()
    entries = list(chart.card._entries.values())
    assert [entry.text().rpartition("=")[2].strip() for entry in entries] == ["1,000", "125"]
    assert all(entry.width() >= entry.sizeHint().width() for entry in entries)


@pytest.mark.parametrize(("width", "beside"), [(661, False), (1100, True)])
def test_in_a_small_window_no_number_is_cut_and_no_run_is_out_of_sight(
    lens: Any, runs: Any, window: QWidget, width: int, beside: bool
) -> None:
    """At 1280 pixels n = 125 was read as n = 12, and the column of the third run was not seen."""
    for run, n in zip(runs, (1000, 125, 187), strict=True):
        measure(lens, run, "quality/sliced-w2", [1, 2, 3], [3.0, 2.0, 1.0])
        measure(lens, run, "cost/samples", [3], [float(n)])
    window.resize(width, 700)
    QApplication.processEvents()
    view = window.view
    view._show_figures()
    QApplication.processEvents()
    chart, finals = view.chart, view.finals
    entries = list(chart.card._entries.values())
    assert [each.text().rpartition("=")[2].strip() for each in entries] == ["1,000", "125", "187"]
    for each in entries:
        assert each.width() >= each.sizeHint().width()
        assert each.mapTo(chart, each.rect().bottomRight()).x() <= chart.width()
    assert (chart.y() == finals.y()) == beside
    room = view.split.widget(1)
    assert (room.verticalScrollBar().maximum() == 0) == beside, "it scrolls where it has to"
    assert finals.geometry().right() <= view.width()
    heads = [finals._grid.itemAtPosition(0, place).widget() for place in (1, 2, 3)]
    assert all(each.mapTo(finals, each.rect().topRight()).x() <= finals.width() for each in heads)


def test_a_baseline_is_called_so_in_the_chart(lens: Any, runs: Any, window: QWidget) -> None:
    beaten = EntrySpec(
        kind="metric", slug="ndcg", title="NDCG", summary="", source="", fields=[],
        better="higher", bar="popularity (POP)",
    )  # fmt: skip
    lens.state.catalog.entries.append(beaten)
    measure(lens, runs[0], "quality/ndcg", [1, 2], [0.3, 0.4])
    runs[0].floors["ndcg"] = 0.1
    window.view.chart.show_runs(runs)
    (curve,) = window.view.chart._curves()
    assert (curve.floor, curve.bar) == (0.1, "baseline")


def test_jets_are_compared_in_planes_as_wide_as_their_cone(
    lens: Any, runs: Any, window: QWidget
) -> None:
    """What any run that learns the same data knows of them holds for all."""
    lens.state.catalog.entries.append(
        EntrySpec(
            kind="dataset", slug="two-moons", title="Jets", summary="", source="", fields=[],
            kinds=["jets"],
        )
    )  # fmt: skip
    runs[2].alike = {"radius": 0.8}
    x = np.zeros((2, 4, 3, 3), np.float32)
    x[..., 0, 0], x[..., 2] = 0.16, np.log1p(100.0)
    mask = np.ones((4, 3), bool)
    for run in runs:
        run.live = FlowRecord.from_arrays(5, np.array([0, 1], np.float32), x, mask=mask)
        lens.state.runs.record_arrived.emit(run.key)
    rect = QRectF(0, 0, 200, 200)
    for pane in window.view.panes:
        assert "Δη 0.160" in pane.grid.tiles.said_at(rect, 0, Frame(rect, 0.8).place(0.16, 0.0))
        assert not pane.grid.tiles.said_at(rect, 0, Frame(rect).place(0.16, 0.0))


def test_what_is_waited_for_is_called_as_its_kind_is(lens):
    lens.run.kept, lens.run.job = [], "j"
    assert waiting(lens.run, kind("graphs")) == "Graphs appear with the first training steps"
