"""Measures of a confusion matrix, and of the calibration of probabilities.

A confusion matrix (classes, classes) counts how many pixels or samples of each true class (rows)
were predicted as each class (columns). Source: Congalton 1991, Remote Sensing of Environment 37,
35-46; kappa: Cohen 1960; calibration error: Naeini et al. 2015, doi:10.1609/aaai.v29i1.9602, with
bins of equal width (Guo et al. 2017, arXiv:1706.04599, eq. 3).
"""

import torch
from torch import Tensor

__all__ = [
    "average_accuracy",
    "calibration_error",
    "cohen_kappa",
    "confusion",
    "overall_accuracy",
    "producer_accuracies",
    "user_accuracies",
]

_BINS = 15


def confusion(truth: Tensor, predicted: Tensor, classes: int) -> Tensor:
    """Return the confusion matrix (classes, classes) float64 of classes (n,) int64."""
    counts = torch.bincount(truth * classes + predicted, minlength=classes**2)
    return counts.reshape(classes, classes).double()


def overall_accuracy(counts: Tensor) -> float:
    """Return the fraction that is predicted correctly."""
    return float(counts.trace() / counts.sum())


def producer_accuracies(counts: Tensor) -> Tensor:
    """Return the fraction of each true class that is predicted correctly (its recall), (classes,);
    NaN for classes without samples.
    """
    return counts.diagonal() / counts.sum(dim=1)


def user_accuracies(counts: Tensor) -> Tensor:
    """Return the fraction of each predicted class that is correct (its precision), (classes,); NaN
    for classes that are never predicted.
    """
    return counts.diagonal() / counts.sum(dim=0)


def average_accuracy(counts: Tensor) -> float:
    """Return the mean recall over the classes that are there."""
    return float(producer_accuracies(counts).nanmean())


def cohen_kappa(counts: Tensor) -> float:
    """Return (p_o - p_e) / (1 - p_e), p_e the agreement of independent raters with the same shares;
    0 where there is one class on both sides.
    """
    n = counts.sum()
    by_chance = float((counts.sum(dim=0) * counts.sum(dim=1)).sum() / n**2)
    agreed = overall_accuracy(counts)
    return (agreed - by_chance) / (1.0 - by_chance) if by_chance < 1.0 else 0.0


def calibration_error(confidence: Tensor, correct: Tensor, bins: int = _BINS) -> float:
    """Return the expected calibration error: the mean over samples of |accuracy - confidence| of
    their bin.

    Args:
        confidence: (n,) probability of the predicted class.
        correct: (n,) bool.
        bins: number of bins of equal width in [0, 1].
    """
    which = (confidence.double() * bins).long().clamp(0, bins - 1)
    gaps = torch.zeros(bins, dtype=torch.float64)
    gaps.index_add_(0, which, correct.double() - confidence.double())
    return float(gaps.abs().sum() / len(confidence))
