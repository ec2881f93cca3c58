"""What a run can do, as settings that a form can show: those of the operator, the conditions that
its rows can be made under, and the rows that it is handed. Pure.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.text import number_format
from pushforward.studio.counts import format_count
from pushforward.studio.protocol.capabilities import Able, Condition, OtherSet, guess
from pushforward.studio.protocol.catalog import Catalog, Choice, EntrySpec, FieldSpec, SlotSpec
from pushforward.studio.protocol.spec import Pick

__all__ = [
    "LENGTH",
    "Asking",
    "Unreadable",
    "alike",
    "asking",
    "frames",
    "guesses",
    "keeps_lengths",
    "of_other_data",
    "offered",
    "settings",
    "weighed",
]  # fmt: skip

GIVEN, INPUTS, WEIGHTS = "given", "inputs", "weights"
LENGTH = f"{WEIGHTS}.length"
"""The setting over which length the weights are averaged."""
WRITTEN = "[[0, 1], [2, 3]]"  # how rows are
DATA = "data"  # in the place of rows: all that the run has learned from
_MEANT = {"all": "all data there are", "test": "the test data"}
COUNT = "n"
"""The setting of an operator that says how many rows it makes."""
FRAMES, STEPS = "frames", "steps"
"""The setting of an operator that says how many frames it keeps, and that of a sampler that says in
how many steps it goes."""
OWN = "A set of this project."
_BESIDE = "otherwise that of real samples that match the chosen conditions"


class Unreadable(ValueError):
    """Rows that were typed and cannot be read; ``path`` is their setting."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path


@dataclass(frozen=True)
class Asking:
    """What an operator is asked with: its own settings, conditions and rows by name, and over which
    length the weights are averaged, None for the run's own.
    """

    config: dict[str, Any]
    given: dict[str, Any]
    inputs: dict[str, Any]
    length: float | None = None


def offered(run: RunState | None, catalog: Catalog | None) -> list[EntrySpec]:
    """Return the operators that the model of a run has the abilities for, on its kind of data."""
    family = draft_spec.entry_of(run.spec, "family", catalog) if run and run.spec else None
    if run is None or run.spec is None or catalog is None or family is None:
        return []
    kind = catalog.kind_of(run.spec.dataset)
    return [
        entry
        for entry in catalog.entries_of("operator")
        if set(entry.needs) <= set(family.capabilities) and (not entry.kinds or kind in entry.kinds)
    ]


def alike(run: RunState, other: RunState, able: Able | None) -> bool:
    """Return whether rows of another run have the format of a run's (``able``), so its latents can
    be decoded there. True if unknown.
    """
    if run.spec is None or other.spec is None or able is None:
        return True
    slug = other.spec.dataset.slug
    reasons = {each.slug: each.reason for each in able.others}
    return slug == run.spec.dataset.slug or not reasons.get(slug)


def of_other_data(run: RunState, able: Able) -> list[str]:
    """Return the titles of the sets that have the form of the data of a run, besides these."""
    own = run.spec.dataset.slug if run.spec is not None else ""
    return [each.title for each in able.others if not each.reason and each.slug != own]


def settings(
    entry: EntrySpec,
    run: RunState,
    catalog: Catalog,
    config: Mapping[str, Any],
    conditions: list[Condition],
    called: Mapping[str, str] | None = None,
    others: Sequence[OtherSet] = (),
) -> EntrySpec:
    """Return an operator with all that can be said of it as its fields, but for what matters for
    other kinds of data; what follows from a choice is that of ``config``. ``called`` are conditions
    by their names, as people call them, and ``others`` the sets that can be asked about which the
    run has not learned.
    """
    assert run.spec is not None
    kind = catalog.kind_of(run.spec.dataset)
    opened = catalog.opened(entry, config, kind)
    family = draft_spec.entry_of(run.spec, "family", catalog)
    samplers = {each.slug for each in draft_spec.samplers(family, catalog)}
    matter = [field for field in opened.fields if not field.kinds or kind in field.kinds]
    fields = [_sampling(_asking(field, others), samplers) for field in matter]
    return msgspec.structs.replace(
        opened,
        fields=[
            *(field for field in fields if field is not None),
            *(_condition(each, called or {}) for each in conditions),
            *map(_input_field, entry.takes),
        ],
    )


def keeps_lengths(run: RunState | None) -> bool:
    """Whether the weights of a run can be averaged over any length after its training."""
    return run is not None and run.spec is not None and bool(run.spec.training.get("lengths"))


def weighed(entry: EntrySpec, run: RunState) -> EntrySpec:
    """Return an operator with the length over which the weights are averaged as one more field,
    where the run kept what lengths are made of.
    """
    if not keeps_lengths(run):
        return entry
    field = FieldSpec(
        path=LENGTH,
        kind="float",
        title="Averaging length",
        help=(
            "EMA length: standard deviation of the average, as a fraction of the training so "
            "far. Lengths in Quality compares several."
        ),
        default=None,
        optional=True,
        low=0.03,
        high=0.2,
        meant="the run's own; or 0.03 to 0.2",
        group="Weights",
    )
    return msgspec.structs.replace(entry, fields=[*entry.fields, field])


