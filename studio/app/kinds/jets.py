"""Jets: constituents in the eta-phi plane, as large as their momentum, in a cone."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from observables.jets.kinematics import masses
from studio.app.kinds.apart import Apart
from studio.app.kinds.kind import (
    DISTANCES,
    LABEL,
    Arrays,
    EachTile,
    Kind,
    Measured,
    Tiles,
    classes,
    how_many,
)
from studio.app.theme import font
from studio.app.tokens import Tokens
from studio.counted import counted
from studio.literal import one_line

__all__ = ["KIND", "clouds", "legend"]

PT = "pt"  # what a jet was asked for, GeV
REACH = 0.45  # of the plane, around the axis of the jet
CONE = 0.4  # the radius that jets are clustered with
LARGEST = 0.11  # the radius of a constituent with the jet's whole momentum, of the side of a tile
SMALLEST = 0.006
TYPED = 36  # pixels of a tile from which on its type is written into it
ROOM = 220  # pixels of a tile from which on its axes are named and its numbers are said


def clouds(arrays: Arrays) -> Tiles:
    """Return tiles of clouds x (n, N, 3): eta, phi, log(1 + pT/GeV), hardest on top."""
    return EachTile(arrays, _paint, say=legend)


def _paint(painter: QPainter, rect: QRectF, datum: Arrays, palette: Tokens) -> None:
    side = min(rect.width(), rect.height())
    scale, middle = side / (2 * REACH), rect.center()
    painter.save()
    painter.setClipRect(rect)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(palette.line), 1.0))
    painter.drawEllipse(middle, CONE * scale, CONE * scale)
    painter.setPen(Qt.PenStyle.NoPen)
    x, momenta = _momenta(datum)
    seen = momenta > 0.0
    total = momenta[seen].sum() or 1.0
    colour = QColor(palette.accent)
    # Soft ones over hard ones, or the hardest would hide them.
    for i in sorted(np.flatnonzero(seen), key=lambda i: -momenta[i]):
        share = momenta[i] / total
        # As large in area as in momentum.
        radius = side * max(SMALLEST, LARGEST * np.sqrt(share))
        colour.setAlphaF(0.25 + 0.6 * float(np.sqrt(share)))
        painter.setBrush(colour)
        place = QPointF(middle.x() + x[i, 0] * scale, middle.y() - x[i, 1] * scale)
        painter.drawEllipse(place, radius, radius)
    if side >= ROOM:
        _name(painter, rect, legend(datum), palette)
    elif side >= TYPED and LABEL in datum:
        _say_type(painter, rect, one_line(str(datum[LABEL])), palette)
    painter.restore()


def legend(datum: Arrays) -> str:
    """Return what is said of a jet: "top, m 172 GeV, pT 1,021 GeV, 30 constituents": its type where
    it is known, and the numbers of the constituents that are seen. Of one that a model was asked
    for, the pT is the asked one, as in files, with the share of it that the constituents' relative
    pT sum to.
    """
    x, momenta = _momenta(datum)
    mass = masses(x[None, :, :2], momenta[None])[0]
    if PT in datum and (asked := float(datum[PT])) > 0.0:
        share = momenta.sum() / asked
        momentum = f"asked pT {asked:,.0f} GeV (constituents sum to {share:,.2f} of it)"
    else:
        pt = np.hypot((momenta * np.cos(x[:, 1])).sum(), (momenta * np.sin(x[:, 1])).sum())
        momentum = f"pT {pt:,.0f} GeV"
    seen = counted(int((momenta > 0.0).sum()), "constituent")
    said = f"m {mass:,.0f} GeV, {momentum}, {seen}"
    return f"{one_line(str(datum[LABEL]))}, {said}" if LABEL in datum else said


def _name(painter: QPainter, rect: QRectF, text: str, palette: Tokens) -> None:
    """Name the axes along the edges of a tile, and the circle, with a line about the jet below."""
    painter.setFont(font(11))
    painter.setPen(QColor(palette.muted))
    inside = rect.adjusted(6, 4, -6, -4)
    right, left = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignLeft
    top, bottom = Qt.AlignmentFlag.AlignTop, Qt.AlignmentFlag.AlignBottom
    painter.drawText(inside, left | top, "Δφ ↑")
    painter.drawText(inside, right | top, f"circle: ΔR = {CONE}")
    painter.drawText(inside, right | bottom, "Δη →")
    painter.drawText(inside, left | bottom, text)


def _say_type(painter: QPainter, rect: QRectF, text: str, palette: Tokens) -> None:
    """Write the type of a jet into the corner of a small tile."""
    painter.setFont(font(10))
    painter.setPen(QColor(palette.muted))
    corner = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom
    inside = rect.adjusted(2, 0, -2, 0)
    short = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(inside.width()))
    painter.drawText(inside, corner, short)


def _momenta(datum: Arrays) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the places (..., N, 3) and the pT in GeV (..., N) of constituents, 0 where a place is
    padded, of one jet or of many.
    """
    x = np.nan_to_num(np.asarray(datum["x"], dtype=np.float64))
    momenta = np.expm1(np.clip(x[..., 2], 0.0, 12.0))
    if "mask" in datum:
        momenta = momenta * np.asarray(datum["mask"], dtype=bool)
    return x, momenta


