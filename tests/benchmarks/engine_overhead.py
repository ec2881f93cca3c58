"""Speed of a headless training against a bare loop: same network, batch, optimiser and data.

    python -m tests.benchmarks.engine_overhead [--steps 300] [--blocks 12]

Both run in this process in interleaved blocks, so that other programs disturb both alike. The bare
loop calls the family's own step on random batches and does nothing else; the engine side is the
training job of `pushforward run`, with its curves, clock, records, evaluations and checkpoints.
Two ratios are printed: of the medians of blocks, and of all the time that was spent.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from models.registry import discover
from studio.engine.devices import configure
from studio.engine.headless import create
from studio.engine.jobs import Work
from studio.engine.resolve import check
from studio.engine.sink import CallbackSink
from studio.engine.training import TrainingJob
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

    return steps, work


def seconds(loop: Callable[[int], None], n: int) -> float:
    """Time n steps."""
    start = time.perf_counter()
    loop(n)
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Engine against a bare loop.")
    parser.add_argument("--steps", type=int, default=300, help="steps a block")
    parser.add_argument("--blocks", type=int, default=12, help="blocks a side")
    options = parser.parse_args()
    discover()
    run = spec(2 * options.steps * (options.blocks + 2))
    with tempfile.TemporaryDirectory() as folder:
        engine, work = engine_loop(run, Path(folder) / "project")
        sides = {"bare": bare_loop(run), "engine": engine}
        configure(torch.device("cpu"), 0)
        times: dict[str, list[float]] = {name: [] for name in sides}
        for block in range(options.blocks + 1):
            for name, loop in sides.items():
                spent = seconds(loop, options.steps)
                if block:  # the first block pays for allocations and caches
                    times[name].append(spent)
        work.close()
    report(times, options.steps)


def report(times: dict[str, list[float]], steps: int) -> None:
    """Print steps per second of both sides, and the ratios."""
    medians = {name: steps / statistics.median(values) for name, values in times.items()}
    totals = {name: steps * len(values) / sum(values) for name, values in times.items()}
    print(f"torch threads {torch.get_num_threads()}, batch {BATCH}, MLP 3 x 128")
    print(f"{'':8}{'median steps/s':>16}{'overall steps/s':>18}")
    for name in times:
        print(f"{name:8}{medians[name]:16.1f}{totals[name]:18.1f}")
    print(
        f"{'ratio':8}{medians['engine'] / medians['bare']:16.3f}"
        f"{totals['engine'] / totals['bare']:18.3f}"
    )


if __name__ == "__main__":
    main()
