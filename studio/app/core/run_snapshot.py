"""A run as it was at a step that the training clock points at. Pure."""

from dataclasses import replace

from pushforward.studio.app.core.runs import RunState, newest_floors
from pushforward.studio.protocol.curve_names import QUALITY

__all__ = ["later_evaluation", "run_at"]


def run_at(run: RunState, step: int | None) -> RunState:
    """Return a run with the figures that it had at a step, to be read only; the run itself where
    its newest step is meant (None).
    """
    if step is None:
        return run
    series = {name: each.until(step) for name, each in run.series.items()}
    # Runs of an earlier version have no curves of floors: one floor is that of all figures.
    floors = {**run.floors, **newest_floors(series)}
    asked = run.evaluated if run.evaluated is not None and run.evaluated.step <= step else None
    return replace(run, step=step, series=series, floors=floors, evaluated=asked)


def later_evaluation(run: RunState, step: int | None) -> int | None:
    """Return the step of the newest evaluation after a step, None where there is none."""
    if step is None:
        return None
    ends = [e.steps[-1] for name, e in run.series.items() if name.startswith(QUALITY) and len(e)]
    ends += [run.evaluated.step] if ends and run.evaluated is not None else []
    newest = int(max(ends, default=-1))
    return newest if newest > step else None
