"""Preferences that are more than looks: what trainings may take, and where projects begin."""

import os

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog

from pushforward.studio.app.core import preferences
from pushforward.studio.app.shell.preferences_sheet import PreferencesSheet
from pushforward.studio.home import config_folder, data_folder
from pushforward.studio.protocol import messages as m
from tests.app.test_race import started, two_in_the_tray


@pytest.fixture
def allowed():
    return []


@pytest.fixture
def sheet(qtbot, bench, allowed):
    made = PreferencesSheet(preferences.load(), allowed.append, bench.window)
    made.open()
    return made


def type_into(qtbot, editor, text):
    editor.line.selectAll()
    qtbot.keyClicks(editor.line, text)


def note(sheet, path):
    return sheet._notes[path].text()


async def test_who_asks_for_one_preference_finds_the_keyboard_on_it(bench, wait):
    bench.state.window.show_preference.emit("view_share")
    await wait(lambda: QApplication.focusWidget() is not None)
    await wait(lambda: QApplication.focusWidget().accessibleName().startswith("Live picture"))


async def test_numbers_are_kept_at_once_and_shown_again(qtbot, bench, sheet, allowed):
    for path, text in (("threads", "1"), ("view_share", "12"), ("kept_megabytes", "250")):
        type_into(qtbot, sheet.editors[path], text)
    kept = preferences.load()
    assert (kept.threads, kept.view_share, kept.kept_megabytes) == (1, 12, 250)
    assert allowed[-1] == 0.12
    again = PreferencesSheet(kept, allowed.append, bench.window)
    assert [again.editors[path].line.text() for path in again.editors] == ["1", "12", "250"]
    again.dialog.close()


@pytest.mark.parametrize(
    ("path", "text"),
    [("threads", "-1"), ("threads", "many"), ("view_share", "0"), ("view_share", "51")],
)
async def test_what_cannot_be_is_said_and_not_kept(qtbot, sheet, allowed, path, text):
    before, words = getattr(preferences.load(), path), note(sheet, path)
    type_into(qtbot, sheet.editors[path], text)
    said = [0.05] if text == "51" else []  # the 5 is good by itself
    assert getattr(preferences.load(), path) == (5 if said else before)
    assert allowed == said
    assert note(sheet, path).endswith("Not changed.")
    assert sheet.editors[path].line.invalid
    type_into(qtbot, sheet.editors[path], "1")
    assert note(sheet, path) == words


async def test_the_share_holds_for_what_is_looked_at_now(bench, wait):
    preferences.change(view_share=8)
    await bench.start()
    bench.actions.setup.open_recipe(bench.state.recipes[0])
    await wait(lambda: bench.state.draft.checked)
    bench.actions.training.start()

    def shares():
        return [c.share for c in bench.engine.received if isinstance(c, m.Watch) and c.on]

    await wait(lambda: bench.state.runs.current is not None and shares())
    bench.window.registry.trigger("preferences")
    assert bench.window.findChild(QDialog).isVisible()
    bench.actions.looking.watching.allow(0.02)
    await wait(lambda: shares()[-1] == 0.02)


async def test_a_training_that_does_not_say_has_what_is_preferred(bench, wait):
    preferences.change(threads=1, kept_megabytes=300)
    await bench.start()
    bench.actions.setup.open_recipe(bench.state.recipes[0])
    await wait(lambda: bench.state.draft.checked)
    draft, told = bench.state.draft, []
    asked = {**draft.spec.training, "threads": 2}  # recipes are read once for all tests
    draft.spec = msgspec.structs.replace(draft.spec, training=asked)

    def start(command):
        """Of the settings the fake engine knows a few only."""
        told.append(command.spec.training)
        plain = {k: v for k, v in told[-1].items() if k not in ("threads", "kept_megabytes")}
        spec = msgspec.structs.replace(command.spec, training=plain)
        return bench.engine.jobs.answer(msgspec.structs.replace(command, spec=spec))

    bench.engine.script[m.StartTraining] = start
    bench.actions.training.start()
    await wait(lambda: bench.state.runs.current is not None)
    assert [(each["threads"], each["kept_megabytes"]) for each in told] == [(2, 300)]
    assert "kept_megabytes" not in draft.spec.training
    assert draft.started == draft.spec  # nothing of it is to be kept as a setup


async def test_all_of_a_race_have_what_is_preferred(bench, wait):
    preferences.change(threads=1)
    await two_in_the_tray(bench, wait)
    bench.actions.race.start()
    await wait(lambda: started(bench))
    (command,) = started(bench)
    assert [spec.training["threads"] for spec in command.specs] == [1, 1]


async def test_projects_begin_where_they_are_wanted(qtbot, bench, sheet, tmp_path):
    assert preferences.playground() == data_folder() / "Playground"
    assert sheet.usual.isHidden()
    wanted = tmp_path / "science"
    wanted.mkdir()
    sheet._move(wanted)
    assert preferences.playground() == wanted / "Playground"
    assert str(wanted) in sheet.place.accessibleName()
    assert bench.actions.project.need_project() == wanted / "Playground"
    qtbot.mouseClick(sheet.usual, Qt.MouseButton.LeftButton)
    assert preferences.load().projects == ""
    assert preferences.playground() == data_folder() / "Playground"


async def test_a_folder_that_cannot_be_used_is_refused(sheet, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    sheet._move(tmp_path)
    assert "Nothing can be written" in sheet._where.text()
    assert preferences.load().projects == ""


def test_a_folder_that_has_gone_is_not_begun_in(tmp_path):
    preferences.change(projects=str(tmp_path / "unplugged"))
    assert preferences.playground() == data_folder() / "Playground"


@pytest.mark.parametrize("line", ["threads = -1", "view_share = 0", 'kept_megabytes = "all"'])
def test_a_file_with_numbers_that_cannot_be_does_not_stop_the_start(line):
    config_folder().mkdir(parents=True, exist_ok=True)
    (config_folder() / "preferences.toml").write_text(line)
    assert preferences.load() == preferences.Preferences()
