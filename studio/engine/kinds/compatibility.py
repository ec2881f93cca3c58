"""Which kind of data a run is of, and what fits it: models, metrics, samplers, other runs."""

from pushforward.models.contracts.abilities import WORDS
from pushforward.models.entries import (
    DatasetEntry,
    FamilyEntry,
    KindEntry,
    MetricEntry,
    SamplerEntry,
)
from pushforward.models.nets.offered import kinds_of
from pushforward.models.registry import registry
from pushforward.studio.protocol.messages import ErrorInfo
from pushforward.studio.protocol.spec import IMPORTED_KIND, KIND, Pick, RunSpec

__all__ = [
    "IMPORTED",
    "KIND",
    "entry_of",
    "kinds_measured",
    "named_set",
    "picked_kind",
    "unfit",
    "unfit_inputs",
    "unsampled",
]

IMPORTED = IMPORTED_KIND
"""What imported data sets are where nothing says otherwise."""


def picked_kind(dataset: Pick) -> str:
    """Return the kind of a data set by its pick; one that is not registered counts as imported."""
    entries = {entry.slug: entry for entry in registry.all("dataset")}
    if dataset.slug in entries:
        return entries[dataset.slug].holds
    return str(dataset.config.get(KIND, IMPORTED))


def entry_of(kind: str) -> KindEntry:
    """Return the registry entry of a data type.

    Raises:
        KeyError: unknown data type.
    """
    return registry.get("kind", kind)


def kinds_measured(metric: MetricEntry) -> tuple[str, ...]:
    """Return the data types that a metric supports: those it names and those that name it; () for
    all.
    """
    if not metric.kinds:
        return ()
    naming = [kind.slug for kind in registry.all("kind") if metric.slug in kind.metrics]
    return tuple(dict.fromkeys((*metric.kinds, *naming)))


def named_set(dataset: DatasetEntry | None) -> str:
    """Return the name of a data set for a sentence; None stands for an imported set."""
    return f"the data set {dataset.title}" if dataset is not None else "the imported data set"


def unfit(family: FamilyEntry, kind: str, name: str) -> list[ErrorInfo]:
    """Return the problem that a family does not take a kind of data, which a set of that name
    holds, if it does not.
    """
    able = kinds_of(family)
    if kind in able:
        return []
    can = " and ".join(able) or "unknown data"
    return [
        ErrorInfo(
            kind="user",
            message=f"family: {family.title} supports {can}, but {name} holds {kind}.",
            hint=f"Choose a model for {kind}, or another data set.",
            path="family",
        )
    ]


def unfit_inputs(family: FamilyEntry, spec: RunSpec) -> list[ErrorInfo]:
    """Return missing or superfluous input runs of a family; whether they exist and fit is checked
    with the project (`studio.engine.run.inputs`).
    """
    problems = []
    for name, needs in family.inputs.items():
        if name not in spec.inputs and not needs.optional:
            message = f"{family.title} needs a {needs.title.lower()}: choose a run."
            path = f"inputs.{name}"
            problems.append(ErrorInfo(kind="user", message=message, hint=needs.help, path=path))
    for name in sorted(spec.inputs.keys() - family.inputs.keys()):
        message = f"{family.title} learns from no {name!r}."
        problems.append(ErrorInfo(kind="user", message=message, path=f"inputs.{name}"))
    return problems


def unsampled(family: FamilyEntry, sampler: SamplerEntry | None) -> str:
    """Say why a family cannot be sampled so, "" if it can."""
    if not family.sampler:
        return f"{family.title} has no denoiser, so it takes no sampler."
    for need in sampler.needs if sampler is not None else ():
        if sampler is not None and need not in family.abilities:
            wanted = WORDS.get(need, f"can {need}")
            return f"{sampler.title} samples a model that {wanted}; {family.title} does not."
    return ""
