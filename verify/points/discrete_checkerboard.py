"""A12: a discrete diffusion reverses its corruption, measured with the exact p(x_0 | x_t).

The data are pairs of symbols, the cells of one colour of a board of 16 x 16. Each place is drawn
for itself, as a D3PM does, so that the board is met only if the steps are small enough.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from pushforward.models.paths.discrete import DISCRETE_PATHS, DiscretePath, DiscretePathName
from pushforward.models.samplers.discrete.ancestral import Ancestral
from pushforward.models.samplers.discrete.base import DiscreteSamplerConfig
from pushforward.models.tensors import make_generator
from pushforward.verify.claim import Null, Outcome, experiment

__all__ = [
    "DRAWS",
    "SEEDS",
    "SIDE",
    "STEPS",
    "a12",
    "board",
    "draw_pairs",
    "exact",
    "floor_of_variation",
    "independent_pairs",
    "quality",
]

SIDE, DRAWS, SEEDS = 16, 20_000, (0, 1, 2)
STEPS: dict[DiscretePathName, int] = {"absorbing": 200, "uniform": 100, "gaussian": 100}
"""Two masked places come out in one step in 1 / T of all draws, and half of these pairs are none of
the board: .995 of them are valid at T = 100, which is the very line, so that T = 200."""
_LINES: dict[DiscretePathName, tuple[float, float]] = {
    "absorbing": (0.045, 0.995),
    "uniform": (0.045, 0.995),
    "gaussian": (0.08, 0.0),
}
_FORGOTTEN = 1e-3


def board() -> Tensor:
    """Return the distribution of the pairs, (16, 16): the same for all cells of one colour."""
    row = torch.arange(SIDE)
    cells = ((row[:, None] + row) % 2 == 0).float()
    return cells / cells.sum()


def exact(path: DiscretePath, x: Tensor, t: int) -> Tensor:
    """Return p(x_0 | x_t) of each place of pairs x (n, 2): (n, 2, 16).

    A pair that no pair of the board leads to (0/0) says nothing: its places are what they are, or
    anything where they are masked.
    """
    came = path.bar[t][:SIDE, x]  # (16, n, 2)
    joint = board()[:, :, None] * came[:, None, :, 0] * came[None, :, :, 1]
    each = torch.stack([joint.sum(dim=1), joint.sum(dim=0)], dim=0).permute(2, 0, 1)
    total = each.sum(dim=-1, keepdim=True)
    alone = came.permute(1, 2, 0)
    alone = alone / alone.sum(dim=-1, keepdim=True)
    return torch.where(total > 0.0, each / total.clamp_min(1e-30), alone)


def draw_pairs(name: DiscretePathName, steps: int, seed: int, n: int = DRAWS) -> Tensor:
    """Return pairs (n, 2) that the ancestral sampler draws along a path of ``steps`` steps."""
    path = DiscretePath(name, SIDE, steps)
    generator = make_generator(seed)
    if path.mask is not None:
        latents = torch.full((n, 2), path.mask)
    else:
        latents = torch.randint(SIDE, (n, 2), generator=generator)
    sampler = Ancestral(DiscreteSamplerConfig(steps=steps))
    return sampler.sample(lambda x, t: exact(path, x, t), path, latents, generator)


def quality(x: Tensor) -> tuple[float, float]:
    """Return the total variation between pairs (n, 2) and the board, and which share is valid."""
    law = board().flatten().double()
    counts = torch.bincount(SIDE * x[:, 0] + x[:, 1], minlength=SIDE**2).double() / len(x)
    return 0.5 * float((counts - law).abs().sum()), float(counts[law > 0.0].sum())


def floor_of_variation(seed: int) -> float:
    """Return the total variation between pairs that are drawn from the board and the board."""
    rows = torch.multinomial(
        board().flatten(), DRAWS, replacement=True, generator=make_generator(seed, 1)
    )
    return quality(torch.stack([rows // SIDE, rows % SIDE], dim=1))[0]


def _forgets(name: DiscretePathName) -> float:
    """Return the largest distance of a row of Qbar_T from the terminal distribution."""
    path = DiscretePath(name, SIDE, STEPS[name])
    return float((path.bar[-1] - path.stationary).abs().max())


def independent_pairs(seed: int) -> Tensor:
    """Return pairs (n, 2) whose symbols are drawn each by itself, as often as on the board."""
    share = board().sum(dim=1).expand(2, SIDE)
    rng = make_generator(seed, 2)
    return torch.multinomial(share, DRAWS, replacement=True, generator=rng).T


def _measured(steps: int | None = None, null: Callable[[int], Tensor] | None = None) -> Outcome:
    """Measure all paths; with ``steps``, along paths of that length; or a ``null`` model."""
    figures: list[str] = []
    value: dict[str, float] = {}
    passed = True
    for name in DISCRETE_PATHS:
        most, least = _LINES[name]
        T = steps or STEPS[name]
        found = [quality(null(s) if null is not None else draw_pairs(name, T, s)) for s in SEEDS]
        tv, valid = max(tv for tv, _ in found), min(share for _, share in found)
        left = _forgets(name)
        figures.append(f"{name}, T = {T}: TV {tv:.3f}, valid {valid:.4f}, Qbar_T {left:.0e} off")
        value |= {f"{name} TV": tv, f"{name} valid": valid, f"{name} Qbar_T": left}
        passed &= tv <= most and valid >= least and left <= _FORGOTTEN
    floors = [floor_of_variation(seed) for seed in SEEDS]
    return Outcome(
        figure="; ".join(figures) + " (worst of three seeds)",
        value=value,
        passed=passed,
        floor=f"TV of as many draws from the board itself: {max(floors):.3f}",
        seeds=list(SEEDS),
    )


@experiment(
    "A12",
    title="Discrete diffusion reverses its corruption",
    claim="With the exact p(x_0 | x_t), D3PM with uniform, absorbing and Gaussian corruption draws "
    "the cells of a checkerboard of 16 x 16.",
    pass_line="total variation at most .045 and .995 valid (uniform, T = 100, and absorbing, "
    "T = 200), .08 (Gaussian, T = 100), 20,000 draws; all rows of Qbar_T within 1e-3 of the law at "
    "the end",
    group="A",
    source="Austin et al. 2021, arXiv:2107.03006, eqs. 1 to 4 and appendix A.2",
    slow=True,
    nulls=[
        Null("one step", lambda: _measured(1)),
        Null(
            "no reverse process",
            lambda: _measured(
                null=lambda s: torch.randint(SIDE, (DRAWS, 2), generator=make_generator(s))
            ),
        ),
        Null("both symbols, each for itself", lambda: _measured(null=independent_pairs)),
    ],
)
def a12() -> Outcome:
    """Draw along all three paths."""
    return _measured()
