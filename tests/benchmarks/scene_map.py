"""How fast a map of a scene is painted, and a brush answers, offscreen: prints a table.

    python -m tests.benchmarks.scene_map [--side 1000] [--layers 16] [--repeats 20]

*compose* puts all layers of a scene together after one changed, *repaint* draws the composition
into the window, *pan* repaints after the map moved, and *stroke* is one move of a brush of 9
pixels, from the labels to the window. Wall times are medians and the worst of all, in ms; ``cpu``
is what one core spends, which other programs do not change.
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
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from pushforward.studio.app.data_types.cubes.label_tools import brush_stroke
from pushforward.studio.app.data_types.cubes.map_canvas import MapCanvas
from pushforward.studio.app.data_types.cubes.map_layers import Layer
from pushforward.studio.app.data_types.cubes.scene_images import class_image, to_image
from pushforward.studio.app.data_types.cubes.scene_requests import SceneData
from pushforward.studio.app.data_types.cubes.scene_state import SceneState
from pushforward.studio.app.design.theme import theme

WIDTH, HEIGHT = 900, 760  # pixels of the map
TARGETS = {"compose": 50.0, "repaint": 50.0, "stroke": 16.0}


def scene(side: int, layers: int) -> tuple[SceneState, MapCanvas]:
    """Return a scene of so many pixels a side with so many layers over it, and its map."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 17, (side // 10 + 1, side // 10 + 1)).repeat(10, 0).repeat(10, 1)
    truth = truth[:side, :side]
    cube = rng.random((side, side, 3), np.float32)
    names = tuple(f"class {i}" for i in range(1, 17))
    nowhere = np.empty((0, 2), np.int64)
    state = SceneState()
    colours = np.zeros((side, side, 3), np.uint8)
    state.take_scene(SceneData(colours, truth, cube, np.empty(0, np.float32), names, nowhere))
    state.labels.labels = np.zeros((side, side), np.int16)
    state.build_layers()
    made = [to_image(class_image(np.roll(truth, k, 0), 16)) for k in range(layers - 1)]
    stack = [Layer(f"l{k}", "", image, "", 0.5, True) for k, image in enumerate(made)]
    labels = state.stack.get("labels")
    assert labels is not None
    state.stack.set_layers([*stack, labels])
    canvas = MapCanvas("Map", state.camera)
    canvas.resize(WIDTH, HEIGHT)
    canvas.show_image(state.stack.composed())
    return state, canvas


def measure(work: Callable[[int], None], repeats: int) -> tuple[float, float, float]:
    """Return (median wall, worst wall, median cpu) of something in ms."""
    walls, spent = [], []
    for k in range(repeats):
        began, used = time.perf_counter(), time.process_time()
        work(k)
        walls.append(1000 * (time.perf_counter() - began))
        spent.append(1000 * (time.process_time() - used))
    return statistics.median(walls), max(walls), statistics.median(spent)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=1000, help="pixels of a side of the scene")
    parser.add_argument("--layers", type=int, default=16, help="layers, all visible")
    parser.add_argument("--repeats", type=int, default=20, help="times each is done")
    chosen = parse(parser, argv, side=40, layers=3, repeats=2)
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    theme.install(app, "dark")
    state, canvas = scene(chosen.side, chosen.layers)
    window = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)

    def compose(k: int) -> None:
        state.stack.change("l0", opacity=0.3 + 0.01 * k)
        canvas.show_image(state.stack.composed())

    def pan(k: int) -> None:
        state.camera.zoom_at(QPointF(300, 300), canvas.size().toSizeF(), 1.02)
        canvas.render(window)

    def stroke(k: int) -> None:
        start, end = (QPointF(20 + 3 * (k + i), 20 + 2 * (k + i)) for i in (0, 1))
        patch = brush_stroke(start, end, 9, (chosen.side, chosen.side))
        assert patch is not None
        state.labels.paint(patch, 1 + k % 16)
        image = state.stack.composed()
        assert image is not None
        canvas.update_area(image, patch.area)
        canvas.render(window)

    works = {"compose": compose, "repaint": lambda _: canvas.render(window), "pan": pan,
             "stroke": stroke}  # fmt: skip
    print(f"{chosen.side} x {chosen.side} pixels, {chosen.layers} layers, map {WIDTH} x {HEIGHT}")
    for name, work in works.items():
        median, worst, cpu = measure(work, chosen.repeats)
        target = f"  (target {TARGETS[name]:.0f} ms)" if name in TARGETS else ""
        print(f"{name:8} {median:6.1f} ms, worst {worst:6.1f} ms, cpu {cpu:6.1f} ms{target}")


if __name__ == "__main__":
    main()
