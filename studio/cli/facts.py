"""What a registration says beside its settings: the order of a sampler, the unit of a metric."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.registry import Entry

__all__ = ["data", "evaluations", "order", "sentences", "unit"]

NONE = "-"


def order(entry: "Entry") -> str:
    """Return how fast a sampler's error falls with its steps, "-" for a walk without an order."""
    known = entry.extra.get("order")
    return NONE if known is None else f"{known:g}"


def evaluations(entry: "Entry") -> str:
    """Return how many evaluations of the network a step of a sampler takes, by default."""
    told = entry.extra.get("evaluations")
    if told is not None:
        return f"{told:g}"
    steps, nfe = _default_steps(entry), _default_nfe(entry)
    # The last step, to zero noise, may be a cheaper one.
    return f"{round(nfe / steps):g}" if steps and nfe else NONE


def unit(entry: "Entry") -> str:
    """Return the unit of a metric, "-" for a plain number."""
    return entry.unit or NONE


def data(entry: "Entry") -> str:
    """Return the kinds of data that it is for."""
    return ", ".join(entry.modalities)


def sentences(entry: "Entry") -> list[str]:
    """Return the same, and more, as lines for a description."""
    if entry.kind == "sampler":
        return _of_sampler(entry)
    if entry.kind == "metric":
        measured_in = f"; unit: {unit(entry)}" if entry.unit else "; a plain number"
        return [f"Better: {entry.better}{measured_in}", f"For: {data(entry)}"]
    return [f"For: {data(entry)}"] if entry.make is not None else []


def _of_sampler(entry: "Entry") -> list[str]:
    nfe = _default_nfe(entry)
    total = f"; {nfe:,} in all by default" if nfe else ""
    lines = [f"Order: {order(entry)}; network evaluations a step: {evaluations(entry)}{total}"]
    grids = entry.extra.get("orders")
    if grids:
        measured = ", ".join(f"{grid} {value:g}" for grid, value in grids.items())
        lines.append(f"Order measured, by grid: {measured}")
    return lines


def _default_steps(entry: "Entry") -> int:
    return int(getattr(entry.config(), "steps", 0))


def _default_nfe(entry: "Entry") -> int:
    """The evaluations of a sample at the default settings; 0 where a sampler does not say."""
    count = getattr(entry.make(entry.config()), "nfe", None)
    return int(count()) if callable(count) else 0
