"""The strip by which the lens in front is recorded."""

from pathlib import Path
from typing import Any

from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QWidget

from pushforward.studio.app.shell.record_strip import RecordStrip
from pushforward.studio.formats.video import encoder
from tests.qtloop import until


def strip_of(lens: Any, qtbot: Any) -> tuple[RecordStrip, QLabel]:
    scene = QLabel("1")
    scene.resize(160, 100)
    owner = QWidget()
    strip = RecordStrip(lens.state, lambda: scene)
    strip.setParent(owner)
    for each in (scene, owner):
        qtbot.addWidget(each)
        each.show()
    strip.owner = owner  # else nobody holds it
    return strip, scene


async def test_a_training_is_recorded_until_stop_with_captions(lens, qtbot, tmp_path):
    strip, scene = strip_of(lens, qtbot)
    assert strip.isHidden()
    strip.toggle()
    recording = strip.recording
    assert strip.isVisible()
    await until(lambda: len(recording.shots) > 2)
    assert not lens.state.playback.touring, "a training is followed as it goes"
    strip.caption.setText("A ring first")
    QTest.keyClick(strip.caption, Qt.Key.Key_Return)
    scene.setText("2")
    before = len(recording.shots)
    await until(lambda: len(recording.shots) > before + 2)
    strip.toggle()
    assert strip.isHidden()
    assert recording.shots[0].caption == ""
    assert recording.shots[-1].caption == "A ring first"
    assert recording.shots[0].data != recording.shots[-1].data
    dialog = strip.window().findChild(QFileDialog)
    path = tmp_path / "race.gif"
    dialog.fileSelected.emit(str(path))
    await until(lambda: any(each.level == "good" for each in lens.state.notices.history), 60)
    with Image.open(path) as found:
        assert found.size == (160, 100 + 40 + 44)
    dialog.close()


async def test_finished_runs_are_played_from_the_start_and_the_recording_ends_with_them(
    lens, qtbot
):
    strip, _ = strip_of(lens, qtbot)
    lens.run.job, lens.run.state, lens.run.step = "", "finished", 100
    lens.keep(10, 100)
    strip.start()
    assert lens.state.playback.touring
    lens.state.playback.set(touring=False)  # the training clock is at its end
    await until(lambda: strip.recording is None)
    dialog = strip.window().findChild(QFileDialog)
    assert dialog is not None
    assert Path(dialog.selectedFiles()[0]).name.endswith("-recording.gif") or encoder()
    dialog.close()


async def test_a_recording_can_be_forgotten(lens, qtbot):
    strip, _ = strip_of(lens, qtbot)
    strip.start()
    strip.cancel()
    assert strip.recording is None
    assert strip.isHidden()
    assert strip.window().findChild(QFileDialog) is None
    lens.state.place = "discover"
    strip.start()
    assert strip.recording is None, "no lens is in front"
