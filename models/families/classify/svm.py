"""Support vector machine with a Gaussian kernel on single spectra, one for each pair of classes.

The dual of each pair, with the bias as a constant added to the kernel, is a concave quadratic with
box constraints (Hsieh et al. 2008, doi:10.1145/1390156.1390208, eq. 4), solved by an interior
point. Classes are scored by the votes of their machines, with sums of decision values between ties,
as in scikit-learn; a temperature makes probabilities of the scores (Guo et al. 2017,
arXiv:1706.04599, section 4.2), chosen by the likelihood in cross-validation.
"""

import itertools
from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.classical.base import FittedClassifier, with_all_classes
from pushforward.models.config import Config, param
from pushforward.models.contracts.batch import Batch
from pushforward.models.families.classify.pixel_classifier import PixelClassifier
from pushforward.models.families.classify.shared import GENERATED, GeneratedPerClass
from pushforward.models.registry import family
from pushforward.models.tensors import make_generator

__all__ = ["KernelSvm", "Svm", "SvmConfig", "solve_box"]

_FOLDS, _FOLD_SEED = 5, 0
_STEPS, _TOLERANCE, _RIDGE = 60, 1e-8, 1e-8
_CENTRING, _BACK = 0.1, 0.99
_ENTRIES, _ALIKE = 2**24, 1.25
_AT_ONCE = 4096
_TEMPERATURES = torch.logspace(-1.5, 1.0, 51, dtype=torch.float64)


class SvmConfig(Config, frozen=True):
    """Settings of a support vector machine."""

    c: Annotated[
        float,
        param("C", "Cost of an error. Lower it with noisy labels.", above=0.0, high=1e6, log=True),
    ] = 100.0
    gamma: Annotated[
        float,
        param(
            "γ",
            "Inverse squared width of the kernel; 0 for 1 / (number of channels), which is usual.",
            low=0.0,
            high=1e4,
            zero="1 / channels",
            advanced=True,
        ),
    ] = 0.0
    generated: GeneratedPerClass = 40


@family(
    "svm",
    config=SvmConfig,
    needs=("patches", "labels"),
    capabilities=("classify",),
    group="classify",
    inputs=GENERATED,
    units={"loss": "nats"},
    passes=1,
)
class Svm(PixelClassifier[SvmConfig]):
    """One-against-one machines with the kernel exp(-γ|x - x'|²), on the pixel in the middle."""

    def fit(self, x: Tensor, y: Tensor) -> FittedClassifier:
        return KernelSvm(x, y, self.classes, self.config.c, self.config.gamma)


class KernelSvm:
    """One-against-one machines with the kernel exp(-gamma |x - x'|^2).

    Args:
        x: (n, d) to learn from, standardised.
        y: (n,) int64, their classes.
        classes: how many there are.
        c: cost of an error.
        gamma: of the kernel; 0 for 1 / (d var x).
    """

    def __init__(self, x: Tensor, y: Tensor, classes: int, c: float, gamma: float = 0.0) -> None:
        self._x = x.double()
        variance = float(self._x.var(correction=0)) or 1.0
        self._gamma = gamma or 1.0 / (x.shape[1] * variance)
        self._classes, self._present = classes, torch.unique(y)
        places = torch.searchsorted(self._present, y)
        self._pairs = list(itertools.combinations(range(len(self._present)), 2))
        kernel = self._kernel(self._x)
        self._weight = _fit_pairs(kernel, places, self._pairs, c)
        folds = torch.randperm(len(x), generator=make_generator(_FOLD_SEED)) % _FOLDS
        scores = torch.zeros((len(x), len(self._present)), dtype=torch.float64)
        for fold in range(_FOLDS):
            learned, held = folds != fold, folds == fold
            weight = _fit_pairs(kernel[learned][:, learned], places[learned], self._pairs, c)
            scores[held] = self._votes(kernel[held][:, learned] @ weight)
        self.temperature = _temperature(scores, places)

    def log_prob(self, x: Tensor) -> Tensor:
        """Return log p(class | x) of x (n, d), (n, classes)."""
        parts = [self._votes(self.decide(part.x)) for part in Batch(x.double()).split(_AT_ONCE)]
        scores = torch.cat(parts) / self.temperature
        return with_all_classes(scores, self._present, self._classes)

    def decide(self, x: Tensor) -> Tensor:
        """Return the decision value of each pair, above 0 for its first class, (n, pairs)."""
        return self._kernel(x.double()) @ self._weight

    def _votes(self, values: Tensor) -> Tensor:
        """Return the score of each class, (n, k): its votes, and less than 1 of confidence."""
        votes = torch.zeros((len(values), len(self._present)), dtype=torch.float64)
        sums = torch.zeros_like(votes)
        for place, (a, b) in enumerate(self._pairs):
            first = values[:, place]
            votes[:, a] += first > 0
            votes[:, b] += first <= 0
            sums[:, a] += first
            sums[:, b] -= first
        return votes + sums / (3.0 * (sums.abs() + 1.0))

    def _kernel(self, x: Tensor) -> Tensor:
        # The constant is the bias of a machine.
        if torch.compiler.is_compiling():  # cdist takes another path from 26 rows on
            squares = x.square().sum(dim=1)[:, None] + self._x.square().sum(dim=1)
            distances = (squares - 2.0 * x @ self._x.T).clamp_min(0.0)
        else:
            distances = torch.cdist(x, self._x).square()
        return torch.exp(-self._gamma * distances) + 1.0


