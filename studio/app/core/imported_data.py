"""Imported data sets in specs: their pick contains the data type, as in the project."""

from collections.abc import Iterable

import msgspec

from pushforward.studio.app.core import display_names
from pushforward.studio.app.core.app_state import DataInfo
from pushforward.studio.protocol.spec import IMPORTED_KIND, KIND, Pick, RunSpec, project_name

__all__ = ["as_imported", "missing", "pick_of"]


def pick_of(slug: str, datasets: Iterable[DataInfo]) -> Pick:
    """Return the pick of a data set by its slug, at its defaults; ``datasets`` are those of the
    project.
    """
    kinds = {display_names.imported(data.name): data.kind for data in datasets}
    kind = kinds.get(slug, IMPORTED_KIND)
    return Pick(slug=slug, config={} if kind == IMPORTED_KIND else {KIND: kind})


def missing(spec: RunSpec, datasets: Iterable[DataInfo]) -> str:
    """Return the name of the imported data that a run is to learn and its project does not have, ""
    where they are there, or came with the studio.
    """
    name = project_name(spec.dataset.slug)
    return name if name and name not in {data.name for data in datasets} else ""


def as_imported(spec: RunSpec, datasets: Iterable[DataInfo]) -> RunSpec:
    """Return a spec whose imported data set has the data type of the project, and its other
    settings; unknown sets are unchanged.
    """
    pick = spec.dataset
    datasets = list(datasets)
    if pick.slug not in {display_names.imported(data.name) for data in datasets}:
        return spec
    known = pick_of(pick.slug, datasets)
    kept = {name: value for name, value in pick.config.items() if name != KIND}
    if pick.config.get(KIND, IMPORTED_KIND) == known.config.get(KIND, IMPORTED_KIND):
        known = Pick(slug=known.slug, config={**known.config, **kept})
    return spec if known.config == pick.config else msgspec.structs.replace(spec, dataset=known)
