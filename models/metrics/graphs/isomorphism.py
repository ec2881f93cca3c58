"""Which graphs are the same but for the numbers of their nodes."""

from collections import defaultdict
from collections.abc import Hashable
from typing import TYPE_CHECKING

from torch import Tensor

if TYPE_CHECKING:
    import networkx

__all__ = ["Classes", "novelty", "uniqueness"]


class Classes:
    """Classes of isomorphic graphs, numbered as they are met.

    Graphs are first told apart by how often nodes have each history of neighbourhoods, and those
    that agree in it by VF2 (Cordella et al. 2004, doi:10.1109/TPAMI.2004.75; networkx's).
    """

    def __init__(self) -> None:
        self._alike: dict[Hashable, list[tuple[int, networkx.Graph]]] = defaultdict(list)
        self.count = 0

    def of(self, adjacency: Tensor, size: Tensor) -> list[int]:
        """Return the class of each graph (n, N, N), of which the first ``size`` nodes are real."""
        return [self._one(a[:k, :k]) for a, k in zip(adjacency, size.tolist(), strict=True)]

    def _one(self, adjacency: Tensor) -> int:
        import networkx  # a quarter of a second, for those who ask

        graph = networkx.from_numpy_array(adjacency.numpy())
        alike = self._alike[len(adjacency), _history(adjacency)]
        for number, other in alike:
            if networkx.is_isomorphic(graph, other):
                return number
        alike.append((self.count, graph))
        self.count += 1
        return self.count - 1


def _history(adjacency: Tensor) -> Hashable:
    """Return the colours of colour refinement (Weisfeiler and Leman 1968), sorted."""
    neighbours = [row.nonzero()[:, 0].tolist() for row in adjacency]
    colours: list[int] = [len(around) for around in neighbours]
    for _ in range(3):
        colours = [
            hash((own, tuple(sorted(colours[other] for other in around))))
            for own, around in zip(colours, neighbours, strict=True)
        ]
    return tuple(sorted(colours))


def uniqueness(adjacency: Tensor, size: Tensor) -> float:
    """Return how many different graphs there are, as a share of all (n, N, N)."""
    return len(set(Classes().of(adjacency, size))) / len(size)


def novelty(made: tuple[Tensor, Tensor], known: tuple[Tensor, Tensor]) -> float:
    """Return the share of graphs (adjacency, size) that are none of those known."""
    classes = Classes()
    seen = set(classes.of(*known))
    found = classes.of(*made)
    return sum(number not in seen for number in found) / len(found)
