"""Find the data types, and look one up by its slug, a run or a data set."""

from functools import cache
from types import ModuleType

from pushforward.studio.app.core.data_type import Kind
from pushforward.studio.app.core.discovery import load_modules
from pushforward.studio.app.core.field_carrier_switch import GENERATOR
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.protocol.catalog import Catalog, EntrySpec
from pushforward.studio.protocol.spec import Pick

__all__ = [
    "all_kinds",
    "family_of_run",
    "fitting",
    "flows_in",
    "has_history",
    "has_steps",
    "kind",
    "kind_of",
    "kind_of_run",
    "moves_in",
    "watched_in",
]


@cache
def _modules() -> tuple[ModuleType, ...]:
    found = load_modules(("data_types",), ("type", "_type"))
    return tuple(module for module in found if isinstance(module, ModuleType))


def _fallback(slug: str) -> Kind:
    """Return the data type of a slug that no module describes."""
    make = next(module.FALLBACK for module in _modules() if hasattr(module, "FALLBACK"))
    found: Kind = make(slug)
    return found


@cache
def all_kinds() -> tuple[Kind, ...]:
    """Return the kinds that have a module of their own, in their order."""
    found = (getattr(module, "KIND", None) for module in _modules())
    return tuple(sorted((k for k in found if isinstance(k, Kind)), key=lambda k: k.order))


@cache
def kind(slug: str) -> Kind:
    """Return a data type by slug: the assumed one for "", a generic one if unknown."""
    found = (k for k in all_kinds() if k.slug == slug or (not slug and k.assumed))
    return next(found, None) or _fallback(slug)


def kind_of(dataset: Pick | None, catalog: Catalog | None) -> Kind:
    """Return the kind of a data set by its pick, the assumed one for None."""
    if catalog is None or dataset is None:
        return kind("")
    return kind(catalog.kind_of(dataset))


def kind_of_run(run: RunState | None, catalog: Catalog | None) -> Kind:
    """Return the kind of what a run learns."""
    return kind_of(run.spec.dataset if run is not None and run.spec else None, catalog)


def family_of_run(run: RunState | None, catalog: Catalog | None) -> EntrySpec | None:
    """Return what the catalogue says of the family of a run, None where that is not known."""
    if run is None or run.spec is None or catalog is None:
        return None
    return catalog.get("family", run.spec.family.slug)


def has_steps(run: RunState | None, catalog: Catalog | None) -> bool:
    """Return whether the model of a run improves step by step, so that curves of its training mean
    something; one that is fitted in a pass has none. What is not known has steps.
    """
    entry = family_of_run(run, catalog)
    return entry is None or not entry.passes


def moves_in(run: RunState | None, catalog: Catalog | None) -> bool:
    """Whether data move in a run: not where its family only classifies or recommends. What is not
    known moves.
    """
    entry = family_of_run(run, catalog)
    return entry is None or bool(entry.carrier) or "samples" in entry.capabilities


def answers_in(run: RunState | None, catalog: Catalog | None) -> bool:
    """Whether checkpoints of a run answer with what changes over the training: the map of a scene,
    or lists of recommended items.
    """
    entry = family_of_run(run, catalog)
    if entry is None or moves_in(run, catalog):
        return False
    scene = "scene" in kind_of_run(run, catalog).views
    return "recommend" in entry.capabilities or (scene and "classify" in entry.capabilities)


def watched_in(run: RunState | None, catalog: Catalog | None) -> bool:
    """Whether a run is watched while it trains: its data move, or what it answers changes."""
    return moves_in(run, catalog) or answers_in(run, catalog)


def has_history(run: RunState | None, catalog: Catalog | None) -> bool:
    """Whether the second clock of a run goes through the history of a user."""
    entry = family_of_run(run, catalog)
    recommends = entry is not None and "recommend" in entry.capabilities
    return recommends and not moves_in(run, catalog)


def flows_in(run: RunState | None, catalog: Catalog | None) -> bool:
    """Whether data move along a flow time in a run: a generator makes them in one step, and so does
    any model whose records have one flow time.
    """
    entry = family_of_run(run, catalog)
    at_once = run is not None and run.frames == 1
    return moves_in(run, catalog) and not at_once and (entry is None or entry.carrier != GENERATOR)


def fitting(expected: Kind, shape: tuple[int, ...]) -> Kind:
    """Return a kind that can show a datum of a shape: the expected one, unless what came is not
    what the catalogue says.
    """
    return next((k for k in (expected, *all_kinds()) if k.fits(shape)), _fallback(expected.slug))
