"""What the setup calls things as models and data are exchanged, and what goes back with them."""

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from pushforward.studio.app.core.app_state import DataInfo
from pushforward.studio.app.core.draft import Draft
from pushforward.studio.app.places.setup.setup_summary import costs, used
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import Pick, RunSpec
from tests.client.fakes.catalog import catalog


def offer():
    """The catalogue of the fake, in which eight Gaussians are images."""
    made = catalog()
    entries = [
        msgspec.structs.replace(e, kinds=["images"]) if e.slug == "eight-gaussians" else e
        for e in made.entries
    ]
    return msgspec.structs.replace(made, entries=entries)


async def on_images(bench, wait, tmp_path):
    """Open a recipe for images, in a project with an own set of points."""
    bench.script[m.Validate] = lambda command: {"problems": [], "parameters": 1, "bytes": 1}
    await bench.start()
    bench.state.catalog = bench.engine.jobs.offer = offer()
    bench.state.catalog_changed.emit()
    recipe = next(r for r in bench.state.recipes if r.slug == "edm-eight-gaussians")
    bench.actions.setup.open_recipe(recipe)
    own = DataInfo(name="my-points", rows=9, columns=("x", "y"), path=tmp_path)
    bench.state.datasets = [own]
    bench.state.datasets_changed.emit()
    await wait(lambda: bench.state.draft.checked)
    return recipe


async def test_an_own_file_is_not_trained_under_the_recipes_name_and_settings(
    bench, qtbot, wait, tmp_path
):
    recipe = await on_images(bench, wait, tmp_path)
    assert bench.state.draft.spec.name == recipe.run.name
    assert recipe.run.sampler is not None
    bench.actions.setup.open_on("project:my-points")
    draft, setup = bench.state.draft, bench.window.inspector.setup
    assert draft.spec.name == "edm-my-points"
    assert draft.spec.sampler is None
    assert "batch" not in draft.spec.training
    page = bench.window.canvas.setup
    assert page.sentence.data.text() == "my-points"
    assert page.title.isHidden()
    assert page.teaches.isHidden()
    assert setup.name.placeholderText() == "edm-my-points"
    assert "Sampler" in setup.moved.text.text()
    qtbot.mouseClick(setup.moved.undo, Qt.MouseButton.LeftButton)
    assert bench.state.draft.spec == recipe.run
    assert page.title.text() == recipe.title
    assert setup.moved.isHidden()


async def test_undo_is_offered_while_nothing_would_be_lost(bench, wait, tmp_path):
    await on_images(bench, wait, tmp_path)
    setup = bench.window.inspector.setup
    bench.actions.setup.choose("dataset", "ring-of-five")
    assert setup.moved.undo.isVisible()
    entry = bench.state.catalog.get("training", "training")
    bench.actions.setup.edit("training", next(f for f in entry.fields if f.path == "seed"), 5)
    assert setup.moved.isVisible()
    assert setup.moved.undo.isHidden()


async def test_the_heading_follows_the_model(bench, wait):
    await bench.start()
    recipe = next(r for r in bench.state.recipes if r.slug == "gan-ring-of-five")
    bench.actions.setup.open_recipe(recipe)
    canvas = bench.window.canvas.setup
    assert canvas.title.text() == recipe.title
    bench.actions.setup.choose("family", "edm")
    assert canvas.title.isHidden()
    assert canvas.sentence.family.text() == "Diffusion (EDM)"
    assert bench.state.draft.spec.name == "edm-ring-of-five"
    assert canvas.source.isHidden()
    bench.actions.setup.choose("family", "gan")
    assert canvas.title.text() == recipe.title


async def test_a_name_that_is_typed_stays(bench, qtbot, wait):
    await bench.start()
    bench.actions.setup.open_recipe(bench.state.recipes[0])
    line = bench.window.inspector.setup.name
    line.setFocus()
    qtbot.keyClicks(line, "mine")
    bench.actions.setup.choose("dataset", "ring-of-five")
    bench.actions.setup.choose("family", "gan")
    assert bench.state.draft.spec.name == "mine"
    line.setFocus()
    line.selectAll()
    qtbot.keyClick(line, Qt.Key.Key_Delete)
    assert bench.state.draft.spec.name == "gan-ring-of-five"


