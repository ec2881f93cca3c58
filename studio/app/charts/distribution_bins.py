"""How a number is spread over data, and how far apart two samples of it are. Pure numpy.

Of values (n,) the shares in bins are of all n, so that samples of different sizes lie on one axis;
values that are not finite are in no bin.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "LEAST",
    "REPEATS",
    "RESAMPLES",
    "TELLING",
    "WassersteinDistance",
    "beyond",
    "edges_of",
    "inside",
    "level_of",
    "shares_of",
    "spread_of",
    "spread_within",
    "wasserstein",
    "wasserstein_distance",
]

Doubles = NDArray[np.float64]

FEWEST, MOST = 8, 64  # bins
EACH, ENOUGH = 16, 25  # whole numbers that have a bin each, and values from which more have
ENDS, FAR = 0.002, 0.02  # quantiles at which an axis ends, of what is real and of the rest
FEW = 4  # values that lie beyond each end, if that many are less than a fiftieth of all
SMALL = 1e-2  # distances below it are written with a power of ten
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
BEYOND = 1.0  # of the width of what is real, that others may widen an axis on each side
REPEATS = 12  # draws that a distance and its floor are the mean of
RESAMPLES = 50  # of both sides, that a bar is of: it varies by a tenth itself
LEAST = 16  # rows of a half that say anything
GOOD, WARM = 1.35, 2.5  # floors
TELLING = 200  # rows: of fewer, models that are off pass, too


@dataclass(frozen=True)
class WassersteinDistance:
    """Wasserstein-1 distance to real data, mean over subsamples of n; ``bar`` is its standard
    deviation, ``floor`` the distance between two halves of the real data, ``spread`` its standard
    deviation.
    """

    value: float
    floor: float
    spread: float
    n: int
    bar: float = 0.0

    def format(self, unit: str = "") -> str:
        """Write it with its bar and its floor, to two digits of what varies, as in
        "2.10 ± 0.46 GeV, floor 1.74" and "(1.43 ± 0.51, floor 1.36) ×10⁻⁴".
        """
        power = -_exponent(self.floor or self.value) if self.floor < SMALL else 0
        varies = (self.bar or self.spread or self.value / 10.0) * 10.0**power
        decimals = int(np.clip(1 - _exponent(varies), 0, 6))
        value, bar, floor = (
            f"{each * 10.0**power:,.{decimals}f}" for each in (self.value, self.bar, self.floor)
        )
        bar = f" ± {bar}" if self.bar else ""
        if not power:
            return f"{value}{bar} {unit}".rstrip() + f", floor {floor}"
        raised = str(-power).translate(RAISED)
        return f"({value}{bar}, floor {floor}) ×10{raised} {unit}".rstrip()

    @property
    def level(self) -> str:
        """Whether that is "good", "warm" or neither, ""; of fewer than 200 rows it is "few", unless
        it is warm and the bars of it and of its floor do not meet.
        """
        found = level_of(self.value, self.floor)
        clear = self.value - self.bar > self.floor + self.spread
        return found if self.n >= TELLING or (found == "warm" and clear) else "few"


def level_of(value: float, floor: float) -> str:
    """Return whether a distance is "good", up to 1.35 floors, "warm", above 2.5, or neither, ""."""
    if value <= GOOD * floor:
        return "good"
    return "warm" if value > WARM * floor else ""


def edges_of(real: Doubles, *others: Doubles, log: bool = False, share: bool = False) -> Doubles:
    """Return the edges (m + 1,) of bins over nearly all real values, and over where most of others
    are, if that is not far off. They are as wide as the smallest sample bears, by the rule of
    Freedman and Diaconis (1981); those of whole numbers hold the same number of them each, and one
    where these are few or values many. With ``log`` bins are even in the logarithm, if all of them
    are positive. Where all real values are the same the axis is that from 0 to 1 of a ``share``,
    some whole numbers, or where the others are.
    """
    real = _finite(real)
    if not len(real):
        return np.array([0.0, 1.0])
    # A tail of single values would take half of the axis; of few values the outermost are shown.
    end = max(ENDS, min(FAR, FEW / len(real)))
    low = float(np.quantile(real, end, method="lower"))
    high = float(np.quantile(real, 1 - end, method="higher"))
    wide = high - low
    for other in map(_finite, others):
        if len(other):
            first, last = np.quantile(other, (FAR, 1 - FAR))
            most = BEYOND * wide or math.inf
            low = min(low, max(float(first), low - most))
            high = max(high, min(float(last), high + most))
    if share and wide == 0.0 and 0.0 <= low <= high <= 1.0:
        return np.linspace(0.0, 1.0, FEWEST + 1)
    n = min(map(len, filter(len, map(_finite, (real, *others)))))
    if _all_integers(real, *others):
        if low == high:  # one bar alone says nothing of what there might be
            low, high = (0.0, 2.0) if low == 0.0 else (low - 1, high + 1)
        span = high - low + 1
        alone = span <= EACH or (span <= MOST and n >= ENOUGH * span)
        each = 1 if alone else max(1, round(span / _bins(real, low, high, n)))
        return np.arange(np.floor(low), np.ceil(high) + each + 1, each) - 0.5
    if high <= low:
        room = max(1e-9, 0.05 * abs(low))
        low, high = low - room, high + room
    if log and real.min() > 0 and high > 0:
        low = low if low > 0 else float(real.min())
        bins = _bins(np.log(real), np.log(low), np.log(high), n)
        return np.geomspace(low, high, bins + 1)
    return np.linspace(low, high, _bins(real, low, high, n) + 1)


def _bins(real: Doubles, low: float, high: float, n: int) -> int:
    """Return how many bins of the width 2 IQR / n^(1/3) there are in a range."""
    first, last = np.quantile(real, (0.25, 0.75))
    width = 2 * float(last - first) / n ** (1 / 3)
    return int(np.clip(np.ceil((high - low) / width), FEWEST, MOST)) if width > 0 else FEWEST


def shares_of(values: Doubles, edges: Doubles) -> Doubles:
    """Return which share of all values lies in each bin, (m,)."""
    counts, _ = np.histogram(_finite(values), edges)
    return counts / max(1, len(values))


def beyond(values: Doubles, edges: Doubles) -> tuple[int, int]:
    """Return how many values lie below all bins, and how many above; those that are not finite are
    neither.
    """
    some = _finite(values)
    return int((some < edges[0]).sum()), int((some > edges[-1]).sum())


def spread_of(shares: Doubles, n: int) -> Doubles:
    """Return the standard deviation of shares of n by chance, (m,): that of counts, and one datum
    where nothing was found.
    """
    return np.sqrt(np.maximum(shares * (1 - shares), 1 / max(1, n)) / max(1, n))


def spread_within(values: Doubles, edges: Doubles) -> Doubles:
    """Return the standard deviation of the fractions of elements per bin, (m,), for samples with
    several elements, (n, k), NaN for fewer. Samples are independent, not elements: the variance of
    a ratio, sum_j (c_j - s N_j)^2 / (sum_j N_j)^2 with c_j of the N_j elements of a sample in a bin
    (Cochran 1977, Sampling techniques, section 2.11), and that of one element in an empty bin.
    """
    n, bins = len(values), len(edges) - 1
    at = np.searchsorted(edges, values, side="right") - 1
    at[values == edges[-1]] = bins - 1
    here = np.isfinite(values)
    rows, _ = np.nonzero(here & (at >= 0) & (at < bins))
    within = at[here & (at >= 0) & (at < bins)]
    counts = np.bincount(rows * bins + within, minlength=n * bins).reshape(n, bins)
    each = here.sum(axis=1)
    total = max(1, int(each.sum()))
    off = counts - counts.sum(axis=0) / total * each[:, None]
    return np.asarray(np.sqrt(np.maximum((off**2).sum(axis=0), 1.0)) / total)


def inside(values: Doubles, low: float, high: float) -> NDArray[np.bool_]:
    """Return which values are in a range, its upper end left out."""
    with np.errstate(invalid="ignore"):
        return np.asarray((values >= low) & (values < high))


def wasserstein(first: Doubles, second: Doubles) -> float:
    """Return Wasserstein-1 of two samples: the area between their distribution functions."""
    if len(first) == len(second):
        return float(np.abs(np.sort(first) - np.sort(second)).mean())
    one, other = np.sort(first), np.sort(second)
    both = np.sort(np.concatenate([one, other]), kind="stable")  # which merges what is sorted
    below = [np.searchsorted(each, both[:-1], side="right") / len(each) for each in (one, other)]
    return float(np.sum(np.abs(below[0] - below[1]) * np.diff(both)))


def wasserstein_distance(made: Doubles, real: Doubles, seed: int = 0) -> WassersteinDistance | None:
    """Return the distance of generated from real values, (n,), or (n, k) of several elements per
    sample, NaN for fewer; None for too few samples. Whole samples are drawn. The standard deviation
    is the bootstrap's (Efron 1979, Bootstrap methods: another look at the jackknife), since few
    generated samples are all in each subsample.
    """
    made, real = _with_some(made), _with_some(real)
    n = min(len(made), len(real) // 2)
    if n < LEAST:
        return None
    rng = np.random.default_rng(seed)
    far, floors = np.empty(REPEATS), np.empty(REPEATS)
    for draw in range(REPEATS):
        halves = real[rng.permutation(len(real))[: 2 * n]]
        some = made[rng.permutation(len(made))[:n]]
        one, other, drawn = (_finite(each.ravel()) for each in (halves[:n], halves[n:], some))
        far[draw], floors[draw] = wasserstein(drawn, one), wasserstein(other, one)
    bar = float(_resampled(made, real, n, rng).std(ddof=1))
    return WassersteinDistance(float(far.mean()), float(floors.mean()), float(floors.std()), n, bar)


def _resampled(made: Doubles, real: Doubles, n: int, rng: np.random.Generator) -> Doubles:
    """Return the Wasserstein-1 of n data of each side, drawn with replacement, `RESAMPLES` times.
    Values are sorted once: data drawn again are weights of theirs.
    """
    sides = [each.reshape(len(each), -1) for each in (made, real)]
    values = np.concatenate([_finite(each.ravel()) for each in sides])
    mine, theirs = (np.nonzero(np.isfinite(each))[0] for each in sides)
    owner = np.concatenate([mine, theirs + len(made)])
    order = np.argsort(values)
    gaps, owner = np.diff(values[order]), owner[order[:-1]]
    elements = [np.isfinite(each).sum(axis=1) for each in sides]
    found = np.empty(RESAMPLES)
    for draw in range(RESAMPLES):
        times = [np.bincount(rng.integers(len(s), size=n), minlength=len(s)) for s in sides]
        one, other = (t / (t @ each) for t, each in zip(times, elements, strict=True))
        found[draw] = np.abs(np.concatenate([one, -other])[owner].cumsum()) @ gaps
    return found


def _with_some(values: Doubles) -> Doubles:
    """Return the data that have a number."""
    numbers = np.asarray(values, np.float64)
    if not len(numbers):
        return numbers
    return numbers[np.isfinite(numbers).reshape(len(numbers), -1).any(axis=1)]


def _exponent(value: float) -> int:
    """Return the power of ten of the first digit of a value, 0 of none."""
    return int(np.floor(np.log10(value))) if value > 0 and np.isfinite(value) else 0


def _finite(values: Doubles) -> Doubles:
    numbers = np.asarray(values, np.float64)
    return numbers[np.isfinite(numbers)]


def _all_integers(*samples: Doubles) -> bool:
    return all(bool(np.all(each == np.round(each))) for each in map(_finite, samples))
