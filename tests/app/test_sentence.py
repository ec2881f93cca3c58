"""The setup as a sentence: its slots open what can be chosen, by mouse and by keyboard."""

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.app_state import DataInfo
from pushforward.studio.app.core.draft import Draft
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.places.setup import sentence_settings
from pushforward.studio.app.places.setup.expected_cost import _larger, expected
from pushforward.studio.app.places.setup.pickers.dataset_picker import DataCards
from pushforward.studio.app.places.setup.pickers.option import Option, found
from pushforward.studio.app.places.setup.setup_summary import takes
from pushforward.studio.app.places.setup.slot_options import numbers
from pushforward.studio.app.places.setup.slot_sentence import Clause
from pushforward.studio.app.text.number_format import duration
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.catalog import EntrySpec
from pushforward.studio.protocol.spec import Pick
from tests.app.test_own_data import offer


async def set_up(bench, wait, slug="edm-eight-gaussians"):
    bench.script[m.Validate] = lambda command: {"problems": [], "parameters": 1, "bytes": 1}
    await bench.start()
    recipe = next(r for r in bench.state.recipes if r.slug == slug)
    bench.actions.setup.open_recipe(recipe)
    await wait(lambda: bench.state.draft.checked)
    return bench.window.canvas.setup.sentence


def titles(picker):
    if isinstance(picker.body, DataCards):
        return [card.data.title for card in picker.body.shelves.cards]
    rows = picker.body.list
    return [rows.item(i).text() for i in range(rows.count())]


async def test_a_letter_opens_the_picker_with_it_and_enter_uses_what_is_found(bench, qtbot, wait):
    said = await set_up(bench, wait)
    said.data.setFocus()
    qtbot.keyClick(said.data, Qt.Key.Key_R)
    assert said.picker.line.text() == "r"
    assert said.picker.line.hasFocus()
    assert titles(said.picker)[0] == "Ring of five"
    qtbot.keyClick(said.picker.line, Qt.Key.Key_Return)
    assert bench.state.draft.spec.dataset.slug == "ring-of-five"
    assert said.data.text() == "Ring of five"
    assert said.data.hasFocus(), "not Train: the sentence goes on"


async def test_escape_keeps_what_was_chosen_and_gives_the_keyboard_back(bench, qtbot, wait):
    said = await set_up(bench, wait)
    before = bench.state.draft.spec
    said.data.setFocus()
    qtbot.keyClick(said.data, Qt.Key.Key_Return)
    picker = said.picker
    qtbot.keyClick(picker.line, Qt.Key.Key_Down)
    qtbot.keyClick(picker.line, Qt.Key.Key_Escape)
    assert picker.isHidden()
    assert bench.state.draft.spec == before
    assert said.data.hasFocus()


async def test_tab_stays_in_an_open_picker(bench, qtbot, wait):
    said = await set_up(bench, wait)
    said.data.wanted.emit("")
    picker = said.picker
    for _ in range(6):
        bench.window.focusWidget().focusNextChild()
        assert picker.isAncestorOf(QApplication.focusWidget())
    picker.dismiss()


async def test_data_that_the_model_does_not_take_are_dimmed_and_say_what_would_be(
    bench, qtbot, wait, tmp_path
):
    said = await set_up(bench, wait)
    bench.state.catalog = bench.engine.jobs.offer = offer()
    bench.state.catalog_changed.emit()
    bench.state.datasets = [DataInfo(name="clouds", rows=9, columns=(), path=tmp_path, kind="jets")]
    said.data.wanted.emit("clouds")
    picker = said.picker
    option = picker.body.current
    assert option.why_not == "Diffusion (EDM) does not take jets."
    assert picker.use.text() == "Use, with GAN"
    qtbot.mouseClick(picker.use, Qt.MouseButton.LeftButton)
    assert bench.state.draft.spec.dataset.slug == "project:clouds"
    assert bench.state.draft.spec.family.slug == "gan"


async def test_any_number_of_steps_can_be_typed_and_a_wrong_one_says_why(bench, qtbot, wait):
    said = await set_up(bench, wait)
    said.budget.setFocus()
    qtbot.keyClick(said.budget, Qt.Key.Key_7)
    picker = said.picker
    qtbot.keyClicks(picker.line, "77")
    assert titles(picker)[0] == "777 steps"
    picker.line.setText("1,5")
    assert "whole number" in picker.body.current.why_not
    assert not picker.use.isEnabled()
    qtbot.keyClick(picker.line, Qt.Key.Key_Return)
    assert picker.isVisible(), "nothing can be chosen by it"
    picker.line.setText("777")
    qtbot.keyClick(picker.line, Qt.Key.Key_Return)
    assert bench.state.draft.spec.training["steps"] == 777
    assert said.budget.text() == "777 steps"


