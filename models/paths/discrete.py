"""Discrete corruption: symbols that become other symbols, step by step, until nothing is left.

Austin et al. 2021, arXiv:2107.03006 (D3PM). A row of Q_t says what a symbol may become in step t;
``bar[t]`` = Q_1 ... Q_t. Then q(x_t | x_0) = Cat(x_0 Qbar_t) (eq. 3), and for s < t

    q(x_s | x_t, x_0) = Qbar_s[x_0, x_s] Q_(s->t)[x_s, x_t] / Qbar_t[x_0, x_t].

A model says p(x_0 | x_t), and goes back by p(x_s | x_t) = sum over x_0 of q(x_s | x_t, x_0) p(x_0 |
x_t): exact where p(x_0 | x_t) is, place by place, for any number of steps at once. What the
other places tell of x_0 is for a network to say, and what its own x_t tells is known:

    p(x_0 | x_t) ~ q(x_t | x_0) p~(x_0),

with which the sum above is eq. 4 of the paper with p~.

Shapes: x (n, *shape) int64, times (n,) int64 in 0..T or one int, probabilities (n, *shape, states).
"""

import math
from functools import lru_cache
from itertools import pairwise
from typing import Literal, get_args

import torch
from torch import Tensor

from pushforward.models.tensors import upload

__all__ = [
    "DISCRETE_PATHS",
    "DiscretePath",
    "DiscretePathName",
    "draw_symbols",
    "draw_times",
    "times_at",
]

DiscretePathName = Literal["absorbing", "uniform", "gaussian"]
DISCRETE_PATHS: tuple[DiscretePathName, ...] = get_args(DiscretePathName)
"""Those that need no law of the data."""
_OFFSET = 0.008  # of the cosine schedule
_NARROW, _WIDE = 0.02, 1.44  # deviations of the first and last Gaussian step, in alphabets
_IMPOSSIBLE = 1e-12  # less probable corruptions count as none
_SMALL = 1e-30


