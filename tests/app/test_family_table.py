"""The picker of models: a table of field and carrier from the catalogue, walked by the keyboard."""

import msgspec
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from pushforward.studio.app.core import field_carrier_switch
from pushforward.studio.app.places.setup.pickers.option import Option
from pushforward.studio.app.places.setup.pickers.option_chip import Chip, Why
from tests.app.test_sentence import set_up
from tests.client.fakes.catalog import catalog


def offer():
    """The catalogue of the fake, with a model that has no field and takes images, as rings are."""
    made = catalog()
    gan = made.get("family", "gan")
    judge = msgspec.structs.replace(
        gan, slug="judge", title="Judge", field="", carrier="", group="classify", kinds=["images"]
    )
    strange = msgspec.structs.replace(judge, slug="odd", title="Odd", group="fortune-telling")
    entries = [
        msgspec.structs.replace(e, kinds=["images"]) if e.slug == "ring-of-five" else e
        for e in made.entries
    ]
    return msgspec.structs.replace(made, entries=[*entries, judge, strange])


async def opened(bench, wait, letters=""):
    said = await set_up(bench, wait)
    bench.state.catalog = bench.engine.jobs.offer = offer()
    bench.state.catalog_changed.emit()
    said.family.setFocus()
    said.family.wanted.emit(letters)
    return said, said.picker


def chip(picker, slug):
    return next(c for c in picker.body.chips if c.option.value == slug)


async def test_cells_hold_the_models_and_empty_ones_their_reason(bench, wait):
    _, picker = await opened(bench, wait)
    names = {c.text() for c in picker.body.chips if isinstance(c, Chip)}
    assert names == {"Diffusion (EDM)", "GAN", "MonoFlow", "Judge", "Odd"}
    reasons = [c.option.why_not for c in picker.body.chips if isinstance(c, Why)]
    assert any("its own law" in reason for reason in reasons)
    assert len(reasons) == 3, "of two fields, whose six cells hold three models"
    heads = [each.text() for each in picker.body.findChildren(QLabel)]
    assert "Classify" in heads
    assert "Fortune telling" in heads, "a group that nobody has heard of has a line, too"
    assert "Recommend" not in heads, "one without members has none"


async def test_arrows_walk_as_the_choices_lie_and_the_look_follows(bench, wait, qtbot):
    _, picker = await opened(bench, wait)
    assert picker.body.current.value == "edm"
    qtbot.keyClick(picker.line, Qt.Key.Key_Down)
    edm = chip(picker, "edm")
    await wait(edm.hasFocus)
    qtbot.keyClick(edm, Qt.Key.Key_Right)
    assert isinstance(QApplication.focusWidget(), Why)
    assert picker.look.why.text() == QApplication.focusWidget().option.why_not
    assert not picker.use.isEnabled()
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Down)
    assert chip(picker, "monoflow").hasFocus()
    assert picker.look.title.text() == "MonoFlow"
    assert picker.look.motion.text == "dx = h′(d) ∇d dt,  d = log p/q"
    qtbot.keyClick(chip(picker, "monoflow"), Qt.Key.Key_Right)
    assert chip(picker, "gan").hasFocus()
    tabbed = [c for c in picker.body.chips if c.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert tabbed == [chip(picker, "gan")]
    qtbot.keyClick(chip(picker, "gan"), Qt.Key.Key_Return)
    assert bench.state.draft.spec.family.slug == "gan"


async def test_a_letter_on_a_choice_goes_to_the_search(bench, wait, qtbot):
    _, picker = await opened(bench, wait)
    qtbot.keyClick(picker.line, Qt.Key.Key_Down)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_M)
    assert picker.line.text() == "m"
    assert picker.line.hasFocus()
    assert picker.body.current.title == "MonoFlow"
    qtbot.keyClick(picker.line, Qt.Key.Key_Escape)
    assert bench.state.draft.spec.family.slug == "edm"


async def test_what_does_not_take_the_data_says_so_and_enter_takes_no_other_data_unasked(
    bench, wait, qtbot
):
    said, picker = await opened(bench, wait, "judge")
    assert picker.look.why.text() == "Judge does not take points."
    assert picker.use.text() == "Use, with Ring of five"
    qtbot.keyClick(picker.line, Qt.Key.Key_Return)
    assert bench.state.draft.spec.family.slug == "edm"
    assert picker.use.hasFocus()
    qtbot.keyClick(picker.use, Qt.Key.Key_Return)
    assert bench.state.draft.spec.family.slug == "judge"
    assert said.data.text() == "Ring of five"


