"""Which kind of data a run is of, and which models and metrics fit it."""

from models.nets.pick import kinds_of
from models.registry import DatasetEntry, FamilyEntry, KindEntry, MetricEntry, registry
from studio.protocol.messages import ErrorInfo
from studio.protocol.spec import Pick

__all__ = ["IMPORTED", "entry_of", "kind_of_set", "kinds_measured", "picked_kind", "unfit"]

IMPORTED = "points"
"""What imported data sets are."""


def kind_of_set(dataset: DatasetEntry | None) -> str:
    """Return the kind of a registered data set; None stands for an imported one."""
    return dataset.holds if dataset is not None else IMPORTED


def picked_kind(dataset: Pick) -> str:
    """Return the kind of a data set by its slug; one that is not known here counts as imported."""
    entries = {entry.slug: entry for entry in registry.all("dataset")}
    return kind_of_set(entries.get(dataset.slug))


def entry_of(kind: str) -> KindEntry:
    """Return what is registered of a kind."""
    return registry.get("kind", kind)


def kinds_measured(metric: MetricEntry) -> tuple[str, ...]:
    """Return the kinds of data that a metric measures: those that it names, and those that name it
    among theirs. A metric that names none measures all, ().
    """
    if not metric.kinds:
        return ()
    naming = [kind.slug for kind in registry.all("kind") if metric.slug in kind.metrics]
    return tuple(dict.fromkeys((*metric.kinds, *naming)))


def unfit(family: FamilyEntry, dataset: DatasetEntry | None) -> list[ErrorInfo]:
    """Return the problem that a family cannot make data of this kind, if it cannot."""
    kind, able = kind_of_set(dataset), kinds_of(family)
    if kind in able:
        return []
    name = f"the data set {dataset.title}" if dataset is not None else "the imported data set"
    can = " and ".join(able) or "no data that are known here"
    return [
        ErrorInfo(
            kind="user",
            message=f"family: {family.title} makes {can}, and {name} holds {kind}.",
            hint=f"Choose a model for {kind}, or another data set.",
            path="family",
        )
    ]
