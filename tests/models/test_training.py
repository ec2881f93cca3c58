"""Averages, optimisers and their state, against formulas written out by hand."""

import json
import math
from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load, save
from torch import nn

from pushforward.models.contracts.randomness import pack_generator, unpack_generator
from pushforward.models.contracts.state import State
from pushforward.models.nets.mlp import MLP, MLPConfig
from pushforward.models.tensors import make_generator
from pushforward.models.training.eager import eager
from pushforward.models.training.ema import Ema
from pushforward.models.training.optim import OptimizerConfig, ScheduledOptimizer, learning_rate
from pushforward.models.training.state import (
    pack_ema,
    pack_module,
    pack_optimizer,
    unpack_ema,
    unpack_module,
    unpack_optimizer,
)


def network(seed: int = 0, width: int = 4) -> MLP:
    return MLP(MLPConfig(width=width, depth=1), 2, 1, generator=make_generator(seed))


def pull(net: nn.Module, optimizer: ScheduledOptimizer, steps: int) -> None:
    x = torch.randn((8, 2), generator=make_generator(7))
    for _ in range(steps):
        optimizer.zero_grad()
        (net(x) - 3.0).square().mean().backward()
        optimizer.step()


def test_an_average_follows_its_formula():
    net = network()
    ema = Ema(net, 0.9)
    theta = net.layers[0].weight
    expected = theta.detach().clone()
    for n in range(1, 101):
        with torch.no_grad():
            theta.add_(0.1)
        ema.update()
        decay = min(0.9, (1 + n) / (10 + n))
        expected = decay * expected + (1 - decay) * theta.detach()
    torch.testing.assert_close(ema.module.layers[0].weight, expected)
    assert not any(p.requires_grad for p in ema.module.parameters())
    assert not ema.module.training


def test_an_average_without_memory_is_the_network_itself():
    net = network()
    ema = Ema(net, 0.0)
    pull(net, ScheduledOptimizer(OptimizerConfig(lr=0.1), net.parameters(), 10), 3)
    ema.update()
    for a, b in zip(ema.module.parameters(), net.parameters(), strict=True):
        assert torch.equal(a, b)


def test_an_average_copies_saved_buffers():
    net = nn.BatchNorm1d(2)
    ema = Ema(net, 0.9)
    net(torch.randn((16, 2), generator=make_generator(0)) + 5.0)
    ema.update()
    assert torch.equal(ema.module.running_mean, net.running_mean)


@pytest.mark.parametrize("decay", [-0.1, 1.0])
def test_a_decay_out_of_range_is_refused(decay: float):
    with pytest.raises(ValueError, match="decay"):
        Ema(network(), decay)


def test_the_rate_warms_up_and_falls_along_a_cosine():
    config = OptimizerConfig(lr=2.0, schedule="cosine", warmup=4)
    rates = [learning_rate(config, i, 104) for i in range(105)]
    assert rates[:4] == [0.5, 1.0, 1.5, 2.0]
    assert rates[4] == 2.0
    assert rates[54] == pytest.approx(1.0)
    assert rates[79] == pytest.approx(1.0 + math.cos(0.75 * math.pi))
    assert rates[104] == pytest.approx(0.0)
    assert learning_rate(config, 500, 104) == pytest.approx(0.0)


@given(
    warmup=st.integers(0, 50),
    horizon=st.integers(1, 100),
    step=st.integers(0, 200),
    schedule=st.sampled_from(["constant", "cosine"]),
)
def test_the_rate_is_never_negative_nor_above_its_peak(warmup, horizon, step, schedule):
    config = OptimizerConfig(lr=0.3, schedule=schedule, warmup=warmup)
    assert 0.0 <= learning_rate(config, step, horizon) <= 0.3


