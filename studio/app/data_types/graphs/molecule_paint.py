"""One molecule, painted: bonds as one, two or three lines, atoms that are no carbon as letters."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from pushforward.observables.molecules.atoms import ATOMS
from pushforward.observables.molecules.valence import hydrogens, over_valence
from pushforward.studio.app.core.data_type import Arrays
from pushforward.studio.app.data_types.graphs.graph_paint import (
    FAINTEST,
    WHY,
    mark_place,
    paint_mark,
    side_by_side,
)
from pushforward.studio.app.data_types.graphs.graph_rows import ends
from pushforward.studio.app.data_types.graphs.molecule_rows import MoleculeRows
from pushforward.studio.app.data_types.graphs.node_canvas import Paper
from pushforward.studio.app.design.theme import font
from pushforward.studio.app.design.tokens import Tokens
from pushforward.studio.protocol.extras import PLACES, SIZE

__all__ = ["INKS", "UNKNOWN", "paint_atoms_and_bonds", "paint_molecule"]

LETTER, LARGEST = 0.085, 24.0  # the height of a letter, of the side of a tile; in pixels
LETTERED = 34  # pixels of a side from which on atoms have letters; else dots
APART = 0.022  # between the lines of a bond, of the side
SHOWN_H = 84  # pixels of a side from which on the hydrogens of these atoms are written
LEANS = 0.3  # of all bonds to the right together, each as long as 1, from which on they lead there
NEAR, BESIDE = 13.0, 8.0  # pixels of a letter from a mark, and to the side from where it lies
UNKNOWN = "?"  # an atom that is masked
INKS = {"N": "accent", "O": "danger", "F": "good", "S": "warm"}
"""The colours of elements, as far as they have their own."""
SMALL = str.maketrans("23456789", "₂₃₄₅₆₇₈₉")


def paint_molecule(painter: QPainter, rect: QRectF, datum: Arrays, palette: Tokens) -> None:
    """Paint a molecule x (L,) with "places" (N, 2), and a mark where it is known if it is "why"."""
    row = {name: np.asarray(datum[name])[None] for name in ("x", SIZE) if name in datum}
    count = int(MoleculeRows.of(row).size[0])
    inside = rect.adjusted(*(0.08 * rect.height() * side for side in (1, 1, -1, -1)))
    paper = Paper(inside, np.asarray(datum[PLACES], np.float64)[:count], filled=True)
    if _under_mark(rect, paper):
        paper = replace(paper, rect=inside.adjusted(0, BESIDE, -BESIDE, 0))
    painter.save()
    painter.setClipRect(rect)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_atoms_and_bonds(painter, paper, paper.points, row, palette)
    if WHY in datum:
        paint_mark(painter, rect, palette, wrong=bool(str(datum[WHY])))
    painter.restore()


def _under_mark(rect: QRectF, paper: Paper) -> bool:
    """Whether a letter would lie where the mark of a tile does, also before there is one."""
    mark = mark_place(rect)
    return mark is not None and any(
        math.hypot(point.x() - mark.x(), point.y() - mark.y()) < NEAR for point in paper.points
    )


def paint_atoms_and_bonds(
    painter: QPainter, paper: Paper, points: list[QPointF], datum: Arrays, palette: Tokens
) -> None:
    """Paint a molecule, its row x (1, L), whose atoms are at these points of a paper."""
    rows = MoleculeRows.of(datum)
    _paint_bonds(painter, paper, points, rows, palette)
    _paint_atoms(painter, paper, points, rows, palette)


def _paint_bonds(
    painter: QPainter, paper: Paper, points: list[QPointF], rows: MoleculeRows, palette: Tokens
) -> None:
    """Paint the most likely order of each bond, with its probability as opacity, up to the
    letters.
    """
    certain, order = rows.orders[0].max(axis=0), rows.orders[0].argmax(axis=0) + 1
    first, second = ends(rows.nodes)
    ink, apart = QColor(palette.text), max(1.6, APART * paper.side)
    room = np.where(_lettered(rows), 0.65 * _tall(paper), 0.0) * (paper.side >= LETTERED)
    for pair in np.flatnonzero(certain > FAINTEST).tolist():
        i, j = int(first[pair]), int(second[pair])
        way = QLineF(points[i], points[j])
        length = way.length()
        if length <= room[i] + room[j]:
            continue
        line = QLineF(way.pointAt(room[i] / length), way.pointAt(1.0 - room[j] / length))
        ink.setAlphaF(float(certain[pair]))
        painter.setPen(QPen(ink, max(0.8, 0.008 * paper.side)))
        painter.drawLines(side_by_side(line, int(order[pair]), apart))


def _tall(paper: Paper) -> float:
    """Return the height of letters in pixels."""
    return min(LARGEST, max(9.0, LETTER * paper.side))


def _lettered(rows: MoleculeRows) -> NDArray[np.bool_]:
    """Return which atoms of one molecule have letters, (n,): all but carbon that has a bond."""
    size = int(rows.size[0])
    alone = ~rows.bonds[0, :size, :size].any(axis=1)
    return np.asarray((rows.atoms[0, :size] > 0) | alone | rows.masked[0, :size])


def _bound_rightwards(place: int, points: list[QPointF], bonds: NDArray[np.integer]) -> bool:
    """Whether the bonds of an atom lead to the right, so that there is room on its left."""
    ways = [points[other] - points[place] for other in np.flatnonzero(bonds[place]).tolist()]
    return sum(way.x() / max(1e-9, math.hypot(way.x(), way.y())) for way in ways) > LEANS


def _write(painter: QPainter, point: QPointF, name: str, many: int, *, before: bool) -> None:
    """Write an atom with its hydrogens after or before it: OH, or HO if its bond leads to the
    right.
    """
    found = ("H" + (str(many) if many > 1 else "").translate(SMALL)) if many > 0 else ""
    metrics = QFontMetricsF(painter.font())
    wide, beside = metrics.horizontalAdvance(name), metrics.horizontalAdvance(found)
    text = found + name if before else name + found
    start = point.x() - wide / 2 - (beside if before else 0.0)
    box = QRectF(start, point.y() - metrics.height(), wide + beside + 1.0, 2 * metrics.height())
    painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), text)


def _paint_atoms(
    painter: QPainter, paper: Paper, points: list[QPointF], rows: MoleculeRows, palette: Tokens
) -> None:
    """Paint letters; carbon is where lines meet. An atom with too many bonds has a dotted ring."""
    atoms, bonds = rows.each()[0]
    over, left, lettered = over_valence(atoms, bonds), hydrogens(atoms, bonds), _lettered(rows)
    tall, masked = _tall(paper), rows.masked[0]
    painter.setFont(font(round(tall)))
    for place, point in enumerate(points):
        name = ATOMS[int(atoms[place])]
        ink = QColor(getattr(palette, INKS.get(name, "text")))
        if masked[place]:
            name, ink = UNKNOWN, QColor(palette.muted)
        if lettered[place] and paper.side < LETTERED:
            painter.setPen(QPen(ink, 3.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawPoint(point)
        elif lettered[place]:
            shown = paper.side >= SHOWN_H and not masked[place]
            many = int(left[place]) if shown else 0
            painter.setPen(ink)
            _write(painter, point, name, many, before=_bound_rightwards(place, points, bonds))
        if over[place] and not masked[place]:
            painter.setPen(QPen(QColor(palette.danger), 1.2, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(point, 0.8 * tall, 0.8 * tall)
