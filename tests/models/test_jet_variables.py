"""Jet variables: the law of a count with a flow, its figures, what it asks a model of jets for."""

from dataclasses import replace

import pytest
import torch

from pushforward.models.config import NoConfig
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL, SIZE, DataSpec, Given, Part
from pushforward.models.families.likelihood.categorical import Categorical
from pushforward.models.families.likelihood.counted_flow import CountedFlow, CountedFlowConfig
from pushforward.models.kinds.jet_variables import JetVariables, conditions_of, jet_variables
from pushforward.models.kinds.jets import jets
from pushforward.models.metrics.base import Evidence
from pushforward.models.metrics.jets.agreement import MassCorrelation, MassError, PtError
from pushforward.models.metrics.jets.variables import ConstituentsTv, W1Variables, tv, w1
from pushforward.models.nets.flows.nsf import NsfConfig
from pushforward.models.operators.generate_unconditionally import drawn_conditions
from pushforward.models.tensors import make_generator
from pushforward.models.training.optim import OptimizerConfig
from pushforward.verify.jets import jet_variables_flow as claim
from pushforward.verify.null_models import copy_rows, sample_marginals

CPU = torch.device("cpu")
CONFIG = CountedFlowConfig(
    net=NsfConfig(transforms=2, width=16, bins=6), optimizer=OptimizerConfig(lr=5e-3)
)


def counts(label: torch.Tensor) -> torch.Tensor:
    """0 to 3, in class 1 mostly 3."""
    u = torch.rand(len(label), generator=make_generator(1))
    return torch.where(label == 1, 3 - (u < 0.1).long(), (4 * u).long())


@pytest.fixture(scope="module")
def learned() -> CountedFlow:
    """A model of a count and a number of which the mean is the count, in two classes."""
    spec = DataSpec(
        "anything",
        (2,),
        torch.zeros(2),
        torch.ones(2),
        parts=(Part("number", 0, 1), Part("count", 1, 2, counts=5)),
        given={LABEL: Given(classes=2)},
        law={LABEL: torch.tensor([0, 1])},
    )
    label = torch.arange(2000) % 2
    k = counts(label)
    x = (k - 1.5) / 1.5 + 0.3 * torch.randn(2000, generator=make_generator(2))
    rows = Batch(torch.stack([x, k.float()], dim=1), given={LABEL: label})
    model = CountedFlow(CONFIG, spec, horizon=120, seed=0, device=CPU)
    for step in range(120):
        model.step(rows.take(slice(200 * (step % 10), 200 * (step % 10) + 200)))
    return model


def test_a_count_has_the_shares_that_were_seen_and_one_sighting_more_for_all():
    law = Categorical(2, 4, CPU)
    law.see(torch.tensor([0, 0, 1, 3]), torch.tensor([0, 0, 0, 1]))
    every = torch.arange(4)
    expected = torch.tensor([[2.25, 1.25, 0.25, 0.25], [0.25, 0.25, 0.25, 1.25]])
    for index in (0, 1):
        shares = law.log_prob(every, torch.full((4,), index)).exp()
        torch.testing.assert_close(shares, expected[index] / expected[index].sum())
    u = (torch.arange(1000) + 0.5) / 1000
    drawn = law.at(u, torch.zeros(1000, dtype=torch.int64))
    torch.testing.assert_close(
        torch.bincount(drawn, minlength=4) / 1000, expected[0] / 4, atol=1e-3, rtol=0
    )
    assert law.at(torch.tensor([0.0, 1.0]), torch.tensor([1, 1])).tolist() == [0, 3]


def test_the_density_is_one_law_of_count_and_number(learned: CountedFlow):
    """Summed over counts and integrated over the number it is 1, and the count's part its share."""
    grid = torch.linspace(-6.0, 6.0, 2401)
    for label in (0, 1):
        shares = []
        for k in range(5):
            x = torch.stack([grid, torch.full_like(grid, k)], dim=1)
            given = {LABEL: torch.full((len(grid),), label)}
            density = learned.log_prob(Batch(x, given=given)).double().exp()
            shares.append(float(torch.trapezoid(density, grid.double())))
        assert sum(shares) == pytest.approx(1.0, abs=1e-3)
        # 120 steps of 200: each of the 2,000 rows was seen twelve times.
        k = counts(torch.arange(2000) % 2)[torch.arange(2000) % 2 == label]
        seen = torch.bincount(k, minlength=5)
        torch.testing.assert_close(
            torch.tensor(shares), seen / seen.sum().float(), atol=2e-3, rtol=0
        )


def test_what_is_drawn_follows_the_density(learned: CountedFlow):
    n = 4000
    given = {LABEL: torch.zeros(n, dtype=torch.int64)}
    latents = learned.prior(n, make_generator(3), given)
    *_, last = learned.flow(latents)
    x, k = last.x.unbind(dim=1)
    assert torch.equal(k, k.round())
    grid = torch.linspace(-6.0, 6.0, 1201)
    for value in range(4):
        mine = x[k == value]
        # By chance n/4 of them, give or take.
        assert len(mine) == pytest.approx(n / 4, abs=5 * (n * 3 / 16) ** 0.5)
        rows = Batch(
            torch.stack([grid, torch.full_like(grid, value)], dim=1),
            given={LABEL: torch.zeros(len(grid), dtype=torch.int64)},
        )
        density = learned.log_prob(rows).exp()
        law = torch.cumulative_trapezoid(density / torch.trapezoid(density, grid), grid)
        empirical = torch.searchsorted(mine.sort().values, grid[1:]) / len(mine)
        # Kolmogorov-Smirnov: 1.95 / sqrt(n) is passed by chance once in a thousand times.
        assert (law - empirical).abs().max() < 1.95 / len(mine) ** 0.5
        # The number goes with its count, which is what it is told.
        assert mine.mean() == pytest.approx((value - 1.5) / 1.5, abs=0.1)


