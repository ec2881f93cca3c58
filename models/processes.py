"""Laws of series that are known exactly: mixtures of Gaussian processes at even times.

What is not observed of a Gaussian process is Gaussian given what is, so that the best forecast and
the best imputation, with all that is uncertain about them, are closed formulas (Rasmussen and
Williams 2006, Gaussian Processes for Machine Learning, eqs. A.6 and 2.30).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["ProcessMixture"]

_JITTER = 1e-9  # of the largest variance, so that a covariance of few oscillations has a root


@dataclass(frozen=True)
class ProcessMixture:
    """sum_k weights_k N(0, covariance_k) over the numbers of a series, flat.

    Attributes:
        weights: (k,) float64, positive, summing to 1.
        covariances: (k, d, d) float64, d = length x channels.
    """

    weights: Tensor
    covariances: Tensor

    def draw(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw n series, (n, d) float64."""
        which = torch.multinomial(self.weights, n, replacement=True, generator=generator)
        d = self.covariances.shape[-1]
        noise = torch.randn((n, d), generator=generator, dtype=torch.float64)
        roots = torch.stack([_root(each) for each in self.covariances])
        x = torch.empty_like(noise)
        for k, root in enumerate(roots):
            x[which == k] = noise[which == k] @ root.T
        return x

    def completed(
        self, x: Tensor, observed: Tensor, draws: int, generator: torch.Generator
    ) -> Tensor:
        """Draw what is not observed of rows, given what is.

        Args:
            x: (n, d); what stands where nothing is observed is not read.
            observed: (n, d) bool.
            draws: how many of each row.
            generator: on the CPU.

        Returns:
            (draws, n, d) float64, x where it is observed.
        """
        x = x.double()
        found = x.expand(draws, *x.shape).clone()
        for rows, seen in _alike(observed):
            means, roots, odds = self._condition_on(x[rows], seen)
            k, hidden = len(odds[0]), int((~seen).sum())
            if not hidden:
                continue
            for place, row in enumerate(rows.tolist()):
                which = torch.multinomial(odds[place], draws, True, generator=generator)
                noise = torch.randn((draws, hidden), generator=generator, dtype=torch.float64)
                each = torch.stack([means[j][place] + noise @ roots[j].T for j in range(k)])
                found[:, row, ~seen] = each[which, torch.arange(draws)]
        return found

    def _condition_on(self, x: Tensor, seen: Tensor) -> tuple[list[Tensor], list[Tensor], Tensor]:
        """Return of each process the means of what is hidden of rows, the root of its covariance,
        and how likely each row is to be of each process, (n, k).
        """
        means, roots, logs = [], [], []
        known = x[:, seen]
        for covariance, weight in zip(self.covariances, self.weights, strict=True):
            root = _root(covariance[seen][:, seen])
            between = covariance[~seen][:, seen]
            gain = torch.cholesky_solve(between.T, root).T
            means.append(known @ gain.T)
            roots.append(_root(covariance[~seen][:, ~seen] - gain @ between.T))
            white = torch.linalg.solve_triangular(root, known.T, upper=False)
            length = root.diagonal().log().sum()
            logs.append(weight.log() - length - 0.5 * white.square().sum(dim=0))
        return means, roots, torch.stack(logs, dim=1).softmax(dim=1)


def _alike(observed: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the numbers of rows that are observed at the same places, with these (d,)."""
    kinds, which = torch.unique(observed, dim=0, return_inverse=True)
    for number, seen in enumerate(kinds):
        yield (which == number).nonzero().squeeze(1), seen.bool()


def _root(covariance: Tensor) -> Tensor:
    """Return the lower root of a covariance that may be as good as singular."""
    d = len(covariance)
    if not d:
        return covariance
    scale = covariance.diagonal().max().clamp_min(1e-12)
    jitter = _JITTER * scale * torch.eye(d, dtype=torch.float64)
    root: Tensor = torch.linalg.cholesky(covariance + jitter)
    return root
