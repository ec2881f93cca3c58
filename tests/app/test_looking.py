"""Who is looked at: whatever was shown before, the live picture of the selected run goes on."""

import msgspec
import numpy as np
import pytest

from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import Pick, RunSpec
from tests.app.test_race import two_in_the_tray
from tests.client.fakes.training import FakeTraining

POINTS, PICTURES = "eight-gaussians", "ring-of-five"


@pytest.fixture
def two_kinds(monkeypatch):
    """The engine in memory, which knows points alone, makes pictures of one of its data sets."""
    points = FakeTraining.record

    def record(self):
        arrays = points(self)
        if self.spec.dataset.slug == PICTURES:
            x = arrays["x"][:, :12].mean(axis=2)
            arrays["x"] = np.tile(x[..., None, None, None], (1, 1, 1, 4, 4))
        return arrays

    monkeypatch.setattr(FakeTraining, "record", record)


async def start(bench, wait):
    await bench.start()
    bench.engine.speed = 400.0
    catalog = bench.state.catalog
    entries = [
        msgspec.structs.replace(entry, kinds=["images"])
        if (entry.kind, entry.slug) == ("dataset", PICTURES)
        else entry
        for entry in catalog.entries
    ]
    bench.state.catalog = msgspec.structs.replace(catalog, entries=entries)
    bench.state.catalog_changed.emit()


async def train(bench, wait, dataset):
    """Start a recipe on a data set, slowly, and end what ran before."""
    for job in list(bench.state.jobs.values()):
        bench.studio.link.tell(m.Control(job=job.job, action="cancel"))
    await wait(lambda: not bench.state.jobs)
    spec = RunSpec(
        name=dataset,
        family=Pick(slug="edm"),
        dataset=Pick(slug=dataset),
        training={"steps": 1_000_000},
    )
    bench.actions.setup.open(spec)
    await wait(lambda: bench.state.draft.checked)
    bench.actions.training.start()
    await wait(lambda: bench.state.runs.current is not None and bench.state.runs.current.job)
    return bench.state.runs.current


async def moves_on(bench, wait, run):
    """Wait until the lens that is seen shows some more live records, one after the other."""
    lens = bench.window.canvas.lenses.view
    for _ in range(4):
        await wait(lambda: lens._record is not None)
        seen = lens._record.step
        await wait(lambda seen=seen: lens._record.step > seen)
        bench.window.grab()
    watched = {w.job: w.on for w in bench.engine.received if isinstance(w, m.Watch)}
    assert [job for job, on in watched.items() if on and job in bench.state.jobs] == [run.job]
    # A record drawn brings one credit: two at first, and at most two were on their way before.
    assert bench.engine.jobs.training(run.job).credits <= 4


@pytest.mark.parametrize(
    "kinds", [(POINTS, PICTURES, POINTS), (PICTURES, POINTS, PICTURES)], ids=["points", "pictures"]
)
async def test_the_live_picture_goes_on_when_the_kind_of_data_changes(
    bench, wait, two_kinds, kinds
):
    await start(bench, wait)
    for kind in kinds:
        await moves_on(bench, wait, await train(bench, wait, kind))


async def test_the_live_picture_goes_on_when_another_racer_is_selected(bench, wait):
    await two_in_the_tray(bench, wait)
    bench.actions.race.set_budget("steps", 1_000_000)
    await wait(lambda: not bench.state.race.reasons)
    bench.actions.race.start()
    await wait(lambda: len(bench.state.runs.by_key) == 2)
    runs = list(bench.state.runs.by_key.values())
    await wait(lambda: all(run.job for run in runs))
    lenses = bench.window.canvas.lenses
    await wait(lambda: lenses.shown == "compare")
    lenses.want("watch")
    for run in (*runs, *runs):
        bench.state.runs.select(run.key)
        await moves_on(bench, wait, run)


async def test_the_live_picture_goes_on_after_scrubbing(bench, wait, two_kinds):
    await start(bench, wait)
    run = await train(bench, wait, POINTS)
    await moves_on(bench, wait, run)
    for _ in range(3):
        bench.state.playback.set(step=run.kept[0])
        bench.window.grab()
        bench.state.playback.set(step=None)
        await moves_on(bench, wait, run)
