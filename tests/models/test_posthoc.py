"""Averages whose length is chosen afterwards (Karras et al. 2024, arXiv:2312.02696)."""

import pytest
import torch
from torch import Tensor, nn

from pushforward.models.config import decode
from pushforward.models.contracts.execution import Execution
from pushforward.models.contracts.learner import finish
from pushforward.models.contracts.state import State
from pushforward.models.operators.base import Operation
from pushforward.models.operators.lengths import AveragingLengths, AveragingLengthsConfig, _describe
from pushforward.models.registry import discover, registry
from pushforward.models.tensors import make_generator
from pushforward.models.training.optim import OptimizerConfig
from pushforward.models.training.posthoc import LENGTHS, PosthocAverages, averaged_over
from pushforward.models.training.profiles import LONGEST, combination, exponent, inner, length_of
from pushforward.models.training.trained import Trained

STEPS = 400


def density(tau: Tensor, power: float, step: float) -> Tensor:
    """Return the density of an average of an exponent at a step."""
    return torch.where(tau <= step, (power + 1) * tau**power / step ** (power + 1), 0.0)


def test_the_length_is_the_deviation_of_the_density() -> None:
    tau = (torch.arange(2_000_000, dtype=torch.float64) + 0.5) / 2_000_000
    for length in (0.03, 0.05, 0.10, 0.25, LONGEST):
        p = density(tau, exponent(length), 1.0) / len(tau)
        mean = (p * tau).sum()
        assert float(p.sum()) == pytest.approx(1.0, rel=1e-6)
        assert float((p * (tau - mean) ** 2).sum().sqrt()) == pytest.approx(length, rel=1e-5)
    # The exponents that the paper names for the two lengths.
    assert [round(exponent(each), 2) for each in LENGTHS] == [16.97, 6.94]
    assert length_of(0.0) == pytest.approx(LONGEST)


@pytest.mark.parametrize("length", [0.0, -0.1, 0.29, float("nan")])
def test_a_length_that_there_is_not_is_refused_in_words(length: float) -> None:
    with pytest.raises(ValueError, match=r"above 0 and at most 0\.289"):
        exponent(length)


def test_inner_products_are_those_of_quadrature() -> None:
    tau = (torch.arange(1_000_000, dtype=torch.float64) + 0.5) / 1_000_000
    cases = [(16.97, 1.0, 6.94, 0.7), (6.94, 0.3, 6.94, 0.9), (0.0, 1.0, 3.5, 0.5)]
    for a, t, b, u in cases:
        exact = float((density(tau, a, t) * density(tau, b, u)).mean())
        told = inner(*(torch.tensor(x, dtype=torch.float64) for x in (a, t, b, u)))
        assert float(told) == pytest.approx(exact, rel=1e-4)


