"""Networks for sets: their laws, their sizes, and that they are what they were."""

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from pushforward.models.config import ConfigError
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import DataSpec, Given
from pushforward.models.kinds.jets import jets
from pushforward.models.nets.cosines import Cosines
from pushforward.models.nets.role import DENOISER, Role, critic, generator
from pushforward.models.nets.sets import base
from pushforward.models.nets.sets.cross_attention import CrossAttentionConfig, cross_attention
from pushforward.models.nets.sets.layers import attend, bias_of, needs_written_attention
from pushforward.models.nets.sets.settings import SetNetConfig
from pushforward.models.nets.sets.sizes import Group, groups
from pushforward.models.nets.sets.transformer import SetTransformerConfig, set_transformer
from pushforward.models.tensors import make_generator, real_places
from tests.models.accelerator import GPU, accelerator

DROID = {
    "nonlinearity": "leaky-relu",
    "encoding": "cosine",
    "embedding": "network",
    "norm_values": True,
    "norm_hidden": True,
}
SMALL = {"width": 16, "layers": 2, "heads": 4}
MADE: list[SetNetConfig] = [
    SetTransformerConfig(**SMALL),
    SetTransformerConfig(**SMALL, **DROID, context=8),
    CrossAttentionConfig(**SMALL, tokens=3),
    CrossAttentionConfig(**SMALL, **DROID, context=8, tokens=3),
]
each_make = pytest.mark.parametrize(
    "config", MADE, ids=["transformer", "as-droid", "tokens", "tokens-as-droid"]
)
ROLES = [DENOISER, critic(), critic(clock=True)]


def made(config: SetNetConfig, role: Role = DENOISER, spec: DataSpec | None = None) -> nn.Module:
    spec = spec or jets(64, 0).spec()
    if isinstance(config, CrossAttentionConfig):
        return cross_attention(config, spec, role, make_generator(1))
    assert isinstance(config, SetTransformerConfig)
    return set_transformer(config, spec, role, make_generator(1))


def awake(net: nn.Module) -> nn.Module:
    """Fill the weights that begin at zero, so that each layer has a say."""
    with torch.no_grad():
        for p in net.parameters():
            p.add_(0.1 * torch.randn(p.shape, generator=make_generator(2)))
    return net


def rows(n: int = 8) -> Batch:
    data = jets(n, 1)
    return data.spec().standardised(data.rows(slice(None)))


def double(batch: Batch) -> Batch:
    return batch.each(lambda values: values.double() if values.is_floating_point() else values)


def heard(net: nn.Module, batch: Batch, role: Role) -> Tensor:
    clock = torch.linspace(-1, 1, len(batch)).to(batch.x) if role.clock else None
    out: Tensor = net(batch.x, clock, batch.given, batch.mask)
    return out


@each_make
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("exact", "line"), [(False, 1e-5), (True, 1e-10)])
def test_the_order_of_constituents_does_not_matter(config, role, exact, line) -> None:
    net, batch = awake(made(config, role)), rows()
    if exact:
        net, batch = net.double(), double(batch)
    order = torch.randperm(batch.x.shape[1], generator=make_generator(3))
    assert batch.mask is not None
    turned = replace(batch, x=batch.x[:, order], mask=batch.mask[:, order])
    here, there = heard(net, batch, role), heard(net, turned, role)
    if role.name == "denoiser":
        here = here[:, order]
    assert (here - there).abs().max() < line
    # A network that knows places by their order fails.
    assert (here - there[here.shape[0] - 1 - torch.arange(len(here))]).abs().max() > 1e-2


@each_make
@pytest.mark.parametrize("role", ROLES)
def test_what_stands_in_the_padding_does_not_matter(config, role) -> None:
    net, batch = awake(made(config, role)), rows()
    assert batch.mask is not None
    junk = batch.holding(batch.x.masked_fill(~batch.mask[..., None], 1e3))
    assert torch.equal(heard(net, batch, role), heard(net, junk, role))
    unmasked = heard(net, replace(junk, mask=None), role)
    assert not torch.allclose(unmasked, heard(net, batch, role), atol=1e-2)


@each_make
def test_it_begins_without_attention_and_feed_forward_and_says_nothing(config) -> None:
    batch = rows()
    assert not heard(made(config), batch, DENOISER).any()
    net = made(config, critic())
    with torch.no_grad():
        for name, p in net.named_parameters():
            if "mixed" in name or "known" in name:
                p.fill_(9.0)
    assert torch.equal(heard(net, batch, critic()), heard(made(config, critic()), batch, critic()))


@each_make
def test_a_generator_makes_different_constituents_of_one_latent(config) -> None:
    net, batch = made(config, generator(5)), rows()
    x = net(torch.zeros(len(batch), 5), None, batch.given, batch.mask)
    assert x.shape == batch.x.shape
    assert (x[:, 0] - x[:, 1]).abs().max() > 1e-3


