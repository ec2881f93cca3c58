"""From a family's layers and a record to what the canvas shows behind the particles."""

from collections.abc import Collection

import numpy as np

from pushforward.studio.app.charts.arrows import Arrows, Ink
from pushforward.studio.app.charts.camera import Bounds
from pushforward.studio.app.charts.generator_mesh import Links
from pushforward.studio.app.charts.grid_fields import Grid, Heat, at_time, density, span
from pushforward.studio.app.charts.layer_panel import LayerRow
from pushforward.studio.app.charts.particle_timeline import Timeline
from pushforward.studio.app.charts.raster import Colours
from pushforward.studio.app.core.runs import FlowRecord
from pushforward.studio.protocol.catalog import EntrySpec, LayerSpec
from pushforward.studio.protocol.extras import LATENTS, MANIFOLD

__all__ = [
    "DENSITY",
    "EXTRAS",
    "arrows_of",
    "density_heat",
    "heat_of",
    "links_of",
    "mesh_of",
    "on_demand",
    "rows_for",
]

DENSITY = "density"
EXTRAS = (MANIFOLD, LATENTS)  # layers that come as extras of a record
LOGS, SLOPE = ("log p", "p"), "h′(d)"  # symbols of layers that have no sign
LOG_DEPTH = 12.0  # nats of a log-density that are told apart
PARTICLES, FRAME = "Particles", "Frame"
_TIPS = {
    "trails": "Trajectory of each particle over flow time.",
    "target": "Points of the data that the model learns.",
    DENSITY: "Particle density: particles per unit area.",
    "log-density": "Model density log p(x), from the likelihood of the flow. Computed when shown.",
    MANIFOLD: "Image of a grid of the first two latents under the generator.",
    LATENTS: "Arrows from the first two latents of each particle to its generated position.",
}


def on_demand(layer: LayerSpec) -> bool:
    """Whether a layer is too dear to come with each record: an integral along the flow."""
    return layer.kind == "scalar" and not layer.kept


def rows_for(entry: EntrySpec | None) -> list[LayerRow]:
    """Return the switches that a family calls for."""
    layers = entry.layers if entry else []
    rows = [
        LayerRow("particles", "Particles", True, part=PARTICLES),
        LayerRow("trails", "Trails", True, "", _TIPS["trails"], PARTICLES),
        LayerRow("paths", "Paths", False, "", "Trajectories of some particles.", PARTICLES),
    ]
    if entry is not None and "latent" in entry.capabilities:
        rows.append(LayerRow(MANIFOLD, "Manifold", False, "", _TIPS[MANIFOLD], PARTICLES))
        rows.append(LayerRow(LATENTS, "Latent lines", False, "", _TIPS[LATENTS], PARTICLES))
    rows.append(LayerRow(DENSITY, "Density", False, "heat", _TIPS[DENSITY]))
    heats = [x for x in layers if x.kind == "scalar" and not on_demand(x)]
    vectors = [x for x in layers if x.kind == "vector"]
    for layer in layers:
        tip = _TIPS.get(layer.name, layer.symbol)
        if layer.kind == "vector":
            # The last one is the motion itself; those before it are what it is made of.
            on = layer is vectors[-1]
            rows.append(LayerRow(layer.name, layer.title, on, "", tip, told=True))
        else:
            on = layer in heats[:1]
            rows.append(LayerRow(layer.name, layer.title, on, "heat", tip, told=True))
    return [
        *rows,
        LayerRow("target", "Target", True, "", _TIPS["target"], FRAME),
        LayerRow("axes", "Axes", True, part=FRAME),
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
    symbol = layer.symbol.strip().lower()
    signed = symbol not in (*LOGS, SLOPE)
    if symbol == SLOPE:
        low, high = _between(grid)
    else:
        low, high = span(grid, diverging=signed, depth=None if signed else LOG_DEPTH)
    return Heat(at_time(grid, t, now), bounds, layer.symbol, low, high, diverging=signed)


def _between(grid: Grid) -> tuple[float, float]:
    """Return between what almost all values lie: what is positive everywhere and varies little is
    then no flat sheet.
    """
    values = grid[np.isfinite(grid)]
    if values.size == 0:
        return 0.0, 1.0
    low, high = (float(each) for each in np.quantile(values, (0.005, 0.995)))
    return (low, high) if high > low else (low, low + max(1e-6, abs(low)))


def arrows_of(
    record: FlowRecord, layers: list[LayerSpec], names: Collection[str], now: float
) -> tuple[Arrows, ...]:
    """Return the named vector layers of a record at a flow time, each in an ink of its own."""
    vectors = [x.name for x in layers if x.kind == "vector"]
    inks: dict[str, Ink] = dict(zip(vectors[:-1], ("warm", "cold"), strict=False))
    found = []
    for name in vectors:
        grid = record.layers.get(name)
        if name in names and grid is not None and grid.shape[3:] == (2,):
            moment = at_time(grid, record.t, now)
            found.append(Arrows(moment, record.window, inks.get(name, "quiet")))
    return tuple(found)


def mesh_of(record: FlowRecord) -> Grid | None:
    """Return the grid of latents pushed forward, (r, r, 2), if the record has it."""
    return record.extras.get(MANIFOLD)


def links_of(record: FlowRecord, colours: Colours) -> Links | None:
    """Return the lines from each particle's first two latents to where it went."""
    start = record.extras.get(LATENTS)
    end = record.x[-1]
    n = min(len(end), len(colours), 0 if start is None else len(start))
    return None if start is None or n == 0 else Links(start[:n], end[:n, :2], colours[:n])