def _measures(arrays: Arrays) -> Measured:
    """Say of each jet what is said of one: its type, its mass and pT in GeV, its constituents; the
    pT is that of the constituents, also where another was asked for.
    """
    x, momenta = _momenta(arrays)
    along, across = momenta * np.cos(x[..., 1]), momenta * np.sin(x[..., 1])
    return {
        **classes(arrays, "Type"),
        "Mass": masses(x[..., :2], momenta),
        "pT": np.hypot(along.sum(axis=1), across.sum(axis=1)),
        "Constituents": (momenta > 0.0).sum(axis=1),
    }


def _compared(arrays: Arrays) -> NDArray[np.float64]:
    """Return of each jet its constituents, the hardest first: the share of the jet's pT that each
    has, and where it is, in radii of the cone and times that share, so that soft ones, whose places
    mean little, count little; (n, 3 N).
    """
    x, momenta = _momenta(arrays)
    share = momenta / np.maximum(momenta.sum(axis=1, keepdims=True), 1e-12)
    hardest = np.argsort(-share, axis=1, kind="stable")
    share = np.take_along_axis(share, hardest, axis=1)[..., None]
    places = np.take_along_axis(x[..., :2], hardest[..., None], axis=1)
    return np.concatenate([share, share * places / CONE], axis=2).reshape(len(x), -1)


def _filed(arrays: Arrays) -> Arrays:
    """Return what `studio.formats.jets.writing` writes of jets: clouds with their mask, and of each
    jet its features, its type and what it was asked for. Numbers that nobody knows here stand for
    others that are packed as well as they.
    """
    x = arrays["x"]
    clouds = np.concatenate([x, np.sign(x[..., 2:])], axis=2).astype(np.float32)
    label = np.unique(arrays.get(LABEL, np.zeros(len(x))), return_inverse=True)[1]
    some = np.resize(x[:, 0], (len(x), 3)).astype(np.float32)  # pT, eta and mass
    whole = np.stack([label, (x[..., 2] > 0).sum(axis=1)], axis=1).astype(np.float32)
    features = np.concatenate([some, whole[:, 1:]], axis=1)
    asked = np.concatenate([whole, some], axis=1)
    return {"x": clouds, "features": features, "label": label.astype(np.int64), "asked": asked}


def _facts(x: NDArray[Any], columns: tuple[str, ...], facts: Mapping[str, Any]) -> str:
    most = counted(x.shape[1], "constituent")
    return f"{counted(how_many(x, facts), 'jet')} of at most {most}"


KIND = Kind(
    slug="jets",
    about="Particle physics: what a quark or a gluon becomes in a collider",
    title="Jets",
    one="jet",
    many="jets",
    moving="jets",
    loading="Loading jets",
    layout="tiles",
    fits=lambda shape: len(shape) == 2 and shape[1] == 3,
    tiles=clouds,
    facts=_facts,
    groups={"Substructure": ("w1-jet-mass", "w1-constituent-pt"), **DISTANCES},
    measures=_measures,
    units={"Mass": "GeV", "pT": "GeV"},
    apart=Apart("constituents, hardest first: share of pT, and place times share", _compared),
    imports="JetNet HDF5",
    page=36,
    parts=("mask",),
    told=(LABEL, PT),
    called={LABEL: "Type", PT: "pT", "size": "Constituents"},
    suffixes=("h5", "npz", "csv"),
    filed=_filed,
    order=30,
)
