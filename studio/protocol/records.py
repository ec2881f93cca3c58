"""A record: the fixed particles of a run at one training step, with further arrays.

It has the same form in the engine, on disk and in the window: arrays by name, each with its own
dtype. ``t`` (T,) float32 are flow times, ``x`` (T, n, *shape) the particles in data units, integers
where the data are; row i is the same particle in every record of a run. ``mask`` (n, shape[0])
marks real places, and ``given:<name>`` (n, ...) are conditions, in data units: both hold at all
flow times. ``layer:<name>`` (T or 1, r, r) or (T or 1, r, r, 2) lie over ``bounds``.
``extra:<name>`` and ``scene:<name>`` are described at `studio.protocol.messages.Record`. A data
type may add names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from pushforward.studio.protocol.extras import EXTRAS

if TYPE_CHECKING:  # numpy costs 55 ms, and the engine says Hello before it
    from numpy.typing import NDArray

    Arrays: TypeAlias = Mapping[str, NDArray[Any]]

__all__ = ["EXTRA", "GIVEN", "LAYER", "NOWHERE", "SCENE", "FlowRecord", "first_particles"]

LAYER, EXTRA, GIVEN, SCENE = "layer:", "extra:", "given:", "scene:"
NOWHERE = (-1.0, 1.0, -1.0, 1.0)


@dataclass(frozen=True, eq=False)
class FlowRecord:
    """One record, as this module describes it.

    Attributes:
        step: of the training.
        arrays: by name; "t" and "x" are always there.
        bounds: x0, x1, y0, y1 of the layers, in the units of the data; () where there are none.
        seconds: what it cost to make, 0 where it was read.
        preview: network evaluations per particle, if these are fewer than the run's sampler takes;
            else 0.
    """

    step: int
    arrays: "Arrays"
    bounds: tuple[float, ...] = ()
    seconds: float = 0.0
    preview: int = 0

    @classmethod
    def from_arrays(
        cls,
        step: int,
        t: "NDArray[Any]",
        x: "NDArray[Any]",
        layers: "Arrays | None" = None,
        bounds: tuple[float, ...] = (),
        extras: "Arrays | None" = None,
        **arrays: "NDArray[Any]",
    ) -> "FlowRecord":
        """Return a record of arrays that are named by what they are; ``arrays`` are all others."""
        named = {f"{LAYER}{name}": values for name, values in (layers or {}).items()}
        named |= {f"{EXTRA}{name}": values for name, values in (extras or {}).items()}
        return cls(step, {"t": t, "x": x, **arrays, **named}, bounds)

    @property
    def t(self) -> "NDArray[Any]":
        """Flow times (T,)."""
        return self.arrays["t"]

    @property
    def x(self) -> "NDArray[Any]":
        """The particles (T, n, *shape)."""
        return self.arrays["x"]

    @property
    def mask(self) -> "NDArray[Any] | None":
        """Which places are real, (n, shape[0]); None where all are."""
        return self.arrays.get("mask")

    @cached_property
    def layers(self) -> "dict[str, NDArray[Any]]":
        """The layers by name."""
        return self.named(LAYER)

    @cached_property
    def extras(self) -> "dict[str, NDArray[Any]]":
        """The extras by name."""
        return self.named(EXTRA)

    @cached_property
    def conditions(self) -> "dict[str, NDArray[Any]]":
        """Conditions of the particles, by name."""
        return self.named(GIVEN)

    @cached_property
    def scene(self) -> "dict[str, NDArray[Any]]":
        """What a stage of a step has at hand, by name."""
        return self.named(SCENE)

    @property
    def window(self) -> tuple[float, float, float, float]:
        """The bounds, or some where there are none."""
        if len(self.bounds) != 4:
            return NOWHERE
        x0, x1, y0, y1 = self.bounds
        return x0, x1, y0, y1

    def named(self, prefix: str) -> "dict[str, NDArray[Any]]":
        """Return the arrays with a name prefix, by the rest of the name."""
        return {
            name.removeprefix(prefix): values
            for name, values in self.arrays.items()
            if name.startswith(prefix)
        }

    def holding(self, **arrays: "NDArray[Any]") -> "FlowRecord":
        """Return the record with some arrays replaced or added."""
        return FlowRecord(
            self.step, {**self.arrays, **arrays}, self.bounds, self.seconds, self.preview
        )


def first_particles(record: FlowRecord, n: int) -> FlowRecord:
    """Return a record with at most its first n particles."""
    if record.x.shape[1] <= n:
        return record
    cut = {"x": record.x[:, :n]}
    for name, values in record.arrays.items():
        axis = _particle_axis(name)
        if axis is not None:
            cut[name] = values[(slice(None),) * axis + (slice(n),)]
    return record.holding(**cut)


def _particle_axis(name: str) -> int | None:
    """Return the axis of an array of a record along which particles lie, if there is one."""
    if name == "mask" or name.startswith(GIVEN):
        return 0
    extra = EXTRAS.get(name.removeprefix(EXTRA)) if name.startswith(EXTRA) else None
    return extra.particles if extra is not None else None
