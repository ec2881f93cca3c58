"""Conditions of the model of a setup or a run. Pure."""

from collections.abc import Sequence

from pushforward.studio.app.core.app_state import DataInfo
from pushforward.studio.app.core.data_type_registry import kind_of
from pushforward.studio.conditions import CLASS, told_of
from pushforward.studio.protocol.catalog import Catalog
from pushforward.studio.protocol.spec import RunSpec, project_name

__all__ = ["classes_of", "conditions"]


def conditions(spec: RunSpec, catalog: Catalog | None, classes: Sequence[str] | None = None) -> str:
    """Describe the conditions of a spec's model in a sentence; "" for none. ``classes`` are the
    class names of the data, None if unknown.
    """
    entry = catalog.get("family", spec.family.slug) if catalog is not None else None
    if catalog is None or entry is None or "samples" not in entry.capabilities:
        return ""
    words = dict(catalog.conditions.get(catalog.kind_of(spec.dataset), {}))
    if classes is not None and not classes:
        words.pop(CLASS, None)
    return told_of(kind_of(spec.dataset, catalog).one, words, entry.field)


def classes_of(spec: RunSpec, datasets: Sequence[DataInfo]) -> Sequence[str] | None:
    """Return the names of the classes of imported data, None of data that are not."""
    name = project_name(spec.dataset.slug)
    return next((data.classes for data in datasets if data.name == name), None)
