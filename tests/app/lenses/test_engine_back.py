"""What only the engine knows is asked for once, and once more when a lost engine is back."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from msgspec import structs
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.data_types.cubes.scene_view import SceneView
from pushforward.studio.app.data_types.interactions.recommend_view import RecommendView
from pushforward.studio.app.engine.requests.request_base import Answer, Refused
from pushforward.studio.app.engine.sample_source import Sampled, ShownSamples
from pushforward.studio.app.lenses.compare.compare_view import CompareView
from pushforward.studio.app.lenses.samples.points_view import SamplesView
from pushforward.studio.app.lenses.samples.tile_samples_view import TileSamplesView
from pushforward.studio.app.lenses.watch.particles_view import WatchView
from pushforward.studio.protocol.catalog import Catalog, EntrySpec
from pushforward.studio.protocol.messages import Command, ErrorInfo, GetRows, GetTarget, PreviewData
from pushforward.studio.protocol.spec import Pick

VIEWS = [
    (CompareView, "points"),
    (WatchView, "points"),
    (SamplesView, "points"),
    (TileSamplesView, "images"),
    (RecommendView, "interactions"),
    (SceneView, "cubes"),
]


@pytest.fixture(params=VIEWS, ids=lambda each: each[0].__name__)
def view(request: Any, lens: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[QWidget]:
    """A lens on an engine that dies before it answers."""
    make, kind = request.param
    entry = EntrySpec(
        kind="dataset", slug="some", title="S", summary="", source="", fields=[], kinds=[kind]
    )
    lens.state.catalog = Catalog(entries=[entry], devices=[])
    lens.run.spec = structs.replace(lens.run.spec, dataset=Pick(slug="some"))

    async def ask(command: Command) -> Answer:
        lens.link.asked.append(command)
        raise Refused(ErrorInfo(kind="engine", message="The engine is gone."))

    monkeypatch.setattr(lens.link, "ask", ask)
    lens.link.alive = False
    beside = replace(lens.run, key=f"{lens.run.key}-2", job="")
    lens.state.runs.by_key[beside.key] = beside
    lens.state.runs.choose((lens.run.key, beside.key))
    made = make(lens.state, lens.actions)
    made.show()
    if isinstance(made, TileSamplesView):
        # Real data are fetched as many as there is room for beside what was generated.
        made.findChild(Sampled)._now = ShownSamples(np.zeros((4, 8, 8), np.float32), (), "four", 0)
    yield made
    made.close()
    made.deleteLater()


async def becomes(lens: Any, state: Any) -> None:
    lens.state.engine = replace(lens.state.engine, state=state)
    lens.state.engine_changed.emit()
    await asyncio.sleep(0.01)


async def test_a_view_asks_again_when_the_engine_is_back(lens: Any, view: QWidget) -> None:
    def asked() -> int:
        return sum(len(lens.link.of(kind)) for kind in (GetTarget, GetRows, PreviewData))

    assert asked() == 0
    for life in (1, 2, 3):
        for state in ("restarting", "starting", "ready", "busy", "ready"):
            await becomes(lens, state)
            lens.state.runs.changed.emit(lens.run.key)
        assert asked() == life


async def test_views_share_one_request_for_the_real_samples_of_a_run(lens: Any) -> None:
    need, sent = lens.actions.real_samples.need, lens.link.of
    need(lens.run.key)
    assert not sent(GetTarget), "the engine is starting"
    await becomes(lens, "ready")
    need(lens.run.key, 16)
    await asyncio.sleep(0)
    assert len(sent(GetTarget)) == 1


async def test_a_refused_request_for_real_samples_is_sent_again_on_selection(
    lens: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Command] = []

    async def refuse(command: Command) -> Answer:
        sent.append(command)
        raise Refused(ErrorInfo(kind="data", message="The data are gone."))

    monkeypatch.setattr(lens.link, "ask", refuse)
    await becomes(lens, "ready")
    for selections in (1, 2):
        lens.actions.real_samples.need(lens.run.key)
        await asyncio.sleep(0.01)
        lens.actions.real_samples.need(lens.run.key)
        await asyncio.sleep(0.01)
        assert len(sent) == selections
        lens.state.runs.selected.emit(lens.run.key)
