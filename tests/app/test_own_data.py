"""Imported data of any kind: the window knows what they are, before and after a run on them."""

from pathlib import Path
from types import SimpleNamespace

import msgspec
import numpy as np
from PySide6.QtWidgets import QLabel

from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.app_state import DataInfo
from pushforward.studio.app.core.data_type_registry import kind_of_run
from pushforward.studio.app.core.imported_data import as_imported, pick_of
from pushforward.studio.app.data.views.view_spec import shows
from pushforward.studio.app.engine.requests import project_files
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.catalog import EntrySpec, FieldSpec
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.parts import Part
from pushforward.studio.store.project import Project
from pushforward.studio.store.schema import Schema
from pushforward.studio.workflows.command_line import command_for
from tests.client.fakes.catalog import catalog

CLOUDS = Pick(slug="project:clouds", config={"kind": "jets"})


def data(name, path, kind="points"):
    return DataInfo(name=name, rows=9, columns=(), path=path, kind=kind)


def offer():
    """The catalogue of the fake, in which a GAN takes jets and no other family does."""
    made = catalog()
    entries = [
        msgspec.structs.replace(e, kinds=["points", "jets"]) if e.slug == "gan" else e
        for e in made.entries
    ]
    return msgspec.structs.replace(made, entries=entries)


def spec(dataset):
    return RunSpec(name="r", family=Pick(slug="edm"), dataset=dataset)


def test_a_pick_says_what_the_project_says(tmp_path):
    own = [data("clouds", tmp_path, "jets"), data("table", tmp_path)]
    assert pick_of("project:clouds", own) == CLOUDS
    assert pick_of("project:table", own) == Pick(slug="project:table")
    assert pick_of("two-moons", own) == Pick(slug="two-moons")
    assert as_imported(spec(Pick(slug="project:clouds")), own).dataset == CLOUDS
    # Under its name there is something else now.
    table = [data("clouds", tmp_path)]
    assert as_imported(spec(CLOUDS), table).dataset == Pick(slug="project:clouds")
    assert as_imported(spec(CLOUDS), []).dataset == CLOUDS


def test_a_run_on_imported_data_has_the_lenses_of_their_kind():
    offered = catalog()
    assert offered.kind_of(CLOUDS) == "jets"
    assert offered.kind_of(Pick(slug="project:table")) == "points"
    run = SimpleNamespace(spec=spec(CLOUDS))
    assert kind_of_run(run, offered).slug == "jets"
    state = SimpleNamespace(runs=SimpleNamespace(current=run), catalog=offered)
    assert shows("tiles")(state)
    assert not shows("particles")(state)


def test_the_kind_is_read_with_the_data_sets_of_a_project(tmp_path):
    project = Project.open_or_create(tmp_path / "p", "P")
    schema = Schema(kind="jets", parts=[Part(name="x", dtype="float32", shape=[6, 3])])
    with project.new_dataset("clouds", schema, "", expected=2) as writer:
        writer.add({"x": np.ones((2, 6, 3), np.float32)})
    (found,) = project_files.datasets(tmp_path / "p")
    assert (found.name, found.kind, found.rows) == ("clouds", "jets", 2)


def test_a_copied_command_does_not_set_what_the_project_knows(tmp_path):
    assert "kind" not in command_for(spec(CLOUDS), catalog=catalog(), project=tmp_path / "p")


async def test_the_setup_offers_what_takes_an_imported_kind(bench, wait, tmp_path):
    bench.script[m.Validate] = lambda command: {"problems": [], "parameters": 1, "bytes": 1}
    await bench.start()
    bench.state.catalog = bench.engine.jobs.offer = offer()
    bench.state.catalog_changed.emit()
    bench.state.datasets = [data("clouds", tmp_path, "jets")]
    recipe = next(r for r in bench.state.recipes if r.slug == "edm-eight-gaussians")
    bench.actions.setup.open(recipe.run)
    bench.actions.setup.open_on("project:clouds")
    draft, setup = bench.state.draft, bench.window.inspector.setup
    assert draft.spec.dataset == CLOUDS
    # A model that does not take them is exchanged, which is said and can be undone.
    assert draft.spec.family.slug == "gan"
    assert "Model" in setup.moved.text.text()
    assert "GAN" in draft.note
    assert setup.moved.undo.isVisible()
    bench.actions.setup.undo_data()
    assert bench.state.draft.spec.family.slug == "edm"


async def test_what_a_setup_on_other_data_has_of_the_last_one_is_said(bench, wait, tmp_path):
    """A GAN of 700 steps came from nowhere."""
    bench.script[m.Validate] = lambda command: {"problems": [], "parameters": 1, "bytes": 1}
    await bench.start()
    bench.state.datasets = [data("clouds", tmp_path)]
    recipe = next(r for r in bench.state.recipes if r.slug == "edm-eight-gaussians")
    bench.actions.setup.open(msgspec.structs.replace(recipe.run, training={"steps": 700}))
    bench.actions.setup.open_on("project:clouds")
    page = bench.window.canvas.setup
    assert "As in the last setup: " in page.note.text()
    assert "700 steps" in page.note.text()


