"""What every family does on images that says it can: the laws of points hold for them too."""

import json
from typing import Any

import pytest
import torch
from safetensors.torch import load, save
from torch import Tensor

from models.config import ConfigError, decode, describe, encode, replace_at
from models.contracts.abilities import HasCritic, HasDenoiser, HasLatent, HasVelocity
from models.contracts.family import Family
from models.contracts.state import State
from models.kinds.images import ImageSet
from models.registry import Entry, discover, registry
from models.tensors import make_generator

discover()
FAMILIES = [entry for entry in registry.all("family") if "images" in entry.modalities]
SHAPE = (1, 8, 8)
CPU = torch.device("cpu")
SMALL = {
    **{"width": 4, "units": 16, "layers": 1, "latent": 8, "population": 16},
    # Networks that start at zero wake layer by layer: a teacher needs some steps, and so do others.
    "teacher_share": 0.3,
}


def pictures() -> ImageSet:
    generator = make_generator(0, 8)
    x = torch.rand((64, *SHAPE), generator=generator) * torch.linspace(0, 1, 8)
    return ImageSet(x, torch.arange(64) % 4, ("a", "b", "c", "d"))


DATA = pictures()


def settings(entry: Entry, kind: str = "convolutional") -> dict[str, Any]:
    """Return the defaults for images with every network small, and of a kind; few flow steps."""
    data = encode(decode(entry.config, entry.filled({}, "images")))
    for row in describe(entry.config):
        name = row["path"].rpartition(".")[2]
        if name in SMALL:
            data = replace_at(data, row["path"], SMALL[name])
        if name == "kind" and "images" in row["modalities"]:
            data = replace_at(data, row["path"], kind)
        if row["path"] == "steps":
            data = replace_at(data, "steps", 4)
    return data


CASES = [
    pytest.param(entry, kind, id=f"{entry.slug}-{kind}")
    for entry in FAMILIES
    for kind in ("convolutional", "mlp")
]
each_case = pytest.mark.parametrize(("entry", "kind"), CASES)
each_family = pytest.mark.parametrize("entry", FAMILIES, ids=lambda entry: entry.slug)


def build(entry: Entry, kind: str = "convolutional", *, seed: int = 0) -> Family[Any]:
    config = decode(entry.config, settings(entry, kind))
    family = entry.make(config, DATA.spec(), horizon=20, seed=seed, device=CPU)
    assert isinstance(family, Family[Any])
    return family


def batch(index: int, size: int = 8) -> Tensor:
    rows = torch.randint(len(DATA.x), (size,), generator=make_generator(index, 9))
    return DATA.spec().standardise(DATA.x[rows])


def train(family: Family[Any], start: int, stop: int) -> list[dict[str, float]]:
    steps = [family.step(batch(i)) for i in range(start, stop)]
    return [{name: float(value) for name, value in step.items()} for step in steps]


def samples(family: Family[Any], n: int = 5) -> Tensor:
    latents = family.prior(n, make_generator(0, 3))
    *_, last = family.flow(latents, generator=make_generator(0, 4))
    return last.x


def through_disk(state: State) -> State:
    return State(load(save(state.tensors)), json.loads(json.dumps(state.values)))


def test_there_are_families_of_images():
    assert {"edm", "gan", "discriminator-flow"} <= {entry.slug for entry in FAMILIES}


@each_case
def test_resume_is_exact(entry: Entry, kind: str):
    straight = build(entry, kind)
    expected = train(straight, 0, 10)
    first = build(entry, kind)
    found = train(first, 0, 5)
    second = build(entry, kind, seed=99)
    second.load_state(through_disk(first.state()))
    found += train(second, 5, 10)
    assert found == expected
    one, other = straight.state(), second.state()
    assert one.tensors.keys() == other.tensors.keys()
    assert all(torch.equal(one.tensors[name], other.tensors[name]) for name in one.tensors)
    assert torch.equal(samples(straight), samples(second))


