"""DiGress with types: rows and symbols, the bound as the path has it, and a law that is learned."""

import pytest
import torch
from torch import Tensor

from pushforward.models.config import decode
from pushforward.models.data.organisations import OrganisationsConfig, organisations
from pushforward.models.families.graphs.masked_types import MaskedTypes, MaskedTypesConfig
from pushforward.models.kinds.labelled_graphs import LabelledSet
from pushforward.models.kinds.molecules import MoleculeSet, molecules
from pushforward.models.layouts.graphs import unpack_types
from pushforward.models.tensors import make_generator

CPU = torch.device("cpu")
SMALL = {"net": {"config": {"width": 12, "pairs": 8, "products": 4, "layers": 1}}}


def model(data: MoleculeSet | LabelledSet, horizon: int = 10, **settings: object) -> MaskedTypes:
    fast = {"kind": "adam", "lr": 0.02, "schedule": "cosine"}
    config = decode(MaskedTypesConfig, {**SMALL, "ema": 0.0, "optimizer": fast, **settings})
    return MaskedTypes(config, data.spec(), horizon=horizon, seed=0, device=CPU)


def wild(made: MaskedTypes) -> MaskedTypes:
    for net in (made.trained.net, made.trained.averaged):
        for stream, weight in enumerate(net.parameters()):
            weight.data.normal_(std=0.5, generator=make_generator(0, stream))
    return made


def test_rows_are_read_as_symbols_and_written_as_they_were():
    data = molecules(20, 0)
    made, rows = model(data), data.rows(slice(None))
    found = made.symbols(rows)
    atoms, bonds = data.unpacked
    real = made.places(rows)
    joined = torch.cat([atoms, made.packing.flat(bonds)], dim=1)
    assert torch.equal(found[real], joined[real])
    assert torch.equal(made.row(rows, found), rows.x)
    masked = torch.cat([torch.full_like(atoms, 9), torch.full_like(found[:, 3:], 4)], dim=1)
    assert made.types == (9, 4)
    assert not made.row(rows, masked).any()
    assert torch.equal(made.symbols(rows.holding(made.row(rows, masked)))[real], masked[real])


def test_what_no_datum_is_of_is_neither_drawn_nor_known():
    data = organisations(OrganisationsConfig(), 12, 0)
    made, rows = wild(model(data, steps=4)), data.rows(slice(None))
    assert made.types == (3, 3)
    assert torch.equal(made.row(rows, made.symbols(rows)), rows.x)
    latents = made.prior(200, make_generator(1))
    *_, last = made.flow(latents, generator=make_generator(2))
    types, edges = unpack_types(last.x, made.packing)
    assert set(types.unique().tolist()) == {0, 1, 2} == set(edges.unique().tolist())
    types, edges = data.unpacked
    types[:, 0] = 3
    other = data.of(types, edges, data.size).rows(slice(None))
    with pytest.raises(ValueError, match="3 types of nodes and 2 of edges"):
        made.completing(rows, other.x, other.mask)
    with pytest.raises(ValueError, match="3 types of nodes and 2 of edges"):
        next(made.revising(other, 0.5))


def test_the_bound_is_that_of_the_path_at_every_time():
    data = molecules(4, 1)
    made, rows = wild(model(data, steps=6)), data.rows(slice(None))
    places = made.places(rows)
    truth = made.symbols(rows) * places
    rng, net = make_generator(0), made.trained.averaged
    expected, shown = torch.zeros(4), 0
    for _ in range(15):
        for t in range(1, 7):
            then = torch.full((4,), t)
            at = made._corrupted(truth, then, torch.rand(truth.shape, generator=rng))
            with torch.no_grad():
                clean = made._clean(net, rows, at)
                missed = made._missed(net, rows, truth, at, then) / t
            sides = zip(made.paths, clean, *map(made._split, (truth, at)), strict=True)
            terms = torch.cat([p.bound(c, r, x, then) for p, c, r, x in sides], dim=1)
            torch.testing.assert_close((missed * places), terms * places, atol=1e-3, rtol=1e-3)
            expected, shown = expected + (terms * places).sum(dim=1), shown + 1
    assert expected.min() > 1.0
    bounds = torch.stack([
        made.log_prob_bound(rows.take(torch.arange(4).repeat(60))).view(60, 4).mean(dim=0)
    ])[0]  # fmt: skip
    torch.testing.assert_close(-bounds, expected / 15, rtol=0.1, atol=0.3)


def test_types_of_nodes_and_pairs_go_together_as_in_the_data():
    """Two carbons are joined once, two nitrogens twice: each by itself they would be half wrong."""
    atoms = torch.tensor([[0, 0], [1, 1]]).repeat(16, 1)
    bonds = torch.zeros((32, 2, 2), dtype=torch.long)
    bonds[:, 0, 1] = bonds[:, 1, 0] = atoms[:, 0] + 1
    data = MoleculeSet.of(atoms, bonds, torch.full((32,), 2))
    made = model(data, 120, steps=12)
    for _ in range(120):
        made.step(data.spec().standardised(data.rows(slice(None))))
    latents = made.prior(400, make_generator(1))
    *_, last = made.flow(latents, generator=make_generator(2))
    found: Tensor = made.symbols(latents.holding(last.x))
    right = (found[:, 0] == found[:, 1]) & (found[:, 2] == found[:, 0] + 1)
    assert right.double().mean() > 0.9
    assert 0.35 < (found[:, 0] == 0).double().mean() < 0.65
