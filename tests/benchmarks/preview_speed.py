"""How long the preview of a recommender takes to answer a change of a history, by part.

    python -m tests.benchmarks.preview_speed [--items 60000] [--history 100]

An untrained GRU4Rec of width 64 answers: the list of two histories (with and without the change),
the reasons, and the nearest of 20,000 users, which the window computes.
"""

import argparse
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch

from pushforward.models.contracts.batch import Batch
from pushforward.models.families.recommend.next_item import Gru4Rec, NextItemConfig
from pushforward.models.kinds.interactions import InteractionSet
from pushforward.models.operators.base import Operation, Outcome, Work
from pushforward.models.operators.recommend import Recommend, RecommendConfig
from pushforward.models.operators.recommend_why import RecommendWhy, RecommendWhyConfig
from pushforward.models.settle import settle
from pushforward.studio.app.data_types.interactions.recommend_requests import CANDIDATES, People
from pushforward.studio.engine.process.discovery import discover
from tests.benchmarks.smallest import parse

REPEATS = 9


def main(argv: Sequence[str] | None = None) -> None:
    """Build the model, time its answers, print the table."""
    parser = argparse.ArgumentParser(prog="preview_speed", description=__doc__)
    parser.add_argument("--items", type=int, default=60_000)
    parser.add_argument("--history", type=int, default=100)
    given = parse(parser, argv, items=300, history=8)
    discover()
    rng = np.random.default_rng(0)
    users = min(20_000, 40 * given.items)
    x = rng.integers(1, given.items + 1, (users, given.history))
    titles = tuple(f"Item {i}" for i in range(given.items))
    data = InteractionSet(torch.from_numpy(x[:64]), titles)
    learner = gru(data)
    history = Batch(torch.from_numpy(x[:2]))
    operation = Operation(learner, handed={"histories": history})
    people = People(x, (), tuple(range(1, users + 1)), "user", titles, (), users)
    parts: dict[str, Callable[[], object]] = {
        "list of two histories": lambda: done(
            Recommend(RecommendConfig(k=min(CANDIDATES, given.items))).work(operation)
        ),
        "reasons, 50 items left out": lambda: done(
            RecommendWhy(RecommendWhyConfig()).work(operation)
        ),
        f"nearest of {users:,} users": lambda: people.nearest(x[0].tolist(), 3, 0),
    }
    print(f"{given.items:,} items, histories of {given.history}")
    for name, answer in parts.items():
        answer()
        took = []
        for _ in range(REPEATS):
            began = time.perf_counter()
            answer()
            took.append(1000 * (time.perf_counter() - began))
        print(f"{np.median(took):7.1f} ms (best {min(took):.1f})  {name}")


def gru(data: InteractionSet) -> Gru4Rec:
    """Return an untrained GRU4Rec."""
    config = settle(NextItemConfig, {}, "interactions")
    return Gru4Rec(config, data.spec(), horizon=1, seed=0, device=torch.device("cpu"))


def done(work: Work) -> Outcome:
    """Run an operator to its end."""
    while True:
        try:
            next(work)
        except StopIteration as stop:
            found: Outcome = stop.value
            return found


if __name__ == "__main__":
    main()
