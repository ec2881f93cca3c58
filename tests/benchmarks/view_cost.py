"""What looking costs: gaps of the event loop, and steps a second with the view in each state.

    python -m tests.benchmarks.view_cost [--particles 20000 ...] [--gap-seconds 60] [--block 2.5]
        [--rounds 25]

The first table trains EDM with particles on the screen, its flow playing, beside all its charts,
and reports the longest gap between two ticks of a 5 ms timer. The second takes the studio
of one training through its states in interleaved blocks of random order, so that other programs
disturb all alike; for "headless" the studio's process is stopped by a signal. Steps are counted per
second of the clock on the wall, and per CPU second of the engine: the first is what a person waits
for, the second does not see what other programs do to this machine. Last, how much of one core the
studio takes: while nobody looks it asks the engine for nothing, and this is all that it costs.
"""

import argparse
import asyncio
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import psutil
from PySide6.QtCore import Qt, QTimer

from pushforward.studio.app.core import preferences
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.lenses.quality import quality_view
from pushforward.studio.app.shell.studio import Studio
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.run import RunFolder
from tests.benchmarks.smallest import parse
from tests.benchmarks.studio_loop import in_studio
from tests.qtloop import until

STATES = ("headless", "shown", "hidden", "minimised")
SETTLE = 0.4  # seconds


def spec(particles: int, **training: object) -> RunSpec:
    """An EDM training that does not end by itself, with every metric."""
    return RunSpec(
        name="view-cost",
        family=Pick(slug="edm"),
        dataset=Pick(slug="eight-gaussians"),
        training={"steps": 10_000_000, "batch": 512, "particles": particles, **training},
        metrics=[Pick(slug="sliced-w2"), Pick(slug="energy-distance"), Pick(slug="mode-balance")],
    )


async def opened(project: Path, particles: int, **training: object) -> tuple[Studio, RunState]:
    """Return a studio with a training under way and Watch in front."""
    studio = Studio(preferences.load())
    studio.window.resize(1440, 900)
    studio.show()
    await studio.link.start()
    studio.window.load_lenses()
    await until(lambda: studio.state.catalog is not None, 30)
    studio.actions.project.create(project)
    await until(lambda: studio.state.project == project, 10)
    studio.actions.setup.open(spec(particles, **training))
    await until(lambda: studio.state.draft is not None and studio.state.draft.resolved, 10)
    studio.actions.training.start()
    await until(lambda: studio.state.runs.current is not None, 20)
    run = studio.state.runs.current
    assert run is not None
    await until(lambda: run.step > 50, 60)
    return studio, run


async def gaps(folder: Path, particles: int, seconds: float) -> np.ndarray:
    """Return the gaps (ms) of a 5 ms timer while particles and the charts are drawn."""
    studio, _ = await opened(folder / f"gaps-{particles}", particles)
    beside = quality_view.VIEW.factory(studio.state, studio.actions)
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


async def stage(folder: Path) -> None:
    """Be the studio of `rates`: train, say where, then take up the state of each line read."""
    # What is due now and then would fall into some blocks and not into others.
    rare = {"evaluate_every": 10_000_000, "checkpoint_seconds": 80_000.0}
    studio, run = await opened(folder / "rates", 4096, **rare)
    print(f"run {run.key}", flush=True)
    lenses = studio.window.canvas.lenses
    titles = [lenses.tabs.tabText(i) for i in range(lenses.tabs.count())]
    while state := (await asyncio.to_thread(sys.stdin.readline)).strip():
        lenses.tabs.setCurrentIndex(titles.index("Quality" if state == "hidden" else "Watch"))
        if state in ("minimised", "headless"):
            studio.window.showMinimized()
        else:
            studio.window.showNormal()
        await asyncio.sleep(SETTLE)
        print("ready", flush=True)
    await studio.shut()