@each_make
@pytest.mark.parametrize("role", [critic(), generator(5)])
def test_a_penalty_is_differentiated_again(config, role) -> None:
    """By weights, of what was differentiated by what came in."""
    net, batch = awake(made(config, role)).double(), double(rows())
    x = torch.linspace(-1, 1, 40).double().view(8, 5) if role.latent else batch.x.clone()
    x.requires_grad_()
    (slope,) = torch.autograd.grad(heard(net, batch.holding(x), role).sum(), x, create_graph=True)
    weight = net.get_parameter(
        "first.weight" if config.embedding == "linear" else "last.second.weight"
    )
    (found,) = torch.autograd.grad(slope.square().sum(), weight)

    def penalty(step: float) -> float:
        with torch.no_grad():
            weight[0, 0] += step
        y = x.detach().clone().requires_grad_()
        (again,) = torch.autograd.grad(heard(net, batch.holding(y), role).sum(), y)
        with torch.no_grad():
            weight[0, 0] -= step
        return float(again.square().sum())

    h = 1e-5
    assert float(found[0, 0]) == pytest.approx((penalty(h) - penalty(-h)) / (2 * h), rel=1e-5)


def test_fused_attention_is_attention_as_it_is_written() -> None:
    g = make_generator(4)
    q, k, v = (torch.randn((3, n, 8), generator=g).double() for n in (5, 7, 7))
    mask = real_places(torch.tensor([7, 4, 0]), 7)
    bias = bias_of(mask, q)
    written, fused = (attend(q, k, v, 2, bias, by_hand) for by_hand in (True, False))
    torch.testing.assert_close(written, fused)
    # By hand, of the first head of one place.
    scores = (k[1, :4, :4] @ q[1, 2, :4]) / math.sqrt(4)
    torch.testing.assert_close(written[1, 2, :4], scores.softmax(dim=0) @ v[1, :4, :4])
    assert fused[2].isfinite().all()  # of a row in which nobody is seen


@pytest.mark.parametrize("looking", [5, 7])
def test_fused_attention_has_the_gradients_of_attention_as_it_is_written(looking: int) -> None:
    """Also of rows in which nobody is seen; that of a gradient only what is written has."""
    g = make_generator(5)
    parts = [torch.randn((3, n, 8), generator=g, dtype=torch.float64) for n in (looking, 7, 7)]
    bias = bias_of(real_places(torch.tensor([7, 4, 0]), 7), parts[0])
    found = {}
    for by_hand in (True, False):
        q, k, v = (part.clone().requires_grad_() for part in parts)
        loss = attend(q, k, v, 2, bias, by_hand).square().sum()
        found[by_hand] = torch.autograd.grad(loss, (q, k, v), create_graph=by_hand)
        if by_hand:
            twice = torch.autograd.grad(found[True][0].square().sum(), (q, k, v))
            assert all(each.isfinite().all() for each in twice)
    torch.testing.assert_close(found[True], found[False])


def test_attention_is_written_out_only_where_fused_kernels_will_not_do(monkeypatch) -> None:
    x = torch.ones(2)
    assert not needs_written_attention(x)
    assert needs_written_attention(x.clone().requires_grad_())
    assert needs_written_attention(x, twice=True)
    with torch.no_grad():
        assert not needs_written_attention(x, twice=True)
    with accelerator():
        there = x.to(GPU)
        assert not needs_written_attention(there), "training on a GPU is fused"
        monkeypatch.setattr(torch, "are_deterministic_algorithms_enabled", lambda: True)
        assert needs_written_attention(there), "but where it is to repeat bit for bit"
        assert not needs_written_attention(x)


# As counted from the settings of the paper's code, whose context has the class once more as a
# number, and enters without a bias of its own.
PUBLISHED = {"te": 2_066_499, "cae": 450_179, "jedi": 729_027}


def test_in_the_sizes_of_the_papers_they_have_the_weights_of_the_papers() -> None:
    spec = jets(64, 0).spec()
    spec = replace(spec, given={**spec.given, "label": Given(classes=5)})

    def count(config: SetNetConfig) -> int:
        return sum(p.numel() for p in made(config, spec=spec).parameters())

    te = SetTransformerConfig(width=256, layers=3, heads=16, **DROID)
    cae = CrossAttentionConfig(width=64, heads=8, feedforward=4, **DROID)
    jedi = SetTransformerConfig(width=128, layers=4, heads=8, **{**DROID, "norm_values": False})
    # A bias in each network that is told the context, and one number less in the context.
    assert count(te) == PUBLISHED["te"] + 5 * 512 - 512
    assert count(cae) == PUBLISHED["cae"] + 6 * 256 + 2 * 128 - 128
    # Its context is summed up by two layers of 128 instead of one of 256, of 34 numbers, not 25.
    theirs, mine = 34 * 128 + 128**2 + 128 * 64, 25 * 256 + 256 * 64
    norms, biases = 4 * 128 - 2 * 256, 2 * 128 - 256
    assert count(jedi) == PUBLISHED["jedi"] + 6 * 256 - (theirs - mine) - norms - biases
    for name, found in (("te", count(te)), ("cae", count(cae)), ("jedi", count(jedi))):
        assert found == pytest.approx(PUBLISHED[name], rel=0.01), name


