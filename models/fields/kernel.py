"""A kernel as a field: nothing is learnt, the data and the particles of the batch are the field.

The witness w(x) = E_p k(x, .) - E_q k(x, .) is larger where there is more data than particles, as a
critic is, and it is the best critic of the unit ball of the kernel's space (Gretton et al. 2012,
JMLR 13:723, section 2.3). Particles move up its slope: v = grad w, which is minus the gradient of
the witness of Arbel et al. 2019, arXiv:1906.04370, section 2, who write it with the other sign. It
is the steepest descent of MMD^2 / 2, and as a generator's field it is generative moment matching
(Li et al. 2015, arXiv:1502.02761, section 3).

A particle of the batch sees the others: its own term of E_q is a constant, so the mean over the
rest, n - 1, makes its velocity unbiased: -n/2 times the gradient of the unbiased MMD^2.

Where a kind of data says what of a datum does not depend on how it is written, as graphs do whose
nodes have no order, the kernel compares these invariants f, k(f(x), f(y)), and a particle goes by
the chain rule, v = J_f(x)' grad w. A kernel between rows would compare numberings, and lead to
training graphs as they happen to be numbered.

Where rows are told their class the kernel is that of class and row, k(x, y) [class x = class y],
and each class counts as much as any other: w(x | c) = E_p k(x, . | c) - E_q k(x, . | c). The
particles of a class move as if there were no others. It is what the conditional mean embeddings of
Ren et al. 2016, arXiv:1606.04218, section 3, come to where a condition is one of finitely many.
"""

from collections.abc import Callable
from typing import Annotated, TypeAlias

import torch
from torch import Tensor

from pushforward.models.config import param
from pushforward.models.contracts.batch import Batch, Rows, by_parts
from pushforward.models.contracts.spec import LABEL, DataSpec
from pushforward.models.contracts.state import State
from pushforward.models.contracts.unconditional import UNCONDITIONAL
from pushforward.models.nets.offered import discovered
from pushforward.models.registry import registry
from pushforward.models.tensors import in_parts, slope_of, widest_float

__all__ = ["Bandwidth", "Features", "Kernel", "Kernels", "invariants_of", "median_width"]

Features: TypeAlias = Callable[[Batch], Tensor]
"""From rows to what of them is compared, (n, k)."""

Bandwidth = Annotated[
    float,
    param(
        "Kernel width",
        "Middle bandwidth of the Gaussian kernels.",
        low=0.0,
        high=100.0,
        unit="data std",
        zero="Median distance",
        live=True,
    ),
]
Kernels = Annotated[
    int,
    param(
        "Kernels",
        "Number of kernels, each twice as wide as the one before.",
        low=1,
        high=15,
    ),
]

_CLASSES = ("real-classes", "particle-classes")


def median_width(x: Tensor) -> float | Tensor:
    """Return the median distance between the rows of x (n, ...), at most 512 of them; 1 where
    there is no distance. Of rows on a GPU it is 0-d and stays there.
    """
    rows = x[:512].flatten(1)
    if len(rows) < 2:
        return 1.0
    found = torch.pdist(rows).median()
    # A batch that sits on one spot has no scale of its own.
    if x.device.type == "cpu":
        return float(found) or 1.0
    return torch.where(found > 0.0, found, 1.0).to(widest_float(x.device))


def invariants_of(spec: DataSpec) -> Features | None:
    """Return what of data of these is compared; None where it is their numbers as they stand."""
    discovered()
    found = registry.get("kind", spec.kind).invariants
    return None if found is None else lambda rows: found(rows, spec)


