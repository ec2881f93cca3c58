"""What a run may be measured by when somebody asks: the metrics that fit it, of how many, with
which seed. Pure.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.guidance_results import TOLD
from pushforward.studio.app.core.metric_values import MORE
from pushforward.studio.app.core.run_ranking import measured_by
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.protocol.catalog import Catalog, EntrySpec, FieldSpec
from pushforward.studio.protocol.spec import Pick

__all__ = [
    "ASKED",
    "COUNT",
    "SEED",
    "chosen",
    "fitting",
    "grouped",
    "metrics_of_run",
    "picks",
    "put",
    "put_all",
    "put_settings",
    "put_usual",
    "settings",
    "settings_of",
    "within",
]

ASKED = "evaluate"
"""Key under which `AppState.asked` keeps the last choice, with the data type."""
COUNT, SEED, METRICS, SETTINGS = "n", "seed", "metrics", "settings"
LEAST, MOST = 2, 10_000_000  # as many as samples are drawn by hand


def fitting(run: RunState | None, catalog: Catalog | None) -> list[EntrySpec]:
    """Return the metrics for the kind of data of a run that its model has the abilities for."""
    if run is None or run.spec is None or catalog is None:
        return []
    family = draft_spec.entry_of(run.spec, "family", catalog)
    able = set(family.capabilities) if family is not None else set()
    kind = catalog.kind_of(run.spec.dataset)
    return [
        entry
        for entry in catalog.entries_of("metric")
        if set(entry.needs) <= able and (not entry.kinds or kind in entry.kinds)
    ]


def metrics_of_run(run: RunState, catalog: Catalog | None) -> set[str]:
    """Return the metrics of a run: requested or measured ones, those of evaluations, and for
    conditional models those that measure the condition.
    """
    picked = {pick.slug for pick in run.spec.metrics} if run.spec is not None else set()
    asked = set(run.evaluated.values) if run.evaluated is not None else set()
    heard = {each.slug for each in fitting(run, catalog) if each.conditional}
    return (
        (picked or set(measured_by([run])))
        | asked
        | (heard if _is_conditional(run, catalog) else set())
    )


def _is_conditional(run: RunState, catalog: Catalog | None) -> bool:
    """Return whether the model of a run is conditional."""
    entry = draft_spec.entry_of(run.spec, "family", catalog) if run.spec is not None else None
    fields = entry.fields if entry is not None else []
    told = next((field for field in fields if field.path == TOLD), None)
    if told is None or run.spec is None:
        return False
    return bool(draft_spec.value_at(run.spec.family.config, told))


def grouped(
    entries: Sequence[EntrySpec], groups: Mapping[str, Sequence[str]]
) -> list[tuple[str, list[EntrySpec]]]:
    """Return metrics in the groups of slugs that a kind of data declares, then the others."""
    known = {entry.slug: entry for entry in entries}
    found = [(title, [known[s] for s in slugs if s in known]) for title, slugs in groups.items()]
    placed = {slug for slugs in groups.values() for slug in slugs}
    found.append((MORE, [entry for entry in entries if entry.slug not in placed]))
    return [(title, each) for title, each in found if each]


def settings(usual: int, many: str, most: int | None = None) -> EntrySpec:
    """Return how many and which seed as a form has them: ``usual`` of the data are the default,
    which are called ``many``, and no more than ``most``, where there is an end of them.
    """
    most = MOST if most is None else max(LEAST, most)
    fields = [
        FieldSpec(
            path=COUNT,
            kind="int",
            title=f"{many[:1].upper()}{many[1:]} (n)",
            help=(
                "Number of samples, compared with as many real ones. Values with different n "
                "cannot be compared."
            ),
            default=min(usual, most),
            low=LEAST,
            high=most,
            log=True,
        ),
        FieldSpec(
            path=SEED,
            kind="int",
            title="Seed",
            help="Seed of the samples, and of the real data that they are compared with.",
            default=0,
            low=0,
            high=2**31 - 1,
        ),
    ]
    return EntrySpec(kind="evaluation", slug=ASKED, title="", summary="", source="", fields=fields)


def chosen(
    config: Mapping[str, Any], entries: Sequence[EntrySpec], usual: Collection[str]
) -> list[str]:
    """Return the metrics that are on: the ``usual`` ones, but where ``config`` says otherwise."""
    said = config.get(METRICS, {})
    return [each.slug for each in entries if said.get(each.slug, each.slug in usual)]


def put(config: Mapping[str, Any], slug: str, on: bool, usual: Collection[str]) -> dict[str, Any]:
    """Return a config with a metric on or off; what is usual leaves no trace."""
    said = {each: is_on for each, is_on in config.get(METRICS, {}).items() if each != slug}
    if on != (slug in usual):
        said[slug] = on
    return {**config, METRICS: said}


def picks(
    run: RunState, slugs: Sequence[str], config: Mapping[str, Any] | None = None
) -> list[Pick]:
    """Return metrics with settings from ``config``, else the run's."""
    return [Pick(slug=slug, config=settings_of(run, slug, config or {})) for slug in slugs]


def settings_of(run: RunState, slug: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a metric: those that ``config`` says, else those of the run."""
    said = config.get(SETTINGS, {}).get(slug)
    if said is not None:
        return dict(said)
    own = {pick.slug: pick for pick in run.spec.metrics} if run.spec is not None else {}
    return dict(own[slug].config) if slug in own else {}


def put_all(
    config: Mapping[str, Any], entries: Sequence[EntrySpec], usual: Collection[str]
) -> dict[str, Any]:
    """Return a config with all of some metrics on; what is usual leaves no trace."""
    return {**config, METRICS: {each.slug: True for each in entries if each.slug not in usual}}


def put_usual(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a config with those metrics on that are usual."""
    return {name: each for name, each in config.items() if name != METRICS}


def within(config: Mapping[str, Any], most: int | None) -> dict[str, Any]:
    """Return a config of how many there are: what was asked of other data may be more than these
    have.
    """
    n = config.get(COUNT, 0)
    if most is None or n <= most:
        return dict(config)
    return {name: each for name, each in config.items() if name != COUNT}


def put_settings(
    config: Mapping[str, Any], slug: str, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a config with other settings of a metric."""
    return {**config, SETTINGS: {**config.get(SETTINGS, {}), slug: dict(settings)}}
