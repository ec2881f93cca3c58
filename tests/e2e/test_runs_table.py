"""What people do with many runs: find some, name them, compare them, take the table away."""

import csv
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLineEdit

from tests.e2e.conftest import Person
from tests.qtloop import until

NONE, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


async def test_runs_are_named_pinned_compared_exported_deleted_and_brought_back(
    person: Person, tmp_path: Path
) -> None:
    await person.open()
    for recipe in ("edm-eight-gaussians", "exact-flow-eight"):
        person.window.registry.trigger("search-recipes")
        run = await person.train(recipe, steps=150, particles=128, evaluate_samples=200)
        await until(lambda run=run: run.state == "finished", 90)
        await until(lambda run=run: bool(run.series), 20)
    first, second = person.state.runs.by_key.values()
    person.window.registry.trigger("runs")
    page = person.window.canvas.pages.currentWidget()
    table = page.table
    assert table.hasFocus()
    assert person.state.marked == [second.key], "the run that was on the canvas is selected"

    # Said of a run with keys alone, in its line.
    person.press(Qt.Key.Key_F2)
    editor = table.viewport().findChild(QLineEdit)
    QTest.keyClicks(editor, "The exact one")
    person.press(Qt.Key.Key_Return, editor)
    await until(lambda: second.label.name == "The exact one", 10)
    assert person.state.place == "runs", "Enter has opened nothing"
    table.setFocus()
    person.press(Qt.Key.Key_B)
    await until(lambda: second.label.baseline, 10)

    # Found, and all of them again.
    QTest.keyClick(person.window, Qt.Key.Key_F, CTRL)
    QTest.keyClicks(page.head.finder, "exact")
    assert page.head.counts.text() == "1 of 2 runs, 1 selected"
    person.press(Qt.Key.Key_Escape, page.head.finder)
    assert page.head.counts.text() == "2 runs, 1 selected"

    # Taken away.
    person.window.registry.trigger("export-runs")
    dialog = person.window.findChild(QFileDialog)
    file = tmp_path / "table.csv"
    dialog.fileSelected.emit(str(file))
    dialog.reject()
    person.window.activateWindow()
    await until(person.window.isActiveWindow, 10)
    lines = list(csv.DictReader(file.read_text().splitlines()))
    assert [(each["name"], each["baseline"]) for each in lines if each["baseline"] == "1"] == [
        ("The exact one", "1")
    ]

    # Deleted together, and brought back together.
    table.select([first.key, second.key])
    person.look("two-selected")
    assert page.strip.isVisible()
    table.setFocus()
    person.press(Qt.Key.Key_Delete)
    await until(lambda: not person.state.runs.by_key, 10)
    await until(lambda: person.state.notices.can_undo, 10)
    QTest.keyClick(person.window, Qt.Key.Key_Z, CTRL)
    await until(lambda: list(person.state.runs.by_key) == [first.key, second.key], 10)
    await until(lambda: person.state.marked == [first.key, second.key], 10)

    # Side by side.
    page.strip.compare.click()
    assert person.state.place == "run"
    assert person.state.runs.chosen == (first.key, second.key)
