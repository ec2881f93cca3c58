"""No metric gives a value of samples that are not finite, that overflow, or that are too few."""

import math
from dataclasses import replace
from typing import Any

import pytest
import torch

from pushforward.models.config import NoConfig
from pushforward.models.contracts.learner import finish
from pushforward.models.data.eight_gaussians import EightGaussiansConfig, eight_gaussians
from pushforward.models.entries import MetricEntry
from pushforward.models.kinds.jets import jets
from pushforward.models.metrics.base import (
    Evidence,
    Figure,
    NotApplicable,
    SampleMetric,
    fresh_pairs,
)
from pushforward.models.metrics.measuring import check_minimum, measure_checked
from pushforward.models.metrics.samples.mmd import kernel_sums, median_distance
from pushforward.models.metrics.samples.unbiased import KernelSums, unbiased_mmd2
from pushforward.models.registry import discover, registry
from pushforward.models.tensors import make_generator

discover()
N, BROKEN = 40, 3
SAMPLED = [entry for entry in registry.all("metric") if "samples" in entry.needs]


def evidence_of(kind: str) -> Evidence:
    make = registry.get("kind", kind).make
    made, real, train = (make(N, seed) for seed in range(3))
    return Evidence(real, make_generator(0), made=made.rows(slice(None)), train=train)


def pairs_of(entries: list[MetricEntry]) -> list[Any]:
    kinds = [each.slug for each in registry.all("kind")]
    return [
        pytest.param(entry, kind, id=f"{entry.slug}-{kind}")
        for entry in entries
        for kind in entry.kinds or kinds
    ]


@pytest.mark.parametrize(("entry", "kind"), pairs_of(SAMPLED))
def test_unusable_samples_are_an_error_that_counts_and_names_them(entry: MetricEntry, kind: str):
    evidence = evidence_of(kind)
    x = evidence.samples.x
    if not x.is_floating_point():
        pytest.skip("symbols are always finite")
    for bad in (1e30, math.inf, -math.inf, math.nan):
        broken = x.clone()
        broken[BROKEN].view(-1)[0] = bad
        given = replace(evidence, made=evidence.samples.holding(broken))
        with pytest.raises(ArithmeticError, match=rf"1 of {N} samples .*first: {BROKEN}\)"):
            finish(measure_checked(entry.make(entry.config()), given))


@pytest.mark.parametrize("entry", [e for e in SAMPLED if "jets" in e.kinds], ids=lambda e: e.slug)
def test_a_momentum_that_overflows_is_an_error(entry: MetricEntry):
    evidence = evidence_of("jets")
    x = evidence.samples.x.clone()
    x[[1, BROKEN], 0, 2] = 200 * math.log(10)
    given = replace(evidence, made=evidence.samples.holding(x))
    with pytest.raises(ArithmeticError, match=rf"2 of {N} jets .*first: 1, {BROKEN}\)"):
        finish(measure_checked(entry.make(entry.config()), given))


def _fixed_value(entry: MetricEntry, kind: str, held_out: int) -> float:
    made, train = evidence_of(kind).samples, registry.get("kind", kind).make(N, 2)
    real = registry.get("kind", kind).make(N, held_out)
    evidence = Evidence(real, make_generator(0), made=made, train=train)
    return finish(entry.make(entry.config()).walk(evidence)).value


LIGHT = [entry for entry in SAMPLED if not entry.heavy]
TIED = {"precision", "recall", "label-triples", "clustering-mmd", "permutation-test"}
"""Metrics whose values of so few fake data tie."""


@pytest.mark.parametrize(("entry", "kind"), pairs_of(LIGHT))
def test_a_metric_of_one_sample_says_so(entry: MetricEntry, kind: str):
    """Other held-out data change every other value; the spread of floors depends on it."""
    metric = entry.make(entry.config())
    try:
        alike = _fixed_value(entry, kind, 1) == _fixed_value(entry, kind, 9)
    except NotApplicable as reason:
        pytest.skip(str(reason))
    one_sample = isinstance(metric, SampleMetric) and metric.one_sample
    assert alike == one_sample or (alike and entry.slug in TIED)


