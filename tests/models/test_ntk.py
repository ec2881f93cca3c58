"""The kernel of a generator: predictions against an explicit kernel and against real steps."""

import copy

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, jacrev

from pushforward.models.data.ring_of_five import RingOfFiveConfig, ring_of_five
from pushforward.models.families.gan import Gan, GanConfig
from pushforward.models.nets.mlp import MLP, MLPConfig
from pushforward.models.ntk import Displacements, displacements
from pushforward.models.registry import discover, registry
from pushforward.models.tensors import make_generator
from pushforward.verify.points.generator_addition import Table

discover(["pushforward.verify"])


def normal(n: int, d: int, stream: int) -> Tensor:
    return torch.randn((n, d), generator=make_generator(0, stream), dtype=torch.float64)


def network() -> nn.Module:
    config = MLPConfig(width=12, depth=2)
    return MLP(config, 3, 2, generator=make_generator(0)).double()


def jacobian(net: nn.Module, z: Tensor) -> Tensor:
    """Return J (n d, weights), one column a weight, the slow way."""

    def g(weights: dict[str, Tensor]) -> Tensor:
        return functional_call(net, weights, (z,)).flatten()

    weights = {name: p.detach() for name, p in net.named_parameters()}
    return torch.cat([j.flatten(1) for j in jacrev(g)(weights).values()], dim=1)


def look(eta: float = 1e-3, net: nn.Module | None = None) -> Displacements:
    return displacements(net or network(), normal(9, 3, 1), normal(9, 2, 2), normal(7, 3, 3), eta)


def test_the_prediction_is_that_of_the_kernel_built_in_full():
    net, z, v, where = network(), normal(9, 3, 1), normal(9, 2, 2), normal(7, 3, 3)
    kernel = jacobian(net, where) @ jacobian(net, z).T
    expected = 0.3 * (kernel @ v.flatten()).reshape(7, 2) / 9
    found = displacements(net, z, v, where, 0.3)
    torch.testing.assert_close(found.predicted, expected)
    torch.testing.assert_close(found.x, net(where).detach())


def test_the_actual_displacement_is_that_of_gradient_descent():
    net, z, v, where = network(), normal(9, 3, 1), normal(9, 2, 2), normal(7, 3, 3)
    after = copy.deepcopy(net)
    optimizer = torch.optim.SGD(after.parameters(), lr=0.3)
    torch.autograd.backward(after(z), -v / 9)
    optimizer.step()
    found = displacements(net, z, v, where, 0.3)
    torch.testing.assert_close(found.actual, (after(where) - net(where)).detach())


def error(found: Displacements) -> float:
    """How far a step goes from where the kernel says, in shares of it."""
    return float((found.actual - found.predicted).norm() / found.predicted.norm())


def test_the_error_falls_with_the_rate():
    whole, half = error(look(1e-3)), error(look(5e-4))
    assert 0.0 < whole < 1e-2
    assert whole / half == pytest.approx(2.0, abs=0.05)


def test_looking_changes_nothing():
    net, numbers = network(), torch.get_rng_state()
    before = copy.deepcopy(net.state_dict())
    found = look(net=net)
    assert all(torch.equal(net.state_dict()[name], value) for name, value in before.items())
    assert all(p.grad is None for p in net.parameters())
    assert torch.equal(numbers, torch.get_rng_state())
    assert not any(x.requires_grad for x in (found.x, found.predicted, found.actual))
    with torch.no_grad():
        torch.testing.assert_close(look(net=net).predicted, found.predicted)


def test_the_kernel_of_a_table_is_a_delta():
    """Each particle has its own weights: those that the step has seen move, and no other."""
    x = normal(6, 2, 1)
    rows = torch.arange(6.0, dtype=torch.float64)[:, None]
    v = normal(4, 2, 2)
    found = displacements(Table(x), rows[:4], v, rows, eta=0.4)
    torch.testing.assert_close(found.predicted[:4], 0.1 * v)
    assert not found.predicted[4:].any()
    torch.testing.assert_close(found.actual, found.predicted)


def test_images_have_a_kernel_too():
    net = nn.Sequential(nn.Linear(3, 8), nn.SiLU(), nn.Linear(8, 4), nn.Unflatten(1, (1, 2, 2)))
    z = torch.randn((5, 3), generator=make_generator(0))
    v = torch.randn((5, 1, 2, 2), generator=make_generator(1))
    found = displacements(net, z, v, z[:3], 1e-3)
    assert found.predicted.shape == found.actual.shape == (3, 1, 2, 2)
    assert error(found) < 1e-2


@pytest.mark.parametrize("slug", ["G1", "G2"])
def test_the_claims_about_generators_hold(slug: str):
    result = registry.get("experiment", slug).make()
    assert result.passed, result.figure
    assert result.floor
    assert result.seeds


def test_slow_motion_sees_the_kernel_and_the_step_agree() -> None:
    points = ring_of_five(RingOfFiveConfig(), 512, 0)
    spec = points.spec()
    family = Gan(GanConfig(), spec, horizon=10, seed=0, device=torch.device("cpu"))
    twin = Gan(GanConfig(), spec, horizon=10, seed=0, device=torch.device("cpu"))
    batch = spec.standardise(points.x)[:64]
    scenes = dict(family.walk(batch))
    follow = scenes["follow"]
    gap = (follow["stepped"] - follow["smoothed"]).norm() / follow["smoothed"].norm()
    assert gap < 1e-2
    # The kernel mixes: what it makes of the field is not the field.
    cosine = torch.cosine_similarity(follow["smoothed"].flatten(), follow["velocity"].flatten(), 0)
    assert 0.0 < cosine < 0.999
    # Looking changes nothing.
    twin.step(batch)
    nets = (made.carrier.trained.net for made in (family, twin))
    for ours, theirs in zip(*(net.parameters() for net in nets), strict=True):
        assert torch.equal(ours, theirs)