@pytest.mark.parametrize(
    ("kind", "plainly"),
    [
        ("adam", torch.optim.Adam),
        ("adamw", partial(torch.optim.AdamW, weight_decay=0.1)),
        ("radam", torch.optim.RAdam),
    ],
)
def test_steps_are_those_of_plain_adam_at_the_scheduled_rate(kind, plainly):
    ours, plain = network(), network()
    config = OptimizerConfig(kind=kind, lr=0.05, schedule="cosine", weight_decay=0.1, beta1=0.5)
    optimizer = ScheduledOptimizer(config, ours.parameters(), 20)
    reference = plainly(plain.parameters(), betas=(0.5, 0.999))
    x = torch.randn((8, 2), generator=make_generator(7))
    for i in range(10):
        assert optimizer.lr() == learning_rate(config, i, 20)
        pull(ours, optimizer, 1)
        reference.param_groups[0]["lr"] = learning_rate(config, i, 20)
        reference.zero_grad()
        (plain(x) - 3.0).square().mean().backward()
        reference.step()
    for a, b in zip(ours.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("kind", [torch.optim.Adam, torch.optim.RAdam, torch.optim.LBFGS])
def test_without_the_compiler_an_optimiser_is_the_same_to_the_bit(kind):
    x = torch.randn((8, 2), generator=make_generator(7))
    nets, states = [network(), network()], []
    for net, cls in zip(nets, (kind, eager(kind)), strict=True):
        optimizer = cls(net.parameters(), lr=0.05)

        def loss(net=net, optimizer=optimizer):
            optimizer.zero_grad()
            value = (net(x) - 3.0).square().mean()
            value.backward()
            return value

        for _ in range(5):
            optimizer.step(loss)
            optimizer.load_state_dict(optimizer.state_dict())
        assert all(p.grad is not None and p.requires_grad for p in net.parameters())
        states.append(optimizer.state_dict())
    for a, b in zip(*(net.parameters() for net in nets), strict=True):
        assert torch.equal(a, b)
    assert states[0]["param_groups"] == states[1]["param_groups"]
    assert states[0]["state"].keys() == states[1]["state"].keys()


def test_clipping_shortens_the_gradient_and_tells_its_length():
    net = network()
    optimizer = ScheduledOptimizer(OptimizerConfig(clip=0.5), net.parameters(), 10)
    for p in net.parameters():
        p.grad = torch.full_like(p, 2.0)
    total = math.sqrt(sum(4.0 * p.numel() for p in net.parameters()))
    norm = optimizer.step()
    assert norm is not None
    assert float(norm) == pytest.approx(total)
    clipped = math.sqrt(sum(float(p.grad.square().sum()) for p in net.parameters()))
    assert clipped == pytest.approx(0.5, rel=1e-4)
    assert ScheduledOptimizer(OptimizerConfig(), net.parameters(), 1).step() is None


def packed(seed: int = 0) -> tuple[State, MLP, ScheduledOptimizer, Ema[MLP], torch.Generator]:
    net = network(seed)
    optimizer = ScheduledOptimizer(OptimizerConfig(lr=0.01), net.parameters(), 50)
    ema = Ema(net, 0.99)
    generator = make_generator(seed, 5)
    pull(net, optimizer, 5)
    ema.update()
    torch.rand(3, generator=generator)
    state = State({})
    pack_module(state, "net", net)
    pack_optimizer(state, "opt", optimizer)
    pack_ema(state, "ema", ema)
    pack_generator(state, "rng", generator)
    return state, net, optimizer, ema, generator


def test_everything_comes_back_bit_for_bit_through_a_file():
    state, net, optimizer, ema, generator = packed()
    stored = State(load(save(state.tensors)), json.loads(json.dumps(state.values)))
    _, net2, optimizer2, ema2, generator2 = packed(1)
    unpack_module(stored, "net", net2)
    unpack_optimizer(stored, "opt", optimizer2)
    unpack_ema(stored, "ema", ema2)
    unpack_generator(stored, "rng", generator2)
    pull(net, optimizer, 5)
    pull(net2, optimizer2, 5)
    ema.update()
    ema2.update()
    for a, b in zip(net.parameters(), net2.parameters(), strict=True):
        assert torch.equal(a, b)
    for a, b in zip(ema.module.parameters(), ema2.module.parameters(), strict=True):
        assert torch.equal(a, b)
    assert torch.equal(torch.rand(9, generator=generator), torch.rand(9, generator=generator2))
    assert optimizer2.count == 10


def test_a_generator_of_another_kind_of_device_seeds_fresh_noise():
    def moved(position: int) -> torch.Tensor:
        state, old = State({}), make_generator(position, 5)
        pack_generator(state, "rng", old)
        state.values["rng/device"] = "somewhere else"
        new = make_generator(1, 5)
        unpack_generator(state, "rng", new)
        assert not torch.equal(new.get_state(), old.get_state())
        return torch.rand(9, generator=new)

    assert torch.equal(moved(0), moved(0))
    assert not torch.equal(moved(0), moved(2))


def test_unpacking_does_not_alias_the_state():
    state, *_ = packed()
    kept = state.tensors["opt/0.exp_avg"].clone()
    _, net2, optimizer2, _, _ = packed(1)
    unpack_optimizer(state, "opt", optimizer2)
    pull(net2, optimizer2, 3)
    assert torch.equal(state.tensors["opt/0.exp_avg"], kept)


def test_a_state_says_what_it_lacks_and_what_has_another_shape():
    state = State({}, {"part/count": 3})
    kept = torch.ones((2, 3), requires_grad=True)
    state.keep("part/x", kept.T)
    assert state.tensors["part/x"].is_contiguous()
    assert not state.tensors["part/x"].requires_grad
    assert state.tensor("part/x", (3, 2)) is state.tensor("part/x", (-1, 2))
    assert state.value("part/count") == 3
    with pytest.raises(ValueError, match="has no tensor 'part/y': it does not fit"):
        state.tensor("part/y")
    with pytest.raises(ValueError, match="has no value 'part/steps': it does not fit"):
        state.value("part/steps")
    for shape, said in (((3, 3), "3, 3"), ((-1, 4), "any, 4"), ((3,), "3")):
        with pytest.raises(ValueError, match=rf"shape \(3, 2\) in the saved state and \({said}\)"):
            state.tensor("part/x", shape)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("net/layers.0.weight", "has no tensor"),
        ("opt/0.exp_avg", "moments"),
        ("opt/2.step", "moments"),
        ("ema/layers.2.bias", "has no tensor"),
        ("rng/generator", "has no tensor"),
    ],
)
def test_a_missing_tensor_is_named(name: str, said: str):
    state, net, optimizer, ema, generator = packed()
    del state.tensors[name]
    restore = {
        "net": lambda: unpack_module(state, "net", net),
        "opt": lambda: unpack_optimizer(state, "opt", optimizer),
        "ema": lambda: unpack_ema(state, "ema", ema),
        "rng": lambda: unpack_generator(state, "rng", generator),
    }
    with pytest.raises(ValueError, match=said):
        restore[name.partition("/")[0]]()


def test_a_state_of_another_size_is_refused():
    state, *_ = packed()
    wide = network(width=6)
    with pytest.raises(ValueError, match=r"net/layers\.0\.weight has shape \(4, 2\)"):
        unpack_module(state, "net", wide)
    optimizer = ScheduledOptimizer(OptimizerConfig(), wide.parameters(), 10)
    with pytest.raises(ValueError, match="shape"):
        unpack_optimizer(state, "opt", optimizer)
    state.tensors["net/layers.9.bias"] = torch.zeros(1)
    with pytest.raises(ValueError, match="does not have"):
        unpack_module(state, "net", network())
    state.tensors["opt/77.exp_avg"] = torch.zeros(1)
    optimizer = ScheduledOptimizer(OptimizerConfig(), network().parameters(), 10)
    with pytest.raises(ValueError, match="does not have"):
        unpack_optimizer(state, "opt", optimizer)
