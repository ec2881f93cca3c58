"""Kept records beside live ones: the first particles, and all that is known of them."""

import numpy as np
import pytest

from pushforward.studio.app.core.runs import FlowRecord
from pushforward.studio.protocol.extras import EXTRAS
from pushforward.studio.protocol.records import first_particles

N, FEW = 7, 3


@pytest.mark.parametrize("name", EXTRAS)
def test_every_extra_is_cut_along_its_particles(name):
    axis = EXTRAS[name].particles
    shape = [N + 2, N + 2, N + 2]
    if axis is not None:
        shape[axis] = N
    x, values = np.zeros((2, N, 2), np.float32), np.random.rand(*shape).astype(np.float32)
    record = FlowRecord.from_arrays(0, np.zeros(2, np.float32), x, extras={name: values})
    cut = first_particles(record, FEW)
    assert cut.x.shape == (2, FEW, 2)
    expected = values if axis is None else values.take(range(FEW), axis=axis)
    np.testing.assert_array_equal(cut.extras[name], expected)


def test_what_particles_were_told_is_cut_with_them():
    x, label = np.zeros((2, N, 4), np.float32), np.arange(N)
    told = {"mask": np.ones((N, 4), bool), "given:label": label}
    cut = first_particles(FlowRecord.from_arrays(0, np.zeros(2, np.float32), x, **told), FEW)
    assert cut.mask.shape == (FEW, 4)
    np.testing.assert_array_equal(cut.conditions["label"], label[:FEW])
