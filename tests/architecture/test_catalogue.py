"""The protocol's description of registry entries has the fields of their dataclasses."""

from dataclasses import fields

from pushforward.models import entries
from pushforward.studio.engine.process.catalogue import _RENAMED
from pushforward.studio.protocol.catalog import EntrySpec, InputSpec

DERIVED = {"fields", "layers", "stages", "samplers", "ode", "lacks"}
"""Fields that the engine works out of several things, or of a maker of data."""
ENTRIES = [
    c for c in vars(entries).values() if isinstance(c, type) and issubclass(c, entries.Entry)
]


def test_each_field_of_the_protocol_is_one_of_an_entry() -> None:
    known = {_RENAMED.get(f.name, f.name) for entry in ENTRIES for f in fields(entry)}
    assert set(EntrySpec.__struct_fields__) - DERIVED <= known


def test_each_renamed_field_exists() -> None:
    names = {f.name for entry in ENTRIES for f in fields(entry)}
    assert set(_RENAMED) <= names
    assert set(_RENAMED.values()) <= set(EntrySpec.__struct_fields__)


def test_the_protocol_has_each_field_of_an_input() -> None:
    assert {f.name for f in fields(entries.Needs)} <= set(InputSpec.__struct_fields__)
