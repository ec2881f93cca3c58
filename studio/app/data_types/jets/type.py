"""Jets: constituents in the eta-phi plane, as large as their momentum, in a cone."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from pushforward.observables.jets import closeness
from pushforward.observables.jets.kinematics import masses
from pushforward.observables.jets.variables import CONSTITUENT, JET, jet_variables
from pushforward.studio.app.core.data_type import (
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
from pushforward.studio.app.data import stage_tiles
from pushforward.studio.app.data.lazy_measures import Lazily
from pushforward.studio.app.data.pairwise_distance import Distances
from pushforward.studio.app.data_types.jets.jet_paint import (
    LEAST,
    MOST,
    RADIUS,
    Frame,
    image_pixels,
    paint_cone,
    paint_discs,
    paint_image,
    radii_of,
    radius_of,
)
from pushforward.studio.app.design.theme import font
from pushforward.studio.app.design.tokens import Tokens
from pushforward.studio.counts import format_count
from pushforward.studio.figures import short
from pushforward.studio.literal import one_line

__all__ = ["KIND", "clouds", "images", "legend", "momenta", "shares"]

PT = "pt"  # what a jet was asked for, GeV
KEPT = ("pt-least", "pt-most")  # shares of it that real jets' constituents sum to, by type
MASS_KEPT = ("mass-least", "mass-most")  # and of the mass
TYPED = 36  # pixels of a tile from which on its type is written into it
ROOM = 220  # pixels of a tile from which on its axes are named and its numbers are said
ACROSS = "Δη →"
NEAR = 6.0  # pixels around a constituent in which it is pointed at
QUICK = ("mass", "pt", "constituents")  # variables that take next to no time
EFPS = tuple(slug for slug in JET if slug.startswith("efp-"))
GROUPS = (("tau21", "tau32"), ("c2", "d2"), EFPS)  # others, with those that are found with them
ELEMENT = "constituent"


def clouds(arrays: Arrays) -> Tiles:
    """Return tiles of clouds x (n, N, 3): eta, phi, log(1 + pT/GeV), soft ones on top."""
    return EachTile(arrays, _paint, say=legend, point=_pointed)


def images(arrays: Arrays) -> Tiles:
    """Return tiles of the same clouds as images of the plane: the share of the pT in each pixel."""
    return EachTile(arrays, _paint_image, say=legend, point=_pixel)


def _paint(painter: QPainter, rect: QRectF, datum: Arrays, palette: Tokens) -> None:
    x, pt = momenta(datum)
    painter.save()
    painter.setClipRect(rect)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    frame = Frame(rect, radius_of(datum))
    paint_cone(painter, frame, palette)
    paint_discs(painter, frame, x[:, :2], shares(pt), palette)
    _write(painter, rect, datum, palette)
    painter.restore()


def _paint_image(painter: QPainter, rect: QRectF, datum: Arrays, palette: Tokens) -> None:
    x, pt = momenta(datum)
    painter.save()
    painter.setClipRect(rect)
    frame = Frame(rect, radius_of(datum))
    painter.fillRect(rect, QColor(palette.panel))
    image = image_pixels(x[None, :, :2], shares(pt)[None], frame.radius)[0]
    paint_image(painter, frame, image, palette)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_cone(painter, frame, palette)
    _write(painter, rect, datum, palette)
    painter.restore()


def _write(painter: QPainter, rect: QRectF, datum: Arrays, palette: Tokens) -> None:
    """Write into a tile what it has room for."""
    side = min(rect.width(), rect.height())
    if side >= ROOM:
        _name(painter, rect, radius_of(datum), legend(datum), palette)
    elif side >= TYPED and LABEL in datum:
        _say_type(painter, rect, one_line(str(datum[LABEL])), palette)


def shares(pt: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return which share of the summed pT of its jet each constituent has, (..., N)."""
    total = pt.sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(pt, total, out=np.zeros_like(pt), where=total > 0))


def nearest_constituent(rect: QRectF, datum: Arrays, at: QPointF) -> int:
    """Return the place of the constituent at a point of a tile, -1 for none."""
    x, pt = momenta(datum)
    frame, share = Frame(rect, radius_of(datum)), shares(pt)
    away = np.hypot(*(frame.places(x[:, :2]) - (at.x(), at.y())).T)
    reach = np.maximum(NEAR, radii_of(share, frame.side))
    # Of several that reach there the softest one is seen.
    inside = np.flatnonzero((away <= reach) & (share > 0))
    return int(inside[np.argmin(share[inside])]) if len(inside) else -1


