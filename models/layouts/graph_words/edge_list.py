"""A graph as the list of its edges in the order of a depth-first search.

As in a DFS code (Yan and Han 2002, doi:10.1109/ICDM.2002.1184038, section 4; Goyal et al. 2020,
arXiv:2001.08184, section 3.1) an edge either leads forward, from a node of the path that the search
is on to a new one, or back, from the newest node to one of the path before it. One end of each is
then known, and the other is the symbol. Where a DFS code is minimal, the least of all that a graph
has, here the search goes by chance, and it is known how likely its way was.
"""

from pushforward.models.layouts.graph_words.language import (
    Chances,
    Language,
    Neighbours,
    Reading,
    Written,
    depth_first,
)

__all__ = ["EdgeList"]


class EdgeList(Language):
    """Symbols are, for N nodes: from u forward (u), back to w (N + w), a new component (2 N), and
    the end (2 N + 1).
    """

    @property
    def symbols(self) -> int:
        return 2 * self.nodes + 2

    @property
    def longest(self) -> int:
        # One a pair of nodes, and the end.
        return self.nodes * (self.nodes - 1) // 2 + 1

    def reading(self, size: int) -> "_Search":
        return _Search(size, self.nodes)

    def written(self, graph: Neighbours, chances: Chances) -> Written:
        order = depth_first(graph, chances)
        place = {node: i for i, node in enumerate(order)}
        word: list[int] = []
        reading = self.reading(len(graph))
        for i, node in enumerate(order[1:], start=1):
            earlier = sorted(place[other] for other in graph[node] if place[other] < i)
            # The search came from the latest of them: all are on its path.
            word.append(earlier.pop() if earlier else 2 * self.nodes)
            word += [self.nodes + other for other in earlier]
        for symbol in word:
            reading.read(symbol)
        if reading.allowed():
            word.append(2 * self.nodes + 1)
        return Written(word, order)


class _Search(Reading):
    """Where a search is: on a path from where its component began."""

    def __init__(self, size: int, nodes: int) -> None:
        super().__init__(size)
        self._most = nodes
        self._path = [0]
        self._last = -1
        self._ended = False

    def allowed(self) -> list[int]:
        if self._ended or not self.size:
            return []
        # That to the node before it is there.
        back = [self._most + other for other in self._path[:-2] if other > self._last]
        if self.nodes < self.size:
            return [*self._path, *back, 2 * self._most]
        return [*back, 2 * self._most + 1] if back else []

    def read(self, symbol: int) -> None:
        if symbol == 2 * self._most + 1:
            self._ended = True
        elif symbol == 2 * self._most:
            self._path, self._last = [self.arrive()], -1
        elif symbol >= self._most:
            self._last = symbol - self._most
            self.edges.append((self.nodes - 1, self._last))
        else:
            del self._path[self._path.index(symbol) + 1 :]
            self._path.append(self.arrive(symbol))
            self._last = -1
