"""Interactions: a user is a short list of titles, the newest last."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from pushforward.studio.app.core.data_type import (
    Arrays,
    EachTile,
    Kind,
    Measured,
    Tiles,
    TitledTiles,
    how_many,
)
from pushforward.studio.app.data.answer_bars import answer
from pushforward.studio.app.data_types.interactions.data_cover import COVER
from pushforward.studio.app.data_types.interactions.item_titles import title_of
from pushforward.studio.app.data_types.interactions.list_portrait import PORTRAIT
from pushforward.studio.app.design.tokens import Tokens
from pushforward.studio.counts import format_count
from pushforward.studio.literal import one_line
from pushforward.studio.protocol.extras import ANSWERS

__all__ = ["KIND", "histories"]

LINES = 6  # titles of a tile at most
ASPECT = 1.6
SMALLEST = 6  # pixels of a line; a smaller one is drawn as a bar


def histories(arrays: Arrays) -> Tiles:
    """Return tiles of histories x (n, L) of item numbers, padded with 0; ``columns`` (V,) are
    the titles of the items, from 1, where they are known.
    """
    names = [one_line(str(name)) for name in arrays.get("columns", ())]

    def paint(painter: QPainter, rect: QRectF, datum: Arrays, palette: Tokens) -> None:
        _paint(painter, rect, datum["x"], names, palette)

    return EachTile({"x": np.asarray(arrays["x"])}, paint, ASPECT)


def _paint(
    painter: QPainter, rect: QRectF, row: NDArray[Any], names: list[str], palette: Tokens
) -> None:
    items = [int(item) for item in np.nan_to_num(row) if item >= 1]
    inside = rect.adjusted(4, 4, -4, -4)
    height = inside.height() / LINES
    painter.save()
    painter.setClipRect(rect)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(palette.raised))
    painter.drawRoundedRect(rect, 4, 4)
    font = painter.font()
    font.setPixelSize(max(1, min(13, int(0.74 * height))))
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    for line, item in enumerate(items[-LINES:]):
        place = QRectF(inside.left(), inside.top() + line * height, inside.width(), height)
        newest = line == min(len(items), LINES) - 1
        colour = QColor(palette.text if newest else palette.muted)
        if height < SMALLEST or (not names and height < 2 * SMALLEST):
            # Too small to be read: as long as its number is high, so that users differ.
            painter.fillRect(place.adjusted(0, 1, -place.width() * _share(item), -1), colour)
            continue
        painter.setPen(colour)
        title = title_of(names, item)
        shown = metrics.elidedText(title, Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, shown)
    painter.restore()


def _share(item: int) -> float:
    """Return how much of a line an item leaves empty, the same for ever."""
    return 0.1 + 0.6 * ((item * 0.618034) % 1.0)


def _measures(arrays: Arrays) -> Measured:
    """Say how many items each history has."""
    return {"Items": (np.nan_to_num(np.asarray(arrays["x"])) >= 1).sum(axis=1)}


def _facts(x: NDArray[Any], columns: tuple[str, ...], facts: Mapping[str, Any]) -> str:
    parts = [format_count(how_many(x, facts), "user")]
    if columns:
        parts.append(format_count(len(columns), "item"))
    shown = (np.nan_to_num(np.asarray(x)) >= 1).sum(axis=1)
    if len(shown):
        # Of x longer histories are only the newest items.
        half, most = facts.get("lengths") or (np.median(shown), shown.max())
        parts.append(f"histories of about {format_count(int(half), 'item')}, at most {int(most):,}")
    return " · ".join(parts)


def _filed(arrays: Arrays) -> Arrays:
    """Return what a file has of histories: the numbers of items, which places are none, sizes."""
    shown = np.nan_to_num(arrays["x"]) >= 1
    x = np.where(shown, np.nan_to_num(arrays["x"]), 0).astype(np.int64)
    return {"x": x, "mask": shown, "size": shown.sum(axis=1)}


def _scene(arrays: Arrays) -> list[TitledTiles]:
    """Return a history of the batch, and the likeliest items after all but its last one."""
    names = [str(name) for name in arrays.get("columns", ())]
    shown = {"x": arrays["real"][:1], "columns": np.array(names)}
    pictures = [TitledTiles("History; the model predicts its last item", histories(shown))]
    if ANSWERS in arrays:
        pictures.append(
            answer(arrays, lambda item: title_of(names, item), "Probability of the last item")
        )
    return pictures


KIND = Kind(
    slug="interactions",
    about="Recommendation: who saw what, and what comes next",
    title="Interactions",
    one="user",
    many="users",
    moving="users",
    loading="Loading histories",
    layout="tiles",
    views=("recommend",),
    fits=lambda shape: len(shape) == 1,
    tiles=histories,
    facts=_facts,
    measures=_measures,
    groups={"Next of all items": ("ndcg-at-10", "recall-at-10")},
    imports="interactions",
    cover=COVER,
    page=16,  # more cannot be read in a window of 1280 x 720
    suffixes=("csv", "npz", "h5"),
    filed=_filed,
    portrait=PORTRAIT,
    scene=_scene,
    order=50,
)