def said_constituent(datum: Arrays, place: int) -> str:
    """Say a constituent: "row 3: pT 152 GeV (15 %), Δη 0.021, Δφ −0.104"."""
    x, pt = momenta(datum)
    eta, phi, share = float(x[place, 0]), float(x[place, 1]), float(shares(pt)[place])
    return (
        f"row {place}: pT {pt[place]:,.1f} GeV ({short(100 * share, 2)} %), "
        f"Δη {eta:.3f}, Δφ {phi:.3f}".replace("-", "−")
    )


def _pointed(rect: QRectF, datum: Arrays, at: QPointF) -> str:
    place = nearest_constituent(rect, datum, at)
    return said_constituent(datum, place) if place >= 0 else ""


def _pixel(rect: QRectF, datum: Arrays, at: QPointF) -> str:
    eta, phi = Frame(rect, radius_of(datum)).at(at)
    return f"Δη {eta:.2f}, Δφ {phi:.2f}".replace("-", "−")


def legend(datum: Arrays) -> str:
    """Return the caption of a jet: "top, m 172 GeV, pT 1,021 GeV, 30 constituents". For a generated
    jet, pT is the requested one, as in files, with the fraction that the constituents sum to, next
    to that of real jets.
    """
    x, pt = momenta(datum)
    mass = masses(x[None, :, :2], pt[None])[0]
    if PT in datum and (asked := float(datum[PT])) > 0.0:
        share = pt.sum() / asked
        least, most = (float(datum.get(name, np.nan)) for name in KEPT)
        real = "" if np.isnan(least) else f", those of real jets {_between(least, most, 2)}"
        momentum = f"requested pT {asked:,.0f} GeV (constituents sum to {share:,.2f} of it{real})"
    else:
        whole = np.hypot((pt * np.cos(x[:, 1])).sum(), (pt * np.sin(x[:, 1])).sum())
        momentum = f"pT {whole:,.0f} GeV"
    seen = format_count(int((pt > 0.0).sum()), ELEMENT)
    said = f"m {mass:,.0f} GeV, {momentum}, {seen}"
    return f"{one_line(str(datum[LABEL]))}, {said}" if LABEL in datum else said


def _between(least: float, most: float, digits: int) -> str:
    """Say two numbers as a range, one number where they are written alike."""
    ends = dict.fromkeys(f"{each:.{digits}f}" for each in (least, most))
    return " to ".join(ends).replace("-", "−")


def _off(alike: Mapping[str, float]) -> dict[str, str]:
    """Say how far the constituents of real jets are off the pT and the mass of their jets: they are
    the hardest alone. Of the types, from the one that is furthest off.
    """
    found = {}
    for title, name in KIND.asked.items():
        least, most = (alike.get(f"{name}-{end}") for end in ("least", "most"))
        if least is not None and most is not None:
            ends = _between(100.0 * (least - 1.0), 100.0 * (most - 1.0), 1)
            found[title] = f"real jets, by type: {ends} %"
    return found


def _name(painter: QPainter, rect: QRectF, radius: float, text: str, palette: Tokens) -> None:
    """Name the axes along the edges of a tile, and the circle, with a line about the jet below."""
    painter.setFont(font(11))
    painter.setPen(QColor(palette.muted))
    inside = rect.adjusted(6, 4, -6, -4)
    right, left = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignLeft
    top, bottom = Qt.AlignmentFlag.AlignTop, Qt.AlignmentFlag.AlignBottom
    painter.drawText(inside, left | top, "Δφ ↑")
    painter.drawText(inside, right | top, f"circle: ΔR = {radius:g}")
    painter.drawText(inside, right | bottom, ACROSS)
    room = inside.width() - painter.fontMetrics().horizontalAdvance(ACROSS) - 12
    short = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(room))
    painter.drawText(inside, left | bottom, short)


def _say_type(painter: QPainter, rect: QRectF, text: str, palette: Tokens) -> None:
    """Write the type of a jet into the corner of a small tile."""
    painter.setFont(font(10))
    painter.setPen(QColor(palette.muted))
    corner = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom
    inside = rect.adjusted(2, 0, -2, 0)
    short = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(inside.width()))
    painter.drawText(inside, corner, short)


