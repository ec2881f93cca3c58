"""DiGress: the marginal path, and graphs of three nodes told back by their exact posterior."""

from itertools import product
from typing import Literal

import pytest
import torch
from torch import Tensor, nn

from pushforward.models.config import Pick
from pushforward.models.contracts.batch import Batch
from pushforward.models.families.graphs.digress import Digress, DigressConfig
from pushforward.models.kinds.graphs import GraphSet
from pushforward.models.paths.discrete import DiscretePath
from pushforward.models.tensors import make_generator

LAW = torch.tensor([0.8, 0.2], dtype=torch.float64)
GRAPHS = torch.tensor(list(product((0, 1), repeat=3)))
"""All graphs of three nodes, by their pairs, (8, 3)."""
CHANCE = torch.tensor([0.3, 0.02, 0.02, 0.1, 0.02, 0.1, 0.1, 0.34], dtype=torch.float64)
"""How likely each is: edges come together, or there is none."""


def test_the_marginal_path_keeps_the_law_of_the_data_and_ends_in_it() -> None:
    path = DiscretePath("marginal", 2, 50, law=LAW)
    law = LAW.float()
    for t in range(51):
        torch.testing.assert_close(law @ path.bar[t], law)
        torch.testing.assert_close(path.bar[t].sum(dim=1), torch.ones(2))
    torch.testing.assert_close(path.bar[50], law.expand(2, 2))
    torch.testing.assert_close(path.stationary, law)
    even = DiscretePath("marginal", 2, 50, law=torch.tensor([1.0, 1.0]))
    torch.testing.assert_close(even.bar, DiscretePath("uniform", 2, 50).bar)
    with pytest.raises(ValueError, match="marginal path"):
        DiscretePath("marginal", 2, 50)
    with pytest.raises(ValueError, match="marginal path"):
        DiscretePath("uniform", 2, 50, law=LAW)


class Exact(nn.Module):
    """What the other pairs of a graph of three nodes tell of one, by summing over all graphs."""

    def __init__(self, family: Digress) -> None:
        super().__init__()
        self.path, self.clock, self.odds = family.path, family.clock, family.odds

    def forward(
        self, x: Tensor, clock: Tensor, given: object = None, mask: object = None
    ) -> Tensor:
        t = (self.clock - clock[:, None]).abs().argmin(dim=1)
        symbols = torch.where(x == 0.0, 2, (x > 0).long())
        # q(x_t | a_0) of each pair for each graph, (n, 8, 3).
        own = self.path.bar.double()[t[:, None, None], GRAPHS[None], symbols[:, None]]
        found = []
        for pair in range(3):
            others = own[..., [k for k in range(3) if k != pair]].prod(dim=-1) * CHANCE
            joined = GRAPHS[:, pair] == 1
            found.append(others[:, joined].sum(dim=1).log() - others[:, ~joined].sum(dim=1).log())
        return (torch.stack(found, dim=1) - self.odds).float()


def exact(path: Literal["marginal", "absorbing"], steps: int) -> Digress:
    size = torch.full((8,), 3)
    rows = torch.repeat_interleave(2.0 * GRAPHS.float() - 1.0, (100 * CHANCE).round().long(), dim=0)
    spec = GraphSet(rows, size[:1].expand(len(rows))).spec()
    (part,) = spec.parts
    assert part.share == pytest.approx(
        float((GRAPHS.double().mean(dim=1) * CHANCE).sum()), abs=1e-6
    )
    net = Pick(slug="dense-gin", config={"width": 4, "pairs": 4, "layers": 1})
    family = Digress(
        DigressConfig(net=net, path=path, steps=steps, ema=0.0),
        spec,
        horizon=1,
        seed=0,
        device=torch.device("cpu"),
    )
    family.trained.averaged.edges = Exact(family)
    return family


def bound_of(family: Digress) -> Tensor:
    """Return the variational bound of each graph, (8,), summed over all times and all ways."""
    path = family.path
    states = torch.tensor(list(product(range(path.states), repeat=3)))
    real = GRAPHS.repeat_interleave(len(states), dim=0)
    at = states.repeat(8, 1)
    total = path.prior_gap(GRAPHS).sum(dim=1).double()
    for t in range(1, path.steps + 1):
        then = torch.full((len(at),), t)
        weight = path.bar[t].double()[real, at].prod(dim=1)
        law = family._clean(Batch(torch.zeros(at.shape)), at, then)
        terms = path.bound(law, real, at, then).double().sum(dim=1)
        total += (weight * terms).view(8, -1).sum(dim=1)
    return -total


@pytest.mark.parametrize("path", ["marginal", "absorbing"])
def test_an_exact_posterior_draws_the_law_and_its_bound_is_one(
    path: Literal["marginal", "absorbing"],
) -> None:
    """Pairs that change in the same step know nothing of each other: a fine path is nearer."""
    gaps, costs = [], []
    for steps in (4, 60):
        family = exact(path, steps)
        latents = family.prior(4000, make_generator(0))
        *_, last = family.flow(latents, generator=make_generator(1))
        number = ((last.x > 0).long() * torch.tensor([4, 2, 1])).sum(dim=1)
        drawn = torch.bincount(number, minlength=8).double() / len(number)
        gaps.append(0.5 * float((drawn - CHANCE).abs().sum()))
        bound = bound_of(family)
        costs.append(float((CHANCE * (CHANCE.log() - bound)).sum()))
        assert float(bound.exp().sum()) < 1.0
        many = (2.0 * GRAPHS.float() - 1.0).repeat_interleave(400, dim=0)
        found = family.log_prob_bound(many).view(8, 400).double()
        error = found.std(dim=1) / 20.0
        assert ((found.mean(dim=1) - bound).abs() < 4.0 * error + 1e-4).all()
    assert gaps[1] < 0.03 < gaps[0] < 0.3
    assert 0.0 < costs[1] < 0.03
    assert costs[0] > 3.0 * costs[1]


def test_a_pair_that_shows_as_a_bit_does_is_read_as_one() -> None:
    """What the network makes of a symbol and its clock is what the symbol tells."""
    family = exact("marginal", 20)
    for t in (1, 7, 19):
        s = torch.exp(4.0 * family.clock[t])
        clarity = 2.0 * (1.0 + s.square()).sqrt() / s.square()
        own = family.path.bar[t].double().log()
        apart = own[1, 1] - own[0, 1] - own[1, 0] + own[0, 0]
        assert float(2.0 * clarity) == pytest.approx(float(apart), rel=1e-3)