class _Fixed(SampleMetric[NoConfig]):
    figure = Figure(0.0)

    def measure(self, evidence: Evidence) -> Figure:
        return self.figure


@pytest.mark.parametrize(
    "figure",
    [
        Figure(math.nan),
        Figure(-math.inf),
        Figure(1.0, 0.0, math.inf),
        Figure(1.0, parts={"gluon": math.nan}),
    ],
)
def test_a_result_that_is_not_finite_is_an_error(figure: Figure):
    metric = _Fixed(NoConfig())
    metric.figure = figure
    with pytest.raises(ArithmeticError, match="not finite"):
        finish(measure_checked(metric, evidence_of("points")))


def test_fewer_samples_than_declared_are_refused():
    evidence = evidence_of("points")
    check_minimum(N, evidence)
    with pytest.raises(NotApplicable, match=f"at least {N + 1} samples .* there are {N}"):
        check_minimum(N + 1, evidence)


@pytest.mark.parametrize("slug", ["mmd", "kpd", "degree-mmd", "orbit-mmd", "nspdk-mmd"])
def test_an_unbiased_estimate_has_a_minimum_and_an_interval(slug: str):
    entry = registry.get("metric", slug)
    assert entry.minimum >= 10
    figure = entry.make(entry.config()).measure(evidence_of(entry.kinds[0]))
    assert figure.low is not None
    assert figure.high is not None
    assert figure.low < figure.value < figure.high


def mmd(n: int, seed: int) -> KernelSums:
    pair = fresh_pairs(eight_gaussians, EightGaussiansConfig(), n)(seed)
    return kernel_sums(pair[0].rows(slice(None)).x, pair[1].rows(slice(None)).x, 1.0)


def test_the_jackknife_interval_holds_zero_between_real_and_real():
    """By its law: at least 95 % of 100 pairs, and an error of the size of the scatter."""
    found = [unbiased_mmd2(mmd(60, seed)) for seed in range(100)]
    values, errors = torch.tensor(found, dtype=torch.float64).T
    assert float((values.abs() < 1.96 * errors).double().mean()) >= 0.93
    assert 0.9 < float(errors.mean() / values.std()) < 1.8


def test_the_jackknife_error_is_that_of_leaving_each_out():
    """By brute force over a few points."""
    x, y = (torch.randn((n, 2), generator=make_generator(n)).double() for n in (6, 5))
    value, error = unbiased_mmd2(kernel_sums(x, y, 1.0))
    variance = 0.0
    for one, other, swap in ((x, y, False), (y, x, True)):
        rest = [one[torch.arange(len(one)) != i] for i in range(len(one))]
        each = torch.tensor(
            [
                unbiased_mmd2(kernel_sums(*((other, some) if swap else (some, other)), 1.0))[0]
                for some in rest
            ],
            dtype=torch.float64,
        )
        k = len(each)
        variance += (k - 1) / k * float((each - each.mean()).square().sum())
    assert error == pytest.approx(variance**0.5, rel=1e-9)
    assert math.isfinite(value)


def test_two_samples_do_not_beat_real_data():
    """They had an unbiased MMD² of -0.13; real data have 0."""
    evidence = evidence_of("points")
    few = replace(evidence, made=evidence.samples.take(torch.arange(2)))
    entry = registry.get("metric", "mmd")
    assert median_distance(evidence.real.rows(slice(None)).x) > 0.0
    with pytest.raises(NotApplicable, match="there are 2"):
        check_minimum(entry.minimum, few)
    with pytest.raises(ValueError, match="at least 3"):
        entry.make(entry.config()).measure(few)


def test_jets_are_measured_where_all_is_well():
    entry = registry.get("metric", "mass-error")
    evidence = Evidence(jets(N, 1), make_generator(0), made=jets(N, 0).rows(slice(None)))
    assert finish(measure_checked(entry.make(entry.config()), evidence)).value >= 0.0
