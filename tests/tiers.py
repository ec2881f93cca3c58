"""The two tiers of the tests: a short suite, and the whole.

``python3 packaging/bootstrap.py test`` and plain ``pytest`` run the short suite; ``test --all``, or
``pytest -m ""``, runs every test. The short suite leaves out

- claims that take more than 20 s (``slow``);
- further cases of a cross, such as a family with a data type: it has the `representatives`
  (``exhaustive``, given by `tiered`). Each family, data type, sampler and metric stays, and
  `tests.test_tiers` holds that;
- further processes and accidents, where each test starts a process that loads PyTorch: it has one
  of each way to start one or to die (``exhaustive``, in the file of the test), and no benchmark;
- costly tests whose functions of the product are all reached by others: `tests.reach` chooses them
  and writes them to ``tests/exhaustive.txt`` (``exhaustive``, given by `tests/conftest.py`);
- costly cases that have cheaper siblings, ``tests/costly.txt`` (the same).
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest

EXHAUSTIVE = pytest.mark.exhaustive
LISTED = Path(__file__).parent / "exhaustive.txt"
COSTLY = Path(__file__).parent / "costly.txt"

T = TypeVar("T")


def representatives(cases: Iterable[T], *aspects: Callable[[T], Hashable]) -> list[T]:
    """Return the cases in which some aspect has a value that it has in no earlier one."""
    seen: set[tuple[int, Hashable]] = set()
    chosen = []
    for case in cases:
        values = {(number, aspect(case)) for number, aspect in enumerate(aspects)}
        if not values <= seen:
            chosen.append(case)
        seen |= values
    return chosen


def tiered(
    cases: Sequence[T],
    short: Sequence[T],
    name: Callable[[T], str] = str,
    values: Callable[[T], tuple[Any, ...]] = lambda case: (case,),
) -> list[Any]:
    """Return cases for ``pytest.mark.parametrize``; those outside ``short`` are exhaustive."""
    return [
        pytest.param(*values(case), id=name(case), marks=() if case in short else EXHAUSTIVE)
        for case in cases
    ]


def listed() -> frozenset[str]:
    """Return the names of the tests, and of single cases, that only the whole suite has."""
    lines = [line for file in (LISTED, COSTLY) for line in file.read_text("utf-8").splitlines()]
    return frozenset(line for line in lines if line and not line.startswith("#"))
