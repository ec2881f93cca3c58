"""Lenses that were opened for one run hear of the next, on whatever kind of data: those that have
nothing to show of it draw nothing and ask for nothing.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from msgspec import structs
from PySide6.QtWidgets import QApplication

from pushforward.studio.app.charts.particle_canvas import ParticleCanvas
from pushforward.studio.app.core.data_type_registry import all_kinds
from pushforward.studio.app.core.runs import FlowRecord, RunState
from pushforward.studio.app.shell.lens_tabs import discover
from pushforward.studio.protocol.catalog import Catalog, EntrySpec
from pushforward.studio.protocol.messages import Credit, GetRows, GetTarget, PreviewData, Watch
from pushforward.studio.protocol.spec import Pick
from pushforward.studio.store.flow import FlowStore

SHAPES = {
    "points": (2,),
    "images": (1, 8, 8),
    "cubes": (6, 3, 3),
    "jets": (4, 3),
    "jet-variables": (4,),
    "interactions": (5,),
    "graphs": (16,),
    "molecules": (16,),
    "labelled-graphs": (17,),
    "sentences": (56,),
    "texts": (5,),
    "series": (6, 2),
}


@pytest.fixture
def opened(lens):
    """Every lens, built and seen; by its id."""
    entries = [
        EntrySpec(
            kind="dataset", slug=slug, title=slug, summary="", source="", fields=[], kinds=[slug]
        )
        for slug in SHAPES
    ]
    lens.state.catalog = Catalog(entries=[*lens.state.catalog.entries, *entries], devices=[])
    lens.state.engine = replace(lens.state.engine, state="ready")
    specs = discover(lens.state)
    views = {spec.id: spec.factory(lens.state, lens.actions) for spec in specs}
    for view in views.values():
        view.resize(700, 500)
        view.show()
    yield {spec.id: spec for spec in specs}, views
    for view in views.values():
        view.close()
        view.deleteLater()
    QApplication.sendPostedEvents()


def records(kind, step):
    x = np.zeros((1, 7, *SHAPES[kind]), np.float32)
    return FlowRecord.from_arrays(step, np.ones(1, np.float32), x, {}, (-1, 1, -1, 1))


def test_every_kind_on_the_screen_is_tried():
    assert {kind.slug for kind in all_kinds()} == SHAPES.keys()


@pytest.mark.parametrize("kind", SHAPES)
async def test_a_lens_leaves_runs_alone_that_it_has_nothing_to_show_of(
    lens, opened, wait, tmp_path, kind
):
    specs, views = opened
    lens.arrive(3)
    spec = structs.replace(lens.run.spec, dataset=Pick(slug=kind))
    folder = tmp_path / "p" / "runs" / "0002-r"
    folder.mkdir(parents=True)
    run = RunState(key=str(folder), name="0002-r", spec=spec, job="j2", state="running", total=9)
    run.target = np.zeros((11, *SHAPES[kind]), np.float32)
    run.live = records(kind, 2)
    lens.state.runs.by_key[run.key] = run
    told, asked = len(lens.link.told), len(lens.link.asked)
    lens.state.runs.select(run.key)
    store = FlowStore(Path(run.key))
    store.keep(records(kind, 4))
    run.kept = store.steps()
    for signal in ("kept_changed", "changed", "record_arrived", "metrics_appended", "progressed"):
        getattr(lens.state.runs, signal).emit(run.key)
    run.job, run.state = "", "finished"
    lens.state.runs.changed.emit(run.key)
    # `pytest-qt` fails the test for whatever is raised in a slot meanwhile.
    applying = {id for id, each in specs.items() if each.applies(lens.state)}
    await wait(lambda: lens.actions.looking.watching is not None)
    new = [*lens.link.told[told:], *lens.link.asked[asked:]]
    wanted = {PreviewData: "scene", GetRows: "recommend"}
    for command in new:
        assert isinstance(command, (Watch, Credit, GetTarget)) or wanted[type(command)] in applying
    for id in views.keys() - applying - {"compare"}:
        for canvas in views[id].findChildren(ParticleCanvas):
            assert canvas.backdrop.target is None
            assert canvas._timeline is None
