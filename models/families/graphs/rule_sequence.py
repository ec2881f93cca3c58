"""Rule sequence: the rules of a grammar, one after another, and no others than may come."""

from functools import cached_property
from typing import Annotated

from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.families.graphs.growing import Ordered
from pushforward.models.families.graphs.word_by_word import WordByWord, WordNet
from pushforward.models.layouts.graph_words.grammar import Grammar, GrammarName
from pushforward.models.nets.sequences.transformer import SymbolTransformerConfig
from pushforward.models.registry import family
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import Averaging

__all__ = ["RuleSequence", "RuleSequenceConfig"]

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
            "Grammar of the graphs. Training graphs that it does not derive are left out; the "
            "curve “derived” shows the fraction it derives.",
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
    config=RuleSequenceConfig,
    needs=("graph",),
    capabilities=("bound",),
    group="sequential",
    units={"loss": "nats"},
)
class RuleSequence(WordByWord[RuleSequenceConfig]):
    """p(word) = prod_t p(r_t | r_1 ... r_(t-1)), a rule a symbol."""

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
