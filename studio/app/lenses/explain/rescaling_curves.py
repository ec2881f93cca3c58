"""The h of a run over the critic's values of its particles."""

import numpy as np

from pushforward.studio.app.charts.rescaling_chart import HScene
from pushforward.studio.app.charts.rescaling_shape import Doubles, Shape, bars, span_of
from pushforward.studio.app.core.rescaling_choice import ChosenH

__all__ = ["scene_of", "shape_of"]


def shape_of(h: ChosenH) -> Shape:
    """Return the curve of an h, titled by its name and shift."""
    shift = f", C = {h.shift:g}" if h.shift else ""
    return Shape.of(f"{h.spec.title}{shift}", h.spec.u, h.spec.h, h.spec.slope, h.shift)


def scene_of(
    shape: Shape, d: Doubles, ghost: Shape | None = None, marked: float | None = None
) -> HScene:
    """Return an h over the values of the critic d (n,) of particles.

    Args:
        shape: the h.
        d: values of the critic, none for the curve alone.
        ghost: another h to compare with.
        marked: the value that is marked, the median where it is None.
    """
    if marked is None and d.size:
        marked = float(np.median(d))
    span = span_of(d)
    return HScene(shape, ghost, bars(d, span) if d.size else None, marked, span)
