#!/usr/bin/env python3
"""Train every recipe and draw its pictures, dark and light, from the real run.

    .venv/bin/python packaging/make_thumbnails.py [SLUG[=RUN] ...]

With =RUN the pictures are of a run that has been trained from the recipe before. Also prints how
long each took, which is what ``expected_seconds`` in the recipe should say.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QGuiApplication,
    QImage,
    QPainter,
    QPainterPath,
    QPen,
)

from pushforward.studio.app.charts.particle_colours import identity_colours
from pushforward.studio.app.core.data_type import Arrays, Kind
from pushforward.studio.app.core.data_type_registry import kind as kind_called
from pushforward.studio.app.core.run_portrait import Portrait
from pushforward.studio.app.design.tokens import DARK, LIGHT, Tokens
from pushforward.studio.engine.data.preview import preview
from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.race import headless as headless_race
from pushforward.studio.engine.run.model_loading import load
from pushforward.studio.engine.run.operator_requests import Answer, ask
from pushforward.studio.protocol.commands import Budget, Operate
from pushforward.studio.protocol.spec import Recipe, racers
from pushforward.studio.resources import folder, recipes, thumbnail
from pushforward.studio.store.run import RunFolder

WIDTH, HEIGHT = 768, 256  # twice the size of a card, for high-density screens
SHOWN = 1600
TRAIL = 8
COLUMNS, ROWS = 12, 4  # of tiles
GAP = 4
PREVIEWED = 2000  # rows of data that a portrait may look at

Path32 = NDArray[np.float32]


def life(run: RunFolder) -> Path32:
    """Return where the particles were, (k, n, *shape): along the flow where the family has one,
    along the training otherwise.
    """
    steps = run.flow.steps()
    last = run.flow.load(steps[-1])
    if len(last.t) > 1:
        return last.x
    ends = [run.flow.load(step).x[-1] for step in steps]
    few = min(len(end) for end in ends)  # light records hold the first particles only
    return np.stack([end[:few] for end in ends])


def draw(run: RunFolder, slug: str, *, dark: bool) -> QImage:
    """Draw what particles lived through: points as paths, others as strips of tiles. Where nothing
    moved, the kind of data has a portrait.
    """
    kind = kind_called(slug)
    if not run.flow.steps():
        if run.record.spec.family.slug == "representation":
            return draw_views(run, kind, DARK if dark else LIGHT)
        if kind.portrait is None:
            raise SystemExit(f"{run.name} kept no pictures, and {slug} have no portrait")
        return draw_portrait(run, kind.portrait, DARK if dark else LIGHT)
    path = life(run)
    last = run.flow.load(run.flow.steps()[-1])
    if kind.layout == "tiles":
        parts = last.extras
        if len(last.t) == 1:
            # Along a training all moments are drawn as the last one is.
            parts = {name: part.repeat(len(path), axis=0) for name, part in parts.items()}
        return draw_tiles(path, parts, kind, DARK if dark else LIGHT)
    if len(last.t) > 1:
        return draw_points(path[0, :SHOWN], path[-TRAIL:, :SHOWN], dark=dark)
    path = path[:, :SHOWN]
    return draw_points(path[-1], path[[len(path) // 4, -1]], dark=dark)


def draw_views(run: RunFolder, kind: Kind, palette: Tokens) -> QImage:
    """Draw the neighbours of an anchor at growing view noise."""
    answer = answer_of(run, "representation-views", {})
    order = np.argsort(answer.arrays["sigmas"][:-1])
    path = answer.arrays["neighbours"][:-1][order]
    anchor = np.repeat(answer.arrays["anchor"], path.shape[1], axis=0)
    return draw_tiles(np.concatenate([anchor[None], path]), {}, kind, palette)


def answer_of(run: RunFolder, operator: str, inputs: dict[str, object]) -> Answer:
    """Return what an operator answers."""
    doing = ask(Operate(run=str(run.path), operator=operator, inputs=inputs)).work(load(run))
    while True:
        try:
            next(doing)
        except StopIteration as end:
            answer: Answer = end.value
            return answer


def draw_portrait(run: RunFolder, portrait: Portrait, palette: Tokens) -> QImage:
    """Draw what an operator makes of a run and its data."""
    facts, arrays = preview(run.record.spec.dataset, run.path.parents[1], PREVIEWED)
    handed = {slot: arrays[name][: portrait.rows].tolist() for slot, name in portrait.hands.items()}
    answer = answer_of(run, portrait.operator, handed)
    shown = {**arrays, "columns": np.array(facts["columns"]), **answer.arrays}
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    edge = 0.06 * HEIGHT
    with QPainter(image) as painter:
        portrait.paint(
            painter, QRectF(edge, edge, WIDTH - 2 * edge, HEIGHT - 2 * edge), shown, palette
        )
    return image


def draw_tiles(path: Path32, extras: Arrays, kind: Kind, palette: Tokens) -> QImage:
    """Draw one particle a row, from its beginning to its end, in moments between which all have
    gone equally far: what happens is at the end of a flow, not in its middle.
    """
    rows = ROWS if kind.page >= Kind.page else ROWS // 2  # fewer where each needs more room
    columns = COLUMNS * rows // ROWS
    size = 0.88 * HEIGHT / rows
    left, top = (WIDTH - columns * size + GAP) / 2, (HEIGHT - rows * size + GAP) / 2
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    gone = np.linalg.norm(np.diff(path, axis=0).reshape(len(path) - 1, -1), axis=1).cumsum()
    wanted = np.linspace(0, gone[-1], columns)
    moments = np.abs(np.concatenate([[0.0], gone])[None] - wanted[:, None]).argmin(axis=1)
    with QPainter(image) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for row in range(rows):
            tiles = kind.tiles(kind.way(path, extras, row, moments))
            for column in range(columns):
                corner = QPointF(left + column * size, top + row * size)
                place = QRectF(corner, QSizeF(size - GAP, size - GAP))
                shape = QPainterPath()
                shape.addRoundedRect(place, GAP, GAP)
                painter.setClipPath(shape)
                tiles.paint(painter, place, column, palette)
    return image


def draw_points(start: Path32, path: Path32, *, dark: bool) -> QImage:
    """Draw the last positions over the faint ends of the paths, coloured by where they started."""
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    end = path[-1][:, :2]
    low, high = np.quantile(end, 0.005, axis=0), np.quantile(end, 0.995, axis=0)
    scale = min(0.86 * WIDTH / (high[0] - low[0]), 0.86 * HEIGHT / (high[1] - low[1]))
    middle = (low + high) / 2
    pixels = (path[..., :2] - middle) * scale * np.array([1, -1]) + np.array([WIDTH, HEIGHT]) / 2
    colours = identity_colours(start[:, :2], dark=dark)
    with QPainter(image) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for line, colour in zip(pixels.transpose(1, 0, 2), colours, strict=True):
            ink = QColor.fromRgba(int(colour))
            ink.setAlphaF(0.10)
            painter.setPen(QPen(ink, 1.2))
            painter.drawPolyline([QPointF(*point) for point in line.tolist()])
        painter.setPen(Qt.PenStyle.NoPen)
        for (x, y), colour in zip(pixels[-1].tolist(), colours, strict=True):
            painter.setBrush(QColor.fromRgba(int(colour)))
            painter.drawEllipse(QPointF(x, y), 2.0, 2.0)
    return image


def draw_race(runs: list[RunFolder], *, dark: bool) -> QImage:
    """Draw the points that each of a race ends with, side by side at one scale."""
    ends = [(life(run)[-1, :SHOWN, :2], life(run)[0, :SHOWN, :2]) for run in runs]
    every = np.concatenate([end for end, _ in ends])
    low, high = np.quantile(every, 0.01, axis=0), np.quantile(every, 0.99, axis=0)
    wide = WIDTH / len(runs)
    scale = min(0.9 * wide / (high[0] - low[0]), 0.86 * HEIGHT / (high[1] - low[1]))
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    with QPainter(image) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for place, (end, start) in enumerate(ends):
            painter.setClipRect(QRectF(place * wide, 0, wide, HEIGHT))
            middle = np.array([(place + 0.5) * wide, HEIGHT / 2])
            pixels = (end - (low + high) / 2) * scale * np.array([1, -1]) + middle
            inks = identity_colours(start, dark=dark)
            for (x, y), colour in zip(pixels.tolist(), inks, strict=True):
                painter.setBrush(QColor.fromRgba(int(colour)))
                painter.drawEllipse(QPointF(x, y), 1.2, 1.2)
    return image


def save(recipe: Recipe, run: RunFolder) -> None:
    """Save the two pictures of a recipe; of a race they are of all runs of its project."""
    for scheme in ("dark", "light"):
        dark = scheme == "dark"
        if recipe.race is not None:
            runs = [RunFolder(path) for path in sorted(run.path.parent.iterdir())]
            image = draw_race(runs, dark=dark)
        else:
            image = draw(run, recipe.kind, dark=dark)
        image.save(str(thumbnail(recipe.slug, scheme)))


def make(recipe: Recipe, project: Path) -> float:
    """Train a recipe, save its two pictures, and return the seconds that training took."""
    begun = time.monotonic()
    if recipe.race is not None:
        budget = Budget(kind=recipe.race.kind, amount=recipe.race.amount)
        folders = headless_race.create(racers(recipe), budget, project)
        headless_race.run(folders)
        statuses = [folder.status() for folder in folders]
    else:
        statuses = [headless.run(recipe.run, project=project)]
    seconds = time.monotonic() - begun
    for status in statuses:
        if status.state != "finished":
            raise SystemExit(f"{recipe.slug} ended as {status.state}: {status.error}")
    save(recipe, RunFolder(sorted((project / "runs").iterdir())[-1]))
    return seconds


def main() -> None:
    application = QGuiApplication(sys.argv[:1])
    for path in sorted(folder("fonts").glob("*.otf")):
        QFontDatabase.addApplicationFont(str(path))
    application.setFont(QFont("Inter"))
    discover()
    trained = dict(word.partition("=")[::2] for word in sys.argv[1:])
    for recipe in [r for r in recipes() if not trained or r.slug in trained]:
        if trained.get(recipe.slug):
            save(recipe, RunFolder(Path(trained[recipe.slug])))
            continue
        with tempfile.TemporaryDirectory() as project:
            print(f"{recipe.slug}: {make(recipe, Path(project)):.0f} s", flush=True)
    application.quit()


if __name__ == "__main__":
    main()
