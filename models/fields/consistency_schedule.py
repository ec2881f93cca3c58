"""How finely the trajectories are cut while a consistency model is trained without a teacher.

Few levels are quick to learn from and biased, many are slow and exact: the number rises with the
step k of K, and the target follows the faster the fewer there are.

    root:      N(k) = ceil(sqrt(k/K ((s1 + 1)^2 - s0^2) + s0^2) - 1) + 1,
               mu(k) = exp(s0 ln mu0 / N(k))
    doubling:  N(k) = min(s0 2^floor(k/K'), s1) + 1,  K' = floor(K / (log2 floor(s1/s0) + 1))

Sources: Song et al. 2023, arXiv:2303.01469, appendix C; Song and Dhariwal 2023, arXiv:2310.14189,
section 3.4.
"""

import math
from typing import Literal

__all__ = ["CutName", "level_count", "target_decay"]

CutName = Literal["root", "doubling", "constant"]


def level_count(name: CutName, step: int, horizon: int, first: int, last: int) -> int:
    """Return N, how many levels there are in a step.

    Args:
        name: of the schedule; "constant" has the last number from the first step on.
        step: k, from 0; beyond the horizon it stays as it was at the end.
        horizon: K.
        first: s0, how many gaps between levels there are at first.
        last: s1, how many at the end; at least as many.
    """
    k = min(step, horizon)
    if name == "constant":
        return last + 1
    if name == "root":
        rising = k / horizon * ((last + 1) ** 2 - first**2) + first**2
        return math.ceil(math.sqrt(rising) - 1) + 1
    stays = max(1, math.floor(horizon / (math.log2(last // first) + 1)))
    return min(first << (k // stays), last) + 1


def target_decay(mu: float, first: int, levels: int) -> float:
    """Return mu(k) of the schedule "root": mu at s0 = N levels, nearer to 1 where there are more; 0
    stays 0.
    """
    return math.exp(first * math.log(mu) / levels) if mu > 0.0 else 0.0
