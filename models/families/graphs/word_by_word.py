"""Graphs written as words, symbol after symbol, by a causal transformer.

The transformer predicts the probability of each symbol; symbols that the grammar forbids get
probability 0. Every word is therefore a graph of the requested size and structure, for any weights.
"""

import math
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, TypeVar

import torch
from torch import Tensor, nn

from pushforward.models.config import Config, ConfigError, param
from pushforward.models.contracts.batch import Batch, Rows, by_parts
from pushforward.models.contracts.family import Frame
from pushforward.models.contracts.learner import Scene
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.families.graphs.growing import Growing, Ordered
from pushforward.models.layouts.graph_words.language import Chances, Language, Reading, Written
from pushforward.models.layouts.node_orders import reordered
from pushforward.models.nets.calling import call
from pushforward.models.nets.role import autoregressive
from pushforward.models.nets.sequences.transformer import (
    SymbolTransformer,
    SymbolTransformerConfig,
    symbol_transformer,
)
from pushforward.models.paths.discrete import draw_symbols
from pushforward.models.tensors import upload

__all__ = ["WordByWord", "WordNet"]

WordNet = Annotated[
    SymbolTransformerConfig,
    param("Transformer", "The network that says which symbol comes next."),
]
C = TypeVar("C", bound=Config)
_FRAMES = 40  # of a flow
_WORTH = 0.75  # of its rows a cache keeps those that go on, once they are no more than this share


class _Writer:
    """Logits of the next symbols of words of different lengths."""

    def __init__(self, net: SymbolTransformer, n: int, given: Mapping[str, Tensor]) -> None:
        self._net, self._given = net, given
        self._cache = net.cache(n)
        self._rows = torch.arange(n, device=net.places.device)

    def next(self, x: Tensor, going: Tensor, place: int) -> Tensor:
        """Return the logits at a place of the words that go on, (m, symbols).

        Args:
            x: all words so far, (n, T).
            going: the numbers of the words that go on, rising, (m,): no others than before.
            place: of the next symbol.
        """
        if self._cache is None:
            given = {name: value[going] for name, value in self._given.items()}
            part = Batch(x[going, : place + 1], given=given)
            return by_parts(lambda some: call(self._net, some)[:, -1:], part)[:, 0].float()
        if len(going) <= _WORTH * len(self._rows):
            self._cache.take(torch.searchsorted(self._rows, going))
            self._rows = going
        rows = self._rows
        given = {name: value[rows] for name, value in self._given.items()}
        before = x[rows, place - 1] if place else None
        said = self._net.next(before, self._cache, given or None)
        return said[torch.searchsorted(rows, going)].float()