def _temperature(scores: Tensor, places: Tensor) -> float:
    """Return the temperature at which scores (n, k) make the classes (n,) most likely."""
    losses = [
        torch.nn.functional.cross_entropy(scores / temperature, places)
        for temperature in _TEMPERATURES
    ]
    return float(_TEMPERATURES[int(torch.stack(losses).argmin())])


def _fit_pairs(kernel: Tensor, places: Tensor, pairs: list[tuple[int, int]], c: float) -> Tensor:
    """Return the weights alpha y of each machine, (n, pairs): decision values are kernel @ it."""
    found = torch.zeros((len(places), len(pairs)), dtype=torch.float64)
    members = [((places == a) | (places == b)).nonzero()[:, 0] for a, b in pairs]
    for group in _groups([len(each) for each in members]):
        widest = max(1, *(len(members[p]) for p in group))
        index = torch.zeros((len(group), widest), dtype=torch.int64)
        sign = torch.zeros((len(group), widest), dtype=torch.float64)
        for row, p in enumerate(group):
            mine = places[members[p]]
            index[row, : len(mine)] = members[p]
            sign[row, : len(mine)] = torch.where(mine == pairs[p][0], 1.0, -1.0).double()
        q = kernel[index[:, :, None], index[:, None]] * sign[:, :, None] * sign[:, None]
        weight = solve_box(q, c * sign.abs()) * sign
        for row, p in enumerate(group):
            found[members[p], p] = weight[row, : len(members[p])]
    return found


def _groups(sizes: list[int]) -> list[list[int]]:
    """Return the numbers of pairs in groups of like size that fit into memory."""
    groups: list[list[int]] = []
    for p in sorted(range(len(sizes)), key=lambda p: -sizes[p]):
        most = sizes[groups[-1][0]] if groups else 0
        full = not groups or (len(groups[-1]) + 1) * most**2 > _ENTRIES
        if full or most > _ALIKE * sizes[p] + 4:
            groups.append([])
        groups[-1].append(p)
    return groups


def solve_box(q: Tensor, high: Tensor) -> Tensor:
    """Return the maximum of sum a - a Q a / 2 over 0 <= a <= high, for many Q at once, by a
    primal-dual interior point (Nocedal and Wright 2006, section 16.6, without the corrector).

    Args:
        q: (problems, m, m), positive semidefinite.
        high: (problems, m); where it is 0 so is a.
    """
    used = high > 0
    eye = torch.eye(q.shape[1], dtype=q.dtype)
    q = torch.where(used[:, :, None] & used[:, None], q, eye) + _RIDGE * eye
    top = torch.where(used, high, 1.0)
    a, lower, upper = 0.5 * top, torch.ones_like(top), torch.ones_like(top)
    for _ in range(_STEPS):
        room = top - a
        gap = (a * lower + room * upper).mean(dim=1, keepdim=True) / 2
        if float(gap.max()) < _TOLERANCE:
            break
        aim = _CENTRING * gap
        ascent = used.to(q.dtype) - (q @ a[:, :, None])[:, :, 0]
        system = q + torch.diag_embed(lower / a + upper / room)
        right = ascent + aim / a - aim / room
        factor = torch.linalg.cholesky(system)
        step = torch.cholesky_solve(right[:, :, None], factor)[:, :, 0]
        d_lower = aim / a - lower - lower / a * step
        d_upper = aim / room - upper + upper / room * step
        a = a + _reach((a, step), (room, -step)) * step
        size = _reach((lower, d_lower), (upper, d_upper))
        lower, upper = lower + size * d_lower, upper + size * d_upper
    return torch.where(used, a, 0.0)


def _reach(*pairs: tuple[Tensor, Tensor]) -> Tensor:
    """Return the longest step (problems, 1), at most 1, that keeps positive numbers positive; each
    pair is of numbers and their changes.
    """
    ratios = [torch.where(change < 0, -x / change, float("inf")) for x, change in pairs]
    longest = torch.cat(ratios, dim=1).amin(dim=1, keepdim=True)
    return (_BACK * longest).clamp_max(1.0)
