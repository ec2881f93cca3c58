"""What a solver lab found: samplers by the calls that they made. Pure numpy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.text.metric_reference import SEEN

__all__ = ["At", "Solved"]

Doubles = NDArray[np.float64]
SLICED = "sliced-w2"  # the figure of results that do not say which it is


@dataclass(frozen=True)
class At:
    """A sampler with a number of calls: ``distance`` to the data with its ``spread`` over the
    repeats, ``error`` to the end of the ODE (NaN for one that adds noise), the ``milliseconds``
    that a sample took in a batch of all, and the fewest calls that are enough, None where none are.
    Of one repeat the spread is 0, and nothing is enough: how sure it is is not known.
    """

    place: int
    title: str
    nfe: int
    milliseconds: float
    error: float
    distance: float
    spread: float
    enough: int | None


@dataclass(frozen=True, eq=False)
class Solved:
    """``titles`` (k,) of the samplers, ``calls`` (c,) that were asked for, ``nfe`` (k, c) those
    that were made, 0 where a sampler can't do with so few; ``distance`` and ``error``
    (k, c, repeats), ``seconds`` (k, c, repeats) that all samples took as one batch, ``shared``
    whether something trained while any of these were measured, the ``floor`` (repeats,); ``ways``
    (k, c, frames, m, 2) and the ``reference`` (frames, m, 2) with some ``real`` data (r, 2), None
    where data are not on a plane; ``samples`` of each, at a ``step``; ``figure`` is the slug of the
    metric that the distance is, ``grid`` the name of the one that all have, "own" where each has
    its own.
    """

    titles: tuple[str, ...]
    calls: NDArray[np.int64]
    nfe: NDArray[np.int64]
    distance: Doubles
    error: Doubles
    seconds: Doubles
    floor: Doubles
    ways: NDArray[np.float32] | None
    reference: NDArray[np.float32] | None
    real: NDArray[np.float32] | None
    samples: int
    step: int
    figure: str = SLICED
    grid: str = "own"
    shared: bool = False

    @classmethod
    def of(
        cls,
        arrays: Mapping[str, NDArray[Any]],
        config: Mapping[str, Any],
        step: int,
        titles: Mapping[str, str],
    ) -> "Solved":
        """Return what the arrays of a result say.

        Raises:
            KeyError, ValueError: they are not those of a solver lab.
        """
        slugs: Sequence[str] = config["samplers"]
        nfe = np.asarray(arrays["nfe"], np.int64)
        if nfe.shape != (len(slugs), len(arrays["calls"])):
            raise ValueError("its samplers are not those of its settings")
        return cls(
            tuple(titles.get(slug, slug) for slug in slugs),
            np.asarray(arrays["calls"], np.int64),
            nfe,
            np.asarray(arrays["distance"], np.float64),
            np.asarray(arrays["error"], np.float64),
            # Of earlier versions there is the time of one repeat.
            np.asarray(arrays["seconds"], np.float64).reshape(*nfe.shape, -1),
            np.asarray(arrays["floor"], np.float64),
            arrays.get("ways"),
            arrays.get("reference"),
            arrays.get("real"),
            int(config["n"]),
            step,
            str((config.get("figure") or {}).get("slug") or SLICED),
            str(config.get("grid", "own")),
            bool(np.any(arrays.get("shared", False))),
        )

    @property
    def repeated(self) -> bool:
        """Whether there are repeats, which tell how far figures vary."""
        return bool(self.distance.shape[2] > 1)

    @property
    def milliseconds(self) -> Doubles:
        """How long a sample took in a batch of all, (k, c, repeats)."""
        return np.asarray(1000 * self.seconds / max(1, self.samples))

    @property
    def knows_ends(self) -> bool:
        """Whether any sampler was compared with the end of the ODE."""
        return bool(np.isfinite(self.error).any())

    def by_time(self, k: int) -> tuple[Doubles, Doubles, Doubles]:
        """Return milliseconds a sample, means and spreads (each (m,)) of the distance, the quickest
        first.
        """
        _, mean, spread = self.curve(self.distance, k)
        took = self.milliseconds[k].mean(axis=1)
        took = took[(self.nfe[k] > 0) & np.isfinite(self.distance[k].mean(axis=1))]
        order = np.argsort(took, kind="stable")
        return took[order], mean[order], spread[order]

    @property
    def bar(self) -> tuple[float, float]:
        """The mean of the floor, and its spread over the repeats."""
        spread = float(self.floor.std(ddof=1)) if len(self.floor) > 1 else 0.0
        return float(self.floor.mean()), spread

    def curve(self, values: Doubles, k: int) -> tuple[Doubles, Doubles, Doubles]:
        """Return calls, means and spreads (each (m,)) of a sampler, where it made any and what is
        measured has a value; of one repeat spreads are NaN.
        """
        mean = values[k].mean(axis=1)
        many = values.shape[2] > 1
        spread = values[k].std(axis=1, ddof=1) if many else np.full_like(mean, np.nan)
        some = (self.nfe[k] > 0) & np.isfinite(mean)
        return self.nfe[k][some].astype(np.float64), mean[some], spread[some]

    def enough(self, k: int) -> int | None:
        """Return the fewest calls with which a sampler is as near to the data as real data are;
        None if none is, or its spread is unknown.
        """
        if not self.repeated:
            return None
        floor, spread = self.bar
        calls, mean, _ = self.curve(self.distance, k)
        near = calls[mean <= floor + SEEN * spread]
        return int(near.min()) if near.size else None

    def at(self, c: int) -> list[At]:
        """Return the samplers with a number of calls, the nearest to the data first."""
        found = [self._one(k, c) for k in range(len(self.titles)) if self.nfe[k, c] > 0]
        return sorted(found, key=lambda each: each.distance)

    def _one(self, k: int, c: int) -> At:
        values = self.distance[k, c]
        return At(
            k,
            self.titles[k],
            int(self.nfe[k, c]),
            float(self.milliseconds[k, c].mean()),
            float(self.error[k, c].mean()),
            float(values.mean()),
            float(values.std(ddof=1)) if values.size > 1 else 0.0,
            self.enough(k),
        )
