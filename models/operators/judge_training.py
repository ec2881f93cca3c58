"""The judge of the data, for operators that ask it."""

from collections.abc import Generator

from pushforward.models.contracts.data import Judge
from pushforward.models.operators.base import Operation, Progress

__all__ = ["train_judge"]


def train_judge(operation: Operation, now: Progress) -> Generator[Progress, None, Judge]:
    """Return the judge of the data of the run; yields how far the operator is while it learns.

    Raises:
        ValueError: there is none.
    """
    none = (
        "these data have no reference classifier: it is trained on their classes, and they "
        "have none"
    )
    if operation.judge is None:
        raise ValueError(none)
    preparing = operation.judge()
    while True:
        try:
            next(preparing)
        except StopIteration as end:
            judge: Judge | None = end.value
            break
        yield now
    if judge is None:
        raise ValueError(none)
    return judge