def test_rows_without_a_count_are_refused():
    spec = replace(jet_variables(20, 0).spec(), parts=())
    with pytest.raises(ValueError, match="exactly one count"):
        CountedFlow(CONFIG, spec, horizon=5, seed=0, device=CPU)


def test_variables_of_jets_are_their_conditions():
    clouds = jets(200, 0)
    rows, own = clouds.rows(slice(None)), JetVariables.of(clouds)
    spec = own.spec()
    back = conditions_of(spec.restored(spec.standardised(own.rows(slice(None)))))
    assert back.keys() == rows.given.keys()
    for name, values in rows.given.items():
        torch.testing.assert_close(back[name], values, rtol=1e-4, atol=1e-4)
    given, moved = drawn_conditions(own.rows(slice(None)), torch.tensor([0, 1]), clouds.spec())
    assert moved <= 2, "of its own data nothing is beyond, but for the rounding of extremes"
    assert torch.equal(given[LABEL], rows.given[LABEL])


def test_what_is_drawn_is_rounded_and_kept_within_what_the_model_knows():
    clouds = jets(200, 0)
    own = JetVariables.of(clouds)
    rows = own.rows(slice(0, 3))
    rows.x[0, 3], rows.x[1, 3] = 0.2, 8.7  # constituents: a cloud has 1 to 6
    rows.x[2, 2] = 20.0  # a pT of e^20 GeV
    given, moved = drawn_conditions(rows, torch.tensor([1, 0]), clouds.spec())
    assert given[SIZE].tolist()[:2] == [1, 6]
    assert given["pt"][2] == pytest.approx(float(clouds.pt.max()), rel=1e-5)
    assert moved >= 1
    assert torch.equal(given[LABEL], 1 - own.label[:3]), "a type goes by its name"
    rows.x[0, 1] = torch.nan
    with pytest.raises(ValueError, match="not finite"):
        drawn_conditions(rows, torch.tensor([0, 1]), clouds.spec())


def test_figures_of_variables_are_those_by_definition():
    real = jet_variables(300, 0)
    one, other = real.rows(slice(0, 100)), real.rows(slice(100, 200))
    left, right = conditions_of(one), conditions_of(other)
    for name, apart in w1(one, other).items():
        gaps = (left[name].sort().values - right[name].sort().values).abs()
        assert apart == pytest.approx(float(gaps.mean()), rel=1e-5)
    shares = [
        [float((given[SIZE] == k).double().mean()) for k in range(7)] for given in (left, right)
    ]
    assert tv(one, other) == pytest.approx(
        0.5 * sum(abs(p - q) for p, q in zip(*shares, strict=True))
    )
    assert tv(one, one) == 0.0


@pytest.mark.parametrize("metric", [W1Variables, ConstituentsTv])
def test_jets_under_the_type_of_others_are_told_apart(metric):
    real, other = jet_variables(2000, 0), jet_variables(2000, 1)
    rng = make_generator(0)
    evidence = Evidence(real, rng, made=other.rows(slice(None)), other=other)
    floor = metric(NoConfig()).measure(evidence)
    rows = other.rows(slice(None))
    turned = replace(rows, given={LABEL: 1 - rows.given[LABEL]})
    null = metric(NoConfig()).measure(replace(evidence, made=turned))
    assert floor.value < 0.06
    assert null.value > 5 * floor.value
    assert null.n == 2000


def test_jets_that_are_what_they_were_asked_for_agree_and_others_do_not():
    real = jets(400, 0)
    rows = real.rows(slice(None))
    rng = make_generator(0)

    def figures(made: Batch) -> list[float]:
        evidence = Evidence(real, rng, made=made)
        return [
            m(NoConfig()).measure(evidence).value for m in (MassCorrelation, MassError, PtError)
        ]

    # The jets of the example have the mass and the pT of their constituents.
    same, mass, pt = figures(rows)
    assert same > 0.99
    assert mass < 0.1
    assert pt < 1e-5
    # A model that does not listen: jets of the same type under the conditions of another one.
    order = torch.cat([(real.label == k).nonzero()[:, 0].roll(1) for k in (0, 1)])
    place = torch.cat([(real.label == k).nonzero()[:, 0] for k in (0, 1)])
    given = {name: values.clone() for name, values in rows.given.items()}
    for values in given.values():
        values[place] = values[order].clone()
    deaf = figures(replace(rows, given=given))
    assert deaf[0] < 0.6
    assert deaf[1] > 1.0
    assert deaf[2] > 0.05
    # Half of the momentum, by hand.
    half = rows.x.clone()
    half[..., 2] = torch.log1p(0.5 * torch.expm1(half[..., 2]))
    assert figures(replace(rows, x=half))[2] == pytest.approx(0.5, abs=1e-5)


def test_d9_finds_copies_and_variables_that_do_not_belong_together() -> None:
    """Of D9: both have the marginals of training jets, which its distances compare."""
    train, one, other = (
        replace(jets, mass=jets.pt * (1.0 + jets.label) / 25.0)
        for jets in (jet_variables(4000, seed) for seed in (0, 1, 2))
    )
    held = claim._References([(one, other)], train.rows(slice(None)))
    real = claim._real(held)
    copies, mixed = (
        claim._newness(held, claim._by_rows(rows_of)(train, 0))
        for rows_of in (copy_rows, sample_marginals)
    )
    assert real[claim._TEST] < claim._SEPARABLE
    assert real[claim._NEW] > claim._AUTHENTIC
    assert copies[claim._NEW] == 0.0
    assert mixed[claim._TEST] > claim._SEPARABLE
