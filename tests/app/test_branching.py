"""The time machine: the sheet, the branch, changes on the clock, where a run comes from."""

import tomllib
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QPushButton

from pushforward.studio.app.core.display_names import branch_title
from pushforward.studio.app.core.run_edit_text import edit_notes, live_fields
from pushforward.studio.app.core.run_summary import title_of
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.engine.requests import project_files
from pushforward.studio.app.places.runs.branch_sheet import BranchSheet
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.label import Label
from pushforward.studio.protocol.spec import ChangeSetting, EditPoints, Pick, RunSpec, UndoPoints
from pushforward.studio.resources import load_recipe
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunRecord
from tests.client.fakes.catalog import catalog


def offer():
    """The catalogue of the fake, in which the penalty and the rate of the GAN may change."""
    made = catalog()

    def entry(each):
        if each.slug != "gan" or each.kind != "family":
            return each
        fields = [msgspec.structs.replace(f, live=f.path in ("lr", "penalty")) for f in each.fields]
        return msgspec.structs.replace(each, fields=fields)

    return msgspec.structs.replace(made, entries=[entry(each) for each in made.entries])


def recipe(bench, slug="gan-ring-of-five"):
    return next(r for r in bench.state.recipes if r.slug == slug)


async def trained(bench, wait, steps=600):
    await bench.start()
    bench.state.catalog = bench.engine.jobs.offer = offer()
    bench.state.catalog_changed.emit()
    run = recipe(bench).run
    run = msgspec.structs.replace(run, training={"steps": steps}, metrics=[])
    run = msgspec.structs.replace(run, family=Pick(slug="gan", config={"loss": "ipm"}))
    bench.actions.setup.open_recipe(recipe(bench))
    bench.actions.setup.open(run)
    await wait(lambda: bench.state.draft.checked)
    bench.actions.training.start()
    await wait(lambda: bench.state.runs.current is not None)
    known = bench.state.runs.current
    await wait(lambda: known.state == "finished")
    return known


def sheet(bench):
    return bench.window.findChildren(BranchSheet)[-1]


def branches(bench):
    return [c for c in bench.engine.received if isinstance(c, m.BranchRun)]


async def test_the_sheet_offers_the_live_settings_as_they_are(bench, wait):
    await trained(bench, wait)
    bench.state.playback.set(step=64)
    bench.window.registry.trigger("branch")
    form = sheet(bench).form
    assert set(form.rows) == {"lr", "penalty"}
    assert form.rows["lr"].editor.line.text() == "0.001"
    assert not any(row._reset.isVisible() for row in form.rows.values())
    run = bench.state.runs.current
    assert (sheet(bench).name.text(), sheet(bench).name.placeholderText()) == ("", "from 64")
    sheet(bench).reject()
    run.label = Label(name="Sharper")
    bench.window.registry.trigger("branch")
    assert sheet(bench).name.text() == "Sharper", "as it is called now"
    sheet(bench).start.click()
    await wait(lambda: branches(bench))
    assert branches(bench)[0].name == "Sharper"


async def test_a_branch_sends_only_what_was_changed_and_opens_the_new_run(bench, qtbot, wait):
    parent = await trained(bench, wait)
    bench.actions.branching.ask(parent.key, 64)
    opened = sheet(bench)
    line = opened.form.rows["lr"].editor.line
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, "0.5")
    assert opened.name.placeholderText() == "from 64, lr 0.5"
    opened.name.setText("hotter")
    qtbot.mouseClick(opened.start, Qt.MouseButton.LeftButton)
    await wait(lambda: branches(bench))
    command = branches(bench)[0]
    assert (command.run, command.step, command.name) == (parent.key, 64, "hotter")
    assert command.changes == [ChangeSetting(step=64, path="lr", value=0.5)]
    await wait(lambda: bench.state.runs.current is not parent)
    child = bench.state.runs.current
    await wait(lambda: child.spec is not None)
    assert (child.parent, child.branch_step) == (parent.name, 64)
    assert child.edits == command.changes
    assert branch_title(child) == "from 64, lr 0.5"
    assert title_of(child).endswith("from 64, lr 0.5")
    assert branch_title(parent) == ""


