"""Results of evaluations on request, besides the curves. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

__all__ = ["EVALUATED", "Evaluated", "newest"]

EVALUATED = "evaluated"
"""The kind of the event that the engine writes down."""


class _Event(Protocol):
    @property
    def kind(self) -> str: ...
    @property
    def step(self) -> int: ...
    @property
    def data(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Evaluated:
    """Metric values of a step, each with floor, interval, sample size, and parts by name (of each
    class or mode) with their references. ``cells`` are of a confusion matrix: true, predicted,
    count. ``notes`` explain missing values; ``settings`` are those of each metric, of recorded
    evaluations.
    """

    step: int
    seed: int
    values: Mapping[str, float]
    floors: Mapping[str, float] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    parts: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    cells: Mapping[str, tuple[tuple[str, str, float], ...]] = field(default_factory=dict)
    part_floors: Mapping[str, Mapping[str, tuple[float, float]]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def newest(events: Iterable[_Event]) -> Evaluated | None:
    """Return the newest evaluation among the events of a run; those that cannot be read, as of a
    file that somebody edited, are left out.
    """
    found = None
    for event in events:
        if event.kind == EVALUATED:
            found = _read(event) or found
    return found


def _read(event: _Event) -> Evaluated | None:
    data = event.data
    try:
        # Earlier versions wrote null where a metric could not be measured.
        known = {slug: value for slug, value in data["values"].items() if value is not None}
        values = {str(slug): float(value) for slug, value in known.items()}
        n = int(data["n"])
        counts = {slug: int(data.get("counts", {}).get(slug, n)) for slug in values}
        ends = {str(slug): (float(a), float(b)) for slug, (a, b) in data["intervals"].items()}
        floors = {str(slug): float(value) for slug, value in data["floors"].items()}
        parts = {
            str(slug): {str(name): float(value) for name, value in each.items()}
            for slug, each in data.get("parts", {}).items()
            if slug in values and len(each) > 1
        }
        cells = {
            str(slug): tuple((str(true), str(told), float(n)) for true, told, n in each)
            for slug, each in data.get("cells", {}).items()
            if slug in values
        }
        part_floors = {
            str(slug): {str(name): (float(mean), float(std)) for name, (mean, std) in each.items()}
            for slug, each in data.get("part_floors", {}).items()
            if slug in parts
        }
        settings = {
            str(slug): dict(each.items())
            for slug, each in data.get("settings", {}).items()
            if slug in values
        }
        seed, notes = int(data["seed"]), tuple(map(str, data.get("notes", ())))
        return Evaluated(
            event.step, seed, values, floors, counts, ends, parts, cells, part_floors, notes,
            settings,
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
