"""What every registered data set, sampler and metric must do, and every entry's settings."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor

from pushforward.models.config import Config, decode, describe, encode, replace_at
from pushforward.models.data.eight_gaussians import EightGaussiansConfig, eight_gaussians
from pushforward.models.data.swiss_roll import SwissRollConfig, swiss_roll
from pushforward.models.entries import (
    Entry,
    FamilyEntry,
    GuidanceEntry,
    Kind,
    MetricEntry,
    SamplerEntry,
)
from pushforward.models.kinds.points import PointSet
from pushforward.models.metrics.base import NotApplicable, floor, fresh_pairs
from pushforward.models.metrics.points.modes import mode_masses
from pushforward.models.nets.offered import kinds_of
from pushforward.models.registry import PACKAGES, discover, registry
from pushforward.models.tensors import make_generator
from tests.models.measuring import value

discover((*PACKAGES, "pushforward.verify"))
KINDS: tuple[Kind, ...] = (
    "kind",
    "family",
    "dataset",
    "network",
    "sampler",
    "guidance",
    "metric",
    "operator",
    "experiment",
)
# Images have tests of their own: their sets are files, and their metrics have a judge.
DATASETS, METRICS = (
    [entry for entry in registry.all(kind) if "points" in entry.kinds]
    for kind in ("dataset", "metric")
)


def slugs(entries: list[Entry]) -> list[str]:
    return [e.slug for e in entries]


def choices(entry: Entry) -> Iterator[Any]:
    """Yield an entry with its defaults, and with each value of each of its choices."""
    yield pytest.param(entry, entry.config(), id=entry.slug)
    for row in describe(entry.config):
        for choice in row["choices"]:
            data = replace_at(encode(entry.config()), row["path"], choice["value"])
            name = f"{entry.slug}-{row['path']}={choice['value']}"
            yield pytest.param(entry, decode(entry.config, data), id=name)


each_dataset = pytest.mark.parametrize(
    ("entry", "config"), [c for entry in DATASETS for c in choices(entry)]
)
# Those of memorisation compare with training data: `test_memory` has their null models.
METRICS = [e for e in METRICS if not getattr(e.make, "compares_training", False)]
each_metric = pytest.mark.parametrize("entry", METRICS, ids=slugs(METRICS))
each_sampler = pytest.mark.parametrize(
    ("entry", "config"),
    [
        c
        for entry in registry.all("sampler")
        if entry.needs == ("denoiser",)
        for c in choices(entry)
    ],
)


@pytest.mark.parametrize("kind", KINDS)
def test_an_entry_says_what_it_is(kind):
    for entry in registry.all(kind):
        check_entry(entry)


def check_entry(entry: Entry) -> None:
    assert entry.title
    assert entry.summary
    assert entry.source or entry.kind == "kind", "whoever wants to check the formula is owed one"
    known = {data.slug for data in registry.all("kind")}
    kinds = kinds_of(entry) if isinstance(entry, FamilyEntry) else entry.kinds
    assert set(kinds) <= known
    # A metric of the model itself, such as its likelihood, may measure all kinds.
    measures_all = isinstance(entry, MetricEntry) and "samples" not in entry.needs
    assert kinds or measures_all or entry.kind not in ("family", "dataset", "metric")
    default = entry.config()
    assert decode(entry.config, encode(default)) == default, "the defaults lie outside the bounds"
    if isinstance(entry, SamplerEntry):
        assert entry.update, "what does a step of it do?"
    if isinstance(entry, GuidanceEntry):
        assert entry.formula, "what does it make of a denoiser?"


@pytest.mark.parametrize("kind", KINDS)
def test_every_setting_is_explained_and_bounded(kind):
    for entry in registry.all(kind):
        check_settings(entry)


def check_settings(entry: Entry) -> None:
    rows = describe(entry.config)
    paths = [row["path"] for row in rows]
    for row in rows:
        where = f"{entry.slug}.{row['path']}"
        assert row["title"], where
        assert row["help"].endswith("."), f"{where}: help is a sentence"
        if row["kind"] in ("int", "float"):
            bounds = [row[k] for k in ("low", "high", "above", "below")]
            assert any(b is not None for b in bounds), f"{where}: a number has a bound"
        if row["depends"]:
            assert row["depends"]["path"] in paths, f"{where}: depends on nothing"
        for choice in row["choices"]:
            data = replace_at(encode(entry.config()), row["path"], choice["value"])
            made = decode(entry.config, data)
            assert encode(made) == data


def test_titles_are_told_apart():
    for kind in KINDS:
        titles = [e.title for e in registry.all(kind)]
        assert len(titles) == len(set(titles)), kind


@each_dataset
@pytest.mark.parametrize("n", [1, 7, 2000])
def test_a_dataset_has_any_size(entry: Entry, config: Config, n: int):
    before = torch.get_rng_state()
    points = entry.make(config, n, 0)
    assert torch.equal(before, torch.get_rng_state())
    assert isinstance(points, PointSet)
    assert points.x.shape == (n, len(points.columns))
    assert points.x.dtype == torch.float32
    assert points.x.isfinite().all()


@each_dataset
def test_a_dataset_follows_its_seed(entry: Entry, config: Config):
    one, same, other = (entry.make(config, 100, seed).x for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert (one != other).any(dim=1).all()


@each_dataset
def test_a_dataset_is_not_empty(entry: Entry, config: Config):
    with pytest.raises(ValueError, match="at least 1 row"):
        entry.make(config, 0, 0)


@each_dataset
def test_rows_are_in_no_order(entry: Entry, config: Config):
    """The first half looks like the second: batches may be taken in order."""
    x = entry.make(config, 4000, 0).x
    gap = (x[:2000].mean(dim=0) - x[2000:].mean(dim=0)) / x.std(dim=0)
    assert gap.abs().max() < 5 * (2 / 2000) ** 0.5


@each_dataset
def test_modes_are_where_the_points_are(entry: Entry, config: Config):
    points = entry.make(config, 4000, 0)
    if points.modes is None:
        pytest.skip("its modes are not known")
    k = len(points.modes)
    assert points.modes.shape == (k, points.x.shape[1])
    assert points.bandwidth > 0
    inside = mode_masses(points.x, points, within=True)
    assert inside.sum() > 0.99
    assert (inside - 1 / k).abs().max() < 5 * (1 / k / 4000) ** 0.5
    nearest = torch.cdist(points.x, points.modes).argmin(dim=1)
    spread = (points.x - points.modes[nearest]).std()
    assert spread == pytest.approx(points.bandwidth, rel=0.05)


def gaussian_denoiser(x: Tensor, s: Tensor) -> Tensor:
    """The exact denoiser of N(0, 1) data."""
    return x / (1 + s**2)


@each_sampler
def test_a_sampler_ends_in_the_data(entry: Entry, config: Any):
    calls = 0

    def counted(x: Tensor, s: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        return gaussian_denoiser(x, s)

    sampler = entry.make(config)
    latents = torch.randn((4000, 2), generator=make_generator(0))
    before = torch.get_rng_state()
    steps = list(sampler.frames(counted, latents, 0.002, 20.0, make_generator(1)))
    assert torch.equal(before, torch.get_rng_state())

    levels = [step.s for step in steps]
    assert levels[-1] == 0.0
    assert all(a >= b for a, b in pairwise(levels))
    assert steps[0].nfe == 0
    assert calls == steps[-1].nfe
    assert sampler.nfe() in (calls, None)
    assert steps[-1].x.mean(dim=0).abs().max() < 0.1
    assert steps[-1].x.std(dim=0) == pytest.approx([1.0, 1.0], abs=0.25)
    again = sampler.sample(gaussian_denoiser, latents, 0.002, 20.0, make_generator(1))
    assert torch.equal(steps[-1].x, again)


RING = EightGaussiansConfig()


def real(n: int, seed: int) -> PointSet:
    return eight_gaussians(RING, n, seed)


def measure(entry: Entry, x: Tensor, reference: PointSet) -> float:
    found = value(entry.make(entry.config()), x, reference)
    assert isinstance(found, float)
    return found


@each_metric
def test_a_metric_says_which_way_is_better(entry: MetricEntry):
    assert entry.better in ("lower", "higher", "near")
    assert isinstance(entry.unit, str)
    assert entry.minimum >= 2


@each_metric
def test_real_data_are_at_the_floor_and_wrong_data_are_not(entry: MetricEntry):
    bound = floor(entry.make(entry.config()), fresh_pairs(eight_gaussians, RING, 1000), repeats=8)
    reference = real(1000, 70)
    good = measure(entry, real(1000, 71).x, reference)
    # As many points, all in one place beside the ring.
    bad = measure(entry, real(1000, 72).x * 0.1 + 3.0, reference)
    slack = 3 * bound.std + 1e-9
    assert bound.low - slack <= good <= bound.high + slack
    if entry.better == "lower":
        assert bad > bound.high + 10 * slack
    else:
        assert bad < bound.low - 10 * slack


@each_metric
def test_the_order_of_points_does_not_matter(entry: MetricEntry):
    x, reference = real(300, 0).x, real(300, 1)
    order = torch.randperm(300, generator=make_generator(0))
    shuffled = measure(entry, x[order], reference)
    assert shuffled == pytest.approx(measure(entry, x, reference), rel=1e-4, abs=1e-6)


@each_metric
def test_sizes_may_differ(entry: MetricEntry):
    reference = real(400, 1)
    assert measure(entry, real(150, 0).x, reference) == pytest.approx(
        measure(entry, real(400, 2).x, reference), rel=1.0, abs=0.3
    )


@each_metric
def test_a_metric_needs_no_modes_or_says_so(entry: MetricEntry):
    one, two = (swiss_roll(SwissRollConfig(dimension="3"), 200, seed) for seed in (0, 1))
    if entry.slug in ("mode-balance", "mode-share"):
        with pytest.raises(NotApplicable, match="modes are known"):
            measure(entry, one.x, two)
    else:
        assert measure(entry, one.x, two) < 1.0


@each_metric
def test_what_cannot_be_compared_is_refused(entry: MetricEntry):
    reference = real(50, 0)
    with pytest.raises(ValueError, match="same dimension"):
        measure(entry, torch.zeros((50, 3)), reference)
    with pytest.raises(ValueError, match="at least"):
        measure(entry, torch.zeros((0, 2)), reference)


@each_metric
def test_a_metric_leaves_global_random_numbers_alone(entry: MetricEntry):
    before = torch.get_rng_state()
    measure(entry, real(60, 0).x, real(60, 1))
    assert torch.equal(before, torch.get_rng_state())
