"""A jet along the flow: constituents at any flow time, and their trajectories. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pushforward.observables.jets import cone
from pushforward.observables.jets.kinematics import masses
from pushforward.studio.app.data.sample_measures import in_order
from pushforward.studio.app.data_types.jets.jet_paint import RADIUS
from pushforward.studio.app.data_types.jets.type import momenta, shares
from pushforward.studio.protocol.extras import DENOISED, LEVELS
from pushforward.studio.protocol.records import FlowRecord

__all__ = ["JetWay", "asked_of", "rows_of_types"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class JetWay:
    """Frames of a jet: flow times ``t`` (T,), ``x`` (T, N, 3) in data units, ``mask`` (N,),
    denoised estimates ``denoised`` (T, N, 3), and noise ``levels`` (T,), None if unknown;
    ``radius`` is R of the cone. A jet without flow has one frame.
    """

    t: NDArray[np.floating]
    x: NDArray[np.floating]
    mask: NDArray[np.bool_]
    denoised: NDArray[np.floating] | None = None
    levels: NDArray[np.floating] | None = None
    radius: float = cone.USUAL

    @classmethod
    def of(cls, record: FlowRecord, row: int, radius: float) -> "JetWay":
        """Return the way of a fixed latent."""
        x, mask, extras = record.x[:, row], record.mask, record.extras
        real = np.ones(x.shape[1], bool) if mask is None else np.asarray(mask[row], bool)
        denoised = extras.get(DENOISED)
        expected = None if denoised is None else denoised[:, row]
        return cls(record.t, x, real, expected, extras.get(LEVELS), radius)

    @classmethod
    def still(
        cls, x: NDArray[np.floating], mask: NDArray[np.bool_] | None, radius: float
    ) -> "JetWay":
        """Return a jet (N, 3) that is there."""
        real = np.ones(len(x), bool) if mask is None else np.asarray(mask, bool)
        return cls(np.ones(1, np.float32), x[None], real, radius=radius)

    @property
    def moves(self) -> bool:
        """Whether it has more than one frame."""
        return len(self.t) > 1

    def bracket(self, t: float) -> tuple[int, float]:
        """Return (frame, weight): a time is that far from the frame to the next one."""
        if not self.moves:
            return 0, 0.0
        frame = int(np.clip(np.searchsorted(self.t, t, side="right") - 1, 0, len(self.t) - 2))
        span = float(self.t[frame + 1] - self.t[frame])
        return frame, float(np.clip((t - self.t[frame]) / span, 0, 1)) if span > 0 else 0.0

    def _between(self, values: NDArray[np.floating], t: float) -> Floats:
        frame, weight = self.bracket(t)
        here = np.asarray(values[frame], np.float64)
        if not weight:
            return here
        return here + weight * (np.asarray(values[frame + 1], np.float64) - here)

    def at(self, t: float) -> dict[str, NDArray[np.generic]]:
        """Return the jet at a flow time, as tiles are painted from: x (N, 3), its mask and R."""
        return {"x": self._between(self.x, t), "mask": self.mask, RADIUS: np.array(self.radius)}

    def discs(self, t: float) -> tuple[Floats, Floats]:
        """Return where the constituents are, (N, 2), and which share of the pT they have, (N,)."""
        x, pt = momenta(self.at(t))
        return x[:, :2], shares(pt)

    def mass(self, t: float) -> float:
        """Return the mass of the jet at a flow time, in GeV."""
        x, pt = momenta(self.at(t))
        return float(masses(x[None, :, :2], pt[None])[0])

    def many(self, t: float) -> int:
        """Return how many constituents it has at a flow time."""
        return int((momenta(self.at(t))[1] > 0).sum())

    def rings(self, t: float) -> Floats | None:
        """Return where the denoiser expects the constituents, (N, 2)."""
        return None if self.denoised is None else self._between(self.denoised, t)[:, :2]

    def trail(self, t: float) -> list[tuple[float, Floats]]:
        """Return earlier flow times with where the constituents were, (N, 2), the oldest first; the
        last one is now.
        """
        frame, weight = self.bracket(t)
        places = [
            (float(self.t[i]), np.asarray(self.x[i, :, :2], np.float64)) for i in range(frame + 1)
        ]
        if weight:
            places.append((t, self.discs(t)[0]))
        return places

    def level(self, t: float) -> float | None:
        """Return the noise level at a flow time, by its logarithm between two frames."""
        if self.levels is None:
            return None
        frame, weight = self.bracket(t)
        low, high = float(self.levels[frame]), float(self.levels[min(frame + 1, len(self.t) - 1)])
        if weight >= 1.0 or high <= 0.0 or low <= 0.0:
            return high if weight >= 1.0 else low * (1 - weight) + high * weight
        return float(low ** (1 - weight) * high**weight)

    @cached_property
    def stops(self) -> list[int]:
        """Frames for a strip of few pictures, the first and the last among them."""
        places = np.linspace(0, len(self.t) - 1, 7).round().astype(int)
        return [int(place) for place in np.unique(places)]


def rows_of_types(
    labels: NDArray[np.generic], each: int, order: Sequence[str] = ()
) -> dict[str, list[int]]:
    """Return the first few rows of each type, by its name, in an order."""
    found: dict[str, list[int]] = {}
    for row, name in enumerate(labels.tolist()):
        if len(found.setdefault(str(name), [])) < each:
            found[str(name)].append(row)
    return {name: found[name] for name in in_order(labels, order)}


def asked_of(given: dict[str, NDArray[np.generic]], row: int) -> dict[str, float]:
    """Return the scalar conditions of a latent, by name."""
    return {
        name: float(values[row])
        for name, values in given.items()
        if len(values) > row and np.issubdtype(values.dtype, np.number) and values[row].size == 1
    }
