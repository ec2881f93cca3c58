"""Ego graphs of Citeseer: a paper, the papers it cites or that cite it, and the citations among
them.
"""

import gzip
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import torch

from pushforward.models.config import Config, ConfigError, param
from pushforward.models.contracts.data import Splits
from pushforward.models.data.graph_draws import packed
from pushforward.models.registry import dataset
from pushforward.models.tensors import make_generator
from pushforward.studio.engine.data.bundled_files import not_what_it_should_be
from pushforward.studio.resources import folder

if TYPE_CHECKING:
    import networkx

__all__ = ["EgoConfig", "ego"]

_SHARE = 0.8  # of the graphs that are learned from
_SPLIT = 0  # the seed of the split: the same graphs are held out whoever asks


class EgoConfig(Config, frozen=True):
    """How large the graphs are."""

    smallest: Annotated[
        int, param("Smallest", "Papers of the smallest graphs.", low=4, high=60, unit="papers")
    ] = 4
    largest: Annotated[
        int, param("Largest", "Papers of the largest graphs.", low=4, high=60, unit="papers")
    ] = 18


@dataset(
    "ego",
    title="Papers and their neighbours",
    summary=(
        "A paper, the papers it cites or that cite it, and the citations among them: a hub "
        "and few further edges."
    ),
    source="Citeseer, Sen et al. 2008, doi:10.1609/aimag.v29i3.2157; ego graphs as in You et al. "
    "2018, arXiv:1802.08773, section 4.1 (sizes of ego-small)",
    holds="graphs",
    config=EgoConfig,
    finite=True,
    size="996 graphs of 4 to 18 papers",
    licence="MIT",
    made=(
        "From the largest connected component. Many are isomorphic: only 222 distinct graphs, so "
        "novelty is not expected."
    ),
)
def ego(config: EgoConfig) -> Splits:
    """Return four fifths of the graphs to learn from, and the others to measure with.

    Raises:
        ConfigError: the largest are smaller than the smallest.
        Refused: the file is missing or damaged; the path is "dataset".
    """
    if config.largest < config.smallest:
        raise ConfigError("largest", f"must be at least the smallest, {config.smallest}")
    import networkx

    whole = _read(folder("datasets") / "citeseer" / "citeseer.edges.gz")
    part = whole.subgraph(max(networkx.connected_components(whole), key=len))
    around = [networkx.ego_graph(part, paper) for paper in sorted(part)]
    found = [each for each in around if config.smallest <= len(each) <= config.largest]
    if len(found) < 2:
        raise ConfigError("smallest", "leaves fewer than two graphs")
    rng = make_generator(_SPLIT)
    graphs = packed(found, config.largest, rng).take(torch.randperm(len(found), generator=rng))
    at = max(1, round(_SHARE * len(found)))
    return Splits(graphs.take(slice(None, at)), graphs.take(slice(at, None)))


def _read(path: Path) -> "networkx.Graph":
    import networkx

    try:
        with gzip.open(path, "rt", encoding="ascii") as file:
            pairs = [tuple(map(int, line.split())) for line in file]
    except FileNotFoundError as error:
        raise not_what_it_should_be(path, "citations", "it is missing") from error
    except (OSError, EOFError, ValueError) as error:
        raise not_what_it_should_be(path, "citations", str(error)) from error
    if not pairs or {len(pair) for pair in pairs} != {2}:
        raise not_what_it_should_be(path, "citations", "not every line is two numbers")
    return networkx.Graph(pairs)
