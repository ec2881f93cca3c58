"""The import dialog: each refusal in plain words, an import only with nothing against it."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from pushforward.studio.app.core.app_state import DataInfo
from pushforward.studio.app.core.draft_spec import Typed
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.app.places.data.import_dialog import ROLE, ImportDialog
from pushforward.studio.app.places.data.import_text import file_size, reasons
from pushforward.studio.formats.inspection import Column, Inspection, Item, Offer
from pushforward.studio.protocol.catalog import FieldSpec
from pushforward.studio.protocol.messages import ErrorInfo, ImportData
from pushforward.studio.store.parts import Part

RGB = QImage.Format.Format_RGB32


def column(name: str, kind: str = "number", **more: Any) -> Column:
    facts = {"count": 20, "minimum": -1.0, "maximum": 1.0, "mean": 0.5, "std": 2.0}
    return Column(name=name, kind=kind, **{**facts, **more})


def item(*columns: Column, rows: int = 20, name: str = "") -> Item:
    rng = np.random.default_rng(0)
    preview = rng.normal(size=(min(rows, 100), len(columns))).tolist()
    return Item(name=name, columns=list(columns), rows=rows, preview=preview)


@pytest.fixture
def dialog(lens: Any) -> Iterator[Callable[..., ImportDialog]]:
    made: list[ImportDialog] = []

    def build(*items: Item, problems: list[str] | None = None) -> ImportDialog:
        found = Inspection(
            files=["/x/My Points.csv"], importer="points", kind="points", format="csv",
            items=list(items), bytes=12_345, problems=problems or [],
        )  # fmt: skip
        return show(found)

    def show(found: Inspection) -> ImportDialog:
        shown = ImportDialog(lens.state, lens.actions, found.files, msgspec.to_builtins(found))
        shown.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        shown.open()
        QApplication.processEvents()
        made.append(shown)
        return shown

    build.of = show
    yield build
    for shown in made:
        shown.close()
        shown.deleteLater()
    QApplication.sendPostedEvents()


def test_a_table_that_cannot_be_taken_says_why(dialog: Any) -> None:
    good = item(column("x"), column("y"), name="good")
    bad = Item(name="link", columns=[], rows=0, preview=[], problems=["link is not followed."])
    shown = dialog(good, bad, problems=["link: link is not followed."])
    assert shown.accept_button.isEnabled()
    shown._items.setCurrentIndex(1)
    assert not shown.accept_button.isEnabled()
    assert shown._why.text() == "link is not followed."


def test_good_columns_are_chosen_and_imported(
    dialog: Any, lens: Any, qtbot: QtBot, loop: asyncio.AbstractEventLoop, tmp_path: Path
) -> None:
    lens.state.project = tmp_path
    shown = dialog(item(column("x"), column("label", "text", count=0), column("y")))
    assert shown.chosen() == [0, 2]
    assert shown.accept_button.isEnabled()
    assert shown.scatter.count == 20
    shown.split.editors["test"]._typed("60")
    assert not shown.accept_button.isEnabled()
    assert shown._why.text() == "Test must be at most 45."
    shown.split.editors["test"]._typed("20")
    shown.split.editors["seed"]._typed("7")
    qtbot.mouseClick(shown.accept_button, Qt.MouseButton.LeftButton)
    loop.run_until_complete(asyncio.sleep(0.01))
    sent = lens.link.of(ImportData)[0]
    assert (sent.name, sent.importer, sent.files) == ("my-points", "points", ["/x/My Points.csv"])
    assert sent.options == {"item": "", "columns": ["x", "y"]}
    assert sent.expected == 20
    assert (sent.validation, sent.test, sent.seed) == (0.1, 0.2, 7)
    assert not shown.isVisible()


def test_standardisation_is_written_out(dialog: Any) -> None:
    shown = dialog(item(column("x", mean=-1.5), column("y", std=0.0)))
    words = shown._scaling.text()
    assert "(x + 1.5) / 2" in words
    assert "y is constant: stored as 0 and exported as 0.5." in words
    assert "/ 0" not in words
    words = dialog(item(column("x", std=0.0)))._scaling.text()
    assert words == "x is constant: stored as 0 and exported as 0.5."


def test_unticking_a_column_disables_with_the_reason(dialog: Any) -> None:
    shown = dialog(item(column("x"), column("y")))
    shown._columns.item(1, 0).setCheckState(Qt.CheckState.Unchecked)
    assert not shown.accept_button.isEnabled()
    assert "at least two columns" in shown._why.text()
    assert shown.scatter.count == 0
    shown._columns.item(1, 0).setCheckState(Qt.CheckState.Checked)
    assert shown.accept_button.isEnabled()


def test_columns_have_roles_and_a_text_column_is_a_label(
    dialog: Any, lens: Any, qtbot: QtBot, loop: asyncio.AbstractEventLoop, tmp_path: Path
) -> None:
    lens.state.project = tmp_path
    names = ("x", "y", "age", "w")
    shown = dialog(item(*map(column, names), column("species", "text", count=0)))
    assert shown.roles() == ["Coordinate"] * 4
    header = shown._columns.horizontalHeader()
    assert header.logicalIndex(1) == ROLE, "it stands beside the tick"
    shown._columns.item(4, 0).setCheckState(Qt.CheckState.Checked)
    assert shown.roles()[-1] == "Label"
    assert shown.accept_button.isEnabled(), shown._why.text()
    shown._columns.item(2, ROLE).setText("Condition")
    shown._columns.item(3, ROLE).setText("Label")
    assert "Choose one label, not 2: w and species." in shown._why.text()
    shown._columns.item(3, ROLE).setText("Weight")
    assert "negative" in shown._why.text()
    shown._columns.item(3, 0).setCheckState(Qt.CheckState.Unchecked)
    shown.name.setText("flowers")
    qtbot.mouseClick(shown.accept_button, Qt.MouseButton.LeftButton)
    loop.run_until_complete(asyncio.sleep(0.01))
    sent = lens.link.of(ImportData)[0]
    assert sent.options == {
        "item": "", "columns": ["x", "y"], "label": "species", "conditions": ["age"],
    }  # fmt: skip


def test_a_role_is_chosen_from_a_list(dialog: Any, qtbot: QtBot) -> None:
    shown = dialog(item(column("x"), column("y"), column("z")))
    cell = shown._columns.model().index(2, ROLE)
    delegate = shown._columns.itemDelegateForColumn(ROLE)
    editor = delegate.createEditor(shown._columns.viewport(), QStyleOptionViewItem(), cell)
    delegate.setEditorData(editor, cell)
    assert [editor.itemText(k) for k in range(editor.count())] == [
        "Coordinate", "Label", "Condition", "Weight",
    ]  # fmt: skip
    editor.hidePopup()
    editor.setCurrentText("Condition")
    delegate.setModelData(editor, shown._columns.model(), cell)
    assert shown.roles() == ["Coordinate", "Coordinate", "Condition"]
    editor.deleteLater()


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (column("z", "mixed", nan=3), "not numeric"),
        (column("z", "empty", count=0), "is empty"),
        (column("z", nan=1, problem="line 9 is NaN"), "1 cell is missing or not a number (first"),
        (column("z", nan=2000), "2,000 cells are missing"),
    ],
)
def test_a_bad_column_is_named_with_what_to_do(bad: Column, words: str) -> None:
    why = reasons(item(column("x"), column("y"), bad), [column("x"), column("y"), bad], "n", [])
    assert len(why) == 1
    assert words in why[0]
    assert "Column z" in why[0]
    assert "leave it out" in why[0]


@pytest.mark.parametrize("name", ["../up", "a/b", ".hidden", "a\\b", "x:y"])
def test_a_name_that_would_leave_the_folder_is_refused(name: str) -> None:
    chosen = [column("x"), column("y")]
    assert "name may contain" in reasons(item(*chosen), chosen, name, [])[0]


def test_a_taken_or_missing_name_is_refused() -> None:
    chosen = [column("x"), column("y")]
    assert "already in the project" in reasons(item(*chosen), chosen, "moons", ["moons"])[0]
    assert "name" in reasons(item(*chosen), chosen, "", [])[0]
    assert reasons(item(*chosen), chosen, "moons 2", ["moons"]) == []


def test_too_few_rows_are_refused() -> None:
    chosen = [column("x"), column("y")]
    assert "3 rows" in reasons(item(*chosen, rows=3), chosen, "n", [])[0]


def test_a_file_with_nothing_in_it_shows_the_engines_reason(dialog: Any) -> None:
    shown = dialog(problems=["points.csv is empty: it holds no rows."])
    assert not shown.accept_button.isEnabled()
    assert "it holds no rows" in shown._why.text()


def test_of_several_tables_the_first_good_one_is_shown(dialog: Any) -> None:
    bad = Item(name="meta", columns=[], rows=0, preview=[], problems=["meta holds no numbers."])
    shown = dialog(bad, item(column("a"), column("b"), name="points"))
    assert shown.item.name == "points"
    assert shown.accept_button.isEnabled()
    shown._items.setCurrentIndex(0)
    assert "meta holds no numbers" in shown._why.text()


def test_names_are_free_and_sizes_are_for_people(dialog: Any, lens: Any) -> None:
    assert [file_size(n) for n in (12, 12_345, 5_000_000, 10**10)] == [
        "12 B", "12.3 KB", "5 MB", "10 GB",
    ]  # fmt: skip
    lens.state.datasets = [
        DataInfo(name="my-points", rows=1, columns=("x", "y"), path=Path("/p/data/my-points"))
    ]
    assert dialog(item(column("x"), column("y"))).name.text() == "my-points-2"


JETS = Inspection(
    files=["/x/gluon.h5", "/x/top.h5"],
    importer="jets",
    kind="jets",
    format="hdf5",
    bytes=10**6,
    rows=300,
    parts=[
        Part(name="x", dtype="float32", shape=[30, 3]),
        Part(name="hits", dtype="int64", ragged=True),
    ],
    classes=["gluon", "top"],
    preview={"hits": [[1, 2], [3]]},
    notes=["30 constituents are kept."],
    offers=[
        Offer(
            slug="jets",
            title="Jets",
            kind="jets",
            options=[
                FieldSpec(path="most", kind="int", title="Constituents", help="", default=30, low=1)
            ],
        ),
        Offer(slug="points", title="Points", kind="points"),
    ],
)


def test_what_is_no_table_is_shown_by_its_parts(dialog: Any) -> None:
    shown = dialog.of(JETS)
    assert shown.windowTitle() == "Import gluon.h5 and 1 more"
    assert shown.parts.isVisible()
    assert not shown._table.isVisible()
    assert shown.parts.facts.text() == "300 jets of 2 classes: gluon, top"
    cells = [[shown.parts.list.cell(i, j).text() for j in range(4)] for i in range(2)]
    assert cells[0][:3] == ["x", "float32", "30 × 3"]
    assert cells[1][2:] == ["any number of numbers", "3 numbers in 2 rows from 1 to 3: 1, 2, 3"]
    assert shown._notes.text() == "30 constituents are kept."
    assert shown.accept_button.isEnabled()


def test_all_notes_are_there_and_leave_room_for_the_rest(dialog: Any) -> None:
    many = [f"cats/{i}.png is damaged." for i in range(40)]
    shown = dialog.of(msgspec.structs.replace(JETS, notes=many))
    notes = shown._notes
    assert notes.text().splitlines() == many
    assert notes.height() < 8 * notes.fontMetrics().lineSpacing()
    assert notes.verticalScrollBar().maximum() > 0
    assert notes.focusPolicy() == Qt.FocusPolicy.StrongFocus, "arrows scroll it"
    few = dialog.of(JETS)._notes
    assert few.verticalScrollBar().maximum() == 0
    assert few.focusPolicy() == Qt.FocusPolicy.NoFocus


def test_first_rows_are_read_by_people(dialog: Any) -> None:
    rows = [[[-0.05856578052043915, -0.0]], [[1355.2652587890625, 3]]]
    found = {"x": rows, "hits": [0.123456, 2.0]}
    shown = dialog.of(msgspec.structs.replace(JETS, preview=found))
    cells = [shown.parts.list.cell(i, 3).text() for i in range(2)]
    assert cells == [
        "4 numbers in 2 rows from −0.0586 to 1355: −0.0586, 0, 1355, 3",
        "0.123, 2",
    ]


def test_first_rows_of_words_stand_in_a_table(dialog: Any) -> None:
    """Ratings without titles were said as "15 values in 3 rows"."""
    parts = [Part(name="x", dtype="int64", shape=[200]), Part(name="person", dtype="int64")]
    preview = {"x": [["Item 7", "Item 2"], ["Item 9"]], "person": [11, 12]}
    histories = msgspec.structs.replace(JETS, kind="interactions", parts=parts, preview=preview)
    shown = dialog.of(histories)
    table = shown.parts.rows
    assert table.isVisible()
    assert [table.heading(i).text() for i in range(2)] == ["person", "x"]
    cells = [[table.cell(i, j).text() for j in range(2)] for i in range(2)]
    assert cells == [["11", "Item 7, Item 2"], ["12", "Item 9"]]
    assert not dialog.of(JETS).parts.rows.isVisible()


def test_an_option_that_changes_nothing_is_disabled_with_the_reason(dialog: Any) -> None:
    why = {"most": "The files say it."}
    row = dialog.of(msgspec.structs.replace(JETS, unused=why))._choice.form.rows["most"]
    assert row.isVisible()
    assert not row.editor.isEnabled()
    assert "The files say it." in row.toolTip()
    assert dialog.of(JETS)._choice.form.rows["most"].editor.isEnabled()


def test_an_option_that_the_files_say_is_not_asked_for(dialog: Any) -> None:
    shown = dialog.of(msgspec.structs.replace(JETS, settled=["most"]))
    assert not shown._choice.form.rows["most"].isVisible()
    assert dialog.of(JETS)._choice.form.rows["most"].isVisible()


COLUMNS = msgspec.structs.replace(
    JETS,
    offers=[
        Offer(
            slug="jets",
            title="Jets",
            kind="jets",
            options=[
                FieldSpec(path=path, kind="source", title=path, help="", default="")
                for path in ("pt", "eta", "phi", "px", "py", "pz", "mask")
            ],
        )
    ],
    sources={path: ["X[0]", "X[1]", "X[2]"] for path in ("pt", "eta", "phi", "px", "py", "pz")},
    taken={"pt": "X[1]"},
)


def test_columns_are_chosen_from_those_that_were_found(
    dialog: Any, lens: Any, loop: asyncio.AbstractEventLoop
) -> None:
    asked: list[dict[str, Any]] = []

    async def look_into(files: list[str], importer: str, options: dict[str, Any]) -> Any:
        asked.append(options)
        more = {**COLUMNS.sources, "pt": ["X[0]", "X[1]", "Y"]}
        return msgspec.to_builtins(msgspec.structs.replace(COLUMNS, sources=more))

    lens.actions.data.look_into = look_into
    shown = dialog.of(COLUMNS)
    assert shown._choice.beside.isVisible()
    assert not shown._choice.isVisible(), "there is one way to take them, and no room for it above"
    form = shown._choice.form
    offered = {path: [c.title for c in row.field.choices] for path, row in form.rows.items()}
    each = ["X[0]", "X[1]", "X[2]"]
    assert offered["pt"] == ["X[1], as found", *each, "none"], "what its name tells comes first"
    assert offered["eta"] == ["none", *each], "a second entry would say the same"
    assert offered["mask"] == ["none found"]
    form.rows["eta"].editor._chosen(1)
    loop.run_until_complete(asyncio.sleep(0.01))
    assert asked == [{"eta": "X[0]"}]
    assert [c.title for c in form.rows["pt"].field.choices] == [
        *("X[1], as found", "X[0]", "X[1]", "Y", "none")
    ]
    assert form.rows["eta"].editor.box.currentText() == "X[0]"


def test_the_first_are_painted_as_their_kind_does(dialog: Any) -> None:
    x = np.random.default_rng(0).random((2, 30, 3)).tolist()
    seen = {"x": x, "size": [30, 2], "label": [1, 0]}
    shown = dialog.of(msgspec.structs.replace(JETS, preview=seen))
    tiles = shown.parts.tiles
    assert tiles.isVisible()
    assert tiles.count == 2
    assert tiles.accessibleDescription().startswith("top, m ")
    assert tiles.accessibleDescription().endswith("2 constituents")
    colours = np.unique(np.asarray(tiles.grab().toImage().convertToFormat(RGB).bits()).view("u4"))
    assert len(colours) > 10
    assert not dialog.of(JETS).parts.tiles.isVisible(), "nothing is known of what they look like"
    nothing = msgspec.structs.replace(JETS, rows=0, preview={}, problems=["Choose the columns."])
    shown = dialog.of(nothing)
    assert not shown.parts.list.isVisible()
    assert shown._why.text() == "Choose the columns."


def test_pictures_are_shown_in_their_shape_and_of_nothing_no_table(dialog: Any) -> None:
    x = np.full((1, 1, 10, 20), 0.5, np.float32).tolist()
    parts = [Part(name="x", dtype="uint8", shape=[1, 10, 20])]
    images = msgspec.structs.replace(
        JETS, kind="images", rows=1, parts=parts, preview={"x": x}, classes=[], facts={}
    )
    shown = dialog.of(images)
    tiles = shown.parts.tiles
    picture = tiles.grab().toImage().convertToFormat(RGB)
    grey = 0xFF808080
    assert picture.pixel(48, 48) == grey
    assert picture.pixel(48, 10) != grey, "twice as wide as high"
    assert "read as 0 to 1" in shown.parts.list.cell(0, 1).text()
    nothing = msgspec.structs.replace(images, rows=0, parts=[], preview={}, problems=["Too large."])
    shown = dialog.of(nothing)
    assert not shown._columns.isVisible()
    assert shown._why.text() == "Too large."


def test_a_class_that_no_importer_reads_is_one_of_those_there_are(dialog: Any) -> None:
    """A dash stood there."""
    labelled = [*JETS.parts, Part(name="label", dtype="int64")]
    shown = dialog.of(msgspec.structs.replace(JETS, preview={}, parts=labelled)).parts
    cells = [[shown.list.cell(i, j).text() for j in (0, 3)] for i in range(len(labelled))]
    assert ["label", "one of gluon, top"] in cells
    assert dict(cells)["x"] == "–"


def test_what_there_is_one_of_is_said_so(dialog: Any) -> None:
    shown = dialog.of(msgspec.structs.replace(JETS, rows=1, classes=["top"]))
    assert shown.parts.facts.text() == "1 jet of 1 class: top"
    assert "There is 1 jet; a model needs at least 10." in shown._why.text()


def test_an_option_is_told_and_what_it_changes_is_shown(
    dialog: Any, lens: Any, loop: asyncio.AbstractEventLoop, tmp_path: Path
) -> None:
    lens.state.project = tmp_path
    asked: list[tuple[str, dict[str, Any]]] = []

    async def look_into(files: list[str], importer: str, options: dict[str, Any]) -> Any:
        asked.append((importer, options))
        if options.get("most") == 2:
            raise Refused(ErrorInfo(kind="data", message="Too few.", hint="Take more."))
        return msgspec.to_builtins(msgspec.structs.replace(JETS, importer=importer, rows=7))

    lens.actions.data.look_into = look_into
    shown = dialog.of(JETS)
    form = shown._choice.form
    assert form is not None
    form.edited.emit(form.entry.fields[0], 2)
    loop.run_until_complete(asyncio.sleep(0.01))
    assert shown._why.text() == "Too few. Take more."
    assert not shown.accept_button.isEnabled()
    shown.name.setText("other")
    assert shown._why.text() == "Too few. Take more."
    assert not shown.accept_button.isEnabled()
    form.edited.emit(form.entry.fields[0], 16)
    loop.run_until_complete(asyncio.sleep(0.01))
    assert shown.parts.facts.text().startswith("7 jets of 2 classes")
    assert "7 jets; a model needs" in shown._why.text()
    shown._choice.list.setCurrentIndex(1)
    shown._choice.list.activated.emit(1)
    loop.run_until_complete(asyncio.sleep(0.01))
    assert asked == [("jets", {"most": 2}), ("jets", {"most": 16}), ("points", {})]
    assert shown._choice.form is None


def test_what_is_being_looked_into_cannot_be_imported_yet(
    dialog: Any, lens: Any, loop: asyncio.AbstractEventLoop
) -> None:
    slow = asyncio.Event()

    async def look_into(*_: Any) -> Any:
        await slow.wait()
        return msgspec.to_builtins(JETS)

    lens.actions.data.look_into = look_into
    shown = dialog.of(JETS)
    shown._choice.changed.emit()
    loop.run_until_complete(asyncio.sleep(0.01))
    shown.name.setText("other")
    assert not shown.accept_button.isEnabled()
    slow.set()
    loop.run_until_complete(asyncio.sleep(0.01))
    assert shown.accept_button.isEnabled()


def test_a_value_that_cannot_be_taken_holds_the_import_up(
    dialog: Any, lens: Any, loop: asyncio.AbstractEventLoop
) -> None:
    async def look_into(*_: Any) -> Any:
        return msgspec.to_builtins(JETS)

    lens.actions.data.look_into = look_into
    shown = dialog.of(JETS)
    form = shown._choice.form
    typed = Typed("Constituents", "-1", "must be at least 1")
    form.rejected.emit(form.entry.fields[0], typed)
    loop.run_until_complete(asyncio.sleep(0.01))
    assert "Constituents must be at least 1." in shown._why.text()
    assert not shown.accept_button.isEnabled()


def test_other_kinds_are_imported_with_their_options(
    dialog: Any, lens: Any, qtbot: QtBot, loop: asyncio.AbstractEventLoop, tmp_path: Path
) -> None:
    lens.state.project = tmp_path
    shown = dialog.of(JETS)
    shown._choice.options = {"most": 16}
    qtbot.mouseClick(shown.accept_button, Qt.MouseButton.LeftButton)
    loop.run_until_complete(asyncio.sleep(0.01))
    sent = lens.link.of(ImportData)[0]
    assert (sent.importer, sent.options, sent.name) == ("jets", {"most": 16}, "gluon-top")
    assert sent.notes == JETS.notes
    assert sent.notes
    assert sent.files == ["/x/gluon.h5", "/x/top.h5"]


def test_cells_of_text_are_values_too(dialog):
    shown = dialog(item(column("x"), column("y", nan=3), column("place", "text", count=0)))
    cells = [[shown._columns.item(i, j).text() for j in (3, 4)] for i in range(3)]
    assert cells == [["20", "0"], ["17", "3"], ["20", "0"]]


def test_a_series_may_have_one_channel_and_is_drawn_as_one(dialog) -> None:
    found = Inspection(
        files=["/x/one.csv"], importer="series-table", kind="series", format="csv", bytes=100,
        items=[item(column("t"))], rows=2, parts=[Part(name="x", dtype="f4", shape=[8, 1])],
        preview={"x": [[[0.1 * i] for i in range(8)]] * 2},
    )  # fmt: skip
    made = dialog.of(found)
    assert made.accept_button.isEnabled()
    assert made.tiles.isVisibleTo(made)
    assert not made.scatter.isVisibleTo(made)
    made._columns.item(0, 0).setCheckState(Qt.CheckState.Unchecked)
    assert "Choose a column of numbers." in made._why.text()
