"""Validity rules that were chosen for the data of a project."""

from dataclasses import replace
from pathlib import Path

from pushforward.studio.engine.data.datasets import Dataset
from pushforward.studio.engine.kinds.base import kind_of
from pushforward.studio.store.project import Project

__all__ = ["rule_of", "ruled"]


def rule_of(slug: str, project: Path | None) -> str:
    """Return the validity rule of a data set in a project, "" for none.

    Raises:
        StoreError: it cannot be read.
    """
    if project is None or not (project / "project.toml").is_file():
        return ""
    return Project.open(project).rule(slug)


def ruled(data: Dataset, slug: str, project: Path | None) -> Dataset:
    """Return the data with the validity rule chosen in a project.

    Raises:
        StoreError: it cannot be read.
    """
    if not (rule := rule_of(slug, project)):
        return data
    kind = kind_of(data.rows.spec().kind)
    if rule not in kind.rules:  # of a later version
        return data
    return replace(data, rows=kind.with_rule(data.rows, rule), ruled=True)
