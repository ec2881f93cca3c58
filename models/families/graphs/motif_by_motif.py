"""Motif by motif: small graphs are added whole, and joined to those before."""

from functools import cached_property
from typing import Annotated

from pushforward.models.config import Config, param
from pushforward.models.families.graphs.word_by_word import WordByWord, WordNet
from pushforward.models.layouts.graph_words.motifs import MotifName, Motifs
from pushforward.models.nets.sequences.transformer import SymbolTransformerConfig
from pushforward.models.registry import family
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import Averaging

__all__ = ["MotifByMotif", "MotifByMotifConfig"]


class MotifByMotifConfig(Config, frozen=True):
    """Settings of motifs."""

    motifs: Annotated[
        MotifName,
        param(
            "Motifs",
            "Structures added whole, besides single nodes: cliques of up to 5 nodes, or rings "
            "of 3 to 6.",
            choices={"cliques": "Cliques", "rings": "Rings"},
        ),
    ] = "cliques"
    net: WordNet = SymbolTransformerConfig()
    optimizer: NetworkOptimizer = OptimizerConfig(
        kind="adamw", lr=3e-3, schedule="cosine", warmup=20, clip=1.0
    )
    ema: Averaging = 0.99


@family(
    "motif-by-motif",
    config=MotifByMotifConfig,
    needs=("graph",),
    capabilities=("bound",),
    group="sequential",
    units={"loss": "nats"},
)
class MotifByMotif(WordByWord[MotifByMotifConfig]):
    """p(word) = prod_t p(x_t | x_1 ... x_(t-1)), a motif, an edge or "next" a symbol."""

    @cached_property
    def language(self) -> Motifs:
        return Motifs(self.config.motifs, self.packing.nodes)

    @property
    def net_config(self) -> SymbolTransformerConfig:
        return self.config.net