class WordByWord(Growing[C]):
    """p(word) = prod_t p(x_t | x_1 ... x_(t-1)) over the symbols that may come.

    Latents are uniform numbers, one a symbol, and normal ones before them for the nodes' numbers.
    """

    @property
    @abstractmethod
    def language(self) -> Language:
        """How graphs are written."""

    @property
    @abstractmethod
    def net_config(self) -> SymbolTransformerConfig:
        """The size of the transformer."""

    def network(self, rng: torch.Generator) -> nn.Module:
        return symbol_transformer(
            self.net_config, self._spec_of_words(), autoregressive(self.language.symbols), rng
        )

    def fitted(self, net: Any, graphs: Ordered, chance: Tensor) -> tuple[Tensor, Tensor]:
        assert graphs.known is not None
        if not self.trained.count and not graphs.known.any():
            raise ConfigError("", self.unknown())
        found, edges = self.log_prob_ordered(net, graphs)
        # What has no word is not learned; of the others the mean is that of a full batch.
        share = len(graphs) / graphs.known.sum().clamp_min(1)
        return found.masked_fill(~graphs.known, 0.0) * share, edges

    def unknown(self) -> str:
        """Return what to say where the language has no word for any graph."""
        return "it has no word for any of these graphs"

    def expected(self, edges: Tensor, row: Tensor) -> Scene:
        return {}

    def log_prob_ordered(self, net: Any, graphs: Ordered) -> tuple[Tensor, Tensor]:
        assert graphs.words is not None
        assert graphs.known is not None
        words, n = graphs.words, len(graphs)
        longest = max(1, int((words >= 0).sum(dim=1).amax()))
        words = words[:, :longest]
        there = upload(words >= 0, graphs.size.device)
        x = upload(words.clamp_min(0), graphs.size.device)
        said = call(net, Batch(x, given=graphs.given)).float()
        may = upload(self._allowed(words, graphs.size), said.device)
        law = said.masked_fill(~may, -math.inf).log_softmax(dim=2)
        each = law.gather(2, x[..., None])[..., 0]
        found = each.masked_fill(~there, 0.0).sum(dim=1)
        return found.masked_fill(~graphs.known, -math.inf), torch.zeros((n, 0, 0))

    def ordered(self, rows: Batch, generator: torch.Generator) -> Ordered:
        here = self.graphs_of(rows, torch.zeros(len(rows), device=rows.device))
        chances, nodes = Chances(generator), self.packing.nodes
        found: list[Written | None] = []
        likely = []
        for square, size in zip(here.adjacency.cpu(), here.size.tolist(), strict=True):
            chances.log_prob = 0.0
            graph = [row.nonzero()[:, 0].tolist() for row in square[:size]]
            found.append(self.language.written(graph, chances))
            likely.append(chances.log_prob)
        # Words stay on the host, where the language reads them again.
        words = torch.full((len(rows), self.language.longest), -1)
        order = torch.arange(nodes).repeat(len(rows), 1)
        for i, written in enumerate(found):
            if written is not None:
                words[i, : len(written.word)] = torch.tensor(written.word, dtype=torch.long)
                order[i, : len(written.order)] = torch.tensor(written.order, dtype=torch.long)
        order = upload(order, rows.device)
        ways = upload(torch.tensor(likely), rows.device) + torch.lgamma(here.size + 1.0)
        known = upload(torch.tensor([written is not None for written in found]), rows.device)
        return Ordered(
            reordered(here.adjacency, order),
            here.size,
            None if here.numbers is None else here.numbers.gather(1, order),
            rows.given,
            ways,
            words,
            known,
        )

    def prior(
        self, n: int, generator: torch.Generator, given: Mapping[str, Tensor] | None = None
    ) -> Batch:
        u = torch.rand((n, self.language.longest), generator=generator)
        z = torch.randn((n, self.packing.start), generator=generator)
        x = torch.cat([z, u], dim=1)
        return Batch(x, *self.spec.conditions(n, generator, given)).to(self.device)

    @torch.no_grad()
    def flow(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        """Write all words, and show how they make their graphs: at flow time t each is read as far
        as that share of it. What is not yet there is 0, neither an edge nor none.
        """
        rows, net = Batch.of(latents), self.trained.averaged
        start = self.packing.start
        here = self.graphs_of(rows.holding(self._blank(rows)), rows.x[:, 0])
        sizes = here.size.tolist()
        words, steps = self._written(net.edges, rows, sizes)
        readings = [self.language.reading(size) for size in sizes]
        read = [0] * len(rows)
        yield Frame(0.0, self._blank(rows), 0)
        count = max(1, min(_FRAMES, steps))
        for frame in range(1, count + 1):
            for i, (word, reading) in enumerate(zip(words, readings, strict=True)):
                stop = -(-len(word) * frame // count)
                for symbol in word[read[i] : stop]:
                    reading.read(symbol)
                read[i] = stop
            made, joined = self._seen(rows, readings)
            if frame == count and net.numbers is not None:
                made[:, :start] = net.numbers.draw_numbers(rows.x[:, :start], joined, rows.given)
            spent = -(-steps * frame // count)
            yield Frame(frame / count, rows.zeroed(made), spent)

    def _written(self, net: Any, rows: Batch, sizes: list[int]) -> tuple[list[list[int]], int]:
        """Return words drawn from the uniform numbers of latents, and how often the network was
        asked.
        """
        readings = [self.language.reading(each) for each in sizes]
        words: list[list[int]] = [[] for _ in readings]
        symbols = self.language.symbols
        x = torch.zeros((len(rows), self.language.longest), dtype=torch.long, device=rows.device)
        u = rows.x[:, self.packing.start :]
        told = {name: rows.given[name] for name in self.spec.given if name in rows.given}
        steps = 0
        writer = _Writer(net, len(rows), told)
        while True:
            allowed = [reading.allowed() for reading in readings]
            going = [i for i, symbols_ in enumerate(allowed) if symbols_]
            if not going:
                return words, max(1, steps)
            at = upload(torch.tensor(going), rows.device)
            may = torch.zeros((len(going), symbols), dtype=torch.bool)
            for row, i in enumerate(going):
                may[row, allowed[i]] = True
            said = writer.next(x, at, steps)
            law = said.masked_fill(~upload(may, said.device), -math.inf).softmax(dim=1)
            found = draw_symbols(law, u[at, steps])
            x[at, steps] = found
            for i, symbol in zip(going, found.tolist(), strict=True):
                readings[i].read(symbol)
                words[i].append(symbol)
            steps += 1

    def _seen(self, rows: Batch, readings: list[Reading]) -> tuple[Tensor, Tensor]:
        """Return graphs as far as they are read, as rows (n, L), and their edges (n, N, N)."""
        nodes = self.packing.nodes
        ends = [(i, *edge) for i, reading in enumerate(readings) for edge in reading.edges]
        joined = torch.zeros((len(rows), nodes, nodes), dtype=torch.bool, device=rows.device)
        if ends:
            row, one, other = upload(torch.tensor(ends), rows.device).T
            joined[row, one, other] = joined[row, other, one] = True
        there = upload(torch.tensor([reading.nodes for reading in readings]), rows.device)
        made = self._blank(rows)
        come = self.packing.flat(
            (torch.arange(nodes, device=rows.device) < there[:, None])[:, None].expand_as(joined)
        )
        made[:, self.packing.start :] = (2.0 * self.packing.flat(joined) - 1.0) * come
        return made, joined

    def _blank(self, rows: Batch) -> Tensor:
        """Return rows in which nothing is yet there, (n, L)."""
        return torch.zeros((len(rows), *self.spec.shape), device=rows.device)

    def _allowed(self, words: Tensor, size: Tensor) -> Tensor:
        """Return which symbols may stand at each place of words (n, T): (n, T, symbols) bool; all
        behind an end.
        """
        may = torch.zeros((*words.shape, self.language.symbols), dtype=torch.bool)
        rows: list[int] = []
        places: list[int] = []
        symbols: list[int] = []
        for row, (word, nodes) in enumerate(zip(words.tolist(), size.tolist(), strict=True)):
            reading = self.language.reading(nodes)
            for place, symbol in enumerate(word):
                if symbol < 0:
                    may[row, place:] = True
                    break
                allowed = reading.allowed()
                rows += [row] * len(allowed)
                places += [place] * len(allowed)
                symbols += allowed
                reading.read(symbol)
        may[rows, places, symbols] = True
        return may

    def _spec_of_words(self) -> DataSpec:
        """Return the inputs of the transformer for words: their symbols and conditions."""
        longest = self.language.longest
        return replace(
            self.spec,
            shape=(longest,),
            mean=torch.zeros(longest),
            std=torch.ones(longest),
            symbols=self.language.symbols,
            parts=(),
        )
