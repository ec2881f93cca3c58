"""Settings that refer to something, lists, and parts that may be left out, in a form."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from pushforward.studio.app.core import draft_spec, field_carrier_switch
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.core.setting_options import Offers, RunOffer, offered
from pushforward.studio.app.design.forms.form import Form
from pushforward.studio.app.text import setting_values
from pushforward.studio.protocol.catalog import Catalog, EntrySpec, FieldSpec
from pushforward.studio.protocol.spec import Pick, RunSpec


def field(path, kind, default, **more):
    title = more.pop("title", path.capitalize())
    return FieldSpec(path=path, kind=kind, default=default, title=title, help="", **more)


SIZES = field("sizes", "list", [1, 2], items="int", low=1.0, fewest=1)
NAMES = field("names", "list", [], items="text")
WEIGHTS = field("weights", "file", "", suffixes=[".pt"])
TEACHER = field("teacher", "run", {"run": "", "step": None}, role="denoiser")
WANTED = field("wanted", "data-choice", None, optional=True, of="class")
COLUMN = field("column", "data-choice", "", of="column")
NOISE = field("noise", "part", None, optional=True)
STD = field("noise.std", "float", 0.5, group="Noise", inside="noise", above=0.0, title="Spread")
BLUR = field("blur", "part", {}, optional=True)
RADIUS = field("blur.radius", "int", 3, group="Blur", inside="blur")
FIELDS = [SIZES, NAMES, WEIGHTS, TEACHER, WANTED, COLUMN, NOISE, STD, BLUR, RADIUS]
ENTRY = EntrySpec(kind="family", slug="x", title="X", summary="", source="", fields=FIELDS)
OFFERS = Offers(
    runs=(
        RunOffer("0001-edm", "1 edm", frozenset({"denoiser"})),
        RunOffer("0002-gan", "2 gan", frozenset({"critic"})),
        RunOffer("0003-edm", "3 second", frozenset({"denoiser"})),
    ),
    classes=("3", "7"),
    columns=("x", "y"),
)


@pytest.fixture
def form(qtbot):
    made = Form(ENTRY)
    qtbot.addWidget(made)
    made.show_offers(OFFERS)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


def edits(form):
    seen = []
    form.edited.connect(lambda spec, value: seen.append((spec.path, value)))
    return seen


def retype(qtbot, line, text):
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, text)


@pytest.mark.parametrize(
    ("spec", "text", "value"),
    [
        (SIZES, "1, 2,4", [1, 2, 4]),
        (SIZES, "1000", [1000]),
        (SIZES, "1; 1,000", [1, 1000]),
        (NAMES, "", []),
        (NAMES, "a, b", ["a", "b"]),
        (NAMES, "a, b; c", ["a, b", "c"]),
        (NAMES, "a, b;", ["a, b"]),
    ],
)
def test_a_list_is_written_with_commas_and_comes_back(spec, text, value):
    assert setting_values.parse(spec, text) == value
    assert setting_values.parse(spec, setting_values.format_value(spec, value)) == value


@pytest.mark.parametrize(
    ("spec", "text", "why"),
    [
        (SIZES, "", "needs a value"),
        (SIZES, "1,, 2", "value 2 is missing"),
        (SIZES, "1, 0", "value 2 must be at least 1"),
        (SIZES, "1, x", "value 2 must be a number"),
        (WEIGHTS, "net.pt", "absolute path"),
        (WEIGHTS, "/net.csv", r"must end in \.pt"),
        (WEIGHTS, "/nowhere/net.pt", "existing file"),
    ],
)
def test_what_cannot_be_taken_is_said(spec, text, why):
    with pytest.raises(setting_values.Invalid, match=why):
        setting_values.parse(spec, text)


def test_a_list_is_typed(form, qtbot):
    seen = edits(form)
    retype(qtbot, form.rows["sizes"].editor.line, "3, 5")
    assert seen[-1] == ("sizes", [3, 5])
    form.show_config({"names": ["a", "b"]})
    assert form.rows["names"].editor.line.text() == "a, b"


def test_a_file_is_typed_or_chosen_in_a_dialog(form, qtbot, tmp_path):
    there = tmp_path / "net.pt"
    there.touch()
    seen = edits(form)
    editor = form.rows["weights"].editor
    retype(qtbot, editor.line, str(there))
    assert seen[-1] == ("weights", str(there))
    editor.browse.setFocus()
    qtbot.keyClick(editor.browse, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: bool(editor.findChildren(QFileDialog)))
    [dialog] = editor.findChildren(QFileDialog)
    assert dialog.nameFilters()[0] == "Weights (*.pt)"
    other = tmp_path / "other.pt"
    other.touch()
    dialog.fileSelected.emit(str(other))
    dialog.close()
    assert seen[-1] == ("weights", str(other))
    assert editor.line.text() == str(other)


def test_a_run_is_chosen_among_those_that_can_do_it_at_the_newest_step_or_another(form, qtbot):
    seen = edits(form)
    editor = form.rows["teacher"].editor
    titles = [editor.box.itemText(i) for i in range(editor.box.count())]
    assert titles == ["none", "1 edm", "3 second"]
    assert editor.step.isHidden()
    editor.box.setFocus()
    qtbot.keyClick(editor.box, Qt.Key.Key_Down)
    assert seen[-1] == ("teacher", {"run": "0001-edm", "step": None})
    form.show_config({"teacher": {"run": "0001-edm", "step": None}})
    retype(qtbot, editor.step.line, "500")
    assert seen[-1] == ("teacher", {"run": "0001-edm", "step": 500})
    form.show_config({"teacher": {"run": "0009-gone", "step": 5}})
    assert editor.box.currentText() == "0009-gone (not offered here)"


def test_a_class_or_a_column_is_one_of_the_data(form, qtbot):
    seen = edits(form)
    box = form.rows["wanted"].editor.box
    assert [box.itemText(i) for i in range(box.count())] == ["automatic", "3", "7"]
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Down)
    assert seen[-1] == ("wanted", "3")
    form.show_config({"wanted": "9"})
    assert box.currentText() == "9 (not in these data)"
    column = form.rows["column"].editor.box
    assert [column.itemText(i) for i in range(column.count())] == ["none", "x", "y"]


def test_a_part_is_switched_on_and_shows_its_settings(form, qtbot):
    seen = edits(form)
    assert form.rows["noise.std"].isHidden()
    assert not form.rows["blur.radius"].isHidden()
    switch_of = form.rows["noise"].editor.switch
    switch_of.setFocus()
    qtbot.keyClick(switch_of, Qt.Key.Key_Space)
    assert seen == [("noise", {})]
    form.show_config({"noise": {}, "blur": None})
    assert not form.rows["noise.std"].isHidden()
    assert form.rows["blur.radius"].isHidden()
    assert not form.rows["noise"]._dot.isHidden()
    form.search("radius")
    assert form.rows["blur.radius"].toolTip() == "Used only if Blur is on."


def spec(config=None):
    return RunSpec(name="x", family=Pick(slug="x", config=config or {}), dataset=Pick(slug="moons"))


def test_a_part_that_is_on_stays_on_without_settings_of_its_own():
    on = draft_spec.put(spec(), "family", NOISE, {})
    assert on.family.config == {"noise": {}}
    wide = draft_spec.put(on, "family", STD, 2.0)
    assert draft_spec.put(wide, "family", NOISE, {}).family.config == {"noise": {"std": 2.0}}
    assert draft_spec.put(wide, "family", STD, 0.5).family.config == {"noise": {}}
    assert draft_spec.put(wide, "family", NOISE, None).family.config == {}
    off = draft_spec.put(spec(), "family", BLUR, None)
    assert off.family.config == {"blur": None}
    assert draft_spec.changed(off.family.config, BLUR)
    assert draft_spec.value_at(off.family.config, RADIUS) == 3


def test_all_kinds_are_carried_over_to_a_family_that_has_them():
    other = EntrySpec(kind="family", slug="y", title="Y", summary="", source="", fields=FIELDS)
    config = {
        "sizes": [4],
        "names": ["a"],
        "weights": "/net.pt",
        "teacher": {"run": "0001-edm", "step": 5},
        "wanted": "3",
        "noise": {"std": 2.0},
        "blur": None,
    }
    made = field_carrier_switch.choose(
        spec(config), Catalog(entries=[ENTRY, other], devices=[]), "y"
    )
    assert made.spec.family.config == config
    assert not field_carrier_switch.allows(SIZES, [])
    assert not field_carrier_switch.allows(SIZES, [0])


@pytest.mark.parametrize(
    ("one", "value", "said"),
    [
        (SIZES, [1, 20], "1, 20"),
        (NAMES, [], "none"),
        (TEACHER, {"run": "0001-edm", "step": 1500}, "0001-edm, step 1,500"),
        (TEACHER, {"run": "", "step": None}, "none"),
        (NOISE, {}, "on"),
        (NOISE, None, "off"),
        (WANTED, None, "automatic"),
        (COLUMN, "x", "x"),
    ],
)
def test_values_are_told_in_words(one, value, said):
    assert setting_values.title_of(one, value) == said


def test_what_there_is_comes_from_the_project_and_the_preview():
    family = EntrySpec(
        kind="family", slug="x", title="", summary="", source="", fields=[], capabilities=["critic"]
    )
    runs = [RunState(key="/p/runs/0001-x", name="0001-x", spec=spec()), RunState(key="k", name="k")]
    found = offered(runs, {"names": ["3"]}, ("x",), Catalog(entries=[family], devices=[]))
    assert found.runs == (RunOffer("0001-x", "1 x", frozenset({"critic"})),)
    assert (found.classes, found.columns) == (("3",), ("x",))
