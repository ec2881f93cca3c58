"""How long until there is something to see: first paint, and the first moving particle.

    python -m tests.benchmarks.startup [--runs 7]

First paint is measured from outside: from the spawn of the command `pushforward` to the end of the
window's first paint event, with a warm file cache and compiled modules, as an installed studio has
them. What it shows is the frame of the window; the first page is there when its cards are painted.
Before each start an empty Qt window is measured alike, so that the ratio holds on a busy machine.
The first moving particle is measured from the Enter that opens a recipe, through the Enter that
trains it, to the second picture of its particles.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

from tests.benchmarks.smallest import parse

CHILD = """
import os, sys, time
from pushforward.studio.app.shell import main

show = main.show_frame
def watched(window):
    show(window)
    window.first = time.time()
    from PySide6.QtCore import QTimer
    from pushforward.studio.app.places.discover.recipe_card import RecipeCard

    paint = RecipeCard.paintEvent
    def painted(card, event):
        RecipeCard.paintEvent = paint
        paint(card, event)
        QTimer.singleShot(0, told)
    RecipeCard.paintEvent = painted

    def told():
        torch = "torch" in [n for n, m in sys.modules.items() if m]
        print(window.first, time.time(), torch, flush=True)
        os._exit(0)
main.show_frame = watched
sys.argv = ["pushforward"]
from pushforward.studio.__main__ import main as command
command()
"""

EMPTY = """
import os, sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget

def told():
    now = time.time()
    print(now, now, "torch" in sys.modules, flush=True)
    os._exit(0)

class Window(QWidget):
    def paintEvent(self, event):
        QTimer.singleShot(0, told)

app = QApplication([])
window = Window()
window.resize(1440, 900)
window.show()
app.exec()
"""
SHARE = 3.0  # times an empty Qt window that the first paint may take


def first_paint(runs: int) -> tuple[list[float], list[float], list[float]]:
    """Return seconds from the spawn, one a run: to the first paint and to the first page of the
    studio, and to the first paint of an empty window.
    """
    # Where this is set each start compiles all that it imports: a third of a second more.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    seconds: dict[str, list[tuple[float, float]]] = {EMPTY: [], CHILD: []}
    for _ in range(runs + 1):
        for program, found in seconds.items():
            begun = time.time()
            done = subprocess.run(
                [sys.executable, "-c", program],
                capture_output=True,
                text=True,
                check=True,
                env=environment,
            )
            first, whole, torch = done.stdout.split()
            assert torch == "False", "the window must not load torch"
            found.append((float(first) - begun, float(whole) - begun))
    # The first start compiles and fills the cache.
    frames, pages = zip(*seconds[CHILD][1:], strict=True)
    return list(frames), list(pages), [first for first, _ in seconds[EMPTY][1:]]


async def first_motion() -> float:
    """Return seconds from opening a recipe to particles that have moved on the screen."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    from pushforward.studio.app.charts.particle_canvas import ParticleCanvas
    from pushforward.studio.app.core import preferences
    from pushforward.studio.app.places.discover.recipe_card import RecipeCard
    from pushforward.studio.app.shell.studio import Studio
    from tests.qtloop import until

    studio = Studio(preferences.load())
    studio.window.resize(1440, 900)
    studio.show()
    await studio.link.start()
    studio.window.load_lenses()
    await until(lambda: studio.state.catalog is not None, 30)
    card = next(
        c
        for c in studio.window.canvas.discover.findChildren(RecipeCard)
        if c.recipe.slug == "edm-eight-gaussians"
    )
    begun = time.perf_counter()
    QTest.keyClick(card, Qt.Key.Key_Return)
    train = studio.window.inspector.setup.train
    await until(lambda: train.isVisible() and train.isEnabled(), 10)
    QTest.keyClick(train, Qt.Key.Key_Return)
    await until(lambda: studio.state.runs.current is not None, 20)
    run = studio.state.runs.current
    assert run is not None
    await until(lambda: run.live is not None and run.live.step > 0, 30)
    canvas = studio.window.canvas.findChild(ParticleCanvas)
    assert canvas is not None
    painted = asyncio.Event()
    canvas.painted.connect(painted.set)
    await asyncio.wait_for(painted.wait(), 10)
    seconds = time.perf_counter() - begun
    await studio.shut()
    return seconds


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--runs", type=int, default=7)
    runs = parse(parser, argv, runs=1).runs
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as home:
        os.environ["PUSHFORWARD_HOME"] = home
        paints, pages, empty = first_paint(runs)
        from tests.benchmarks.studio_loop import in_studio

        motions = [in_studio(first_motion) for _ in range(max(1, runs // 2))]
    print(f"{'':34}{'median s':>10}{'worst s':>10}{'target s':>10}")
    for title, values, target in (
        ("spawn to first paint", paints, SHARE * statistics.median(empty)),
        ("the same of an empty Qt window", empty, statistics.median(empty)),
        ("spawn to the whole first page", pages, 1.0),
        ("first page to first moving particle", motions, 1.5),
    ):
        print(f"{title:34}{statistics.median(values):10.2f}{max(values):10.2f}{target:10.1f}")


if __name__ == "__main__":
    main()
