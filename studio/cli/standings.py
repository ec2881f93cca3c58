"""The table at the end of a race."""

import math
from collections.abc import Iterable, Mapping

from pushforward.models.entries import FamilyEntry
from pushforward.models.registry import registry
from pushforward.studio.cli.terminal import say, table
from pushforward.studio.engine.race.standings import Standing, standing
from pushforward.studio.figures import short
from pushforward.studio.protocol.events import SPREAD
from pushforward.studio.significance import distance_from_best
from pushforward.studio.store.run import RunFolder

__all__ = ["show"]


def show(runs: Iterable[RunFolder]) -> None:
    """Write what each run has reached, the best first, and the floor of each metric."""
    found = [standing(run) for run in runs]
    metrics = list(dict.fromkeys(name for each in found for name in each.values))
    if metrics:
        found.sort(key=lambda each: _rank(metrics[0], each))
    head = ["run", *metrics, "likelihood", "steps", "seconds", "evaluations", "state"]
    rows = [
        [
            each.name,
            *(_figure(each.values.get(metric)) for metric in metrics),
            _likelihood(each.family),
            f"{each.steps:,}",
            f"{each.seconds:.1f}",
            "-" if each.nfe is None else f"{each.nfe:,}",
            each.state,
        ]
        for each in found
    ]
    floors = {name: floor for each in found for name, floor in each.floors.items()}
    if metrics:
        values = [_floor(floors, metric) for metric in metrics]
        rows.append(["real against real", *values, "", "", "", "", ""])
    say()
    table(rows, head)
    say()


def _rank(metric: str, each: Standing) -> float:
    better = registry.get("metric", metric).better
    return distance_from_best(better, each.values.get(metric, math.nan), each.floors.get(metric))


def _likelihood(family: str) -> str:
    """Say how well a model knows how likely data are."""
    entry = registry.get("family", family)
    abilities = entry.abilities if isinstance(entry, FamilyEntry) else frozenset()
    known = {"likelihood": "exact", "bound": "bound"}
    return next((word for ability, word in known.items() if ability in abilities), "not known")


def _figure(value: float | None) -> str:
    if value is None:
        return "-"
    return short(value, 4) if math.isfinite(value) else "error"


def _floor(floors: Mapping[str, float], metric: str) -> str:
    spread = floors.get(SPREAD + metric)
    return _figure(floors.get(metric)) + ("" if spread is None else f" ± {short(spread, 1)}")
