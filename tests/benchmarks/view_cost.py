"""What looking costs: gaps of the event loop, and steps a second with the view in each state.

    python -m tests.benchmarks.view_cost [--gap-seconds 60] [--block 5] [--rounds 5]

The first table trains EDM with 20,000 particles on the screen, its flow playing, beside all its
charts, and reports the longest gap between two ticks of a 5 ms timer. The second runs two engines
that never compute at the same time, one with the studio before it and one with no screen at all,
in interleaved blocks, so that other programs disturb all alike; ratios are of medians.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, QTimer

from studio.app import preferences
from studio.app.main import Studio
from studio.app.state.runs import RunState
from studio.app.views import metrics
from studio.client.child import ChildProcess
from studio.client.client import EngineClient
from studio.protocol.messages import Control, Progress, StartTraining
from studio.protocol.spec import Pick, RunSpec
from tests.benchmarks.studio_loop import in_studio
from tests.qtloop import until

STATES = ("headless", "shown", "hidden", "minimised")


def spec(particles: int) -> RunSpec:
    """An EDM training that does not end by itself, with every metric."""
    return RunSpec(
        name="view-cost",
        family=Pick(slug="edm"),
        dataset=Pick(slug="eight-gaussians"),
        training={"steps": 10_000_000, "batch": 512, "particles": particles},
        metrics=[Pick(slug="sliced-w2"), Pick(slug="energy-distance"), Pick(slug="mode-coverage")],
    )


async def opened(project: Path, particles: int) -> tuple[Studio, RunState]:
    """Return a studio with a training under way and its flow lens in front."""
    studio = Studio(preferences.load())
    studio.window.resize(1440, 900)
    studio.show()
    await studio.link.start()
    studio.window.load_lenses()
    await until(lambda: studio.state.catalog is not None, 30)
    studio.actions.create_project(project)
    await until(lambda: studio.state.project == project, 10)
    studio.actions.set_up(spec(particles))
    await until(lambda: studio.state.draft is not None and studio.state.draft.resolved, 10)
    studio.actions.start()
    await until(lambda: studio.state.runs.current is not None, 20)
    run = studio.state.runs.current
    assert run is not None
    await until(lambda: run.step > 50, 60)
    return studio, run


async def gaps(folder: Path, seconds: float) -> np.ndarray:
    """Return the gaps (ms) of a 5 ms timer while 20,000 particles and the charts are drawn."""
    studio, _ = await opened(folder / "gaps", 20_000)
    beside = metrics.VIEW.factory(studio.state, studio.actions)
    beside.resize(900, 700)
    beside.show()
    ticks: list[float] = []
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: ticks.append(time.perf_counter()))
    studio.state.playback.set(playing=True, loop=True)
    timer.start(5)
    await asyncio.sleep(seconds)
    timer.stop()
    beside.deleteLater()
    await studio.shut()
    return np.diff(ticks) * 1000


async def rates(folder: Path, block: float, rounds: int) -> dict[str, list[float]]:
    """Return steps a second in each state, a value a round."""
    bare = EngineClient(ChildProcess)
    await bare.start()
    steps = {"bare": 0}

    def listen(event: object, _: object) -> None:
        if isinstance(event, Progress):
            steps["bare"] = event.step

    bare.subscribe(listen)
    answer = await bare.request(StartTraining(spec=spec(4096), project=str(folder / "bare")))
    job = str(answer.result["job"])
    await until(lambda: steps["bare"] > 50, 60)
    await bare.request(Control(job=job, action="pause"))
    studio, run = await opened(folder / "rates", 4096)
    studio.actions.pause()
    found: dict[str, list[float]] = {state: [] for state in STATES}
    for _ in range(rounds):
        for state in STATES:
            found[state].append(await _block(state, block, bare, job, studio, run, steps))
    await bare.stop(checkpoint=False)
    await studio.shut()
    return found


async def _block(
    state: str,
    seconds: float,
    bare: EngineClient,
    job: str,
    studio: Studio,
    run: RunState,
    steps: dict[str, int],
) -> float:
    def done() -> int:
        return steps["bare"] if state == "headless" else run.step

    lenses = studio.window.canvas.lenses
    titles = [lenses.tabs.tabText(i) for i in range(lenses.tabs.count())]
    lenses.tabs.setCurrentIndex(titles.index("Log" if state == "hidden" else "Flow"))
    if state in ("minimised", "headless"):
        studio.window.showMinimized()
    else:
        studio.window.showNormal()
    await asyncio.sleep(0.3)
    client = bare if state == "headless" else studio.client
    work = job if state == "headless" else run.job
    await client.request(Control(job=work, action="resume"))
    await asyncio.sleep(0.5)
    begun, first = time.perf_counter(), done()
    await asyncio.sleep(seconds)
    await client.request(Control(job=work, action="pause"))
    await asyncio.sleep(0.2)  # the last report of progress
    return (done() - first) / (time.perf_counter() - begun - 0.2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--gap-seconds", type=float, default=60)
    parser.add_argument("--block", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PUSHFORWARD_HOME"] = folder
        seen = in_studio(lambda: gaps(Path(folder), chosen.gap_seconds))
        print(f"event loop, {chosen.gap_seconds:g} s, 20,000 particles and the charts, training")
        print(f"  median gap {np.median(seen):.1f} ms, 99 % {np.quantile(seen, 0.99):.1f} ms, "
              f"longest {seen.max():.1f} ms (target 100 ms)")  # fmt: skip
        found = in_studio(lambda: rates(Path(folder), chosen.block, chosen.rounds))
    floor = statistics.median(found["headless"])
    print(f"{'':12}{'steps/s':>10}{'of headless':>13}")
    for state, values in found.items():
        middle = statistics.median(values)
        print(f"{state:12}{middle:10.1f}{middle / floor:13.3f}")


if __name__ == "__main__":
    main()