async def test_other_settings_move_the_branch_to_the_nearest_checkpoint(bench, qtbot, wait):
    parent = await trained(bench, wait)
    parent.checkpoints = [40]
    bench.actions.branching.ask(parent.key, 64)
    opened = sheet(bench)
    assert "equals" in opened.says.text()
    assert "up to step 64" in opened.says.text()
    training = opened.others["training"].form
    assert "seed" not in training.rows, "the particles are those of the parent"
    assert training.rows["steps"].editor.line.text() == "600"
    line = training.rows["steps"].editor.line
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, "900")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert opened.settings == {"training.steps": 900}
    assert "up to step 40" in opened.says.text()
    assert opened.name.placeholderText().startswith("from 40")
    qtbot.mouseClick(opened.start, Qt.MouseButton.LeftButton)
    await wait(lambda: branches(bench))
    command = branches(bench)[0]
    assert (command.step, command.settings, command.changes) == (64, {"training.steps": 900}, [])


async def test_a_bad_value_holds_the_branch_back(bench, qtbot, wait):
    parent = await trained(bench, wait)
    bench.actions.branching.ask(parent.key, 64)
    opened = sheet(bench)
    line = opened.form.rows["lr"].editor.line
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, "-1")
    assert not opened.start.isEnabled()
    line.selectAll()
    qtbot.keyClicks(line, "0.001")
    assert opened.start.isEnabled()
    opened.reject()
    assert branches(bench) == []


async def test_a_refused_branch_is_told(bench, wait):
    from tests.client.fakes.engine import Refusal

    def refuse(command):
        raise Refusal("Step 64 was never reached.")

    parent = await trained(bench, wait)
    bench.engine.script[m.BranchRun] = refuse
    bench.actions.branching.branch(parent.key, 64, [])
    await wait(lambda: bench.state.notices.banners)
    banner = bench.state.notices.banners[-1]
    assert (banner.text, banner.why) == ("The run was not branched", "Step 64 was never reached.")


async def test_branches_are_indented_under_their_parent_and_stay_without_it(bench, wait):
    parent = await trained(bench, wait)
    bench.actions.branching.branch(parent.key, 64)
    await wait(lambda: bench.state.runs.current is not parent)
    child = bench.state.runs.current
    await wait(lambda: child.state == "finished" and child.branch_step == 64)
    lines = bench.window.sidebar.runs
    assert lines.tree.open_keys == [parent.key, child.key]
    assert [line.depth for line in lines.model.lines] == [0, 1]
    assert lines.words(child.key).text.endswith("from 64")
    del bench.state.runs.by_key[parent.key]
    bench.state.runs.listed.emit()
    assert lines.tree.open_keys == [child.key]
    origins = bench.window.inspector.run.origins
    await wait(lambda: "that run was deleted" in texts(origins))


def texts(widget):
    from PySide6.QtWidgets import QLabel

    return " ".join(each.text() for each in widget.findChildren(QLabel) if not each.isHidden())


async def test_the_inspector_leads_to_the_parent(bench, qtbot, wait):
    parent = await trained(bench, wait)
    bench.actions.branching.branch(
        parent.key, 64, [ChangeSetting(step=0, path="penalty", value=3.0)]
    )
    await wait(lambda: bench.state.runs.current is not parent)
    child = bench.state.runs.current
    await wait(lambda: child.edits)
    origins = bench.window.inspector.run.origins
    await wait(lambda: "Branch of" in texts(origins) and "at step 64" in texts(origins))
    links = {b.text(): b for b in origins.findChildren(QPushButton) if not b.isHidden()}
    assert f"Step 64: Gradient penalty: {1} → {3}" in links
    qtbot.mouseClick(links[parent.name], Qt.MouseButton.LeftButton)
    assert bench.state.runs.current is parent


async def test_a_change_is_a_diamond_on_the_training_clock(bench, qtbot, wait):
    run = await trained(bench, wait)
    run.edits = [ChangeSetting(step=300, path="penalty", value=0.5)]
    bench.state.runs.edited.emit(run.key)
    track = bench.window._timebar.training
    x = track._x(300 / 600)
    [(place, words)] = track.notes_at(x)
    assert place == 0.5
    assert words == "Step 300. Gradient penalty: 1 → 0.5"
    assert track.notes_at(x + 40) == []
    at = track.rect().center()
    at.setX(round(x))
    help_event = QHelpEvent(QHelpEvent.Type.ToolTip, at, track.mapToGlobal(at))
    assert track.event(help_event)
    qtbot.mouseClick(track, Qt.MouseButton.LeftButton, pos=at)
    assert bench.state.playback.step == 256  # the kept step nearest to the change


