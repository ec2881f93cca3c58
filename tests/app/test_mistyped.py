"""What is typed into a form and cannot be taken: the text, its mark and its reason stay together,
and go together.
"""

import pytest
from PySide6.QtCore import Qt

from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import Pick, RunSpec
from tests.client.fakes.catalog import catalog


async def set_up(bench, wait):
    await bench.start()
    data, family = Pick(slug="ring-of-five"), Pick(slug="gan")
    bench.actions.setup.open(RunSpec(name="gan", family=family, dataset=data))
    await wait(lambda: bench.state.draft.checked)


def section(bench, name):
    return next(s for s in bench.window.inspector.setup.sections if s.section == name)


def row(bench, path, name="training"):
    return section(bench, name).form.rows[path]


def type_into(bench, qtbot, path, text, name="training"):
    line = row(bench, path, name).editor.line
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, text)
    return line


def one_truth(bench):
    """Whether what the forms show is what holds the start back, and nothing else."""
    shown = set()
    for each in bench.window.inspector.setup.sections:
        for path, line in (each.form.rows if each.form is not None else {}).items():
            marked = getattr(line.editor, "line", None) and line.editor.line.invalid
            assert bool(marked) == (not line.problem.isHidden()), path
            if marked:
                shown.add((each.section, path))
    assert not bench.state.draft.problems
    assert bench.window.inspector.setup.train.isEnabled() == (not shown)
    return shown == set(bench.state.draft.local)


async def test_a_wrong_text_stays_in_its_line_with_its_reason(bench, qtbot, wait):
    await set_up(bench, wait)
    line = type_into(bench, qtbot, "batch", "abc")
    qtbot.keyClick(line, Qt.Key.Key_Tab)
    type_into(bench, qtbot, "seed", "500")
    assert bench.state.draft.spec.training["seed"] == 500
    assert line.text() == "abc"
    assert line.invalid
    assert "must be a number" in row(bench, "batch").problem.text().lower()
    assert one_truth(bench)
    await wait(lambda: bench.state.draft.checked)
    type_into(bench, qtbot, "batch", "64")
    assert one_truth(bench)
    assert bench.window.inspector.setup.train.isEnabled()


async def test_escape_gives_a_wrong_text_up(bench, qtbot, wait):
    await set_up(bench, wait)
    before = bench.state.draft.spec
    was = row(bench, "batch").editor.line.text()
    line = type_into(bench, qtbot, "batch", "abc")
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    assert line.text() == was
    assert bench.state.draft.spec == before
    assert one_truth(bench)
    assert bench.window.inspector.setup.train.isEnabled()


async def test_undo_of_the_typing_takes_the_reason_away(bench, qtbot, wait):
    await set_up(bench, wait)
    line = row(bench, "batch").editor.line
    was = line.text()
    line.setFocus()
    line.end(False)
    qtbot.keyClicks(line, "x")
    assert not bench.window.inspector.setup.train.isEnabled()
    line.undo()
    assert line.text() == was
    assert one_truth(bench)
    assert bench.window.inspector.setup.train.isEnabled()


@pytest.mark.parametrize("how", ["model", "data", "other kind of data", "reset", "new engine"])
async def test_whatever_is_switched_there_is_one_truth(bench, qtbot, wait, how):
    await set_up(bench, wait)
    line = type_into(bench, qtbot, "lr", "abc", "family")
    type_into(bench, qtbot, "batch", "-3")
    assert one_truth(bench)
    if how == "model":
        bench.actions.setup.switch_generator()
    elif how == "data":
        bench.actions.setup.choose("dataset", "eight-gaussians")
    elif how == "other kind of data":
        bench.actions.setup.choose("dataset", "digits")
    elif how == "reset":
        bench.actions.setup.reset_all()
    else:
        bench.state.catalog = catalog()
        bench.state.catalog_changed.emit()
        assert row(bench, "lr", "family").editor.line is not line, "the form was built anew"
        assert row(bench, "lr", "family").editor.line.text() == "abc"
    assert one_truth(bench)


async def test_a_wrong_text_out_of_sight_holds_nothing_back(bench, qtbot, wait):
    await set_up(bench, wait)
    entry = section(bench, "family").form.entry
    hidden = next(f for f in entry.fields if f.depends is not None and f.kind in ("int", "float"))
    above = next(f for f in entry.fields if f.path == hidden.depends.path)
    form = section(bench, "family").form
    bench.actions.setup.edit("family", above, hidden.depends.values[0])
    type_into(bench, qtbot, hidden.path, "abc", "family")
    assert one_truth(bench)
    assert bench.state.draft.local
    other = next(c.value for c in above.choices if c.value not in hidden.depends.values)
    form.rows[above.path].editor.edited.emit(other)
    assert form.rows[hidden.path].isHidden()
    assert not bench.state.draft.local
    assert one_truth(bench)


async def test_a_wrong_budget_holds_the_race_back_where_it_is_seen(bench, qtbot, wait):
    await set_up(bench, wait)
    bench.actions.race.add_draft()
    bench.actions.race.duplicate(0)
    tray = bench.window.canvas.setup.race
    await wait(tray.start.isEnabled)
    line = tray.amount.line
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, "many")
    bench.state.race_changed.emit()
    assert line.text() == "many"
    assert not tray.start.isEnabled()
    assert "must be a number" in bench.state.race.reasons[0].message
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    assert bench.state.race.typed is None
    assert line.text() != "many"
    await wait(tray.start.isEnabled)


async def test_a_problem_of_the_engine_is_said_once_more_after_typing(bench, qtbot, wait):
    """What the engine finds is about the value; it is not put under a text that is not it."""
    problem = m.ErrorInfo(kind="user", message="Too many.", path="training.batch")

    def validate(command):
        bad = command.spec.training.get("batch") == 77
        return {"problems": [problem] if bad else [], "parameters": 1, "bytes": 1}

    bench.script[m.Validate] = validate
    await set_up(bench, wait)
    type_into(bench, qtbot, "batch", "77")
    await wait(lambda: bench.state.draft.problems)
    assert row(bench, "batch").problem.text() == "Too many."
    type_into(bench, qtbot, "batch", "x")
    bench.state.draft_checked.emit()
    assert "must be a number" in row(bench, "batch").problem.text().lower()
