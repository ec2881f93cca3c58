"""What 'pushforward show --json' prints: entries, methods, recipes and data sets as plain data."""

from pathlib import Path
from typing import Any

import msgspec

from pushforward.models.config import describe
from pushforward.models.entries import Entry, FamilyEntry
from pushforward.studio.methods import Method
from pushforward.studio.protocol.spec import Recipe
from pushforward.studio.store.dataset import DatasetFolder

__all__ = ["describe_dataset", "describe_found"]


def describe_found(found: Entry | Method | Recipe) -> dict[str, Any]:
    """Return a description of what a slug names; "type" says what it is."""
    if isinstance(found, Recipe | Method):
        plain: dict[str, Any] = msgspec.to_builtins(found)
        return {"type": "recipe" if isinstance(found, Recipe) else "method", **plain}
    from pushforward.studio.cli import catalogue, facts

    more: dict[str, Any] = {}
    if isinstance(found, FamilyEntry):
        more = {"field": found.field, "carrier": found.carrier, "motion": found.motion}
    return {
        "type": "settings" if found.make is None else found.kind,
        "slug": found.slug,
        "title": found.title,
        "summary": found.summary,
        "source": found.source,
        **more,
        "facts": facts.sentences(found),
        "settings": describe(found.config),
        "defaults_by_data_type": {
            kind: own for kind, own in catalogue.defaults(found).items() if own
        },
    }


def describe_dataset(path: Path) -> dict[str, Any]:
    """Return the record of a data set of a project.

    Raises:
        StoreError: it is damaged.
    """
    record: dict[str, Any] = msgspec.to_builtins(DatasetFolder(path).record)
    return {"type": "dataset", "path": str(path), **record}