async def test_an_edited_run_is_repeated_from_its_folder_or_a_recipe(bench, wait, tmp_path):
    run = await trained(bench, wait)
    plain = bench.actions.export.command()
    assert plain.startswith("pushforward run gan@")
    change = ChangeSetting(step=300, path="penalty", value=None)
    run.edits = [change]
    assert bench.actions.export.command() == f"pushforward run {run.key}"
    file = tmp_path / "changed.toml"
    bench.actions.export.recipe(run.key, str(file))
    await wait(file.exists)
    await wait(lambda: bench.state.notices.history[-1].text == "changed.toml is written")
    assert tomllib.loads(file.read_text())["run"]["family"]["slug"] == "gan"
    again = load_recipe(file).run
    assert again.edits == [change]
    assert again == msgspec.structs.replace(run.spec, edits=[change])


# On disk, and in words


def gan(**config):
    return RunSpec(
        name="g", family=Pick(slug="gan", config=config), dataset=Pick(slug="ring-of-five")
    )


def test_a_project_knows_branches_races_and_changes_again(tmp_path):
    project = Project.create(tmp_path / "p", "p")
    first = ChangeSetting(step=5, path="lr", value=0.1)
    spec = msgspec.structs.replace(gan(), edits=[first])
    budget = m.Budget(kind="samples", amount=100.0)
    folder = project.new_run(RunRecord(spec=spec, race="race-1", budget=budget))
    change = EditPoints(step=9, action="add", centre=(0.0, 1.0), radius=0.5, count=40)
    folder.events.append("edited", 9, **msgspec.to_builtins(change))
    project.new_run(RunRecord(spec=gan(), parent=folder.name, branch_step=7))
    one, two = project_files.read(project.path).runs
    assert (one.race, one.budget, one.edits) == ("race-1", "samples", [first, change])
    assert (two.parent, two.branch_step, two.edits) == (folder.name, 7, [])


def test_a_change_that_cannot_be_read_does_not_hide_the_run(tmp_path):
    project = Project.create(tmp_path / "p", "p")
    folder = project.new_run(RunRecord(spec=gan()))
    folder.events.append("edited", 9, kind="of a later version")
    [run] = project_files.read(project.path).runs
    assert run.edits == []


def test_edits_in_words_follow_the_values_as_they_change():
    run = RunState(key="/r", name="0001-g", spec=gan(loss="ipm"))
    run.edits = [
        ChangeSetting(step=10, path="penalty", value=2.0),
        ChangeSetting(step=20, path="penalty", value=0.0),
        ChangeSetting(step=30, path="unknown", value=7),
        EditPoints(step=40, action="add", centre=(0, 0), radius=1, count=1200),
        EditPoints(step=50, action="move", centre=(0, 0), radius=1, offset=(1, 0)),
        UndoPoints(step=60),
    ]
    assert [(note.step, note.text) for note in edit_notes(run, offer())] == [
        (10, "Gradient penalty: 1 → 2"),
        (20, "Gradient penalty: 2 → 0"),
        (30, "unknown: 7"),
        (40, "1,200 target points added"),
        (50, "Target points moved"),
        (60, "Last point edit undone"),
    ]


@pytest.mark.parametrize(("step", "penalty"), [(9, 1.0), (10, 2.0), (25, 0.0)])
def test_the_sheet_starts_from_the_values_at_the_step(step, penalty):
    run = RunState(key="/r", name="0001-g", spec=gan(loss="ipm"))
    run.edits = [
        ChangeSetting(step=10, path="penalty", value=2.0),
        ChangeSetting(step=20, path="penalty", value=0.0),
    ]
    fields = {field.path: field.default for field in live_fields(run, offer(), step)}
    assert fields == {"lr": 1e-3, "penalty": penalty}


def test_a_run_folder_given_to_the_command_line_has_its_changes(tmp_path):
    from pushforward.studio.workflows.target import find

    project = Project.create(tmp_path / "p", "p")
    folder = project.new_run(RunRecord(spec=gan()))
    change = ChangeSetting(step=3, path="lr", value=0.2)
    folder.events.append("edited", 3, **msgspec.to_builtins(change))
    assert find(str(Path(folder.path))).spec.edits == [change]
