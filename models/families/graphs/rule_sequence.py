"""Rule sequence: the rules of a grammar, one after another, and no others than may come."""

from functools import cached_property
from typing import Annotated

from torch import Tensor

from models.config import Config, param
from models.contracts.learner import Line, Stage
from models.families.graphs.growing import Ordered
from models.families.graphs.word_by_word import WordByWord, WordNet
from models.layouts.graph_words.grammar import Grammar, GrammarName
from models.nets.sequences.transformer import SymbolTransformerConfig
from models.registry import family
from models.training.optim import NetworkOptimizer, OptimizerConfig
from models.training.settings import Averaging

__all__ = ["RuleSequence", "RuleSequenceConfig"]

_PAPER = "Kusner et al. 2017, arXiv:1703.01925"
_TITLES = {
    "any": "All graphs",
    "connected": "Connected graphs",
    "trees": "Trees",
    "lobsters": "Lobsters",
}


class RuleSequenceConfig(Config, frozen=True):
    """Settings of rule sequences."""

    grammar: Annotated[
        GrammarName,
        param(
            "Grammar",
            "Which graphs can be made at all. Graphs of the data that it does not derive are not "
            "learned from; the curve “derived” says which share it does.",
            choices=_TITLES,
        ),
    ] = "any"
    net: WordNet = SymbolTransformerConfig()
    optimizer: NetworkOptimizer = OptimizerConfig(
        kind="adamw", lr=3e-3, schedule="cosine", warmup=20, clip=1.0
    )
    ema: Averaging = 0.99


@family(
    "rule-sequence",
    title="Rule sequence",
    summary="A transformer writes the rules of a grammar that make a graph; a mask leaves only "
    "those that may come, so that what the grammar does not derive cannot be drawn.",
    source="what may come by the graph so far: Dai et al. 2018, arXiv:1802.08786, section 3; "
    f"{_PAPER}, section 3 and eq. 3 (GrammarVAE, there with latents)",
    config=RuleSequenceConfig,
    needs=("graph",),
    capabilities=("bound",),
    group="sequential",
    motion="p(r_t | r_(<t)) ∝ m(r_t | stack) exp f(r_t | r_(<t))",
    units={"loss": "nats"},
)
class RuleSequence(WordByWord[RuleSequenceConfig]):
    """p(word) = prod_t p(r_t | r_1 ... r_(t-1)), a rule a symbol."""

    stages = (
        Stage(
            "draw",
            "Draw graphs, and derive them",
            "r₁ r₂ … r_T: a leftmost derivation of G, depth first, by chance",
            f"{_PAPER}, section 3.1",
            also=(
                Line(
                    formula="legs and feet along one of the longest paths",
                    only=("grammar", ("lobsters",)),
                ),
            ),
        ),
        Stage(
            "fit",
            "Say each rule from those before it",
            "max Σ_t log p(r_t | r_(<t)),  p ∝ m exp f",
            f"{_PAPER}, eq. 3",
        ),
    )

    @cached_property
    def language(self) -> Grammar:
        return Grammar(self.config.grammar, self.packing.nodes)

    @property
    def net_config(self) -> SymbolTransformerConfig:
        return self.config.net

    def unknown(self) -> str:
        title = _TITLES[self.config.grammar].lower()
        return (
            f"the grammar of {title} derives none of the first graphs, so that there is nothing to "
            "learn: take that of all graphs"
        )

    def counted(self, graphs: Ordered) -> dict[str, Tensor]:
        assert graphs.known is not None
        return {"derived": graphs.known.float().mean()}
