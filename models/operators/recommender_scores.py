"""Scores of a recommender, checked before an operator ranks by them."""

from torch import Tensor

from pushforward.models.contracts.abilities import Recommends
from pushforward.models.contracts.batch import Rows
from pushforward.models.ranking.evaluation import check_scores

__all__ = ["usable_scores"]


def usable_scores(learner: Recommends, histories: Rows) -> Tensor:
    """Return the scores (n, V) of all items after histories, on the CPU.

    Raises:
        ValueError: a score is NaN or +inf, so that no list follows from it.
    """
    scores: Tensor = learner.recommend(histories).float().cpu()
    try:
        check_scores(scores)
    except ArithmeticError as error:
        raise ValueError(f"{error}; choose an earlier step, or train with smaller steps.") from None
    return scores
