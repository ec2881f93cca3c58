"""Families of images that may be told the class: the switch, and that what is told is heard."""

from dataclasses import replace

import pytest
import torch

from models.config import decode, replace_at
from models.contracts.abilities import HasPopulation, HasPosterior
from models.contracts.spec import LABEL
from models.kinds.images import images
from models.nets.dcgan import DcganConfig, DcganCritic
from models.nets.given import GivenFeatures
from models.tensors import make_generator
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
    assert (make.told_classes(config), make.told_classes(asked)) == (False, True)

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
