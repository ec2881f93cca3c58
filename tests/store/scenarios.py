"""What a writer does in the crash tests: prepare a folder, then the one act that is killed."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pushforward.studio.protocol.records import FlowRecord
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.checkpoint import Checkpoints
from pushforward.studio.store.flow import FlowStore
from pushforward.studio.store.metrics import MetricsLog
from pushforward.studio.store.project import Project
from pushforward.studio.store.results import ResultFolder, ResultRecord, Results
from pushforward.studio.store.run import RunFolder, RunRecord, RunStatus

SPEC = RunSpec(
    name="Ring of five", family=Pick(slug="edm", config={"clip": None}), dataset=Pick(slug="ring")
)


@dataclass(frozen=True)
class Scenario:
    prepare: Callable[[Path], None]
    act: Callable[[Path], object]


def tensors(step: int) -> dict[str, np.ndarray]:
    return {"w": np.full((50, 20), step, np.float32), "n": np.array(step)}


def frames(step: int) -> np.ndarray:
    return np.full((2, 5, 2), step, np.float32)


def record(step: int) -> FlowRecord:
    return FlowRecord.from_arrays(step, np.float32([0, 1]), frames(step))


def _three_checkpoints(folder: Path) -> None:
    for step in (1, 2, 3):
        Checkpoints(folder).save(step, tensors(step), {"step": step}, best=step == 1)


def _four_records(folder: Path) -> None:
    for step in (1, 2, 3, 4):
        FlowStore(folder, capacity=4).keep(record(step))


def _project_with_run(folder: Path) -> None:
    Project.create(folder, "crashes").new_run(RunRecord(spec=SPEC))


def _curve(folder: Path) -> None:
    for step in range(1, 7):
        MetricsLog(folder / "metrics.jsonl").append({"loss": ([step], [float(step)])})


def generated(
    run, x, columns=("x", "y"), step=0, given=None, units=None, handed=None, **config
) -> ResultFolder:
    """Write rows into the results of a run folder, as if they had been drawn."""
    record = ResultRecord(
        operator="generate",
        title="Generate",
        run="a run",
        step=step,
        config=config,
        given=given or {},
        units=units or {},
        handed=handed or {},
    )
    return Results(run / "results").write(record, {"x": x}, columns)


SCENARIOS = {
    "status": Scenario(
        lambda f: RunFolder(f).write_status(RunStatus(state="running", step=1)),
        lambda f: RunFolder(f).write_status(RunStatus(state="paused", step=2)),
    ),
    "checkpoint": Scenario(
        _three_checkpoints,
        lambda f: Checkpoints(f, keep=2).save(4, tensors(4), {"step": 4}, best=True),
    ),
    "flow": Scenario(_four_records, lambda f: FlowStore(f, capacity=4).keep(record(5))),
    "new run": Scenario(_project_with_run, lambda f: Project.open(f).new_run(RunRecord(spec=SPEC))),
    "data set": Scenario(
        _project_with_run,
        lambda f: Project.open(f).add_dataset("d", np.eye(3, 2), ["x", "y"]),
    ),
    "trash": Scenario(
        _project_with_run, lambda f: Project.open(f).trash(Project.open(f).runs()[0].path)
    ),
    "restore": Scenario(
        lambda f: (_project_with_run(f), Project.open(f).trash(Project.open(f).runs()[0].path))[0],
        lambda f: Project.open(f).restore(Project.open(f).trashed()[0].path),
    ),
    "truncate": Scenario(_curve, lambda f: MetricsLog(f / "metrics.jsonl").truncate_after(3)),
    "samples": Scenario(
        lambda f: generated(f, np.zeros((4, 2), np.float32)) and None,
        lambda f: generated(f, np.ones((4, 2), np.float32), seed=1),
    ),
}
