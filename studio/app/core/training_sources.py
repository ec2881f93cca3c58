"""Which trained runs a new one can learn from, and what a run has learned from, in words. Pure."""

from collections.abc import Iterable

import msgspec

from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.data_type_registry import family_of_run
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.protocol.catalog import Catalog, EntrySpec, InputSpec
from pushforward.studio.protocol.spec import RunRef, RunSpec, led_by

__all__ = [
    "copied_runs",
    "describe_input",
    "encoders",
    "fitting",
    "number_of",
    "origin",
    "origin_said",
    "proposed",
    "students",
]  # fmt: skip


def fitting(
    wanted: InputSpec, spec: RunSpec, runs: Iterable[RunState], catalog: Catalog
) -> list[RunState]:
    """Return the finished runs that can be an input of a run of this spec, newest first."""
    found = [run for run in runs if _fits(wanted, spec, run, catalog)]
    return sorted(found, key=lambda run: run.name, reverse=True)


def proposed(
    spec: RunSpec, runs: Iterable[RunState], catalog: Catalog, like: RunSpec | None = None
) -> RunSpec:
    """Return a spec with a default run for each required one: that of ``like``, else the newest
    suitable.
    """
    entry, runs = catalog.get("family", spec.family.slug), list(runs)
    found = dict(spec.inputs)
    for wanted in entry.inputs if entry is not None else ():
        able = fitting(wanted, spec, runs, catalog) if wanted.proposed else []
        first = next((run for run in able if run.spec == like), next(iter(able), None))
        if wanted.name not in found and first is not None:
            found[wanted.name] = RunRef(run=first.name)
    return msgspec.structs.replace(spec, inputs=found)


def encoders(run: RunState, runs: Iterable[RunState], catalog: Catalog) -> list[RunState]:
    """Return the runs that learned features of the data of a run, newest first."""
    found = []
    for each in runs:
        entry = family_of_run(each, catalog)
        able = entry is not None and "represent" in entry.capabilities and bool(each.checkpoints)
        if able and run.spec is not None and each.spec is not None:
            found += [each] * _same_data(run.spec, each.spec, catalog)
    return sorted(found, key=lambda each: each.name, reverse=True)


def students(run: RunState, catalog: Catalog) -> list[EntrySpec]:
    """Return the families that would be taught by a run if they were set up on its data."""
    if run.spec is None:
        return []
    kind = catalog.kind_of(run.spec.dataset)
    return [
        entry
        for entry in catalog.entries_of("family")
        if (not kind or kind in entry.kinds)
        and any(each.proposed and _fits(each, run.spec, run, catalog) for each in entry.inputs)
    ]


def _fits(wanted: InputSpec, spec: RunSpec, run: RunState, catalog: Catalog) -> bool:
    if run.spec is None or run.state != "finished":
        return False
    entry = family_of_run(run, catalog)
    if entry is None or wanted.ability not in entry.capabilities:
        return False
    return not wanted.same_data or _same_data(spec, run.spec, catalog)


def _same_data(one: RunSpec, other: RunSpec, catalog: Catalog) -> bool:
    """Whether two runs learn the same data; a setting that is not said has its default."""
    if one.dataset.slug != other.dataset.slug:
        return False
    entry = draft_spec.entry_of(one, "dataset", catalog)
    return all(
        draft_spec.value_at(one.dataset.config, field)
        == draft_spec.value_at(other.dataset.config, field)
        for field in (entry.fields if entry is not None else ())
    )


def number_of(run: str) -> str:
    """Return how people call a run by its folder's name: "run 3"."""
    digits = run.partition("-")[0]
    return f"run {int(digits)}" if digits.isdecimal() else run


def describe_input(name: str, ref: RunRef) -> str:
    """Return what a run took as an input: "teacher: run 3, step 5,000"."""
    step = "" if ref.step is None else f", step {ref.step:,}"
    return f"{name}: {number_of(ref.run)}{step}"


def origin(run: RunState) -> str:
    """Return the name of the run that a run belongs under: the one that it left as a branch, else
    the first that it learned from; "" for none.
    """
    inputs = run.spec.inputs.values() if run.spec is not None else ()
    return run.parent or next((ref.run for ref in inputs), "")


def origin_said(run: RunState) -> str:
    """Say what a run came of: a branch of another one, or what it learned from and what leads its
    samples; "" for nothing.
    """
    if run.parent:
        at = f" at step {run.branch_step:,}" if run.branch_step is not None else ""
        return f"Branch of {number_of(run.parent)}{at}"
    if run.spec is None:
        return ""
    learned = [f"Learned from its {describe_input(*each)}" for each in run.spec.inputs.items()]
    return ", ".join(
        learned + [f"Led by its {describe_input(*each)}" for each in led_by(run.spec).items()]
    )


def copied_runs(run: RunState) -> dict[str, RunRef]:
    """Return the runs that a run has copies of: what it learned from, and what leads its samples,
    by what they are to it.
    """
    return {} if run.spec is None else {**run.spec.inputs, **led_by(run.spec)}
