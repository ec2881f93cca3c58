"""A run that begins is seen moving, whatever was looked at before."""

import itertools

import msgspec
import numpy as np
import pytest

from pushforward.studio.app.lenses.watch.particles_view import WatchView
from pushforward.studio.app.lenses.watch.tiles_view import TilesView
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import Pick, RunSpec
from tests.client.fakes.catalog import catalog


def offer():
    """The catalogue of the fake, with a data set of images."""
    made = catalog()
    images = next(e for e in made.entries if e.kind == "dataset")
    images = msgspec.structs.replace(images, slug="letters", title="Letters", kinds=["images"])
    return msgspec.structs.replace(made, entries=[*made.entries, images])


def say_yes(bench):
    """Queue whatever is asked for: nothing has to be drawn or trained for a lens to open."""
    names = itertools.count(1)
    bench.script |= {
        m.Validate: lambda command: {"problems": [], "parameters": 1, "bytes": 1},
        m.PreviewData: lambda command: ({"n": 1}, {"x": np.zeros((1, 2), np.float32)}),
        m.StartTraining: lambda command: {
            "job": "",
            "run": f"{command.project}/runs/{next(names):04}-a",
        },
    }


async def started(bench, wait, dataset):
    spec = RunSpec(name="a", family=Pick(slug="gan"), dataset=Pick(slug=dataset))
    bench.actions.setup.open(spec)
    await wait(lambda: bench.state.draft.checked)
    before = set(bench.state.runs.by_key)
    bench.actions.training.start()
    await wait(lambda: set(bench.state.runs.by_key) - before and bench.state.place == "run")


@pytest.mark.parametrize("first", ["ring-of-five", "letters"])
@pytest.mark.parametrize("dataset", ["ring-of-five", "letters"])
async def test_train_lands_where_it_moves(bench, wait, first, dataset):
    say_yes(bench)
    await bench.start()
    bench.state.catalog = bench.engine.jobs.offer = offer()
    bench.state.catalog_changed.emit()
    lenses = bench.window.canvas.lenses
    views = {"ring-of-five": WatchView, "letters": TilesView}
    await started(bench, wait, first)
    await wait(lambda: lenses.shown == "watch" and isinstance(lenses.view, views[first]))
    lenses.want("quality")
    assert lenses.shown == "quality"
    await started(bench, wait, dataset)
    await wait(lambda: lenses.shown == "watch" and isinstance(lenses.view, views[dataset]))


async def test_a_branch_lands_there_too(bench, wait):
    await bench.start()
    lenses = bench.window.canvas.lenses
    await started(bench, wait, "ring-of-five")
    parent = bench.state.runs.current
    await wait(lambda: parent.kept)
    lenses.want("quality")
    bench.actions.branching.branch(parent.key, parent.kept[-1])
    await wait(lambda: bench.state.runs.current is not parent)
    await wait(lambda: lenses.shown == "watch")
