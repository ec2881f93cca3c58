"""Names from files of others, opened in the real window: each is shown, none is obeyed."""

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import Qt as QtGuiNamespace
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QLabel,
    QMenu,
    QPlainTextEdit,
    QTableWidget,
    QWidget,
)

from pushforward.studio.app.charts.layer_panel import LayerPanel
from pushforward.studio.app.core.display_names import data_title, metric_title
from pushforward.studio.app.core.notices import Notice
from pushforward.studio.app.design.basic import Elided, button, label
from pushforward.studio.app.design.literal_text import PushButton, keyless, set_tip, set_title
from pushforward.studio.app.design.menu import open_menu
from pushforward.studio.app.design.row_button import RowButton
from pushforward.studio.app.design.table import Column, Table
from pushforward.studio.app.places.data.import_dialog import ImportDialog
from pushforward.studio.app.places.discover.recipe_card import RecipeCard
from pushforward.studio.app.shell import dialogs
from pushforward.studio.app.shell.window_closing import ask_close
from pushforward.studio.protocol.messages import JobInfo
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunRecord

MARKUP = "<b>bold</b><img src=file:///x>"
HOSTILE = "\x1b[2J\u202egnp\n"
NAME = f"{MARKUP} R&D {HOSTILE}"
SHOWN = rf"{MARKUP} R&D \x1b[2J\u202egnp\n"
LENIENT = QtGuiNamespace.mightBeRichText


def harmless(text: str) -> bool:
    return not any(c in text for c in "\x1b\u202e")


def faults(root: QWidget) -> list[str]:
    """What in a window would be taken for markup, a key or a control character."""
    found = []
    for widget in [root, *root.findChildren(QWidget)]:
        tip = widget.toolTip()
        if not harmless(tip) or (LENIENT(tip) and "<img" in tip):
            found.append(f"tip {tip!r}")
        texts = []
        if isinstance(widget, QLabel):
            texts.append(widget.text())
            if widget.text() and widget.textFormat() != Qt.TextFormat.PlainText:
                found.append(f"rich {widget.text()!r}")
        if isinstance(widget, QAbstractButton):
            texts.append(widget.text())
            if not widget.shortcut().isEmpty():
                found.append(f"key of {widget.text()!r}")
        if isinstance(widget, QComboBox):
            texts += [widget.itemText(i) for i in range(widget.count())]
        if isinstance(widget, QPlainTextEdit):
            texts.append(widget.toPlainText())
        if isinstance(widget, QTableWidget):
            cells = [widget.horizontalHeaderItem(i) for i in range(widget.columnCount())]
            cells += [
                widget.item(i, j)
                for i in range(widget.rowCount())
                for j in range(widget.columnCount())
            ]
            texts += [cell.text() for cell in cells if cell is not None]
            found += [f"tip {c.toolTip()!r}" for c in cells if c and not harmless(c.toolTip())]
        if isinstance(widget, Table):
            rows, columns = widget.model().rowCount(), widget.model().columnCount()
            cells = [widget.heading(column) for column in range(columns)]
            cells += [widget.cell(row, column) for row in range(rows) for column in range(columns)]
            texts += [cell.text() for cell in cells if cell is not None]
            found += [f"tip {c.toolTip()!r}" for c in cells if c and not harmless(c.toolTip())]
        found += [repr(text) for text in texts if not harmless(text)]
    return found


@pytest.fixture
def project(tmp_path):
    made = Project.create(tmp_path / "hostile", NAME)
    spec = RunSpec(name=NAME, family=Pick(slug="edm"), dataset=Pick(slug="eight-gaussians"))
    run = made.new_run(RunRecord(spec=spec, seed=0, device="cpu"))
    run.update_status(state="finished", step=100, total=100)
    run.metrics.append({NAME: ([1, 2], [2.0, 1.0]), "loss": ([1, 2], [2.0, 1.0])})
    run.log_path.write_text(f"now error: {MARKUP} \x1b[2J\u202egnp\n", encoding="utf-8")
    made.add_dataset("mine", np.zeros((12, 3), dtype=np.float32), [NAME, "y", "z"], "points.csv")
    return made


async def test_a_project_of_hostile_names_is_shown_literally(bench, wait, project):
    recipe = msgspec.structs.replace(bench.state.recipes[0], title=NAME, summary=NAME, source=NAME)
    bench.state.recipes[0] = recipe
    bench.state.recipes_changed.emit()
    await bench.start()
    bench.actions.project.open(project.path)
    await wait(lambda: bench.state.place == "run")
    window, state = bench.window, bench.state
    await wait(lambda: all(run.series for run in state.runs.by_key.values()))
    assert window.topbar.project.text().startswith(SHOWN[:8])
    for index in range(window.canvas.lenses.tabs.count()):
        window.canvas.lenses.tabs.setCurrentIndex(index)
        assert faults(window) == []
    state.notices.post(
        Notice(level="error", text=NAME, why=NAME, todo=NAME, details=NAME, lasting=True)
    )
    state.notices.post(Notice(level="info", text=NAME, why=NAME))
    bench.actions.data.select("project:mine")
    await wait(lambda: state.place == "data")
    assert faults(window) == []
    assert SHOWN in window.canvas.data.currentWidget().facts.text()
    shown = dialogs.show_history(window, state.notices)
    assert faults(shown) == []
    going = JobInfo(job="j", kind="training", state="running", title=NAME, run="")
    asked = ask_close(window, going, [], lambda what: None)
    assert faults(asked) == []
    assert SHOWN in asked.windowTitle()
    for dialog in (shown, asked):
        dialog.close()
    state.go("discover")
    assert faults(window) == []
    card = window.canvas.discover.findChildren(RecipeCard)[0]
    assert "&lt;img" in card.toolTip()


