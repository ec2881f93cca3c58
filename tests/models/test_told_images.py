"""Families of images that may be told the class: the switch, and that what is told is heard."""

from dataclasses import replace

import pytest
import torch

from pushforward.models.config import decode, encode, replace_at
from pushforward.models.contracts.abilities import HasPopulation, HasPosterior
from pushforward.models.contracts.spec import LABEL
from pushforward.models.kinds.images import images
from pushforward.models.nets.dcgan import DcganConfig, DcganCritic, DcganGenerator
from pushforward.models.nets.given import GivenFeatures
from pushforward.models.nets.mlp import MLP, MLPConfig, TimeMLP
from pushforward.models.nets.pick import filled
from pushforward.models.registry import registry
from pushforward.models.settle import settle
from pushforward.models.tensors import make_generator
from tests.models.pairs import PAIRS, Pair, build, each, small

TOLD = replace(images(400, 0), told=True)
"""Squares whose side is their class, and is told."""
SPEC = TOLD.spec()
ASKED = [
    pair
    for pair in PAIRS
    if pair.kind.slug == "images" and "conditional" in pair.entry.config.__struct_fields__
]


def taught(pair: Pair, steps: int, settings=None):
    family = build(pair, settings, spec=SPEC, horizon=max(40, steps))
    for i in range(steps):
        rows = torch.randint(400, (16,), generator=make_generator(i, 9))
        family.step(SPEC.standardised(TOLD.rows(rows)))
    return family


def drawn(family, label: int, n: int = 4):
    latents = family.prior(n, make_generator(0, 3), given={LABEL: torch.tensor(label)})
    *_, last = family.flow(latents, generator=make_generator(0, 4))
    return last.x


def test_whatever_learns_images_can_be_told_the_class():
    """But for what takes over that of its teacher."""
    able = {pair.entry.slug for pair in ASKED}
    of_images = {pair.entry.slug for pair in PAIRS if pair.kind.slug == "images"}
    students = {pair.entry.slug for pair in PAIRS if pair.entry.inputs}
    assert of_images - able - students == set()


@each(ASKED)
def test_the_switch_is_said_and_what_is_told_is_heard(pair: Pair):
    settings = small(pair)
    config = decode(pair.entry.config, settings)
    asked = decode(pair.entry.config, replace_at(settings, "conditional", True))
    make = pair.entry.make
    assert (make.needs_classes(config), make.needs_classes(asked)) == (False, True)

    family = taught(pair, 3)
    if isinstance(family, HasPopulation):
        assert family.prior(8, make_generator(0)).given[LABEL].shape == (8,)
        return
    if isinstance(family, HasPosterior):
        latents = [
            family.prior(4, make_generator(0, 3), given={LABEL: torch.tensor(k)}) for k in (0, 2)
        ]
        assert not torch.equal(*(family.posterior(rows, 0.5) for rows in latents))
        return
    assert not torch.equal(drawn(family, 0), drawn(family, 2))


def test_a_vae_makes_what_it_is_asked_for():
    """Squares of 4, 9 or 16 of 64 pixels; without the switch all classes are one mean."""
    pair = next(pair for pair in ASKED if pair.entry.slug == "vae")
    settings = replace_at(replace_at(small(pair, 16), "optimizer.lr", 0.01), "latent", 2)
    family = taught(pair, 300, settings)
    light = [float(SPEC.restore(drawn(family, k, 64)).mean()) for k in range(3)]
    for found, side in zip(light, (2, 3, 4), strict=True):
        assert found == pytest.approx(side**2 / 64, abs=0.03)


def test_a_critic_weighs_what_it_sees_by_the_class():
    """f(x, y) = <w, phi(x)> + <V y, phi(x)> / sqrt(d): by hand, and the plain critic without it."""
    told = GivenFeatures(SPEC)
    net = DcganCritic(DcganConfig(width=4), (1, 8, 8), generator=make_generator(0), told=told)
    plain = DcganCritic(DcganConfig(width=4), (1, 8, 8), generator=make_generator(0))
    x, label = torch.randn((5, 1, 8, 8), generator=make_generator(1)), torch.arange(5) % 3
    torch.testing.assert_close(net(x, None, {LABEL: label}), plain(x))
    with torch.no_grad():
        net.weighs.weight.normal_(generator=make_generator(2))
        seen: list[torch.Tensor] = []
        net.last.register_forward_hook(lambda m, taken, out: seen.append(taken[0]))
        found = net(x, None, {LABEL: label})
    by_hand = (net.weighs.weight.T[label] * seen[0]).sum(dim=1, keepdim=True)
    expected = plain(x) + by_hand / seen[0].shape[1] ** 0.5
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(net(x), plain(x))


def generator_of_images(config: MLPConfig, dim_in: int, dim_out: int, **settings) -> DcganGenerator:
    return DcganGenerator(DcganConfig(balanced=config.balanced), dim_in, (1, 8, 8), **settings)


@pytest.mark.parametrize("make", [MLP, TimeMLP, generator_of_images])
@pytest.mark.parametrize(("balanced", "share"), [(False, 1 / 64), (True, 1.0)])
def test_a_balanced_network_hears_a_class_as_loudly_as_all_pixels_together(make, balanced, share):
    """What the first layer says of a class, in units of what it says of unit Gaussian pixels."""
    config = MLPConfig(width=512, balanced=balanced)
    net = make(config, 64, 1, generator=make_generator(0), told=GivenFeatures(SPEC))
    said: list[torch.Tensor] = []
    first = net.first if isinstance(net, DcganGenerator) else net.layers[0]
    first.register_forward_hook(lambda layer, taken, out: said.append(out.detach()))
    x, none = torch.randn((64, 64), generator=make_generator(1)), torch.full((64,), -1)
    with torch.no_grad():
        for pixels, label in ((x * 0, none), (x, none), (x * 0, torch.arange(64) % 3)):
            net(pixels, torch.zeros(64), {LABEL: label})
    silent, pixels, label = said
    found = (label - silent).square().mean() / (pixels - silent).square().mean()
    assert float(found) == pytest.approx(share, rel=0.15)


@pytest.mark.parametrize(
    ("slug", "field", "net"),
    [
        ("ddgan", "critic", "mlp"),
        ("energy-based", "energy", "mlp"),
        ("recovery-likelihood", "energy", "mlp"),
        ("score-flow", "net", "mlp"),
        ("score-gan", "net", "mlp"),
        ("score-gan", "generator", "mlp"),
        ("score-gan", "generator", "dcgan"),
    ],
)
def test_networks_that_were_written_down_before_hear_a_class_as_they_did(slug, field, net):
    entry = registry.get("family", slug)

    def read(data):
        whole = filled(entry, entry.upgrade(data, "images"), "images")
        return encode(settle(entry.config, whole, "images"))

    today = read({field: {"slug": net, "config": {"width": 32}}})
    assert today[field]["config"]["balanced"]
    then = {k: v for k, v in today[field]["config"].items() if k != "balanced"}
    old = read({**today, field: {"slug": net, "config": then}})
    assert not old[field]["config"]["balanced"]
    assert {**old, field: today[field]} == today
    assert read(today) == today
