"""What is said in the place of a picture while a run waits, and where it stands."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from pushforward.studio.app.core.run_summary import RunWords
from pushforward.studio.app.lenses.quality.quality_view import QualityView
from pushforward.studio.app.lenses.watch.particles_view import WatchView
from pushforward.studio.app.lenses.watch.tiles_view import TilesView
from pushforward.studio.app.places.runs.inspector.run_panel import RunPanel
from pushforward.studio.app.places.runs.sidebar.run_list import RunList
from pushforward.studio.protocol.messages import Control, JobInfo
from pushforward.studio.protocol.spec import Pick
from tests.app.lenses.test_compare import add_run, measure


@pytest.fixture(params=[WatchView, QualityView, TilesView])
def view(request: Any, lens: Any) -> Iterator[Any]:
    if request.param is TilesView:
        own = Pick(slug="project:own", config={"kind": "images"})
        lens.run.spec = structs.replace(lens.run.spec, dataset=own)
    made = request.param(lens.state, lens.actions)
    made.resize(900, 600)
    made.show()
    yield made
    made.close()
    made.deleteLater()
    QApplication.sendPostedEvents()


def wait(lens: Any) -> None:
    lens.run.state = "queued"
    lens.state.runs.changed.emit(lens.run.key)


def pause(lens: Any, project: Path) -> None:
    run = str(project / "runs" / "0007-edm")
    lens.state.names[project] = "Rings"
    lens.state.jobs["j7"] = JobInfo(job="j7", kind="training", title="EDM", state="paused", run=run)
    lens.state.queue_changed.emit()


def middle(view: Any) -> None:
    off = view.empty.geometry().center() - view.rect().center()
    assert max(abs(off.x()), abs(off.y())) <= 1


def test_a_run_that_waits_for_a_paused_one_says_for_which_and_leads_on(
    lens: Any, view: Any, qtbot: QtBot, tmp_path: Path
) -> None:
    wait(lens)
    pause(lens, tmp_path / "rings")
    said = "waits for 7 edm, which is paused (project Rings)"
    qtbot.waitUntil(lambda: said in view.empty.accessibleName())
    buttons = {b.text(): b for b in view.empty.findChildren(QPushButton) if b.isVisible()}
    assert list(buttons) == ["Resume it", "Stop and keep"]
    for each in buttons.values():
        qtbot.mouseClick(each, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(lens.link.of(Control)) == 2)
    assert [(c.job, c.action) for c in lens.link.of(Control)] == [
        ("j7", "resume"),
        ("j7", "cancel"),
    ]
    middle(view)
    del lens.state.jobs["j7"]
    lens.state.queue_changed.emit()
    qtbot.waitUntil(lambda: "paused" not in view.empty.accessibleName())
    assert not [b for b in view.empty.findChildren(QPushButton) if b.isVisible()]


def test_what_is_said_stands_in_the_middle(lens: Any, view: Any) -> None:
    assert view.empty.isVisible()
    middle(view)
    view.resize(1100, 500)
    middle(view)


def test_the_line_above_empty_metrics_stays_above(lens: Any) -> None:
    made = QualityView(lens.state, lens.actions)
    made.resize(900, 600)
    made.show()
    made.layout().activate()
    evaluate = next(b for b in made.findChildren(QPushButton) if b.text() == "Evaluate…")
    assert evaluate.y() < 60
    made.close()
    made.deleteLater()


def test_lines_are_painted_anew_once_models_have_titles(lens: Any) -> None:
    """A slug stayed, cut at its end, until something else happened to the run."""
    runs, painted = RunList(lens.state, lens.actions), []
    runs.refresh()
    runs.model.dataChanged.connect(lambda first, *_: painted.append(first.row()))
    lens.state.catalog_changed.emit()
    assert painted
    runs.deleteLater()


def test_lines_on_the_same_data_show_one_metric(lens: Any) -> None:
    """A sliced W1 next to sliced W2s looked like the best."""
    runs, others = RunList(lens.state, lens.actions), []
    for name in ("0002-s", "0003-t"):
        others.append(add_run(lens, name, state="finished"))
        measure(lens, others[-1], "quality/sliced-w2", [100], [0.1])
    lens.run.state = "finished"
    measure(lens, lens.run, "quality/sliced-w1", [100], [0.04])
    runs.refresh()
    assert [runs.words(run.key).note for run in others] == ["0.1", "0.1"]
    assert runs.words(lens.run.key).note == ""
    assert "Sliced W1 0.04" in runs.words(lens.run.key).spoken
    measure(lens, lens.run, "quality/sliced-w2", [100], [0.2])
    assert runs.words(lens.run.key).note == "0.2"
    runs.deleteLater()


def test_the_sidebar_and_the_inspector_say_what_a_run_waits_for(lens: Any, tmp_path: Path) -> None:
    lens.state.project = Path(lens.run.key).parent.parent
    runs, panel = RunList(lens.state, lens.actions), RunPanel(lens.state, lens.actions)
    runs.refresh()
    wait(lens)

    def row() -> RunWords:
        return runs.words(lens.run.key)

    assert "waiting" in row().spoken
    assert panel.state_line.text().startswith("0001-r: waiting")
    pause(lens, tmp_path / "rings")
    assert "waits for 7 edm, which is paused (project Rings)" in row().spoken
    assert row().note == "waits"
    assert "waits for 7 edm, which is paused (project Rings)" in panel.state_line.text()
    runs.deleteLater()
    panel.deleteLater()
