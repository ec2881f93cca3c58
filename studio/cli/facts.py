"""Facts of registry entries besides their settings: order of a sampler, unit of a metric."""

from typing import TYPE_CHECKING

from pushforward.studio.counts import format_count, join_words

if TYPE_CHECKING:
    from pushforward.models.entries import Entry, FamilyEntry, KindEntry, MetricEntry, SamplerEntry

__all__ = ["data", "evaluations", "order", "sentences", "unit"]

NONE = "-"


def order(entry: "SamplerEntry") -> str:
    """Return how fast a sampler's error falls with its steps, "-" for a walk without an order."""
    return NONE if entry.order is None else f"{entry.order:g}"


def evaluations(entry: "SamplerEntry") -> str:
    """Return how many evaluations of the network a step of a sampler takes, by default."""
    return f"{entry.evaluations:g}"


def unit(entry: "MetricEntry") -> str:
    """Return the unit of a metric, "-" for a plain number."""
    return entry.unit or NONE


def data(entry: "Entry") -> str:
    """Return the kinds of data that it is for."""
    from pushforward.models.entries import FamilyEntry, NetworkEntry
    from pushforward.models.nets.offered import kinds_of

    if isinstance(entry, FamilyEntry | NetworkEntry):
        return ", ".join(kinds_of(entry)) or NONE
    return ", ".join(entry.kinds) or "all data types"


def sentences(entry: "Entry") -> list[str]:
    """Return the same, and more, as lines for a description."""
    from pushforward.models.entries import (
        DatasetEntry,
        FamilyEntry,
        GuidanceEntry,
        KindEntry,
        MetricEntry,
        NetworkEntry,
        SamplerEntry,
    )

    if isinstance(entry, KindEntry):
        return _of_kind(entry)
    if isinstance(entry, DatasetEntry):
        told = {"Size": entry.size, "Licence": entry.licence, "Made": entry.made}
        known = [f"{name}: {text}" for name, text in told.items() if text]
        return [f"For: {data(entry)}", *known]
    if isinstance(entry, SamplerEntry):
        return _of_sampler(entry)
    if isinstance(entry, MetricEntry):
        measured_in = f"; unit: {unit(entry)}" if entry.unit else "; a plain number"
        return [f"Better: {entry.better}{measured_in}", f"For: {data(entry)}"]
    if isinstance(entry, GuidanceEntry):
        led = {"condition": "what is given of a row", "measurement": "what was measured of one"}
        return [entry.formula, f"Leads to: {' or '.join(led[role] for role in entry.roles)}"]
    if isinstance(entry, NetworkEntry):
        return [f"For: {data(entry)}", f"Can be: {', '.join(entry.roles)}"]
    if isinstance(entry, FamilyEntry):
        each = [f"{name} in {unit}" for name, unit in entry.units.items()]
        reports = [f"Training steps report {join_words(each)}."] if each else []
        return [f"For: {data(entry)}", *reports, *_passes(entry)]
    return [f"For: {data(entry)}"] if entry.make is not None else []


def _of_kind(entry: "KindEntry") -> list[str]:
    """What there is for a kind of data, each as 'pushforward show' takes it."""
    from pushforward.models.registry import registry
    from pushforward.studio.formats.registry import discover, importers
    from pushforward.studio.resources import recipes

    discover()
    slug = entry.slug
    files = [
        f"{each.title} ({', '.join(each.suffixes)})"
        for each in importers.all()
        if each.kind == slug
    ]
    found = {
        "Networks": [f"{network} as {role}" for role, network in entry.networks.items()],
        "Models": [e.slug for e in registry.all("family") if slug in data(e).split(", ")],
        "Metrics": [
            *entry.metrics,
            *(
                e.slug
                for e in registry.all("metric")
                if slug in e.kinds and e.slug not in entry.metrics
            ),
        ],
        "Data sets": [e.slug for e in registry.all("dataset") if e.holds == slug],
        "Recipes": [recipe.slug for recipe in recipes() if recipe.kind == slug],
        "Imported from": files,
    }
    return [f"{title}: {', '.join(names)}" for title, names in found.items() if names]


def _passes(entry: "FamilyEntry") -> list[str]:
    """Return how long a model trains that needs a fixed number of passes over the data."""
    if not entry.passes:
        return []
    return [
        f"Training ends after {format_count(entry.passes, 'pass', 'passes')} over the data, "
        "independent of the number of steps."
    ]


def _of_sampler(entry: "SamplerEntry") -> list[str]:
    nfe = _default_nfe(entry)
    total = f"; {nfe:,} in all by default" if nfe else ""
    lines = [f"Order: {order(entry)}; network evaluations a step: {evaluations(entry)}{total}"]
    if entry.orders:
        measured = ", ".join(f"{grid} {value:g}" for grid, value in entry.orders.items())
        lines.append(f"Order measured, by grid: {measured}")
    return lines


def _default_steps(entry: "Entry") -> int:
    return int(getattr(entry.config(), "steps", 0))


def _default_nfe(entry: "Entry") -> int:
    """The evaluations of a sample at the default settings; 0 where a sampler does not say."""
    count = getattr(entry.make(entry.config()), "nfe", None)
    return (count() or 0) if callable(count) else 0