def momenta(datum: Arrays) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the places (..., N, 3) and the pT in GeV (..., N) of constituents, 0 where a place is
    padded, of one jet or of many.
    """
    x = np.nan_to_num(np.asarray(datum["x"], dtype=np.float64))
    pt = np.expm1(np.clip(x[..., 2], 0.0, 12.0))
    if "mask" in datum:
        pt = pt * np.asarray(datum["mask"], dtype=bool)
    return x, pt


def _named(*slugs: str) -> tuple[str, ...]:
    return tuple(JET[slug].title for slug in slugs)


def _measures(arrays: Arrays) -> Measured:
    """Return type and variables of each jet, slow ones on demand; pT is that of the constituents,
    even if another was requested.
    """
    x, pt = momenta(arrays)

    def found(names: Sequence[str]) -> Measured:
        variables = jet_variables(x[..., :2], pt, names)
        return {JET[slug].title: values for slug, values in variables.items()}

    def group(title: str) -> Measured:
        return found(next(each for each in GROUPS if title in _named(*each)))

    number = JET["constituents"].title
    quick = dict(found(QUICK))
    ready = {**classes(arrays, "Type"), **quick, number: quick[number].astype(np.int64)}
    return Lazily(ready, _named(*JET), group)


def _elements(arrays: Arrays) -> Measured:
    """Say of each constituent its pT and where it is, NaN where a place is padded."""
    x, pt = momenta(arrays)
    here = pt > 0.0
    values = {"pt": pt, "eta": x[..., 0], "phi": x[..., 1]}
    return {CONSTITUENT[slug].title: np.where(here, values[slug], np.nan) for slug in
            ("pt", "eta", "phi")}  # fmt: skip


def _compared(arrays: Arrays) -> NDArray[np.float64]:
    x, pt = momenta(arrays)
    return closeness.of_constituents(x[..., :2], pt)


def _filed(arrays: Arrays) -> Arrays:
    """Return the arrays of `studio.formats.jets.writing`: clouds with mask, features, type and
    requested conditions. Unknown numbers are placeholders of equal size.
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
    most = format_count(x.shape[1], "constituent")
    return f"{format_count(how_many(x, facts), 'jet')} of at most {most}"


def _of_constituent(slug: str) -> str:
    return f"{ELEMENT.capitalize()} {CONSTITUENT[slug].title}"


KIND = Kind(
    slug="jets",
    about="Particle physics: sprays of particles from quarks and gluons",
    title="Jets",
    one="jet",
    many="jets",
    moving="jets",
    loading="Loading jets",
    layout="tiles",
    views=("jet-flow", "tiles", "browser", "jet-means"),
    fits=lambda shape: len(shape) == 2 and shape[1] == 3,
    tiles=clouds,
    facts=_facts,
    groups={
        "Jets and constituents": ("w1-jet-mass", "w1-constituents", "w1-constituent-pt"),
        "Substructure": ("w1-efps", "w1-tau21", "w1-tau32", "w1-d2", "w1-c2"),
        "What was asked": ("mass-correlation", "mass-error", "pt-error"),
        "All at once": ("fpd", "kpd", "fpnd", "jet-coverage", "jet-matching"),
        **DISTANCES,
    },
    scale=("share of the jet's pT", f"{100 * LEAST:g} %", f"{100 * MOST:g} %"),
    look="Discs",
    looks={"Image": images},
    measures=_measures,
    element=ELEMENT,
    elements=_elements,
    first=(
        *_named("mass", "pt", "constituents"),
        *map(_of_constituent, ("pt", "eta", "phi")),
        *_named("tau21", "tau32", "d2", "efp-1"),
    ),
    brief=_named("mass", "tau32"),
    logs=(_of_constituent("pt"), *_named(*EFPS)),
    units={
        **{each.title: each.unit for each in JET.values() if each.unit},
        **{_of_constituent(slug): each.unit for slug, each in CONSTITUENT.items() if each.unit},
    },
    apart=Distances("constituents, hardest first: pT share, and position × pT share", _compared),
    sought="constituents",
    imports="JetNet HDF5",
    page=36,
    least=60,  # with room for the name of its type
    parts=("mask",),
    told=(LABEL, PT),
    called={LABEL: "Type", PT: "pT", "size": "Constituents"},
    asked={JET["mass"].title: "mass", JET["pt"].title: PT, JET["constituents"].title: "size"},
    whole="whole jet",
    off=_off,
    alike=(RADIUS, *KEPT, *MASS_KEPT),
    suffixes=("h5", "npz", "csv"),
    filed=_filed,
    order=30,
    scene=partial(stage_tiles.scene, tiles=clouds),
    step=partial(stage_tiles.step, tiles=clouds),
)
