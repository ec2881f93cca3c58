"""The short suite tries each family, data type, sampler and metric at least once."""

from typing import Any

import pytest

from pushforward.models.entries import Entry, Kind
from pushforward.models.registry import discover, registry
from tests.models import test_conformance, test_conformance_parts, test_metric_refusals, tracks
from tests.models.pairs import PAIRS, Pair
from tests.tiers import listed

discover()
REFUSALS = pytest.mark.parametrize(
    ("entry", "kind"), test_metric_refusals.pairs_of(test_metric_refusals.SAMPLED)
)


def entries(value: Any) -> list[Entry]:
    if isinstance(value, Pair):
        return [value.entry, value.kind]
    return [value] if isinstance(value, Entry) else []


def tried(mark: pytest.MarkDecorator) -> set[tuple[Kind, str]]:
    """Return what the cases of a parametrised test that have no mark are about."""
    cases = [case for case in mark.args[1] if not getattr(case, "marks", ())]
    values = [value for case in cases for value in getattr(case, "values", (case,))]
    return {(entry.kind, entry.slug) for value in values for entry in entries(value)}


def test_each_family_is_tried_and_each_data_type() -> None:
    wanted = {(entry.kind, entry.slug) for pair in PAIRS for entry in (pair.entry, pair.kind)}
    assert ("kind", tracks.SLUG) in wanted
    for mark in (test_conformance.each_pair, test_conformance.each_variant):
        assert tried(mark) == wanted


def test_each_sampler_is_tried() -> None:
    wanted = [entry for entry in registry.all("sampler") if entry.needs == ("denoiser",)]
    assert tried(test_conformance_parts.each_sampler) == {("sampler", e.slug) for e in wanted}


def test_each_metric_of_samples_is_tried() -> None:
    wanted = [entry for entry in registry.all("metric") if "samples" in entry.needs]
    assert tried(REFUSALS) == {("metric", entry.slug) for entry in wanted}


def test_no_test_of_these_is_left_out() -> None:
    """Single cases may be: what stands above holds that enough are left."""
    files = {name.partition("::")[0] for name in listed() if "[" not in name}
    modules = (test_conformance, test_conformance_parts, test_metric_refusals)
    assert not files & {f"tests/models/{m.__name__.rpartition('.')[2]}.py" for m in modules}
