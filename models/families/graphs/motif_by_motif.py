"""Motif by motif: small graphs are added whole, and joined to those before."""

from functools import cached_property
from typing import Annotated

from models.config import Config, param
from models.contracts.learner import Line, Stage
from models.families.graphs.word_by_word import WordByWord, WordNet
from models.layouts.graph_words.motifs import MotifName, Motifs
from models.nets.sequences.transformer import SymbolTransformerConfig
from models.registry import family
from models.training.optim import NetworkOptimizer, OptimizerConfig
from models.training.settings import Averaging

__all__ = ["MotifByMotif", "MotifByMotifConfig"]

_PAPER = "Maziarz et al. 2022, arXiv:2103.03864"


class MotifByMotifConfig(Config, frozen=True):
    """Settings of motifs."""

    motifs: Annotated[
        MotifName,
        param(
            "Motifs",
            "What is added whole, beside single nodes: groups in which all are joined, of up to 5 "
            "nodes, or rings of 3 to 6.",
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
    title="Motif by motif",
    summary="A transformer adds cliques or rings whole, and then says of each of their nodes to "
    "which earlier ones it is joined.",
    source="of fixed motifs, without the latents: Jin et al. 2018, arXiv:1802.04364, section 2; "
    f"{_PAPER}, section 2.2 (MoLeR)",
    config=MotifByMotifConfig,
    needs=("graph",),
    capabilities=("bound",),
    group="sequential",
    motion="p(G) ≥ Π_k p(motif_k | before) Π_i p(edges of i | motif_k, before)",
    units={"loss": "nats"},
)
class MotifByMotif(WordByWord[MotifByMotifConfig]):
    """p(word) = prod_t p(x_t | x_1 ... x_(t-1)), a motif, an edge or "next" a symbol."""

    stages = (
        Stage(
            "draw",
            "Draw graphs, and take them apart",
            "G = motif₁ ∪ motif₂ ∪ … and the edges between, by chance",
            f"{_PAPER}, section 2.1",
            also=(
                Line(
                    formula="a clique grows from a node as far as motifs go",
                    only=("motifs", ("cliques",)),
                ),
                Line(
                    formula="a ring is the shortest through an edge of its first node",
                    only=("motifs", ("rings",)),
                ),
            ),
        ),
        Stage(
            "fit",
            "Say each motif and edge from what comes before",
            "max Σ_t log p(x_t | x₁ … x_(t−1)),  over symbols that may come",
            f"{_PAPER}, section 2.2",
        ),
    )

    @cached_property
    def language(self) -> Motifs:
        return Motifs(self.config.motifs, self.packing.nodes)

    @property
    def net_config(self) -> SymbolTransformerConfig:
        return self.config.net
