"""Runs of an encoder that differ in one setting and the seed, and what they show. Pure functions.

The setting is the view noise σ, or the share of real samples among the anchors.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

import msgspec

from pushforward.observables.student_t import half_interval
from pushforward.studio.app.core.latest_metrics import newest_figure
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.text import number_format
from pushforward.studio.protocol.spec import Pick, RunSpec

__all__ = [
    "AXES",
    "FAMILY",
    "METRIC",
    "REAL_SHARE",
    "SEEDS",
    "SIGMA",
    "Axis",
    "Point",
    "collect_points",
    "describe_sweep",
    "is_swept",
    "missing_runs",
    "swept_runs",
]

FAMILY, METRIC = "representation", "few-label-accuracy"
SEEDS = (0, 1, 2, 3, 4)
_SMALL = {"none", "gaussian"}

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Axis:
    """A setting that a sweep varies.

    Attributes:
        title: of the setting, as the form names it.
        symbol: how a value is introduced: "σ" in "σ = 0.2".
        name: of the setting, in the names of runs.
        values: the usual values, ascending; the first is what others are compared with.
        most: the largest value.
        read: the value of a family's settings, None for settings that cannot belong to a sweep.
        write: the settings with another value.
        rest: the settings that all runs of a sweep share.
        format: a value as text.
    """

    title: str
    symbol: str
    name: str
    values: tuple[float, ...]
    most: float
    read: Callable[[Settings], float | None]
    write: Callable[[Settings, float], dict[str, Any]]
    rest: Callable[[Settings], dict[str, Any]]
    format: Callable[[float], str]

    def value_of(self, spec: RunSpec) -> float | None:
        """Return the value of a representation; None where it is no part of a sweep."""
        return self.read(spec.family.config) if spec.family.slug == FAMILY else None


def _read_sigma(config: Settings) -> float | None:
    """Return the view noise, 0 without latent views; None for other views."""
    latent = config.get("latent") or {}
    kind = latent.get("kind", "none")
    if kind not in _SMALL:
        return None
    return 0.0 if kind == "none" else float(latent.get("sigma", 0.2))


def _write_sigma(config: Settings, sigma: float) -> dict[str, Any]:
    latent = {**(config.get("latent") or {}), "kind": "gaussian" if sigma else "none"}
    return {**config, "latent": {**latent, "sigma": sigma}}


def _without_sigma(config: Settings) -> dict[str, Any]:
    truncation = float((config.get("latent") or {}).get("truncation", 0.0))
    return {**config, "latent": truncation}


def _read_share(config: Settings) -> float | None:
    """Return the share of real samples; None for the inverter, which cannot use them."""
    return None if config.get("objective") == "inverter" else float(config.get("real_share", 0.0))


def _write_share(config: Settings, share: float) -> dict[str, Any]:
    return {**config, "real_share": share}


def _without_share(config: Settings) -> dict[str, Any]:
    return {name: value for name, value in config.items() if name != "real_share"}


SIGMA = Axis(
    "View noise σ", "σ", "sigma", (0.0, 0.1, 0.2, 0.5, 1.0, 3.0), 10.0,
    _read_sigma, _write_sigma, _without_sigma, lambda value: f"{value:g}",
)  # fmt: skip
REAL_SHARE = Axis(
    "Share of real data", "real", "real", (0.0, 0.25, 0.5, 0.75, 1.0), 1.0,
    _read_share, _write_share, _without_share, number_format.percent,
)  # fmt: skip
AXES = (SIGMA, REAL_SHARE)


@dataclass(frozen=True)
class Point:
    """All runs at one value of the setting.

    Attributes:
        at: the value.
        values: accuracy by seed.
        keys: run by seed.
    """

    at: float
    values: Mapping[int, float] = field(default_factory=dict)
    keys: Mapping[int, str] = field(default_factory=dict)

    @property
    def mean(self) -> float:
        """The mean over seeds."""
        return fmean(self.values.values())


def is_swept(run: RunState, axis: Axis) -> bool:
    """Return whether a run can belong to a sweep: it has a source, and a value of the setting."""
    spec = run.spec
    return spec is not None and bool(spec.inputs) and axis.value_of(spec) is not None


def _rest(spec: RunSpec, axis: Axis) -> bytes:
    """Return all settings but the varied one, the seed and the name, to be compared."""
    training = {name: value for name, value in spec.training.items() if name != "seed"}
    data = (axis.rest(spec.family.config), training, spec.dataset, spec.inputs)
    return msgspec.json.encode(data, order="deterministic")


def swept_runs(run: RunState, runs: Iterable[RunState], axis: Axis) -> list[RunState]:
    """Return the runs that differ from one in the setting, the seed and the name only."""
    if run.spec is None or axis.value_of(run.spec) is None:
        return []
    rest = _rest(run.spec, axis)
    return [
        each
        for each in runs
        if each.spec is not None
        and axis.value_of(each.spec) is not None
        and _rest(each.spec, axis) == rest
    ]


def collect_points(run: RunState, runs: Iterable[RunState], axis: Axis) -> list[Point]:
    """Return the finished runs of the sweep of a run by value, ascending."""
    found = dict[float, dict[int, tuple[float, str]]]()
    for each in swept_runs(run, runs, axis):
        value = newest_figure(each, METRIC)
        if each.state == "finished" and value is not None:
            at, seed = _place(each, axis)
            found.setdefault(at, {})[seed] = (value.value, each.key)
    return [
        Point(
            at,
            {seed: value for seed, (value, _) in sorted(each.items())},
            {seed: key for seed, (_, key) in sorted(each.items())},
        )
        for at, each in sorted(found.items())
    ]


def _place(run: RunState, axis: Axis) -> tuple[float, int]:
    """Return the value and the seed of a run of a sweep."""
    assert run.spec is not None
    return round(axis.value_of(run.spec) or 0.0, 4), int(run.spec.training.get("seed", 0))


def missing_runs(
    run: RunState,
    runs: Iterable[RunState],
    axis: Axis,
    values: Sequence[float] = (),
    seeds: int = len(SEEDS),
) -> list[RunSpec]:
    """Return the runs that are neither trained nor queued, at some values or the usual ones, with a
    number of seeds each.
    """
    if run.spec is None or not is_swept(run, axis):
        return []
    gone = ("failed", "cancelled", "interrupted")
    there = {_place(each, axis) for each in swept_runs(run, runs, axis) if each.state not in gone}
    wanted = [(at, seed) for seed in SEEDS[:seeds] for at in values or axis.values]
    return [_spec(run.spec, axis, *each) for each in wanted if each not in there]


def _spec(spec: RunSpec, axis: Axis, at: float, seed: int) -> RunSpec:
    family = Pick(slug=spec.family.slug, config=axis.write(spec.family.config, at))
    training = {**spec.training, "seed": seed}
    name = f"{axis.name} {at:g} seed {seed}".replace(".", "p")
    return msgspec.structs.replace(spec, name=name, family=family, training=training, edits=[])


def describe_sweep(points: Sequence[Point], axis: Axis) -> str:
    """Say whether the best value is better than the first, by paired seeds."""
    plain = next((each for each in points if each.at == axis.values[0]), None)
    others = [each for each in points if each.at != axis.values[0]]
    base = f"{axis.symbol} = {axis.format(axis.values[0])}"
    if plain is None or not others:
        return f"Train runs at {base} and at other values to compare them."
    best = max(others, key=lambda each: each.mean)
    against = f"{axis.symbol} = {axis.format(best.at)} against {axis.format(axis.values[0])}"
    seeds = sorted(set(plain.values) & set(best.values))
    if len(seeds) < 2:
        return f"{against}: not shown. At least 2 paired seeds are needed."
    gaps = [100 * (best.values[seed] - plain.values[seed]) for seed in seeds]
    margin = half_interval(gaps)
    mean = fmean(gaps)
    word = "better" if mean > margin else "worse" if mean < -margin else "not shown"
    return (
        f"Best {against}: {word}. {mean:+.1f} ± {margin:.1f} points "
        f"(95 %, {len(gaps)} paired seeds)."
    )
