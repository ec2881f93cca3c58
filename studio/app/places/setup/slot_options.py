"""What can be chosen for each slot of a setup, in words."""

import re
from collections.abc import Mapping
from typing import Any

from pushforward.studio.app.core import (
    display_names,
    draft_spec,
    field_carrier_switch,
    run_summary,
    training_sources,
)
from pushforward.studio.app.core.app_state import AppState, DataInfo
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.core.draft import Draft
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.core.verified_claims import claims, verdict
from pushforward.studio.app.places.setup.expected_cost import expected
from pushforward.studio.app.places.setup.pickers.option import Option
from pushforward.studio.app.text import setting_values
from pushforward.studio.counts import format_count
from pushforward.studio.methods import Method, Published, methods
from pushforward.studio.protocol.catalog import Catalog, EntrySpec, FieldSpec, InputSpec
from pushforward.studio.resources import recipes

__all__ = [
    "FIRST",
    "NO_INPUT",
    "datasets",
    "families",
    "format_steps",
    "inputs",
    "named_methods",
    "numbers",
    "samplers",
    "typed_number",
]

_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
LADDER = (1, 2, 5)
SPAN = 8  # times less and more than a number, that others are offered for
NO_INPUT, FIRST = "", "/first"  # no name of a run


def datasets(state: AppState, draft: Draft, catalog: Catalog) -> list[Option]:
    """Return the data sets: those of the project, then those that the model takes, then others,
    with what becomes of the model.
    """
    family = draft_spec.entry_of(draft.spec, "family", catalog)
    own = [_project_options(each, catalog, family) for each in state.datasets]
    shipped = [_shipped(each, catalog, family) for each in catalog.entries_of("dataset")]
    return [*own, *sorted(shipped, key=lambda option: bool(option.why_not))]


def _project_options(data: DataInfo, catalog: Catalog, family: EntrySpec | None) -> Option:
    shown = kind(data.kind)
    rows = format_count(data.rows, shown.one, shown.many)
    columns = ", ".join(data.columns[:6])
    facts = [("Data type", shown.title), ("Size", rows), ("Columns", columns)]
    return Option(
        value=display_names.imported(data.name),
        title=data.name,
        summary=f"Of this project: {rows}",
        note=shown.title.lower(),
        facts=tuple(fact for fact in facts if fact[1]),
        **_fit(catalog, family, data.kind),
    )


def _shipped(entry: EntrySpec, catalog: Catalog, family: EntrySpec | None) -> Option:
    shown = kind(entry.kinds[0] if entry.kinds else "")
    return Option(
        value=entry.slug,
        title=entry.title,
        summary=entry.summary,
        note=shown.title.lower(),
        facts=(("Data type", shown.title), ("Source", entry.source)),
        **_fit(catalog, family, entry.kinds[0] if entry.kinds else ""),
    )


def _fit(catalog: Catalog, family: EntrySpec | None, slug: str) -> dict[str, str]:
    """Return why a model does not take a kind of data, and the model that does."""
    if family is None or field_carrier_switch.fits(family, slug):
        return {}
    other = field_carrier_switch.instead(catalog, family, slug)
    why = f"{family.title} does not take {kind(slug).many}."
    return {"why_not": why, "instead": f"Use, with {other.title}" if other is not None else ""}


def named_methods(draft: Draft, catalog: Catalog) -> list[Option]:
    """Return the named methods, those that take the data first."""
    found = [_method(each, draft, catalog) for each in methods()]
    return sorted(found, key=lambda option: bool(option.why_not))


def _method(method: Method, draft: Draft, catalog: Catalog) -> Option:
    family = catalog.get("family", method.family.slug)
    slug = catalog.kind_of(draft.spec.dataset)
    fits = family is not None and field_carrier_switch.fits(family, slug) and method.takes(slug)
    needs = family.inputs if family is not None else []
    other = field_carrier_switch.data_for(
        field_carrier_switch.kinds_for(method, catalog), catalog, recipes()
    )
    known = claims()
    literature = [(f"On {each.data}", _published(each)) for each in method.published]
    facts = [
        ("Source", method.source),
        *literature,
        *(("Learns from", each.title) for each in needs if not each.optional),
        *(("Measured here", _measured(known[slug])) for slug in method.claims if slug in known),
    ]
    return Option(
        value=method.slug,
        title=method.title,
        summary=method.summary,
        note=", ".join(_YEAR.findall(method.source)[:1]),
        why_not="" if fits else _unsupported_reason(family, method.kinds, slug),
        instead=f"Use, with {other.title}" if not fits and other is not None else "",
        facts=tuple(facts),
        words=method.source,
        thing=method,
    )  # fmt: skip


def _unsupported_reason(family: EntrySpec | None, kinds: list[str], slug: str) -> str:
    """Say that a method takes other data, and which."""
    if family is None:
        return "Its model is not installed."
    others = [kind(each).many for each in kinds or family.kinds]
    said = " and ".join(filter(None, [", ".join(others[:-1]), *others[-1:]]))
    return f"It does not support {kind(slug).many}, only {said}."


def _measured(claim: Mapping[str, Any]) -> str:
    return f"{claim['title']}: {verdict(claim).lower()} ({claim['pass_line']})"


