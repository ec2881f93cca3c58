"""How fast the energy mover's distance between jets is found, against POT pair by pair: a report.

    python -m tests.benchmarks.jet_movers [--jets 60]

Every pair of so many bundled jets and as many others is solved by `movers_distances`, and by one
call of ``ot.emd2`` each. Both are timed by the processor's time, one thread, the best of
``--repeats`` runs, and the values are held against each other. POT's ``ot.solve_batch`` is not
compared: it solves a problem that is made smooth by an entropy.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import ot
import torch

from pushforward.models.metrics.jets.by_type import Jets, jets_of
from pushforward.models.metrics.jets.movers import _table, movers_distances
from pushforward.models.tensors import make_generator
from pushforward.observables.jets.kinematics import Floats
from pushforward.studio.engine.data.sets.jets import PythiaJetsConfig, pythia_jets
from tests.benchmarks.smallest import parse


def pair_by_pair(left: Jets, right: Jets) -> Floats:
    """Return what `movers_distances` does, by a call of POT for each pair."""
    found = np.empty((len(left), len(right)))
    for i, (a, one) in enumerate(zip(left.angles.astype(np.float64), left.share, strict=True)):
        for j, (b, other) in enumerate(
            zip(right.angles.astype(np.float64), right.share, strict=True)
        ):
            cost = np.ones((len(one) + 1, len(other) + 1))
            cost[:-1, :-1] = np.linalg.norm(a[:, None] - b[None], axis=2)
            excess = other.sum() - one.sum()
            source, target = np.append(one, max(excess, 0.0)), np.append(other, max(-excess, 0.0))
            found[i, j] = ot.emd2(source, target, cost, check_marginals=False)
    return found


def timed(work: Callable[[], Floats], repeats: int) -> tuple[Floats, float]:
    """Return what some work finds, and the least seconds that it took."""
    best = np.inf
    for _ in range(repeats):
        _table.cache_clear()
        start = time.process_time()
        found = work()
        best = min(best, time.process_time() - start)
    return found, best


def main(argv: Sequence[str] | None = None) -> None:
    """Print both, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jets", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parse(parser, argv, jets=4, repeats=1)
    torch.set_num_threads(1)
    train = pythia_jets(PythiaJetsConfig()).train
    rows = torch.randperm(len(train), generator=make_generator(0))
    sides = [jets_of(train.rows(rows[k * asked.jets :][: asked.jets])) for k in (0, 1)]
    mine, seconds = timed(partial(movers_distances, *sides), asked.repeats)
    theirs, other = timed(partial(pair_by_pair, *sides), asked.repeats)
    print(
        f"{1e6 * seconds / mine.size:.0f} us a pair; ot.emd2 {1e6 * other / mine.size:.0f} us; "
        f"{other / seconds:.2f} times as fast; difference {np.abs(mine - theirs).max():.1e}"
    )


if __name__ == "__main__":
    main()
