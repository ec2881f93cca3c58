"""A state with one run in it, and actions whose link writes down what it is told."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.runs import FlowRecord, RunState, Series
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.requests.request_base import Answer
from pushforward.studio.protocol.catalog import Catalog, EntrySpec, LayerSpec
from pushforward.studio.protocol.messages import Command, GetRows, GetTarget, QueryLayer
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.flow import FlowStore

N, FRAMES, GRID = 200, 5, 8
BOUNDS = (-2.0, 2.0, -2.0, 2.0)


@dataclass
class SpyLink:
    """The engine as the actions see it: it remembers, and answers with something small."""

    told: list[Command] = field(default_factory=list)
    asked: list[Command] = field(default_factory=list)
    alive: bool = True

    async def ask(self, command: Command) -> Answer:
        self.asked.append(command)
        if isinstance(command, GetTarget):
            points = np.random.default_rng(1).normal(size=(50, 2)).astype(np.float32)
            return Answer({"columns": ["x", "y"]}, {"x": points})
        if isinstance(command, GetRows):
            return Answer({}, {"x": np.empty((0, 3), np.int32), "person": np.empty(0, np.int64)})
        if isinstance(command, QueryLayer):
            r = command.resolution
            return Answer({"step": 3}, {"layer": np.full((r, r), -2.0, dtype=np.float32)})
        return Answer({})

    def tell(self, command: Command) -> None:
        self.told.append(command)

    def of(self, kind: type) -> list[Any]:
        """Return what was told or asked of a kind, oldest first."""
        return [c for c in (*self.told, *self.asked) if isinstance(c, kind)]

    async def restart(self) -> None: ...

    async def close(self, checkpoint: bool) -> None: ...


def _entry() -> EntrySpec:
    layers = [
        LayerSpec(name="velocity", title="Velocity", kind="vector", symbol="dx/dt", timed=True),
        LayerSpec(
            name="log-density",
            title="Log-density",
            kind="scalar",
            symbol="log p",
            timed=False,
            kept=False,
        ),
    ]
    return EntrySpec(
        kind="family",
        slug="edm",
        title="EDM",
        summary="",
        source="Karras et al. 2022, arXiv:2206.00364, eq. 1",
        fields=[],
        capabilities=["denoiser"],
        carrier="flow",
        layers=layers,
    )


def make_record(step: int, n: int = N, frames: int = FRAMES) -> FlowRecord:
    """Return particles that go straight from a fixed start to where the step has them."""
    rng = np.random.default_rng(0)
    start = rng.normal(size=(n, 2)).astype(np.float32)
    end = start + np.float32(step / 100)
    t = np.linspace(0, 1, frames, dtype=np.float32) if frames > 1 else np.ones(1, np.float32)
    w = t[:, None, None] if frames > 1 else np.ones((1, 1, 1), np.float32)
    x = (start * (1 - w) + end * w).astype(np.float32)
    grid = np.ones((frames, GRID, GRID, 2), dtype=np.float32)
    return FlowRecord.from_arrays(step, t, x, {"velocity": grid}, BOUNDS)


@dataclass
class Lens:
    """A state and actions for one lens, without a window."""

    state: AppState
    actions: Actions
    link: SpyLink
    run: RunState

    def arrive(self, step: int, **kinds: int) -> None:
        """Let a live record come."""
        self.run.live = make_record(step, **kinds)
        self.run.step = step
        self.state.runs.record_arrived.emit(self.run.key)

    def keep(self, *steps: int, n: int = N) -> None:
        """Put kept records on disk."""
        store = FlowStore(Path(self.run.key))
        for step in steps:
            record = make_record(step, n=n)
            store.keep(record)
        self.run.kept = store.steps()
        self.state.runs.kept_changed.emit(self.run.key)

    def measure(self, name: str, steps: list[int], values: list[float]) -> None:
        """Append to a curve."""
        self.run.series.setdefault(name, Series()).extend(steps, values)
        self.state.runs.metrics_appended.emit(self.run.key)


@pytest.fixture
def lens(loop: asyncio.AbstractEventLoop, tmp_path: Path) -> Iterator[Lens]:
    state = AppState()
    link = SpyLink()
    actions = Actions(state, link)
    state.catalog = Catalog(entries=[_entry()], devices=[])
    spec = RunSpec(name="r", family=Pick(slug="edm"), dataset=Pick(slug="two-moons"))
    folder = tmp_path / "p" / "runs" / "0001-r"
    folder.mkdir(parents=True)
    run = RunState(key=str(folder), name="0001-r", spec=spec, job="j1", state="running", total=100)
    state.runs.by_key[run.key] = run
    state.runs.select(run.key)
    state.place = "run"
    yield Lens(state, actions, link, run)
    state.deleteLater()


@pytest.fixture
def record() -> Callable[..., FlowRecord]:
    return make_record
