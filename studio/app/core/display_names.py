"""What runs, setups, data and metrics are called: after what they are, unless a person named them.
Pure.
"""

import re
from collections.abc import Iterable
from typing import TypeGuard

import msgspec

from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.text.number_format import plain
from pushforward.studio.protocol.catalog import Catalog
from pushforward.studio.protocol.spec import (
    PROJECT_PREFIX,
    ChangeSetting,
    Recipe,
    RunSpec,
    run_name,
)
from pushforward.studio.store.names import slug

__all__ = [
    "branch_name",
    "branch_title",
    "branch_words",
    "called",
    "data_title",
    "file_stem",
    "imported",
    "keeps_recipe",
    "metric_in_unit",
    "metric_title",
    "model_name",
    "name_of",
    "named",
    "named_as_parent",
    "number",
    "numbered",
    "run_name",
    "same_model_and_data",
]


def imported(name: str) -> str:
    """Return the slug of a data set that was imported into the project under a name."""
    return f"{PROJECT_PREFIX}{name}"


def data_title(slug: str, catalog: Catalog | None) -> str:
    """Return a data set as people call it; imported ones have their own name."""
    entry = catalog.get("dataset", slug) if catalog is not None else None
    if entry is not None:
        return entry.title
    imported_name = slug.removeprefix(PROJECT_PREFIX)
    return imported_name if imported_name != slug else plain(slug)


def model_name(spec: RunSpec, catalog: Catalog | None) -> str:
    """Return the short name of the model of a run."""
    entry = catalog.get("family", spec.family.slug) if catalog is not None else None
    return entry.short or entry.title if entry is not None else plain(spec.family.slug)


def metric_title(slug: str, catalog: Catalog | None) -> str:
    """Return what a metric is called, "" for none."""
    entry = catalog.get("metric", slug) if catalog is not None and slug else None
    # Distances are named after people; before there is a catalogue only the slug says so.
    return entry.title if entry is not None else re.sub(r"\bw(?=\d\b)", "W", plain(slug))


def metric_in_unit(slug: str, catalog: Catalog | None) -> str:
    """Return what a metric is called with the unit of its figures: "Sliced W2, data units"."""
    entry = catalog.get("metric", slug) if catalog is not None and slug else None
    title = metric_title(slug, catalog)
    return f"{title}, {entry.unit}" if entry is not None and entry.unit else title


def same_model_and_data(one: RunSpec, other: RunSpec) -> bool:
    """Return whether two runs have the same model and data; settings may differ."""
    return (one.family.slug, one.dataset.slug) == (other.family.slug, other.dataset.slug)


def number(folder: str) -> str:
    """Return the number of a run, as people write it, by the name of its folder; "" if it has
    none.
    """
    digits = folder.partition("-")[0]
    return str(int(digits)) if digits.isdecimal() else ""


def called(folder: str, given: str = "") -> str:
    """Return what a run is called, with its number, by the name of its folder and the one that a
    person has given it.
    """
    name = given or (folder.partition("-")[2] if number(folder) else folder)
    return f"{number(folder)} {name}".strip()


def name_of(run: RunState) -> str:
    """Return what a run is called without its number: as a person named it, else after its model;
    while that is not known as its folder.
    """
    given = run.label.name or run.model
    return called(run.name, given).removeprefix(number(run.name)).strip()


def numbered(run: RunState) -> str:
    """Return what a run is called, with its number: "4 EDM"."""
    return f"{number(run.name)} {name_of(run)}".strip()


def file_stem(run: RunState) -> str:
    """Return how files of a run begin: its number, its name, and its model where that is not in
    the name.
    """
    name = slug(run.label.name or called(run.name).removeprefix(number(run.name)).strip(), "run")
    family = run.spec.family.slug if run.spec is not None else ""
    said = family.removeprefix("project:") in name
    return "-".join(filter(None, [number(run.name), name, "" if said else family]))


def branch_name(run: RunState) -> str:
    """Return what a branch of a run is called unless somebody says: as the run is called now."""
    return run.label.name or (run.spec.name if run.spec is not None else called(run.name))


def branch_words(step: int, changes: Iterable[ChangeSetting]) -> str:
    """Return where a branch leaves its parent and with which settings: "from 1,528, lr 0.02"."""
    words = [f"from {step:,}"]
    for each in changes:
        value = f"{each.value:g}" if isinstance(each.value, float) else str(each.value)
        words.append(f"{each.path.rpartition('.')[2].replace('_', ' ')} {value}")
    return ", ".join(words)


def branch_title(run: RunState) -> str:
    """Return the words of a branch, "" for a run that is none."""
    if run.branch_step is None:
        return ""
    edits = [each for each in run.edits if isinstance(each, ChangeSetting)]
    return branch_words(run.branch_step, (e for e in edits if e.step == run.branch_step))


def named_as_parent(run: RunState) -> bool:
    """Whether a branch has the name of its parent because the user gave it none."""
    if run.label.name:
        return False
    own, parent = (called(each).partition(" ")[2] for each in (run.name, run.parent))
    return bool(run.model) or own == parent


def keeps_recipe(recipe: Recipe | None, spec: RunSpec) -> TypeGuard[Recipe]:
    """Whether what a recipe says of itself is true of a spec: the same model on the same data."""
    return recipe is not None and same_model_and_data(spec, recipe.run)


def named(
    spec: RunSpec,
    initial: RunSpec,
    recipe: Recipe | None = None,
    given: str = "",
    method: str = "",
) -> RunSpec:
    """Return a spec with its default name.

    Args:
        spec: the current run.
        initial: the run when its setup began.
        recipe: the recipe it began as; its name holds while nothing is changed.
        given: the name typed by the user, "" for none.
        method: the named method that it has become, "" for none.
    """
    name = run_name(spec, method)
    if given:
        name = given
    elif method:
        pass
    elif recipe is None and same_model_and_data(spec, initial):
        name = initial.name
    elif recipe is not None and msgspec.structs.replace(spec, name=recipe.run.name) == recipe.run:
        name = recipe.run.name
    return spec if name == spec.name else msgspec.structs.replace(spec, name=name)
