"""What compared runs, their measure and their budget are called, and the room that takes."""

import re
from collections.abc import Sequence
from itertools import takewhile

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import family_of_run
from pushforward.studio.app.core.display_names import metric_in_unit, name_of, number
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.protocol.catalog import Catalog
from pushforward.studio.protocol.curve_names import QUALITY

__all__ = ["SEGMENTS", "measure_title", "short_name", "told_apart", "unit_of"]

WHOLE = 16  # letters of a name that has room beside another one
SEGMENTS = 216  # pixels that the names of the axes need side by side


def measure_title(name: str, state: AppState, runs: Sequence[RunState] = ()) -> str:
    """Return what a curve of some runs is called: the title of its metric, or its name in words,
    with its unit.
    """
    title = metric_in_unit(name.removeprefix(QUALITY), state.catalog)
    unit = unit_of(name, runs, state.catalog)
    return f"{title}, {unit}" if unit else title


def unit_of(name: str, runs: Sequence[RunState], catalog: Catalog | None) -> str:
    """Return the unit in which the trainings of some runs report a curve, "" where it has none, or
    not the same in all that have it.
    """
    families = (family_of_run(run, catalog) for run in runs if name in run.series)
    found = {family.units.get(name, "") if family is not None else "" for family in families}
    return found.pop() if len(found) == 1 else ""


def told_apart(runs: Sequence[RunState]) -> list[str]:
    """Return what is different of the names of some runs: without the words that all of them begin
    with, and those that all end with, unless they are two and short. Where some
    have one name, all have their numbers, and nothing else where all have it.
    """
    names = [name_of(run) for run in runs]
    if len(set(names)) == 1 < len(names):
        return [f"run {number(run.name)}" for run in runs]
    if len(set(names)) < len(names):
        return [f"{number(run.name)} {name}" for run, name in zip(runs, names, strict=True)]
    if len(names) == 2 and max(map(len, names)) <= WHOLE:
        return names
    words = [re.split(r"(?<=[-_ ])", name) for name in names]
    fewest = min(map(len, words), default=1) - 1  # of each at least a word stays
    if len(names) < 2 or fewest < 1:
        return names
    begin = min(_shared(words), fewest)
    end = min(_shared([each[::-1] for each in words]), fewest - begin)
    shown = ["".join(each[begin : len(each) - end]).rstrip("-_ ") for each in words]
    return [f"{'…' * (begin > 0)}{name}{'…' * (end > 0)}" for name in shown]


def _shared(lists: list[list[str]]) -> int:
    """Return with how many same words all of some lists begin."""
    return sum(1 for _ in takewhile(lambda each: len(set(each)) == 1, zip(*lists, strict=False)))


def short_name(run: RunState, letters: int = 24) -> str:
    """Return a run's name without its number, at most ``letters`` long; longer ones are elided in
    the middle, since names often differ at their ends.
    """
    name = name_of(run)
    tail = (letters - 1) // 2
    return name if len(name) <= letters else f"{name[: letters - 1 - tail]}…{name[-tail:]}"