async def test_a_run_on_own_data_says_their_own_name(bench, wait, tmp_path):
    await on_images(bench, wait, tmp_path)
    key = str(bench.state.project / "runs" / "0001-a")
    bench.actions.runs.know(key, bench.state.draft.spec)
    run = bench.state.runs.by_key[key]
    run.spec = msgspec.structs.replace(run.spec, dataset=Pick(slug="project:my-points"))
    bench.actions.runs.select(run.key)
    texts = [each.text() for each in bench.window.inspector.run.findChildren(QLabel)]
    assert "my-points" in texts
    assert not [text for text in texts if "project:" in text]


async def test_what_a_run_costs_is_broken_into_lines_between_facts_only(bench, wait, tmp_path):
    """In the panel of a window of 1280 pixels the last word stood alone on its line."""
    await on_images(bench, wait, tmp_path)
    bench.state.draft.parameters, bench.state.draft.bytes = 170_499, 85 * 2**20
    bench.state.draft_checked.emit()
    facts = costs(bench.state.draft, bench.state.catalog)
    assert facts.split(" · ")[-2:] == ["170,499\u00a0parameters", "about\u00a085\u00a0MB"]
    assert bench.window.canvas.setup.costs.accessibleName() == facts
    assert all(" " not in fact for fact in facts.split(" · "))


async def test_as_many_data_are_told_as_the_training_draws(bench, wait, tmp_path):
    """A preview of 4,096 graphs stood for the data of a run that learns 80."""
    await on_images(bench, wait, tmp_path)
    state, page = bench.state, bench.window.canvas.setup
    await wait(lambda: state.draft.points is not None)

    def told(samples, facts, **entry):
        draft, entries = state.draft, state.catalog.entries
        slug = draft.spec.dataset.slug
        made = [msgspec.structs.replace(e, **entry) if e.slug == slug else e for e in entries]
        state.catalog = msgspec.structs.replace(state.catalog, entries=made)
        draft.spec = msgspec.structs.replace(draft.spec, training={"samples": samples})
        draft.facts = {"n": 4096, **facts}
        state.draft_checked.emit()
        return page.facts.accessibleName().split(" · ")[0], page.shares.text()

    assert told(80, {}) == ("80 points", "")
    points, said = told(0, {})
    assert (points, said) == ("4,096 points", "Every batch is freshly sampled.")
    shares = {"shares": {"learned": 4096, "measured": 1000}}
    points, said = told(500, shares, size="5,096 rows")
    assert points == "4,096 points"
    assert said.endswith("validation 1,000 · the training takes 500, by its seed")
    assert "takes" not in told(0, shares, size="5,096 rows")[1]


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (50, "25 samples"),
        (20, "10 samples: too few to conclude anything"),
        (4, "2 samples: too few to conclude anything"),
        (3, ""),
        (500, "250 samples"),
        (2000, ""),
        (0, ""),
    ],
)
def test_it_is_said_of_how_many_samples_figures_are_where_few_are_held_out(held, said):
    made = catalog()
    entries = [
        msgspec.structs.replace(each, capabilities=["samples"]) if each.kind == "family" else each
        for each in made.entries
    ]
    spec = RunSpec(
        name="", family=Pick(slug="edm"), dataset=Pick(slug="two-moons"),
        training={"evaluate_samples": 1000, "samples": 0},
    )  # fmt: skip
    draft = Draft(spec=spec, facts={"n": 450, "shares": {"learned": 450, "measured": held}})
    told = used(draft, msgspec.structs.replace(made, entries=entries))[1]
    assert ("metrics use" in told) == bool(said)
    assert said in told


async def test_a_sampler_that_is_the_default_there_too_is_not_said_to_have_changed(
    bench, wait, tmp_path
):
    await on_images(bench, wait, tmp_path)
    bench.actions.setup.open_on("project:my-points")
    draft, setup = bench.state.draft, bench.window.inspector.setup
    was = draft.before.spec.sampler
    resolved = msgspec.structs.replace(draft.spec, sampler=Pick(slug=was.slug, config=was.config))
    draft.resolved = resolved
    setup.refresh()
    assert "Sampler" not in setup.moved.text.text()
    draft.resolved = msgspec.structs.replace(resolved, sampler=Pick(slug="another"))
    setup.refresh()
    assert "Sampler" in setup.moved.text.text()
