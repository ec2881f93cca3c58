"""The runs of a sweep over the view noise σ, and what they show. Pure functions."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, stdev
from typing import Any

import msgspec

from pushforward.studio.app.core.latest_metrics import newest_figure
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.protocol.spec import Pick, RunSpec

__all__ = [
    "FAMILY",
    "METRIC",
    "SEEDS",
    "SIGMAS",
    "Point",
    "collect_points",
    "describe_sweep",
    "is_swept",
    "missing_runs",
]

FAMILY, METRIC = "representation", "few-label-accuracy"
SIGMAS, SEEDS = (0.0, 0.1, 0.2, 0.5, 1.0, 3.0), (0, 1, 2)
_T95 = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365}
_SMALL = {"none", "gaussian"}


@dataclass(frozen=True)
class Point:
    """All runs at one σ.

    Attributes:
        sigma: view noise; 0 without latent views.
        values: accuracy by seed.
        keys: run by seed.
    """

    sigma: float
    values: Mapping[int, float] = field(default_factory=dict)
    keys: Mapping[int, str] = field(default_factory=dict)

    @property
    def mean(self) -> float:
        """The mean over seeds."""
        return fmean(self.values.values())


def _latent(spec: RunSpec) -> Mapping[str, Any]:
    return spec.family.config.get("latent") or {}


def sigma_of(spec: RunSpec) -> float | None:
    """Return the view noise of a representation, 0 without latent views; None for other views."""
    latent = _latent(spec)
    if spec.family.slug != FAMILY or latent.get("kind", "none") not in _SMALL:
        return None
    return 0.0 if latent.get("kind", "none") == "none" else float(latent.get("sigma", 0.2))


def is_swept(run: RunState) -> bool:
    """Return whether a run can belong to a sweep: it has a source, and Gaussian views or none."""
    spec = run.spec
    return spec is not None and bool(spec.inputs) and sigma_of(spec) is not None


def _rest(spec: RunSpec) -> bytes:
    """Return all settings but σ, the seed and the name, to be compared."""
    config = {name: value for name, value in spec.family.config.items() if name != "latent"}
    training = {name: value for name, value in spec.training.items() if name != "seed"}
    truncation = float(_latent(spec).get("truncation", 0.0))
    data = (config, training, spec.dataset, spec.inputs, truncation)
    return msgspec.json.encode(data, order="deterministic")


def collect_points(run: RunState, runs: Iterable[RunState]) -> list[Point]:
    """Return the runs that differ from one in σ and seed only, by ascending σ; finished ones."""
    if run.spec is None or sigma_of(run.spec) is None:
        return []
    rest, found = _rest(run.spec), dict[float, dict[int, tuple[float, str]]]()
    for each in runs:
        spec = each.spec
        if spec is None or each.state != "finished":
            continue
        sigma, value = sigma_of(spec), newest_figure(each, METRIC)
        if sigma is None or value is None or _rest(spec) != rest:
            continue
        seed = int(spec.training.get("seed", 0))
        found.setdefault(round(sigma, 4), {})[seed] = (value.value, each.key)
    return [
        Point(
            sigma,
            {seed: value for seed, (value, _) in sorted(each.items())},
            {seed: key for seed, (_, key) in sorted(each.items())},
        )
        for sigma, each in sorted(found.items())
    ]


def missing_runs(run: RunState, runs: Iterable[RunState]) -> list[RunSpec]:
    """Return the runs of the usual sweep that are neither trained nor queued."""
    if run.spec is None or not is_swept(run):
        return []
    rest = _rest(run.spec)
    there = {
        (round(sigma, 4), int(each.spec.training.get("seed", 0)))
        for each in runs
        if each.spec is not None
        and (sigma := sigma_of(each.spec)) is not None
        and each.state not in ("failed", "cancelled", "interrupted")
        and _rest(each.spec) == rest
    }
    wanted = [(sigma, seed) for seed in SEEDS for sigma in SIGMAS]
    return [_spec(run.spec, *each) for each in wanted if each not in there]


def _spec(spec: RunSpec, sigma: float, seed: int) -> RunSpec:
    kind = "gaussian" if sigma else "none"
    latent = {**_latent(spec), "kind": kind, "sigma": sigma}
    family = Pick(slug=spec.family.slug, config={**spec.family.config, "latent": latent})
    training = {**spec.training, "seed": seed}
    name = f"sigma {sigma:g}, seed {seed}"
    return msgspec.structs.replace(spec, name=name, family=family, training=training, edits=[])


def describe_sweep(points: Sequence[Point]) -> str:
    """Say whether the best σ above 0 is better than σ = 0, by paired seeds."""
    plain = next((each for each in points if each.sigma == 0), None)
    others = [each for each in points if each.sigma]
    if plain is None or not others:
        return "Train runs at σ = 0 and at other σ to compare them."
    best = max(others, key=lambda each: each.mean)
    seeds = sorted(set(plain.values) & set(best.values))
    if len(seeds) < 2:
        return f"σ = {best.sigma:g} against 0: not shown. At least 2 paired seeds are needed."
    gaps = [100 * (best.values[seed] - plain.values[seed]) for seed in seeds]
    margin = _T95.get(len(gaps), 2.0) * stdev(gaps) / math.sqrt(len(gaps))
    mean = fmean(gaps)
    word = "better" if mean > margin else "worse" if mean < -margin else "not shown"
    return (
        f"Best σ = {best.sigma:g} against 0: {word}. {mean:+.1f} ± {margin:.1f} points "
        f"(95 %, {len(gaps)} paired seeds)."
    )
