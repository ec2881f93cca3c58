"""Speed of a headless training against a bare loop: same network, batch, optimiser and data.

    python -m tests.benchmarks.engine_overhead [points mnist jets] [--blocks N]

Both run in this process in short interleaved blocks, so that other programs disturb both alike.
The bare loop calls the family's own step on random batches and does nothing else; the engine side
is the training job of `pushforward run`, with its curves, clock, records, evaluations and
checkpoints.
Ratios are printed of the medians of blocks and of all the time that was spent, by the clock on the
wall and in CPU time: the second is what the engine costs when other programs disturb the first.
Records, evaluations and checkpoints fall into few blocks and come a fixed number of times however
long a run is: the medians say what a step costs, and what they leave out is told in seconds.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

from pushforward.studio.engine.jobs.headless import create
from pushforward.studio.engine.jobs.job import Work
from pushforward.studio.engine.jobs.training import TrainingJob
from pushforward.studio.engine.process.devices import configure
from pushforward.studio.engine.process.sink import CallbackSink
from pushforward.studio.engine.run.session import Session
from pushforward.studio.engine.run.session_opening import open_session
from pushforward.studio.protocol.spec import Pick, RunSpec
from tests.benchmarks.smallest import parse


class Case(NamedTuple):
    """A training: EDM with the default network of the kind, unless one is named.

    Attributes:
        steps: in a block.
        blocks: a side.
    """

    dataset: str
    batch: int
    steps: int
    blocks: int
    net: dict[str, Any]


CASES = {
    "points": Case("eight-gaussians", 512, 40, 400, {"width": 128, "depth": 3}),
    "mnist": Case("mnist", 64, 5, 400, {"kind": "unet"}),
    "jets": Case("pythia-jets", 128, 4, 375, {}),
}
_CPU = torch.device("cpu")


def spec(case: Case, steps: int) -> RunSpec:
    """Return what is trained."""
    return RunSpec(
        name="overhead",
        family=Pick(slug="edm", config={"net": case.net} if case.net else {}),
        dataset=Pick(slug=case.dataset),
        training={"steps": steps, "batch": case.batch},
    )


def bare_loop(session: Session, batch: int) -> Callable[[int], None]:
    """Return a function that does n bare steps."""
    family = session.family
    x = family.spec.standardised(session.data.rows.rows(slice(None)))

    def steps(n: int) -> None:
        for _ in range(n):
            family.step(x.take(torch.randint(len(x), (batch,))))

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


def measure(case: Case, blocks: int) -> dict[str, list[tuple[float, float]]]:
    """Time both sides, block by block; the first blocks pay for allocations and caches."""
    run = spec(case, case.steps * (blocks + 1))
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        engine, work = engine_loop(run, project)
        bare = open_session(create(run, project), case.steps * (blocks + 1))
        sides = {"bare": bare_loop(bare, case.batch), "engine": engine}
        configure(_CPU, 0)
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
        for block in range(blocks + 1):
            for name, loop in sides.items():
                spent = timed(loop, case.steps)
                if block:
                    times[name].append(spent)
        work.close()
    return times


def report(name: str, case: Case, times: dict[str, list[tuple[float, float]]]) -> None:
    """Print steps per second of both sides, the ratios engine / bare, and the fixed cost."""
    rows = {}
    for side, blocks in times.items():
        wall, cpu = zip(*blocks, strict=True)
        rows[side] = (
            case.steps / statistics.median(wall),
            case.steps * len(wall) / sum(wall),
            case.steps / statistics.median(cpu),
            case.steps * len(cpu) / sum(cpu),
        )
    rows["ratio"] = tuple(e / b for e, b in zip(rows["engine"], rows["bare"], strict=True))
    print(f"{name}: {case.dataset}, batch {case.batch}, torch threads {torch.get_num_threads()}")
    print(f"{'steps/s':8}{'median':>10}{'overall':>10}{'median CPU':>13}{'overall CPU':>13}")
    for side, row in rows.items():
        digits = 3 if side == "ratio" else 1
        print(
            f"{side:8}"
            + "".join(f"{v:{w}.{digits}f}" for v, w in zip(row, (10, 10, 13, 13), strict=True))
        )
    engine, bare = (sum(used for _, used in times[side]) for side in ("engine", "bare"))
    print(
        f"what {case.steps * len(times['bare']):,} steps cost beside the steps: "
        f"{engine - bare:.1f} CPU seconds\n"
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Engine against a bare loop.")
    parser.add_argument("cases", nargs="*", metavar="case", help=", ".join(CASES))
    parser.add_argument("--blocks", type=int, help="blocks a side")
    options = parse(parser, argv, cases=["points"], blocks=1)
    for name in options.cases or CASES:
        if name not in CASES:
            parser.error(f"there is no case {name!r}: {', '.join(CASES)}")
        case = CASES[name]
        report(name, case, measure(case, options.blocks or case.blocks))


if __name__ == "__main__":
    main()
