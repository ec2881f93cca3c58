"""Where dialogs for files open: where the last one was answered, whatever either was for."""

import time
from pathlib import Path

import pytest
from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtWidgets import QFileDialog, QLabel

from pushforward.studio.app.core import preferences
from pushforward.studio.app.core.app_state import Recent
from pushforward.studio.app.design.file_dialog import (
    folder_of_exports,
    folder_of_files,
    open_dialog,
    places,
    remember_folder,
    save_dialog,
)
from pushforward.studio.app.text import number_format


@pytest.fixture
def label(qtbot):
    made = QLabel()
    qtbot.addWidget(made)
    return made


def test_a_dialog_opens_where_the_last_one_was_answered(label, tmp_path, monkeypatch):
    documents = tmp_path / "documents"
    documents.mkdir()
    monkeypatch.setattr(QStandardPaths, "writableLocation", lambda _: str(documents))
    saving = save_dialog(label, "Save", "made.csv", "Table (*.csv)", "csv")
    assert Path(saving.directory().absolutePath()) == documents
    assert [Path(file).name for file in saving.selectedFiles()] == ["made.csv"]
    other = tmp_path / "other"
    other.mkdir()
    remember_folder(str(other / "given.csv"))
    opening = open_dialog(label, "Open", QFileDialog.FileMode.ExistingFiles)
    assert Path(opening.directory().absolutePath()) == other
    # What is chosen in a dialog for folders is left beside, not inside.
    opening.filesSelected.emit([str(documents)])
    assert folder_of_files() == tmp_path
    kept = preferences.load()
    kept.files = str(tmp_path / "gone")
    preferences.save(kept)
    assert folder_of_files() == documents
    documents.rmdir()
    assert folder_of_files() == Path.home()
    assert folder_of_files(tmp_path) == tmp_path, "a project comes before all that nobody chose"


def test_what_is_written_does_not_fall_among_what_was_opened(label, tmp_path):
    """Samples were offered to be exported into the folder of the data that came in last."""
    data, project, made = (tmp_path / name for name in ("data", "project", "made"))
    for folder in (data, project, made):
        folder.mkdir()
    remember_folder(str(data / "digits.zip"))
    assert folder_of_exports(project) == project
    saving = save_dialog(label, "Save", "made.csv", "Table (*.csv)", "csv", project)
    saving.filesSelected.emit([str(made / "made.csv")])
    assert folder_of_exports(project) == made
    assert folder_of_files(project) == data


def test_no_dialog_is_made_elsewhere():
    app = Path(preferences.__file__).parents[1]
    made = [path for path in app.rglob("*.py") if "QFileDialog(" in path.read_text("utf-8")]
    assert [path.name for path in made] == ["file_dialog.py"]


async def test_a_project_is_made_beside_the_open_one_wherever_files_were_chosen(
    bench, tmp_path, monkeypatch
):
    await bench.start()
    files, projects = tmp_path / "files", tmp_path / "projects"
    for folder in (files, projects):
        folder.mkdir()
    remember_folder(str(files / "a.csv"))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    for project, folder in ((None, tmp_path), (projects / "one", projects)):
        bench.state.project = project
        bench.window._asks.new_project()
        dialog = bench.window.findChild(QFileDialog)
        assert Path(dialog.directory().absolutePath()) == folder
        assert dialog.labelText(QFileDialog.DialogLabel.FileName) == "Name of the project"
        dialog.setParent(None)
        dialog.close()
    bench.state.project = None


async def test_the_menu_of_projects_says_at_the_right_when_each_was_open(bench, tmp_path):
    await bench.start()
    bench.state.recent = [Recent(path=tmp_path / "p", name="Playground", opened=time.time())]
    menu = bench.window.topbar.project.menu()
    menu.aboutToShow.emit()
    assert menu.layoutDirection() == Qt.LayoutDirection.LeftToRight
    assert menu.actions()[0].text().split("\t") == ["Playground", number_format.ago(time.time())]


@pytest.mark.parametrize(
    ("suffix", "listed"), [("npz", "NumPy (*.npz)"), ("h5", "HDF5 (*.h5)"), ("", "HDF5 (*.h5)")]
)
def test_files_of_the_type_that_was_chosen_before_are_listed(label, suffix, listed):
    saving = save_dialog(label, "Export", "a", "HDF5 (*.h5);;NumPy (*.npz)", suffix)
    assert saving.selectedNameFilter() == listed


def test_dialogs_are_the_programs_own_and_offer_the_folders_used_last(label, tmp_path):
    used = [tmp_path / str(n) for n in range(8)]
    for folder in used:
        folder.mkdir()
        remember_folder(str(folder / "a.csv"))
    newest = used[:1:-1]
    assert places()[: len(newest)] == newest, "six of them, the newest first"
    newest[0].rmdir()
    opening = open_dialog(label, "Open", QFileDialog.FileMode.ExistingFiles, "Table (*.csv)")
    saving = save_dialog(label, "Save", "a.csv", "Table (*.csv)")
    for dialog in (opening, saving):
        assert dialog.testOption(QFileDialog.Option.DontUseNativeDialog)
        beside = [Path(url.toLocalFile()) for url in dialog.sidebarUrls()]
        assert beside[:5] == newest[1:], "what has gone is not offered"
