"""What the judge of the data sees in rows: the features of the metrics, for other uses."""

import torch

from pushforward.models.config import NoConfig
from pushforward.models.operators.base import Operation, Outcome, Progress, Slot, Work
from pushforward.models.operators.editing import PIECE, ROWS
from pushforward.models.operators.judge_training import train_judge
from pushforward.models.registry import operator

__all__ = ["AskJudge"]


@operator(
    "ask-judge",
    title="Classify",
    summary="Predicts the class of each image with the reference classifier, with probabilities.",
    source="the softmax of the reference classifier",
    kinds=("images",),
    needs=("samples",),
    takes=(Slot(ROWS, "Images", "What is judged.", unless="test"),),
    reads_data=True,
)
class AskJudge:
    """The model itself is not asked."""

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Judge; see `models.operators.base.Operator`. "class" (n,) are numbers of classes, "sure"
        (n,) their probabilities p in the eyes of the judge, and "margin" (n,) log p / (1 - p),
        which goes on to tell rows apart where all are nearly sure.
        """
        rows = operation.handed[ROWS]
        judge = yield from train_judge(operation, Progress(0, len(rows)))
        found = []
        for start in range(0, len(rows), PIECE):
            found.append(judge.logits(rows.x[start : start + PIECE]).double())
            yield Progress(min(start + PIECE, len(rows)), len(rows))
        scores = torch.cat(found)
        best = scores.max(dim=1)
        seen, others = best.indices, scores.scatter(1, best.indices[:, None], -torch.inf)
        margin = best.values - others.logsumexp(dim=1)
        sure = margin.sigmoid().float()
        note = f"It is {100 * float(sure.mean()):.1f} % sure on average."
        arrays = {"class": seen, "sure": sure, "margin": margin.float()}
        return Outcome(arrays=arrays, note=note)