class DiscretePath:
    """A noising process on symbols.

    "uniform" resamples a symbol with a probability whose cumulative product follows a cosine
    (Hoogeboom et al. 2021, arXiv:2102.05379; Austin et al., appendix A.2.1). "absorbing" turns it
    into an additional state, [MASK], with probability 1 / (T - t + 1), so that a share t / T is
    masked after t steps (appendix A.2.2 and section 3.1). "gaussian" moves it to its neighbours,
    with a doubly stochastic matrix whose variance grows linearly (appendix A.2.3). "marginal" is
    "uniform" with resampling from the marginal distribution of the data, which changes them least
    (Vignac et al. 2023, arXiv:2209.14734, section 4.1).

    Args:
        name: which.
        symbols: K, of the data.
        steps: T.
        device: where it computes.
        law: the probability of each symbol in the data, (K,), where the path is "marginal".

    Attributes:
        states: K, or K + 1 with [MASK], which comes last.
        mask: the number of [MASK], None where there is none.
        one: (T + 1, states, states) float32, Q_t; ``one[0]`` is the identity.
        bar: (T + 1, states, states) float32, Qbar_t.
    """

    def __init__(
        self,
        name: DiscretePathName | Literal["marginal"],
        symbols: int,
        steps: int,
        device: torch.device | str = "cpu",
        law: Tensor | None = None,
    ) -> None:
        if (law is not None) != (name == "marginal"):
            raise ValueError("a law of the symbols goes with the marginal path, and only with it")
        self.name = name
        self.symbols = symbols
        self.steps = steps
        self.mask = symbols if name == "absorbing" else None
        self.states = symbols + (self.mask is not None)
        even = torch.full((symbols,), 1.0 / symbols).double()
        self._law = even if law is None else law.double() / law.double().sum()
        steps_made = _matrices(name, self._law, steps)
        one = torch.stack([torch.eye(self.states).double(), *steps_made])
        self._exact = one
        bar = one.clone()
        for t in range(1, steps + 1):
            bar[t] = bar[t - 1] @ one[t]
        self.device = torch.device(device)
        self.one, self.bar = one.float().to(device), bar.float().to(device)
        self._between = lru_cache(maxsize=512)(self._product)

    @property
    def stationary(self) -> Tensor:
        """The distribution at the end of the path, (states,): all masked, uniform, or the marginal
        of the data.
        """
        if self.mask is None:
            return self._law.float().to(self.device)
        return torch.eye(self.states, device=self.device)[self.mask]

    def between(self, s: int, t: int) -> Tensor:
        """Return Q_(s->t) = Q_(s+1) ... Q_t, (states, states)."""
        return self._between(s, t)

    def _product(self, s: int, t: int) -> Tensor:
        found = torch.eye(self.states).double()
        for step in range(s + 1, t + 1):
            found = found @ self._exact[step]
        return upload(found.float(), self.device)

    def corrupted(self, x: Tensor, t: Tensor, uniform: Tensor) -> Tensor:
        """Draw x_t ~ Cat(x_0 Qbar_t) by uniform numbers in the shape of x, t (n,)."""
        return draw_symbols(_rows_of(self.bar[t], x), uniform)

    def onwards(self, x: Tensor, s: int, t: int, uniform: Tensor) -> Tensor:
        """Draw x_t ~ q(x_t | x_s), s < t, by uniform numbers in the shape of x."""
        return draw_symbols(_rows_of(self.between(s, t), x), uniform)

    def clean_posterior(self, logits: Tensor, x: Tensor, t: Tensor) -> Tensor:
        """Return p(x_0 | x_t) from the logits of p~ (n, *shape, K), and t (n,)."""
        own = _columns_of(self.bar[t], x)[..., : self.symbols]
        return (logits + own.clamp_min(_SMALL).log()).softmax(dim=-1)

    def reverse(self, clean: Tensor, x: Tensor, t: int, s: int) -> Tensor:
        """Return p(x_s | x_t) where all rows go from t to s < t; see `backward`."""
        return self._backward(clean, x, self.between(s, t), self.bar[s], self.bar[t])

    def backward(self, clean: Tensor, x: Tensor, t: Tensor) -> Tensor:
        """Return p(x_(t-1) | x_t), (n, *shape, states), from a prediction of x_0. An x_0 from which
        x_t cannot come has no weight; if no x_0 is left (0/0), the symbol does not change.

        Args:
            clean: p(x_0 | x_t), (n, *shape, K).
            x: x_t, (n, *shape).
            t: (n,), from 1 on.
        """
        return self._backward(clean, x, self.one[t], self.bar[t - 1], self.bar[t])

    def _backward(
        self, clean: Tensor, x: Tensor, between: Tensor, before: Tensor, now: Tensor
    ) -> Tensor:
        k = self.symbols
        came = _columns_of(now, x)[..., :k]  # q(x_t | x_0) for each x_0
        possible = came > _IMPOSSIBLE
        weight = torch.where(possible, clean, 0.0) / torch.where(possible, came, 1.0)
        flat = weight.flatten(1, -2)
        reached = (flat @ before[..., :k, :]).reshape(*x.shape, self.states)
        found = reached * _columns_of(between, x)
        total = found.sum(dim=-1, keepdim=True)
        stays = torch.nn.functional.one_hot(x, self.states).to(found.dtype)
        return torch.where(total > _SMALL, found / total.clamp_min(_SMALL), stays)

    def bound(self, clean: Tensor, real: Tensor, x: Tensor, t: Tensor) -> Tensor:
        """Return the term L_(t-1) of the variational bound at each place, in nats, (n, *shape):
        KL(q(x_(t-1) | x_t, x_0) || p(x_(t-1) | x_t)), for t = 1 the same as -log p(x_0 | x_1)
        (Austin et al. 2021, eq. 1).
        """
        truth = torch.nn.functional.one_hot(real, self.symbols).to(clean.dtype)
        wanted, said = self.backward(truth, x, t), self.backward(clean, x, t)
        ratio = wanted.clamp_min(_SMALL).log() - said.clamp_min(_SMALL).log()
        return (wanted * ratio).sum(dim=-1)

    def prior_gap(self, real: Tensor) -> Tensor:
        """Return KL(q(x_T | x_0) || law at the end) at each place, in nats: L_T of eq. 1."""
        end = self.bar[self.steps]
        law = self.stationary.clamp_min(_SMALL)
        each = (end * (end.clamp_min(_SMALL) / law).log()).sum(dim=1)[: self.symbols]
        return each[real]


