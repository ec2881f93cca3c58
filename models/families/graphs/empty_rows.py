"""Rows of a mixture of Bernoullis where the row of no edge has a chance of its own.

Each way of a mixture q says each edge for itself, so that where few are likely none is, too: of
graphs in one piece, in the order of a search, no row is empty, and of a mixture's one in forty is.
Its law is therefore only asked of rows that are not: a row is empty by a chance e, and else

    p(row) = (1 - e) q(row) / (1 - q(0)),

so that probabilities sum to one whatever e is, and of data with nodes that are joined to nothing it
is as often as there (a hurdle: Mullahy 1986, J. Econometrics 33, of counts).

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
    """Return log p(row) - log q(row), (n, B), of rows of which some are ``empty`` (n, B); 0 of a
    row without a pair, as that of a first node.
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
