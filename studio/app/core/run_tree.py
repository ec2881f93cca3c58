"""The runs of a project as a tree: results and branches under what they are of, a run under that
which it learned from, a race around its runs, below the name of their data. Pure.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.core.training_sources import origin

__all__ = ["FEW", "Line", "race_line", "result_line", "tree"]

DATA, RACE, RESULT, EARLIER = "data:", "race:", "result:", "earlier:"
FEW = 4  # results of a run that are seen where it has more, the newest


@dataclass(frozen=True)
class Line:
    """A line of the tree. ``key`` is that of a run, or `race_line` of a race, or `result_line` of
    a result, or names the data of the lines below, or stands for the earlier results of a run;
    ``above`` is that of the line it belongs to, "" for none. ``branches`` counts the lines right
    below it.
    """

    key: str
    depth: int = 0
    above: str = ""
    branches: int = 0

    @property
    def data(self) -> str:
        """The slug of the data set that the line names, "" if it names none."""
        return self.key.removeprefix(DATA) if self.key.startswith(DATA) else ""

    @property
    def race(self) -> str:
        """The race that the line stands for, "" if it is a run's."""
        return self.key.removeprefix(RACE) if self.key.startswith(RACE) else ""

    @property
    def result(self) -> str:
        """The name of the result that the line stands for, "" if it is none; ``above`` is its
        run.
        """
        return self.key.rpartition("/")[2] if self.key.startswith(RESULT) else ""

    @property
    def earlier(self) -> bool:
        """Whether the line stands for all results of the run ``above`` it but the newest."""
        return self.key.startswith(EARLIER)

    @property
    def run(self) -> bool:
        """Whether the line stands for a run."""
        return not (self.data or self.race or self.result or self.earlier)


def race_line(race: str) -> str:
    """Return the key of the line of a race."""
    return f"{RACE}{race}"


def result_line(run: str, name: str) -> str:
    """Return the key of the line of a result of a run, by its name."""
    return f"{RESULT}{run}/{name}"


def tree(
    runs: Iterable[RunState],
    *,
    results: bool = False,
    whole: Collection[str] = (),
    by_data: bool = False,
) -> list[Line]:
    """Return the lines from top to bottom, newest first; under each its ``results``, if they are
    wanted, of many the newest unless its key is among the ``whole``, its branches and the runs
    that learned from it, oldest first. A run whose parent is gone stands for itself. With
    ``by_data`` those on the same data stand together, below its name.
    """
    every = sorted(runs, key=lambda run: run.name)
    names = {run.name for run in every}
    below: dict[str, list[RunState]] = {}
    roots: list[RunState] = []
    for run in every:
        # A parent is always the older one: whatever the files say, nothing goes round in circles.
        above = origin(run)
        if above in names and above < run.name:
            below.setdefault(above, []).append(run)
        else:
            roots.append(run)
    lines: list[Line] = []
    data = ""
    for group in _together(_groups(roots)) if by_data else reversed(_groups(roots)):
        depth, above = 0, ""
        if by_data and _data(group) != data:
            data = _data(group)
            lines.append(Line(f"{DATA}{data}"))
        if len(group) > 1:
            above = race_line(group[0].race)
            lines.append(Line(above, branches=len(group)))
            depth = 1
        for run in group:
            _add(lines, run, depth, above, below, whole if results else None)
    return lines


def _groups(roots: list[RunState]) -> list[list[RunState]]:
    """Return single runs, and those of one race together, in the order of their newest run."""
    groups: dict[str, list[RunState]] = {}
    for run in roots:
        groups.setdefault(race_line(run.race) if run.race else run.key, []).append(run)
    return sorted(groups.values(), key=lambda group: group[-1].name)


def _together(groups: list[list[RunState]]) -> list[list[RunState]]:
    """Return groups, the newest first, those on the same data together."""
    newest_first = groups[::-1]
    order = {data: place for place, data in enumerate(dict.fromkeys(map(_data, newest_first)))}
    return sorted(newest_first, key=lambda group: order[_data(group)])


def _data(group: list[RunState]) -> str:
    spec = group[0].spec
    return spec.dataset.slug if spec is not None else ""


def _add(
    lines: list[Line],
    run: RunState,
    depth: int,
    above: str,
    below: dict[str, list[RunState]],
    whole: Collection[str] | None,
) -> None:
    branches, made = below.get(run.name, []), run.results if whole is not None else []
    some = len(made) > FEW + 1 and run.key not in (whole or ())
    made = made[-FEW:] if some else made
    lines.append(Line(run.key, depth, above, len(branches) + len(made) + some))
    if some:
        lines.append(Line(f"{EARLIER}{run.key}", depth + 1, run.key))
    lines += [Line(result_line(run.key, name), depth + 1, run.key) for name in made]
    for branch in branches:
        _add(lines, branch, depth + 1, run.key, below, whole)
