"""Couplings: the cheapest pairing, the entropic plan, and that the noise stays noise."""

from itertools import permutations

import pytest
import torch

from pushforward.models.contracts.batch import Batch
from pushforward.models.couplings.couple import coupled_noise, squared_distances
from pushforward.models.couplings.entropic import bridge_pairs, entropic_plan
from pushforward.models.couplings.minibatch_ot import cheapest
from pushforward.models.tensors import make_generator


def points(n: int, seed: int) -> torch.Tensor:
    return torch.randn((n, 2), generator=make_generator(seed))


def test_the_cheapest_pairing_is_that_of_all_permutations():
    cost = squared_distances(Batch(points(6, 0)), points(6, 1))
    rows = torch.arange(6)
    best = min(float(cost[rows, list(order)].sum()) for order in permutations(range(6)))
    chosen = cheapest(cost)
    assert sorted(chosen.tolist()) == list(range(6))
    assert float(cost[rows, chosen].sum()) == pytest.approx(best)


@pytest.mark.parametrize("regularisation", [5.0, 0.5, 0.05])
def test_the_entropic_plan_is_pot_s(regularisation):
    import ot

    cost = squared_distances(Batch(points(30, 0)), points(30, 1)).double()
    plan = entropic_plan(cost, regularisation)
    even = torch.full((30,), 1 / 30, dtype=torch.float64)
    torch.testing.assert_close(plan.sum(dim=1), even, rtol=2e-3, atol=0)
    torch.testing.assert_close(plan.sum(dim=0), even, rtol=2e-3, atol=0)
    expected = ot.bregman.sinkhorn_log(
        even.numpy(), even.numpy(), cost.numpy(), regularisation, numItermax=5000, stopThr=1e-9
    )
    torch.testing.assert_close(plan, torch.from_numpy(expected), rtol=1e-2, atol=2e-5)


def test_without_entropy_the_plan_is_the_cheapest_pairing_and_no_number_is_lost():
    cost = squared_distances(Batch(points(12, 2)), points(12, 3))
    plan = entropic_plan(cost, 2 * 0.05**2)
    assert plan.isfinite().all()
    rows = torch.arange(12)
    assert torch.equal(plan.argmax(dim=1)[rows], cheapest(cost))


def test_pairs_of_a_bridge_are_drawn_from_its_plan():
    cost = squared_distances(Batch(points(5, 4)), points(5, 5))
    plan = entropic_plan(cost, 2 * 0.7**2) * 5
    rng, counts = make_generator(6), torch.zeros(5, 5)
    for _ in range(1000):
        counts[torch.arange(5), bridge_pairs(cost, rng, 0.7)] += 1
    torch.testing.assert_close(counts / 1000, plan.float(), rtol=0, atol=0.06)


def test_transport_only_changes_which_noise_goes_with_which_datum():
    real = Batch(points(64, 7))
    alone = coupled_noise("independent", real, make_generator(8), 0.0)
    paired = coupled_noise("minibatch-ot", real, make_generator(8), 0.0)
    assert torch.equal(alone.x[:, 0].sort().values, paired.x[:, 0].sort().values)
    length = (real.x - paired.x).square().sum()
    assert length < 0.5 * (real.x - alone.x).square().sum()
    bridge = coupled_noise("schroedinger", real, make_generator(8), 0.5)
    assert length < (real.x - bridge.x).square().sum() < (real.x - alone.x).square().sum()


def test_distances_leave_padded_places_out():
    mask = torch.tensor([[True, True, False], [True, False, False]])
    x = Batch(torch.ones(2, 3, 2), mask)
    rows = x.holding(x.zeroed(x.x))
    noise = torch.randn((4, 3, 2), generator=make_generator(9))
    expected = torch.stack(
        [(rows.x[i] - noise).square()[:, mask[i]].flatten(1).sum(dim=1) for i in range(2)]
    )
    torch.testing.assert_close(squared_distances(rows, noise), expected)
