"""Edge list: edge after edge, in the order of a depth-first search."""

from functools import cached_property

from models.config import Config
from models.contracts.learner import Stage
from models.families.graphs.word_by_word import WordByWord, WordNet
from models.layouts.graph_words.edge_list import EdgeList
from models.nets.sequences.transformer import SymbolTransformerConfig
from models.registry import family
from models.training.optim import NetworkOptimizer, OptimizerConfig
from models.training.settings import Averaging

__all__ = ["EdgeByEdge", "EdgeListConfig"]

_PAPER = "Goyal et al. 2020, arXiv:2001.08184"


class EdgeListConfig(Config, frozen=True):
    """Settings of edge lists."""

    net: WordNet = SymbolTransformerConfig()
    optimizer: NetworkOptimizer = OptimizerConfig(
        kind="adamw", lr=3e-3, schedule="cosine", warmup=20, clip=1.0
    )
    ema: Averaging = 0.99


@family(
    "edge-list",
    title="Edge list",
    summary="A transformer writes edge after edge as a depth-first search meets them: forward to a "
    "new node, or back to one on its path. It takes as many steps as there are edges.",
    source="the words are depth-first codes: Yan and Han 2002, doi:10.1109/ICDM.2002.1184038, "
    f"section 4; {_PAPER}, section 3 (GraphGen, there by an LSTM and minimal codes)",
    config=EdgeListConfig,
    needs=("graph",),
    capabilities=("bound",),
    group="sequential",
    motion="p(G) ≥ p(e₁ e₂ … e_m),  e_t ~ p(· | e₁ … e_(t−1))",
    units={"loss": "nats"},
)
class EdgeByEdge(WordByWord[EdgeListConfig]):
    """p(word) = prod_t p(e_t | e_1 ... e_(t-1)), an edge a symbol."""

    stages = (
        Stage(
            "draw",
            "Draw graphs, and go through them depth first",
            "e₁ e₂ … e_m = edges of G,  forward or back, by a random search",
            f"{_PAPER}, section 3.1",
        ),
        Stage(
            "fit",
            "Say each edge from those before it",
            "max Σ_t log p(e_t | e₁ … e_(t−1)),  over edges that may come",
            f"{_PAPER}, section 3.2",
        ),
    )

    @cached_property
    def language(self) -> EdgeList:
        return EdgeList(self.packing.nodes)

    @property
    def net_config(self) -> SymbolTransformerConfig:
        return self.config.net
