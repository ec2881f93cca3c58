"""R1: a GRU that knows the order of a history beats popularity on the invented films."""

from typing import Any

import torch

from models.contracts.abilities import Recommends
from models.contracts.learner import Learner
from models.experiments.base import Null, Outcome, experiment
from models.experiments.bench import Bench, Trial
from models.kinds.interactions import InteractionSet
from models.metrics.base import Evidence
from models.metrics.ranking.ndcg import NdcgAtTen
from models.metrics.ranking.next_item import RankingConfig
from models.tensors import make_generator

__all__ = ["LINE", "gru_beats_pop"]

LINE = 2.0  # times the NDCG@10 of POP
_PEOPLE = 1000
_SEEDS = (0,)
_GRU = Trial("gru4rec", "films", 300, training={"samples": 2000, "batch": 64, "threads": 1})
_UNTRAINED = Trial("gru4rec", "films", 1, training={"samples": 2000, "batch": 64, "threads": 1})
_POP = Trial("pop", "films", 100, training={"samples": 2000, "batch": 64, "threads": 1})


def _shuffled(data: InteractionSet, seed: int) -> InteractionSet:
    """Return histories whose order is lost, but for their last item, which is asked for."""
    generator = make_generator(seed)
    x = data.x.clone()
    for row, size in enumerate(data.size.tolist()):
        x[row, : size - 1] = x[row, torch.randperm(size - 1, generator=generator)]
    return InteractionSet(x, data.titles)


def _scored(bench: Bench, trial: Trial, *, shuffled: bool = False) -> Outcome:
    ratios: list[float] = []
    found: list[tuple[float, float]] = []
    seeds = bench.seeds(_SEEDS)
    for seed in seeds:
        learnt = bench.train(trial, seed)
        _, people = learnt.pair(_PEOPLE, seed)
        assert isinstance(people, InteractionSet)
        pop = _ndcg(bench.train(_POP, seed).learner, people)
        own = _ndcg(learnt.learner, _shuffled(people, seed) if shuffled else people)
        found.append((own, pop))
        ratios.append(own / pop)
    return Outcome(
        figure="; ".join(
            f"seed {s}: NDCG@10 {own:.3f}, POP {pop:.3f}"
            for s, (own, pop) in zip(seeds, found, strict=True)
        ),
        value={"ndcg-at-10": min(own for own, _ in found), "over POP": min(ratios)},
        passed=min(ratios) >= LINE,
        floor=f"POP, counted in the training histories; {_PEOPLE:,} people that no training saw",
        seeds=list(seeds),
    )


def _ndcg(learner: Learner[Any], people: InteractionSet) -> float:
    assert isinstance(learner, Recommends)
    evidence = Evidence(people, make_generator(0), model=learner)
    return NdcgAtTen(RankingConfig()).measure(evidence).value


@experiment(
    "R1",
    title="A GRU against popularity",
    claim="On the invented films a GRU with a softmax over all items finds what people watch next "
    "far better than popularity does, since it knows what they watched last.",
    pass_line=f"NDCG@10 over all films at least {LINE:g} times that of POP, for each seed",
    group="R",
    source="Hidasi et al. 2016, arXiv:1511.06939, table 3 (GRU4Rec over POP), on data of our own",
    slow=True,
    nulls=[
        Null("a GRU of one step", lambda bench: _scored(bench, _UNTRAINED)),
        Null("the GRU, told histories in random order", lambda bench: _scored(
            bench, _GRU, shuffled=True)),
        Null("POP itself", lambda bench: _scored(bench, _POP)),
    ],
)  # fmt: skip
def gru_beats_pop(bench: Bench) -> Outcome:
    """Train both on the same 2,000 people."""
    return _scored(bench, _GRU)
