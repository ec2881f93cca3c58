"""How fast particles are drawn, offscreen: prints a table.

    python -m tests.benchmarks.drawing [--seconds 1.5] [--peer]

A frame is everything Watch does for one: the clock, interpolation, trails, dots, the
backdrop, and the copy to the window's image. ``cpu`` is what one core spends; frames a second are
1000 / wall. The same drawing by pyqtgraph's scatter item, without trails, is the peer. The last row
is the embedding map of 10,000 samples while it is dragged; half of them are rings.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable, Sequence

from tests.benchmarks.smallest import parse

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget

from pushforward.studio.app.charts.arrows import Arrows
from pushforward.studio.app.charts.backdrop import Backdrop
from pushforward.studio.app.charts.particle_canvas import ParticleCanvas
from pushforward.studio.app.charts.particle_timeline import Timeline
from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.design.tokens import DARK
from pushforward.studio.app.labs.representation.map_overlay import HollowDots

SIDE, FRAMES = 900, 12
MAP = 10_000
TARGETS = {(100_000, 1): 60, (1_000_000, 1): 30}


def particles(n: int) -> Timeline:
    """Return n particles that go from a Gaussian to eight of them."""
    rng = np.random.default_rng(0)
    start = rng.standard_normal((n, 2), dtype=np.float32)
    angle = rng.integers(0, 8, n) * (np.pi / 4)
    end = 1.3 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    end = (end + 0.12 * rng.standard_normal((n, 2))).astype(np.float32)
    t = np.linspace(0, 1, FRAMES, dtype=np.float32)
    w = t[:, None, None]
    return Timeline(t, start * (1 - w) + end * w)


class Screen(ParticleCanvas):
    """A canvas whose device pixel ratio is chosen."""

    ratio = 1.0

    def devicePixelRatioF(self) -> float:
        return self.ratio


def measure(frame: Callable[[float], None], seconds: float) -> tuple[float, float, float]:
    """Return (median wall, worst 5 % wall, median cpu) of a frame in ms, playing in a loop."""
    walls, cpus, i = [], [], 0
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(walls) < 20:
        wall, cpu = time.perf_counter(), time.process_time()
        frame((i % 60) / 60)
        cpus.append(1e3 * (time.process_time() - cpu))
        walls.append(1e3 * (time.perf_counter() - wall))
        i += 1
    return statistics.median(walls), float(np.quantile(walls, 0.95)), statistics.median(cpus)


def draw(n: int, ratio: int, seconds: float) -> tuple[float, float, float]:
    """Return the times of one size at one device pixel ratio."""
    canvas = Screen()
    canvas.ratio = float(ratio)
    canvas.resize(SIDE, SIDE)
    canvas.set_style(CanvasStyle.of(DARK))
    target = particles(2000).x[-1]
    grid = np.ones((24, 24, 2), dtype=np.float32)
    canvas.set_backdrop(Backdrop(target=target, arrows=(Arrows(grid, (-2, 2, -2, 2)),)))
    canvas.playing = True
    canvas.set_record(particles(n))
    window = QImage(SIDE * ratio, SIDE * ratio, QImage.Format.Format_RGB32)
    window.setDevicePixelRatio(ratio)
    canvas.show()

    def frame(t: float) -> None:
        canvas.set_flow(t)
        QWidget.render(canvas, window, QPoint())  # as a screen: the view's own is for paper

    frame(0.0)
    found = measure(frame, seconds)
    canvas.close()
    canvas.deleteLater()
    return found


def drag_map(n: int, seconds: float) -> tuple[float, float, float]:
    """Return the times of a frame of an embedding map of n samples that is dragged."""
    canvas = Screen()
    canvas.resize(SIDE, SIDE)
    canvas.set_style(CanvasStyle.of(DARK))
    canvas.set_layers(trails=False)
    place = particles(n).x[-1]
    canvas.set_record(Timeline(np.ones(1, np.float32), place[None]))
    turn = 2 * np.pi * np.random.default_rng(1).integers(0, 10, n) / 10
    canvas.set_identity(np.stack([np.cos(turn), np.sin(turn)], axis=1).astype(np.float32))
    rings = HollowDots(lambda: False)
    rings.places, rings.inks = place[n // 2 :].astype(np.float64), canvas.identity[n // 2 :]
    canvas.overlays = [rings]
    window = QImage(SIDE, SIDE, QImage.Format.Format_RGB32)
    canvas.show()

    def frame(t: float) -> None:
        canvas.pan(2.0 if t < 0.5 else -2.0, 0.0)
        QWidget.render(canvas, window, QPoint())

    frame(0.0)
    found = measure(frame, seconds)
    canvas.close()
    canvas.deleteLater()
    return found


def scatter(n: int, seconds: float) -> float:
    """Return the median wall time of pyqtgraph's scatter item for the same particles, in ms."""
    import pyqtgraph as pg

    timeline = particles(n)
    plot = pg.PlotWidget()
    plot.resize(SIDE, SIDE)
    item = pg.ScatterPlotItem(size=2, pen=None, brush="#5eb1ef")
    plot.addItem(item)
    plot.setXRange(-2, 2)
    plot.setYRange(-2, 2)
    plot.show()

    def frame(t: float) -> None:
        x = timeline.at(t)
        item.setData(x[:, 0], x[:, 1])
        plot.grab()

    found = measure(frame, seconds)[0]
    plot.close()
    return found


def table(seconds: float, most: int) -> None:
    """Print a row for each number of particles, up to the most, and pixels."""
    heads = ("particles", "pixels", "wall ms", "p95", "cpu ms", "fps")
    print("{:>10} {:>10} {:>8} {:>7} {:>7} {:>6}  target".format(*heads))
    for n in (n for n in (2_048, 10_000, 100_000, 1_000_000) if n <= most):
        for ratio in (1, 2):
            wall, worst, cpu = draw(n, ratio, seconds)
            aim, fps = TARGETS.get((n, ratio)), 1e3 / wall
            verdict = f"{aim} fps: {'met' if fps >= aim else 'MISSED'}" if aim else ""
            pixels = f"{SIDE * ratio}x{SIDE * ratio}"
            row = f"{n:>10,} {pixels:>10} {wall:>8.2f} {worst:>7.2f} {cpu:>7.2f} {fps:>6.0f}"
            print(f"{row}  {verdict}")


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.5, help="seconds per row")
    parser.add_argument("--peer", action="store_true", help="also measure the scatter item")
    parser.add_argument("--most", type=int, default=1_000_000, help="particles")
    chosen = parse(parser, argv, seconds=0.01, most=2_048)
    app = QApplication([])
    theme.install(app, "dark")
    table(chosen.seconds, chosen.most)
    wall, worst, cpu = drag_map(min(MAP, chosen.most), chosen.seconds)
    word = "met" if 1e3 / wall >= 60 else "MISSED"
    times = f"wall {wall:.2f} ms, p95 {worst:.2f}, cpu {cpu:.2f}"
    print(f"map of {min(MAP, chosen.most):,}, dragged: {times}: 60 fps {word}")
    if chosen.peer:
        mine, peer = draw(10_000, 1, chosen.seconds)[0], scatter(10_000, chosen.seconds)
        print(f"pyqtgraph scatter item, 10,000 particles: {peer:.1f} ms ({peer / mine:.0f}x)")


if __name__ == "__main__":
    main()
