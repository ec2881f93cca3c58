"""Speed of a headless training against a bare loop: same network, batch, optimiser and data.

    python -m tests.benchmarks.engine_overhead [--steps 40] [--blocks 400]

Both run in this process in short interleaved blocks, so that other programs disturb both alike.
The bare loop calls the family's own step on random batches and does nothing else; the engine side
is the training job of `pushforward run`, with its curves, clock, records, evaluations and
checkpoints.
Ratios are printed of the medians of blocks and of all the time that was spent, by the clock on the
wall and in CPU time: the second is what the engine costs when other programs disturb the first.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from models.registry import discover
from studio.engine.jobs.headless import create
from studio.engine.jobs.job import Work
from studio.engine.jobs.training import TrainingJob
from studio.engine.process.devices import configure
from studio.engine.process.sink import CallbackSink
from studio.engine.run.resolve import check
from studio.protocol.spec import Pick, RunSpec

BATCH = 512


def spec(steps: int) -> RunSpec:
    """EDM on eight Gaussians with an MLP of 3 x 128 units."""
    return RunSpec(
        name="overhead",
        family=Pick(slug="edm", config={"net": {"width": 128, "depth": 3}}),
        dataset=Pick(slug="eight-gaussians"),
        training={"steps": steps, "batch": BATCH},
    )


def bare_loop(run: RunSpec) -> Callable[[int], None]:
    """Return a function that does n bare steps."""
    resolved = check(run)
    points = resolved.load_data(None).points
    family = resolved.build(points.spec(), torch.device("cpu"))
    x = family.spec.standardise(points.x)

    def steps(n: int) -> None:
        for _ in range(n):
            family.step(x[torch.randint(len(x), (BATCH,))])

    return steps


def engine_loop(run: RunSpec, project: Path) -> tuple[Callable[[int], None], Work]:
    """Return a function that steps a training job until n more steps are done, and the job."""
    folder = create(run, project)
    total = int(folder.record.spec.training["steps"])
    job = TrainingJob("overhead", folder, CallbackSink(lambda event: None), total=total)
    job.state = "running"
    work = job.work()

    def steps(n: int) -> None:
        done = 0
        while done < n:
            done += next(work)
        if job.step == total:
            for _ in work:  # the last checkpoint, record and evaluation
                pass

    return steps, work


def timed(loop: Callable[[int], None], n: int) -> tuple[float, float]:
    """Time n steps: wall seconds, and CPU seconds of this process."""
    start, used = time.perf_counter(), time.process_time()
    loop(n)
    return time.perf_counter() - start, time.process_time() - used


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Engine against a bare loop.")
    parser.add_argument("--steps", type=int, default=40, help="steps a block")
    parser.add_argument("--blocks", type=int, default=400, help="blocks a side")
    options = parser.parse_args()
    discover()
    run = spec(options.steps * (options.blocks + 1))
    with tempfile.TemporaryDirectory() as folder:
        engine, work = engine_loop(run, Path(folder) / "project")
        sides = {"bare": bare_loop(run), "engine": engine}
        configure(torch.device("cpu"), 0)
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
        for block in range(options.blocks + 1):
            for name, loop in sides.items():
                spent = timed(loop, options.steps)
                if block:  # the first block pays for allocations and caches
                    times[name].append(spent)
        work.close()
    report(times, options.steps)


def report(times: dict[str, list[tuple[float, float]]], steps: int) -> None:
    """Print steps per second of both sides, and the ratios engine / bare."""
    rows = {}
    for name, blocks in times.items():
        wall, cpu = zip(*blocks, strict=True)
        rows[name] = (
            steps / statistics.median(wall),
            steps * len(wall) / sum(wall),
            steps / statistics.median(cpu),
            steps * len(cpu) / sum(cpu),
        )
    rows["ratio"] = tuple(e / b for e, b in zip(rows["engine"], rows["bare"], strict=True))
    print(f"torch threads {torch.get_num_threads()}, batch {BATCH}, MLP 3 x 128; steps per second")
    print(f"{'':8}{'median':>10}{'overall':>10}{'median CPU':>13}{'overall CPU':>13}")
    for name, row in rows.items():
        digits = 3 if name == "ratio" else 1
        print(
            f"{name:8}"
            + "".join(f"{v:{w}.{digits}f}" for v, w in zip(row, (10, 10, 13, 13), strict=True))
        )


if __name__ == "__main__":
    main()
