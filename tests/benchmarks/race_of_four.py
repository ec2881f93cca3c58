"""A race of four against the same four trainings one after the other: total wall time.

    python -m tests.benchmarks.race_of_four [--steps 1500] [--pairs 3]

All in this process, in turn, so that other programs disturb all sides alike. Each includes all
that makes a run: opening, curves, records, evaluations, checkpoints. "separate" are four times
`pushforward run`. A race measures and records at marks of its own, which an ordinary training does
not; "one by one" are the same trainings with the marks of the race, one after the other: what the
race takes beyond them is what the taking of turns costs.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.process.devices import configure
from pushforward.studio.engine.race import headless as headless_race
from pushforward.studio.protocol.messages import Budget
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.run import RunFolder
from tests.benchmarks.smallest import parse

FAMILIES = ("edm", "gan", "edm", "gan")


def specs(steps: int, evaluated: int) -> list[RunSpec]:
    """Two diffusions and two GANs on eight Gaussians; the second of each has wider networks."""
    made = []
    for place, slug in enumerate(FAMILIES):
        size = {"width": 128 if place > 1 else 64}
        config = {"net": size} if slug == "edm" else {"critic": size, "generator": size}
        made.append(
            RunSpec(
                name=f"{slug} {size['width']}",
                family=Pick(slug=slug, config=config),
                dataset=Pick(slug="eight-gaussians"),
                training={"steps": steps, "batch": 256, "evaluate_samples": evaluated},
            )
        )
    return made


def race(runs: list[RunSpec], steps: int, project: Path) -> list[RunFolder]:
    """Run them as a race."""
    folders = headless_race.create(runs, Budget(kind="steps", amount=steps), project)
    headless_race.run(folders)
    return folders


def separate(runs: list[RunSpec], steps: int, project: Path) -> list[RunFolder]:
    """Run them one after the other."""
    folders = [headless.create(run, project) for run in runs]
    for folder in folders:
        headless.run(folder.path)
    return folders


def one_by_one(runs: list[RunSpec], steps: int, project: Path) -> list[RunFolder]:
    """Run each as a race of one."""
    folders = headless_race.create(runs, Budget(kind="steps", amount=steps), project)
    for folder in folders:
        headless_race.run([folder])
    return folders


def timed(
    side: Callable[[list[RunSpec], int, Path], list[RunFolder]],
    runs: list[RunSpec],
    steps: int,
    project: Path,
) -> tuple[float, float, list[RunFolder]]:
    """Return the wall and CPU seconds of one side, and its runs."""
    start, used = time.perf_counter(), time.process_time()
    folders = side(runs, steps, project)
    spent = time.perf_counter() - start, time.process_time() - used
    for folder in folders:
        status = folder.status()
        if (status.state, status.step) != ("finished", steps):
            raise RuntimeError(f"{folder.name} is {status.state} at step {status.step}")
    return *spent, folders


def products(folders: list[RunFolder]) -> tuple[int, int]:
    """Return how many records and evaluations the runs have."""
    records = sum(len(folder.flow.steps()) for folder in folders)
    evaluations = 0
    for folder in folders:
        columns, _ = folder.metrics.read()
        evaluations += max(len(s) for name, (s, _) in columns.items() if name.startswith("quality"))
    return records, evaluations


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="A race of four against four trainings.")
    parser.add_argument("--steps", type=int, default=1500, help="steps of each training")
    parser.add_argument("--pairs", type=int, default=3, help="measurements of each side")
    parser.add_argument("--evaluated", type=int, default=2000, help="samples per evaluation")
    options = parse(parser, argv, steps=4, pairs=1, evaluated=100)
    configure(torch.device("cpu"), 0)
    sides = {"race": race, "one by one": one_by_one, "separate": separate}
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    made: dict[str, tuple[int, int]] = {}
    curves: dict[str, list[object]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for pair in range(0 if options.smallest else -1, options.pairs):
            for name, side in sides.items():
                # A short first pair pays for what is loaded once.
                steps = options.steps if pair >= 0 else 20
                project = Path(folder) / f"{name}{pair}"
                wall, cpu, runs = timed(side, specs(steps, options.evaluated), steps, project)
                if pair >= 0:
                    times[name].append((wall, cpu))
                    made[name] = products(runs)
                    curves[name] = [run.metrics.read()[0]["loss"] for run in runs]
    if not curves["race"] == curves["one by one"] == curves["separate"]:
        raise RuntimeError("the losses differ")
    report(times, made, options.steps)


def report(
    times: dict[str, list[tuple[float, float]]], made: dict[str, tuple[int, int]], steps: int
) -> None:
    """Print the seconds of each side, and their ratios."""
    print(f"4 trainings of {steps} steps, batch 256, torch threads {torch.get_num_threads()}")
    print(f"{'':12}{'wall':>8}{'CPU':>8}{'records':>9}{'evaluations':>13}")
    medians = {}
    for name, spent in times.items():
        wall, cpu = (statistics.median(each) for each in zip(*spent, strict=True))
        medians[name] = (wall, cpu)
        print(f"{name:12}{wall:8.2f}{cpu:8.2f}{made[name][0]:9}{made[name][1]:13}")
    for other in ("one by one", "separate"):
        wall, cpu = (a / b for a, b in zip(medians["race"], medians[other], strict=True))
        print(f"race / {other}: wall {wall:.3f}, CPU {cpu:.3f}")


if __name__ == "__main__":
    main()
