"""The window on the fake engine: from the first page to moving particles, and every way out."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, Qt, QUrl
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QTabBar,
    QWidget,
)

from pushforward.studio.app.core import preferences
from pushforward.studio.app.core.notices import Notice
from pushforward.studio.app.places.discover.recipe_card import RecipeCard
from pushforward.studio.app.shell.file_drop import files_of
from pushforward.studio.protocol import messages as m
from pushforward.studio.store.project import Project
from tests.client.fakes.engine import Refusal


def recipe(bench, slug="edm-eight-gaussians"):
    return next(r for r in bench.state.recipes if r.slug == slug)


async def set_up(bench, wait):
    await bench.start()
    bench.actions.setup.open_recipe(recipe(bench))
    await wait(lambda: bench.state.draft.checked)


async def train(bench, wait, steps=50):
    await set_up(bench, wait)
    bench.actions.training.start()
    await wait(lambda: bench.state.runs.current is not None)
    await wait(lambda: bench.state.runs.current.step >= steps)


async def test_escape_ends_a_comparison_wherever_the_keyboard_is(bench, qtbot, wait):
    """From the list of runs, and after a button, it only led back to the panel of the run."""
    await train(bench, wait)
    runs = bench.state.runs
    first = runs.selection
    bench.actions.setup.open_recipe(recipe(bench))
    await wait(lambda: bench.state.draft is not None and bench.state.draft.checked)
    bench.actions.training.start()
    await wait(lambda: runs.selection not in ("", first) and runs.current.step >= 1)
    lenses = bench.window.canvas.lenses
    for view in ("compare/compare", "compare/standings"):
        bench.actions.comparing.show([first, next(key for key in runs.by_key if key != first)])
        lenses.want(view)
        assert len(runs.chosen) == 2
        assert bench.state.looked.thing == "race"
        qtbot.keyClick(bench.window.sidebar, Qt.Key.Key_Escape)
        assert not runs.chosen
        assert lenses.shown == "watch"
        assert bench.state.looked.thing == "run"
    lenses.want("quality")
    qtbot.keyClick(bench.window.sidebar, Qt.Key.Key_Escape)
    assert lenses.shown == "quality", "there is nothing to end"


async def test_the_window_is_built_and_taken_down(bench, wait):
    await bench.start()
    assert bench.state.engine.state == "ready"
    assert bench.window.canvas.pages.currentWidget() is bench.window.canvas.discover
    cards = bench.window.canvas.discover.findChildren(RecipeCard)
    slugs = [recipe.slug for recipe in bench.state.recipes]
    assert {card.recipe.slug for card in cards} == set(slugs)
    assert len(slugs) >= 6


async def test_two_clicks_lead_from_the_first_page_to_moving_particles(bench, qtbot, wait):
    await bench.start()
    card = bench.window.canvas.discover.cards[0]
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    setup = bench.window.inspector.setup
    await wait(setup.train.isEnabled)
    qtbot.mouseClick(setup.train, Qt.MouseButton.LeftButton)
    await wait(lambda: bench.state.runs.current is not None and bench.state.runs.current.live)
    assert bench.state.place == "run"
    assert bench.state.runs.current.live.x.shape[1] > 0
    assert bench.state.project == preferences.playground()


async def test_enter_opens_a_recipe_and_enter_again_starts_it(bench, qtbot, wait):
    await bench.start()
    bench.window.activateWindow()
    qtbot.keyClick(bench.window.canvas.discover.cards[0], Qt.Key.Key_Return)
    button = bench.window.inspector.setup.train
    await wait(lambda: button.isEnabled() and button.hasFocus())
    qtbot.keyClick(button, Qt.Key.Key_Return)
    await wait(lambda: bench.state.runs.current is not None)
    # Space now belongs to the clocks, not to whichever button is next.
    await wait(lambda: not isinstance(bench.window.focusWidget(), QAbstractButton))


async def test_a_double_click_on_a_recipe_starts_at_once(bench, qtbot, wait, monkeypatch):
    monkeypatch.setattr(QApplication, "doubleClickInterval", lambda: 60_000)
    await bench.start()
    card = bench.window.canvas.discover.cards[0]
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    qtbot.mouseDClick(bench.window.canvas.setup, Qt.MouseButton.LeftButton)
    await wait(lambda: bench.state.runs.current is not None)


async def test_arrows_walk_the_recipes(bench, qtbot, wait):
    await bench.start()
    bench.window.activateWindow()
    shelves = bench.window.canvas.discover.shelves
    (first, second, *_), below, *_ = (line for shelf in shelves for line in shelf.grid.lines)
    first.setFocus()
    qtbot.keyClick(first, Qt.Key.Key_Right)
    await wait(second.hasFocus)
    qtbot.keyClick(second, Qt.Key.Key_Down)
    await wait(below[min(1, len(below) - 1)].hasFocus)


def reasons(setup):
    links = [b for b in setup.findChildren(QPushButton) if b.property("kind") == "link"]
    return [b for b in links if b.isVisible()]


async def test_train_says_why_not_and_a_click_leads_to_the_setting(bench, qtbot, wait):
    await set_up(bench, wait)
    bench.window.activateWindow()
    setup = bench.window.inspector.setup
    form = setup.sections[1].form
    line = form.rows["lr"].editor.line
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, "-1")
    assert not setup.train.isEnabled()
    await wait(lambda: reasons(setup))
    assert [b.text() for b in reasons(setup)] == ["Learning rate must be greater than 0"]
    setup.finder.setFocus()
    qtbot.mouseClick(reasons(setup)[0], Qt.MouseButton.LeftButton)
    await wait(line.hasFocus)
    line.selectAll()
    qtbot.keyClicks(line, "0.01")
    await wait(setup.train.isEnabled)
    assert bench.state.draft.spec.family.config["lr"] == 0.01


async def test_what_the_engine_finds_wrong_disables_the_start(bench, wait):
    problem = m.ErrorInfo(kind="data", message="Batch exceeds the data.", path="training.batch")
    bench.script[m.Validate] = lambda command: {"problems": [problem]}
    await set_up(bench, wait)
    setup = bench.window.inspector.setup
    assert not setup.train.isEnabled()
    assert setup.sections[3].form.rows["batch"].problem.text() == "Batch exceeds the data."


async def test_the_setup_shows_the_points_and_the_facts(bench, wait):
    await set_up(bench, wait)
    await wait(lambda: bench.state.draft.points is not None)
    assert "points · 2 columns" in bench.window.canvas.setup.facts.accessibleName()
    assert bench.window.canvas.setup.data.points.accessibleName().endswith("points")


async def test_a_refused_start_is_told_and_changes_nothing(bench, wait):
    def refuse(command):
        raise Refusal("The disk is full.", kind="disk", hint="Make room.")

    bench.script[m.StartTraining] = refuse
    await set_up(bench, wait)
    bench.actions.training.start()
    await wait(lambda: bench.state.notices.banners)
    banner = bench.state.notices.banners[0]
    assert (banner.text, banner.why, banner.todo) == (
        "The run did not start",
        "The disk is full.",
        "Make room.",
    )
    assert bench.state.runs.current is None


async def test_pause_and_resume_from_the_top_bar(bench, qtbot, wait):
    await train(bench, wait)
    top = bench.window.topbar.main
    assert top.text().startswith("Pause")
    qtbot.mouseClick(top, Qt.MouseButton.LeftButton)
    await wait(lambda: bench.state.runs.current.state == "paused")
    assert top.text().startswith("Resume")
    assert bench.window.topbar.stop.isVisible()
    qtbot.mouseClick(top, Qt.MouseButton.LeftButton)
    await wait(lambda: bench.state.runs.current.state == "running")
    assert not bench.window.topbar.stop.isVisible()


async def test_a_paused_training_is_stopped_from_the_top_bar(bench, qtbot, wait):
    """It holds up the queue, and Stop was in a menu only."""
    await train(bench, wait)
    bench.actions.training.pause_or_resume()
    await wait(lambda: bench.window.topbar.stop.isVisible())
    qtbot.mouseClick(bench.window.topbar.stop, Qt.MouseButton.LeftButton)
    await wait(lambda: bench.state.running is None)


async def test_the_inspector_shows_the_frozen_settings_not_the_edited_draft(bench, wait):
    await train(bench, wait)
    run = bench.state.runs.current
    before = run.spec
    entry = bench.state.catalog.get("family", "edm")
    rate = next(f for f in entry.fields if f.path == "lr")
    bench.actions.setup.edit("family", rate, 0.5)
    assert run.spec is before
    assert "lr" not in run.spec.family.config or run.spec.family.config["lr"] != 0.5


async def test_a_dead_engine_is_told_within_two_seconds_with_the_way_to_go_on(bench, wait):
    await train(bench, wait, steps=1200)
    await wait(lambda: bench.state.runs.current.checkpoints)
    bench.engine.end(signal=9)
    await wait(lambda: bench.state.notices.banners, seconds=2.0)
    banner = bench.state.notices.banners[0]
    assert banner.text.endswith("was interrupted")
    assert "SIGKILL" in banner.why
    step = bench.state.runs.current.checkpoints[-1]
    assert banner.actions[0].title == f"Resume from step {step:,}"
    assert bench.state.runs.current.state == "interrupted"
    await wait(lambda: bench.state.engine.state == "ready")
    bench.script[m.ResumeTraining] = lambda command: {
        "job": "1",
        "run": command.run,
        "step": step,
        "skipped": ["step-00001200"],
    }
    bench.engine.script.update(bench.script)
    banner.actions[0].run()
    assert bench.state.notices.banners == [], "the click was seen"
    banner.actions[0].run()  # hastily, twice
    await wait(lambda: any("Resumed" in n.text for n in bench.state.notices.history))
    assert sum(isinstance(c, m.ResumeTraining) for c in bench.engine.received) == 1
    assert not bench.state.starting


async def test_an_idle_engine_that_dies_is_restarted_with_a_passing_word(bench, wait):
    await bench.start()
    bench.engine.end(signal=11)
    await wait(lambda: len(bench.engines) == 2 and bench.state.engine.state == "ready")
    assert bench.state.notices.banners == []
    assert [n.text for n in bench.state.notices.history] == ["The engine was restarted"]


async def test_what_was_measured_as_the_engine_died_is_said_to_be_lost(bench, wait):
    await bench.start()
    info = m.JobInfo(job="7", kind="operator", state="running", title="Guidance: 0001-r")
    bench.engine.emit(m.JobChanged(info=info))
    await wait(lambda: "7" in bench.state.jobs)
    bench.engine.end(signal=9)
    await wait(lambda: len(bench.engines) == 2 and bench.state.engine.state == "ready")
    (said,) = bench.state.notices.history
    assert said.text == "Guidance: 0001-r was lost with the engine"
    assert said.todo == "Nothing of it is kept: start it again."


async def test_closing_without_a_training_needs_no_question(bench, wait):
    await bench.start()
    bench.window.close()
    await wait(bench.studio.closed.is_set)


async def close_and_choose(bench, qtbot, wait, title):
    bench.window.close()
    bench.window.close()  # asking once
    window = bench.window

    def buttons():
        every = window.findChildren(QPushButton)
        return [b for b in every if b.text() == title and b.isVisibleTo(window)]

    await wait(buttons)
    assert len(buttons()) == 1
    qtbot.mouseClick(buttons()[0], Qt.MouseButton.LeftButton)


async def test_cancel_keeps_the_window_and_the_training(bench, qtbot, wait):
    await train(bench, wait)
    await close_and_choose(bench, qtbot, wait, "Cancel")
    assert not bench.studio.closed.is_set()
    step = bench.state.runs.current.step
    await wait(lambda: bench.state.runs.current.step > step)


async def test_checkpoint_and_quit_lets_the_engine_save(bench, qtbot, wait):
    await train(bench, wait)
    await close_and_choose(bench, qtbot, wait, "Checkpoint and quit")
    await wait(bench.studio.closed.is_set)
    assert m.Shutdown(checkpoint=True, id=0) in [
        m.Shutdown(checkpoint=c.checkpoint)
        for c in bench.engine.received
        if isinstance(c, m.Shutdown)
    ]


def asked(bench):
    """What the question before closing says, and what can be answered."""
    bench.window.close()
    question = bench.window.findChildren(QDialog)[-1]
    said = " ".join(label.text() for label in question.findChildren(QLabel))
    return said, [button.text() for button in question.findChildren(QPushButton)]


async def test_what_is_paused_is_not_said_to_train(bench, wait):
    await train(bench, wait)
    bench.actions.training.pause_or_resume()
    await wait(lambda: bench.state.under_way.state == "paused")
    said, answers = asked(bench)
    assert "is paused" in said
    assert "still training" not in said
    assert answers == ["Cancel", "Checkpoint and quit", "Continue in the background"]


async def test_what_would_be_lost_is_named_before_the_window_closes(bench, qtbot, wait):
    await bench.start()
    job = m.JobInfo(job="9", kind="operator", state="running", title="Solver lab: 0001-edm")
    bench.state.jobs["9"] = job
    said, answers = asked(bench)
    assert "Solver lab: 0001-edm is not done" in said
    assert answers == ["Cancel", "Quit"]
    assert not bench.studio.closed.is_set()
    await close_and_choose(bench, qtbot, wait, "Quit")
    await wait(bench.studio.closed.is_set)


async def test_a_training_is_asked_about_with_what_is_done_beside_it(bench, wait):
    await train(bench, wait)
    job = m.JobInfo(job="9", kind="operator", state="running", title="Solver lab: 0001-edm")
    bench.state.jobs["9"] = job
    said, answers = asked(bench)
    assert "still training" in said
    assert "If the studio quits now, these are lost: Solver lab: 0001-edm." in said
    assert answers == ["Cancel", "Checkpoint and quit", "Keep training in the background"]


async def test_keeping_it_in_the_background_stops_here_and_starts_there(
    bench, qtbot, wait, monkeypatch
):
    started = []
    monkeypatch.setattr(
        "pushforward.studio.workflows.background.start", lambda run: started.append(run) or 1
    )
    await train(bench, wait)
    run = bench.state.runs.current.key
    await close_and_choose(bench, qtbot, wait, "Keep training in the background")
    await wait(bench.studio.closed.is_set)
    assert started == [Path(run)]
    stops = [c for c in bench.engine.received if isinstance(c, m.Control)]
    assert [c.action for c in stops] == ["cancel"]


async def test_if_the_background_process_cannot_start_the_window_stays(
    bench, qtbot, wait, monkeypatch
):
    def fail(run):
        raise OSError("no such program")

    monkeypatch.setattr("pushforward.studio.workflows.background.start", fail)
    await train(bench, wait)
    await close_and_choose(bench, qtbot, wait, "Keep training in the background")
    await wait(lambda: bench.state.notices.banners)
    assert bench.state.notices.banners[-1].text == "The studio stays open"
    assert not bench.studio.closed.is_set()
    assert bench.window.isEnabled()


async def test_a_toast_leaves_the_foot_to_a_sheet_that_comes_there(bench, wait):
    from pushforward.studio.app.shell.toasts import Toast

    await train(bench, wait)
    window = bench.window
    window.resize(1440, 900)
    await wait(window.inspector.isVisible)
    bench.state.notices.post(Notice(level="info", text="Anomaly is done"))
    toast = window.findChildren(Toast)[-1]
    assert toast.parentWidget() is window.inspector
    window._show_export()
    assert toast.parentWidget() is not window.inspector
    window._export.hide()
    assert toast.parentWidget() is window.inspector


async def test_a_toast_has_its_undo_and_goes_away(bench, qtbot, wait):
    from pushforward.studio.app.core.notices import NoticeAction
    from pushforward.studio.app.shell.toasts import Toast

    await bench.start()
    undone = []
    undo = NoticeAction("Undo", lambda: undone.append(True))
    bench.state.notices.post(Notice(level="info", text="0003 is deleted", actions=(undo,)))
    toast = bench.window.findChildren(Toast)[-1]
    button = next(b for b in toast.findChildren(QPushButton) if b.text() == "Undo")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert undone == [True]
    assert toast.isHidden()


async def test_what_is_dropped_is_inspected_and_a_project_opened(bench, wait, tmp_path):
    found = {"format": "csv", "items": [], "bytes": 10, "problems": []}
    asked = []
    bench.script[m.InspectData] = lambda command: asked.append(command.files) or found
    await bench.start()
    seen = []
    bench.state.inspected.disconnect(bench.window.imports.found)
    bench.state.inspected.connect(lambda files, what: seen.append((files, what)))
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile("/data/points.csv"), QUrl("https://example.org/x")])
    assert files_of(data) == [Path("/data/points.csv")]
    bench.window.drop.take(files_of(data))
    await wait(lambda: seen)
    assert asked == [["/data/points.csv"]]
    bench.window.drop.take([Path("/data/a.csv"), Path("/data/b.csv")])
    await wait(lambda: len(seen) == 2)
    assert asked[1] == ["/data/a.csv", "/data/b.csv"]
    (tmp_path / "ml-tiny").mkdir()
    bench.window.drop.take([tmp_path / "ml-tiny"])  # no project, so it is taken as data
    await wait(lambda: len(seen) == 3)
    assert asked[2] == [str(tmp_path / "ml-tiny")]
    Project.create(tmp_path / "mine", "mine")
    bench.window.drop.take([tmp_path / "mine"])
    await wait(lambda: bench.state.project == tmp_path / "mine")
    assert len(asked) == 3


async def test_copy_as_command_puts_the_command_on_the_clipboard(bench, qapp, wait):
    await train(bench, wait)
    bench.window.registry.trigger("copy-command")
    text = qapp.clipboard().text()
    assert text.startswith("pushforward run edm@eight-gaussians --set name=")


@pytest.mark.parametrize("suffix", ["png", "svg"])
async def test_the_lens_on_the_canvas_goes_to_a_picture(bench, wait, tmp_path, suffix):
    from PySide6.QtWidgets import QFileDialog

    await train(bench, wait)
    assert bench.window.registry.trigger("export-picture")
    dialog = bench.window.findChild(QFileDialog)
    file = tmp_path / f"flow.{suffix}"
    dialog.fileSelected.emit(str(file))
    dialog.close()
    await wait(lambda: file.exists() and file.stat().st_size > 500)


async def test_curves_go_to_a_file(bench, wait, tmp_path):
    from PySide6.QtWidgets import QFileDialog

    await train(bench, wait)
    await wait(lambda: bench.state.runs.current.series)
    assert bench.window.registry.trigger("export-curves")
    dialog = bench.window.findChild(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "curves.csv"))
    dialog.close()
    await wait(lambda: (tmp_path / "curves.csv").exists())
    assert (tmp_path / "curves.csv").read_text().startswith("step")


async def test_space_presses_a_focused_button_and_else_holds_the_training(bench, qtbot, wait):
    await train(bench, wait)
    bench.window.activateWindow()
    bench.window.canvas.setFocus()
    qtbot.keyClick(bench.window, Qt.Key.Key_Space)
    await wait(lambda: bench.state.runs.current.state == "paused")
    copy = bench.window.topbar.copy
    copy.setFocus()
    await wait(copy.hasFocus)
    qtbot.keyClick(copy, Qt.Key.Key_Space)
    assert any(n.text == "Copied" for n in bench.state.notices.history)
    assert bench.state.runs.current.state == "paused"


@pytest.mark.parametrize("place", ["discover", "setup", "run"])
async def test_every_control_has_a_name(bench, wait, place):
    await (train(bench, wait) if place == "run" else set_up(bench, wait))
    bench.state.go(place)
    kinds = (QAbstractButton, QLineEdit, QComboBox, QAbstractItemView, QTabBar)
    nameless = [
        f"{type(w).__name__} in {type(w.parent()).__name__}"
        for w in bench.window.findChildren(QWidget)
        if isinstance(w, kinds)
        and w.isVisible()
        and not w.accessibleName()
        and not (isinstance(w, QAbstractButton) and w.text())
        and not isinstance(w.parent(), QTabBar | QLineEdit | QComboBox)
    ]
    assert nameless == []


@pytest.mark.parametrize("place", ["discover", "setup"])
async def test_tab_reaches_every_control(bench, qtbot, wait, place):
    await set_up(bench, wait)
    bench.state.go(place)
    bench.window.activateWindow()
    reached = set()
    bench.window.topbar.search.setFocus()
    for _ in range(600):
        each = QApplication.focusWidget()
        if each in reached:
            break
        reached.add(each)
        qtbot.keyClick(each, Qt.Key.Key_Tab)
    # Of a group of segments the chosen one is a stop as soon as the keyboard was in it.
    wanted = {
        w
        for w in bench.window.findChildren(QWidget)
        if isinstance(w, QAbstractButton | QLineEdit | QComboBox)
        and w.isVisible()
        and w.isEnabled()
        and w.focusPolicy() & Qt.FocusPolicy.TabFocus
    }
    assert [each.text() for each in wanted - reached] == []
    assert len(wanted) > 8


async def test_the_layout_is_kept_and_restored(bench, wait):
    from pushforward.studio.app.core import preferences

    await bench.start()
    bench.window.resize(1111, 777)
    bench.window.save_layout()
    kept = preferences.load()
    assert (kept.layout["width"], kept.layout["height"]) == (1111, 777)


def test_the_application_starts_without_torch_pyqtgraph_and_h5py(tmp_path):
    code = (
        "import sys\n"
        "from pushforward.studio.app.core import preferences\n"
        "from pushforward.studio.app.shell.main import make_application\n"
        "from pushforward.studio.app.shell.studio import Studio\n"
        "app = make_application([], preferences.load())\n"
        "from tests.client.fakes.engine import FakeEngine\n"
        "studio = Studio(preferences.load(), FakeEngine)\n"
        "studio.show(); app.processEvents()\n"
        "loaded = {'torch', 'pyqtgraph', 'h5py', 'scipy'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
        "studio.window.load_lenses()\n"
        "heavy = {'torch', 'pushforward.models', 'pushforward.studio.engine'}\n"
        "assert not heavy & set(sys.modules)\n"
        "import locale; assert locale.localeconv()['decimal_point'] == '.'\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_calls_into_qt_do_not_eat_references_to_none(qtbot):
    # PySide6 6.12.0 on CPython 3.11 loses one at each call and aborts after thousands.
    widget = QWidget()
    qtbot.addWidget(widget)
    before = sys.getrefcount(None)
    for _ in range(1000):
        widget.update()
    assert sys.getrefcount(None) > before - 200


async def test_diagnostics_are_written_where_the_sheet_says_and_the_toast_leads_there(
    bench, wait, tmp_path, monkeypatch
):
    from pushforward.studio.app.core import file_manager
    from pushforward.studio.app.shell import diagnostics_sheet

    opened = []
    monkeypatch.setattr(file_manager.QDesktopServices, "openUrl", opened.append)
    await bench.start()
    assert bench.window.registry.trigger("diagnostics")
    [sheet] = bench.window.findChildren(diagnostics_sheet.DiagnosticsSheet)
    sheet._chosen(str(tmp_path / "out.zip"))
    assert str(tmp_path) in sheet.where.toolTip() + sheet.where.text()
    sheet.write.click()
    await wait(lambda: any("out.zip" in n.text for n in bench.state.notices.history))
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        report = json.loads(archive.read("report.json"))
    assert report["qt"]["version"]
    assert report["engine"]["state"] == "ready"
    assert report["devices"]
    bench.follow_notice()
    assert opened[0].toLocalFile() == str(tmp_path)


async def test_diagnostics_that_cannot_be_written_are_told_of(bench, wait, tmp_path):
    from pushforward.studio.app.shell import diagnostics_sheet

    await bench.start()
    (tmp_path / "file").write_text("x")
    await diagnostics_sheet._write(bench.state, tmp_path / "file" / "out.zip")
    assert bench.state.notices.history[-1].text == "Diagnostics not saved"


class Painted(QObject):
    """Remembers how wide a widget was each time it was painted."""

    def __init__(self) -> None:
        super().__init__()
        self.widths: list[int] = []

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            self.widths.append(watched.width())
        return False


async def test_a_page_is_painted_once_it_is_laid_out(bench, wait):
    """The page of data was seen as narrow as beside the inspector, which had gone already."""
    await set_up(bench, wait)
    canvas, painted = bench.window.canvas, Painted()
    await wait(lambda: bench.window.inspector.isVisible() and canvas.updatesEnabled())
    narrow = canvas.width()
    canvas.installEventFilter(painted)
    bench.state.go("data")
    canvas.repaint()
    assert painted.widths == []
    await wait(lambda: painted.widths)
    assert narrow not in painted.widths
    canvas.removeEventFilter(painted)
