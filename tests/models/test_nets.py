"""Fully connected networks: size, initial scale, and where their random numbers come from."""

from typing import get_args

import pytest
import torch

from pushforward.models.nets.mlp import MLP, Activation, FourierFeatures, MLPConfig, TimeMLP, linear
from pushforward.models.tensors import make_generator

ACTIVATIONS = get_args(Activation)


def test_sizes_are_as_configured():
    net = MLP(MLPConfig(width=10, depth=3), 2, 5, generator=make_generator(0))
    shapes = [tuple(p.shape) for p in net.parameters()]
    assert shapes == [(10, 2), (10,), (10, 10), (10,), (10, 10), (10,), (5, 10), (5,)]
    assert net(torch.zeros(7, 2)).shape == (7, 5)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_signal_keeps_its_scale_through_many_layers(activation):
    config = MLPConfig(width=256, depth=12, activation=activation)
    z = torch.randn((512, 16), generator=make_generator(1))
    out = MLP(config, 16, 64, generator=make_generator(0))(z).detach()
    # A gain wrong by a tenth would be off by a factor of three after twelve layers.
    assert 0.4 < float(out.std()) < 2.5


def test_weights_come_from_the_passed_generator_only():
    before = torch.get_rng_state()
    one, two, other = (
        TimeMLP(MLPConfig(width=8), 2, 2, generator=make_generator(seed)) for seed in (0, 0, 1)
    )
    assert torch.equal(before, torch.get_rng_state())
    for a, b, c in zip(one.parameters(), two.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)
        assert not torch.equal(a, c)


def test_a_zero_output_gain_starts_at_zero():
    net = MLP(MLPConfig(width=8), 2, 3, output_gain=0.0, generator=make_generator(0))
    assert torch.equal(net(torch.randn(4, 2)), torch.zeros(4, 3))


def test_linear_weights_have_the_asked_variance():
    layer = linear(400, 300, gain=2.0, generator=make_generator(0))
    assert float(layer.weight.detach().std()) == pytest.approx(2.0 / 20.0, rel=0.02)
    assert float(layer.bias.detach().abs().max()) <= 1 / 20.0


def test_fourier_features_are_sines_and_cosines_of_the_scalar():
    features = FourierFeatures(count=2, lowest=1.0, highest=4.0)
    c = torch.tensor([0.0, 0.5])
    expected = torch.stack([c, c.sin(), (4 * c).sin(), c.cos(), (4 * c).cos()], dim=1)
    torch.testing.assert_close(features(c), expected)
    assert features.dim_out == 5
    assert not features.state_dict(), "constants are not saved"


def test_the_condition_reaches_the_output():
    net = TimeMLP(MLPConfig(width=32), 2, 2, generator=make_generator(0))
    x = torch.randn((6, 2), generator=make_generator(1))
    low, high = net(x, torch.full((6,), -1.0)), net(x, torch.full((6,), 1.0))
    assert low.shape == (6, 2)
    assert (low - high).abs().max() > 0.1
