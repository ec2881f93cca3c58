"""How fast GraphRNN learns and draws, beside what anybody would write: prints a table.

    python -m tests.benchmarks.graph_rnn_step [--steps 20]

Both sides have the same two GRUs with the same weights and learn from 32 community graphs a step:
the studio by `GraphRnn.step`, with averaged weights, and the other by networkx's breadth-first
search of each graph, rows that are filled one by one, one pass of each GRU, and PyTorch's Adam.
Before anything is timed, both must say the same of the same ordered graphs. Asked: at least as
fast. And 1,000 graphs are drawn. All in the time of one core.
"""

import argparse
import os
import random
import statistics
import time
from collections.abc import Callable, Sequence

from tests.benchmarks.smallest import parse

os.environ.setdefault("OMP_NUM_THREADS", "1")

import networkx
import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.data.community import CommunityConfig, community
from pushforward.models.families.graphs.graph_rnn import GraphRnn, GraphRnnConfig
from pushforward.models.families.graphs.growing import Ordered
from pushforward.models.kinds.graphs import GraphSet
from pushforward.models.tensors import make_generator

ASKED = 1.0  # times as fast
BATCH, DRAWN = 32, 1000


class Plain(nn.Module):
    """GraphRNN as its paper has it, with a row a node."""

    def __init__(self, like: GraphRnn) -> None:
        super().__init__()
        net, size = like.trained.net.edges, like.config.net
        self.nodes = like.packing.nodes
        self.rows = nn.GRU(net.rows.input_size, size.width, size.layers, batch_first=True)
        self.edges = nn.GRU(1, size.hidden, batch_first=True)
        self.first = nn.Linear(size.width, size.hidden)
        self.last = nn.Linear(size.hidden, 1)
        self.load_state_dict(net.state_dict())

    def ordered(self, graph: networkx.Graph) -> list[int]:
        """Return the nodes of a graph in breadth-first order from a random one."""
        order: list[int] = []
        while len(order) < len(graph):
            start = random.choice([node for node in graph if node not in order])
            order += [start, *(node for _, node in networkx.bfs_edges(graph, start))]
        return order

    def loss(self, graphs: list[networkx.Graph], orders: list[list[int]]) -> Tensor:
        """Return minus the mean log-probability of ordered graphs."""
        n, most = len(graphs), self.nodes - 1
        rows, told = torch.zeros(n, self.nodes, most), torch.zeros(n, self.nodes, most)
        seen = torch.zeros(n, self.nodes, most + 2)
        for g, (graph, order) in enumerate(zip(graphs, orders, strict=True)):
            for i in range(1, len(graph)):
                for d in range(1, i + 1):
                    rows[g, i, d - 1] = 1.0 if graph.has_edge(order[i], order[i - d]) else -1.0
                    told[g, i, d - 1] = 1.0
            seen[g, 1:, :most] = rows[g, :-1]
            seen[g, :, most] = torch.arange(self.nodes) / self.nodes
            seen[g, :, most + 1] = len(graph) / self.nodes
        states = self.rows(seen)[0].reshape(n * self.nodes, -1)
        before = functional.pad(rows[..., :-1], (1, 0)).reshape(n * self.nodes, most, 1)
        odds = self.last(self.edges(before, torch.tanh(self.first(states))[None])[0])
        found = functional.binary_cross_entropy_with_logits(
            odds.view(rows.shape), (rows > 0.0).float(), weight=told, reduction="sum"
        )
        return found / n


def as_graphs(data: GraphSet) -> list[networkx.Graph]:
    """Return graphs as networkx has them."""
    return [
        networkx.from_numpy_array(square[:size, :size].numpy())
        for square, size in zip(data.adjacency, data.size.tolist(), strict=True)
    ]


def milliseconds(work: Callable[[], object], times: int) -> float:
    """Return the median time of some work on one core."""
    work()
    costs = []
    for _ in range(times):
        start = time.process_time()
        work()
        costs.append(1000.0 * (time.process_time() - start))
    return statistics.median(costs)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=20)
    steps = parse(parser, argv, steps=1).steps
    torch.set_num_threads(1)
    data = community(CommunityConfig(), BATCH, 0)
    spec, graphs = data.spec(), as_graphs(data)
    family = GraphRnn(GraphRnnConfig(), spec, horizon=1000, seed=0, device=torch.device("cpu"))
    plain, rows = Plain(family), spec.standardised(data.rows(slice(None)))
    here = Ordered(data.adjacency, data.size, None, rows.given, torch.zeros(BATCH))
    with torch.no_grad():
        ours = -family.log_prob_ordered(family.trained.net.edges, here)[0].mean()
        theirs = plain.loss(graphs, [list(graph) for graph in graphs])
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-3)
    optimizer = torch.optim.Adam(plain.parameters(), lr=3e-3)

    def step() -> None:
        optimizer.zero_grad()
        plain.loss(graphs, [plain.ordered(graph) for graph in graphs]).backward()
        nn.utils.clip_grad_norm_(plain.parameters(), 5.0)
        optimizer.step()

    cost = milliseconds(lambda: family.step(rows), steps), milliseconds(step, steps)
    print(f"a step of {BATCH} graphs: {cost[0]:.1f} ms, written plainly {cost[1]:.1f} ms; "
          f"{cost[1] / cost[0]:.2f} times as fast (asked: {ASKED:g})")  # fmt: skip
    latents = family.prior(DRAWN, make_generator(0))
    drawn = milliseconds(lambda: list(family.flow(latents)), 3)
    print(f"{DRAWN:,} graphs drawn: {drawn:.0f} ms")


if __name__ == "__main__":
    main()