def _rows_of(matrices: Tensor, x: Tensor) -> Tensor:
    """Return the row at each x (n, *shape) of matrices (n, S, S), or of one for all."""
    if matrices.dim() == 2:
        return matrices[x]
    flat = x.flatten(1)
    found = matrices.gather(1, flat[..., None].expand(-1, -1, matrices.shape[2]))
    return found.reshape(*x.shape, matrices.shape[2])


def _columns_of(matrices: Tensor, x: Tensor) -> Tensor:
    """Return the column there, (n, *shape, S)."""
    return _rows_of(matrices.mT, x)


def times_at(shares: Tensor, steps: int) -> Tensor:
    """Return which of the times 1 to T = ``steps`` lie at shares in [0, 1) of them, (n,) int64."""
    return (1 + (steps * shares).long()).clamp(max=steps)


def draw_times(n: int, steps: int, generator: torch.Generator, device: torch.device) -> Tensor:
    """Draw n times from 1 to T = ``steps``, (n,) int64: by one number for all, so that they are
    spread evenly and a bound or a loss varies less by them (Kingma et al. 2021, arXiv:2107.00630,
    appendix I.1).
    """
    start = torch.rand((), generator=generator, device=device)
    return times_at((start + torch.arange(n, device=device) / n) % 1.0, steps)


def draw_symbols(probabilities: Tensor, uniform: Tensor) -> Tensor:
    """Draw from probabilities (..., S) by the inverse of their sums, one uniform number each."""
    sums = probabilities.cumsum(dim=-1)
    # Times the total: sums of rounded numbers end a little beside 1.
    at = (uniform[..., None] * sums[..., -1:]).to(sums.dtype)
    drawn = (sums <= at).sum(dim=-1)
    # A number at the very end belongs to the last symbol that can be at all.
    last = probabilities.shape[-1] - 1 - (probabilities > 0.0).flip(-1).int().argmax(dim=-1)
    return torch.minimum(drawn, last)


def _matrices(name: str, law: Tensor, steps: int) -> list[Tensor]:
    symbols = len(law)
    if name == "absorbing":
        return [_absorbing(symbols, 1.0 / (steps - t + 1)) for t in range(1, steps + 1)]
    if name in ("uniform", "marginal"):
        kept = pairwise(_cosine(t / steps) for t in range(steps + 1))
        return [_resampling(law, 1.0 - after / before) for before, after in kept]
    return [_gaussian(symbols, t, steps) for t in range(1, steps + 1)]


def _cosine(u: float) -> float:
    angle = (u + _OFFSET) / (1.0 + _OFFSET) * math.pi / 2
    return (math.cos(angle) / math.cos(_OFFSET / (1.0 + _OFFSET) * math.pi / 2)) ** 2


def _resampling(law: Tensor, beta: float) -> Tensor:
    return (1.0 - beta) * torch.eye(len(law)).double() + beta * law


def _absorbing(symbols: int, beta: float) -> Tensor:
    found = (1.0 - beta) * torch.eye(symbols + 1).double()
    found[:, symbols] += beta
    return found


def _gaussian(symbols: int, t: int, steps: int) -> Tensor:
    """Return the doubly stochastic step of eq. 8: what leaves the alphabet stays where it was."""
    first, last = ((share * symbols) ** 2 / steps for share in (_NARROW, _WIDE))
    variance = first + (last - first) * (t - 1) / max(1, steps - 1)
    places = torch.arange(symbols).double()
    apart = places[:, None] - places
    reach = torch.arange(-symbols + 1, symbols).double()
    weight = (-0.5 * apart.square() / variance).exp()
    found = weight / (-0.5 * reach.square() / variance).exp().sum()
    found.fill_diagonal_(0.0)
    return found + torch.diag(1.0 - found.sum(dim=1))
