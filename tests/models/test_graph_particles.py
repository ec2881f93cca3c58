"""Rows that move to graphs: whatever moves them, no numbering of the nodes says where to."""

from typing import Any

import pytest
import torch
from torch import Tensor

from pushforward.models.carriers.population_family import PopulationFamily
from pushforward.models.config import Pick, decode
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.family import Family
from pushforward.models.kinds.graphs import GraphSet, graphs
from pushforward.models.layouts.graphs import pack
from pushforward.models.nets import role
from pushforward.models.nets.calling import call
from pushforward.models.nets.pick import build, filled
from pushforward.models.registry import discover, registry
from pushforward.models.tensors import make_generator
from tests.models.graph_orders import permuted, renumbered

discover()
SET = graphs(24, 0)
OTHER, _ = renumbered(SET, 1)
OF_ROWS = {"critic": {"slug": "mlp", "config": {"width": 32}}}
STEPS = 4


def turned(rows: Batch, seed: int) -> tuple[Batch, Tensor]:
    """Return rows whose nodes have other numbers, and in which order they are."""
    other, order = renumbered(GraphSet(rows.x, rows.given["size"], SET.feature), seed)
    return rows.holding(other.x), order


def moved(slug: str, config: dict[str, Any], *, otherwise: bool) -> tuple[Tensor, Batch]:
    """Train a few steps, and return which particles are where; all graphs and all particles may be
    numbered otherwise, which is then taken back.
    """
    entry = registry.get("family", slug)
    settings = decode(entry.config, filled(entry, config, "graphs"))
    spec, data = SET.spec(), OTHER if otherwise else SET
    family = entry.make(settings, spec, horizon=STEPS, seed=0, device=torch.device("cpu"))
    assert isinstance(family, Family)
    population = isinstance(family, PopulationFamily)
    start = family.carrier.rows if population else family.prior(16, make_generator(2))
    rows, order = turned(start, 3)
    if otherwise and population:
        family.carrier.x = rows.x
    for index in range(STEPS):
        chosen = torch.arange(8 * index, 8 * index + 8) % len(SET)
        family.step(spec.standardised(data.rows(chosen)))
    if not population:
        *_, last = family.flow(rows if otherwise else start, generator=make_generator(4))
        found = last.x
    else:
        found = family.carrier.x
    if not otherwise:
        return permuted(found, order, SET.packing) * rows.mask, rows
    return found, rows


FLOWS = {
    "mmd-flow": {"population": 16, "injection": 0.0},
    "monoflow": {"population": 16},
    "discriminator-flow": {"steps": 6, "speed": 20.0},
}


@pytest.mark.parametrize("slug", FLOWS)
def test_particles_move_as_their_nodes_are_numbered(slug: str) -> None:
    """All training graphs may be numbered anew, each in its own way, and all particles."""
    one, rows = moved(slug, FLOWS[slug], otherwise=False)
    two, _ = moved(slug, FLOWS[slug], otherwise=True)
    start = rows.x
    assert float((one - start).abs().max()) > 0.1, "they move"
    torch.testing.assert_close(two, one, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("slug", ["monoflow", "discriminator-flow"])
def test_a_critic_of_rows_leads_elsewhere_by_other_numbers(slug: str) -> None:
    config = {**FLOWS[slug], **OF_ROWS}
    one, _ = moved(slug, config, otherwise=False)
    two, _ = moved(slug, config, otherwise=True)
    assert float((one - two).abs().max()) > 0.1


@pytest.mark.parametrize("clock", [False, True])
def test_a_critic_of_invariants_sees_neither_numbers_nor_padding(clock: bool) -> None:
    spec = SET.spec()
    each = role.critic(clock=clock)
    pick = Pick(slug="invariant-mlp", config={"width": 16})
    net = build(pick, spec, each, make_generator(0)).double()
    noise = torch.randn(SET.x.shape, generator=make_generator(5), dtype=torch.float64)
    rows = SET.rows(slice(None))
    rows = rows.holding(rows.zeroed(rows.x + noise))
    other, order = turned(rows, 6)
    when = torch.linspace(0.0, 1.0, len(rows)).double() if clock else None

    def slope(at: Batch) -> tuple[Tensor, Tensor]:
        x = at.x.clone().requires_grad_()
        said = call(net, at.holding(x), when)[:, 0]
        (way,) = torch.autograd.grad(said.sum(), x)
        return said.detach(), at.zeroed(way)

    value, way = slope(rows)
    again, turned_way = slope(other)
    assert float(value.std()) > 1e-3
    torch.testing.assert_close(again, value, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(turned_way, permuted(way, order, SET.packing) * other.mask)
    junk = rows.holding(torch.where(rows.mask, rows.x, 9.0))
    torch.testing.assert_close(slope(junk)[0], value)


def test_a_critic_of_invariants_tells_what_has_other_cycles() -> None:
    """A ring of six and two triangles have the same degrees, and are at once told apart."""
    ring = torch.zeros(6, 6, dtype=torch.bool)
    two = ring.clone()
    for i in range(6):
        ring[i, (i + 1) % 6] = ring[(i + 1) % 6, i] = True
        two[i, 3 * (i // 3) + (i + 1) % 3] = two[3 * (i // 3) + (i + 1) % 3, i] = True
    both, size = torch.stack([ring, two]), torch.tensor([6, 6])
    assert torch.equal(both.sum(2)[0], both.sum(2)[1])
    set_ = GraphSet(pack(both, size), size)
    net = build(Pick(slug="invariant-mlp"), set_.spec(), role.critic(), make_generator(0))
    first, second = call(net, set_.rows(slice(None)))[:, 0].tolist()
    assert abs(first - second) > 1e-3