def _published(figure: Published) -> str:
    calls = f" in {format_count(figure.calls, 'evaluation')}" if figure.calls else ""
    return f"{figure.figure}{calls} ({figure.source})"


def samplers(draft: Draft, catalog: Catalog) -> list[Option]:
    """Return the samplers that the family can be sampled with."""
    family = draft_spec.entry_of(draft.spec, "family", catalog)
    own = Option(value="", title="The family's own", summary="Intended for this model.")
    return [own, *(_entry(each) for each in draft_spec.samplers(family, catalog))]


def _entry(entry: EntrySpec) -> Option:
    return Option(
        value=entry.slug, title=entry.title, summary=entry.summary,
        facts=(("Source", entry.source),),
    )  # fmt: skip


def inputs(wanted: InputSpec, state: AppState, draft: Draft, catalog: Catalog) -> list[Option]:
    """Return the runs that a model can learn from, the newest first."""
    runs = training_sources.fitting(wanted, draft.spec, state.runs.by_key.values(), catalog)
    title, said = wanted.without
    title = f"{title[:1].upper()}{title[1:]}" or "None"
    found = [Option(value=NO_INPUT, title=title, summary=said)] if wanted.optional else []
    if wanted.name in draft.trainable:
        model = display_names.model_name(draft.trainable[wanted.name], catalog)
        said = "Train starts it, and this run when it has finished."
        found.append(Option(value=FIRST, title=f"A {model} trained first", summary=said))
    return [*found, *(_run(each, catalog) for each in runs)]


def _run(run: RunState, catalog: Catalog) -> Option:
    entry = catalog.get("family", run.spec.family.slug) if run.spec is not None else None
    data = display_names.data_title(run.spec.dataset.slug, catalog) if run.spec is not None else ""
    model = entry.title if entry is not None else ""
    facts = [("Model", model), ("Data", data), ("Trained", f"{run.step:,} steps")]
    return Option(
        value=run.name,
        title=display_names.numbered(run),
        summary=" on ".join(filter(None, [model, data])),
        note=f"{run.step:,} steps" if run.step else "",
        facts=tuple(fact for fact in facts if fact[1]),
        words=run_summary.title_of(run),
    )


def numbers(
    field: FieldSpec, now: int, usual: int, draft: Draft | None, state: AppState
) -> list[Option]:
    """Return round numbers around the one in force, with it and the one that it began with; of
    steps of the training of a ``draft``, how long they take where that is known.
    """
    low, high = min(now, usual) / SPAN, max(now, usual) * SPAN
    ladder = {m * 10**e for e in range(10) for m in LADDER if low <= m * 10**e <= high}
    found = sorted(n for n in {*ladder, now, usual} if field_carrier_switch.allows(field, n))
    return [_number(field, n, usual, draft, state) for n in found]


def _number(field: FieldSpec, n: int, usual: int, draft: Draft | None, state: AppState) -> Option:
    took = expected(draft, state, steps=n) if draft is not None else None
    return Option(
        value=n,
        title=format_steps(field, n),
        summary="As it began" if n == usual else "",
        note=took.format if took is not None else "",
        facts=(("Range", setting_values.bounds(field)),),
    )


def format_steps(field: FieldSpec, n: int) -> str:
    """Return a number of steps as the sentence says it."""
    return f"{n:,} {field.unit or field.title.lower()}".removesuffix("s" if n == 1 else "")


def typed_number(
    field: FieldSpec, search: str, usual: int, draft: Draft | None, state: AppState
) -> Option | None:
    """Return what a typed number stands for, or why it stands for nothing; None for words."""
    if not search[:1].isdecimal() and not search.startswith(("-", "+", ".")):
        return None
    try:
        n = setting_values.parse(field, search.removesuffix(field.title.lower()))
    except setting_values.Invalid as error:
        why = f"{field.title} {error}."
        return Option(value=search, title=search, why_not=why)
    return _number(field, n, usual, draft, state)


def families(draft: Draft, catalog: Catalog) -> list[Option]:
    """Return the models in the order of the catalogue, each with why it does not take the data."""
    slug = catalog.kind_of(draft.spec.dataset)
    return [_family(each, slug, catalog) for each in catalog.entries_of("family")]


def _family(entry: EntrySpec, slug: str, catalog: Catalog) -> Option:
    needs = [each.title.lower() for each in entry.inputs if not each.optional]
    one_pass = "one pass" if entry.carrier == field_carrier_switch.GENERATOR else ""
    likelihood = "likelihood" if "likelihood" in entry.capabilities else ""
    words = (entry.slug, entry.field, entry.carrier, entry.source, one_pass, likelihood)
    takes = (
        ""
        if field_carrier_switch.fits(entry, slug)
        else f"{entry.title} does not take {kind(slug).many}."
    )
    other = next(
        (d for d in catalog.entries_of("dataset") if set(d.kinds) & set(entry.kinds)), None
    )
    return Option(
        value=entry.slug,
        title=entry.title,
        summary=entry.summary,
        note=f"needs a {needs[0]}" if needs else "",
        why_not=takes,
        instead=f"Use, with {other.title}" if takes and other is not None else "",
        words=" ".join(words),
        thing=entry,
    )