async def test_a_hostile_file_is_shown_literally_before_it_is_imported(bench, wait):
    await bench.start()
    column = {
        "name": NAME, "kind": "text", "count": 2, "nan": 0, "problem": NAME,
        "minimum": None, "maximum": None, "mean": None, "std": None,
    }  # fmt: skip
    item = {
        "name": NAME, "rows": 2, "columns": [column], "preview": [[NAME], [NAME]],
        "problems": [NAME], "notes": [NAME],
    }  # fmt: skip
    found = {
        "files": ["x"], "importer": "points", "kind": "points", "format": "csv", "bytes": 1,
        "items": [item, item], "problems": [NAME], "notes": [NAME],
        "offers": [{"slug": s, "title": NAME, "kind": NAME} for s in ("points", "other")],
    }  # fmt: skip
    dialog = ImportDialog(bench.state, bench.actions, [f"/x/[*]{HOSTILE}.csv"], found, bench.window)
    dialog.show()
    assert faults(dialog) == []
    assert dialog.windowTitle() == r"Import [*][*]\x1b[2J\u202egnp\n.csv"
    dialog.close()


def test_widgets_take_text_for_what_it_is(qtbot):
    plain, short, press, line = label(NAME), Elided(NAME), button(NAME), RowButton(NAME)
    for widget in (plain, short, press, line):
        qtbot.addWidget(widget)
        set_tip(widget, NAME)
        assert faults(widget) == []
        assert "&lt;b&gt;" in widget.toolTip()
    assert press.text() == line.text() == SHOWN
    assert plain.text().split("\n")[0] in SHOWN
    assert short.accessibleName() == SHOWN
    assert keyless("R&D") == "R&&D"
    set_tip(plain, "a < b & c")
    assert plain.toolTip() == "a < b & c"  # no markup, so Qt shows it as it is
    window = QWidget()
    qtbot.addWidget(window)
    set_title(window, f"[*]{NAME}")
    assert window.windowTitle() == f"[*][*]{SHOWN}"
    assert PushButton("R&D").text() == "R&D"


def test_a_number_is_shown_whole_or_not_at_all(qtbot):
    line = Elided("at step 1,500")
    line.show()  # only what is seen learns its new size
    qtbot.addWidget(line)
    whole = line.sizeHint().width()
    seen = set()
    for width in range(whole + 1):
        line.resize(width, 20)
        seen.add(line.text())
    assert "at step …" in seen
    assert not {each for each in seen if each != "at step 1,500" and set(each) & set("0123456789")}
    line.set_text(longer := "at step 1,500, n = 2,000")
    for width in range(line.sizeHint().width()):
        line.resize(width, 20)
        assert line.text() == longer or "=" not in line.text()
    line.set_text("step 6,000")
    for width in range(line.sizeHint().width()):
        line.resize(width, 20)
        assert line.text() in ("", "step 6,000")


@pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)
def test_menus_and_lists_of_columns_hold_no_key_and_no_control(qtbot):
    host, panel = QWidget(), LayerPanel()
    qtbot.addWidget(host)
    qtbot.addWidget(panel)
    menu: QMenu = open_menu(host, QPoint(0, 0), [(NAME, lambda: None)])
    assert menu.actions()[0].text() == keyless(SHOWN)
    menu.close()
    panel.set_columns((NAME, "y", "z"), (0, 1))
    assert faults(panel) == []


def test_a_long_tip_has_several_lines_of_whole_words(qtbot):
    """What may stand in a filter was one line as wide as the window."""
    widget = label("")
    qtbot.addWidget(widget)
    said = " ".join(f"word{k}" for k in range(60))
    set_tip(widget, f"Short.\n{said}")
    first, *others = widget.toolTip().split("\n")
    assert first == "Short."
    assert len(others) > 3
    assert all(len(line) < 100 for line in others)
    assert " ".join(others) == said


def test_a_table_shows_names_and_obeys_none(qtbot):
    table = Table("Some", [Column(NAME, NAME), Column("Value")])
    qtbot.addWidget(table)
    table.show_rows([(NAME, "1")], tips=[NAME])
    assert table.cell(0, 0).text() == table.heading(0).text() == SHOWN
    assert not faults(table)


def test_before_there_is_a_catalogue_metrics_and_data_have_words():
    """After a restart the table said "Sliced w1" and "eight-gaussians" until the engine was up."""
    assert metric_title("sliced-w1", None) == "Sliced W1"
    assert data_title("eight-gaussians", None) == "Eight gaussians"
    assert data_title("project:my-data", None) == "my-data"