async def test_resetting_the_data_keeps_their_kind(bench, wait, tmp_path):
    await bench.start()
    bench.state.datasets = [data("clouds", tmp_path, "jets")]
    bench.actions.setup.open(spec(Pick(slug="project:clouds")))
    assert bench.window.inspector.setup.changed.isHidden()
    bench.actions.setup.reset_all()
    assert bench.state.draft.spec.dataset == CLOUDS


async def test_a_run_says_of_which_kind_its_imported_data_are(bench):
    await bench.start()
    bench.state.project = Path("/p")
    bench.actions.runs.know("/p/runs/0001-a", spec(CLOUDS))
    bench.actions.runs.select("/p/runs/0001-a")
    texts = [each.text() for each in bench.window.inspector.run.findChildren(QLabel)]
    assert "Jets" in texts
    assert "kind" not in texts


async def test_a_setup_on_data_that_go_and_come_back_is_asked_about_again(bench, wait, tmp_path):
    here = True

    def validate(command):
        gone = [] if here else [m.ErrorInfo(kind="user", message="It was deleted.", path="dataset")]
        return {"problems": gone, "parameters": 1, "bytes": 1}

    bench.script[m.Validate] = validate
    await bench.start()
    bench.state.datasets = [data("table", tmp_path)]
    bench.actions.setup.open(spec(Pick(slug="project:table")))
    setup = bench.window.inspector.setup
    await wait(setup.train.isEnabled)
    assert setup.race.isEnabled()
    here, kept = False, bench.state.datasets
    bench.state.datasets = []
    bench.state.datasets_changed.emit()
    await wait(lambda: bench.state.draft.problems)
    assert not setup.train.isEnabled()
    assert not setup.race.isEnabled()
    assert setup.race.toolTip() == "It was deleted."
    bench.window.registry.trigger("add-to-race")
    bench.actions.race.add_draft()
    assert bench.state.race.entries == []
    here, bench.state.datasets = True, kept
    bench.state.datasets_changed.emit()
    await wait(setup.train.isEnabled)
    assert setup.race.isEnabled()


def test_how_many_are_used_is_no_setting_of_data_that_are_used_whole():
    """ "Data used 20,000" stood beside a set of 98 graphs."""
    own = RunSpec(name="r", family=Pick(slug="edm"), dataset=CLOUDS)
    drawn = msgspec.structs.replace(own, dataset=Pick(slug="ring-of-five"))
    assert draft_spec.idle(own, "training") == {"samples", "subset"}
    assert draft_spec.idle(own, "family") == draft_spec.idle(drawn, "training") == set()


def test_an_imported_set_of_histories_has_a_protocol_to_choose() -> None:
    config = {"kind": "interactions", "protocol": "time"}
    spec = RunSpec(
        name="a test", family=Pick(slug="pop"), dataset=Pick(slug="project:films", config=config)
    )
    protocol = FieldSpec(path="protocol", kind="choice", title="Protocol", help="", default="users")
    own = EntrySpec(
        kind="imported", slug="interactions", title="", summary="", source="", fields=[protocol]
    )
    offered = catalog()
    offered = msgspec.structs.replace(offered, entries=[*offered.entries, own])
    entry = draft_spec.entry_of(spec, "dataset", offered)
    assert entry is not None
    assert entry.title == "films"
    assert [field.path for field in entry.fields] == ["protocol"]
    assert not draft_spec.unknown(spec, "dataset", offered), "the data type is no setting"
    assert draft_spec.cleared(spec, "dataset").dataset.config == {"kind": "interactions"}
    assert as_imported(spec, [data("films", Path("films"), "interactions")]) == spec, (
        "a run that is opened again keeps its protocol"
    )


def test_a_setup_on_other_data_begins_with_a_model_that_recipes_use_on_them():
    from pushforward.studio.app.core.field_carrier_switch import usual_model
    from pushforward.studio.resources import recipes

    known, every = catalog(), recipes()
    scenes = {r.run.family.slug for r in every if r.run.dataset.slug == "indian-pines"}
    kinds = {"indian-pines": "cubes"}

    class Known:
        def kind_of(self, pick: Pick) -> str:
            return kinds.get(pick.slug, known.kind_of(pick))

    assert usual_model("discriminator-flow", "cubes", Known(), every) in scenes
    assert usual_model("classifier", "cubes", Known(), every) == "classifier", "it is kept"
    assert usual_model("edm", "nothing", Known(), every) == "edm"
    assert usual_model("", "cubes", Known(), every) in scenes
