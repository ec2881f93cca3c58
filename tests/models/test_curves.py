"""The S-curve and the funnel against their geometry."""

import math

import pytest
import torch

from pushforward.models.data.funnel import FunnelConfig, funnel
from pushforward.models.data.s_curve import SCurveConfig, s_curve

N = 20_000


def test_the_s_lies_on_two_circles_and_is_even_along_them():
    x = s_curve(SCurveConfig(noise=0.0), N, 0).x
    centre = torch.tensor([0.0, 1.0])
    upper = ((x - centre).norm(dim=1) - 1).abs() < 1e-5
    lower = ((x + centre).norm(dim=1) - 1).abs() < 1e-5
    assert (upper | lower).all()
    assert float(lower.float().mean()) == pytest.approx(0.5, abs=0.02)
    # Three quarters of either circle: above, the lower right one is missing, below the upper left.
    assert not ((x[:, 0] > 0.1) & (x[:, 1] > 0.1) & (x[:, 1] < 0.9)).any()
    assert not ((x[:, 0] < -0.1) & (x[:, 1] < -0.1) & (x[:, 1] > -0.9)).any()
    assert ((x[:, 0] < -0.1) & (x[:, 1] > 0.1) & (x[:, 1] < 0.9)).any()
    noisy = s_curve(SCurveConfig(noise=0.2), N, 0).x
    assert float((noisy - x).std()) == pytest.approx(0.2, rel=0.05)


def test_the_funnel_is_e_fold_wider_a_unit_higher():
    x = funnel(FunnelConfig(width=0.1), N, 0).x
    y = x[:, 1]
    assert float((y < -1).float().mean()) == pytest.approx(0.1587, abs=0.01)
    for low in (-2.0, -1.0, 0.0, 1.0):
        inside = (y > low) & (y < low + 0.2)
        width = float(x[inside, 0].std())
        assert width == pytest.approx(0.1 * math.exp(low + 0.1), rel=0.15)
