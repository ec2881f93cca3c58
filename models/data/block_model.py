"""The stochastic block model: several communities, dense inside and sparse between."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import torch

from pushforward.models.config import Config, ConfigError, param
from pushforward.models.data.common import data_generator
from pushforward.models.data.graph_draws import packed, seeds
from pushforward.models.kinds.graphs import GraphSet
from pushforward.models.registry import dataset

if TYPE_CHECKING:
    import networkx

__all__ = ["BlockModelConfig", "block_model"]


class BlockModelConfig(Config, frozen=True):
    """How many communities there are, how large they are, and how densely joined."""

    fewest: Annotated[
        int, param("Fewest", "Minimum number of communities.", low=1, high=6, unit="communities")
    ] = 2
    most: Annotated[
        int, param("Most", "Maximum number of communities.", low=1, high=6, unit="communities")
    ] = 4
    smallest: Annotated[
        int, param("Smallest", "Nodes of the smallest community.", low=2, high=20, unit="nodes")
    ] = 5
    largest: Annotated[
        int, param("Largest", "Nodes of the largest community.", low=2, high=20, unit="nodes")
    ] = 7
    inside: Annotated[
        float,
        param("Inside", "Edge probability within a community.", low=0.0, high=1.0),
    ] = 0.8
    between: Annotated[
        float,
        param("Between", "Edge probability between communities.", low=0.0, high=1.0),
    ] = 0.03


@dataset(
    "block-model",
    title="Several communities",
    summary="Graphs of two to four dense communities with few edges between them. Their number, "
    "which is the class, depends on the whole graph.",
    source="Holland et al. 1983, doi:10.1016/0378-8733(83)90021-7; as in Martinkus et al. 2022, "
    "arXiv:2204.01613, section 4 (SBM, there of 44 to 187 nodes)",
    holds="graphs",
    config=BlockModelConfig,
)
def block_model(config: BlockModelConfig, n: int, seed: int) -> GraphSet:
    """Draw n graphs; how many communities, and how large each is, are uniform between the bounds.

    Raises:
        ConfigError: a bound above is smaller than that below.
    """
    import networkx

    for path, low, high in (
        ("most", config.fewest, config.most),
        ("largest", config.smallest, config.largest),
    ):
        if high < low:
            raise ConfigError(path, f"must be at least {low}")
    rng = data_generator(n, seed)
    labels = []

    def make(one: int) -> "networkx.Graph":
        count = int(torch.randint(config.fewest, config.most + 1, (1,), generator=rng))
        labels.append(count - config.fewest)
        sizes = torch.randint(config.smallest, config.largest + 1, (count,), generator=rng).tolist()
        chance = [
            [config.inside if a == b else config.between for b in range(count)]
            for a in range(count)
        ]
        return networkx.stochastic_block_model(sizes, chance, seed=one)

    found = packed([make(one) for one in seeds(n, rng)], config.most * config.largest, rng)
    counts = range(config.fewest, config.most + 1)
    names = tuple(f"{k} {'community' if k == 1 else 'communities'}" for k in counts)
    return replace(found, labels=torch.tensor(labels), names=names)
