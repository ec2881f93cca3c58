"""Race mode on the fake engine: who takes part, what they share, the start, and side by side."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QPushButton

from pushforward.studio.app.core import races, run_comparison
from pushforward.studio.app.core.races import Entry, RaceDraft
from pushforward.studio.app.core.run_tree import race_line, tree
from pushforward.studio.app.core.runs import Runs, RunState
from pushforward.studio.app.places.discover.recipe_search import what
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import Pick, Recipe, RecipeRace, Rival, RunSpec, racers
from tests.app.test_run_panel import measured
from tests.client.fakes.catalog import catalog


def recipe(bench, slug):
    return next(r for r in bench.state.recipes if r.slug == slug)


async def set_up(bench, wait, slug="edm-eight-gaussians"):
    await bench.start()
    bench.actions.setup.open_recipe(recipe(bench, slug))
    await wait(lambda: bench.state.draft.checked)


async def two_in_the_tray(bench, wait):
    await set_up(bench, wait)
    bench.actions.race.add_draft()
    bench.actions.race.duplicate(0, "gan")
    bench.actions.race.set_budget("steps", 400)
    await wait(lambda: not bench.state.race.reasons)


async def racing(bench, wait, speed=5000.0):
    await two_in_the_tray(bench, wait)
    bench.engine.speed = speed
    bench.actions.race.start()
    await wait(lambda: len(bench.state.runs.by_key) == 2)
    await wait(lambda: all(run.race and run.job for run in bench.state.runs.by_key.values()))


def tray(bench):
    return bench.window.canvas.setup.race


def started(bench):
    return [c for c in bench.engine.received if isinstance(c, m.StartRace)]


async def test_the_tray_appears_with_the_first_and_says_what_is_missing(bench, qtbot, wait):
    await set_up(bench, wait)
    assert tray(bench).isHidden()
    qtbot.mouseClick(bench.window.inspector.setup.race, Qt.MouseButton.LeftButton)
    assert tray(bench).isVisible()
    assert len(tray(bench).cards) == 1
    assert not tray(bench).start.isEnabled()
    assert "second model" in bench.state.race.reasons[0].message
    qtbot.mouseClick(tray(bench).add, Qt.MouseButton.LeftButton)
    assert [entry.spec.name for entry in bench.state.race.entries] == [
        "edm-eight-gaussians",
        "edm-eight-gaussians 2",
    ]
    await wait(tray(bench).start.isEnabled)


async def test_a_copy_as_another_family_keeps_data_seed_and_particles(bench, wait):
    await two_in_the_tray(bench, wait)
    first, other = (entry.spec for entry in bench.state.race.entries)
    assert (first.family.slug, other.family.slug) == ("edm", "gan")
    assert other.dataset == first.dataset
    assert [other.training.get(name) for name in races.SHARED] == [
        first.training.get(name) for name in races.SHARED
    ]


def fields(bench):
    return {f.path: f for f in bench.state.catalog.get("training", "training").fields}


async def test_who_takes_part_is_frozen_while_the_form_goes_on(bench, qtbot, wait):
    await set_up(bench, wait)
    add = bench.window.inspector.setup.race
    qtbot.mouseClick(add, Qt.MouseButton.LeftButton)
    first = bench.state.race.entries[0].spec
    bench.actions.setup.edit("training", fields(bench)["batch"], 64)
    bench.actions.setup.switch_generator()
    bench.actions.setup.choose("dataset", "ring-of-five")
    assert bench.state.race.entries[0].spec == first
    bench.actions.setup.choose("dataset", "eight-gaussians")
    qtbot.mouseClick(add, Qt.MouseButton.LeftButton)
    entries = bench.state.race.entries
    assert next(entry.spec for entry in entries) == first
    assert entries[1].spec.training["batch"] == 64
    assert entries[1].spec.family.slug != first.family.slug


async def test_one_is_edited_in_sight_and_done_returns_to_the_setup(bench, qtbot, wait):
    await two_in_the_tray(bench, wait)
    race, setup = bench.state.race, bench.window.inspector.setup
    before = [entry.spec for entry in race.entries]
    outside = bench.state.draft
    assert setup.racer.isHidden()
    qtbot.mouseClick(tray(bench).cards[1], Qt.MouseButton.LeftButton)
    assert setup.racer.isVisible()
    assert setup.racer.who.accessibleName() == "Editing racer 2: gan-eight-gaussians"
    assert "its settings are open" in tray(bench).cards[1].accessibleName()
    assert setup.train.isHidden()
    assert not setup.racer.undo.isEnabled()
    bench.actions.setup.edit("training", fields(bench)["batch"], 64)
    assert race.entries[1].spec.training["batch"] == 64
    qtbot.mouseClick(setup.racer.done, Qt.MouseButton.LeftButton)
    assert race.chosen == -1
    assert setup.racer.isHidden()
    assert setup.train.isVisible()
    assert bench.state.draft is outside
    bench.actions.setup.edit("training", fields(bench)["batch"], 32)
    assert race.entries[0].spec == before[0]
    assert race.entries[1].spec.training["batch"] == 64


async def test_escape_finishes_with_one(bench, qtbot, wait):
    await two_in_the_tray(bench, wait)
    bench.actions.race.edit(0)
    line = next(s for s in bench.window.inspector.setup.sections if s.section == "training")
    line = line.form.rows["batch"].editor.line
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, "abc")
    qtbot.keyClick(line, Qt.Key.Key_Escape)  # gives the wrong text up
    assert bench.state.race.chosen == 0
    assert not bench.state.race.bound.local
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    assert bench.state.race.chosen == -1


async def test_undo_takes_back_what_was_changed_in_one_and_so_in_all(bench, qtbot, wait):
    await two_in_the_tray(bench, wait)
    race, undo = bench.state.race, bench.window.inspector.setup.racer.undo
    before = [entry.spec for entry in race.entries]
    outside = bench.state.draft
    bench.actions.race.edit(1)
    bench.actions.setup.edit("training", fields(bench)["seed"], 7)
    bench.actions.setup.rename("mine")
    bench.actions.setup.choose("dataset", "ring-of-five")
    assert race.entries[1].spec.name == "mine"
    assert race.entries[0].spec.dataset.slug == "ring-of-five"
    assert race.entries[0].spec.name == "edm-ring-of-five"
    qtbot.mouseClick(undo, Qt.MouseButton.LeftButton)
    assert [entry.spec for entry in race.entries] == before
    assert race.chosen == 1
    assert bench.state.draft.spec == before[1]
    assert not undo.isEnabled()
    bench.actions.race.finish()
    assert bench.state.draft is outside


async def test_who_is_removed_while_it_is_edited_leaves_the_form_as_it_was(bench, wait):
    await two_in_the_tray(bench, wait)
    outside = bench.state.draft
    bench.actions.race.edit(0)
    bench.actions.race.remove(0)
    assert bench.state.race.chosen == -1
    assert bench.state.draft is outside
    assert len(bench.state.race.entries) == 1


async def test_the_form_edits_the_framed_card_and_shared_settings_change_in_all(bench, qtbot, wait):
    await two_in_the_tray(bench, wait)
    race = bench.state.race
    bench.actions.race.edit(1)
    bench.actions.setup.edit("training", fields(bench)["seed"], 7)
    bench.actions.setup.edit("training", fields(bench)["batch"], 64)
    assert [entry.spec.training.get("seed") for entry in race.entries] == [7, 7]
    assert race.entries[0].spec.training.get("batch") != 64
    assert race.entries[1].spec.training["batch"] == 64
    qtbot.mouseClick(tray(bench).cards[0], Qt.MouseButton.LeftButton)
    assert race.chosen == 0
    assert bench.state.draft.spec.family.slug == "edm"


async def test_another_setup_lets_the_race_alone(bench, wait):
    await two_in_the_tray(bench, wait)
    before = [entry.spec for entry in bench.state.race.entries]
    bench.actions.race.edit(1)
    bench.actions.setup.open(recipe(bench, "gan-ring-of-five").run)
    bench.actions.setup.edit("training", fields(bench)["seed"], 9)
    assert bench.state.race.chosen == -1
    assert [entry.spec for entry in bench.state.race.entries] == before


async def test_what_is_wrong_with_one_is_listed_and_leads_to_its_setting(bench, qtbot, wait):
    problem = m.ErrorInfo(kind="user", message="Too fast.", path="family.lr")

    def validate(command):
        bad = command.spec.family.slug == "gan"
        return {"problems": [problem] if bad else [], "parameters": 1, "bytes": 1}

    bench.script[m.Validate] = validate
    await set_up(bench, wait)
    bench.actions.race.add_draft()
    bench.actions.race.duplicate(0, "gan")
    await wait(lambda: bench.state.race.reasons)
    bench.actions.race.edit(0)
    links = [
        b
        for b in tray(bench).findChildren(QPushButton)
        if b.text() == "gan-eight-gaussians: Too fast."
    ]
    assert len(links) == 1
    assert not tray(bench).start.isEnabled()
    wanted = []
    bench.state.window.show_setting.connect(wanted.append)
    qtbot.mouseClick(links[0], Qt.MouseButton.LeftButton)
    assert bench.state.race.chosen == 1
    assert wanted == ["family.lr"]


async def test_two_that_are_the_same_are_told(bench, wait):
    await set_up(bench, wait)
    bench.actions.race.add_draft()
    bench.actions.race.duplicate(0)
    said = tray(bench)._shared.accessibleName
    assert said().startswith("edm-eight-gaussians and edm-eight-gaussians 2 are identical.")
    bench.actions.race.remove(1)
    bench.actions.race.duplicate(0, "gan")
    assert said().startswith("All learn")


def entries(bench, race):
    return [text for text, _ in bench.window.sidebar.runs.entries(race_line(race))]


async def test_a_race_is_stopped_and_deleted_from_its_line(bench, wait):
    await racing(bench, wait, speed=50.0)
    runs = list(bench.state.runs.by_key.values())
    lines, race = bench.window.sidebar.runs, runs[0].race
    assert "Delete the race" not in entries(bench, race)
    await wait(lambda: "Stop and keep the race" in entries(bench, race))
    dict(lines.entries(race_line(race)))["Stop and keep the race"]()
    await wait(lambda: not any(run.job for run in runs))
    assert "Stop and keep the race" not in entries(bench, race)
    deleted = []
    bench.actions.project.delete_runs = deleted.extend
    dict(lines.entries(race_line(race)))["Delete the race"]()
    assert set(deleted) == {run.key for run in runs}


async def test_the_figure_beside_a_run_says_of_which_metric_it_is(bench, wait):
    await racing(bench, wait)
    run = next(iter(bench.state.runs.by_key.values()))
    await wait(lambda: not run.job)
    title = bench.state.catalog.entries_of("metric")[0].title
    measured(
        run, f"quality/{bench.state.catalog.entries_of('metric')[0].slug}", [run.step], [0.0603]
    )
    row = bench.window.sidebar.runs.words(run.key)
    index = bench.window.sidebar.runs.model.index_of(run.key)
    for role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
        assert f"{title} {row.note}" in index.data(role)


async def test_the_ninth_is_told_that_there_is_no_room(bench, wait):
    await set_up(bench, wait)
    for _ in range(run_comparison.MOST):
        bench.actions.race.add_draft()
    assert bench.state.race.full
    assert not tray(bench).add.isEnabled()
    bench.actions.race.add_draft()
    assert len(bench.state.race.entries) == run_comparison.MOST == 8
    assert "at most 8" in bench.state.notices.history[-1].text


async def test_delete_takes_a_card_away_and_the_last_one_the_tray(bench, qtbot, wait):
    await two_in_the_tray(bench, wait)
    card = tray(bench).cards[0]
    card.setFocus()
    qtbot.keyClick(card, Qt.Key.Key_Delete)
    assert [entry.spec.family.slug for entry in bench.state.race.entries] == ["gan"]
    assert bench.state.race.chosen == -1
    bench.actions.race.clear()
    assert tray(bench).isHidden()


async def test_the_start_sends_equal_terms_and_shows_the_runs_side_by_side(bench, qtbot, wait):
    await two_in_the_tray(bench, wait)
    qtbot.mouseClick(tray(bench).start, Qt.MouseButton.LeftButton)
    await wait(lambda: started(bench))
    command = started(bench)[0]
    assert command.budget == m.Budget(kind="steps", amount=400.0)
    assert [spec.training["steps"] for spec in command.specs] == [400, 400]
    assert command.specs[0].dataset == command.specs[1].dataset
    await wait(lambda: bench.window.canvas.lenses.shown == "compare")
    assert bench.state.race.entries == []
    assert len(run_comparison.compared(bench.state.runs)) == 2


async def test_who_leaves_while_a_race_starts_stays_where_they_went(bench, qtbot, wait):
    """Starting took ten seconds, of which only grey buttons told; then the page jumped."""
    await two_in_the_tray(bench, wait)
    tray(bench).start.click()
    assert tray(bench).start.text() == "The race starts\u2026"
    bench.state.go("data")
    await wait(lambda: bench.state.race.entries == [])
    assert bench.state.place == "data"
    (told,) = [each for each in bench.state.notices.history if "has started" in each.text]
    told.actions[0].run()
    assert bench.state.place == "run"
    await wait(lambda: bench.window.canvas.lenses.shown == "compare")


async def test_a_refused_start_is_told_and_keeps_the_tray(bench, wait):
    from tests.client.fakes.engine import Refusal

    def refuse(command):
        raise Refusal("The disk is full.", kind="disk")

    bench.script[m.StartRace] = refuse
    await two_in_the_tray(bench, wait)
    bench.actions.race.start()
    await wait(lambda: bench.state.notices.banners)
    assert bench.state.notices.banners[0].text == "The race did not start"
    assert len(bench.state.race.entries) == 2


async def test_controls_of_a_race_hold_for_all(bench, qtbot, wait):
    await racing(bench, wait, speed=400)
    runs = bench.state.runs.by_key
    await wait(lambda: all(run.state == "running" for run in runs.values()))
    assert bench.state.running.kind == "race"
    qtbot.mouseClick(bench.window.topbar.main, Qt.MouseButton.LeftButton)
    await wait(lambda: all(run.state == "paused" for run in runs.values()))
    sent = [c for c in bench.engine.received if isinstance(c, m.Control)]
    assert [(c.action, c.job) for c in sent] == [("pause", bench.state.running.job)]
    bench.actions.training.pause_or_resume()
    await wait(lambda: all(run.state == "running" for run in runs.values()))
    bench.actions.training.stop()
    await wait(lambda: all(run.state == "cancelled" for run in runs.values()))


async def test_the_end_of_a_race_is_said_once(bench, wait):
    await racing(bench, wait)
    await wait(lambda: all(run.state == "finished" for run in bench.state.runs.by_key.values()))
    ends = [n.text for n in bench.state.notices.history if n.level == "good"]
    assert ends == ["Race of 2 is over"]


async def test_a_race_is_one_row_that_opens_and_closes(bench, qtbot, wait):
    await racing(bench, wait)
    lines = bench.window.sidebar.runs
    tree = lines.tree
    [race] = {run.race for run in bench.state.runs.by_key.values()}
    keys = tree.open_keys
    assert keys[0] == race_line(race)
    assert set(keys[1:]) == set(bench.state.runs.by_key)
    assert [line.depth for line in lines.model.lines] == [0, 1, 1]
    high = tree.height()
    tree.setFocus()
    qtbot.keyClick(tree, Qt.Key.Key_Home)
    qtbot.keyClick(tree, Qt.Key.Key_Left)
    assert tree.open_keys == [race_line(race)]
    assert tree.height() < high
    bench.state.runs.listed.emit()
    assert tree.open_keys == [race_line(race)]
    click(qtbot, lines, race_line(race), at=4)
    assert tree.open_keys == keys
    qtbot.keyClick(tree, Qt.Key.Key_Right)
    assert lines.model.line_at(tree.currentIndex()).key == keys[1]
    qtbot.keyClick(tree, Qt.Key.Key_Left)
    assert lines.model.line_at(tree.currentIndex()).key == keys[0]
    bench.actions.runs.select("")
    qtbot.keyClick(tree, Qt.Key.Key_Left)
    bench.actions.runs.select(keys[1])
    assert tree.open_keys == keys, "what is selected is seen"


async def test_a_finished_race_can_be_raced_again(bench, wait):
    await racing(bench, wait)
    runs = list(bench.state.runs.by_key.values())
    await wait(lambda: all(run.state == "finished" for run in runs))
    bench.actions.race.again(runs[0].race)
    assert [entry.spec.family.slug for entry in bench.state.race.entries] == ["edm", "gan"]
    assert bench.state.place == "setup"
    bench.actions.race.add_run(runs[1].key)
    assert [entry.spec.name for entry in bench.state.race.entries] == [
        "edm-eight-gaussians",
        "gan-eight-gaussians",
        "gan-eight-gaussians 2",
    ]


async def test_a_recipe_joins_on_the_data_of_the_first(bench, wait):
    await bench.start()
    bench.actions.race.add_recipe(recipe(bench, "edm-eight-gaussians"))
    project = bench.state.project
    assert project is not None
    bench.actions.race.add_recipe(recipe(bench, "gan-ring-of-five"))
    assert bench.state.project == project
    first, other = bench.state.race.entries
    assert other.spec.family.slug == "gan"
    assert other.spec.dataset == first.spec.dataset


def raced() -> Recipe:
    """A recipe that is a race of two, on what the fake engine has."""
    run = RunSpec(
        name="edm-eight-gaussians",
        family=Pick(slug="edm"),
        dataset=Pick(slug="eight-gaussians"),
        training={"batch": 64},
        sampler=Pick(slug="heun"),
    )
    rivals = [Rival(family=Pick(slug="gan"), training={"batch": 32})]
    return Recipe(
        slug="two", title="Two", summary="", teaches="", source="", kind="points",
        expected_seconds=9, run=run, race=RecipeRace(kind="seconds", amount=7, rivals=rivals),
    )  # fmt: skip


def test_who_races_in_a_recipe_has_its_data_and_what_differs():
    first, other = racers(raced())
    assert first == raced().run
    assert (other.name, other.family.slug) == ("gan-eight-gaussians", "gan")
    assert (other.dataset, other.sampler, other.training) == (first.dataset, None, {"batch": 32})
    assert what(raced(), catalog())[0] == "2 models"


async def test_a_recipe_that_is_a_race_fills_the_tray_and_starts_with_its_budget(bench, wait):
    await two_in_the_tray(bench, wait)
    bench.actions.race.open_recipe(raced())
    race = bench.state.race
    assert [entry.spec.family.slug for entry in race.entries] == ["edm", "gan"]
    assert (race.kind, race.amount(bench.state.catalog)) == ("seconds", 7)
    await wait(lambda: tray(bench).start.hasFocus())
    bench.actions.race.open_recipe(recipe(bench, "edm-eight-gaussians"))
    assert len(bench.state.race.entries) == 2, "a single one lets the race alone"
    assert bench.actions.race.train_recipe(raced())
    await wait(lambda: started(bench))
    assert started(bench)[0].budget == m.Budget(kind="seconds", amount=7)
    assert not bench.actions.race.train_recipe(recipe(bench, "edm-eight-gaussians"))


async def test_an_interrupted_race_goes_on_as_one(bench, wait):
    await racing(bench, wait, speed=200)
    runs = list(bench.state.runs.by_key.values())
    await wait(lambda: all(run.step for run in runs) and runs[0].target is not None)
    asked = []
    bench.script[m.ResumeRace] = lambda command: asked.append(command.runs) or {}
    bench.engine.end(signal=9)
    await wait(lambda: bench.state.notices.banners)
    banner = bench.state.notices.banners[0]
    assert banner.text == "The race was interrupted"
    assert banner.actions[0].title == "Resume the race"
    await wait(lambda: bench.state.engine.state == "ready")
    bench.engine.script.update(bench.script)
    banner.actions[0].run()
    await wait(lambda: asked)
    assert asked == [list(bench.state.runs.by_key)]


async def test_ctrl_and_a_click_choose_runs_to_be_compared(bench, qtbot, wait):
    await set_up(bench, wait)
    runs = bench.state.runs
    for n in range(3):
        bench.actions.training.start()
        await wait(lambda n=n: len(runs.by_key) == n + 1 and not bench.state.starting)
    keys = sorted(runs.by_key)
    bench.actions.runs.select(keys[0])
    lenses = bench.window.canvas.lenses
    lenses.want("compare")
    assert lenses.view.panes == []  # it stays, and says what to do
    lines = bench.window.sidebar.runs
    ctrl = Qt.KeyboardModifier.ControlModifier
    click(qtbot, lines, keys[2], ctrl)
    assert runs.selection == keys[0]
    assert runs.chosen == (keys[0], keys[2])
    selected = lines.tree.selectionModel().isSelected
    assert [selected(lines.model.index_of(key)) for key in keys] == [True, False, True]
    bench.window.registry.trigger("compare")
    assert lenses.shown == "compare"
    assert lenses.view.split.isVisible()
    click(qtbot, lines, keys[1])
    assert runs.chosen == ()
    assert lenses.shown == "compare"
    assert not lenses.view.split.isVisible()


def click(qtbot, lines, key, keys=Qt.KeyboardModifier.NoModifier, at=60):
    """Click a line of the tree, so many pixels from its left."""
    tree = lines.tree
    place = tree.visualRect(lines.model.index_of(key))
    spot = QPoint(at, place.center().y())
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, keys, spot)


# Pure parts


def spec(name="a", dataset="eight-gaussians", **training):
    return RunSpec(
        name=name, family=Pick(slug="edm"), dataset=Pick(slug=dataset), training=training
    )


def run(name, **more):
    more.setdefault("spec", spec())
    return RunState(key=f"/p/{name}", name=name, **more)


def test_the_budget_of_samples_buys_each_its_own_number_of_steps():
    race = RaceDraft([Entry(spec(batch=100)), Entry(spec("b", batch=400))], kind="samples")
    race.amounts["samples"] = 40_000
    assert [each.training["steps"] for each in races.runnable(race, catalog())] == [400, 100]


def test_the_budget_of_seconds_leaves_the_planned_steps():
    race = RaceDraft([Entry(spec(steps=50)), Entry(spec("b", steps=70))], kind="seconds")
    assert [each.training["steps"] for each in races.runnable(race, catalog())] == [50, 70]
    assert race.budget(catalog()) == m.Budget(kind="seconds", amount=60.0)


def test_the_first_budget_is_as_long_as_the_first_one_was():
    race = RaceDraft([Entry(spec(steps=300, batch=10)), Entry(spec("b"))])
    assert race.budget(catalog()).amount == 300
    race.kind = "samples"
    assert race.budget(catalog()).amount == 3000


def test_sharing_takes_data_and_shared_settings_but_leaves_the_rest():
    first = spec(dataset="ring-of-five", seed=3, batch=8)
    shared = races.share_with(first, spec(seed=1, particles=9, batch=99))
    assert shared.dataset.slug == "ring-of-five"
    assert shared.training == {"seed": 3, "batch": 99}


def test_clocks_meet_at_the_same_share_of_the_budget():
    fast = run("0001-a", step=1000, total=1000, kept=[0, 100, 500, 1000])
    slow = run("0002-b", step=40, total=40, kept=[0, 4, 20, 40])
    assert run_comparison.kept_at(slow, run_comparison.share(fast, 500)) == 20
    assert run_comparison.kept_at(slow, run_comparison.share(fast, None)) == 40
    assert run_comparison.kept_at(run("0003-c"), 0.5) is None


def test_axes_turn_steps_into_points_and_seconds():
    one = run("0001-a", step=100, seconds=5.0, spec=spec(batch=32))
    steps = np.array([0.0, 50.0, 100.0])
    assert run_comparison.axis_of(one, "samples", steps, None).tolist() == [0, 1600, 3200]
    assert run_comparison.axis_of(one, "seconds", steps, None) == pytest.approx([0, 2.5, 5.0])
    assert run_comparison.axis_of(one, "steps", steps, None).tolist() == [0, 50, 100]


def test_runs_on_other_data_are_not_compared():
    two = [run("0001-a"), run("0002-b", spec=spec(dataset="ring-of-five"))]
    assert "different data" in run_comparison.why_not(two)
    assert run_comparison.why_not([run("0001-a"), run("0002-b")]) == ""
    assert "Ctrl" in run_comparison.why_not(two[:1])


def test_those_chosen_come_before_those_of_the_race(qapp):
    runs = Runs()
    made = [run(f"000{i}-r", race="race-1" if i < 3 else "") for i in range(1, 5)]
    runs.by_key = {each.key: each for each in made}
    runs.select(made[0].key)
    assert [r.name for r in run_comparison.compared(runs)] == ["0001-r", "0002-r"]
    runs.choose((made[3].key, made[0].key))
    assert [r.name for r in run_comparison.compared(runs)] == ["0004-r", "0001-r"]
    runs.select(made[1].key)
    assert runs.chosen == ()
    assert [r.name for r in run_comparison.compared(runs)] == ["0001-r", "0002-r"]


def test_the_tree_puts_branches_under_parents_and_races_around_their_runs():
    runs = [
        run("0001-a", race="race-1"),
        run("0002-b", race="race-1"),
        run("0003-a", parent="0001-a", branch_step=5),
        run("0004-a", parent="0003-a", branch_step=9),
        run("0005-c"),
        run("0006-d", parent="0099-gone", branch_step=1),
    ]
    lines = tree(runs)
    assert [(line.key, line.depth) for line in lines] == [
        ("/p/0006-d", 0),
        ("/p/0005-c", 0),
        ("race:race-1", 0),
        ("/p/0001-a", 1),
        ("/p/0003-a", 2),
        ("/p/0004-a", 3),
        ("/p/0002-b", 1),
    ]
    assert next(line for line in lines if line.key == "/p/0001-a").branches == 1


def test_a_tree_never_goes_round_in_circles():
    runs = [run("0001-a", parent="0002-b"), run("0002-b", parent="0002-b")]
    assert sorted(line.key for line in tree(runs)) == ["/p/0001-a", "/p/0002-b"]
