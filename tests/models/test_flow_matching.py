"""Flow matching and reflow: the ODE in t, the slopes of bridges, likelihood, pairs and phases."""

import math

import pytest
import torch

from pushforward.models.config import Pick
from pushforward.models.contracts.batch import Batch
from pushforward.models.couplings.couple import CouplingName
from pushforward.models.data.eight_gaussians import EightGaussiansConfig, eight_gaussians
from pushforward.models.families.exact_flow import ExactFlow, ExactFlowConfig
from pushforward.models.families.flow_matching import FlowMatching, FlowMatchingConfig
from pushforward.models.families.reflow import Reflow, ReflowConfig
from pushforward.models.samplers.ddim import Ddim, DdimConfig
from pushforward.models.samplers.flow_ode import FlowOde, FlowOdeConfig
from pushforward.models.samplers.grids import GridConfig
from pushforward.models.samplers.heun import Heun, HeunConfig
from pushforward.models.tensors import make_generator
from pushforward.verify.points.diffusion_ring import mixture, rms

CPU = torch.device("cpu")
DATA = eight_gaussians(EightGaussiansConfig(), 4000, 0)
SPEC = DATA.spec()
X = SPEC.standardise(DATA.x)
NET = Pick(slug="mlp", config={"width": 32, "depth": 2})


def batch(index: int, size: int = 128) -> torch.Tensor:
    return X[torch.randint(len(X), (size,), generator=make_generator(index, 9))]


def flow(coupling: CouplingName = "independent", horizon: int = 100) -> FlowMatching:
    config = FlowMatchingConfig(net=NET, coupling=coupling)
    return FlowMatching(config, SPEC, horizon=horizon, seed=0, device=CPU)


def exact_end(x: torch.Tensor, u: torch.Tensor) -> torch.Tensor:
    """Where the line through x ends on average, for noise drawn apart from the ring."""
    left = u.clamp_max(1 - 1e-9)
    return mixture().denoise(x / (1 - left), left / (1 - left))


@pytest.mark.parametrize(("method", "order"), [("euler", 1), ("midpoint", 2)])
def test_the_order_of_each_method(method, order):
    z = torch.randn((300, 2), generator=make_generator(0), dtype=torch.float64)

    def ends(steps: int) -> torch.Tensor:
        solver = FlowOde(FlowOdeConfig(steps=steps, method=method))
        return solver.sample(exact_end, z, 0.0, 1.0)

    best = ends(3200)
    coarse, fine = (rms(ends(n) - best) for n in (100, 200))
    assert math.log2(coarse / fine) == pytest.approx(order, abs=0.3)


def test_euler_in_t_is_ddim_on_the_grid_of_a_rectified_flow():
    z = torch.randn((50, 2), generator=make_generator(1), dtype=torch.float64)
    s_max, n = 1e6, 8
    ours = FlowOde(FlowOdeConfig(steps=n)).sample(exact_end, z, 0.0, 1.0)
    grid = GridConfig(kind="time-uniform", path="rectified-flow")
    theirs = Ddim(DdimConfig(steps=n, grid=grid)).sample(mixture().denoise, z, 1e-6, s_max)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=2e-4)


