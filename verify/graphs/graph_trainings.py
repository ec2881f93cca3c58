"""Trainings of claims about graphs, and the null models that must miss their lines. A `Lesson`
names the data, their number and the steps; a judge compares the samples with unseen graphs.
Importing this module registers nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from pushforward.models.config import Config, decode
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.family import Family
from pushforward.models.data.community import CommunityConfig
from pushforward.models.kinds.graphs import GraphSet
from pushforward.models.layouts.graphs import unpack
from pushforward.models.nets.pick import filled
from pushforward.models.registry import registry
from pushforward.models.tensors import make_generator
from pushforward.verify.claim import Null, Outcome
from pushforward.verify.graphs.graph_nulls import (
    copies,
    erdos_renyi,
    flipped,
    independent_edges,
    pairs_flipped,
    rewired,
)

__all__ = [
    "MADE",
    "SEEDS",
    "Graphs",
    "Judge",
    "Lesson",
    "by_seeds",
    "copied",
    "edited",
    "floor_of",
    "null",
    "nulls",
    "of_seeds",
]

SEEDS = (0, 1, 2)
MADE = 100
_BATCH = 32
# Streams of the seed (`models.tensors.make_generator`).
_BATCHES, _PRIOR, _NOISE = 3005, 3100, 3103

Graphs = tuple[Tensor, Tensor]
Judge = Callable[[Graphs], Outcome]


@dataclass(frozen=True)
class Lesson:
    """What is trained, and on how many graphs of a set.

    Attributes:
        family, config: its slug, and settings that are not those of the kind.
        steps: of training, 32 graphs each.
        dataset, data: its slug and settings.
        train: how many graphs are learned from; of a finite set all that it has for that.
        seed: of the data; those of seed 1 are what settings were chosen by.
        sampler, sampling: its slug and settings, "" for that of the family.
    """

    family: str
    steps: int
    config: Mapping[str, Any] = field(default_factory=dict)
    dataset: str = "community"
    data: Config = field(default_factory=CommunityConfig)
    train: int = 80
    seed: int = 1
    sampler: str = ""
    sampling: Mapping[str, Any] = field(default_factory=dict)

    def graphs(self, n: int, seed: int) -> GraphSet:
        """Draw graphs of the set."""
        found: GraphSet = registry.get("dataset", self.dataset).make(self.data, n, seed)
        return found

    @cached_property
    def learned(self) -> GraphSet:
        """The graphs that are learned from."""
        entry = registry.get("dataset", self.dataset)
        found: GraphSet
        found = entry.make(self.data).train if entry.finite else self.graphs(self.train, self.seed)
        return found

    def family_of(self, seed: int, steps: int | None = None) -> Family[Any]:
        """Return the untrained family with a horizon of ``steps``, by default all."""
        entry = registry.get("family", self.family)
        config = decode(entry.config, filled(entry, self.config, "graphs"))
        horizon = self.steps if steps is None else steps
        found: Family[Any] = entry.make(
            config, self.learned.spec(), horizon=horizon, seed=seed, device=torch.device("cpu")
        )
        return found

    def batches(self, family: Family[Any], seed: int) -> Iterator[Batch]:
        """Yield what a family learns from, step by step, for ever."""
        rows = family.spec.standardised(self.learned.rows(slice(None)))
        order = make_generator(seed, _BATCHES)
        while True:
            yield rows.take(torch.randint(len(rows), (_BATCH,), generator=order))

    def train_for(self, family: Family[Any], seed: int, steps: int | None = None) -> Family[Any]:
        """Train a family for ``steps`` steps, by default all, and return it."""
        for batch in islice(self.batches(family, seed), self.steps if steps is None else steps):
            family.step(batch)
        return family

    def taught(self, seed: int, steps: int | None = None) -> Family[Any]:
        """Return a trained family."""
        return self.train_for(self.family_of(seed, steps), seed, steps)

    def sample_from(self, family: Family[Any], seed: int) -> Graphs:
        """Return 100 graphs that a family makes."""
        latents = family.prior(MADE, make_generator(seed, _PRIOR))
        sampler = noise = None
        if self.sampler:
            entry = registry.get("sampler", self.sampler)
            sampler = entry.make(decode(entry.config, self.sampling))
            noise = make_generator(seed, _NOISE)
        *_, last = family.flow(latents, sampler=sampler, generator=noise)
        return unpack(last.x, self.learned.packing), latents.given["size"].long()

    def train_and_sample(self, seed: int, steps: int | None = None) -> Graphs:
        """Train for ``steps`` steps, by default all, and return 100 samples."""
        return self.sample_from(self.taught(seed, steps), seed)


def of_seeds(outcomes: Sequence[Outcome], floor: str, seeds: Sequence[int] = SEEDS) -> Outcome:
    """Return what several seeds came to: passed if all have, with the mean of each figure."""
    told = [f"seed {seed}: {each.figure}" for seed, each in zip(seeds, outcomes, strict=True)]
    value = {
        name: sum(each.value[name] for each in outcomes) / len(outcomes)
        for name in outcomes[0].value
    }
    passed = all(each.passed for each in outcomes)
    return Outcome("; ".join(told), value, passed, floor, list(seeds))


def floor_of(lesson: Lesson, judge: Judge) -> str:
    """Return the values of a judge for unseen graphs of the set."""
    fresh = lesson.graphs(MADE, lesson.seed + 3)
    return f"fresh graphs: {judge((fresh.adjacency, fresh.size)).figure}"


def by_seeds(lesson: Lesson, judge: Judge) -> Outcome:
    """Train three seeds and return the values of a judge for each with the floor."""
    return of_seeds(
        [judge(lesson.train_and_sample(seed)) for seed in SEEDS], floor_of(lesson, judge)
    )


def null(lesson: Lesson, title: str, make: Callable[[Graphs], Graphs], judge: Judge) -> Null:
    """Return a null that makes graphs of those that a lesson is learned from."""

    def measure() -> Outcome:
        train = lesson.learned
        return judge(make((train.adjacency, train.size)))

    return Null(title, measure)


def edited(lesson: Lesson, judge: Judge) -> list[Null]:
    """Return training graphs with one to four pairs flipped: up to three, novelty beyond three
    flips must find them; four, the distances must.
    """

    def flips(count: int) -> Null:
        title = f"training graphs with {count} pair{'s' * (count > 1)} flipped, renumbered"
        return null(lesson, title, lambda r: pairs_flipped(r, MADE, lesson.seed, count), judge)

    return [flips(count) for count in range(1, 5)]


def nulls(lesson: Lesson, judge: Judge, *, rewiring: bool = False) -> list[Null]:
    """Return graphs that must miss the line of a judge, though they know sizes and densities."""
    seed = lesson.seed
    found = [
        null(lesson, "as many edges anywhere", lambda r: erdos_renyi(r, MADE, seed), judge),
        null(lesson, "edges each for itself", lambda r: independent_edges(r, MADE, seed), judge),
        null(
            lesson,
            "copies with 5 % of pairs turned",
            lambda r: flipped(r, MADE, seed, 0.05),
            judge,
        ),
    ]
    if rewiring:
        found.insert(1, null(lesson, "rewired", lambda r: rewired(r, MADE, seed), judge))
    return found


def copied(lesson: Lesson, judge: Judge) -> Null:
    """Return the null that repeats what is learned from."""
    return null(lesson, "copies of training graphs", lambda r: copies(r, MADE, lesson.seed), judge)
