"""RV7, RV13: what recommenders learn, against baselines that are tuned as well.

Pass lines were fixed by a reference calibration on MovieLens 100K before these models existed.
"""

from dataclasses import replace
from functools import lru_cache

import torch

from pushforward.models.kinds.interactions import InteractionSet
from pushforward.models.layouts.histories import PADDING
from pushforward.models.ranking.evaluation import UserMetrics
from pushforward.models.ranking.significance import estimate_mean
from pushforward.models.tensors import make_generator
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.recommend.setups import (
    LESSONS,
    METRIC,
    MOVIELENS,
    available,
    measure,
    missing_note,
    split_of,
)
from pushforward.verify.recommend.training import Lesson, evaluate, fit_recommender

__all__ = ["order_matters", "protocols_matter"]

_SEEDS = (0, 1, 2)
_DROP = 0.1


def _shuffled(data: InteractionSet, seed: int) -> InteractionSet:
    """Return histories in random order."""
    drawn = torch.rand(data.x.shape, generator=make_generator(seed))
    order = torch.where(data.x == PADDING, 2.0, drawn).argsort(dim=1)
    return replace(data, x=data.x.gather(1, order), times=None)


@lru_cache(maxsize=8)
def _without_order(model: str, data: str) -> UserMetrics:
    """Return the test metrics of a model whose training histories were shuffled; the histories of
    the test keep their order.
    """
    split = split_of(data)
    lesson = {"Windowed": Lesson("windowed", {}), "EASE": Lesson("ease", {})}.get(model)
    mixed = replace(split, train=_shuffled(split.train, 0), learning=_shuffled(split.learning, 0))
    learner = fit_recommender(lesson or LESSONS[model], mixed)
    return evaluate(learner, split)


def _order(model: str) -> Outcome:
    texts, values, passed = [], {}, True
    lesson = {"Windowed": Lesson("windowed", {}), "EASE": Lesson("ease", {})}.get(model)
    for data in available():
        split = split_of(data)
        kept = (
            evaluate(fit_recommender(lesson, split), split) if lesson else measure(model, data)
        ).mean(METRIC)
        lost = _without_order(model, data).mean(METRIC)
        values[f"{data}: lost"] = 1 - lost / kept
        texts.append(f"{data}: {kept:.3f} to {lost:.3f} ({1 - lost / kept:.0%} lost)")
        passed &= 1 - lost / kept >= _DROP
    return Outcome("; ".join(texts) + missing_note(), values, passed, "EASE loses nothing", [0])


@experiment(
    "RV7",
    title="Order matters",
    claim="A model of the order of items loses accuracy if the training histories are "
    "shuffled. The "
    "histories that it is asked about keep their order: shuffling these, too, harms models that "
    "learn no order.",
    pass_line=f"NDCG@10 of GRU4Rec falls by at least {_DROP:.0%} on each data set",
    group="R",
    source="Klenitskiy et al. 2024, arXiv:2408.12008, section 3",
    slow=True,
    nulls=[Null("EASE, which learns no order", lambda: _order("EASE"))],
    baselines=[Null("windowed transitions", lambda: _order("Windowed"))],
)
def order_matters() -> Outcome:
    """Train a network with and without the order."""
    return _order("GRU4Rec")


def _protocols(personal: tuple[str, ...]) -> Outcome:
    """Return whether recent popularity is above models under the split by time, and below them
    under the split per user.
    """
    values = {}
    for name in (*personal, "Recently popular"):
        for protocol in ("ratio", "time"):
            found = estimate_mean(measure(name, MOVIELENS, protocol).values[METRIC])
            values[f"{name}, {protocol}"] = found.mean
    recent = {p: values[f"Recently popular, {p}"] for p in ("ratio", "time")}
    above = all(recent["time"] > values[f"{name}, time"] for name in personal)
    below = all(recent["ratio"] < values[f"{name}, ratio"] for name in personal)
    n = len(split_of(MOVIELENS, "time").test)
    text = "; ".join(f"{name} {value:.3f}" for name, value in values.items())
    return Outcome(text, values, above and below, f"{n} test users in the split by time", [0])


@experiment(
    "RV13",
    title="The protocol decides which model is best",
    claim="On MovieLens 100K recent popularity, the same list for all, is below windowed "
    "transitions "
    "and EASE if each history is split, and above them if all are split at one time.",
    pass_line="NDCG@10 of recent popularity below both under 80:20 and above both under the global "
    "time split",
    group="R",
    source="Ji et al. 2023, arXiv:2010.11060, section 4",
    nulls=[Null("recent popularity against itself", lambda: _skip(("Recently popular",)))],
)
def protocols_matter() -> Outcome:
    """Measure baselines under both protocols."""
    return _skip(("Windowed", "EASE"))


def _skip(personal: tuple[str, ...]) -> Outcome:
    if MOVIELENS not in available():
        return Outcome("not measured" + missing_note(), {}, None, "", [0])
    return _protocols(personal)
