"""Commands that are killed at random moments and begun again, against ones that nobody disturbs.

    python -m tests.benchmarks.kill_matrix [--trials 96] [--whole 8] [--case points --case ...]

Trials take the cases of `tests.benchmarks.kill_cases` in turn: trainings of points, images, jets
and graphs, a branch, an evaluation, an operator and an import. Each trial is a real command, which
is killed (SIGKILL) one to four times, while it starts or while it works, and begun again each time,
which goes on with a training. The first ``--whole`` trials are programs of their own; the others
are forked from this process, which spares each of them some seconds of imports.
Its end must be that of the undisturbed command bit for bit: of a training the last checkpoint
(weights, averages, optimiser, random numbers, counters), the losses and samples, of the others the
values or arrays that they write. Nothing that can be listed may be half. Also said: which hidden
files the dead have left behind. The status is 1 if anything differs.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch

from pushforward.studio.__main__ import main as pushforward
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.launch import own_command, own_env, own_folder
from pushforward.studio.store.lock import NAME
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunStatus
from tests.benchmarks.kill_cases import CASES, Bits, Case, copied, newest
from tests.benchmarks.smallest import parse

STEPS = 240


@dataclass
class Trial:
    """What became of one: how often it was killed and when, what differs, what was left."""

    kills: list[str] = field(default_factory=list)
    differs: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


class Forked:
    """A command in a fork of this process, as far as `subprocess.Popen` is needed here."""

    def __init__(self, words: list[str]) -> None:
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            nowhere = os.open(os.devnull, os.O_RDWR)
            for number in (0, 1, 2):
                os.dup2(nowhere, number)
            status = 1
            try:
                status = pushforward(words)
            finally:
                os._exit(status)

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


@dataclass(frozen=True)
class Undisturbed:
    """A case that nobody disturbed: the project before it, what came of it, and the seconds that a
    program of its own and a fork take.
    """

    case: Case
    prepared: Path
    bits: Bits
    seconds: dict[bool, float]


def start(words: list[str], whole: bool) -> Child:
    """Begin a command."""
    if not whole:
        return Forked(words)
    return subprocess.Popen(
        own_command(*words),
        env=own_env(),
        cwd=own_folder(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def finished(words: list[str], whole: bool) -> str:
    """Do a command to its end; return what went wrong, "" for nothing."""
    child = start(words, whole)
    _, err = child.communicate()
    failed = f"status {child.returncode}: {err.decode(errors='replace').strip()}"
    return failed if child.returncode else ""


def undisturbed(name: str, folder: Path, steps: int, both: bool) -> Undisturbed:
    """Prepare a case, and do it without a kill: as a program too if ``both``."""
    case, prepared, seconds = CASES[name], folder / f"{name}-prepared", {}
    bits: Bits = {}
    for words in case.prepare(prepared, steps):
        if wrong := finished(words, False):
            raise SystemExit(f"{name} could not be prepared: {wrong}")
    for whole in (False, True)[: 1 + both]:
        project = folder / f"{name}-undisturbed-{whole}"
        copied(prepared, project)
        began = time.monotonic()
        if wrong := finished(case.begin(project, steps), whole):
            raise SystemExit(f"{name} failed undisturbed: {wrong}")
        seconds[whole] = time.monotonic() - began
        found = case.outcome(project)
        if not found or (bits and differences(bits, found)):
            raise SystemExit(f"{name} is not the same twice, or leaves nothing")
        bits = found
    return Undisturbed(case, prepared, bits, seconds)


def disturb(
    one: Undisturbed, project: Path, chance: random.Random, steps: int, whole: bool
) -> Trial:
    """Kill a command one to four times, then let it come to its end."""
    trial, case = Trial(), one.case
    copied(one.prepared, project)
    for _ in range(chance.randint(1, 4)):
        child = start(case.begin(project, steps), whole)
        if case.trains and chance.random() < 0.8:
            wait_for(project, child, chance.randint(min(reached(project), steps - 1), steps))
            time.sleep(chance.uniform(0.0, 0.05))
        else:
            wait(child, chance.uniform(0.0, one.seconds[whole]))
        if child.poll() is not None:
            break  # it was done sooner
        child.kill()
        child.communicate()
        trial.kills.append(str(reached(project)) if case.trains else "work")
        listed(case, project, trial)
    done = bool(case.outcome(project))  # a kill may come when all is written
    if not done and (wrong := finished(case.begin(project, steps), whole)):
        trial.differs.append(wrong)
    trial.differs += differences(one.bits, case.outcome(project))
    trial.left = leftovers(project)
    return trial


def listed(case: Case, project: Path, trial: Trial) -> None:
    """Note what is listed after a kill and cannot be read."""
    if not (project / "project.toml").exists():
        return
    trial.differs += [f"damaged: {each}" for each in Project.open(project).problems()]
    try:
        case.outcome(project)
    except Exception as error:  # whatever it is, somebody would meet it
        trial.differs.append(f"half: {error!r}")


def reached(project: Path) -> int:
    """Return the last step whose loss is on disk, 0 before there is one."""
    run = newest(project)
    steps = run.metrics.read()[0].get("loss", ([], []))[0] if run is not None else []
    return steps[-1] if steps else 0


def wait(child: Child, seconds: float) -> None:
    """Wait for so long, or until a process has ended."""
    end = time.monotonic() + seconds
    while child.poll() is None and time.monotonic() < end:
        time.sleep(0.01)


def wait_for(project: Path, child: Child, step: int = 0) -> None:
    """Wait until a process has trained to a step, or has ended."""
    while child.poll() is None:
        run = newest(project)
        status = run.status() if run is not None else RunStatus()
        if (status.pid, status.state) == (child.pid, "running") and reached(project) >= step:
            return
        time.sleep(0.01)


def leftovers(project: Path) -> list[str]:
    """Return what should not be there any more: temporary files, locks, half-made runs."""
    hidden = (p for p in project.rglob(".*") if p.name == NAME or p.suffix == ".partial")
    claims = (project / "runs").glob(".*")
    return sorted({str(p.relative_to(project)) for p in (*hidden, *claims)})


def differences(one: Bits, other: Bits) -> list[str]:
    """Return the names of what is not the same bit for bit."""
    return sorted(name for name in {**one, **other} if one.get(name) != other.get(name))


def main(argv: Sequence[str] | None = None) -> int:
    """Kill, compare, print a line a trial; 0 if nothing differs."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--trials", type=int, default=96)
    parser.add_argument("--whole", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=STEPS, help="of each training")
    parser.add_argument("--case", action="append", default=[], choices=list(CASES))
    given = parse(parser, argv, trials=1, whole=0, steps=40, case=["points"])
    discover()
    torch.set_num_threads(1)  # before any fork
    chance, names = random.Random(given.seed), given.case or list(CASES)
    with tempfile.TemporaryDirectory(prefix="pushforward-kills-") as folder:
        known: dict[str, Undisturbed] = {}
        for name in names:
            known[name] = undisturbed(name, Path(folder), given.steps, given.whole > 0)
            print(f"{name}: {known[name].seconds[False]:.1f} s undisturbed", flush=True)
        good = kills = 0
        for number in range(given.trials):
            name, whole = names[number % len(names)], number < given.whole
            project = Path(folder) / f"trial-{number:03d}"
            trial = disturb(known[name], project, chance, given.steps, whole)
            good += not trial.differs
            kills += len(trial.kills)
            said = ", ".join(trial.differs) or "equal"
            left = ", ".join(trial.left) or "nothing"
            moments = ", ".join(trial.kills) or "never"
            print(f"{number + 1:3} {name:10} killed at {moments:22} {said}  left: {left}",
                  flush=True)  # fmt: skip
    print(f"{good} of {given.trials} equal bit for bit after {kills} kills", flush=True)
    return 0 if good == given.trials else 1


if __name__ == "__main__":
    sys.exit(main())