async def test_a_search_finds_methods_that_are_a_model_with_settings(bench, wait, qtbot):
    _, picker = await opened(bench, wait)
    assert all(each.isHidden() for each in picker.body.named), "they are sought, not listed"
    picker.line.setText("ddim")
    assert picker.nothing.isHidden()
    assert "DDIM" in [each.text() for each in picker.body.named if not each.isHidden()]
    assert picker.body.current.title == "DDIM"
    heads = [each for each in picker.body.findChildren(QLabel) if not each.isHidden()]
    assert "Flow along t" not in [each.text() for each in heads if each.isVisible()]
    qtbot.keyClick(picker.line, Qt.Key.Key_Return)
    assert bench.state.draft.method.title == "DDIM"
    assert bench.state.draft.spec.family.slug == "edm"


async def test_filters_leave_what_passes(bench, wait, qtbot):
    _, picker = await opened(bench, wait)
    one_pass = picker.body.filters[0]
    qtbot.mouseClick(one_pass, Qt.MouseButton.LeftButton)
    assert [c.text() for c in picker.body.chips if not c.isHidden()] == ["GAN"]
    assert picker.body.current.value == "gan"
    qtbot.mouseClick(one_pass, Qt.MouseButton.LeftButton)
    assert all(not c.isHidden() for c in picker.body.chips)


async def test_a_model_is_added_to_a_race_and_the_setup_keeps_its_own(bench, wait, qtbot):
    _, picker = await opened(bench, wait, "gan")
    race = next(b for b in picker.findChildren(QPushButton) if b.text() == "Add to race")
    qtbot.mouseClick(race, Qt.MouseButton.LeftButton)
    assert picker.isHidden()
    assert [entry.spec.family.slug for entry in bench.state.race.entries] == ["gan"]
    assert bench.state.draft.spec.family.slug == "edm"


async def test_what_does_not_take_the_data_is_not_raced(bench, wait):
    _, picker = await opened(bench, wait, "judge")
    race = next(b for b in picker.findChildren(QPushButton) if b.text() == "Add to race")
    assert not race.isEnabled()


async def test_the_look_lies_below_in_a_narrow_window(bench, wait):
    _, picker = await opened(bench, wait)

    def below():
        return (
            picker.look.mapTo(picker, picker.look.rect().topLeft()).y()
            >= picker.body.mapTo(picker, picker.body.rect().bottomLeft()).y()
        )

    await wait(lambda: not below())
    bench.window.resize(1100, 760)
    await wait(below)


def test_groups_come_from_the_catalogue():
    assert list(field_carrier_switch.groups(offer())) == ["classify", "fortune-telling"]


async def test_it_opens_at_its_top_where_the_chosen_model_fits_in(bench, wait):
    _, picker = await opened(bench, wait)
    scroll = picker.body._scroll
    bar = scroll.verticalScrollBar()
    picker.body.setFixedHeight(170)
    await wait(lambda: bar.maximum() > 0)
    picker.body._highlight(chip(picker, "edm"))
    bar.setValue(bar.maximum())
    picker.body._reveal()
    assert bar.value() == 0, "the heads of the columns are seen"
    picker.body._highlight(chip(picker, "odd"))
    picker.body._reveal()
    assert bar.value() > 0


def test_groups_come_as_they_are_near_to_the_table():
    found = list(field_carrier_switch.groups(offer()))
    assert found == ["classify", "fortune-telling"]
    made = offer()
    judge = made.get("family", "judge")
    of = [
        msgspec.structs.replace(judge, slug=f"m-{g}", group=g)
        for g in reversed(field_carrier_switch.GROUPS)
    ]
    entries = [*made.entries, *of]
    found = list(field_carrier_switch.groups(msgspec.structs.replace(made, entries=entries)))
    assert found == [*field_carrier_switch.GROUPS, "fortune-telling"]


def test_a_name_that_is_too_long_for_its_chip_ends_in_an_ellipsis(qtbot):
    made = Chip(Option(value="x", title="Diffusion & all that is not observed"), False)
    qtbot.addWidget(made)
    made.resize(120, 28)
    assert made.shown.startswith("Diffusion &")
    assert made.shown.endswith("…")
    assert made.fontMetrics().horizontalAdvance(made.shown) <= 120
    made.resize(made.sizeHint())
    assert made.shown == "Diffusion & all that is not observed"


def test_a_choice_that_the_mouse_only_passes_is_not_looked_at(qtbot, monkeypatch):
    made, met = Chip(Option(value="x", title="Diffusion"), False), []
    qtbot.addWidget(made)
    made.met.connect(lambda: met.append(made.underMouse()))
    enter = QEnterEvent(QPointF(5, 5), QPointF(5, 5), QPointF(5, 5))
    monkeypatch.setattr(Chip, "underMouse", lambda _: True)
    QApplication.sendEvent(made, enter)
    assert not met, "not at once"
    qtbot.waitUntil(lambda: met == [True])
    monkeypatch.setattr(Chip, "underMouse", lambda _: False)
    made._rest()
    assert met == [True]