async def test_without_its_data_a_setup_has_one_zone_for_both_panels(bench, wait, qtbot, tmp_path):
    said = await set_up(bench, wait)
    page = bench.window.canvas.setup
    bench.actions.setup.choose("dataset", "project:gone")
    assert page.nothing.isVisible()
    assert "gone" in page.nothing.title.text()
    assert page.known.isHidden()
    assert page.motion.isHidden()
    wanted = []
    bench.state.window.import_files.connect(lambda: wanted.append(1))
    bench.state.window.import_files.disconnect(bench.window._asks.import_data)
    qtbot.mouseClick(page.nothing.bring, Qt.MouseButton.LeftButton)
    assert wanted == [1]
    qtbot.mouseClick(page.nothing.choose, Qt.MouseButton.LeftButton)
    assert said.picker.isVisible()
    said.picker.dismiss()
    bench.state.datasets = [DataInfo(name="gone", rows=9, columns=(), path=tmp_path)]
    bench.state.datasets_changed.emit()
    assert page.nothing.isHidden()
    assert page.known.isVisible()


async def test_the_facts_say_what_a_sample_takes(bench, wait):
    await set_up(bench, wait)
    bench.state.draft.evaluations = 28
    bench.state.draft_checked.emit()
    said = bench.window.canvas.setup.costs.accessibleName().replace("\u00a0", " ")
    assert said.startswith("Score × particles · 28 evaluations a sample")


async def test_a_sampler_is_a_slot_only_where_one_is_needed(bench, wait):
    said = await set_up(bench, wait)
    assert said.sampler.text() == "Heun"
    bench.actions.setup.switch(field="critic", carrier="generator")
    assert said.sampler.isHidden() or not said.sampler.isVisible()
    assert [each.text() for each in said.clauses if hasattr(each, "text")] == [
        "sampled in one pass,"
    ]


async def test_a_model_that_counts_is_fitted_in_one_pass_and_has_no_steps(bench, wait):
    said = await set_up(bench, wait)
    catalog = bench.state.catalog
    entry = catalog.get("family", bench.state.draft.spec.family.slug)
    entries = [
        msgspec.structs.replace(each, passes=1) if each is entry else each
        for each in catalog.entries
    ]
    bench.state.catalog = msgspec.structs.replace(catalog, entries=entries)
    said.refresh()
    assert said.budget not in [each for clause in said.clauses for each in clause.children()]
    assert said.clauses[-1].text() == "in one pass over the data."


@pytest.mark.parametrize(("steps", "seconds"), [(6000, 60), (3000, 30), (60, 0.6)])
async def test_the_time_follows_the_steps(bench, wait, steps, seconds):
    await set_up(bench, wait)
    draft = bench.state.draft
    recipe = msgspec.structs.replace(draft.recipe, expected_seconds=60.0)
    training = {**recipe.run.training, "steps": 6000}
    recipe = msgspec.structs.replace(
        recipe, run=msgspec.structs.replace(recipe.run, training=training)
    )
    spec = msgspec.structs.replace(recipe.run, training={**training, "steps": steps})
    known = expected(Draft(spec=spec, recipe=recipe), bench.state)
    assert known.seconds == pytest.approx(seconds)
    assert not known.here
    assert not known.rough


async def test_a_recipe_of_the_model_on_such_data_says_roughly_how_long_it_takes(bench, wait):
    await set_up(bench, wait)
    state, recipe = bench.state, bench.state.draft.recipe
    training = {**recipe.run.training, "steps": 1000}
    run = msgspec.structs.replace(recipe.run, training=training)
    state.recipes = [msgspec.structs.replace(recipe, expected_seconds=60.0, run=run)]
    other = draft_spec.repick(run, "dataset", "ring-of-five")
    known = expected(Draft(spec=other), state, steps=500)
    assert (known.seconds, known.about, known.here) == (pytest.approx(30.0), "roughly", False)
    # One with the network of the setup tells more than the first of them.
    net = {"slug": "mlp", "config": {"width": 512}}
    large = msgspec.structs.replace(
        run, family=msgspec.structs.replace(run.family, config={**run.family.config, "net": net})
    )
    slower = msgspec.structs.replace(recipe, expected_seconds=900.0, run=large)
    state.recipes = [*state.recipes, slower]
    other = draft_spec.repick(large, "dataset", "ring-of-five")
    assert expected(Draft(spec=other), state, steps=500).seconds == pytest.approx(450.0)
    assert expected(Draft(spec=draft_spec.repick(other, "family", "gan")), state) is None


async def test_a_step_on_larger_images_takes_longer(bench, wait):
    await set_up(bench, wait)
    state, recipe = bench.state, bench.state.draft.recipe
    digits = EntrySpec(
        kind="dataset", slug="digits", title="Digits", summary="", source="", fields=[],
        kinds=["images"], size="1,797 pictures, 8x8, grey",
    )  # fmt: skip
    state.catalog.entries.append(digits)
    training = {**recipe.run.training, "steps": 1000, "batch": 128}
    run = msgspec.structs.replace(
        draft_spec.repick(recipe.run, "dataset", "digits"), training=training
    )
    made = msgspec.structs.replace(recipe, expected_seconds=60.0, run=run, kind="images")
    assert _larger(Draft(spec=run), made, state.catalog) == 1.0
    mine = msgspec.structs.replace(run, dataset=Pick(slug="project:mine"))
    assert _larger(Draft(spec=mine), made, state.catalog) is None, "nobody knows their size"
    colour = Draft(spec=mine, points=np.zeros((2, 3, 16, 16), np.float32))
    assert _larger(colour, made, state.catalog) == pytest.approx(12.0)
    fewer = msgspec.structs.replace(mine, training={**training, "batch": 32})
    assert _larger(Draft(spec=fewer, points=colour.points), made, state.catalog) == 3.0


