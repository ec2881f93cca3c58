"""Following a run by its files: what changed, once, and what became of its process."""

import os
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.reduce import reduce
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.client.follow import RunFollower, background_runs
from pushforward.studio.protocol.messages import (
    CheckpointWritten,
    JobChanged,
    Kept,
    Metrics,
    Progress,
)
from pushforward.studio.protocol.records import FlowRecord
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder, RunRecord, RunStatus

SPEC = RunSpec(
    name="Followed",
    family=Pick(slug="edm"),
    dataset=Pick(slug="two-moons"),
    training={"steps": 100},
)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    folder = Project.create(tmp_path / "p", "P").new_run(RunRecord(spec=SPEC))
    status(folder, "running", 10)
    return folder


def status(run: RunFolder, state: str, step: int, *, seconds: float = 0.0, pid: int = 0) -> None:
    run.write_status(
        RunStatus(
            state=state,
            step=step,
            total=100,
            pid=pid or os.getpid(),
            process_started=psutil.Process().create_time(),
            heartbeat=time.time() + seconds,
            background=True,
        )
    )


def kinds(events: list) -> list[str]:
    return [type(e).__name__ for e in events]


def test_everything_at_first_and_then_only_what_is_new(run: RunFolder) -> None:
    run.metrics.append({"loss": ([1, 2], [0.5, 0.4])}, {"sliced-w2": 0.05})
    x = np.zeros((1, 3, 2), np.float32)
    run.flow.keep(FlowRecord.from_arrays(1, np.ones(1, np.float32), x))
    run.checkpoints.save(5, {"w": np.zeros(3, np.float32)}, {})
    follower = RunFollower(run.path)
    events = follower.poll()
    assert kinds(events) == ["JobChanged", "Metrics", "Kept", "CheckpointWritten", "Progress"]
    assert {e.info.job if isinstance(e, JobChanged) else e.job for e in events} == {follower.job}
    assert events[0].info.spec == SPEC
    assert events[1] == Metrics(
        job=follower.job, columns={"loss": ([1, 2], [0.5, 0.4])}, floors={"sliced-w2": 0.05}
    )
    assert events[2] == Kept(job=follower.job, step=1, steps=[1])
    assert isinstance(events[3], CheckpointWritten)
    assert Path(events[3].file).is_file()
    assert follower.poll() == []
    run.metrics.append({"loss": ([3], [0.3])})
    run.flow.keep(FlowRecord.from_arrays(3, np.ones(1, np.float32), x))
    status(run, "running", 20, seconds=2.0)
    assert kinds(follower.poll()) == ["Metrics", "Kept", "Progress"]


def test_a_status_behind_the_curves_takes_nothing_from_them(run: RunFolder) -> None:
    """Curves are appended between two words of the status; what was read of them comes once."""
    follower, state = RunFollower(run.path), AppState()
    state.runs.by_key[str(run.path)] = RunState(key=str(run.path), name=run.path.name)

    def poll() -> list[float]:
        for event in follower.poll():
            reduce(state, event)
        return state.runs.by_key[str(run.path)].series["loss"].steps.tolist()

    run.metrics.append({"loss": ([10, 15], [0.5, 0.4])})
    assert poll() == [10, 15]
    run.metrics.append({"loss": ([20, 25], [0.3, 0.2])})
    status(run, "running", 18)
    assert poll() == [10, 15, 20, 25]
    status(run, "running", 22)
    assert poll() == [10, 15, 20, 25]
    run.metrics.truncate_after(15)  # it is resumed from a checkpoint
    status(run, "running", 15)
    run.metrics.append({"loss": ([16], [0.1])})
    assert poll() == [10, 15, 16]


def test_the_speed_comes_from_the_heartbeats(run: RunFolder) -> None:
    follower = RunFollower(run.path)
    follower.poll()
    status(run, "running", 30, seconds=2.0)
    [progress] = [e for e in follower.poll() if isinstance(e, Progress)]
    assert progress.steps_per_second == pytest.approx(10.0, rel=0.05)
    assert progress.seconds_left == pytest.approx(7.0, rel=0.05)
    assert progress.memory > 0


@pytest.mark.parametrize(
    ("state", "alive", "told"),
    [
        ("running", True, "running"),
        ("finished", False, "finished"),
        ("failed", False, "failed"),
        ("paused", True, "paused"),
        ("paused", False, "cancelled"),
        ("running", False, "failed"),
    ],
)
def test_what_became_of_it(run: RunFolder, state: str, alive: bool, told: str) -> None:
    follower = RunFollower(run.path)
    assert follower.poll()[0].info.state == "running"
    status(run, state, 40, pid=0 if alive else 2**22 + 1)
    changes = [e for e in follower.poll() if isinstance(e, JobChanged)]
    assert [c.info.state for c in changes] == ([told] if told != "running" else [])
    assert follower.ended == (told in ("finished", "failed", "cancelled"))
    if (state, alive) == ("running", False):
        assert "process 4194305" in changes[0].info.error.message
        assert "last checkpoint" in changes[0].info.error.hint


def test_only_living_background_runs_are_found(run: RunFolder) -> None:
    project = run.path.parents[1]
    assert background_runs(project) == [run.path]
    status(run, "running", 10, pid=2**22 + 1)
    assert background_runs(project) == []
