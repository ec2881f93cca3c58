"""What of a graph does not depend on how its nodes are numbered, as one vector.

Structural features of the soft adjacency (`models.layouts.graph_structure`): of the nodes those of
each kind sorted, and of the graph as a whole. Two numberings of one graph have the same, and a
kernel between them compares graphs where one between rows compares matrices. They can be
differentiated, so that particles know where to go.
"""

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.layouts.graph_structure import cycles, random_walks, slow_modes
from pushforward.models.layouts.graphs import Packing

__all__ = ["graph_invariants", "structural_features"]

_CLEAR = 4.0  # the log odds of an edge at 1: pairs of -1 and 1 are as good as decided
_WALKS, _MODES = 3, 5
_SIZE = 2.0  # graphs whose sizes differ by a node are so far apart at least
_COUNTED = 0.5  # counts by their order of magnitude, of which a factor of e^2 is 1
_SLOW = 4.0  # few modes are slow, and one more or less is another graph


def graph_invariants(rows: Batch, spec: DataSpec) -> Tensor:
    """Return invariants (n, k) of standardised rows x (n, L), wherever between 0 and 1 their edges
    are, such that Euclidean distances between them compare graphs: `structural_features`, and the
    size of each graph.
    """
    packing = Packing.of(spec.parts)
    of_nodes, total, modes = structural_features(rows, packing)
    size = packing.present(_mask(rows)).to(rows.x).sum(dim=1, keepdim=True)
    return torch.cat([of_nodes / packing.nodes**0.5, total, _SLOW * modes, _SIZE * size], dim=1)


def structural_features(rows: Batch, packing: Packing) -> tuple[Tensor, Tensor, Tensor]:
    """Return of rows x (n, L), each of about the order 1: degrees, cycles of 3 and 4 nodes,
    probabilities to be back after 2, 4 and 8 steps, and numbers of nodes where they have any, of
    all nodes, each sorted, (n, k N); cycles of 3 to 6 of each graph, (n, 4); and its slow modes,
    (n, 5).
    """
    mask = _mask(rows)
    joined, real = packing.dense(mask).to(rows.x), packing.present(mask).to(rows.x)
    size = real.sum(dim=1, keepdim=True)
    soft = torch.sigmoid(_CLEAR * packing.dense(rows.x)) * joined
    through, total = (_COUNTED * torch.asinh(count) for count in cycles(soft))
    back = [power.diagonal(dim1=1, dim2=2) * size for power in random_walks(soft, _WALKS)]
    of_nodes = [0.5 * soft.sum(dim=2), *through[..., :2].unbind(dim=2), *back]
    if packing.featured:
        of_nodes.append(rows.x[:, : packing.nodes])
        of_nodes.append(of_nodes[0] * of_nodes[-1])
    # Padded nodes come last, and are 0 in all graphs of a size.
    ordered = [_falling(values, real) for values in of_nodes]
    return torch.cat(ordered, dim=1), total, torch.asinh(slow_modes(soft, real, _MODES))


def _mask(rows: Batch) -> Tensor:
    if rows.mask is not None:
        return rows.mask
    return torch.ones(rows.x.shape, dtype=torch.bool, device=rows.device)


def _falling(values: Tensor, real: Tensor) -> Tensor:
    """Return what nodes have (n, N), the largest first, 0 where there is no node."""
    low = values.masked_fill(real == 0.0, -torch.inf)
    found = low.sort(dim=1, descending=True).values
    return torch.where(found.isinf(), 0.0, found)
