"""Accuracies of a map, the map of the nearest label, and statistics of the spectra of a class."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ClassBand",
    "Scores",
    "calibration_error",
    "confusion_of",
    "measure_class",
    "nearest_labels",
    "score",
]

Whole = NDArray[np.int64]
BINS = 15  # of confidence
SAMPLED = 4000  # spectra of a class from which its quantiles are estimated


@dataclass(frozen=True)
class Scores:
    """Overall accuracy, average accuracy over the classes present, and Cohen's kappa."""

    overall: float
    average: float
    kappa: float
    pixels: int


@dataclass(frozen=True, eq=False)
class ClassBand:
    """Mean and 10 % and 90 % quantiles (bands,) of the spectra of a class."""

    mean: NDArray[np.float32]
    low: NDArray[np.float32]
    high: NDArray[np.float32]


def confusion_of(classes: Whole, truth: Whole, places: Whole, count: int) -> Whole:
    """Return counts (true, predicted) of classes from 1 on, over pixels (n, 2)."""
    rows, columns = places.T
    true, predicted = truth[rows, columns], classes[rows, columns]
    known = (true > 0) & (predicted > 0)
    flat = (true[known] - 1) * count + predicted[known] - 1
    return np.bincount(flat, minlength=count * count).reshape(count, count)


def score(confusion: Whole) -> Scores | None:
    """Return the accuracies of a confusion matrix, None where no pixel is counted.

    Kappa is (p_o - p_e) / (1 - p_e) with the agreement p_e expected by chance (Cohen 1960).
    """
    total = int(confusion.sum())
    if not total:
        return None
    counts = confusion.astype(np.float64)
    true, right = counts.sum(axis=1), np.diag(counts)
    overall = float(right.sum() / total)
    present = true > 0
    chance = float((true * counts.sum(axis=0)).sum() / total**2)
    kappa = (overall - chance) / (1.0 - chance) if chance < 1.0 else 0.0
    return Scores(overall, float((right[present] / true[present]).mean()), kappa, total)


def calibration_error(confidence: NDArray[np.float32], right: NDArray[np.bool_]) -> float | None:
    """Return the expected calibration error of predictions (n,) in bins of confidence: the mean
    distance of accuracy and confidence (Guo et al. 2017, arXiv:1706.04599, eq. 3); None without
    predictions.
    """
    if not len(confidence):
        return None
    bins = np.clip((confidence.astype(np.float64) * BINS).astype(np.int64), 0, BINS - 1)
    gaps = np.bincount(bins, weights=right - confidence.astype(np.float64), minlength=BINS)
    return float(np.abs(gaps).sum() / len(confidence))


def nearest_labels(truth: Whole, learned: Whole) -> Whole:
    """Return the class of the nearest training pixel for every pixel (H, W): a map without a
    spectrum, the null model of every split at random.
    """
    from scipy.ndimage import distance_transform_edt

    known = np.zeros(truth.shape, bool)
    known[tuple(learned.T)] = True
    known &= truth > 0
    if not known.any():
        return np.zeros_like(truth)
    where = distance_transform_edt(~known, return_distances=False, return_indices=True)
    found: Whole = truth[tuple(where)]
    return found


def measure_class(cube: NDArray[np.float32], members: NDArray[np.bool_]) -> ClassBand | None:
    """Return mean and quantiles of the spectra of some pixels (H, W), None where there are none."""
    spectra = cube[members]
    if not len(spectra):
        return None
    some = spectra[:: max(1, len(spectra) // SAMPLED)]
    low, high = np.quantile(some, (0.1, 0.9), axis=0).astype(np.float32)
    return ClassBand(spectra.mean(axis=0), low, high)
