"""What a graph isomorphism network with random weights makes of graphs, and how far that is apart.

There is no reference classifier for every set of graphs; a random one tells more graphs apart than
counts of degrees or triangles do (Thompson et al. 2022, arXiv:2201.09871, sections 3 and 5). Its
features are those of the rounds of

    h_i <- MLP(h_i + sum over neighbours j of h_j)

(Xu et al. 2019, arXiv:1810.00826, eq. 4.1, epsilon 0) from the degrees, each summed over the nodes
of a graph: how its nodes are numbered changes nothing. What neighbours of neighbours' degrees do
not tell it does not see (Xu et al., theorem 3): triangles among nodes of one degree, for one.
"""

import math
from functools import cache

import torch
from torch import Tensor

from pushforward.models.config import NoConfig
from pushforward.models.metrics.base import Evidence, Figure, SampleMetric
from pushforward.models.metrics.graphs.sides import sides
from pushforward.models.metrics.samples.frechet import frechet_distance
from pushforward.models.registry import metric
from pushforward.models.tensors import make_generator, real_places

__all__ = ["RandomGinFrechet", "distance", "features"]

ROUNDS, WIDTH = 3, 35  # those of Thompson et al., whose features are 105 numbers, too
LEAST = 0.01  # of the spread of its round, which a feature is taken to have
_SEED = 0  # one network for all time: its figures are compared


@cache
def _layers() -> tuple[tuple[tuple[Tensor, Tensor], ...], ...]:
    """Return weights (in, 35) and biases (35,) of the two layers of each round. Without biases all
    would be one sum of walks: a rectifier does nothing to multiples of a vector.
    """
    rng = make_generator(_SEED)

    def layer(fan_in: int) -> tuple[Tensor, Tensor]:
        weight = torch.empty((fan_in, WIDTH), dtype=torch.float64)
        bias = 2.0 * torch.rand(WIDTH, generator=rng, dtype=torch.float64) - 1.0
        return torch.nn.init.orthogonal_(weight, generator=rng), bias / math.sqrt(fan_in)

    return tuple((layer(WIDTH if k else 1), layer(WIDTH)) for k in range(ROUNDS))


def features(adjacency: Tensor, size: Tensor) -> Tensor:
    """Return the features (n, 105), float64, of graphs (n, N, N) whose first ``size`` nodes are
    real.
    """
    a = adjacency.double()
    real = real_places(size, a.shape[1])[..., None]
    h = a.sum(dim=2, keepdim=True)
    rounds = []
    for (first, one), (second, two) in _layers():
        h = (((h + a @ h) @ first + one).relu() @ second + two).relu() * real
        rounds.append(h.sum(dim=1))
    return torch.cat(rounds, dim=1)


def distance(made: Tensor, real: Tensor) -> float:
    """Return the Frechet distance of features (n, 105) and (m, 105), in units of the spread of the
    latter: sums over neighbours of neighbours grow with each round, which would count for all. So
    would a feature that is 0 for all but a few graphs, and has next to no spread where none of
    these is drawn: it is taken for a hundredth of that of its round at least.
    """
    own = real.std(dim=0)
    of_round = own.square().view(ROUNDS, WIDTH).mean(dim=1).sqrt()
    spread = torch.maximum(own, LEAST * of_round.repeat_interleave(WIDTH))
    spread = torch.where(spread > 0, spread, 1.0)
    return frechet_distance(made / spread, real / spread)


@metric(
    "random-gin",
    title="Fréchet distance (random GIN)",
    summary="Fréchet distance of features of a graph isomorphism network with random weights, "
    "in units of the spread of unseen graphs. Grows for fewer graphs: compare at equal "
    "n, with the noise floor.",
    source="Thompson et al. 2022, arXiv:2201.09871, section 3; network: Xu et al. 2019, "
    "arXiv:1810.00826, eq. 4.1; distance: Dowson and Landau 1982, "
    "doi:10.1016/0047-259X(82)90077-X, eq. 4",
    kinds=("graphs",),
)
class RandomGinFrechet(SampleMetric[NoConfig]):
    """The Frechet distance in the features of a random network."""

    def measure(self, evidence: Evidence) -> Figure:
        made, real = (features(*graphs) for graphs in sides(evidence))
        return Figure(distance(made, real), n=len(made))
