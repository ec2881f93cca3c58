"""Paint a kept record as tiles without a window: a process of its own of the command line."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from pushforward.studio.app.core.data_type_registry import kind as kind_by_slug
from pushforward.studio.app.data.tile_sheet import paint_sheet
from pushforward.studio.app.design.theme import theme
from pushforward.studio.store.run import RunFolder

__all__ = ["main", "paint_frames"]

MOST, MOST_MOVING = 64, 16
"""Tiles of a picture, and of each frame of an animation."""


def paint_frames(run: Path, kind_slug: str, step: int, *, moving: bool) -> NDArray[np.uint8]:
    """Return the frames (T, h, w, 3) of a kept record, or its last frame alone, (1, h, w, 3).

    Raises:
        StoreError: the record cannot be read.
    """
    record, kind = RunFolder(run).flow.load(step), kind_by_slug(kind_slug)
    some = slice(MOST_MOVING if moving else min(MOST, kind.page))
    known = {name: values for name, values in record.conditions.items() if name in kind.told}
    images = []
    for frame in range(len(record.t)) if moving else (-1,):
        rows = kind.rows(record.x, record.extras, frame, some, known)
        images.append(_pixels(paint_sheet(kind.tiles(rows), np.arange(len(rows["x"])))))
    return np.stack(images)


def _pixels(image: QImage) -> NDArray[np.uint8]:
    """Return the pixels of an image, (h, w, 3)."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    lines = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return lines[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def main(arguments: Sequence[str]) -> int:
    """Write frames as an array (.npy): RUN KIND STEP still|moving FILE."""
    run, kind_slug, step, how, file = arguments
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    theme.install(QApplication(sys.argv[:1]), "dark")
    np.save(file, paint_frames(Path(run), kind_slug, int(step), moving=how == "moving"))
    return 0