def _input_field(slot: SlotSpec) -> FieldSpec:
    """Return the setting into which rows are typed."""
    usual = _MEANT.get(slot.unless, "the data of the run")
    return FieldSpec(
        path=f"{INPUTS}.{slot.name}",
        kind="text",
        title=slot.title,
        help=slot.help if slot.example else f"{slot.help} Rows are written as {WRITTEN}.",
        default="",
        meant=f"such as {slot.example}" if slot.example else usual,
        group="Rows",
    )


def _asking(field: FieldSpec, others: Sequence[OtherSet]) -> FieldSpec:
    """Return the choice of a set of data with those that the engine knows for the run: its own
    first, and those greyed that the model cannot be asked about.
    """
    if not others or field.of != "dataset" or not field.chooses:
        return field
    known = {choice.value: choice.help for choice in field.choices}
    offered = [
        Choice(value=o.slug, title=o.title, help=known.get(o.slug, OWN), refused=o.reason)
        for o in others
    ]
    none = [choice for choice in field.choices if not choice.value]
    return msgspec.structs.replace(field, choices=[*none, *offered])


def _sampling(field: FieldSpec, samplers: set[str]) -> FieldSpec | None:
    """Return the choice of a sampler, or of several, with those that the model can be sampled by,
    None for none.
    """
    if field.of != "sampler" or not (field.chooses or field.kind == "list"):
        return field
    if not samplers:
        return None
    able = [each for each in field.choices if not each.value or each.value in samplers]
    return msgspec.structs.replace(field, choices=able)


def _condition(condition: Condition, called: Mapping[str, str]) -> FieldSpec:
    path = f"{GIVEN}.{condition.name}"
    title = called.get(condition.name) or number_format.plain(condition.name)
    if condition.names:
        names = [Choice(value=name, title=name) for name in condition.names]
        return FieldSpec(
            path=path,
            kind="choice",
            title=title,
            help=f"Class of all samples; {_BESIDE}.",
            default="",
            choices=[Choice(value="", title="As in the data"), *names],
            group="Conditions",
        )
    between = f"{number_format.figure(condition.low)} to {number_format.figure(condition.high)}"
    return FieldSpec(
        path=path,
        kind="int" if condition.whole else "float",
        title=title,
        help=f"The same for all samples; {_BESIDE}. There it is {between}.",
        unit=condition.unit,
        default=None,
        optional=True,
        low=condition.least if condition.whole else None,
        above=None if condition.whole else condition.least,
        high=condition.most,
        meant=f"as in the data: {between}",
        group="Conditions",
    )


def frames(
    entry: EntrySpec, run: RunState, catalog: Catalog | None, config: Mapping[str, Any]
) -> str:
    """Say how many frames there will be of an operator that keeps those of a sampler, "" where it
    keeps none, or the sampler finds its steps itself.
    """
    setting = next((field for field in entry.fields if field.path == FRAMES), None)
    if setting is None or run.spec is None:
        return ""
    chosen = config.get("sampler") or {}
    spec = run.spec
    if chosen.get("slug"):
        pick = Pick(slug=chosen["slug"], config=chosen.get("config") or {})
        spec = msgspec.structs.replace(spec, sampler=pick)
    sampler = draft_spec.entry_of(spec, "sampler", catalog)
    of = next((f for f in sampler.fields if f.path == STEPS), None) if sampler else None
    steps = (
        draft_spec.value_at(draft_spec.config_of(spec, "sampler"), of) if of is not None else None
    )
    most = draft_spec.value_at(config, setting)
    if sampler is None or not isinstance(steps, int) or not isinstance(most, int):
        return ""
    goes = f"{sampler.title} goes in {format_count(steps, 'step')}"
    if steps < most:
        return f"{goes}: {steps + 1:,} frames, including the noise."
    return f"{goes}: {most:,} of {steps + 1:,} frames are kept."


def guesses(conditions: list[Condition], config: Mapping[str, Any]) -> str:
    """Say which conditions of a form lie where the model has seen no data, "" for none."""
    given = config.get(GIVEN, {})
    said = (
        guess(each.name, float(given[each.name]), each.low, each.high, each.unit)
        for each in conditions
        if not each.names and given.get(each.name) is not None
    )
    return " ".join(filter(None, said))


def asking(
    config: Mapping[str, Any], entry: EntrySpec, inputs: Mapping[str, Any] | None = None
) -> Asking:
    """Return the request of a filled form; ``inputs`` are rows by slot that are not typed.

    Raises:
        Unreadable: typed rows are no lists of numbers.
    """
    own = {name: value for name, value in config.items() if name not in (GIVEN, INPUTS, WEIGHTS)}
    given = {
        name: value for name, value in config.get(GIVEN, {}).items() if value not in (None, "")
    }
    if inputs is not None:
        return Asking(own, given, dict(inputs))
    typed = config.get(INPUTS, {})
    rows = {slot.name: _rows(slot, typed) for slot in entry.takes}
    return Asking(own, given, rows, config.get(WEIGHTS, {}).get("length"))


def _rows(slot: SlotSpec, typed: Mapping[str, str]) -> Any:
    text = str(typed.get(slot.name, "")).strip()
    example = slot.example or WRITTEN
    if not text and slot.example:
        raise Unreadable(f"{INPUTS}.{slot.name}", f"is missing; for example {example}")
    if not text:
        return slot.unless or DATA
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError):
        rows = None
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        message = f"must be rows in brackets, for example {example}"
        raise Unreadable(f"{INPUTS}.{slot.name}", message)
    return rows
