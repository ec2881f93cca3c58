"""Forms made from descriptions: every kind, changes, problems, dependencies, search, the wheel."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QStyle, QStyleOptionComboBox, QWidget

from pushforward.studio.app.design.forms import editors
from pushforward.studio.app.design.forms.editor_factory import make
from pushforward.studio.app.design.forms.form import Form
from pushforward.studio.protocol.catalog import Choice, Dependency, EntrySpec, FieldSpec
from tests.client.fakes.catalog import catalog
from tests.qtloop import themed


def field(path, kind, default, **more):
    title = more.pop("title", path.capitalize())
    return FieldSpec(
        path=path, kind=kind, default=default, title=title, help="What it does.", **more
    )


def choices(*values):
    return [Choice(value=v, title=v.capitalize()) for v in values]


FIELDS = [
    field("batch", "int", 128, low=1.0, high=8192.0, unit="particles", log=True),
    field("lr", "float", 2e-4, above=0.0, log=True, title="Learning rate"),
    field("ema", "bool", True),
    field("decay", "float", 0.999, depends=Dependency(path="ema", values=[True])),
    field("loss", "choice", "hinge", choices=choices("hinge", "ipm")),
    field("path", "choice", "ve", choices=choices("ve", "vp-linear", "vp-cosine", "rectified")),
    field("text", "text", "FLOW"),
    field("threads", "int", None, optional=True, advanced=True),
    field("net.width", "int", 64, group="Network"),
]


@pytest.fixture
def form(qtbot):
    made = Form(EntrySpec(kind="family", slug="x", title="X", summary="", source="", fields=FIELDS))
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()  # without a window manager nobody else does
    qtbot.waitUntil(made.isActiveWindow)
    return made


def edits(form):
    seen = []
    form.edited.connect(lambda spec, value: seen.append((spec.path, value)))
    return seen


def test_each_setting_has_one_row_with_an_editor_of_its_kind(form):
    kinds = {path: type(row.editor).__name__ for path, row in form.rows.items()}
    assert kinds == {
        "batch": "LineEditor",
        "lr": "LineEditor",
        "ema": "SwitchEditor",
        "decay": "LineEditor",
        "loss": "ChoiceEditor",
        "path": "ChoiceEditor",
        "text": "LineEditor",
        "threads": "LineEditor",
        "net.width": "LineEditor",
    }


def test_few_short_options_stand_side_by_side_and_many_are_a_list(form):
    assert isinstance(form.rows["loss"].editor.box, editors.Segments)
    assert isinstance(form.rows["path"].editor.box, editors.ChoiceList)


def test_a_long_title_is_read_whole_beside_its_marks(qtbot):
    """In the words of the data sets and of the training there are such titles."""
    long = field("seed_of_split", "int", 0, title="Seed of the split that is learned from")
    entry = EntrySpec(kind="dataset", slug="d", title="D", summary="", source="", fields=[long])
    made = Form(entry)
    qtbot.addWidget(made)
    made.resize(280, 100)
    made.show()
    title = made.rows["seed_of_split"].title
    assert title.text() == long.title
    assert title.width() > 60
    assert title.height() >= title.heightForWidth(title.width()) > title.fontMetrics().height() * 2


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="no editor for the kind 'colour'"):
        make(field("tint", "colour", "red"))


def test_typing_says_the_value_or_why_it_cannot_be_taken(form, qtbot):
    seen, refused = edits(form), []
    form.rejected.connect(lambda spec, typed: refused.append((spec.path, typed.why)))
    line = form.rows["batch"].editor.line
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, "256")
    assert seen[-1] == ("batch", 256)
    line.selectAll()
    qtbot.keyClicks(line, "0")
    assert refused[-1] == ("batch", "must be at least 1")
    assert form.rows["batch"].problem.text() == "Must be at least 1"
    assert line.property("invalid") == "true"


@pytest.mark.parametrize("wide", [480, 230])
def test_settings_below_stay_where_they_are_while_one_is_mended(form, qtbot, wide):
    """They went down with each letter that was wrong, and up with the next one, and the button
    that was meant with them. Where there is room nothing moves at all.
    """
    form.resize(wide, 900)
    form.show()
    QApplication.processEvents()
    rows = list(form.rows.values())
    each = form.rows["batch"]
    below = next(r for r in rows if r.y() > each.y() and r.isVisible())
    line, first = each.editor.line, below.y()
    line.selectAll()
    qtbot.keyClicks(line, "0")
    QApplication.processEvents()
    wrong, high = below.y(), form.wrong_height
    assert each.problem.isVisible()
    assert (high == 0) == (wide == 480)
    if wide == 480:
        assert wrong == first
        said = each.problem.geometry()
        assert said.right() <= each.width()
        assert said.bottom() <= each.height()
    for letters, right in (("256", True), ("x", False), ("64", True)):
        line.selectAll()
        qtbot.keyClicks(line, letters)
        QApplication.processEvents()
        assert each.problem.isHidden() == right
        if wide == 230:
            assert (below.y(), form.wrong_height) == (wrong, high)


def test_switch_segments_list_and_text_say_what_is_chosen(form, qtbot):
    seen = edits(form)
    qtbot.mouseClick(form.rows["ema"].editor.switch, Qt.MouseButton.LeftButton)
    segments = form.rows["loss"].editor.box
    segments._group.button(1).click()
    form.rows["path"].editor.box.setCurrentIndex(2)
    form.rows["path"].editor.box.activated.emit(2)
    line = form.rows["text"].editor.line
    line.selectAll()
    qtbot.keyClicks(line, "HI")
    assert seen == [
        ("ema", False),
        ("loss", "ipm"),
        ("path", "vp-cosine"),
        ("text", "H"),
        ("text", "HI"),
    ]


def test_up_and_down_walk_round_numbers_within_the_range(form, qtbot):
    seen = edits(form)
    line = form.rows["lr"].editor.line
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Down):
        qtbot.keyClick(line, key)
    assert [value for _, value in seen] == [5e-4, 1e-3, 5e-4]
    batch = form.rows["batch"].editor
    batch.show_value(8192)
    qtbot.keyClick(batch.line, Qt.Key.Key_Up)
    assert len(seen) == 3  # 10,000 is beyond the range


def test_a_refresh_never_overwrites_what_is_being_typed(form, qtbot):
    line = form.rows["lr"].editor.line
    line.setFocus()
    qtbot.waitUntil(line.hasFocus)
    line.selectAll()
    qtbot.keyClicks(line, "0.0")
    form.show_config({"lr": 0.5, "batch": 64})
    assert line.text() == "0.0"
    assert form.rows["batch"].editor.line.text() == "64"


def test_a_changed_setting_has_a_dot_and_can_be_reset(form, qtbot):
    seen = edits(form)
    form.show_config({"batch": 64, "net": {"width": 32}})
    marked = {path for path, row in form.rows.items() if not row._dot.isHidden()}
    assert marked == {"batch", "net.width"}
    qtbot.mouseClick(form.rows["net.width"]._reset, Qt.MouseButton.LeftButton)
    assert seen == [("net.width", 64)]


def test_what_does_not_matter_now_is_hidden_and_found_by_search_with_the_reason(form):
    form.show_config({"ema": False})
    row = form.rows["decay"]
    assert row.isHidden()
    form.search("decay")
    assert not row.isHidden()
    assert not row.editor.isEnabled()
    assert row.toolTip() == "Used only if Ema is on."


def test_search_shows_only_what_fits_and_opens_the_advanced_fold(form):
    assert form.search("threads") == 1
    assert form.fold.opened
    assert form.rows["lr"].isHidden()
    assert form.search("no such thing") == 0
    assert form.search("") == len(FIELDS)


def test_focus_goes_to_a_setting_also_inside_the_fold(form, qtbot):
    assert form.focus("threads")
    qtbot.waitUntil(lambda: form.rows["threads"].editor.line.hasFocus())
    assert not form.focus("nothing")


def test_help_says_range_unit_and_default(form):
    tip = form.rows["batch"].toolTip()
    assert "What it does." in tip
    assert "1 to 8,192 particles; default 128 particles" in tip


def turn_wheel(widget: QWidget) -> QWheelEvent:
    at = QPointF(widget.rect().center())
    event = QWheelEvent(
        at,
        QPointF(widget.mapToGlobal(at.toPoint())),
        QPoint(0, 0),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)
    return event


@pytest.mark.parametrize("focused", [False, True])
@pytest.mark.parametrize("path", ["batch", "lr", "path", "loss", "ema", "text"])
def test_the_wheel_changes_nothing_and_is_left_to_the_page(form, path, focused):
    seen = edits(form)
    editor = form.rows[path].editor
    target = editor.heir
    (target if focused else form.rows["net.width"].editor.line).setFocus()
    assert not turn_wheel(target).isAccepted()
    assert seen == []


@pytest.mark.parametrize("kind", ["family", "dataset", "sampler", "training"])
def test_every_entry_of_a_catalogue_becomes_a_form(kind, qtbot):
    for entry in catalog().entries_of(kind):
        made = Form(entry)
        qtbot.addWidget(made)
        assert list(made.rows) == [spec.path for spec in entry.fields]
        for row in made.rows.values():
            assert row.editor.accessibleName() == row.field.title


@pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)
def test_a_list_that_gets_other_options_closes_or_another_one_would_be_under_the_mouse(qtbot):
    box = editors.ChoiceList(["In order", "Nearest"], "Sorted by")
    qtbot.addWidget(box)
    box.show()
    box.showPopup()
    assert box.view().isVisible()
    box.offer(["In order", "Nearest"])
    assert box.view().isVisible(), "nothing moved"
    box.offer(["In order", "Sure", "Nearest"])
    assert not box.view().isVisible()


def test_what_a_list_drops_down_in_has_one_frame(qtbot, qapp):
    """Over itself, as a menu, it had a second one with nothing between them."""
    themed(qapp)
    box = editors.ChoiceList(["Discs", "Image"], "Sampling order")
    qtbot.addWidget(box)
    box.show()
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    assert not box.style().styleHint(QStyle.StyleHint.SH_ComboBox_Popup, option, box)


SAMPLERS = field(
    "samplers", "list", [], items="text", meant="those that suit",
    choices=[Choice(value="ddim", title="DDIM (Euler)"), Choice(value="heun", title="Heun (EDM)")],
)  # fmt: skip


def test_some_of_several_options_are_typed_by_either_name_or_picked(qtbot):
    editor = make(SAMPLERS)
    qtbot.addWidget(editor)
    editor.show()
    seen, refused = [], []
    editor.edited.connect(seen.append)
    editor.rejected.connect(lambda typed: refused.append(typed.why))
    editor._typed("heun, ddim (euler)")
    assert seen == [["heun", "ddim"]]
    editor._typed("hein")
    assert refused == ["value 1 must be one of DDIM (Euler), Heun (EDM), not “hein”"]
    editor._typed("")
    assert seen[-1] == []
    menu = editor.options()
    ddim, heun = menu.actions()
    heun.setChecked(True)
    ddim.setChecked(True)
    assert seen[-1] == ["ddim", "heun"], "in the order of the options"
    assert editor.line.text() == "DDIM (Euler), Heun (EDM)"
    ddim.setChecked(False)
    assert seen[-1] == ["heun"]