def test_groups_of_like_size_say_what_the_whole_batch_says(monkeypatch) -> None:
    g = make_generator(5)
    size = torch.randint(1, 31, (256,), generator=g)
    spec = replace(
        jets(8, 0).spec(),
        shape=(30, 3),
        masks=real_places(torch.arange(31), 30),
        given={},
        law={},
    )
    batch = Batch(torch.randn((256, 30, 3), generator=g), real_places(size, 30))
    parts = groups(batch.mask)
    assert len(parts) > 1
    assert sorted(torch.cat([rows for rows, _ in parts]).tolist()) == list(range(256))
    assert all(size[rows].max() == places for rows, places in parts)
    assert sum(len(rows) * places for rows, places in parts) < 0.65 * 256 * 30
    for role in (DENOISER, critic(clock=True)):
        net = awake(made(SetTransformerConfig(**SMALL), role, spec))
        found = {}
        for way in (groups, lambda mask: [Group(slice(None), mask.shape[1])]):
            monkeypatch.setattr(base, "groups", way)
            net.zero_grad()
            said = heard(net, batch, role)
            said.square().sum().backward()
            found[way] = (said.detach(), net.get_parameter("first.weight").grad.clone())
        (one, slope), (other, slope_too) = found.values()
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(slope, slope_too, rtol=1e-3, atol=1e-3)


def test_rows_that_are_full_are_not_sorted_and_none_is_lost_in_between() -> None:
    full = torch.ones((64, 30), dtype=torch.bool)
    assert groups(full) == [Group(slice(None), 30)]
    gaps = torch.zeros((4, 30), dtype=torch.bool)
    gaps[:, 17] = True
    assert groups(gaps) == [Group(slice(None), 18)]
    assert groups(torch.zeros((2, 5), dtype=torch.bool)) == [Group(slice(None), 1)]


def test_cosines_tell_levels_apart_as_they_say() -> None:
    s = torch.tensor([1e-5, 1e-3, 1e-1, 1.0, 10.0, 80.0], dtype=torch.float64)
    c = s.log() / 4
    k = torch.arange(16, dtype=torch.float64)
    wanted = torch.cos(s[:, None] * k.exp() * math.pi / 80)
    # Frequencies are single precision, and the last is 40,000 radians a unit of s.
    torch.testing.assert_close(Cosines("cosine")(c)[:, :8], wanted[:, :8], rtol=1e-4, atol=1e-4)
    place = (s.log() - math.log(1e-5)) / math.log(1e7)
    even = torch.cos(math.pi * place[:, None] * (k + 1))
    torch.testing.assert_close(Cosines("log-cosine")(c), even, rtol=1e-5, atol=1e-5)
    # Two levels of one ratio are as far apart everywhere; as cosines of s they are not.
    near = [(0.003, 0.0036), (0.3, 0.36), (30.0, 36.0)]

    def gaps(name) -> list[float]:
        made = Cosines(name)
        pairs = torch.tensor(near).log() / 4
        return [float((made(p[:1]) - made(p[1:])).norm()) for p in pairs]

    assert min(gaps("log-cosine")) > 0.5 * max(gaps("log-cosine"))


def test_settings_that_a_run_had_before_make_the_network_of_then() -> None:
    """Names, order and values of weights, and what is said, as they were before there were more."""
    config = SetTransformerConfig(**SMALL)
    batch = jets(64, 0).spec().standardised(jets(3, 1).rows(slice(None)))
    expected = {
        "denoiser": [0.92361730, -0.22681105, 0.23988605, 0.97000641, -0.27640691, 0.17546761],
        "critic": [1.59829926, 1.53875244, 2.28374648],
        "generator": [0.52194875, 0.40946597, 0.89837718, -0.17052084, -0.68232894, 0.57398903],
    }
    block = ["before", "mixed", "out", "after", "first", "context", "second"]
    layers = [f"blocks.{i}.{name}" for i in range(2) for name in block]
    names = ["context", "first", *layers, "norm", "last"]
    for role in (DENOISER, critic(clock=True), generator(5)):
        net = awake(made(config, role))
        wanted = [f"{name}.{part}" for name in names for part in ("weight", "bias")]
        wanted = ["marks", *wanted] if role.latent else wanted
        assert [name for name, _ in net.named_parameters()] == wanted
        assert list(net.state_dict()) == wanted
        x = torch.linspace(-1, 1, 15).view(3, 5) if role.latent else batch.x
        said = heard(net, batch.holding(x), role).flatten()[:6]
        torch.testing.assert_close(said, torch.tensor(expected[role.name]), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("config", [SetTransformerConfig, CrossAttentionConfig])
def test_heads_that_do_not_divide_the_width_are_refused(config) -> None:
    with pytest.raises(ConfigError, match="heads: must divide the width, 16, got 3"):
        made(config(width=16, heads=3))
