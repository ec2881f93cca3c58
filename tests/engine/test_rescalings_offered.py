"""The catalogue carries every h with its curves, for a screen that cannot evaluate them."""

import math

import pytest

from pushforward.models.fields.rescalings import RESCALINGS
from pushforward.studio.engine.process import catalogue


def test_the_curves_are_those_of_the_table():
    offered = {row.name: row for row in catalogue.build([]).rescalings}
    assert list(offered) == list(RESCALINGS)
    for row in offered.values():
        assert len(row.u) == len(row.h) == len(row.slope) == 201
        assert (row.u[0], row.u[-1]) == (-10.0, 10.0)
        assert all(math.isfinite(v) for v in (*row.h, *row.slope))
        assert row.monotone == (not row.reason)
    vanilla = offered["vanilla"]
    assert vanilla.h[100] == pytest.approx(math.log(2), abs=1e-9)
    assert vanilla.slope[100] == pytest.approx(0.5, abs=1e-9)
    assert not offered["plugged-js"].monotone
    assert min(offered["plugged-js"].slope) < 0
