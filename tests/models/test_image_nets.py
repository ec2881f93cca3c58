"""Networks for images: any size, weights from a passed generator, no image sees another."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from pushforward.models.config import ConfigError, Pick
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets import role
from pushforward.models.nets.conv import pyramid
from pushforward.models.nets.dcgan import DcganCritic, DcganGenerator
from pushforward.models.nets.dit import DiT, DiTConfig, places
from pushforward.models.nets.mlp import MLP, TimeMLP
from pushforward.models.nets.pick import build
from pushforward.models.nets.unet import UNet
from pushforward.models.tensors import make_generator

SHAPES = [(1, 8, 8), (1, 28, 28), (3, 32, 32), (2, 9, 5), (1, 1, 1)]
LATENT = 6
Net = Callable[..., nn.Module]
CONVOLUTIONAL = Pick(config={"width": 4})
PICKS = {"convolutional": CONVOLUTIONAL, "mlp": Pick(slug="mlp", config={"width": 8, "depth": 2})}


def spec(shape: tuple[int, ...], kind: str = "images") -> DataSpec:
    return DataSpec(kind, shape, torch.full(shape, 0.2), torch.full(shape, 0.4))


def critic(data: DataSpec, seed: int, pick: Pick = CONVOLUTIONAL) -> nn.Module:
    return build(pick, data, role.critic(), make_generator(seed))


def timed(data: DataSpec, seed: int, pick: Pick = CONVOLUTIONAL) -> nn.Module:
    return build(pick, data, role.critic(clock=True), make_generator(seed))


def maker(data: DataSpec, seed: int, pick: Pick = CONVOLUTIONAL) -> nn.Module:
    return build(pick, data, role.generator(LATENT), make_generator(seed))


def modulated(data: DataSpec, seed: int) -> nn.Module:
    return maker(data, seed, Pick(slug="dcgan", config={"width": 4, "modulated": True}))


def denoiser(data: DataSpec, seed: int, pick: Pick = CONVOLUTIONAL) -> nn.Module:
    return build(pick, data, role.DENOISER, make_generator(seed))


ALL = [critic, timed, maker, denoiser]
each_net = pytest.mark.parametrize("net", ALL)
with_modulated = pytest.mark.parametrize("net", [*ALL, modulated])
each_pick = pytest.mark.parametrize("pick", PICKS.values(), ids=PICKS)


def awake(module: nn.Module) -> nn.Module:
    """Fill the weights that start at zero, which would hide what depends on what."""
    generator = make_generator(7)
    with torch.no_grad():
        for parameter in module.parameters():
            if not parameter.any():
                parameter.normal_(std=0.3, generator=generator)
    return module


def inputs(net: Net, shape: tuple[int, ...], n: int = 5) -> tuple[Tensor, ...]:
    generator = make_generator(1)
    x = torch.randn((n, LATENT) if net in (maker, modulated) else (n, *shape), generator=generator)
    return (x, torch.rand(n, generator=generator)) if net in (timed, denoiser) else (x,)


@pytest.mark.parametrize("shape", SHAPES)
@each_pick
@each_net
def test_any_size(net, pick, shape):
    module = net(spec(shape), 0, pick)
    out = module(*inputs(net, shape))
    assert out.shape == ((5, 1) if net in (critic, timed) else (5, *shape))
    assert out.isfinite().all()


@each_pick
@each_net
def test_weights_come_from_the_passed_generator_only(net, pick):
    before = torch.get_rng_state()
    one, two, other = (net(spec((1, 8, 8)), seed, pick).state_dict() for seed in (0, 0, 1))
    assert torch.equal(before, torch.get_rng_state())
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert any(not torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 28, 28)])
@with_modulated
def test_no_image_sees_another(net, shape):
    module = awake(net(spec(shape), 0)).train()
    told = inputs(net, shape)
    together = module(*told)
    alone = torch.cat([module(*(part[i : i + 1] for part in told)) for i in range(5)])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 28, 28)])
@with_modulated
def test_every_weight_and_every_pixel_has_a_say(net, shape):
    module = awake(net(spec(shape), 0))
    x, *told = inputs(net, shape)
    x.requires_grad_()
    module(x, *told).square().sum().backward()
    silent = [name for name, p in module.named_parameters() if not p.grad.any()]
    assert not silent
    assert (x.grad.abs().sum(dim=0) > 0).all()


@pytest.mark.parametrize("net", [timed, denoiser])
def test_the_time_reaches_the_output(net):
    module = awake(net(spec((1, 8, 8)), 0))
    x, t = inputs(net, (1, 8, 8))
    assert (module(x, t) - module(x, t + 0.5)).abs().max() > 1e-3


def test_a_critic_starts_the_same_at_all_times():
    module = timed(spec((1, 8, 8)), 0)
    x, t = inputs(timed, (1, 8, 8))
    assert torch.equal(module(x, t), module(x, t + 0.5))


def test_images_of_a_modulated_generator_differ_as_a_whole():
    """Normalised by itself, each is about as bright as all others, until it learns not to be."""
    (z,) = inputs(maker, (3, 8, 8), n=500)
    plain, lit = (
        net(spec((3, 8, 8)), 0)(z).mean(dim=(2, 3)).std(dim=0) for net in (maker, modulated)
    )
    assert (lit > 3.0 * plain).all()


def test_a_u_net_starts_at_zero():
    assert not denoiser(spec((1, 8, 8)), 0)(*inputs(denoiser, (1, 8, 8))).any()


@each_pick
def test_generated_pixels_stay_between_black_and_white(pick):
    data = spec((1, 8, 8))
    z = 100.0 * torch.randn((50, LATENT), generator=make_generator(0))
    images = data.restore(maker(data, 0, pick)(z))
    assert images.min() >= -1e-6
    assert images.max() <= 1 + 1e-6
    assert images.max() - images.min() > 0.5


def test_points_get_a_fully_connected_network():
    data = spec((2,), "points")
    assert isinstance(critic(data, 0), MLP)
    assert isinstance(maker(data, 0), MLP)
    assert isinstance(timed(data, 0), TimeMLP)
    assert isinstance(denoiser(data, 0), TimeMLP)
    sizes = {tuple(p.shape) for p in critic(data, 0).parameters()}
    assert (4, 2) in sizes


def test_images_get_what_was_chosen():
    data = spec((1, 8, 8))
    assert isinstance(critic(data, 0), DcganCritic)
    assert isinstance(maker(data, 0).net, DcganGenerator)
    assert isinstance(denoiser(data, 0), UNet)
    for net in ALL:
        parts = [type(part) for part in net(data, 0, PICKS["mlp"]).modules()]
        assert nn.Conv2d not in parts
        assert nn.ConvTranspose2d not in parts


def test_a_pyramid_ends_in_small_sides():
    assert pyramid((28, 28)) == [(28, 28), (14, 14), (7, 7), (4, 4)]
    assert pyramid((9, 5), 3) == [(9, 5), (5, 3), (3, 2)]
    assert pyramid((1, 1)) == [(1, 1)]


@each_pick
@pytest.mark.parametrize("brightness", [0.0, 0.13, 0.5, 1.0])
def test_a_generator_starts_as_bright_as_the_data(pick, brightness):
    """Where the network says nothing: from grey, dark data are too far for a learned score."""
    shape = (1, 28, 28)
    data = DataSpec("images", shape, torch.full(shape, brightness), torch.full(shape, 0.3))
    net = maker(data, 0, pick)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.zero_()
        pixels = data.restore(net(torch.randn((5, LATENT), generator=make_generator(1))))
    assert pixels.sub(brightness).abs().max() <= 0.021
    assert 0.0 < pixels.min() <= pixels.max() < 1.0, "no pixel is where its slope vanishes"


class TestDiT:
    """Patches, places, and blocks that begin as if they were not there."""

    def made(self, shape: tuple[int, int, int], patch: int = 2, layers: int = 2) -> DiT:
        config = DiTConfig(width=16, layers=layers, heads=2, patch=patch)
        return DiT(config, shape, generator=make_generator(0))

    @pytest.mark.parametrize("shape", SHAPES)
    def test_patches_are_put_back_where_they_were(self, shape):
        net = self.made(shape, patch=3)
        x = torch.randn((4, *shape), generator=make_generator(1))
        tokens = net._tokens(x)
        assert tokens.shape[1] == net.grid[0] * net.grid[1]
        back = net._image(tokens)
        assert torch.equal(back[..., : shape[1], : shape[2]], x)
        assert not back[..., shape[1] :, :].any()

    def test_blocks_are_the_identity_at_first_and_nothing_is_said(self):
        x = torch.randn((3, 1, 8, 8), generator=make_generator(1))
        net, clock = self.made((1, 8, 8)), torch.rand(3)
        assert not net(x, clock).any()
        h = torch.randn((3, 16, 16), generator=make_generator(2))
        context = torch.randn((3, 16), generator=make_generator(3))
        for block in net.blocks:
            assert torch.equal(block(h, context, False), h)

    def test_no_two_places_look_alike_and_rows_are_not_columns(self):
        found = places(5, 7, 16)
        far = torch.cdist(found.double(), found.double()).fill_diagonal_(1.0)
        assert far.min() > 0.1
        assert torch.equal(places(7, 5, 16)[1, 8:], found[1, 8:])  # one to the right
        grid = found.unflatten(0, (5, 7))
        assert torch.equal(grid[2, 3, :8], grid[2, 5, :8])
        # What is between two places depends on how far they are apart alone.
        dots = (grid[:, 0, :8] @ grid[:, 0, :8].T).diagonal(1)
        torch.testing.assert_close(dots, dots[:1].expand_as(dots))

    def test_without_places_it_would_not_know_their_order(self):
        """Tokens in another order, with their places, are what they were, in that order."""
        net = awake(self.made((1, 8, 8)))
        assert isinstance(net, DiT)
        x, clock = torch.randn((2, 1, 8, 8), generator=make_generator(1)), torch.tensor([0.1, 0.7])
        turned = torch.roll(x, 2, dims=3)  # by one patch
        assert not torch.allclose(net(turned, clock), torch.roll(net(x, clock), 2, dims=3))
        net.where.zero_()
        found, expected = net(turned, clock), torch.roll(net(x, clock), 2, dims=3)
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)

    def test_written_out_it_is_the_same_and_has_second_derivatives(self):
        net = awake(self.made((1, 6, 6)))
        x = torch.randn((3, 1, 6, 6), generator=make_generator(1))
        clock = torch.rand(3, generator=make_generator(2))
        fused = net(x, clock)
        written = net(x.requires_grad_(), clock)
        torch.testing.assert_close(written, fused)
        (slope,) = torch.autograd.grad(written.square().sum(), x, create_graph=True)
        slope.square().sum().backward()
        assert x.grad is not None
        assert x.grad.isfinite().all()

    @pytest.mark.parametrize(
        ("config", "words"),
        [
            ({"width": 20, "heads": 3}, "must divide the width, 20; got 3"),
            ({"width": 10, "heads": 2}, "a multiple of 4, got 10"),
        ],
    )
    def test_a_width_that_does_not_fit_is_refused(self, config, words):
        with pytest.raises(ConfigError, match=words):
            denoiser(spec((1, 8, 8)), 0, Pick(slug="dit", config=config))
