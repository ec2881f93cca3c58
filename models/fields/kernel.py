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
"""

from collections.abc import Callable
from typing import Annotated, TypeAlias

import torch
from torch import Tensor

from models.config import param
from models.contracts.batch import Batch, Rows, by_parts
from models.contracts.spec import DataSpec
from models.contracts.state import State
from models.nets.offered import discovered
from models.registry import registry
from models.tensors import in_parts, slope_of

__all__ = ["Bandwidth", "Features", "Kernel", "Kernels", "invariants_of", "median_width"]

Features: TypeAlias = Callable[[Batch], Tensor]
"""From rows to what of them is compared, (n, k)."""

Bandwidth = Annotated[
    float,
    param(
        "Kernel width",
        "The middle width of the bank of Gaussian kernels.",
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
        "How many widths, each twice the one before: narrow ones see detail, wide ones see far.",
        low=1,
        high=15,
    ),
]


def median_width(x: Tensor) -> float:
    """Return the median distance between the rows of x (n, ...), at most 512 of them; 1 where
    there is no distance.
    """
    rows = x[:512].flatten(1)
    if len(rows) < 2:
        return 1.0
    # A batch that sits on one spot has no scale of its own.
    return float(torch.pdist(rows).median()) or 1.0


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
        self._used = width or 1.0
        self._real = self._particles = self._seen(Batch(like))[:0]

    def fit(self, real: Rows, particles: Rows, level: Tensor | None) -> dict[str, Tensor]:
        """Keep data (B, *shape) and particles (C, *shape); the loss is the unbiased MMD^2 between
        the data and as many of the particles. It is zero on average between equal laws, and so may
        be below zero.
        """
        data, made = self._seen(Batch.of(real)), self._seen(Batch.of(particles))
        self._real, self._particles = data, made
        self._used = self.width or median_width(data)
        some = made[: len(data)]
        loss = self._within(data) + self._within(some)
        return {"loss": loss - 2.0 * self._bank(self._square(some, data)).mean()}

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
        """Return w(x) of the kept batch, x (n, *shape) -> (n,); 0 where there is none yet."""
        x = Batch.of(rows).x
        if not len(self._real):
            return x.new_zeros(len(x))
        return in_parts(self._witness, self._seen(Batch.of(rows)))

    def _witness(self, x: Tensor) -> Tensor:
        towards = self._bank(self._square(x, self._real)).mean(dim=1)
        away = self._bank(self._square(x, self._particles)).sum(dim=1)
        return towards - away / self._others

    @property
    def _others(self) -> int:
        return max(1, len(self._particles) - 1)

    def velocity(self, x: Rows, t: float = 1.0) -> Tensor:
        """Return grad w at x (n, *shape), 0 at padded places."""
        rows, features = Batch.of(x), self._features
        if not len(self._real):
            return torch.zeros_like(rows.x)
        if features is None:
            return rows.zeroed(in_parts(self._slope, rows.x))

        def pulled(part: Batch) -> Tensor:
            way = self._slope(self._seen(part))
            return slope_of(lambda at: (features(part.holding(at)) * way).sum(dim=1), part.x)

        return rows.zeroed(by_parts(pulled, rows))

    def _slope(self, x: Tensor) -> Tensor:
        towards = self._pull(x, self._real) / len(self._real)
        return towards - self._pull(x, self._particles) / self._others

    def _pull(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the sum over the rows of y of the slope of k(., y) at x (n, *shape).

        The slope is c(r) (y - x) with c the mean of k_w / w^2, so the sum is two matrix products.
        """
        c = self._bank(self._square(x, y), slope=True)
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
        state.values[f"{part}/width"] = self._used

    def unpack(self, state: State, part: str) -> None:
        """Restore what `pack` added.

        Raises:
            ValueError: it does not fit.
        """
        rows = (-1, *self._real.shape[1:])
        real, particles = (state.tensor(f"{part}/{name}", rows) for name in ("real", "particles"))
        self._used = float(state.value(f"{part}/width"))
        self._real, self._particles = real.to(self._real), particles.to(self._real)

    def parameter_count(self) -> int:
        """Return 0: nothing is trained."""
        return 0