def test_the_slope_of_a_bridge_is_that_of_its_path():
    """x(t) = (1 - t) z + t x0 + s sqrt(t (1 - t)) eps, with everything but t held."""
    made = flow("schroedinger")
    z, x = torch.randn((2, 6, 2), generator=make_generator(2), dtype=torch.float64)
    state = made.noise.get_state()

    def at(time: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        made.noise.set_state(state)
        line = torch.lerp(z, x, time[:, None])
        place, slope = made._bridged(Batch(line), x - z, time)
        return place.x, slope

    time = torch.linspace(0.1, 0.9, 6, dtype=torch.float64)
    (low, _), (_, slope), (high, _) = at(time - 1e-5), at(time), at(time + 1e-5)
    torch.testing.assert_close((high - low) / 2e-5, slope, rtol=1e-4, atol=1e-4)


def test_a_velocity_of_zero_leaves_the_noise_and_its_density():
    made = flow()
    for weight in made.field.trained.averaged.parameters():
        weight.zero_()
    z = made.prior(5, make_generator(3))
    *_, last = made.flow(z)
    torch.testing.assert_close(last.x, z.x)
    expected = -0.5 * z.x.square().sum(dim=1) - math.log(2 * math.pi)
    torch.testing.assert_close(made.log_prob(z), expected, rtol=0, atol=0.02)


@pytest.mark.parametrize("coupling", ["independent", "minibatch-ot", "schroedinger"])
def test_it_learns_the_mean_slope(coupling):
    """Of Gaussian data with the law of the noise: v(x, t) = (2t - 1) x / (t^2 + (1 - t)^2) where
    they are drawn apart, and next to nothing where they are paired.
    """
    made = flow(coupling, horizon=250)
    for i in range(250):
        made.step(torch.randn((128, 2), generator=make_generator(i, 11)))
    x = torch.randn((400, 2), generator=make_generator(4))
    for t in (0.2, 0.8):
        apart = (2 * t - 1) / (t**2 + (1 - t) ** 2) * x
        off = float((made.velocity(x, t) - apart).square().mean() / apart.square().mean())
        small = float(made.velocity(x, t).square().mean() / apart.square().mean())
        if coupling == "independent":
            assert off < 0.1
        elif coupling == "minibatch-ot":
            assert small < 0.1
        else:
            assert small < 0.8


def test_a_coupling_under_conditions_is_warned_of():
    assert flow("minibatch-ot").warnings() == []
    law = {"label": torch.zeros(3, dtype=torch.int64)}
    made = flow("minibatch-ot")
    made.spec = SPEC.__class__(**{**vars(SPEC), "law": law})
    assert "biased" in made.warnings()[0]


def teacher() -> ExactFlow:
    return ExactFlow(ExactFlowConfig(), SPEC, horizon=1, seed=0, device=CPU)


def reflow(horizon: int = 300, source: bool = True) -> Reflow:
    config = ReflowConfig(net=NET, pairs=3000)
    inputs = {"source": teacher()} if source else {}
    return Reflow(config, SPEC, horizon=horizon, seed=0, device=CPU, inputs=inputs)


def test_pairs_are_noise_and_where_the_ode_takes_it():
    made = reflow()
    noise, ends = made.pairs.draw(teacher())
    assert len(made.pairs) == 500  # in a fiftieth of 300 steps
    expected = Heun(HeunConfig(steps=18)).sample(teacher().denoiser(), noise.x, 0.002, 20.0)
    torch.testing.assert_close(ends, expected)
    taken, found = made.pairs.take(200, make_generator(5))
    rows = torch.cdist(taken.x, noise.x).argmin(dim=1)
    assert torch.equal(taken.x, noise.x[rows])
    assert torch.equal(found, ends[rows])


def test_paths_become_straight():
    made = reflow(horizon=500)
    for i in range(500):
        made.step(batch(i))
    z = made.prior(1000, make_generator(6))
    expected = Heun(HeunConfig(steps=18)).sample(teacher().denoiser(), z.x, 0.002, 20.0)
    *_, last = made.flow(z, sampler=FlowOde(FlowOdeConfig(steps=1)))
    # In one step a flow of noise and data drawn apart comes to the mean of the data, 0.
    assert rms(last.x - expected) < 0.5 * rms(expected)


def test_without_a_source_the_flow_is_learned_first_and_draws_its_own_pairs():
    made = reflow(horizon=100, source=False)
    assert [(p.name, p.start) for p in made.phases] == [("flow", 0), ("pairs", 50), ("reflow", 52)]
    seen = [float(made.step(batch(i))["phase"]) for i in range(55)]
    assert seen == [1.0] * 50 + [2.0] * 2 + [3.0] * 3
    longer = reflow(horizon=400, source=False)
    longer.load_state(made.state())
    assert longer.phases == made.phases
    alone = Reflow(made.config, SPEC, horizon=1, seed=3, device=CPU)
    alone.load_state(made.state())
    z = made.prior(4, make_generator(7))
    assert torch.equal([*alone.flow(z)][-1].x, [*made.flow(z)][-1].x)


def test_with_a_source_there_is_nothing_to_learn_before():
    assert [phase.name for phase in reflow(horizon=100).phases] == ["pairs", "reflow"]
