"""Placement of node numbers, away from edges and nodes. Pure."""

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["clear_places"]

DIRECTIONS = 24
OUTWARD = 0.15  # of the distance: of directions as clear as each other the outer one is taken


def clear_places(
    points: NDArray[np.float64], first: NDArray[np.int64], second: NDArray[np.int64], away: float
) -> NDArray[np.float64]:
    """Return a place (n, 2) for the number of each of the nodes at ``points`` (n, 2), ``away`` from
    its middle in that direction in which the nearest of the edges, from ``first`` (m,) to
    ``second``, and of the other nodes is farthest.
    """
    angles = 2.0 * math.pi * np.arange(DIRECTIONS) / DIRECTIONS
    round_ = away * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    middle = points.mean(axis=0) if len(points) else np.zeros(2)
    begin, along = points[first], points[second] - points[first]
    squared = np.maximum((along**2).sum(axis=1), 1e-9)
    found = np.empty_like(points)
    for node, point in enumerate(points):
        tried = point + round_
        clear = np.full(DIRECTIONS, 2.0 * away)  # what is farther is in nobody's way
        if len(begin):
            rest = tried[:, None] - begin
            share = ((rest * along).sum(axis=2) / squared).clip(0.0, 1.0)
            apart = np.linalg.norm(rest - share[..., None] * along, axis=2)
            clear = np.minimum(clear, apart.min(axis=1))
        if len(points) > 1:
            others = np.delete(points, node, axis=0)
            apart = np.linalg.norm(tried[:, None] - others, axis=2)
            clear = np.minimum(clear, apart.min(axis=1))
        out = (tried - middle) @ (point - middle)
        clear += OUTWARD * away * out / max(1e-9, float(np.abs(out).max()))
        found[node] = tried[int(clear.argmax())]
    return found
