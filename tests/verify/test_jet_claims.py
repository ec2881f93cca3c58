"""Claims about jets that need no training hold, and nulls are what they say."""

import pytest
import torch

import pushforward.verify as package
from pushforward.models.kinds.jets import constituents, jets, masses
from pushforward.models.metrics.memory.distance import features_of
from pushforward.models.registry import discover, registry
from pushforward.models.tensors import make_generator
from pushforward.verify.jets.jet_novelty import align, authentic_shares, turn_and_mirror
from pushforward.verify.jets.jet_nulls import NULLS, nearest_training

discover([package.__name__])


@pytest.mark.parametrize(
    "slug", ["D1", "D10", *(pytest.param(slug, marks=pytest.mark.slow) for slug in ("D2", "D3"))]
)
def test_a_claim_holds_and_its_nulls_miss_it(slug):
    result = registry.get("experiment", slug).make()
    assert result.passed, result.figure


REAL = jets(400, 0).rows(slice(None))


@pytest.mark.parametrize("title", NULLS)
def test_a_null_has_jets_of_the_same_types_and_changes_no_real_one(title):
    before = REAL.x.clone()
    made = NULLS[title](REAL, make_generator(1))
    assert torch.equal(REAL.x, before)
    assert len(made) == len(REAL)
    counts = [torch.bincount(batch.given["label"]) for batch in (made, REAL)]
    assert torch.equal(*counts)
    assert torch.equal(made.given["size"], made.mask.sum(dim=1))
    assert (made.x[~made.mask] == 0.0).all()
    assert not torch.equal(made.x, REAL.x)


def of_type(batch, kind):
    return batch.take(batch.given["label"] == kind)


def test_a_shuffle_keeps_what_stands_at_each_rank_and_may_keep_sums_or_masses():
    plain, summed, binned = (made(REAL, make_generator(2)) for made in list(NULLS.values())[:3])
    for made in (plain, binned):
        for kind in (0, 1):
            for place in range(6):
                one, other = (of_type(batch, kind).x[:, place].sum(dim=0) for batch in (made, REAL))
                torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-3)
    sums = [constituents(batch.x, batch.mask)[1].sum(axis=1) for batch in (summed, REAL)]
    assert sums[0] == pytest.approx(sums[1], rel=1e-4)
    assert constituents(plain.x, plain.mask)[1].sum(axis=1) != pytest.approx(sums[1], rel=0.1)
    follows = []
    for made in (plain, binned):
        pair = [masses(batch.x, batch.mask) for batch in (of_type(made, 1), of_type(REAL, 1))]
        follows.append(float(torch.corrcoef(torch.stack(pair))[0, 1]))
    assert abs(follows[0]) < 0.2
    assert follows[1] > 0.4


def test_other_jets_are_the_same_jets_under_other_conditions():
    """Every figure of how jets are spread is that of real ones: only a jet by jet one can tell."""
    made = NULLS["conditions of other jets of the type"](REAL, make_generator(3))
    for kind in (0, 1):
        one, other = (
            masses(b.x, b.mask).sort().values for b in (of_type(made, kind), of_type(REAL, kind))
        )
        assert torch.equal(one, other)
    pair = torch.stack([masses(batch.x, batch.mask) for batch in (made, REAL)])
    narrow = pair[:, REAL.given["label"] == 0]
    assert abs(torch.corrcoef(narrow)[0, 1]) < 0.2


def test_the_nearest_type_of_two_is_the_other_one():
    made = NULLS["nearest other type"](REAL, make_generator(4))
    known = {tuple(x.flatten().tolist()) for x in of_type(REAL, 1).x}
    assert {tuple(x.flatten().tolist()) for x in of_type(made, 0).x} <= known


def test_two_constituents_have_the_mass_of_a_real_jet_and_nothing_else() -> None:
    made = NULLS["two constituents with the mass of a real jet"](REAL, make_generator(5))
    torch.testing.assert_close(
        masses(made.x, made.mask), masses(REAL.x, REAL.mask), rtol=1e-2, atol=0.5
    )
    assert (made.given["size"] == 2).all()


def test_a_look_up_returns_training_jets_of_the_type_and_finds_a_jet_by_its_own_conditions() -> (
    None
):
    train = jets(300, 1).rows(slice(None))
    made = nearest_training(train)(REAL, make_generator(0))
    known = {
        (int(k), *x.flatten().tolist()) for k, x in zip(train.given["label"], train.x, strict=True)
    }
    found = zip(made.given["label"], made.x, strict=True)
    assert all((int(k), *x.flatten().tolist()) in known for k, x in found)
    assert torch.equal(nearest_training(REAL)(REAL, make_generator(0)).x, REAL.x)


def test_d8_new_takes_turned_and_mirrored_training_jets_for_copies() -> None:
    train, unseen = (jets(400, seed).rows(slice(None)) for seed in (0, 1))
    features = features_of(jets(400, 0).spec())
    turned = turn_and_mirror(train, make_generator(1))
    assert not torch.allclose(turned.x, train.x, atol=1e-2)
    masses_of = [masses(batch.x, batch.mask) for batch in (turned, train)]
    torch.testing.assert_close(*masses_of, rtol=0.05, atol=0.0)  # not exact at wide angles
    torch.testing.assert_close(align(turned).x, align(train).x, rtol=0.0, atol=1e-5)
    assert authentic_shares(turned, train, features) == [0.0, 0.0]
    assert min(authentic_shares(unseen, train, features)) > 0.2
