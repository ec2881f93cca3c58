"""Find the samples whose conditions agree best with some chosen conditions."""

from collections.abc import Mapping

import torch
from torch import Tensor

__all__ = ["match_conditions"]

_AT_ONCE = 256  # different choices that are held against all rows of a law together


def match_conditions(
    law: Mapping[str, Tensor],
    classes: Mapping[str, int],
    chosen: Mapping[str, Tensor],
    n: int,
    generator: torch.Generator,
) -> Tensor:
    """Return n indices of rows, (n,) int64 on the CPU, whose conditions agree with the chosen ones:
    the other conditions are taken from them.

    A row agrees if it has the chosen classes and is among the sqrt(m) nearest of the m rows that
    do, including ties: the usual number of neighbours for a density estimate (Duda, Hart and Stork
    2001, Pattern Classification, section 4.4). A class without rows restricts nothing.

    Args:
        law: samples of the joint distribution of the conditions, by name, (m, ...).
        classes: number of classes of each label by name, 0 for numbers.
        chosen: chosen values by name, (n, ...) or one value for all rows.
        n: number of indices.
        generator: a generator of the CPU.
    """
    total = len(next(iter(law.values())))
    if chosen.keys() == law.keys() or not chosen:
        return torch.randint(total, (n,), generator=generator)
    wanted = torch.cat(
        [
            value.to(law[name]).expand(n, *law[name].shape[1:]).reshape(n, -1).double()
            for name, value in chosen.items()
        ],
        dim=1,
    )
    different, which = torch.unique(wanted, dim=0, return_inverse=True)
    share = torch.rand(n, generator=generator, dtype=torch.float64)
    rows = torch.empty(n, dtype=torch.int64)
    for start in range(0, len(different), _AT_ONCE):
        fits = _fit(law, classes, list(chosen), different[start : start + _AT_ONCE])
        counted = fits.cumsum(dim=1)
        places = ((which >= start) & (which < start + _AT_ONCE)).nonzero()[:, 0]
        mine = counted[which[places] - start]
        pick = (share[places] * mine[:, -1]).long().clamp(max=mine[:, -1] - 1)
        rows[places] = torch.searchsorted(mine, pick[:, None] + 1)[:, 0]
    return rows


def _fit(
    law: Mapping[str, Tensor], classes: Mapping[str, int], names: list[str], wanted: Tensor
) -> Tensor:
    """Return which rows agree with each of u choices, (u, m) bool.

    ``wanted`` (u, c) holds the chosen values, concatenated in the order of ``names``.
    """
    total = len(next(iter(law.values())))
    pool = torch.ones((len(wanted), total), dtype=torch.bool)
    distance = torch.zeros((len(wanted), total), dtype=torch.float64)
    start = 0
    for name in names:
        values = law[name].reshape(total, -1).double()
        mine = wanted[:, start : start + values.shape[1]]
        start += values.shape[1]
        if classes.get(name, 0):
            same = pool & torch.eq(mine[:, None], values).all(dim=2)
            pool = torch.where(same.any(dim=1, keepdim=True), same, pool)
        else:
            spread = values.std(dim=0, correction=0)
            scale = torch.where(spread > 0.0, spread, 1.0)
            # Without the product of matrices, by which equal ones would not be 0 apart.
            apart = torch.cdist(
                mine / scale, values / scale, compute_mode="donot_use_mm_for_euclid_dist"
            )
            distance += apart.square() / values.shape[1]
    distance.masked_fill_(~pool, torch.inf)
    near = pool.sum(dim=1).double().sqrt().long()
    last = distance.sort(dim=1).values.gather(1, near[:, None] - 1)
    return distance <= last
