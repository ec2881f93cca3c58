"""Names, notes, tags and baselines: given in the list or by a command, written, taken back."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit

from pushforward.studio.app.core.run_labels import parsed_tags
from pushforward.studio.app.engine.requests import project_files
from pushforward.studio.app.shell.menus import takes_key
from pushforward.studio.protocol.label import Label
from pushforward.studio.protocol.messages import ErrorInfo
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder, RunRecord

RING, EIGHT = (
    RunSpec(name="edm", family=Pick(slug="edm"), dataset=Pick(slug=slug))
    for slug in ("ring-of-five", "eight-gaussians")
)


@pytest.fixture
def project(tmp_path):
    """Two runs on one data set, and one on another."""
    made = Project.create(tmp_path / "p", "p")
    for spec in (RING, RING, EIGHT):
        made.new_run(RunRecord(spec=spec)).update_status(state="finished", step=9, total=9)
    return made


async def opened(bench, project):
    await bench.start()
    await bench.actions.project.show(project.path)
    return [bench.state.runs.by_key[str(run.path)] for run in project.runs()]


def written(run):
    return RunFolder(project_files.Path(run.key)).label()


async def test_f2_renames_in_place_and_the_toast_takes_it_back(bench, qtbot, wait, project):
    first, *_ = await opened(bench, project)
    lines = bench.window.sidebar.runs
    bench.actions.runs.select(first.key)
    lines.tree.setFocus()
    qtbot.keyClick(lines.tree, Qt.Key.Key_F2)
    line = lines.tree.viewport().findChild(QLineEdit)
    assert line.text() == "edm"
    qtbot.keyClicks(line, "The best")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    await wait(lambda: written(first).name == "The best")
    assert lines.words(first.key).text == "1 The best"
    assert bench.window.topbar._path._whole.endswith("1 The best")
    bench.follow_notice()
    await wait(lambda: written(first) == Label())
    assert lines.words(first.key).text == "1 edm"


async def test_a_name_that_is_the_usual_one_is_none(bench, wait, project):
    first, *_ = await opened(bench, project)
    bench.actions.labels.rename(first.key, "another")
    bench.actions.labels.rename(first.key, " edm ")
    await wait(lambda: written(first) == first.label == Label())


async def test_letters_ask_for_tags_and_notes(bench, qtbot, wait, project):
    first, *_ = await opened(bench, project)
    tree = bench.window.sidebar.runs.tree
    bench.actions.runs.select(first.key)
    for key, said in ((Qt.Key.Key_T, "paper, one step,"), (Qt.Key.Key_N, "of table 2")):
        tree.setFocus()
        qtbot.keyClick(tree, key)
        dialog = next(d for d in bench.window.findChildren(QDialog) if d.isVisible())
        dialog.findChild(QLineEdit).setText(said)
        dialog.accept()
        await wait(lambda dialog=dialog: first.label != Label())
    await wait(lambda: written(first) == Label(note="of table 2", tags=("paper", "one step")))
    assert bench.window.inspector.run.said.text() == "paper, one step · of table 2"
    assert "paper, one step, of table 2" in bench.window.sidebar.runs.words(first.key).spoken


async def test_each_data_set_has_one_baseline(bench, qtbot, wait, project):
    first, second, other = await opened(bench, project)
    for run in (first, other):
        bench.actions.labels.pin(run.key)
    tree = bench.window.sidebar.runs.tree
    bench.actions.runs.select(second.key)
    tree.setFocus()
    qtbot.keyClick(tree, Qt.Key.Key_B)
    assert [run.label.baseline for run in (first, second, other)] == [False, True, True]
    await wait(lambda: written(second).baseline and not written(first).baseline)
    assert bench.window.sidebar.runs.words(second.key).text == "2 edm · baseline"
    bench.window.registry.trigger("pin-baseline")
    assert [run.label.baseline for run in (first, second, other)] == [False, False, True]


async def test_what_the_disk_refuses_is_as_before_and_said(bench, wait, project, monkeypatch):
    first, *_ = await opened(bench, project)

    def refuse(path, label):
        raise project_files.Refused(
            ErrorInfo(kind="disk", message="The disk is full.", hint="Free some.")
        )

    monkeypatch.setattr(project_files, "write_label", refuse)
    bench.actions.labels.note(first.key, "of table 2")
    assert first.label.note
    await wait(lambda: bench.state.notices.banners)
    assert bench.state.notices.banners[-1].why == "The disk is full."
    assert first.label == Label()


async def test_what_another_window_says_of_a_run_is_seen_here(bench, wait, project):
    first, *_ = await opened(bench, project)
    await bench.actions.folder.look()
    RunFolder(project_files.Path(first.key)).write_label(Label(name="Theirs"))
    await bench.actions.folder.look()
    assert bench.window.sidebar.runs.words(first.key).text == "1 Theirs"


def test_tags_are_words_each_once():
    assert parsed_tags(" paper,one   step ,, paper") == ("paper", "one step")


async def test_the_table_is_a_page_of_its_own_which_deleting_does_not_leave(bench, wait, project):
    first, *_ = await opened(bench, project)
    bench.actions.runs.select(first.key)
    bench.window.registry.trigger("runs")
    page = bench.window.canvas.pages.currentWidget()
    assert page.table.hasFocus()
    assert bench.window.inspector.isHidden()
    assert bench.window.topbar._path._whole.endswith("Runs")
    page.table.setFocus()
    bench.actions.project.delete_runs([first.key])
    await wait(lambda: first.key not in bench.state.runs.by_key)
    assert bench.state.place == "runs"
    assert page.head.counts.text() == "2 runs"


async def in_table(bench, project, *rows):
    """Open the table with rows selected; return the page and the runs of the project."""
    runs = await opened(bench, project)
    bench.window.registry.trigger("runs")
    page = bench.window.canvas.pages.currentWidget()
    if rows:
        page.table.select([runs[row].key for row in rows])
    return page, runs


async def test_commands_are_about_the_rows_that_are_selected_in_the_table(bench, wait, project):
    page, (first, second, other) = await in_table(bench, project)
    assert [run.key for run in page.selected] == [bench.state.runs.selection]
    page.table.select([second.key])
    bench.window.registry.trigger("pin-baseline")
    assert [run.label.baseline for run in (first, second, other)] == [False, True, False]
    page.table.select([second.key, first.key])
    assert bench.state.place == "runs"
    assert bench.state.runs.selection == first.key
    bench.window.registry.trigger("compare")
    assert bench.state.place == "run"
    assert bench.state.runs.chosen == (second.key, first.key)


async def test_all_selected_rows_are_deleted_and_ctrl_z_brings_all_of_them_back(
    bench, qtbot, wait, project
):
    page, (first, second, other) = await in_table(bench, project, 0, 1)
    registry, state = bench.window.registry, bench.state
    registry.trigger("delete-run")
    await wait(lambda: list(state.runs.by_key) == [other.key])
    await wait(lambda: state.notices.history[-1].text == "2 runs are deleted")
    assert not page.selected
    assert registry["delete-run"].why_not()
    qtbot.keyClick(page.table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    await wait(lambda: list(state.runs.by_key) == [first.key, second.key, other.key])
    await wait(lambda: page.selected == [first, second])
    assert state.place == "runs"
    assert registry["undo"].why_not()
    assert len(project.runs()) == 3


async def test_the_delete_key_is_about_the_row_of_the_keyboard_where_none_is_selected(
    bench, qtbot, wait, project
):
    page, (first, *_) = await in_table(bench, project, 0)
    bench.actions.labels.rename(first.key, "The best")
    await wait(lambda: written(first).name == "The best")
    page.table.clearSelection()
    assert not bench.state.runs.selection
    page.table.selectionModel().setCurrentIndex(
        page.model.index_of(page.model.lines_of([first.key])[0]),
        page.table.selectionModel().SelectionFlag.NoUpdate,
    )
    qtbot.keyClick(page.table, Qt.Key.Key_Space)
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    await wait(lambda: first.key not in bench.state.runs.by_key)
    await wait(lambda: bench.state.notices.history[-1].text == "1 The best is deleted")
    (thing,) = (await bench.actions.project.trashed(project.path)).things
    assert (thing.folder, thing.name) == (first.name, "1 The best")
    bench.actions.project.restore(project.path, thing)
    await wait(lambda: first.key in bench.state.runs.by_key)


async def test_what_a_filter_hides_is_not_selected(bench, project):
    page, (first, second, other) = await in_table(bench, project, 0, 2)
    page.head.finder.setText("ring")
    assert page.selected == [first]
    assert bench.state.marked == [first.key]
    page.head.finder.setText("")
    assert bench.state.marked == [first.key, other.key]
    page.head.finder.setText("ring")
    page.table.select([second.key])
    page.head.finder.setText("")
    assert page.selected == [second]


async def test_enter_in_a_cell_takes_what_was_written_and_opens_nothing(
    bench, qtbot, wait, project
):
    page, (first, *_) = await in_table(bench, project, 0)
    bench.actions.runs.mark([first.key])
    page.table.setCurrentIndex(page.model.index_of(page.model.lines_of([first.key])[0]))
    for view in (page.table, bench.window.sidebar.runs.tree):
        view.setFocus()
        qtbot.keyClick(view, Qt.Key.Key_F2)
        line = view.viewport().findChild(QLineEdit)
        line.setText(f"of {view.accessibleName()}")
        qtbot.keyClick(line, Qt.Key.Key_Return)
        await wait(lambda view=view: first.label.name == f"of {view.accessibleName()}")
        assert bench.state.place == "runs"


async def test_what_was_sought_in_one_project_hides_nothing_in_the_next(
    bench, wait, project, tmp_path
):
    page, _ = await in_table(bench, project)
    page.head.finder.setText("nothing like it")
    bench.state.finding.choose("State", "Finished")
    other = Project.create(tmp_path / "q", "q")
    other.new_run(RunRecord(spec=RING)).update_status(state="finished", step=9, total=9)
    await bench.actions.project.show(other.path)
    bench.window.registry.trigger("runs")
    assert page.head.counts.text().startswith("1 run")
    assert page.head.finder.text() == ""


async def test_ctrl_f_goes_to_the_filter_of_the_table(bench, project):
    page, _ = await in_table(bench, project)
    bench.window.registry.trigger("find-setting")
    assert page.head.finder.hasFocus()


async def test_delete_is_about_the_run_that_was_clicked(bench, qtbot, wait, project):
    """The canvas had the keyboard after a click on a run, and Delete did nothing."""
    await bench.start()
    await bench.actions.project.show(project.path)
    tree = bench.window.sidebar.runs.tree
    key = next(iter(bench.state.runs.by_key))
    place = tree.visualRect(bench.window.sidebar.runs.model.index_of(key)).center()
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert bench.state.runs.selection == key
    assert not takes_key(QApplication.focusWidget(), Qt.Key.Key_Space), "it still plays the flow"
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Delete)
    await wait(lambda: key not in bench.state.runs.by_key)