@each_case
def test_a_step_is_finite_and_moves_every_weight(entry: Entry, kind: str):
    family = build(entry, kind)
    before = family.state()
    steps = train(family, 0, 14)
    after = family.state()
    values = torch.tensor([list(step.values()) for step in steps if step.keys() == steps[0].keys()])
    assert values.isfinite().all()
    weights = [n for n, x in before.tensors.items() if x.is_floating_point() and x.numel() > 1]
    # Where particles started is part of the state, and stays.
    weights = [n for n in weights if not n.endswith("/start")]
    still = [n for n in weights if torch.equal(before.tensors[n], after.tensors[n])]
    assert weights
    assert not still, f"never moved: {still}"


@each_family
def test_frames_are_images(entry: Entry):
    family = build(entry)
    train(family, 0, 2)
    before = torch.get_rng_state()
    frames = list(family.flow(family.prior(5, make_generator(0, 3))))
    assert torch.equal(before, torch.get_rng_state())
    assert frames[-1].t == 1.0
    assert all(frame.x.shape == (5, *SHAPE) for frame in frames)
    assert all(frame.x.isfinite().all() for frame in frames)
    *_, some = family.flow(family.prior(5, make_generator(0, 3))[:2])
    torch.testing.assert_close(frames[-1].x[:2], some.x, rtol=1e-3, atol=1e-4)


@each_family
def test_layers_and_capabilities_have_their_shapes(entry: Entry):
    family = build(entry)
    train(family, 0, 1 + max([1, *(phase.start for phase in family.phases)]))
    x = torch.randn((3, *SHAPE), generator=make_generator(0))
    for layer in family.layers:
        if layer.name == "log-density":
            continue  # as many network passes as there are pixels
        value = family.layer(layer.name, x, 0.5)
        assert value.shape == ((3,) if layer.kind == "scalar" else (3, *SHAPE))
        assert value.isfinite().all()
    if isinstance(family, HasVelocity):
        assert family.velocity(x, 0.5).shape == x.shape
    if isinstance(family, HasCritic):
        assert family.critic(x).shape == (3,)
    if isinstance(family, HasDenoiser):
        assert family.denoise(x, torch.tensor(0.5)).shape == x.shape
    if isinstance(family, HasLatent):
        z = family.prior(3, make_generator(0, 3))
        assert torch.equal(family.push(z), list(family.flow(z))[-1].x)


def nets(entry: Entry) -> bool:
    """Whether it has a network that sees images: a kernel has none."""
    return any("images" in row["modalities"] for row in describe(entry.config))


each_with_nets = pytest.mark.parametrize(
    "entry", [e for e in FAMILIES if nets(e)], ids=lambda entry: entry.slug
)


@each_with_nets
def test_settings_are_for_points_or_for_images(entry: Entry):
    rows = describe(entry.config)
    kinds = {tuple(row["modalities"]) for row in rows}
    assert {("points",), ("images",)} <= kinds
    for row in rows:
        name, _, field = row["path"].partition(".")
        if field in ("width", "depth", "activation"):
            assert row["modalities"] == (["images"] if name.startswith("image_") else ["points"])


@each_family
def test_what_is_for_points_changes_nothing(entry: Entry):
    data = settings(entry)
    for row in describe(entry.config):
        if row["modalities"] == ["points"] and row["path"].endswith("width"):
            data = replace_at(data, row["path"], 9)
    config = decode(entry.config, data)
    other = entry.make(config, DATA.spec(), horizon=20, seed=0, device=CPU)
    assert train(other, 0, 2) == train(build(entry), 0, 2)


@each_with_nets
def test_the_kind_of_network_matters(entry: Entry):
    one, other = build(entry, "convolutional"), build(entry, "mlp")
    assert one.state().tensors.keys() != other.state().tensors.keys()
    with pytest.raises(ValueError, match="saved state"):
        other.load_state(one.state())


def test_a_family_of_points_refuses_images():
    for entry in registry.all("family"):
        if "images" in entry.modalities:
            continue
        with pytest.raises((ConfigError, ValueError)):
            entry.make(entry.config(), DATA.spec(), horizon=20, seed=0, device=CPU)
