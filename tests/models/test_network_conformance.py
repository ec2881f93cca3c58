"""What every network must do in every role and on every kind of data that it takes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from pushforward.models.config import Pick, describe
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import POSITION, SIZE, DataSpec
from pushforward.models.entries import KindEntry, NetworkEntry
from pushforward.models.nets import role
from pushforward.models.nets.calling import call
from pushforward.models.nets.offered import networks_for
from pushforward.models.nets.pick import build
from pushforward.models.nets.role import DENOISER, RECOMMENDER, Role
from pushforward.models.registry import discover, registry
from pushforward.models.tensors import make_generator
from tests.models import tracks
from tests.models.pairs import NETWORK

SIZES = {**NETWORK, "layers": 2}
"""A layer that hears from another, too."""
LATENT = 5
OUTPUTS = 3
ROLES: dict[str, tuple[Role, ...]] = {
    "denoiser": (DENOISER,),
    "critic": (role.critic(), role.critic(clock=True)),
    "generator": (role.generator(LATENT),),
    "encoder": (role.encoder(OUTPUTS),),
    "noisy-encoder": (role.noisy_encoder(OUTPUTS),),
    "recommender": (RECOMMENDER,),
    "predictor": (role.predictor(OUTPUTS), role.predictor(OUTPUTS, inputs=4)),
}
OF_A_ROW = ("critic", "encoder", "noisy-encoder")
"""Roles in which a network says something of a row with padded places, and not of each place."""


_SPECS: dict[str, DataSpec] = {}


def _spec(kind: KindEntry) -> DataSpec:
    """Return what is said of a kind of data, made once: every case asks for it several times."""
    if kind.slug not in _SPECS:
        _SPECS[kind.slug] = kind.make(60, 0).spec()
    return _SPECS[kind.slug]


@dataclass(frozen=True)
class Case:
    """A network in a role, for a kind of data."""

    entry: NetworkEntry
    role: Role
    kind: KindEntry

    def __str__(self) -> str:
        clock = "-clock" if self.role.clock else ""
        clock += "-numbers" if self.role.inputs else ""
        return f"{self.entry.slug}-{self.role.name}{clock}-{self.kind.slug}"

    @property
    def spec(self) -> DataSpec:
        return _spec(self.kind)

    def build(self, seed: int = 0, **settings: Any) -> nn.Module:
        known = {row["path"] for row in describe(self.entry.config)}
        config = {name: size for name, size in SIZES.items() if name in known}
        pick = Pick(slug=self.entry.slug, config={**config, **settings})
        return build(pick, self.spec, self.role, make_generator(seed))

    def rows(self, n: int = 6) -> Batch:
        """Return rows, or latents with the mask and the conditions of rows."""
        generator = make_generator(1)
        rows = self.spec.example(n, generator)
        if self.role.inputs:
            shape = (*rows.x.shape, self.role.inputs)
            return rows.holding(torch.randn(shape, generator=generator))
        if not self.role.latent:
            return rows
        return rows.holding(torch.randn((n, self.role.latent), generator=generator))

    def clock(self, n: int = 6) -> Tensor | None:
        return torch.rand(n, generator=make_generator(2)) if self.role.clock else None


def _cases() -> list[Case]:
    discover()
    with tracks.known():
        return [
            Case(entry, each, kind)
            for kind in registry.all("kind")
            for name, roles in ROLES.items()
            for entry in networks_for(name, kind.slug)
            for each in roles
        ]


@pytest.fixture(autouse=True, scope="module")
def _known() -> Iterator[None]:
    with tracks.known():
        yield


CASES = _cases()
each_case = pytest.mark.parametrize("case", CASES, ids=str)
CHOICES = [
    pytest.param(case, {row["path"]: choice["value"]}, id=f"{case}-{choice['value']}")
    for case in CASES
    for row in describe(case.entry.config)
    for choice in row["choices"]
]


def awake(net: nn.Module) -> nn.Module:
    """Fill the weights that start at zero, which would hide what depends on what."""
    generator = make_generator(7)
    with torch.no_grad():
        for parameter in net.parameters():
            if not parameter.any():
                parameter.normal_(std=0.3, generator=generator)
    return net


def test_every_network_is_tried_in_every_role_that_it_has():
    found = {(case.entry.slug, case.role.name) for case in CASES}
    assert found == {
        (e.slug, name) for e in registry.all("network") for name in e.roles if name in ROLES
    }
    for kind in registry.all("kind"):
        for name, slug in kind.networks.items():
            assert slug in {entry.slug for entry in networks_for(name, kind.slug)}


@pytest.mark.parametrize(
    ("case", "settings"), [*(pytest.param(c, {}, id=str(c)) for c in CASES), *CHOICES]
)
def test_it_builds_and_has_its_shape(case: Case, settings: dict[str, Any]):
    for n in (1, 6):
        out = call(case.build(**settings), case.rows(n), case.clock(n))
        scores = (*case.spec.shape, (case.spec.symbols or 1) - 1)
        said = {"critic": (1,), "encoder": (OUTPUTS,), "recommender": scores}
        said["noisy-encoder"] = said["encoder"]
        said["predictor"] = (*case.spec.shape, OUTPUTS)
        assert out.shape == (n, *said.get(case.role.name, case.spec.shape))
        assert out.dtype == torch.float32
        assert out.isfinite().all()


@each_case
def test_its_weights_come_from_the_passed_generator_only(case: Case):
    before = torch.get_rng_state()
    one, two, other = (case.build(seed).state_dict() for seed in (0, 0, 1))
    call(case.build(), case.rows(), case.clock())
    assert torch.equal(before, torch.get_rng_state())
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert any(not torch.equal(one[name], other[name]) for name in one)


@each_case
def test_no_row_sees_another(case: Case):
    net, rows, clock = awake(case.build()).train(), case.rows(), case.clock()
    together = call(net, rows, clock)
    alone = [
        call(net, rows.take(slice(i, i + 1)), None if clock is None else clock[i : i + 1])
        for i in range(len(rows))
    ]
    torch.testing.assert_close(together, torch.cat(alone), rtol=1e-4, atol=1e-5)


@each_case
def test_every_weight_and_every_number_has_a_say(case: Case):
    net, rows, clock = awake(case.build()), case.rows(64), case.clock(64)
    numbers = rows.x.is_floating_point()
    x = rows.x.clone().requires_grad_(numbers)
    out = call(net, rows.holding(x), clock)
    # What a network says at padded places is not looked at.
    real = out if case.role.name in OF_A_ROW else rows.zeroed(out)
    real.square().sum().backward()
    silent = [name for name, p in net.named_parameters() if not p.grad.any()]
    assert not silent
    assert not numbers or (x.grad.abs().sum(dim=0) > 0).all()


@pytest.mark.parametrize("case", [c for c in CASES if c.role.clock], ids=str)
def test_the_clock_reaches_the_output(case: Case):
    net, rows, clock = awake(case.build()), case.rows(), case.clock()
    assert clock is not None
    moved = call(net, rows, clock) - call(net, rows, clock + 0.5)
    assert moved.abs().max() > 1e-3


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.spec.given and "encoder" not in c.role.name], ids=str
)
def test_what_is_given_reaches_the_output(case: Case):
    """But for encoders, which are asked what others are told."""
    net, rows, clock = awake(case.build()), case.rows(), case.clock()
    for name, known in case.spec.given.items():
        value = rows.given[name]
        if name in (SIZE, POSITION):
            continue
        other = (value + 1) % known.classes if known.classes else value + 1.0
        told = Batch(rows.x, rows.mask, {**rows.given, name: other})
        assert (call(net, rows, clock) - call(net, told, clock)).abs().max() > 1e-4, name


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.spec.masks is not None and not c.role.latent], ids=str
)
def test_what_stands_at_padded_places_does_not_matter(case: Case):
    net, rows, clock = awake(case.build()), case.rows(12), case.clock(12)
    noise = 100.0 * torch.randn(rows.x.shape, generator=make_generator(3))
    if case.spec.symbols is not None:
        noise = torch.ones_like(rows.x)
    garbled = rows.holding(rows.x + (noise - rows.zeroed(noise)))
    assert not torch.equal(garbled.x, rows.x)
    clean, other = call(net, rows, clock), call(net, garbled, clock)
    if case.role.name not in OF_A_ROW:
        clean, other = rows.zeroed(clean), rows.zeroed(other)
    torch.testing.assert_close(clean, other)


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.role.latent and c.kind.bounds is not None], ids=str
)
def test_a_generator_stays_within_the_values_that_data_can_have(case: Case):
    z = case.rows(40)
    made = case.spec.restore(call(case.build(), z.holding(100.0 * z.x)))
    assert case.kind.bounds is not None
    low, high = case.kind.bounds
    assert low - 1e-6 <= made.min() <= made.max() <= high + 1e-6
