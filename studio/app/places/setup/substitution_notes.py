"""What to say of a setup where a wish was not met as it was, and the nearest that can be. Pure."""

from dataclasses import dataclass

from pushforward.studio.app.core import draft_spec, field_carrier_switch
from pushforward.studio.app.core.draft import Draft
from pushforward.studio.protocol.catalog import Catalog

__all__ = ["WayOut", "way_out"]


@dataclass(frozen=True)
class WayOut:
    """A note, and the model that another ``carrier`` comes with; "" for none."""

    note: str = ""
    title: str = ""
    carrier: str = ""


def way_out(draft: Draft | None, catalog: Catalog | None) -> WayOut:
    """Return what replaces a request that is not possible, or why the generator cannot be
    switched.
    """
    entry = draft_spec.entry_of(draft.spec, "family", catalog) if draft is not None else None
    if draft is None or catalog is None or draft.note or entry is None:
        return WayOut(draft.note if draft is not None else "")
    if entry.field not in field_carrier_switch.FIELDS:
        return WayOut()
    kind = catalog.kind_of(draft.spec.dataset)
    with_one = entry.carrier == field_carrier_switch.GENERATOR
    free = any(
        field_carrier_switch.cell(catalog, entry.field, c, kind)
        for c in field_carrier_switch.WITHOUT
    )
    wanted = field_carrier_switch.WITHOUT[0] if with_one else field_carrier_switch.GENERATOR
    note = (
        ""
        if with_one and free
        else field_carrier_switch.why_not(catalog, entry.field, wanted, kind)
    )
    if not note:
        return WayOut()
    other = "" if with_one else field_carrier_switch.GENERATOR
    instead = field_carrier_switch.switch(draft.spec, catalog, carrier=other, aside=draft.aside)
    found = catalog.get("family", instead.spec.family.slug)
    if found is None or found.slug == entry.slug:
        return WayOut(note)
    return WayOut(note, found.title, other)