async def test_a_run_like_it_knows_better_how_long_it_takes(bench, wait):
    await set_up(bench, wait)
    draft = bench.state.draft
    draft.resolved = draft.spec
    of = msgspec.structs.replace(draft.spec, training={**draft.spec.training, "seed": 4})
    run = RunState(key="/p/runs/0001-a", name="0001-a", spec=of, step=100, seconds=5.0)
    bench.state.runs.by_key[run.key] = run
    known = expected(draft, bench.state, steps=1000)
    assert (known.seconds, known.here) == (pytest.approx(50.0), True)
    run.spec = msgspec.structs.replace(of, training={**of.training, "batch": 7})
    assert not expected(draft, bench.state, steps=1000).here


async def test_a_run_of_the_same_networks_on_this_computer_tells_more_than_a_recipe(bench, wait):
    await set_up(bench, wait)
    draft = bench.state.draft
    draft.resolved = draft.spec
    family = draft.spec.family
    other = msgspec.structs.replace(family, config={**family.config, "label_dropout": 0.37})
    of = msgspec.structs.replace(draft.spec, family=other)
    run = RunState(key="/p/runs/0001-a", name="0001-a", spec=of, step=100, seconds=5.0)
    bench.state.runs.by_key[run.key] = run
    known = expected(draft, bench.state, steps=1000)
    assert (known.seconds, known.here, known.about) == (pytest.approx(50.0), True, "roughly")
    net = {"slug": "mlp", "config": {"width": 512}}
    larger = msgspec.structs.replace(family, config={**family.config, "net": net})
    run.spec = msgspec.structs.replace(of, family=larger)
    assert not expected(draft, bench.state, steps=1000).here, "another network is no measure"


async def test_a_dear_sampler_is_said_beside_the_time_of_the_steps(bench, wait):
    await set_up(bench, wait)
    draft = bench.state.draft
    draft.evaluations = 18
    seconds = draft.recipe.expected_seconds
    said = f"{duration(seconds)} to {duration(3 * seconds)}"
    assert takes(draft, bench.state) == (said, "not timed on this computer")
    draft.evaluations = 2000
    assert takes(draft, bench.state)[1] == "plus drawing samples"


def test_what_begins_with_a_search_comes_first():
    options = [
        Option(value=1, title="Spirals", summary="A ring of two arms"),
        Option(value=2, title="Five rings"),
        Option(value=3, title="Ring of five"),
        Option(value=4, title="Moons"),
    ]
    assert [each.value for each in found(options, "ring")] == [3, 2, 1]
    assert [each.value for each in found(options, " ")] == [1, 2, 3, 4]
    longer, whole = Option(value=1, title="Diffusion of all"), Option(value=2, title="Diffusion")
    assert found([longer, whole], "diffusion")[0] is whole


async def test_only_steps_of_the_training_take_their_time(bench, wait):
    """ "Sampled in 14 steps" was said to take four seconds, as so many steps of a training do."""
    await set_up(bench, wait)
    draft, state = bench.state.draft, bench.state
    _, field = sentence_settings.sentence_fields(draft.spec, state.catalog)[
        sentence_settings.BUDGET
    ]
    assert all(" to " in each.note for each in numbers(field, 14, 14, draft, state))
    assert not any(each.note for each in numbers(field, 14, 14, None, state))


async def test_all_of_a_line_stand_at_one_height(bench, wait):
    said = await set_up(bench, wait)
    bench.actions.setup.choose("family", "gan")
    words = said._clauses["pass"]
    assert words in said.clauses
    said.layout().activate()
    middles = {each: each.geometry().center().y() for each in said.clauses}
    beside = [y for y in middles.values() if abs(y - middles[words]) < words.height() / 2]
    assert len(beside) > 1
    assert max(beside) - min(beside) <= 1


async def test_letters_are_no_number_of_steps_and_it_is_said_what_is(bench, wait, qtbot):
    said = await set_up(bench, wait)
    said.budget.wanted.emit("abc")
    assert said.picker.nothing.isVisible()
    assert said.picker.nothing.text().startswith("Type a number of steps: ")
    said.picker.dismiss()


async def test_the_sentence_ends_where_its_last_clause_does(bench, wait):
    said = await set_up(bench, wait)
    ends = [each.after.text() for each in said.clauses if isinstance(each, Clause)]
    assert ends[-1] == "."
    assert "." not in ends[:-1]
    shown = said.clauses
    said.show_clauses(shown[:-1])  # as while its budget is not known
    assert shown[-2].after.text() == "."
    said.show_clauses(shown)
    assert (shown[-2].after.text(), shown[-1].after.text()) == (",", ".")
