"""What people do, from the first click to the file they take away."""

import asyncio
import csv
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QPushButton

from pushforward.studio.app.charts.particle_canvas import ParticleCanvas
from pushforward.studio.app.core.export_rows import Taking
from pushforward.studio.app.core.runs import FlowRecord
from pushforward.studio.app.labs.bound_lab import BoundView
from pushforward.studio.app.places.data.import_dialog import ImportDialog
from pushforward.studio.app.shell.time_bar import TimeBar
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder
from tests.e2e.conftest import Person
from tests.qtloop import until

PAINTS = ("offscreen", pytest.param("xcb", marks=pytest.mark.xvfb))


def positions(record: FlowRecord | None) -> Any:
    assert record is not None
    return record.x[-1]


@pytest.mark.parametrize("platform", PAINTS)
async def test_from_the_first_page_to_moving_particles_and_away(
    person: Person, platform: str, tmp_path: Path
) -> None:
    # Of 3 % of the time a second live record is paid for when a quick training is over.
    person.studio.actions.looking.watching.allow(0.5)
    await person.open()
    run = await person.train("edm-eight-gaussians", steps=1500)

    # Particles move while it trains.
    await until(lambda: run.live is not None, 20)
    first, seen = positions(run.live).copy(), run.live.step
    await until(lambda: run.live is not None and run.live.step > seen, 60)
    await until(lambda: len(run.kept) >= 3, 60)
    assert np.abs(positions(run.live)[: len(first)] - first[: len(positions(run.live))]).max() > 0
    canvas = person.window.canvas.findChild(ParticleCanvas)
    assert canvas is not None
    assert canvas.isVisible()

    # Pause: the step stands still, and can be looked at from both clocks.
    person.studio.actions.training.pause_or_resume()
    await until(lambda: run.state == "paused", 10)
    stood = run.step
    bar = person.window.findChild(TimeBar)
    assert bar is not None
    bar.step_training(-1)
    assert person.state.playback.step in run.kept
    person.state.playback.set(flow=0.25)
    assert run.step == stood
    bar.go_live()
    assert person.state.playback.live
    person.studio.actions.training.pause_or_resume()

    # To the end, with its quality beside the floor.
    await until(lambda: run.state == "finished", 90)
    assert run.step == 1500
    assert len(run.series["loss"]) > 0
    assert "quality/sliced-w2" in run.series
    assert run.floors["sliced-w2"] > 0
    lenses = person.window.canvas.lenses
    for _ in range(lenses.tabs.count()):
        lenses.turn(1)
        await asyncio.sleep(0.2)
        person.look(f"finished-{lenses.tabs.tabText(lenses.tabs.currentIndex())}")

    # A lab shows a preview by itself, and the whole result on More.
    person.state.window.show_lens.emit("quality/bound")
    await until(lambda: person.window.findChild(BoundView) is not None, 10)
    lab = person.window.findChild(BoundView)
    await until(lambda: lab.filled, 20)
    assert lab.status.mark.text() == "Preview, n = 64"
    assert lab.finding.step == 1500
    assert run.results == [], "a preview is not stored"
    person.look("lab-preview")
    person.click(lab.more)
    await until(lambda: not lab.is_preview, 60)
    assert lab.config["rows"] == 1000
    assert [name.partition("-")[2] for name in run.results] == ["bound"]

    # And away, to a file that other programs read.
    file = tmp_path / "samples.csv"
    taking = Taking(run=run.key, taken="new", count=300)
    await person.studio.actions.export.rows(taking, str(file), overwrite=False)
    await until(file.exists, 20)
    rows = list(csv.reader(file.read_text().splitlines()))
    assert rows[0] == ["x", "y"]
    assert len(rows) == 301
    radius = np.hypot(*np.array(rows[1:], dtype=float).T)
    assert abs(np.median(radius) - 1.3) < 0.4


async def test_a_killed_engine_is_told_and_the_run_goes_on(person: Person) -> None:
    await person.open()
    run = await person.train(
        "gan-ring-of-five", steps=500, checkpoint_steps=100, particles=128, evaluate_samples=200
    )
    await until(lambda: bool(run.checkpoints) and run.step > 150, 60)
    saved = max(run.checkpoints)
    person.engine().kill()
    await until(lambda: any("interrupted" in n.text for n in person.state.notices.history), 2)
    notice = next(n for n in person.state.notices.history if "interrupted" in n.text)
    assert "SIGKILL" in notice.why
    resume = next(action for action in notice.actions if "Resume" in action.title)
    resume.run()
    await until(lambda: run.state == "running" and run.step >= saved, 40)
    await until(lambda: not person.state.notices.banners, 20)
    await until(lambda: run.state == "finished", 90)
    steps = run.series["loss"].steps
    assert (np.diff(steps) > 0).all()


async def test_a_file_dropped_on_the_window_can_be_trained_on(
    person: Person, tmp_path: Path
) -> None:
    file = tmp_path / "ring.csv"
    angle = np.random.default_rng(0).uniform(0, 2 * np.pi, 500)
    table = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    np.savetxt(file, table, delimiter=",", header="east,north", comments="")
    await person.open()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    drop = QDropEvent(
        QPointF(300, 300),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    person.window.dropEvent(drop)
    await until(lambda: person.window.findChild(ImportDialog) is not None, 10)
    dialog = person.window.findChild(ImportDialog)
    assert dialog is not None
    name = dialog.findChild(QLineEdit)
    assert name is not None
    assert name.text() == "ring"
    take = next(b for b in dialog.findChildren(QPushButton) if b.text().startswith("Import"))
    person.click(take)
    await until(lambda: any(d.name == "ring" for d in person.state.datasets), 20)
    assert person.state.project is not None
    folder = Project.open(person.state.project).dataset("ring")
    assert np.abs(folder.read() - table).max() < 1e-6


async def test_closing_while_training_goes_on_in_the_background(person: Person) -> None:
    await person.open()
    run = await person.train("gan-ring-of-five", steps=3000, checkpoint_seconds=2.0)
    await until(lambda: run.step > 100, 60)
    person.window.close()
    await until(lambda: person.window.findChild(QDialog) is not None)
    dialog = next(d for d in person.window.findChildren(QDialog) if d.isVisible())
    keep = next(b for b in dialog.findChildren(QPushButton) if "background" in b.text().lower())
    person.click(keep)
    await person.leave()
    folder = RunFolder(Path(run.key))
    try:
        await until(lambda: folder.alive() and folder.status().background, 30)
        step = folder.status().step
        await until(lambda: folder.status().step > step, 60)
    finally:
        status = folder.status()
        if folder.alive():
            psutil.Process(status.pid).kill()
