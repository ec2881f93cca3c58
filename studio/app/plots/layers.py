"""From a family's layers and a record to what the canvas shows behind the particles."""

import numpy as np

from studio.app.plots.camera import Bounds
from studio.app.plots.fields import Grid, Heat, at_time, density, span
from studio.app.plots.timeline import Timeline
from studio.app.state.runs import FlowRecord
from studio.app.widgets.layerpanel import LayerRow
from studio.protocol.catalog import EntrySpec, LayerSpec

__all__ = ["DENSITY", "arrows_of", "density_heat", "heat_of", "on_demand", "rows_for"]

DENSITY = "density"
LOG_DEPTH = 12.0  # nats of a log-density that are told apart
_TIPS = {
    DENSITY: "How many particles there are per unit area, counted here.",
    "log-density": "What the flow says about the data, from its likelihood. Computed when shown.",
}


def on_demand(layer: LayerSpec, layers: list[LayerSpec]) -> bool:
    """Whether a layer is too dear to come with each record: an integral along the flow."""
    return not layer.timed and any(other.timed for other in layers)


def rows_for(entry: EntrySpec | None) -> list[LayerRow]:
    """Return the switches that a family calls for."""
    layers = entry.layers if entry else []
    rows = [
        LayerRow("particles", "Particles", True),
        LayerRow("trails", "Trails", True, tip="Where each particle came from, along flow time."),
        LayerRow("target", "Target", True, tip="Points of the data that the model learns."),
        LayerRow(DENSITY, "Density", False, "heat", _TIPS[DENSITY]),
    ]
    for layer in layers:
        tip = _TIPS.get(layer.name, layer.symbol)
        if layer.kind == "vector":
            rows.append(LayerRow(layer.name, layer.title, True, "vector", tip))
        else:
            default = not on_demand(layer, layers)
            rows.append(LayerRow(layer.name, layer.title, default, "heat", tip))
    return [
        *rows,
        LayerRow("paths", "Paths", False, tip="The whole way of some particles."),
        LayerRow("axes", "Axes", True),
    ]


def density_heat(timeline: Timeline, t: float, bounds: Bounds) -> Heat:
    """Return the density of the particles at a flow time, as a share per unit area."""
    points = timeline.at(t)[:, timeline.dims]
    grid = density(points, bounds)
    low, high = span(grid, diverging=False)
    return Heat(grid, bounds, "share per unit²", low, high, diverging=False)


def heat_of(layer: LayerSpec, grid: Grid, bounds: Bounds, t: np.ndarray, now: float) -> Heat:
    """Return a scalar layer (T or 1, r, r) at a flow time. Its range is that of all times, so
    that colours keep their meaning while the clock runs.
    """
    signed = layer.symbol.strip().lower() not in ("log p", "p")
    low, high = span(grid, diverging=signed, depth=None if signed else LOG_DEPTH)
    return Heat(at_time(grid, t, now), bounds, layer.symbol, low, high, diverging=signed)


def arrows_of(record: FlowRecord, name: str, now: float) -> Grid | None:
    """Return a vector layer at a flow time, (r, r, 2), if the record has it."""
    grid = record.layers.get(name)
    return None if grid is None or grid.ndim != 4 else at_time(grid, record.t, now)