class Walk(nn.Module):
    """Weights that wander, float64."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.zeros(64, dtype=torch.float64))


def wandered() -> tuple[State, Tensor]:
    """Return the state after a random walk of weights, and all of them, (steps, 64)."""
    rng, net, state = make_generator(0), Walk(), State({})
    averages = PosthocAverages(net, copies=torch.float64)
    seen = []
    for _ in range(STEPS):
        with torch.no_grad():
            net.w += torch.randn(64, generator=rng, dtype=torch.float64)
        averages.update()
        seen.append(net.w.detach().clone())
    state.keep("net/ema/w", net.w)
    averages.pack(state, "net")
    return state, torch.stack(seen)


def tracked(seen: Tensor, length: float) -> Tensor:
    """Return the average of a length, kept up step by step."""
    mean, power = torch.zeros_like(seen[0]), exponent(length)
    for n, weights in enumerate(seen, start=1):
        mean += (1 - (1 - 1 / n) ** (power + 1)) * (weights - mean)
    return mean


@pytest.mark.parametrize("length", [0.05, 0.07, 0.10, 0.14, 0.20])
def test_what_is_made_afterwards_is_what_would_have_been_tracked(length: float) -> None:
    state, seen = wandered()
    found, error = averaged_over(state, length)
    made, wanted = found.tensors["net/ema/w"], tracked(seen, length)
    off = float((made - wanted).norm())
    if length in LENGTHS:
        assert off < 1e-8 * float(wanted.norm())
        assert error < 1e-6
        return
    # Cauchy and Schwarz: the combination is off by the integral of (p' - p) theta, and since both
    # densities sum to 1 theta may be seen from anywhere.
    around = (seen - wanted).square().sum(dim=1)
    power = exponent(length)
    size = inner(*(torch.tensor(x, dtype=torch.float64) for x in (power, STEPS, power, STEPS)))
    assert off <= error * float(size.sqrt()) * float(around.sum().sqrt()) * (1 + 1e-9)
    # The null: no average that was kept is anywhere near.
    nearest = min(
        float((state.tensors[f"net/lengths/now.{place}.w"] - wanted).norm()) for place in (0, 1)
    )
    assert off < 0.1 * nearest


def test_the_error_is_known_and_the_same_however_long_the_training() -> None:
    powers = torch.tensor([exponent(each) for each in LENGTHS]).repeat(9)
    errors = {}
    for steps in (100.0, 1e6):
        at = (steps * 1.15 ** -torch.arange(9.0, dtype=torch.float64)).repeat_interleave(2)
        for length in (0.05, 0.07, 0.14, 0.2):
            found = combination(powers, at, exponent(length), steps)
            assert float(found.weights.sum()) == pytest.approx(1.0)
            errors[steps, length] = found.error
    for length, most in ((0.05, 1e-6), (0.07, 0.02), (0.14, 0.03), (0.2, 0.07)):
        assert errors[1e6, length] <= most
        assert errors[100.0, length] == pytest.approx(errors[1e6, length], abs=1e-6)


def test_weights_that_never_change_are_every_average_of_themselves() -> None:
    net, state = Walk(), State({})
    with torch.no_grad():
        net.w += torch.linspace(-3, 3, 64)
    averages = PosthocAverages(net, copies=torch.float64)
    for _ in range(40):
        averages.update()
    state.keep("net/ema/w", torch.zeros(64))
    averages.pack(state, "net")
    for length in (0.03, 0.12, 0.28):
        made = averaged_over(state, length)[0].tensors["net/ema/w"]
        assert torch.allclose(made.double(), net.w.detach(), atol=1e-6)


def test_a_checkpoint_grows_by_a_bound_and_goes_on_as_if_never_left() -> None:
    def trained() -> Trained[nn.Linear]:
        net = nn.Linear(8, 4)
        nn.init.constant_(net.weight, 0.5)
        nn.init.zeros_(net.bias)
        settings = OptimizerConfig(lr=0.1)
        return Trained(net, settings, 300, decay=0.9, execution=Execution(lengths=True))

    x = torch.randn(16, 8, generator=make_generator(1))

    def step(one: Trained[nn.Linear]) -> None:
        one.descend(lambda rows: (one.net(x[rows]).square().mean(), {}), 16)

    def bytes_of(state: State) -> int:
        return sum(t.nbytes for name, t in state.tensors.items() if "/lengths/" in name)

    one = trained()
    for _ in range(150):
        step(one)
    half = State({})
    one.pack(half, "net")
    other = trained()
    other.unpack(half, "net")
    for each in (one, other):
        for _ in range(150):
            step(each)
    ends = State({}), State({})
    for end, each in zip(ends, (one, other), strict=True):
        each.pack(end, "net")
        assert bytes_of(end) == bytes_of(half) == 36 * (2 * 4 + 8 * 2 * 2)
    assert ends[0].values == ends[1].values
    assert all(torch.equal(t, ends[1].tensors[name]) for name, t in ends[0].tensors.items())
    # A run that goes on from one that kept nothing begins from its weights.
    late = trained()
    kept_nothing = State(*(
        {name: value for name, value in each.items() if "/lengths/" not in name}
        for each in (half.tensors, half.values)
    ))  # fmt: skip
    kept_nothing = State(*(
        {name: value for name, value in each.items() if "/lengths/" not in name}
        for each in (half.tensors, half.values)
    ))  # fmt: skip
    late.unpack(kept_nothing, "net")
    state = State({})
    late.pack(state, "net")
    made = averaged_over(state, 0.2)[0].tensors["net/ema/weight"]
    assert torch.allclose(made, half.tensors["net/net/weight"], atol=1e-6)


def test_a_run_that_kept_nothing_says_so() -> None:
    with pytest.raises(ValueError, match="kept no averages"):
        averaged_over(State({}), 0.1)


def test_the_operator_measures_each_length_and_leaves_the_model_as_it_was() -> None:
    parts = ("samplers", "families", "data", "kinds", "metrics", "nets")
    discover([f"pushforward.models.{part}" for part in parts])  # fmt: skip
    entry = registry.get("family", "flow-matching")
    config = decode(entry.config, {"net": {"slug": "mlp", "config": {"width": 16, "depth": 1}}})
    source = registry.get("dataset", "eight-gaussians")
    data = source.make(source.config(), 400, 0)
    cpu = torch.device("cpu")
    model = entry.make(
        config, data.spec(), horizon=60, seed=0, device=cpu, execution=Execution(lengths=True)
    )
    for _ in range(60):
        model.step(data.spec().standardised(data.rows(slice(0, 64))))
    before = model.state()
    settings = AveragingLengthsConfig(lengths=(0.2, 0.05), n=64, repeats=2)
    outcome = finish(AveragingLengths(settings).work(Operation(model, data=lambda: data)))
    after = model.state()
    assert all(torch.equal(t, after.tensors[name]) for name, t in before.tensors.items())
    assert outcome.arrays["lengths"].tolist() == pytest.approx([0.05, 0.2])
    assert outcome.settled["figure"]["slug"] == "sliced-w2"
    # What is measured at a length are samples of the model with that average.
    model.load_state(averaged_over(before, 0.2)[0])
    own = finish(AveragingLengths(settings).work(Operation(model, data=lambda: data)))
    assert torch.equal(own.arrays["own"], outcome.arrays["distance"][1])
    assert torch.equal(own.arrays["floor"], outcome.arrays["floor"])
    assert not torch.equal(outcome.arrays["own"], outcome.arrays["distance"][1])
    with pytest.raises(ValueError, match="no length is given"):
        finish(AveragingLengths(AveragingLengthsConfig(lengths=())).work(Operation(model)))


def test_a_length_is_praised_where_the_repeats_can_tell_it() -> None:
    def said(gain: float) -> str:
        own = torch.tensor([1.0, 1.2, 0.9, 1.1])
        wobble = 0.01 * torch.tensor([1.0, -1.0, 0.5, -0.5])
        distance = torch.stack([own - gain + wobble, own + 0.1])
        return _describe({"lengths": torch.tensor([0.1, 0.2]), "distance": distance, "own": own})

    assert said(0.2) == "A length of 0.1 is nearer to the data than the run's own average."
    assert said(0.005).startswith("No length differs from the run's own average; the nearest")
