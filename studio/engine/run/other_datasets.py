"""The sets that a model can be asked about which it has not learned: those of the project of its
run, and those of the registry.
"""

from pathlib import Path
from typing import Any

from pushforward.models.config import Pick, decode, describe
from pushforward.models.contracts.data import RowSource
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.entries import DatasetEntry
from pushforward.models.operators.otherset import misfit, registered
from pushforward.models.registry import registry
from pushforward.studio.engine.data.datasets import outline_of
from pushforward.studio.engine.data.imported_data import find_imported, find_outline
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.protocol import spec as protocol
from pushforward.studio.protocol.capabilities import OtherSet
from pushforward.studio.protocol.spec import PROJECT_PREFIX, project_name
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.project import Project

__all__ = ["other_set", "other_sets"]

LEARNED = "is the training data of the run"
_FEW = 64  # rows of which it is known what a set is like


def other_set(pick: Pick, n: int, seed: int, project: Path) -> RowSource:
    """Return the rows of a chosen data set, n of them for a seed if it is procedural.

    Raises:
        Refused: it is missing in the project, or damaged; the path is "config.other".
        ValueError: unknown data set or invalid settings.
    """
    own = project_name(pick.slug)
    if own is None:
        return registered(pick, n, seed)
    try:
        return find_imported(own, project).all_rows()
    except Refused as refused:
        raise Refused.from_problem(refused.info, "config.other") from refused


def other_sets(spec: DataSpec, learned: protocol.Pick, project: Path) -> list[OtherSet]:
    """Return all sets of the kind of data that a model has learned, those of the project first, and
    why it cannot be asked about some. ``learned`` is what it has learned from.
    """
    own = [
        _describe_project_set(name, spec, learned, project) for name in _names(project, spec.kind)
    ]
    entries = [entry for entry in registry.all("dataset") if spec.kind in entry.kinds]
    return [*own, *(_registered(entry, spec, learned) for entry in entries)]


def _names(project: Path, kind: str) -> list[str]:
    try:
        return [each.name for each in Project.open(project).datasets() if each.record.kind == kind]
    except StoreError:
        return []


def _describe_project_set(
    name: str, spec: DataSpec, learned: protocol.Pick, project: Path
) -> OtherSet:
    slug = f"{PROJECT_PREFIX}{name}"
    if slug == learned.slug:
        return OtherSet(slug=slug, title=name, reason=_join_reason(name, LEARNED))
    try:
        reason = misfit(find_outline(name, project).spec, spec)
    except Refused as refused:
        return OtherSet(slug=slug, title=name, reason=refused.info.message)
    return OtherSet(slug=slug, title=name, reason=_join_reason(name, reason))


def _registered(entry: DatasetEntry, spec: DataSpec, learned: protocol.Pick) -> OtherSet:
    fields = describe(entry.config)
    if any(row["kind"] in ("int", "float") for row in fields):
        # With other numbers it may be of another form, and the person has not said them yet.
        return OtherSet(slug=entry.slug, title=entry.title)
    if (entry.slug, {}) == (learned.slug, learned.config) and not fields:
        return OtherSet(
            slug=entry.slug, title=entry.title, reason=_join_reason(entry.title, LEARNED)
        )
    reason = _misfit(entry, {}, spec)
    options = [{row["path"]: each["value"]} for row in fields for each in row["choices"]]
    if reason and not all(_misfit(entry, each, spec) for each in options):
        reason = ""
    return OtherSet(slug=entry.slug, title=entry.title, reason=reason)


def _misfit(entry: DatasetEntry, config: dict[str, Any], spec: DataSpec) -> str:
    """Return why a model cannot be applied to a data set, "" if it can."""
    try:
        return _join_reason(entry.title, misfit(_outline(entry, config), spec))
    except Refused as refused:
        return refused.info.message


def _outline(entry: DatasetEntry, config: dict[str, Any]) -> DataSpec:
    return outline_of(entry, decode(entry.config, config), _FEW).spec


def _join_reason(name: str, reason: str) -> str:
    return f"{name} {reason}." if reason else ""
