"""Organisations: labelled graphs whose labels say where in them a node stands."""

from dataclasses import replace
from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.config import Config, ConfigError, param
from pushforward.models.data.common import data_generator
from pushforward.models.kinds.labelled_graphs import LabelledSet
from pushforward.models.registry import dataset
from pushforward.observables.graphs.labelled_makes import LINKS, RANKS

__all__ = ["OrganisationsConfig", "organisations"]

_FEWEST, _MOST = 2, 4  # leads


class OrganisationsConfig(Config, frozen=True):
    """How large organisations are."""

    smallest: Annotated[
        int, param("Smallest", "People in the smallest organisation.", low=5, high=24, unit="nodes")
    ] = 7
    largest: Annotated[
        int, param("Largest", "People in the largest organisation.", low=5, high=24, unit="nodes")
    ] = 12


@dataset(
    "organisations",
    title="Organisations",
    summary="Labelled graphs: a head with two to four leads, each with a team. Node labels are "
    "ranks; edge labels are *leads* and *works with*, the latter between all who share "
    "a lead.",
    source="this project's own, by definition",
    holds="labelled-graphs",
    config=OrganisationsConfig,
)
def organisations(config: OrganisationsConfig, n: int, seed: int) -> LabelledSet:
    """Draw n organisations with uniform numbers of people and leads and random teams; nodes in
    random order.

    Raises:
        ConfigError: the largest are smaller than the smallest.
    """
    if config.largest < config.smallest:
        raise ConfigError("largest", f"must be at least the smallest, {config.smallest}")
    rng, nodes = data_generator(n, seed), config.largest
    types = torch.zeros((n, nodes), dtype=torch.int64)
    edges = torch.zeros((n, nodes, nodes), dtype=torch.int64)
    size = torch.randint(config.smallest, config.largest + 1, (n,), generator=rng)
    for row, people in enumerate(size.tolist()):
        master = _masters(people, rng)
        rank = torch.where(master < 0, 0, torch.where(master == 0, 1, 2))
        order = torch.randperm(people, generator=rng)
        types[row, :people] = rank[order]
        edges[row, :people, :people] = _links(master)[order][:, order]
    made = LabelledSet.of(types, edges, size)
    return replace(made, node_labels=RANKS, edge_labels=LINKS)


def _masters(people: int, rng: torch.Generator) -> Tensor:
    """Return who leads each of some people, (people,), -1 for the head, who is the first; those
    whom it leads come next.
    """
    most = min(_MOST, (people - 1) // 2)
    leads = int(torch.randint(_FEWEST, most + 1, (), generator=rng))
    # Each leads one, and the others are anybody's.
    others = torch.randint(1, leads + 1, (people - 1 - 2 * leads,), generator=rng)
    own = torch.arange(1, leads + 1)
    return torch.cat([torch.tensor([-1]), torch.zeros_like(own), own, others])


def _links(master: Tensor) -> Tensor:
    """Return how people are joined whom these lead, (people, people)."""
    leads = torch.eq(master[:, None], torch.arange(len(master)))
    team = torch.eq(master[:, None], master) & (master >= 0)[:, None]
    team.fill_diagonal_(False)
    return (leads | leads.T).long() + 2 * team.long()
