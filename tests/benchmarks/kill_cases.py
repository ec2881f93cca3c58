"""What `tests.benchmarks.kill_matrix` kills: commands that write, and what they must leave behind.

A case is prepared once in a project; each trial has a copy of that. A command that was killed is
begun again until it succeeds, as anybody would, and then the outcome must be that of a command that
nobody killed, bit for bit.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pushforward.models.operators.drawing import draw
from pushforward.studio.engine.run.model_loading import load
from pushforward.studio.store.hdf5 import opened
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder

__all__ = ["CASES", "Bits", "Case", "copied", "newest"]

Bits = dict[str, bytes]
"""Everything that is compared, by name."""
Words = list[str]

SAMPLES = 200
TRAINING = {
    "batch": 32, "samples": 400, "particles": 32, "frames": 3, "evaluate_every": 100,
    "evaluate_samples": 32, "checkpoint_steps": 20, "device": "cpu", "threads": 1,
}  # fmt: skip
POINTS = "edm@two-moons"
BRANCHED = 40
"""The step that a branch leaves."""
ROWS = 20_000
"""Of the table that is imported."""


@dataclass(frozen=True)
class Case:
    """A command that is killed.

    Attributes:
        begin: the words of the command, for a project and the steps that a training has.
        outcome: what it has left in a project; empty before it has left anything.
        prepare: what must be there before, by commands, for a project and steps.
        trains: whether it goes on from where it was killed; others begin anew.
    """

    begin: Callable[[Path, int], Words]
    outcome: Callable[[Path], Bits]
    prepare: Callable[[Path, int], list[Words]] = lambda project, steps: []
    trains: bool = False


def newest(project: Path) -> RunFolder | None:
    """Return the newest run of a project, None before there is one."""
    if not (project / "project.toml").exists():
        return None
    runs = Project.open(project).runs()
    return runs[-1] if runs else None


def _training(target: str, *more: str) -> Case:
    """Return the case of a training: it is resumed."""

    def begin(project: Path, steps: int) -> Words:
        run = newest(project)
        if run is not None:
            return ["run", str(run.path), "--resume"]
        return ["run", target, "--out", str(project), *_sets(steps, *more)]

    return Case(begin, _trained, trains=True)


def _sets(steps: int, *more: str) -> Words:
    training = [f"training.{name}={value}" for name, value in TRAINING.items()]
    texts = [f"training.steps={steps}", *training, *more]
    return [word for text in texts for word in ("--set", text)]


def _parent(project: Path, steps: int) -> list[Words]:
    return [["run", POINTS, "--out", str(project), *_sets(steps)]]


def _first(project: Path) -> str:
    return str(Project.open(project).runs()[0].path)


def _branch(project: Path, steps: int) -> Words:
    run = newest(project)
    assert run is not None
    if run.number > 1:
        return ["run", str(run.path), "--resume"]
    return ["branch", str(run.path), "--step", str(min(BRANCHED, steps // 2))]


def _evaluate(project: Path, steps: int) -> Words:
    return ["evaluate", _first(project), "--count", "500", "--json"]


def _operate(project: Path, steps: int) -> Words:
    return ["do", _first(project), "generate", "--set", "n=4000", "--set", "seed=7"]


def _import(project: Path, steps: int) -> Words:
    table = project.parent / f"{project.name}.csv"
    if not table.exists():
        x = np.random.default_rng(0).normal(size=(ROWS, 4))
        np.savetxt(table, x, delimiter=",", header="a,b,c,d", comments="")
    return ["import", str(table), "--out", str(project), "--name", "table"]


def _trained(project: Path) -> Bits:
    """The last checkpoint, the losses, and samples that are drawn from it."""
    run = newest(project)
    checkpoint = run.checkpoints.newest()[0] if run is not None else None
    if run is None or checkpoint is None or run.status().state != "finished":
        return {}
    found = {
        name: f"{x.dtype.str}{x.shape}".encode() + x.tobytes()
        for name, x in checkpoint.tensors.items()
    }
    found |= {name: json.dumps(value).encode() for name, value in checkpoint.values.items()}
    found["step"] = str(checkpoint.step).encode()
    found["losses"] = json.dumps(run.metrics.read()[0]["loss"]).encode()
    loaded = load(run)
    work = draw(loaded.family, SAMPLES, 0, sampler=loaded.sampler)
    while True:
        try:
            next(work)
        except StopIteration as end:
            found["samples"] = end.value.x.numpy().tobytes()
            return found


def _branched(project: Path) -> Bits:
    """What a training has, once there is a branch."""
    run = newest(project)
    return _trained(project) if run is not None and run.number > 1 else {}


def _evaluated(project: Path) -> Bits:
    """The values of the last evaluation, and the checkpoint, which none may touch."""
    run = RunFolder(Path(_first(project)))
    told = [e.data for e in run.events.read() if e.kind == "evaluated"]
    if not told:
        return {}
    names = ("values", "floors", "n", "seed", "parts")
    weights = run.checkpoints.path(run.checkpoints.steps()[-1])
    said = json.dumps({name: told[-1].get(name) for name in names}, sort_keys=True)
    return {"values": said.encode(), "checkpoint": weights.read_bytes()}


def _made(project: Path) -> Bits:
    """The arrays of the newest result; every result is whole."""
    results = RunFolder(Path(_first(project))).results.all()
    found: Bits = {}
    for result in results:
        assert result.record.operator == "generate"
        with opened(result.arrays) as file:
            found = {name: np.asarray(file[name]).tobytes() for name in file if name == "x"}
    return found


def _imported(project: Path) -> Bits:
    """The arrays of the data set, which opens."""
    if not (project / "project.toml").exists():
        return {}
    for folder in Project.open(project).datasets():
        _ = folder.record
        return {
            str(path.relative_to(folder.path)): path.read_bytes()
            for path in sorted(folder.path.rglob("*.npy"))
        }
    return {}


def copied(prepared: Path, project: Path) -> None:
    """Give a trial a project as it was prepared, nothing where that is nothing."""
    if prepared.exists():
        shutil.copytree(prepared, project)


CASES: dict[str, Case] = {
    "points": _training(POINTS),
    "images": _training("edm@digits", "family.net.width=8"),
    "jets": _training("edm@pythia-jets", "family.net.width=8", "family.net.layers=1"),
    "graphs": _training("edm@community", "family.net.width=8", "family.net.layers=1"),
    "branch": Case(_branch, _branched, _parent, trains=True),
    "evaluate": Case(_evaluate, _evaluated, _parent),
    "operators": Case(_operate, _made, _parent),
    "imports": Case(_import, _imported),
}
