"""Paint kept records as tiles without a window: a process of its own of the command line."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from pushforward.studio.app.core.data_type import Kind, Tiles
from pushforward.studio.app.core.data_type_registry import kind as kind_by_slug
from pushforward.studio.app.design.theme import theme
from pushforward.studio.protocol.records import FlowRecord
from pushforward.studio.store.run import RunFolder

__all__ = ["main", "paint_records"]

HEIGHT = 112
"""Of a tile in pixels."""


def paint_records(
    run: Path, kind_slug: str, steps: Sequence[int], times: Sequence[float], n: int
) -> NDArray[np.uint8]:
    """Return the first n samples at some steps and at the recorded flow times nearest to ``times``,
    as (S, T, n, h, w, 3).

    Raises:
        StoreError: a record cannot be read.
    """
    folder, kind = RunFolder(run), kind_by_slug(kind_slug)
    return np.stack([_paint_record(folder.flow.load(step), kind, times, n) for step in steps])


def _paint_record(
    record: FlowRecord, kind: Kind, times: Sequence[float], n: int
) -> NDArray[np.uint8]:
    known = {name: values for name, values in record.conditions.items() if name in kind.told}
    frames = []
    for time in times:
        frame = int(np.abs(record.t - time).argmin())
        rows = kind.rows(record.x, record.extras, frame, slice(n), known)
        tiles = kind.tiles(rows)
        frames.append(np.stack([_paint(tiles, row) for row in range(len(rows["x"]))]))
    return np.stack(frames)


def _paint(tiles: Tiles, row: int) -> NDArray[np.uint8]:
    """Return the pixels of a tile, (h, w, 3)."""
    tokens = theme.colors()
    image = QImage(max(8, round(HEIGHT * tiles.aspect)), HEIGHT, QImage.Format.Format_RGB888)
    image.fill(QColor(tokens.background))
    with QPainter(image) as painter:
        tiles.paint(painter, QRectF(image.rect()).adjusted(3, 3, -3, -3), row, tokens)
    lines = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return lines[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def main(arguments: Sequence[str]) -> int:
    """Write tiles as an array (.npy): RUN KIND STEPS TIMES N dark|light FILE."""
    run, kind_slug, steps, times, n, mode, file = arguments
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    theme.install(QApplication(sys.argv[:1]), "light" if mode == "light" else "dark")
    chosen = [int(each) for each in steps.split(",")], [float(each) for each in times.split(",")]
    np.save(file, paint_records(Path(run), kind_slug, *chosen, int(n)))
    return 0
