"""What cells of the table of runs say: figures, and what a name leaves open."""

from pathlib import Path

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.display_names import metric_title
from pushforward.studio.app.core.latest_metrics import first_metric, newest_figure
from pushforward.studio.app.core.run_differences import differing
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.text import metric_reference, number_format
from pushforward.studio.protocol.catalog import Catalog

__all__ = ["DASH", "other_figure", "spread_of", "suffix_of"]

DASH = "—"
SAID = 2  # settings in which a branch differs from what it left that are said beside its name


def other_figure(run: RunState, catalog: Catalog | None) -> tuple[str, str]:
    """Return a figure of a run that lacks that of its group, and its metric with what it is held
    against; a dash if it has none.
    """
    slug = first_metric(run)
    found = newest_figure(run, slug)
    if found is None:
        return DASH, ""
    entry = catalog.get("metric", slug) if catalog is not None else None
    title = metric_title(slug, catalog).partition(" (")[0]
    said = [title, metric_reference.bar(entry, found.floors, slug)]
    return number_format.figure(found.value), ", ".join(filter(None, said))


def spread_of(run: RunState, metric: str) -> str:
    """Return half of the 95 % interval of the newest figure, "±0.4"; "" where its metric does not
    say.
    """
    found = newest_figure(run, metric)
    ends = found.ends if found is not None else None
    return f"±{number_format.figure((ends[1] - ends[0]) / 2)}" if ends is not None else ""


def suffix_of(run: RunState, state: AppState) -> str:
    """Return what follows the name of a run: that it is the baseline; of a branch, the step at
    which it left another run, and in what it differs from that.
    """
    parts = ["baseline"] if run.label.baseline else []
    if run.branch_step is not None:
        parts.append(f"from {run.branch_step:,}")
        parent = state.runs.by_key.get(str(Path(run.key).parent / run.parent))
        if parent is not None and not run.label.name:
            rows = differing([parent, run], state.catalog).rows
            parts += [f"{title.casefold()} {values[1]}" for title, values in rows[:SAID]]
    return ", ".join(parts)
