"""Edge list: edge after edge, in the order of a depth-first search."""

from functools import cached_property

from pushforward.models.config import Config
from pushforward.models.families.graphs.word_by_word import WordByWord, WordNet
from pushforward.models.layouts.graph_words.edge_list import EdgeList
from pushforward.models.nets.sequences.transformer import SymbolTransformerConfig
from pushforward.models.registry import family
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import Averaging

__all__ = ["EdgeByEdge", "EdgeListConfig"]


class EdgeListConfig(Config, frozen=True):
    """Settings of edge lists."""

    net: WordNet = SymbolTransformerConfig()
    optimizer: NetworkOptimizer = OptimizerConfig(
        kind="adamw", lr=3e-3, schedule="cosine", warmup=20, clip=1.0
    )
    ema: Averaging = 0.99


@family(
    "edge-list",
    config=EdgeListConfig,
    needs=("graph",),
    capabilities=("bound",),
    group="sequential",
    units={"loss": "nats"},
)
class EdgeByEdge(WordByWord[EdgeListConfig]):
    """p(word) = prod_t p(e_t | e_1 ... e_(t-1)), an edge a symbol."""

    @cached_property
    def language(self) -> EdgeList:
        return EdgeList(self.packing.nodes)

    @property
    def net_config(self) -> SymbolTransformerConfig:
        return self.config.net
