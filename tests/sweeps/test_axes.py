"""Values of a setting in a sweep, and the points of a sweep."""

import numpy as np
import pytest

from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.sweeps.axes import AxisError, parse_axis
from pushforward.studio.sweeps.plan import Sweep, count_runs, describe_sweep, list_points

SPEC = RunSpec(name="a", family=Pick(slug="edm"), dataset=Pick(slug="two-moons"))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("lr=1e-4,1e-3", ["1e-4", "1e-3"]),
        ("net=unet; mlp", ["unet", "mlp"]),
        ("width=16..64:4", ["16", "32", "48", "64"]),
        ("lr=log:1e-4..1e-2:3", ["0.0001", "0.001", "0.01"]),
        ("batch=log:1..4:5", ["1", "2", "3", "4"]),  # whole numbers that fall together
        ("lr=0..1:3", ["0", "0.5", "1"]),
        ("batch=16..33:3", ["16", "24", "33"]),
        ("widths=[64,64]", ["[64,64]"]),
        ("widths=[64,64];[32]", ["[64,64]", "[32]"]),
    ],
)
def test_values_are_listed_and_spaced(text: str, values: list[str]) -> None:
    assert parse_axis(text, whole=text.startswith("batch")).values == values


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("lr", "gives no values"),
        ("lr=", "gives no values"),
        ("lr=1,,2", "no list"),
        ("lr=1,1", "twice"),
        ("lr=2..1:3", "must rise"),
        ("lr=log:0..1:3", "above 0"),
        ("lr=0..1", "needs the number"),
        ("lr=random:0..1:3", "takes no number"),
        ("lr=0..1:1", "2 to"),
    ],
)
def test_what_is_no_axis_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(AxisError, match=why):
        parse_axis(text)


def test_a_log_range_is_drawn_uniformly_in_the_logarithm() -> None:
    axis, plain = parse_axis("lr=log-random:1e-4..1"), parse_axis("lr=random:1e-4..1")
    generator = np.random.default_rng(0)
    drawn = np.log10([float(axis.draw(generator)) for _ in range(2000)])
    assert drawn.min() >= -4
    assert drawn.max() <= 0
    # Quarters of the range are equally likely; of a uniform distribution the last has nearly all.
    assert np.histogram(drawn, 4, (-4, 0))[0].min() > 400
    wrong = np.log10([float(plain.draw(generator)) for _ in range(2000)])
    assert np.histogram(wrong, 4, (-4, 0))[0].min() < 40
    whole = parse_axis("batch=random:1..3", whole=True)
    assert {whole.draw(generator) for _ in range(100)} == {"1", "2", "3"}


def test_a_grid_has_all_combinations_and_a_longer_search_the_same_points_first() -> None:
    axes = [parse_axis("a=1,2"), parse_axis("b=3,4,5")]
    grid = Sweep(name="s", spec=SPEC, axes=axes, seeds=[0, 1])
    points = list(list_points(grid))
    assert points[0] == {"a": "1", "b": "3"}
    assert len({tuple(point.items()) for point in points}) == 6
    assert count_runs(grid) == 12
    assert describe_sweep(grid) == "2 × 3 values × 2 seeds = 12 runs"
    axes = [*axes, parse_axis("c=random:0..1")]
    short, long = (
        list(list_points(Sweep(name="s", spec=SPEC, axes=axes, search="random", trials=n)))
        for n in (5, 9)
    )
    assert long[:5] == short
    assert len({point["c"] for point in long}) == 9
