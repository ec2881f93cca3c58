"""G1 and G2: a generator is an addition to particles, and what it adds is its kernel."""

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn

from pushforward.models.carriers.population import Population
from pushforward.models.data.ring_of_five import RingOfFiveConfig, ring_of_five
from pushforward.models.fields.adversarial import LOSSES
from pushforward.models.fields.critic import Critic
from pushforward.models.fields.rescalings import DISTINCT, RESCALINGS, rescaling
from pushforward.models.nets.mlp import MLP, MLPConfig
from pushforward.models.ntk import displacements
from pushforward.models.tensors import make_generator
from pushforward.models.training.optim import OptimizerConfig
from pushforward.verify.claim import Null, Outcome, experiment

__all__ = ["Table", "step_of_a_table", "step_of_particles", "step_on_the_loss"]

SEEDS = [0, 1, 2]
_PARTICLES, _LATENT, _WATCHED = 512, 4, 256
_FITS, _SPEED = 100, 0.1
_RATE = 1e-4
_WEIGHTS, _NOISE, _LATENTS, _WATCH = 3200, 3201, 3202, 3203


class Table(nn.Module):
    """A generator with a weight of its own for each coordinate of each particle: row z of a table.

    z (B, 1), numbers of rows -> (B, d). Its kernel is a delta.
    """

    def __init__(self, x: Tensor) -> None:
        super().__init__()
        self.x = nn.Parameter(x.clone())

    def forward(self, z: Tensor) -> Tensor:
        return self.x[z[:, 0].long()]


def _normal(n: int, d: int, seed: int, stream: int) -> Tensor:
    return torch.randn((n, d), generator=make_generator(seed, stream), dtype=torch.float64)


def _fitted(seed: int) -> tuple[Critic, Tensor]:
    """Return a critic that has learned a little of five Gaussians, and the noise that it tells them
    from, both in float64.
    """
    points = ring_of_five(RingOfFiveConfig(), _PARTICLES, seed)
    real = points.spec().standardise(points.x).double()
    particles = _normal(_PARTICLES, 2, seed, _NOISE)
    critic = Critic(
        MLP(MLPConfig(width=64, depth=2), 2, 1, generator=make_generator(seed, _WEIGHTS)).double(),
        loss=LOSSES["logistic"],
        rescaling=rescaling("non-saturated"),
        optimizer=OptimizerConfig(lr=1e-3),
        horizon=_FITS,
        generator=make_generator(seed, _NOISE),
    )
    for _ in range(_FITS):
        critic.fit(real, particles, None)
    return critic, particles


def step_on_the_loss(net: nn.Module, critic: Critic, z: Tensor, rate: float) -> nn.Module:
    """Return a network one step of gradient descent further on the generator loss of the
    literature, -mean h(d(g(z))).
    """
    after = copy.deepcopy(net)
    objective = -critic.rescaling.h(critic.trained.net(after(z)).squeeze(1)).mean()
    weights = list(after.parameters())
    slopes = torch.autograd.grad(objective, weights)
    with torch.no_grad():
        for weight, slope in zip(weights, slopes, strict=True):
            weight.sub_(slope, alpha=rate)
    return after


def step_of_particles(critic: Critic, x: Tensor, speed: float) -> Tensor:
    """Return where free particles x (n, d) are after a step."""
    population = Population(x, speed=speed, generator=make_generator(0))
    population.follow(critic, x)
    return population.x


def step_of_a_table(critic: Critic, x: Tensor, rate: float) -> Tensor:
    """Return where a generator with a weight for each particle puts them after one step."""
    z = torch.arange(len(x))[:, None].to(x)
    after = step_on_the_loss(Table(x), critic, z, rate)
    with torch.no_grad():
        out: Tensor = after(z)
    return out


