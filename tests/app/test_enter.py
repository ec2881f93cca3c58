"""Enter in a dialog presses its blue button, wherever in it the keyboard is; not a grey one."""

import ast
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLineEdit, QPushButton, QTableWidget

import pushforward.studio.app
from pushforward.studio.app.design.forms.editors import ChoiceList, Segments
from pushforward.studio.app.design.switch import Switch
from pushforward.studio.app.engine.requests.project_files import TrashContents
from pushforward.studio.app.places.data.generator_sheet import MakeSheet
from pushforward.studio.app.places.data.import_dialog import ImportDialog
from pushforward.studio.app.places.runs.branch_sheet import BranchSheet
from pushforward.studio.app.places.runs.evaluation_sheet import EvaluateSheet
from pushforward.studio.app.places.runs.operator_sheet import OperateSheet
from pushforward.studio.app.shell import dialogs
from pushforward.studio.app.shell.diagnostics_sheet import DiagnosticsSheet
from pushforward.studio.formats.inspection import Column, Inspection, Item
from tests.app.test_branching import trained
from tests.app.test_make_sheet import MAKER
from tests.app.test_operating import ready, sheet

SHEETS = {
    "BranchSheet", "DiagnosticsSheet", "EvaluateSheet", "ImportDialog", "MakeSheet", "OperateSheet",
}  # fmt: skip


def blue(dialog):
    (found,) = (b for b in dialog.findChildren(QPushButton) if b.property("kind") == "primary")
    return found


def everywhere(dialog):
    kinds = (QLineEdit, ChoiceList, QTableWidget, Switch)
    found = [w for kind in kinds for w in dialog.findChildren(kind) if w.isVisible()]
    chosen = [each.checked for each in dialog.findChildren(Segments) if each.isVisible()]
    return [dialog, *found, *filter(None, chosen)]


def check(dialog, qtbot):
    """Enter is the blue button's in every line, list and table of a dialog, unless it is grey."""
    button, pressed = blue(dialog), []
    button.clicked.disconnect()
    button.clicked.connect(lambda: pressed.append(button))
    for place in everywhere(dialog):
        button.setEnabled(False)
        place.setFocus()
        qtbot.keyClick(place, Qt.Key.Key_Return)
        assert pressed == []
        button.setEnabled(True)
        qtbot.keyClick(place, Qt.Key.Key_Return)
        assert pressed == [button], place
        pressed.clear()


async def test_the_sheet_of_a_branch(bench, qtbot, wait):
    parent = await trained(bench, wait)
    bench.actions.branching.ask(parent.key, 64)
    opened = bench.window.findChildren(BranchSheet)[-1]
    check(opened, qtbot)
    opened.reject()


async def test_the_sheet_of_an_operator(bench, qtbot, wait):
    await ready(bench)
    opened = await sheet(bench, wait)
    assert isinstance(opened, OperateSheet)
    check(opened, qtbot)
    opened.reject()


async def test_the_sheet_of_an_evaluation(bench, qtbot):
    run = await ready(bench)
    opened = EvaluateSheet(bench.state, bench.actions, run, bench.window)
    opened.open()
    check(opened, qtbot)
    qtbot.keyClick(opened, Qt.Key.Key_Escape)
    assert not opened.isVisible()


async def test_the_sheet_of_the_diagnostics(bench, qtbot):
    opened = DiagnosticsSheet(bench.state, bench.window)
    opened.open()
    check(opened, qtbot)
    opened.reject()


async def test_the_sheet_that_makes_data(bench, qtbot):
    opened = MakeSheet(bench.state, bench.actions, MAKER, bench.window)
    opened.open()
    check(opened, qtbot)
    opened.reject()


async def test_the_dialog_of_an_import(bench, qtbot):
    column = Column(name="x", kind="number", count=2, minimum=0.0, maximum=1.0, mean=0.5, std=0.5)
    table = Item(name="", columns=[column], rows=2, preview=[[0.0], [1.0]])
    found = Inspection(
        files=["/x/a.csv"], importer="points", kind="points", format="csv", items=[table], bytes=9
    )
    opened = ImportDialog(bench.state, bench.actions, found.files, msgspec.to_builtins(found))
    opened.open()
    check(opened, qtbot)
    opened.reject()
    opened.deleteLater()


async def test_what_cannot_be_brought_back_waits_for_more_than_enter(bench, qtbot):
    chosen = []
    found = TrashContents(names=["0001-r"], size=9)
    opened = dialogs.ask_empty_trash(bench.window, found, lambda: chosen.append(1))
    qtbot.waitUntil(lambda: opened.focusWidget() is not None)
    qtbot.keyClick(opened.focusWidget(), Qt.Key.Key_Return)
    assert chosen == []
    assert opened.result() == QDialog.DialogCode.Rejected


def test_all_sheets_are_here():
    """A new one joins them above."""
    folder = Path(pushforward.studio.app.__path__[0])
    named = {
        node.name
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        and {"QDialog", "Dialog"} & set(map(ast.unparse, node.bases))
    }
    assert named - {"Dialog"} == SHEETS, "a sheet that grows is what they are made of"


@pytest.mark.parametrize("kind", ["", "quiet", "link"])
def test_other_buttons_leave_enter_alone(qtbot, kind):
    from pushforward.studio.app.design.basic import button

    assert not button("Cancel", kind=kind).isDefault()
