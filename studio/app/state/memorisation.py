"""Whether the samples of a run are copies of its training data, in words next to its quality."""

from studio.app import held, words
from studio.app.state.naming import metric_title
from studio.app.state.newest import newest_figure
from studio.app.state.runs import RunState
from studio.app.state.verdict import judged
from studio.protocol.catalog import Catalog

__all__ = ["MEMORY", "format_memorisation"]

MEMORY = ("authenticity", "nearness", "copies", "new-graphs", "new-molecules")
"""Metrics of memorisation, the first that is measured stands for the run."""


def format_memorisation(run: RunState, catalog: Catalog | None) -> str:
    """Return the newest metric of memorisation with its noise floor and verdict.

    Where none is measured, say so and which one to choose; "" where none fits the data.
    """
    if catalog is None:
        return ""
    for slug in MEMORY:
        found = newest_figure(run, slug)
        if found is None:
            continue
        entry = catalog.get("metric", slug)
        said, _ = judged(entry, found.floors, slug, found.value, found.n, ends=found.ends)
        floor = held.bar(entry, found.floors, slug)
        value = words.figure(found.value) + (f" ({floor})" if floor else "")
        return f"{metric_title(slug, catalog)} {value}" + (f": {said}" if said else "")
    if run.spec is None:
        return ""
    kind = catalog.kind_of(run.spec.dataset)
    fitting = [e for slug in MEMORY if (e := catalog.get("metric", slug)) and kind in e.kinds]
    if not fitting:
        return ""
    return f"Memorisation not measured. Evaluate {fitting[0].title} to check for copies."
