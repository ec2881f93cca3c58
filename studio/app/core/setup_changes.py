"""What was changed in a setup since it began, setting by setting. Pure."""

from dataclasses import dataclass
from typing import Any

from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.draft import Draft
from pushforward.studio.app.core.draft_spec import Section
from pushforward.studio.protocol.catalog import Catalog, FieldSpec

__all__ = ["Change", "changes"]


@dataclass(frozen=True)
class Change:
    """A setting, its value now, and what it was."""

    section: Section
    field: FieldSpec
    value: Any
    was: Any

    @property
    def path(self) -> str:
        """Where the setting is: "section.path"."""
        return f"{self.section}.{self.field.path}"


def changes(draft: Draft, catalog: Catalog | None) -> list[Change]:
    """Return what differs from the start, in the order of the form."""
    found = []
    for section in draft_spec.SECTIONS:
        entry = draft_spec.entry_of(draft.spec, section, catalog)
        config = draft_spec.config_of(draft.spec, section)
        base = draft_spec.base_of(draft.start, draft.spec, section)
        for field in entry.fields if entry is not None else ():
            if draft_spec.changed(config, field, base):
                now, was = (draft_spec.value_at(each, field) for each in (config, base))
                found.append(Change(section, field, now, was))
    return found