class Curve:
    """The growing curves of a run, read as another process sees them."""

    def __init__(self, run: RunFolder) -> None:
        self._log = run.metrics
        self._offset = run.metrics.path.stat().st_size
        self._engine = psutil.Process(run.status().pid)

    async def appended(self) -> tuple[float, float, int]:
        """Wait for the next append; return when it was seen, by the clock and in CPU seconds of
        the engine, and its last step.
        """
        while True:
            if self._log.path.stat().st_size > self._offset:
                now, used = time.perf_counter(), self._engine.cpu_times()
                columns, _, self._offset = self._log.read_new(self._offset)
                if "loss" in columns:
                    return now, used.user + used.system, columns["loss"][0][-1]
            await asyncio.sleep(0.002)

    async def rate(self, seconds: float) -> tuple[float, float]:
        """Return steps a second and a CPU second, from append to append over so many seconds."""
        begun, used, first = now, spent, done = await self.appended()
        while now - begun < seconds:
            now, spent, done = await self.appended()
        return (done - first) / (now - begun), (done - first) / (spent - used)


async def rates(
    folder: Path, block: float, rounds: int
) -> dict[str, list[tuple[float, float, float]]]:
    """Return steps a second and a CPU second, and the studio's share of a core, in each state.

    It is one training throughout. The studio is a process of its own; for "headless" it is
    stopped by a signal, so that nothing but the engine remains.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.benchmarks.view_cost", "--stage", str(folder),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    run = (await child.stdout.readline()).decode().split(" ", 1)[1].strip()
    found: dict[str, list[tuple[float, float, float]]] = {state: [] for state in STATES}
    studio = psutil.Process(child.pid)
    order = random.Random(0)
    for _ in range(rounds):
        for state in order.sample(STATES, len(STATES)):
            child.stdin.write(f"{state}\n".encode())
            await child.stdout.readline()
            if state == "headless":
                child.send_signal(signal.SIGSTOP)
                await asyncio.sleep(SETTLE)
            curve = Curve(RunFolder(Path(run)))
            used, begun = sum(studio.cpu_times()[:2]), time.perf_counter()
            pace = await curve.rate(block)
            share = (sum(studio.cpu_times()[:2]) - used) / (time.perf_counter() - begun)
            found[state].append((*pace, share))
            if state == "headless":
                child.send_signal(signal.SIGCONT)
    child.stdin.close()
    await child.wait()
    return found


def report(found: dict[str, list[tuple[float, float, float]]]) -> None:
    """Print each state's speed as a ratio of headless: of the same round, median over rounds,
    with a 90 % interval by resampling rounds.
    """
    base = np.asarray(found["headless"])[:, :2]
    draws = np.random.default_rng(0).integers(len(base), size=(2000, len(base)))
    print(f"{'':12}{'steps/s':>10}{'of headless':>27}{'by CPU time':>27}{'studio':>9}")
    for state, values in found.items():
        rows = np.asarray(values)
        ratios = rows[:, :2] / base
        low, high = np.quantile(np.median(ratios[draws], axis=1), (0.05, 0.95), axis=0)
        words = (
            f"{middle:.3f} ({a:.3f} to {b:.3f})"
            for middle, a, b in zip(np.median(ratios, axis=0), low, high, strict=True)
        )
        pace, _, share = np.median(rows, axis=0)
        print(f"{state:12}{pace:10.1f}", *(f"{w:>26}" for w in words), f"{share:8.1%}")


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--particles", type=int, nargs="+", default=[20_000])
    parser.add_argument("--gap-seconds", type=float, default=60)
    parser.add_argument("--block", type=float, default=2.5)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--stage", type=Path, help="be the studio, for the parent's orders")
    chosen = parse(parser, argv, particles=[200], gap_seconds=0, block=0.05, rounds=1)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if chosen.stage is not None:
        in_studio(lambda: stage(chosen.stage))
        return
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PUSHFORWARD_HOME"] = folder
        for n in chosen.particles if chosen.gap_seconds else ():
            seen = in_studio(partial(gaps, Path(folder), n, chosen.gap_seconds))
            print(f"event loop, {chosen.gap_seconds:g} s, {n:,} particles and the charts, training")
            print(f"  median gap {np.median(seen):.1f} ms, 99 % {np.quantile(seen, 0.99):.1f} ms, "
                  f"longest {seen.max():.1f} ms (target 60 ms)")  # fmt: skip
        if chosen.rounds:
            report(asyncio.run(rates(Path(folder), chosen.block, chosen.rounds)))


if __name__ == "__main__":
    main()
