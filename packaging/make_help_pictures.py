#!/usr/bin/env python3
"""Make the pictures of the help from the recipes that they open: train each, and draw what the
canvas of the studio would show at the end, dark and light; of images, film strips.

    .venv/bin/python packaging/make_help_pictures.py [--keep DIR] [RECIPE ...]

Which pictures there are is read from the pages; the recipes' own thumbnails are drawn from the same
runs. With --keep the runs stay in DIR, and those that are there already are only drawn.
"""

import os
import re
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from make_thumbnails import draw_tiles, life, make
from numpy.typing import NDArray
from PySide6.QtWidgets import QApplication

from pushforward.models.config import decode
from pushforward.models.registry import discover, registry
from pushforward.studio import resources
from pushforward.studio.app.charts.particle_canvas import ParticleCanvas
from pushforward.studio.app.charts.particle_timeline import Timeline
from pushforward.studio.app.charts.picture_export import canvas_picture, write_picture
from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.design.theme import Mode, theme
from pushforward.studio.protocol.spec import Recipe
from pushforward.studio.store.run import RunFolder

WIDTH, HEIGHT = 720, 300  # logical pixels; written at twice the size
SHOWN = 2000  # particles
TARGET = 1500  # points of the data behind them
SCHEMES: tuple[Mode, ...] = ("dark", "light")
PICTURE = re.compile(r"\(picture:([\w-]+)#recipe:([\w-]+)\)")


def pictures() -> dict[str, list[str]]:
    """Return the names of the pictures that the pages show, by the recipe that makes them."""
    found: dict[str, list[str]] = {}
    for page in sorted(resources.folder("help").glob("*.md")):
        for name, recipe in PICTURE.findall(page.read_text(encoding="utf-8")):
            if name not in found.setdefault(recipe, []):
                found[recipe].append(name)
    return found


def way(run: RunFolder) -> Timeline:
    """Return how the particles came to where they are: along the flow, or, of free particles, in
    training. Those of a generator are only where they are: it may throw them anywhere on the way.
    """
    steps = run.flow.steps()
    last = run.flow.load(steps[-1])
    if len(last.t) != 2:
        return Timeline(last.t, last.x[:, :SHOWN])
    history = np.stack([run.flow.load(step).x[-1][:SHOWN] for step in steps])
    clock = np.linspace(0.0, 1.0, len(history), dtype=np.float32)
    return Timeline(clock, history)


def show(canvas: ParticleCanvas, run: RunFolder, target: NDArray[np.float32]) -> None:
    """Put a run on the canvas as Watch does: particles, their trails, the target."""
    timeline = way(run)
    canvas.set_identity(timeline.x[0][:, :2])
    canvas.set_record(timeline)
    canvas.set_flow(1.0)
    canvas.set_layers(particles=True, trails=True, paths=False)
    canvas.set_backdrop(replace(canvas.backdrop, target=target, axes=False))
    canvas.fit()


def draw(recipe: Recipe, names: list[str], run: RunFolder) -> None:
    """Write the pictures of a run in both schemes."""
    folder = resources.folder("help") / "pictures"
    folder.mkdir(exist_ok=True)
    path = life(run)
    if path.ndim > 3:
        for scheme in SCHEMES:
            theme.set_mode(scheme)
            picture = draw_tiles(path, {}, kind(recipe.kind), theme.colors())
            for name in names:
                picture.save(str(folder / f"{name}-{scheme}.png"))
        return
    source = registry.get("dataset", recipe.run.dataset.slug)
    points = source.make(decode(source.config, recipe.run.dataset.config), TARGET, 0).x.numpy()
    canvas = ParticleCanvas()
    canvas.resize(WIDTH, HEIGHT)
    canvas.grab()  # a widget that was never shown learns its size only now
    for scheme in SCHEMES:
        theme.set_mode(scheme)
        canvas.set_style(CanvasStyle.of(theme.colors()))
        show(canvas, run, points)
        for name in names:
            write_picture(canvas_picture(canvas), folder / f"{name}-{scheme}.png")


def main() -> None:
    """Train what was asked for, or everything that the pages show."""
    application = QApplication(sys.argv[:1])
    theme.install(application, "dark")
    discover()
    words = sys.argv[1:]
    kept = Path(words[1]) if words[:1] == ["--keep"] else None
    chosen = words[2:] if kept is not None else words
    known = {recipe.slug: recipe for recipe in resources.recipes()}
    for slug, names in pictures().items():
        if chosen and slug not in chosen:
            continue
        with tempfile.TemporaryDirectory() as folder:
            project = kept / slug if kept is not None else Path(folder)
            if not (project / "runs").is_dir():
                print(f"{slug}: trained in {make(known[slug], project):.0f} s", flush=True)
            draw(known[slug], names, RunFolder(sorted((project / "runs").iterdir())[-1]))
        print(f"{slug}: {', '.join(names)}", flush=True)


if __name__ == "__main__":
    main()