def _identity(rate: Callable[[int], float]) -> Outcome:
    """Compare both steps for every h and three critics, in float64; ``rate`` is that of the table,
    in units of the particles' speed, for n particles.
    """
    worst, moved = 0.0, 0.0
    for seed in SEEDS:
        critic, x = _fitted(seed)
        for h in RESCALINGS.values():
            critic.rescaling = h
            free = step_of_particles(critic, x, _SPEED)
            table = step_of_a_table(critic, x, rate(len(x)) * _SPEED)
            worst = max(worst, float((free - table).abs().max()))
            moved = max(moved, float((free - x).abs().max()))
    return Outcome(
        figure=f"{worst:.1e} over {len(DISTINCT)} functions h, in moves of up to {moved:.2g}",
        value={"difference": worst},
        passed=worst < 1e-6,
        floor="0; rounding in float64 is about 1e-16 of a move",
        seeds=SEEDS,
    )


@experiment(
    "G1",
    title="Free particles are a generator",
    claim="A generator whose weights are the particles themselves makes the very step of the "
    "particle model, for every h.",
    pass_line="largest difference of one coordinate, over all h, below 1e-6",
    group="G",
    source="Franceschi et al. 2023, arXiv:2305.16150, section 3",
    nulls=[
        Null("a table that does not move", lambda: _identity(lambda n: 0.0)),
        Null("a table that moves 0.1 % too far", lambda: _identity(lambda n: 1.001 * n)),
    ],
)
def free_particles() -> Outcome:
    """Let the table learn at n times the speed: its loss is a mean over n particles."""
    return _identity(lambda n: float(n))


def _errors(seed: int, rate: float, kernel_of: int | None = None) -> tuple[float, float]:
    """Return the relative error of the kernel's prediction against a step on the loss, and how
    far the step that `displacements` makes is from that one.

    ``kernel_of`` is the seed of the network whose kernel predicts; by default the one that steps.
    """
    critic, _ = _fitted(seed)
    config = MLPConfig(width=64, depth=2)
    net, other = (
        MLP(config, _LATENT, 2, generator=make_generator(s, _WATCH)).double()
        for s in (seed, seed if kernel_of is None else kernel_of)
    )
    z = _normal(_PARTICLES, _LATENT, seed, _LATENTS)
    watched = _normal(_WATCHED, _LATENT, seed, _WATCH)
    with torch.no_grad():
        x = net(z)
    found = displacements(other, z, critic.velocity(x), watched, rate)
    after = step_on_the_loss(net, critic, z, rate)
    with torch.no_grad():
        actual = after(watched) - net(watched)
    size = found.predicted.norm()
    return (
        float((actual - found.predicted).norm() / size),
        float((actual - found.actual).norm() / size),
    )


def _predicted(kernel_of: Callable[[int], int | None]) -> Outcome:
    """Compare predicted and actual displacement for three networks of two hidden layers."""
    whole, half, small = (
        [_errors(seed, rate, kernel_of(seed)) for seed in SEEDS]
        for rate in (_RATE, _RATE / 2, _RATE / 1000)
    )
    error, tiny = max(e for e, _ in whole), max(e for e, _ in small)
    ratios = [a / b for (a, _), (b, _) in zip(whole, half, strict=True)]
    apart = max(d for _, d in whole + half)
    return Outcome(
        figure=f"error {error:.1e} at rate {_RATE:g}, {min(ratios):.3f} to {max(ratios):.3f} times "
        "smaller at half of it",
        value={"error": error, "lowest ratio": min(ratios), "highest ratio": max(ratios)},
        passed=error < 1e-2 and min(ratios) > 1.8 and max(ratios) < 2.2 and apart < 1e-6,
        floor=f"0 as the rate goes to 0: {tiny:.1e} at rate {_RATE / 1000:g}",
        seeds=SEEDS,
    )


@experiment(
    "G2",
    title="A generator smooths by its kernel",
    claim="One gradient step of a generator moves its particles by eta mean_j K(z, z_j) grad h_j, "
    "K the network's tangent kernel, also those of latents that the step has not seen.",
    pass_line="relative error below 1e-2 at rate 1e-4, and 1.8 to 2.2 times smaller at half of it",
    group="G",
    source="Franceschi et al. 2023, arXiv:2305.16150, section 3; Jacot et al. 2018, "
    "arXiv:1806.07572, section 4",
    nulls=[Null("the kernel of another network", lambda: _predicted(lambda seed: seed + 100))],
)
def kernel_prediction() -> Outcome:
    """Let each network's own kernel predict its step."""
    return _predicted(lambda seed: None)
