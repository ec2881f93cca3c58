"""What a guidance lab found, strength by strength, and which runs can be asked. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.text import number_format
from pushforward.studio.protocol.catalog import Catalog
from pushforward.studio.protocol.spec import RunSpec, led_by

__all__ = ["TOLD", "Figures", "Found", "lacking", "right_of", "unguided"]

Floats = NDArray[np.float32]
CONFIDENT = 1.959964  # 95 % of a normal law lie within so many deviations
TOLD, DROPOUT = "conditional", "label_dropout"
"""Settings of a family: class conditioning and label dropout."""


@dataclass(frozen=True)
class Figures:
    """A strength: the ``share`` of its samples that are of the class, their deviation (the root of
    the trace of the covariance) and that of the tilted law as parts of that of the class, and how
    far they are from the class and from the tilted law. NaN where there is no tilted law.
    """

    strength: float
    share: float
    deviation: float
    tilted_deviation: float
    distance: float
    tilted_distance: float


@dataclass(frozen=True, eq=False)
class Found:
    """An answer.

    Attributes:
        label: the class.
        samples: (k, n, 2), NaN for a strength that led out of all bounds.
        figures: those of the strengths that did not, rising.
        floor: how far others of the class are from it.
        real, labels: some of the data (r, 2), and their classes (r,).
        bounds: x0, x1, y0, y1 of the maps.
        tilted: log-densities (k, m, m) of the tilted law, None where it is not known.
        own: those of the class (m, m).
    """

    label: int
    samples: Floats
    figures: tuple[Figures, ...]
    floor: float
    real: Floats
    labels: NDArray[np.int64]
    bounds: tuple[float, float, float, float]
    tilted: Floats | None
    own: Floats | None

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> "Found":
        """Return what the arrays of an answer say.

        Raises:
            KeyError, ValueError: they are not those of a guidance lab on a plane.
        """
        samples = np.asarray(arrays["samples"], np.float32)
        x0, x1, y0, y1 = map(float, arrays["bounds"])
        return cls(
            int(arrays["label"].item()),
            samples,
            _figures(arrays),
            float(arrays["floor"].item()),
            np.asarray(arrays["real"], np.float32),
            np.asarray(arrays["real-label"], np.int64),
            (x0, x1, y0, y1),
            arrays.get("map"),
            arrays.get("class-map"),
        )

    def at(self, strength: float) -> Figures | None:
        """Return the figures of a strength, None where it has none."""
        return next((each for each in self.figures if each.strength == strength), None)


def _figures(arrays: Mapping[str, NDArray[Any]]) -> tuple[Figures, ...]:
    names = ("strengths", "share", "spread", "tilted-spread", "distance", "tilted-distance")
    values = np.stack([np.asarray(arrays[name], np.float64) for name in names], axis=1)
    values[:, 2:4] = np.sqrt(values[:, 2:4] / max(float(arrays["class-spread"].item()), 1e-12))
    some = values[np.isfinite(values[:, 1])]
    return tuple(Figures(*map(float, row)) for row in some[some[:, 0].argsort()])


def right_of(right: int, n: int) -> str:
    """Describe how many of n samples the reference classifier assigns to the requested class, with
    the 95 % interval (Wilson 1927, doi:10.1080/01621459.1927.10502953).
    """
    share, z = right / n, CONFIDENT**2 / n
    centre = (share + z / 2) / (1 + z)
    reach = math.sqrt(z * share * (1 - share) + z**2 / 4) / (1 + z)
    low, high = max(0.0, centre - reach), min(1.0, centre + reach)
    between = f"{100 * low:.0f} to {100 * high:.0f}"
    return f"Accuracy {number_format.percent(share)} ({between}), {right} of {n}"


def unguided(spec: RunSpec, catalog: Catalog | None) -> dict[str, str]:
    """Say at the switch that tells a model the class, by its path, that it could not be guided as
    it is set up; {} where it could, and where a classifier leads.
    """
    entry = draft_spec.entry_of(spec, "family", catalog)
    fields = {field.path: field for field in entry.fields} if entry is not None else {}
    if TOLD not in fields or DROPOUT not in fields or fields[TOLD].fixed or led_by(spec):
        return {}
    config = spec.family.config
    if not draft_spec.value_at(config, fields[TOLD]) or draft_spec.value_at(
        config, fields[DROPOUT]
    ):
        return {}
    return {TOLD: "With label dropout 0 it cannot be guided; 0.1 is usual."}


def lacking(run: RunState | None, catalog: Catalog | None) -> str | None:
    """Return what a run lacks for classifier or classifier-free guidance, "" for nothing; None if
    its model cannot be class-conditional.
    """
    entry = draft_spec.entry_of(run.spec, "family", catalog) if run and run.spec else None
    fields = {field.path: field for field in entry.fields} if entry is not None else {}
    if run is None or run.spec is None or TOLD not in fields:
        return None
    config = run.spec.family.config
    if not draft_spec.value_at(config, fields[TOLD]):
        return "This model is unconditional."
    if led_by(run.spec) or DROPOUT not in fields:
        return ""
    dropout = draft_spec.value_at(config, fields[DROPOUT])
    if not dropout:
        return (
            "This model is always conditioned on the class, so it has no unconditional prediction."
        )
    if dropout == 1:
        return "This model is unconditional and has no guidance classifier."
    return ""
