"""Trainings that are killed at random moments and resumed, against one that nobody disturbs.

    python -m tests.benchmarks.kill_matrix [--trials 40] [--whole 5] [--target edm@two-moons]

Each trial is a real `pushforward run`, which is killed (SIGKILL) one to four times, while it starts
or while it trains, and resumed each time. The first ``--whole`` trials are programs of their own;
the others are forked from this process, which spares each of them some seconds of imports.
Its end must be that of the undisturbed run bit for bit: the last checkpoint (weights, averages,
optimiser, random numbers, counters), the losses, and samples that are drawn from it. Also told:
what the dead have left behind. The status is 1 if anything differs.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from models.operators.drawing import draw
from studio.__main__ import main as pushforward
from studio.engine.process.discovery import discover
from studio.engine.run.loading import load
from studio.launch import own_command, own_env, own_folder
from studio.store.checkpoint import Checkpoint
from studio.store.lock import NAME
from studio.store.project import Project
from studio.store.run import RunFolder, RunStatus

STEPS = 240
SETTINGS = (
    f"training.steps={STEPS}",
    "training.batch=64",
    "training.samples=1000",
    "training.particles=64",
    "training.frames=4",
    "training.evaluate_every=100",
    "training.evaluate_samples=64",
    "training.checkpoint_steps=20",
    "training.device=cpu",
    "training.threads=1",
)
SAMPLES = 500


@dataclass
class Trial:
    """What became of one: how often it was killed, at which steps, what differs, what was left."""

    kills: list[int] = field(default_factory=list)
    differs: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


class Forked:
    """A command in a fork of this process, as far as `subprocess.Popen` is needed here."""

    def __init__(self, words: list[str]) -> None:
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            nowhere = os.open(os.devnull, os.O_RDWR)
            for number in (0, 1):
                os.dup2(nowhere, number)
            os._exit(pushforward(["run", *words]))

    def poll(self) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def communicate(self) -> tuple[bytes, bytes]:
        while self.poll() is None:
            time.sleep(0.01)
        return b"", b""


Child = subprocess.Popen[bytes] | Forked


def start(target: str, project: Path, whole: bool) -> Child:
    """Begin the training, or go on with it."""
    run = only(project)
    if run is not None:
        words = [str(run.path), "--resume"]
    else:
        words = [target, "--out", str(project)]
        words += [word for text in SETTINGS for word in ("--set", text)]
    if not whole:
        return Forked(words)
    return subprocess.Popen(
        own_command("run", *words),
        env=own_env(),
        cwd=own_folder(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def only(project: Path) -> RunFolder | None:
    """Return the run of a project, None before there is one."""
    if not (project / "project.toml").exists():
        return None
    return next(iter(Project.open(project).runs()), None)


def disturb(
    target: str, project: Path, chance: random.Random, startup: float, whole: bool
) -> Trial:
    """Kill a training one to four times, then let it come to its end."""
    trial = Trial()
    for _ in range(chance.randint(1, 4)):
        child = start(target, project, whole)
        if chance.random() < 0.2:
            time.sleep(chance.uniform(0.0, startup))
        else:
            wait_for(project, child, chance.randint(min(reached(project), STEPS - 1), STEPS))
            time.sleep(chance.uniform(0.0, 0.05))
        if child.poll() is not None:
            break  # it was done sooner
        child.kill()
        child.communicate()
        trial.kills.append(reached(project))
    run = only(project)
    if run is None or run.status().state != "finished":
        child = start(target, project, whole)
        _, err = child.communicate()
        if child.returncode != 0:
            trial.differs.append(err.decode(errors="replace").strip() or "no success")
    trial.left = leftovers(project)
    return trial


def reached(project: Path) -> int:
    """Return the last step whose loss is on disk, 0 before there is one."""
    run = only(project)
    steps = run.metrics.read()[0].get("loss", ([], []))[0] if run is not None else []
    return steps[-1] if steps else 0


def wait_for(project: Path, child: Child, step: int = 0) -> None:
    """Wait until a process has trained to a step, or has ended."""
    while child.poll() is None:
        run = only(project)
        status = run.status() if run is not None else RunStatus()
        if (status.pid, status.state) == (child.pid, "running") and reached(project) >= step:
            return
        time.sleep(0.01)


def leftovers(project: Path) -> list[str]:
    """Return what should not be there any more: temporary files, locks, half-made runs."""
    hidden = (p for p in project.rglob(".*") if p.name == NAME or p.suffix == ".partial")
    claims = (project / "runs").glob(".*")
    return sorted({str(p.relative_to(project)) for p in (*hidden, *claims)})


def differences(one: RunFolder | None, other: RunFolder | None) -> list[str]:
    """Return what is not the same bit for bit."""
    if one is None or other is None:
        return ["there is no run"]
    mine, yours = one.checkpoints.newest()[0], other.checkpoints.newest()[0]
    if mine is None or yours is None:
        return ["there is no checkpoint"]
    found = [f"step {yours.step}"] if mine.step != yours.step else []
    found += [n for n in {**mine.tensors, **yours.tensors} if not same(mine, yours, n)]
    found += [n for n, value in mine.values.items() if yours.values.get(n) != value]
    if one.metrics.read()[0]["loss"] != other.metrics.read()[0]["loss"]:
        found.append("losses")
    if drawn(one).tobytes() != drawn(other).tobytes():
        found.append("samples")
    return found


def same(mine: Checkpoint, yours: Checkpoint, name: str) -> bool:
    """Say whether two checkpoints hold the same bytes under a name."""
    arrays = [each.tensors.get(name) for each in (mine, yours)]
    forms = {(a.dtype.str, a.shape, a.tobytes()) for a in arrays if a is not None}
    return all(a is not None for a in arrays) and len(forms) == 1


def drawn(run: RunFolder) -> np.ndarray:
    """Draw samples from the last checkpoint of a run."""
    loaded = load(run)
    work = draw(loaded.family, SAMPLES, 0, sampler=loaded.sampler)
    while True:
        try:
            next(work)
        except StopIteration as done:
            return done.value.numpy()


def undisturbed(target: str, project: Path, whole: bool) -> tuple[RunFolder, float]:
    """Train to the end; return the run, and the seconds before it trained."""
    began = time.monotonic()
    child = start(target, project, whole)
    wait_for(project, child)
    startup = time.monotonic() - began
    _, err = child.communicate()
    run = only(project)
    if child.returncode != 0 or run is None:
        raise SystemExit(f"the undisturbed run failed: {err.decode(errors='replace')}")
    return run, startup


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--whole", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--target", default="edm@two-moons")
    given = parser.parse_args()
    discover()
    torch.set_num_threads(1)  # before any fork
    chance = random.Random(given.seed)
    with tempfile.TemporaryDirectory(prefix="pushforward-kills-") as folder:
        run, long = undisturbed(given.target, Path(folder) / "undisturbed", True)
        _, brief = undisturbed(given.target, Path(folder) / "forked", False)
        print(f"{given.target}: {STEPS} steps, starts in {long:.1f} s ({brief:.1f} s forked), seed "
              f"{given.seed}", flush=True)  # fmt: skip
        good = kills = 0
        for number in range(1, given.trials + 1):
            project = Path(folder) / f"trial-{number:02d}"
            whole = number <= given.whole
            trial = disturb(given.target, project, chance, long if whole else brief, whole)
            trial.differs += differences(run, only(project))
            good += not trial.differs
            kills += len(trial.kills)
            said = ", ".join(trial.differs) or "equal"
            steps = ", ".join(map(str, trial.kills)) or "no step"
            left = ", ".join(trial.left) or "nothing"
            print(f"{number:3}  killed at {steps:20} {said}  left: {left}", flush=True)
    print(f"{good} of {given.trials} equal bit for bit after {kills} kills", flush=True)
    return 0 if good == given.trials else 1


if __name__ == "__main__":
    sys.exit(main())
