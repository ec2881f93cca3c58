"""What settings can refer to: runs of the project, classes and columns of the data. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pushforward.studio.app.core.display_names import numbered
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.protocol.catalog import Catalog

__all__ = ["Offers", "RunOffer", "offered"]


@dataclass(frozen=True)
class RunOffer:
    """A run that can be referred to: the name of its folder, what the list of runs calls it, what
    its model can do, and which kind of data it learns.
    """

    folder: str
    title: str
    abilities: frozenset[str] = frozenset()
    kind: str = ""


@dataclass(frozen=True)
class Offers:
    """The runs of the project, in their order, and the names of the classes and columns of the
    data.
    """

    runs: tuple[RunOffer, ...] = ()
    classes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    def fitting(self, role: str, of: str) -> tuple[RunOffer, ...]:
        """Return the runs that have an ability and learn a kind of data; "" for any."""
        return tuple(
            run
            for run in self.runs
            if (not role or role in run.abilities) and (not of or of == run.kind)
        )


def offered(
    runs: Iterable[RunState],
    facts: Mapping[str, Any],
    columns: Iterable[str],
    catalog: Catalog | None,
) -> Offers:
    """Return what there is; ``facts`` and ``columns`` are those of the preview of the data."""
    return Offers(
        runs=tuple(_run(run, catalog) for run in runs if run.spec is not None),
        classes=tuple(facts.get("names") or ()),
        columns=tuple(columns),
    )


def _run(run: RunState, catalog: Catalog | None) -> RunOffer:
    if run.spec is None or catalog is None:
        return RunOffer(run.name, numbered(run))
    family = catalog.get("family", run.spec.family.slug)
    abilities = frozenset(family.capabilities) if family is not None else frozenset()
    title = numbered(run)
    return RunOffer(run.name, title, abilities, catalog.kind_of(run.spec.dataset))
