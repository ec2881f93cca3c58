"""The solver lab on an exact field: what it measures follows from what is known of the samplers."""

from typing import Any

import pytest
import torch

from models.contracts.family import Family
from models.data.eight_gaussians import EightGaussiansConfig
from models.operators.base import Operation, Outcome, Progress
from models.operators.solvers import SolverLab, SolverLabConfig
from models.registry import discover, registry

discover(["models.samplers", "models.families", "models.data", "models.kinds"])
N = 256


@pytest.fixture(scope="module")
def family() -> Family[Any]:
    entry = registry.get("family", "exact-flow")
    made: Family[Any] = entry.make(entry.config(), data().spec(), horizon=1, seed=0, device="cpu")
    return made


def data(n: int = 2 * N) -> Any:
    return registry.get("dataset", "eight-gaussians").make(EightGaussiansConfig(), n, 0)


def do(family: Family[Any], rows: int = 2 * N, **settings: Any) -> tuple[Outcome, list[Progress]]:
    config = SolverLabConfig(**{"n": N, "repeats": 1, **settings})
    told: list[Progress] = []
    work = SolverLab(config).work(Operation(family, data=lambda: data(rows)))
    while True:
        try:
            told.append(next(work))
        except StopIteration as end:
            return end.value, told


def test_more_calls_are_nearer_to_the_end_of_the_ode_and_higher_orders_sooner(family) -> None:
    outcome, told = do(family, samplers=("ddim", "dpmpp-2m", "heun"), calls=(8, 64))
    error = outcome.arrays["error"][..., 0]
    assert torch.all(error[:, 1] < error[:, 0])
    assert error[1, 1] < 0.2 * error[0, 1], "second order against first"
    assert error[2, 0] > error[0, 0], "Heun's method needs more steps than Euler's at few calls"
    assert torch.all(outcome.arrays["distance"][1, 1] < 1.5 * outcome.arrays["floor"])
    assert told[-1].done == told[-1].total == 7
    assert [each.done for each in told] == sorted(each.done for each in told)


def test_no_sampler_makes_more_calls_than_it_may(family) -> None:
    outcome, _ = do(family, samplers=("heun", "annealed-langevin", "ddim"), calls=(2, 25))
    assert outcome.arrays["nfe"].tolist() == [[1, 25], [0, 21], [2, 25]]
    assert outcome.arrays["distance"][1, 0].isnan().all(), "a walk at each of ten levels"
    assert outcome.arrays["seconds"][1, 0].isnan()


def test_a_grid_is_that_of_all_and_own_is_each_ones(family) -> None:
    names = ("dpmpp-2m", "ddim")
    own, even, rho = (
        do(family, samplers=names, calls=(12,), grid=grid)[0].arrays["error"][:, 0, 0]
        for grid in ("own", "time-uniform", "edm-rho")
    )
    assert torch.all(even != rho)
    assert torch.all(own != even), "neither divides the time evenly by itself"
    assert even[0] > rho[0], "a time grid leaves its last step a long way in log-SNR"


def test_a_sampler_with_noise_has_a_distance_but_no_error(family) -> None:
    outcome, _ = do(family, samplers=("ancestral",), calls=(16,))
    assert outcome.arrays["error"].isnan().all()
    assert outcome.arrays["distance"].isfinite().all()


def test_ways_begin_at_the_same_noise_and_end_at_samples(family) -> None:
    outcome, _ = do(family, samplers=("ddim", "dpmpp-2m"), calls=(16, 80))
    ways, reference = outcome.arrays["ways"], outcome.arrays["reference"]
    assert ways.shape[2:] == reference.shape
    torch.testing.assert_close(ways[0, 0, 0], reference[0])
    torch.testing.assert_close(ways[1, 1, 0], reference[0])
    gap = (ways[:, :, -1] - reference[-1]).square().sum(-1).mean(-1).sqrt()
    assert torch.all(gap[:, 1] < gap[:, 0])


def test_the_same_settings_give_the_same_figures(family) -> None:
    one, other = (do(family, samplers=("ancestral",), calls=(8,))[0] for _ in range(2))
    for name in one.arrays.keys() - {"seconds"}:
        torch.testing.assert_close(one.arrays[name], other.arrays[name], equal_nan=True)


@pytest.mark.parametrize(
    ("slug", "words"),
    [("hein", "there is no sampler 'hein'"), ("consistency", "needs a model that goes from noise")],
)
def test_a_sampler_that_cannot_be_taken_says_why(family, slug, words) -> None:
    with pytest.raises(ValueError, match=words):
        do(family, samplers=(slug,))


def test_without_data_there_is_nothing_to_compare_with(family) -> None:
    with pytest.raises(ValueError, match="needs the data of the run"):
        next(SolverLab(SolverLabConfig()).work(Operation(family)))
