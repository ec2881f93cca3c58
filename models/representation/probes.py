"""Probes of a representation: simple classifiers on frozen features.

Linear probes are multinomial logistic regressions on standardised features (Chen et al. 2020,
arXiv:2002.05709, section 4.1), with the L2 weight chosen on rows that validate. Few-label probes
repeat that for draws of a few labels a class, which depend on the labels and the seed alone, so
that all representations are compared on the same draws.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from pushforward.models.training.eager import eager

__all__ = [
    "PENALTIES",
    "ProbeData",
    "Split",
    "draw_labels",
    "few_label_accuracy",
    "knn_accuracy",
    "linear_accuracy",
    "pca_features",
    "split_rows",
]

PENALTIES = (0.001, 0.01, 0.1, 1.0)
"""L2 weights that are tried on validation rows, in units of the mean cross-entropy."""
_VALIDATION = 200
_STEPS = 60
_LBFGS = eager(torch.optim.LBFGS)


@dataclass(frozen=True)
class Split:
    """Numbers of training rows to learn from, and of others to choose settings by."""

    learned: Tensor
    chosen_by: Tensor


def split_rows(n: int) -> Split:
    """Return the last rows, at most 200 and a fifth of all, as validation rows."""
    kept = n - min(_VALIDATION, n // 5)
    return Split(torch.arange(kept), torch.arange(kept, n))


def draw_labels(labels: Tensor, per_class: int, draws: int, seed: int) -> Tensor:
    """Return the rows of each draw, (draws, classes * per_class): ``per_class`` of each class.

    Raises:
        ValueError: a class has fewer rows; one sentence.
    """
    generator = torch.Generator().manual_seed(seed)
    found = []
    for label in torch.unique(labels):
        rows = (labels == label).nonzero()[:, 0]
        if len(rows) < per_class:
            raise ValueError(
                f"class {int(label)} has {len(rows)} training rows, and the probe needs "
                f"{per_class}: use fewer labels a class"
            )
        order = torch.rand((draws, len(rows)), generator=generator).argsort(dim=1)
        found.append(rows[order[:, :per_class]])
    return torch.cat(found, dim=1)


@dataclass(frozen=True)
class ProbeData:
    """Features and classes of the rows that a probe learns from, is chosen by and is measured on.

    Attributes:
        train, test: (n, k) features, standardised.
        labels, truth: (n,) int64, their classes.
        std: (k,) by which the features were divided; infinite where they are constant.
    """

    train: Tensor
    labels: Tensor
    test: Tensor
    truth: Tensor
    std: Tensor

    @classmethod
    def of(
        cls, represent: Callable[[Tensor], Tensor], train: Tensor, labels: Tensor, test: Tensor,
        truth: Tensor,
    ) -> "ProbeData":  # fmt: skip
        """Return the data with the features of a representation in place of the rows, standardised
        by the mean and standard deviation of the training features.
        """
        seen, other = represent(train).flatten(1).float(), represent(test).flatten(1).float()
        mean, std = seen.mean(dim=0), seen.std(dim=0)
        std = torch.where(std > 1e-6 * std.max().clamp_min(1e-30), std, torch.inf)
        return cls((seen - mean) / std, labels, (other - mean) / std, truth, std)

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return int(torch.cat([self.labels, self.truth]).max()) + 1


def _fit(x: Tensor, y: Tensor, classes: int, penalty: float) -> tuple[Tensor, Tensor]:
    """Return weights (draws, k, classes) and biases of logistic regressions on x (draws, n, k) and
    y (draws, n): the minimum of mean -log p(y | x) + penalty |w|^2 / 2 for each, by one L-BFGS.
    """
    with torch.inference_mode(False), torch.enable_grad():
        x, y = x.clone(), y.clone()
        w = torch.zeros((len(x), x.shape[2], classes), requires_grad=True)
        b = torch.zeros((len(x), 1, classes), requires_grad=True)
        search = _LBFGS([w, b], max_iter=_STEPS, line_search_fn="strong_wolfe")

        def loss() -> Tensor:
            search.zero_grad()
            scores = torch.baddbmm(b, x, w)
            each = functional.cross_entropy(scores.flatten(0, 1), y.flatten(), reduction="sum")
            value = each / x.shape[1] + 0.5 * penalty * w.square().sum()
            value.backward()  # type: ignore[no-untyped-call]
            return value

        search.step(loss)  # type: ignore[no-untyped-call]
    return w.detach(), b.detach()


def _right(fit: tuple[Tensor, Tensor], x: Tensor, y: Tensor) -> Tensor:
    """Return the accuracy of each probe on rows x (n, k) of classes y (n,), (draws,)."""
    w, b = fit
    scores = torch.einsum("nk,dkc->dnc", x, w) + b
    return (scores.argmax(dim=2) == y).float().mean(dim=1)


def few_label_accuracy(
    data: ProbeData, per_class: int, draws: int, seed: int
) -> tuple[Tensor, float]:
    """Return the test accuracy of each draw of labels, (draws,), and the L2 weight, which is the
    same for all draws.

    Raises:
        ValueError: a class has too few rows.
    """
    split = split_rows(len(data.train))
    rows = draw_labels(data.labels[split.learned], per_class, draws, seed)
    return _best(data, data.train[rows], data.labels[rows], split)


def linear_accuracy(data: ProbeData) -> tuple[float, float]:
    """Return the test accuracy of the linear probe on all labels, and the L2 weight."""
    split = split_rows(len(data.train))
    x, y = data.train[split.learned][None], data.labels[split.learned][None]
    accuracy, penalty = _best(data, x, y, split)
    return float(accuracy), penalty


def _best(data: ProbeData, x: Tensor, y: Tensor, split: Split) -> tuple[Tensor, float]:
    seen, truth = data.train[split.chosen_by], data.labels[split.chosen_by]
    fits = {penalty: _fit(x, y, data.classes, penalty) for penalty in PENALTIES}
    best = max(PENALTIES, key=lambda each: float(_right(fits[each], seen, truth).mean()))
    return _right(fits[best], data.test, data.truth), best


def knn_accuracy(data: ProbeData, k: int = 5) -> float:
    """Return the accuracy of the k nearest training rows by cosine similarity of centred features;
    of classes with as many votes the one with the nearest row wins.
    """
    std = torch.where(data.std.isinf(), 0.0, data.std)
    train = functional.normalize(data.train * std, dim=1)
    test = functional.normalize(data.test * std, dim=1)
    near = (test @ train.T).topk(min(k, len(train)), dim=1).indices
    votes = functional.one_hot(data.labels[near], data.classes).float()
    # Of equal counts the earlier neighbour tips the scale.
    weights = 1.0 + 1e-3 * torch.arange(votes.shape[1], 0, -1)
    said = (votes * weights[None, :, None]).sum(dim=1).argmax(dim=1)
    return float((said == data.truth).float().mean())


def pca_features(train: Tensor, components: int) -> Callable[[Tensor], Tensor]:
    """Return the projection on the first principal components of training rows."""
    flat = train.flatten(1)
    mean = flat.mean(dim=0)
    _, _, axes = torch.linalg.svd(flat - mean, full_matrices=False)
    return lambda x: (x.flatten(1) - mean) @ axes[:components].T
