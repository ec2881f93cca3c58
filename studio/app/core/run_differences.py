"""The settings in which some runs differ, and how many they have in common. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.text import setting_values
from pushforward.studio.protocol.catalog import Catalog

__all__ = ["NONE", "Differing", "differing"]

TITLES: dict[draft_spec.Section, str] = {
    "dataset": "Data",
    "family": "Model",
    "sampler": "Sampler",
}
NONE = "–"


@dataclass(frozen=True)
class Differing:
    """``rows`` are the titles of settings, each with its value in every run, in their order;
    ``all`` counts the settings that were looked at.
    """

    rows: tuple[tuple[str, tuple[str, ...]], ...]
    all: int


def differing(runs: Sequence[RunState], catalog: Catalog | None) -> Differing:
    """Return what differs; a setting that a run does not have is a dash."""
    told = [_settings(run, catalog) for run in runs]
    names = dict.fromkeys(name for each in told for name in each)
    rows = [
        (title, tuple(each.get((section, title), NONE) for each in told))
        for section, title in names
    ]
    return Differing(tuple(row for row in rows if len(set(row[1])) > 1), len(rows))


def _settings(run: RunState, catalog: Catalog | None) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    if run.spec is None:
        return found
    for section in draft_spec.SECTIONS:
        entry = draft_spec.entry_of(run.spec, section, catalog)
        pick = getattr(run.spec, section) if section in TITLES else None
        if pick is not None:
            found[section, TITLES[section]] = entry.title if entry is not None else pick.slug
        config = draft_spec.config_of(run.spec, section)
        fields = entry.fields if entry is not None else []
        for field in fields:
            value = draft_spec.value_at(config, field)
            found[section, draft_spec.called(field, fields)] = setting_values.title_of(field, value)
    return found
