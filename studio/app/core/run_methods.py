"""The named method of a run: GDSS and EDM are one family with different settings. Pure."""

from collections.abc import Iterable

import msgspec

from pushforward.studio.app.core import diffusion_choices
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.methods import Method, methods
from pushforward.studio.protocol.catalog import Catalog
from pushforward.studio.protocol.spec import Recipe, run_name

__all__ = ["automatic_title", "family_title", "method_of", "model_title"]

_KNOWN: dict[bytes, tuple[Catalog, Method | None]] = {}
"""By settings, and by which catalogue: a table of a thousand runs asks again with every letter that
somebody types.
"""


def method_of(run: RunState, catalog: Catalog | None) -> Method | None:
    """Return the method that a run is, None where its settings have no name."""
    if run.spec is None or catalog is None:
        return None
    spec = run.spec
    key = msgspec.json.encode((spec.family, spec.sampler, catalog.kind_of(spec.dataset)))
    known = _KNOWN.get(key)
    if known is None or known[0] is not catalog:
        known = _KNOWN[key] = catalog, diffusion_choices.named(spec, methods(), catalog)
    return known[1]


def family_title(run: RunState, catalog: Catalog | None) -> str:
    """Return what the family of a run is called, "" of a run that is not known yet."""
    if run.spec is None:
        return ""
    entry = catalog.get("family", run.spec.family.slug) if catalog is not None else None
    return entry.title if entry is not None else run.spec.family.slug


def model_title(run: RunState, catalog: Catalog | None) -> str:
    """Return what the model of a run is called: the named method that it is, else its family; ""
    of a run that is not known yet.
    """
    method = method_of(run, catalog)
    return method.title if method is not None else family_title(run, catalog)


def automatic_title(run: RunState, catalog: Catalog | None, recipes: Iterable[Recipe]) -> str:
    """Return the title of an unnamed run: that of its model. It is "" if the model is unknown or
    the name of the run is neither that of its model and data nor a recipe's.
    """
    if run.spec is None or catalog is None:
        return ""
    method = method_of(run, catalog)
    names = {run_name(run.spec), *(recipe.run.name for recipe in recipes)}
    if method is not None:
        names.add(run_name(run.spec, method.slug))
    return model_title(run, catalog) if run.spec.name in names else ""
