"""Settings in two tabs, and what was changed of them above both, with the way back."""

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from pushforward.studio.app.core.setup_changes import changes
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.messages import ErrorInfo
from tests.app.test_mistyped import row, type_into
from tests.app.test_setup_names import on_images


async def set_up(bench, wait, slug="gan-ring-of-five"):
    bench.script[m.Validate] = lambda command: {"problems": [], "parameters": 1, "bytes": 1}
    await bench.start()
    recipe = next(r for r in bench.state.recipes if r.slug == slug)
    bench.actions.setup.open_recipe(recipe)
    await wait(lambda: bench.state.draft.checked)
    return bench.window.inspector.setup


def told(panel):
    return [(line.text(), line.note) for line in panel.changed.lines]


def segment(panel, place):
    return panel.tabs._group.button(place)


async def test_essentials_are_shown_first_and_everything_says_how_many_there_are(
    bench, wait, qtbot
):
    panel = await set_up(bench, wait)
    frames = row(bench, "frames")
    assert not frames.isVisible()
    assert row(bench, "batch").isVisible()
    word, count = segment(panel, 1).text().split()
    assert word == "Everything"
    qtbot.mouseClick(segment(panel, 1), Qt.MouseButton.LeftButton)
    assert frames.isVisible()
    shown = sum(each.isVisible() for s in panel.sections if s.form for each in s.form.rows.values())
    assert shown == int(count)
    qtbot.mouseClick(segment(panel, 0), Qt.MouseButton.LeftButton)
    assert not frames.isVisible()
    panel.finder.setText("frames")
    assert frames.isVisible(), "a search finds all"


async def test_an_error_is_seen_in_either_tab_and_its_reason_leads_there(bench, wait):
    panel = await set_up(bench, wait)
    frames = row(bench, "frames")
    bench.state.draft.problems = [
        ErrorInfo(kind="user", message="Too many.", path="training.frames")
    ]
    bench.state.draft_checked.emit()
    await wait(frames.isVisible)
    assert frames.problem.text() == "Too many."
    bench.state.draft.problems = []
    bench.state.draft_checked.emit()
    assert frames.isHidden()
    assert frames.problem.isHidden()
    bench.state.window.show_setting.emit("training.frames")
    await wait(frames.editor.line.hasFocus)
    assert segment(panel, 1).isChecked()


async def test_what_a_recipe_sets_is_no_change_and_what_a_person_sets_is(bench, wait, qtbot):
    panel = await set_up(bench, wait)
    assert panel.changed.isHidden()
    was = row(bench, "batch").editor.line.text()
    type_into(bench, qtbot, "batch", "64")
    assert told(panel) == [("Batch", f"64, was {was}")]
    assert panel.changed.isVisible()
    assert not row(bench, "batch")._dot.isHidden()
    type_into(bench, qtbot, "batch", was)
    assert panel.changed.isHidden()


async def test_backspace_puts_a_setting_back_and_the_keyboard_stays_in_the_list(bench, wait, qtbot):
    panel = await set_up(bench, wait)
    before = bench.state.draft.spec
    type_into(bench, qtbot, "batch", "64")
    type_into(bench, qtbot, "seed", "9")
    first, second = panel.changed.lines
    first.setFocus()
    qtbot.keyClick(first, Qt.Key.Key_Down)
    assert second.hasFocus()
    qtbot.keyClick(second, Qt.Key.Key_Up)
    qtbot.keyClick(first, Qt.Key.Key_Backspace)
    assert [name for name, _ in told(panel)] == ["Seed"]
    left = QApplication.focusWidget()
    assert left is panel.changed.lines[0]
    qtbot.keyClick(left, Qt.Key.Key_Return)
    assert row(bench, "seed").editor.line.hasFocus()
    panel.changed.lines[0].setFocus()
    qtbot.keyClick(panel.changed.lines[0], Qt.Key.Key_Backspace)
    assert bench.state.draft.spec == before


async def test_reset_all_returns_to_the_recipe_and_its_budget(bench, wait, qtbot):
    panel = await set_up(bench, wait)
    before = bench.state.draft.spec
    bench.actions.setup.edit("training", row(bench, "steps").field, 77)
    type_into(bench, qtbot, "lr", "0.5", "family")
    type_into(bench, qtbot, "batch", "x")
    assert len(told(panel)) == 2
    assert bench.window.canvas.setup.sentence.budget.text() == "77 steps"
    qtbot.mouseClick(panel.changed.reset, Qt.MouseButton.LeftButton)
    assert bench.state.draft.spec == before
    assert bench.state.draft.local == {}
    assert panel.changed.isHidden()


async def test_another_model_begins_at_its_defaults(bench, wait, qtbot):
    panel = await set_up(bench, wait)
    bench.actions.setup.switch(field="critic", carrier="particles")
    shift = row(bench, "shift", "family").field
    bench.actions.setup.edit("family", shift, 3.0)
    assert ("Shift", "3, was 0") in told(panel)
    assert row(bench, "steps").isHidden(), "the sentence has it"


async def test_what_went_back_with_other_data_is_no_change_of_the_persons(bench, wait, tmp_path):
    await on_images(bench, wait, tmp_path)
    bench.actions.setup.open_on("project:my-points")
    assert changes(bench.state.draft, bench.state.catalog) == []


@pytest.mark.parametrize(
    ("typed", "said"), [("../<b>jet", "b-jet"), ("Big run 2", "big-run-2"), ("fine-name", "")]
)
async def test_a_name_that_is_changed_says_what_it_will_be(bench, wait, qtbot, typed, said):
    panel = await set_up(bench, wait)
    panel.name.setFocus()
    qtbot.keyClicks(panel.name, typed)
    assert panel.called.isVisible() == bool(said)
    if said:
        assert f"called {said}:" in panel.called.text()


def test_a_change_is_told_from_the_base():
    from pushforward.studio.app.core import draft_spec
    from tests.client.fakes.catalog import catalog

    field = next(f for f in catalog().get("training", "training").fields if f.path == "batch")
    assert not draft_spec.changed({"batch": 7}, field, {"batch": 7})
    assert draft_spec.changed({}, field, {"batch": 7})
    assert not draft_spec.changed({"batch": field.default}, field, {})
    picked = msgspec.structs.replace(field, default="", meant="mlp")
    assert not draft_spec.changed({"batch": "mlp"}, picked, {})
