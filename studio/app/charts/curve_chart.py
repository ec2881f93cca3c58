"""What a chart of curves shows: which part of them, and the heights at which they fit."""

from dataclasses import dataclass, field

import numpy as np

from pushforward.studio.app.charts.curves import Columns, Curve, columns, nearest_index

__all__ = ["ChartScene", "fitted", "reduced", "values_at", "whole_height"]

Range = tuple[float, float]
ROOM = 0.06  # of the height above and below the curves


@dataclass(frozen=True, eq=False)
class ChartScene:
    """What is drawn. ``extent`` is the range of all steps, ``zoom`` the part of it that is looked
    at, None for all; ``height`` the range of values that is looked at, None for what fits. With
    ``log`` heights are powers of ten. ``cursor`` is where the training clock points, ``hover`` the
    step under the mouse. The axis counts steps, unless it is not ``whole``; ``across`` says what.
    """

    curves: list[Curve] = field(default_factory=list)
    extent: Range = (0.0, 1.0)
    zoom: Range | None = None
    height: Range | None = None
    log: bool = False
    cursor: float | None = None
    hover: float | None = None
    whole: bool = True
    across: str = "training steps"

    @property
    def span(self) -> Range:
        """The range of steps that is seen, never empty."""
        x0, x1 = self.zoom or self.extent
        return x0, max(x1, x0 + 1e-9)


def reduced(scene: ChartScene, count: int) -> list[Columns]:
    """Return the curves of a scene, each in at most ``count`` columns of what is seen of it."""
    return [columns(c.steps, c.values, *scene.span, count) for c in scene.curves]


def fitted(scene: ChartScene, found: list[Columns]) -> Range:
    """Return the heights that are seen: those looked at, or those at which all columns fit."""
    return scene.height or whole_height(scene, found)


def whole_height(scene: ChartScene, found: list[Columns]) -> Range:
    """Return the heights at which all columns and floors fit; powers of ten with ``log``."""
    parts = [np.concatenate([r.low, r.high]) for r in found]
    parts += [np.array([c.floor]) for c in scene.curves if c.floor is not None]
    parts += [c.floors for c in scene.curves if c.floors is not None]
    bands = [c.by_size[0].band for c in scene.curves if c.floors is not None]
    parts += [band[1] for band in bands if band is not None]
    values = np.concatenate(parts) if parts else np.empty(0)
    values = values[np.isfinite(values)]
    if scene.log:
        values = np.log10(values[values > 0])
    if values.size == 0:
        low, high = (-1.0, 0.0) if scene.log else (0.0, 1.0)
    else:
        low, high = float(np.min(values)), float(np.max(values))
    room = (high - low) * ROOM or (0.5 if scene.log else max(1e-12, abs(high) * 0.1))
    return low - room, high + room


def values_at(scene: ChartScene, step: float) -> list[tuple[Curve, float, float]]:
    """Return (curve, step, value) of the point of each curve nearest to a step."""
    found = []
    for curve in scene.curves:
        i = nearest_index(curve.steps, step)
        if i >= 0:
            found.append((curve, float(curve.steps[i]), float(curve.values[i])))
    return found
