"""In which view what a run makes or learns is edited by hand and completed by its model. Pure."""

from collections.abc import Mapping

from pushforward.studio.app.core.data_type_registry import kind_of_run
from pushforward.studio.app.core.operator_settings import offered
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.protocol.catalog import Catalog

__all__ = ["editor_of", "lacks"]

_NEEDED: Mapping[str, frozenset[str]] = {
    "graph-edit": frozenset(),
    "edit": frozenset({"inpaint"}),
}
"""Views with their required operators (one of them); none for views of any operator."""


def editor_of(run: RunState | None, catalog: Catalog | None) -> str:
    """Return the view of such a kind of data, by its id; "" for none."""
    views = kind_of_run(run, catalog).views if run is not None else ()
    return next((view for view in _NEEDED if view in views), "")


def lacks(run: RunState, catalog: Catalog | None) -> bool:
    """Whether the model of a run can do nothing of what its view needs."""
    needed = _NEEDED.get(editor_of(run, catalog), frozenset())
    return bool(needed) and not needed & {each.slug for each in offered(run, catalog)}
