"""How far data are from each other: the distance between what is compared of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from weakref import ReferenceType, ref

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.core.data_type import Arrays

__all__ = ["CHUNK", "CLOSE", "Distances", "nearest_of", "pixels", "values"]

Floats = NDArray[np.float64]
CHUNK = 256  # data whose distances are in memory at once
CLOSE = 1e-3  # data nearer than that may be the same, and else are as far apart as that


@dataclass(eq=False)
class Distances:
    """A distance of one sample from each of many.

    Attributes:
        name: what is compared, after "by": "pixels".
        measure: the metric in a few words.
        features: returns the compared features of samples, (n, k).
        same: returns whether one sample equals each of others, (n,), if features do not decide;
            only equal ones have distance 0.
    """

    name: str
    features: Callable[[Arrays], NDArray[Any]]
    same: Callable[[Arrays, Arrays], NDArray[np.bool_]] | None = None
    measure: str = "Euclidean distance"
    _last: tuple[ReferenceType[NDArray[Any]], NDArray[Any]] | None = field(default=None, init=False)

    def __call__(self, one: Arrays, many: Arrays) -> Floats:
        """Return how far one datum is from each of many, (n,)."""
        among = self._features(many)
        mine = self.features({name: np.asarray(each)[None] for name, each in one.items()})[0]
        far = np.asarray(np.linalg.norm(among - mine, axis=1), np.float64)
        if self.same is not None:
            near = np.flatnonzero(far < CLOSE)
            equal = self.same(one, {name: each[near] for name, each in many.items()})
            far[near] = np.where(equal, 0.0, CLOSE)
        return far

    def _features(self, many: Arrays) -> NDArray[Any]:
        """Return what is compared of many data; it is found once for those asked about last."""
        last = self._last  # at once: threads of several lenses may ask
        if last is None or last[0]() is not many["x"]:
            last = self._last = (ref(many["x"]), self.features(many))
        return last[1]


def _flat(arrays: Arrays) -> NDArray[np.float32]:
    return np.asarray(arrays["x"], np.float32).reshape(len(arrays["x"]), -1)


pixels = Distances("pixels", _flat, measure="Euclidean distance, each pixel from 0 to 1")
values = Distances("values", _flat)


def nearest_of(x: NDArray[Any], among: NDArray[Any], *, own: bool) -> NDArray[np.float64]:
    """Return how far the nearest of some rows (m, d) is from each of others (n, d), (n,); where
    these are the rows themselves, the nearest other one, NaN where there is none.
    """
    rows, others = np.asarray(x, np.float64), np.asarray(among, np.float64)
    sizes = np.square(others).sum(axis=1)
    found = np.full(len(rows), np.nan)
    if len(others) <= own:
        return found
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        apart = np.square(part).sum(axis=1)[:, None] + sizes - 2.0 * part @ others.T
        if own:
            places = np.arange(start, start + len(part))
            there = places < len(others)
            apart[np.flatnonzero(there), places[there]] = np.inf
        best = apart.argmin(axis=1)
        # The product form has lost the digits of what is near: the one that was found is measured.
        found[start : start + CHUNK] = np.linalg.norm(part - others[best], axis=1)
    return found
