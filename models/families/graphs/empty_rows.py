"""Mixture of Bernoulli rows with a separate probability of the empty row. Each component of a
mixture q treats edges as independent, so that rows with few likely edges are often empty. Connected
graphs in breadth-first order have no empty row, but one in forty of the mixture's is. The mixture
therefore only models non-empty rows: a row is empty with probability e, otherwise

    p(row) = (1 - e) q(row) / (1 - q(0)),

which sums to one for any e, and isolated nodes are as frequent as in the data (a hurdle: Mullahy
1986, J. Econometrics 33, of counts).

Shapes: n blocks of B rows, N nodes, K ways: log_ways (n, K, B), how likely each was before the row,
up to a factor; odds (n, K, B, N), -60 or more; pair (n, B, N) bool, which edges the row has; alone
(n, B), log(e / (1 - e)).
"""

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["apart", "first_edges"]

_TINY = 1e-30  # of float32: less than any real edge has, so that where there is none is a logarithm


def _log_some(none: Tensor) -> Tensor:
    """Return log(1 - exp(-none))."""
    return (-torch.expm1(-none.clamp_min(_TINY))).log()


def apart(log_ways: Tensor, odds: Tensor, pair: Tensor, alone: Tensor, empty: Tensor) -> Tensor:
    """Return log p(row) - log q(row), (n, B), of rows with the ``empty`` ones (n, B) marked; 0 for
    a row without pairs, such as that of the first node.
    """
    none = (functional.softplus(odds) * pair[:, None]).sum(dim=3)
    log_ways = log_ways.log_softmax(dim=1)
    log_some = (log_ways + _log_some(none)).logsumexp(dim=1)
    log_none = (log_ways - none).logsumexp(dim=1)
    found = torch.where(
        empty, functional.logsigmoid(alone) - log_none, functional.logsigmoid(-alone) - log_some
    )
    return torch.where(pair.any(dim=2), found, torch.zeros_like(found))


def first_edges(log_ways: Tensor, odds: Tensor, pair: Tensor, alone: Tensor) -> Tensor:
    """Return the chance of each edge where the row has none before it, (n, B, N). Behind an edge
    it is that of the mixture.
    """
    each = functional.softplus(odds) * pair[:, None]
    before = each.cumsum(dim=3) - each
    rest = each.flip(3).cumsum(dim=3).flip(3)
    so_far = log_ways.log_softmax(dim=1)[..., None] - before
    here = (so_far + functional.logsigmoid(odds)).logsumexp(dim=1)
    here_or_later = (so_far + _log_some(rest)).logsumexp(dim=1)
    never = alone[..., None] + here_or_later[..., :1]
    return (here - torch.logaddexp(never, here_or_later)).exp() * pair
