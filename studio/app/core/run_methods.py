"""Which named method a run is: GDSS and EDM are one family, told apart by their settings. Pure."""

import msgspec

from pushforward.studio.app.core import diffusion_choices
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.methods import Method, methods
from pushforward.studio.protocol.catalog import Catalog

__all__ = ["family_title", "method_of"]

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
