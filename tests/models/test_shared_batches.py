"""Two processes that share each batch train as one does.

The processes are threads here, which add up through memory: no step costs more than in one process.
Real processes are in ``tests/engine/test_ranks.py``.
"""

import threading
from typing import Any

import pytest
import torch
from torch import Tensor

from pushforward.models.contracts.execution import Execution
from tests.models import tracks
from tests.models.pairs import ALL, LEARNERS, PAIRS, TURNS, Pair, build, lesson, same, train

ENTRIES = sorted({pair.entry.slug for pair in ALL})


class Thread:
    """One of two ranks."""

    world = 2

    def __init__(self, rank: int, meet: threading.Barrier, given: list[Tensor]) -> None:
        self.rank, self.calls = rank, 0
        self._meet, self._given = meet, given

    def add_up(self, numbers: Tensor) -> None:
        self.calls += 1
        self._given[self.rank] = numbers.clone()
        self._meet.wait()
        both = self._given[0] + self._given[1]
        self._meet.wait()
        numbers.copy_(both)


def shared(pair: Pair, turns: int = TURNS) -> tuple[list[Any], list[Any], int]:
    """Return the families of two ranks after some steps, what these say, and the sums in each."""
    meet = threading.Barrier(2, timeout=120.0)
    given = [torch.empty(0)] * 2
    ranks = [Thread(rank, meet, given) for rank in range(2)]
    families = [build(pair, execution=Execution(ranks=rank)) for rank in ranks]
    steps: list[Any] = [None, None]
    errors: list[BaseException] = []

    def work(rank: int) -> None:
        try:
            steps[rank] = train(pair, families[rank], 0, turns)
        except BaseException as error:
            errors.append(error)
            meet.abort()

    threads = [threading.Thread(target=work, args=(rank,)) for rank in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise next(e for e in errors if not isinstance(e, threading.BrokenBarrierError))
    return families, steps, ranks[0].calls


def simplest(slug: str) -> Pair:
    """Return the pair of a family with the smallest data."""
    able = [pair for pair in (*PAIRS, *LEARNERS) if pair.entry.slug == slug]
    pairs = able or [pair for pair in ALL if pair.entry.slug == slug]
    return min(pairs, key=lambda pair: pair.data.spec().mean.numel())


@pytest.mark.parametrize("slug", ENTRIES)
def test_two_processes_train_as_one_or_the_family_says_why_not(slug: str) -> None:
    with tracks.known():
        pair = simplest(slug)
        if pair.entry.make.UNSHARED:
            # The reason is true: it adds nothing up, or two processes train otherwise.
            try:
                _, steps, calls = shared(pair, 1)
            except RuntimeError:
                return
            assert not calls or _difference(steps[0][0], train(pair, build(pair), 0, 1)[0]) > 1e-4
            return
        alone = lesson(pair)
        families, steps, calls = shared(pair)
        assert calls >= TURNS - 1
        first, second = (family.state() for family in families)
        assert same(first, second)  # weights, averages, optimisers, random numbers: bit for bit
        assert steps[0] == steps[1]
        assert _difference(steps[0][0], alone.steps[0]) < 1e-4
        # Adam divides by the size of a gradient, so that rounding of one near 0 moves a weight as
        # far as any other: the bound is of all weights together, as a share of their way.
        moved = {
            name: tensor - alone.start.tensors[name]
            for name, tensor in alone.state.tensors.items()
            if tensor.is_floating_point()
            and name in alone.start.tensors
            and tensor.shape == alone.start.tensors[name].shape
        }
        off = sum(
            float((first.tensors[n] - alone.state.tensors[n]).double().square().sum())
            for n in moved
        )
        way = sum(float(each.double().square().sum()) for each in moved.values())
        assert off <= (0.01**2) * way


def _difference(one: dict[str, float], other: dict[str, float]) -> float:
    """Return the largest relative difference of what two steps say."""
    assert one.keys() == other.keys()
    found = (abs(one[k] - v) / (abs(v) + 1e-3) for k, v in other.items())
    return max((x for x in found if x == x), default=0.0)


def test_fewer_rows_than_processes_are_trained_by_each_in_whole() -> None:
    class Alone:
        rank, world = 1, 8

        def add_up(self, numbers: Tensor) -> None:
            raise AssertionError("nothing is shared")

    execution = Execution(ranks=Alone(), micro_batches=2)
    assert list(execution.parts(5)) == [slice(0, 3), slice(3, 5)]
    assert [row for part in execution.parts(20) for row in range(20)[part]] == [2, 3, 4]


def test_a_weight_without_gradient_is_left_alone() -> None:
    from torch import nn

    from pushforward.models.training.optim import OptimizerConfig
    from pushforward.models.training.trained import Trained

    class Ranks:
        rank, world = 0, 2

        def add_up(self, numbers: Tensor) -> None:
            numbers.mul_(2.0)

    net = nn.ModuleList([nn.Linear(2, 1), nn.Linear(2, 1)])
    before = [p.clone() for p in net[1].parameters()]
    config = OptimizerConfig(kind="adamw", weight_decay=0.5)
    trained = Trained(net, config, 10, execution=Execution(ranks=Ranks()))
    x = torch.ones(4, 2)

    def loss(rows: slice) -> tuple[Tensor, dict[str, Tensor]]:
        return net[0](x[rows]).mean(), {}

    trained.descend(loss, 4)
    assert all(torch.equal(a, b) for a, b in zip(before, net[1].parameters(), strict=True))
