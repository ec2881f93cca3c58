"""What the judge of the data sees in rows: the eyes of the metrics, lent to whoever looks."""

import torch

from models.config import NoConfig
from models.operators.base import Operation, Outcome, Progress, Slot, Work
from models.operators.editing import PIECE, ROWS
from models.operators.judging import asked
from models.registry import operator

__all__ = ["AskJudge"]


@operator(
    "ask-judge",
    title="Ask the judge",
    summary="Says of each image which class a small classifier of the data sees in it, and how "
    "sure it is.",
    source="the softmax of the scores of the judge of the data",
    kinds=("images",),
    needs=("samples",),
    takes=(Slot(ROWS, "Images", "What is judged.", unless="test"),),
)
class AskJudge:
    """The model itself is not asked."""

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Judge; see `models.operators.base.Operator`. "class" (n,) are numbers of classes, "sure"
        (n,) their probabilities in the eyes of the judge.
        """
        rows = operation.handed[ROWS]
        judge = yield from asked(operation, Progress(0, len(rows)))
        found = []
        for start in range(0, len(rows), PIECE):
            found.append(judge.logits(rows.x[start : start + PIECE]).softmax(dim=1).max(dim=1))
            yield Progress(min(start + PIECE, len(rows)), len(rows))
        sure = torch.cat([each.values for each in found])
        seen = torch.cat([each.indices for each in found])
        note = f"It is {float(sure.mean()):.1%} sure on average."
        return Outcome(arrays={"class": seen, "sure": sure}, note=note)
