"""The way of a run like the one that is set up, in pictures, where there is one."""

import msgspec
import numpy as np

from pushforward.studio.app.core.runs import FlowRecord, RunState
from pushforward.studio.app.places.setup import example_path_card
from pushforward.studio.app.places.setup.example_path_card import run_like
from tests.app.test_setup_names import on_images

T = np.linspace(0, 1, 5, dtype=np.float32)


def run(number, spec, state="finished"):
    name = f"{number:04d}-r"
    return RunState(key=f"/p/runs/{name}", name=name, spec=spec, state=state, step=9)


async def set_up(bench, wait, tmp_path, monkeypatch, record):
    await on_images(bench, wait, tmp_path)
    read = []
    monkeypatch.setattr(example_path_card, "read_newest", lambda key: (read.append(key), record)[1])
    draft = bench.state.draft
    for each in (run(1, draft.spec), run(2, draft.spec), run(3, draft.spec, "failed")):
        bench.state.runs.by_key[each.key] = each
    bench.state.runs.listed.emit()
    return bench.window.canvas.setup.path, read


async def test_the_newest_run_like_it_shows_its_way(bench, wait, tmp_path, monkeypatch):
    x = np.random.default_rng(0).random((5, 2, 1, 8, 8), np.float32)
    card, read = await set_up(bench, wait, tmp_path, monkeypatch, FlowRecord.from_arrays(70, T, x))
    await wait(lambda: read)
    await wait(lambda: card.isVisible())
    assert read == ["/p/runs/0002-r"]
    assert "run 2, step 70" in card.fact.accessibleName()
    assert [strip.count for strip in card.strips if not strip.isHidden()] == [5, 5]
    bench.actions.setup.choose("family", "gan")
    assert card.isHidden(), "a generator has no way"


async def test_one_that_keeps_a_single_frame_shows_none(bench, wait, tmp_path, monkeypatch):
    x = np.zeros((1, 2, 1, 8, 8), np.float32)
    card, read = await set_up(
        bench, wait, tmp_path, monkeypatch, FlowRecord.from_arrays(7, T[:1], x)
    )
    await wait(lambda: read)
    assert card.isHidden()


async def test_points_have_no_pictures(bench, wait, tmp_path):
    await on_images(bench, wait, tmp_path)
    draft = bench.state.draft
    other = msgspec.structs.replace(
        draft.spec, dataset=msgspec.structs.replace(draft.spec.dataset, slug="ring-of-five")
    )
    bench.state.runs.by_key["/p/runs/0001-r"] = run(1, other)
    assert run_like(draft, bench.state) is None
