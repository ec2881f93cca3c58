"""A particle has one hue in all lenses of a run."""

import asyncio
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from pushforward.studio.app.core.runs import FlowRecord, RunState
from pushforward.studio.app.lenses.compare.compare_view import CompareView
from pushforward.studio.app.lenses.explain.breakdown_view import MomentView
from pushforward.studio.app.lenses.samples.points_view import SamplesView
from pushforward.studio.app.lenses.watch.particles_view import WatchView
from pushforward.studio.protocol.catalog import StageSpec
from pushforward.studio.store.flow import FlowStore

BOUNDS = (-3.0, 3.0, -3.0, 3.0)


def record_of(step: int, n: int, frames: int) -> FlowRecord:
    """Return particles of a flow, or, with one frame, of a generator whose samples turn about the
    middle as it learns: by their places alone another step would give them other hues.
    """
    start = np.random.default_rng(0).normal(size=(2400, 2)).astype(np.float32)[:n]
    turn = step / 20
    matrix = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    end = start @ np.array(matrix, np.float32)
    t = np.linspace(0, 1, frames, dtype=np.float32) if frames > 1 else np.ones(1, np.float32)
    w = t[:, None, None]
    return FlowRecord.from_arrays(
        step, t, (start * (1 - w) + end * w).astype(np.float32), {}, BOUNDS
    )


def arrive(lens: Any, step: int, n: int, frames: int) -> None:
    lens.run.live, lens.run.step = record_of(step, n, frames), step
    lens.state.runs.record_arrived.emit(lens.run.key)


def finished(work: Coroutine[Any, Any, None]) -> None:
    """Do a piece of work before anything else: what is read from the disk is there at once."""
    own = asyncio.new_event_loop()
    own.run_until_complete(work)
    own.close()


def canvas_of(view: Any) -> Any:
    if isinstance(view, CompareView):
        return view.panes[0].canvas
    return view.made if isinstance(view, SamplesView) else view.canvas


@pytest.fixture
def views(lens: Any) -> Iterator[list[Any]]:
    stages = [StageSpec(name="draw", title="Draw", formula="x₀ ~ p", source="A 2020")]
    entry = lens.state.catalog.entries[0]
    lens.state.catalog.entries[0] = msgspec.structs.replace(entry, stages=stages)
    other = RunState(key=str(Path(lens.run.key).parent / "0002-s"), name="0002-s", job="j2",
                     spec=lens.run.spec, state="running", total=100)  # fmt: skip
    other.live = record_of(90, 2400, 5)  # which knows more particles than the first run
    lens.state.runs.by_key[other.key] = other
    lens.state.runs.choose((lens.run.key, other.key))
    made = [
        make(lens.state, lens.actions) for make in (WatchView, MomentView, SamplesView, CompareView)
    ]
    window = QWidget()
    box = QVBoxLayout(window)
    for view in made:
        view.hide()
        box.addWidget(view)
    window.resize(900, 2000)
    window.show()
    yield made
    window.close()
    window.deleteLater()
    QApplication.sendPostedEvents()


@pytest.mark.parametrize("frames", [5, 1], ids=["flow", "generator"])
def test_a_particle_has_one_hue_in_every_lens(
    lens: Any, views: list[Any], frames: int, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Watch, Explain, Samples and Compare, each opened at another step, with another number of
    particles. All know where the particles were in the first record that is kept.
    """
    monkeypatch.setattr("pushforward.studio.app.engine.particle_starts.async_tasks.spawn", finished)
    store = FlowStore(Path(lens.run.key))
    store.keep(record_of(1, 2400, frames))
    lens.run.kept = store.steps()
    inks = []
    for place, view in enumerate(views):
        view.show()
        QApplication.processEvents()
        arrive(lens, 20 + 30 * place, 600 * (place + 1), frames)
        canvas = canvas_of(view)
        assert canvas.count == 600 * (place + 1)
        inks.append([canvas.ink(i) for i in range(40)])
    assert not canvas_of(views[2]).uniform
    assert len(set(inks[0])) > 5
    assert inks[0] == inks[1] == inks[2] == inks[3]
