"""CLD: its kernel against integrated moments, and its ODE with the exact score of a Gaussian."""

from typing import Literal

import pytest
import torch
from scipy.integrate import solve_ivp

from pushforward.models.config import Pick, decode, encode
from pushforward.models.families.cld import Cld, CldConfig
from pushforward.models.kinds.points import points
from pushforward.models.paths.phase_space import BETA, MASS, kernel
from pushforward.models.registry import registry
from pushforward.models.tensors import make_generator

CPU = torch.device("cpu")
SPEC = points(50, 0).spec()


@pytest.mark.parametrize("time", [0.01, 0.1, 0.4, 1.0])
def test_the_kernel_is_what_the_moments_come_to(time):
    """dm = A m, dS = A S + S A^T + diag(0, 2), by a kept solver."""
    a = BETA * torch.tensor([[0.0, 1 / MASS], [-1.0, -1 / MASS]], dtype=torch.float64)
    noise = BETA * torch.tensor([[0.0, 0.0], [0.0, 2.0]], dtype=torch.float64)

    def rates(_, y):
        m, s = torch.from_numpy(y[:2]), torch.from_numpy(y[2:]).reshape(2, 2)
        return torch.cat([a @ m, (a @ s + s @ a.T + noise).flatten()]).numpy()

    start = [1.0, 0.0, 0.0, 0.0, 0.0, 0.04 * MASS]
    end = torch.from_numpy(solve_ivp(rates, (0, time), start, rtol=1e-10, atol=1e-12).y[:, -1])
    found = kernel(torch.tensor(time, dtype=torch.float64))
    root = torch.tensor([[found.root_xx, 0.0], [found.root_xv, found.root_vv]]).double()
    torch.testing.assert_close(torch.stack([found.mean_x, found.mean_v]), end[:2])
    torch.testing.assert_close(root @ root.T, end[2:].reshape(2, 2), rtol=1e-6, atol=1e-9)


def test_at_the_end_little_is_left_of_the_datum():
    found = kernel(torch.tensor(1.0))
    assert abs(float(found.mean_x)) < 0.01
    assert float(found.root_xx) == pytest.approx(1.0, abs=0.01)
    assert float(found.root_vv) == pytest.approx(MASS**0.5, abs=0.01)
    assert kernel(torch.tensor([1e-3])).root_xx > 0


def made(steps: int = 60, prediction: Literal["mixed", "noise"] = "mixed") -> Cld:
    net = Pick(slug="mlp", config={"width": 32, "depth": 2})
    config = CldConfig(net=net, steps=steps, prediction=prediction)
    return Cld(config, SPEC, horizon=300, seed=0, device=CPU)


@pytest.mark.parametrize("width", [0.3, 2.0])
def test_with_the_exact_score_the_ode_gives_the_law_of_gaussian_data(width, monkeypatch):
    """Of data N(0, width^2) position and velocity are Gaussian at each time."""

    def score(self, rows, time):
        found = kernel(torch.tensor(time, dtype=torch.float64))
        mean = torch.stack([found.mean_x, found.mean_v])
        root = torch.tensor([[found.root_xx, 0.0], [found.root_xv, found.root_vv]]).double()
        inverse = torch.linalg.inv(root @ root.T + width**2 * torch.outer(mean, mean)).float()
        x, v = rows.x.chunk(2, dim=1)
        return -(inverse[1, 0] * x + inverse[1, 1] * v)

    monkeypatch.setattr(Cld, "score", score)
    family = made(steps=200)
    *_, last = family.flow(family.prior(4000, make_generator(0)))
    assert last.nfe == family.evaluations(family.config)
    assert float(last.x.std()) == pytest.approx(width, rel=0.06)
    assert float(last.x.mean()) == pytest.approx(0.0, abs=0.06 * max(1.0, width))


def least_loss() -> float:
    """Of data N(0, 1): the variance of the noise of the velocities that is left once position and
    velocity are seen, over all times.
    """
    left = []
    for time in torch.linspace(1e-3, 1.0, 200, dtype=torch.float64):
        found = kernel(time)
        mean = torch.stack([found.mean_x, found.mean_v])
        root = torch.tensor([[found.root_xx, 0.0], [found.root_xv, found.root_vv]]).double()
        seen = torch.linalg.inv(root @ root.T + torch.outer(mean, mean))
        left.append(1.0 - found.root_vv.square() * seen[1, 1])
    return float(torch.stack(left).mean())


@pytest.mark.parametrize("prediction", ["mixed", "noise"])
def test_it_learns_the_noise_of_the_velocities(prediction):
    family = made(prediction=prediction)
    data = torch.randn((4000, 2), generator=make_generator(1))
    losses = [float(family.step(data[128 * (i % 31) :][:128])["loss"]) for i in range(300)]
    least = least_loss()
    assert sum(losses[-60:]) / 60 == pytest.approx(least, rel=0.25)
    assert sum(losses[:5]) / 5 > 1.4 * least


def test_gaussian_velocities_hold_what_has_learned_nothing():
    """By what a network says that was never trained, particles stay where data may be; of its noise
    alone it sends them away by millions.
    """
    width = {}
    for prediction in ("mixed", "noise"):
        family = made(prediction=prediction)
        *_, last = family.flow(family.prior(200, make_generator(0)))
        width[prediction] = float(last.x.std())
    assert width["mixed"] < 5.0
    assert width["noise"] > 1e3


def test_runs_of_the_first_version_predict_noise():
    entry = registry.get("family", "cld")
    assert entry.version == 2
    said = encode(CldConfig(steps=7))
    del said["prediction"]
    noise = CldConfig(steps=7, prediction="noise")
    assert decode(entry.config, entry.upgrade(said, "points")) == noise
    assert entry.upgrade({"steps": 7}, "points") == {"steps": 7}, "a setup that says little is new"