class Kernel:
    """A mixture of Gaussian kernels; a `models.fields.base.Field` without a clock or weights.

    k(x, y) = mean over the bank of exp(-|x - y|^2 / 2 w^2), the widths w a factor 2 apart.

    Args:
        width: the middle width of the bank, in units of standardised data; 0 for the median
            distance between the data of each batch.
        count: how many widths.
        like: a tensor (1, *shape) of the shape, type and place of a particle.
        features: what of rows it compares; None for their numbers.

    Attributes:
        width: may be set between steps.
    """

    def __init__(
        self, *, width: float, count: int, like: Tensor, features: Features | None = None
    ) -> None:
        self.width = width
        self.count = count
        self._features = features
        self._used: float | Tensor = width or 1.0
        self._real = self._particles = self._seen(Batch(like))[:0]
        self._classes: tuple[Tensor, Tensor] | None = None

    def fit(self, real: Rows, particles: Rows, level: Tensor | None) -> dict[str, Tensor]:
        """Keep data (B, *shape) and particles (C, *shape), with their classes if both are
        conditional; the loss is the unbiased MMD^2 between the data and as many of the particles,
        with classes its mean over those with at least two of each. Its expectation between equal
        distributions is zero, so it may be negative.
        """
        known, others = Batch.of(real), Batch.of(particles)
        data, made = self._seen(known), self._seen(others)
        self._real, self._particles = data, made
        self._used = self.width or median_width(data)
        told = LABEL in known.given and LABEL in others.given
        self._classes = (known.given[LABEL], others.given[LABEL]) if told else None
        parts = [(data, made)] if self._classes is None else self._by_class()
        losses = [len(a) * self._discrepancy(a, b[: len(a)]) for a, b in parts]
        if not losses:
            return {"loss": data.new_zeros(())}
        return {"loss": torch.stack(losses).sum() / sum(len(a) for a, _ in parts)}

    def _by_class(self) -> list[tuple[Tensor, Tensor]]:
        """Return data and particles of each class that has two of each."""
        assert self._classes is not None
        real, made = self._classes
        parts = [(self._real[real == c], self._particles[made == c]) for c in torch.unique(real)]
        return [(a, b) for a, b in parts if min(len(a), len(b)) > 1]

    def _discrepancy(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the unbiased MMD^2 between rows x and y."""
        across = self._bank(self._square(y, x)).mean()
        return self._within(x) + self._within(y) - 2.0 * across

    def _within(self, x: Tensor) -> Tensor:
        """Return the mean of k over pairs of different rows of x; 1 if there is only one row."""
        n = len(x)
        total = self._bank(self._square(x, x)).sum()
        return total if n == 1 else (total - n) / (n * (n - 1))

    @torch.no_grad()
    def _seen(self, rows: Batch) -> Tensor:
        """Return what is compared of rows, (n, *shape) or (n, k)."""
        return rows.x if self._features is None else by_parts(self._features, rows)

    def witness(self, rows: Rows) -> Tensor:
        """Return w(x) of the kept batch, x (n, *shape) -> (n,), for the class of each conditional
        row; 0 before the first batch.
        """
        known = Batch.of(rows)
        if not len(self._real):
            return known.x.new_zeros(len(known))
        return in_parts(self._witness, self._seen(known), *self._class_input(known))

    def _witness(self, x: Tensor, *classes: Tensor) -> Tensor:
        towards, away = self._shares(*classes)
        up = (self._bank(self._square(x, self._real)) * towards).sum(dim=1)
        return up - (self._bank(self._square(x, self._particles)) * away).sum(dim=1)

    def _class_input(self, rows: Batch) -> tuple[Tensor, ...]:
        """Return the class of each row, (n,), where the kept batch has classes to compare with."""
        if self._classes is None or LABEL not in rows.given:
            return ()
        return (rows.given[LABEL],)

    def _shares(self, classes: Tensor | None = None) -> tuple[Tensor | float, Tensor | float]:
        """Return how much each of the data, and each of the particles, counts for rows of these
        classes: all as much without one, else those of the same class. Where no data are of a class
        nothing counts: its particles would only push each other away.
        """
        if classes is None or self._classes is None:
            return 1.0 / len(self._real), 1.0 / max(1, len(self._particles) - 1)
        mine = classes[:, None]
        data, made = (((mine == c) | (mine == UNCONDITIONAL)).to(self._real) for c in self._classes)
        there = data.sum(dim=1, keepdim=True)
        others = (made.sum(dim=1, keepdim=True) - 1.0).clamp_min(1.0)
        return data / there.clamp_min(1.0), made / others * (there > 0.0)

    def velocity(self, x: Rows, t: float = 1.0) -> Tensor:
        """Return grad w at x (n, *shape), 0 at padded places."""
        rows, features = Batch.of(x), self._features
        if not len(self._real):
            return torch.zeros_like(rows.x)
        if features is None:
            return rows.zeroed(in_parts(self._slope, rows.x, *self._class_input(rows)))

        def pulled(part: Batch) -> Tensor:
            way = self._slope(self._seen(part), *self._class_input(part))
            return slope_of(lambda at: (features(part.holding(at)) * way).sum(dim=1), part.x)

        return rows.zeroed(by_parts(pulled, rows))

    def _slope(self, x: Tensor, *classes: Tensor) -> Tensor:
        towards, away = self._shares(*classes)
        return self._pull(x, self._real, towards) - self._pull(x, self._particles, away)

    def _pull(self, x: Tensor, y: Tensor, shares: Tensor | float) -> Tensor:
        """Return the sum over the rows of y of the slope of k(., y) at x (n, *shape), by how much
        each counts.

        The slope is c(r) (y - x) with c the mean of k_w / w^2, so the sum is two matrix products.
        """
        c = self._bank(self._square(x, y), slope=True) * shares
        flat = c @ y.flatten(1) - c.sum(dim=1, keepdim=True) * x.flatten(1)
        return flat.reshape(x.shape)

    def _bank(self, square: Tensor, *, slope: bool = False) -> Tensor:
        """Return the mean of k_w (or of k_w / w^2) over the bank, at squared distances.

        Halving a width raises its kernel to the fourth power: one exponential for all.
        """
        widest = self._used * 2.0 ** ((self.count - 1) / 2)
        k = torch.exp(square * (-0.5 / widest**2))
        weight = (widest**-2 if slope else 1.0) / self.count
        total = k * weight
        for _ in range(self.count - 1):
            k.square_().square_()
            weight *= 4.0 if slope else 1.0
            if isinstance(weight, Tensor):
                total.addcmul_(k, weight.to(k))
            else:
                total.add_(k, alpha=weight)
        return total

    @staticmethod
    def _square(x: Tensor, y: Tensor) -> Tensor:
        # By a matrix product. It is off by some 1e-6 in units of standardised data: nothing beside
        # the square of a kernel's width, and an order faster than differences pair by pair.
        a, b = x.flatten(1), y.flatten(1)
        ends = a.square().sum(dim=1, keepdim=True) + b.square().sum(dim=1)
        return torch.addmm(ends, a, b.T, alpha=-2.0).clamp_min_(0.0)

    def pack(self, state: State, part: str) -> None:
        """Add the kept batch: looking needs it."""
        for name, value in (("real", self._real), ("particles", self._particles)):
            state.keep(f"{part}/{name}", value)
        for name, value in zip(_CLASSES, self._classes or (), strict=False):
            state.keep(f"{part}/{name}", value)
        state.values[f"{part}/width"] = float(self._used)

    def unpack(self, state: State, part: str) -> None:
        """Restore what `pack` added.

        Raises:
            ValueError: it does not fit.
        """
        rows = (-1, *self._real.shape[1:])
        real, particles = (state.tensor(f"{part}/{name}", rows) for name in ("real", "particles"))
        self._used = float(state.value(f"{part}/width"))
        device = self._real.device
        self._real, self._particles = real.to(self._real), particles.to(self._real)
        self._classes = None
        if f"{part}/{_CLASSES[0]}" in state.tensors:
            told = zip(_CLASSES, (real, particles), strict=True)
            of_real, of_particles = (
                state.tensor(f"{part}/{name}", (len(x),)).to(device) for name, x in told
            )
            self._classes = of_real, of_particles

    def parameter_count(self) -> int:
        """Return 0: nothing is trained."""
        return 0
