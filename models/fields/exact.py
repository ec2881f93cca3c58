"""The exact field: the score of a known distribution; nothing is learned.

For a Gaussian mixture D(x, s) = E[x0 | x0 + s eps = x] is a closed formula (`models.oracle`). Its
particles end in the data without training, and its loss is the minimum of all denoisers: E w(s)
|D(x0 + s eps, s) - x0|^2 = E w(s) Var[x0 | x0 + s eps] (Karras et al. 2022, arXiv:2206.00364, eqs.
2, 3 and 8).
"""

import torch
from torch import Tensor

from pushforward.models.config import ConfigError
from pushforward.models.contracts.abilities import Denoise
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.spec import LABEL, DataSpec
from pushforward.models.denoisers.densities import Density
from pushforward.models.denoisers.weights import loss_weight
from pushforward.models.fields.score import flow_velocity
from pushforward.models.oracle import GaussianMixture
from pushforward.models.paths.clock import DisplayName, FlowClock, display_scale
from pushforward.models.tensors import expand_like, in_parts

__all__ = ["ExactScore", "exact_denoiser", "known_law"]


def known_law(spec: DataSpec, device: torch.device) -> GaussianMixture:
    """Return the distribution of standardised data, float32, on a device.

    Raises:
        ConfigError: it is not known.
    """
    if spec.mixture is None:
        raise ConfigError(
            "",
            "an exact field needs data whose law is known, a mixture of Gaussians such as Eight "
            "Gaussians or Ring of five; for any other data, learn the score instead",
        )
    # Standardised in double precision: modes are narrow, and the means of the data are not round.
    law = spec.mixture.standardised(spec.mean.double(), spec.std.double())
    return law.to(torch.zeros((), device=device))


def exact_denoiser(law: GaussianMixture, label: Tensor | None = None) -> Denoise:
    """Return D(x, s) of a law: x (n, d), s (n,) or 0-d; of rows of some classes (n,), where those
    are known.
    """
    beside = () if label is None else (label,)

    def denoise(x: Tensor, s: Tensor) -> Tensor:
        return in_parts(law.denoise, x, s.expand(len(x)), *beside)

    return denoise


class ExactScore:
    """The score of a known mixture; a `models.fields.base.Field` with nothing to fit.

    Args:
        law: of the standardised data, (k, d), on its device.
        density: what the levels passed to `fit` are drawn from.
        clock: flow time <-> noise level.
        display: the coordinates that `velocity` speaks.
    """

    def __init__(
        self, law: GaussianMixture, *, density: Density, clock: FlowClock, display: DisplayName
    ) -> None:
        self.law = law
        self.density = density
        self.clock = clock
        self.display: DisplayName = display

    def fit(self, real: Rows, particles: Rows, level: Tensor | None) -> dict[str, Tensor]:
        """Train nothing; return the loss of a denoiser that makes no avoidable error.

        particles[i] = real[i] + level[i] * noise, (B, d); level (B,). The weight is EDM's, so that
        the figure is the floor under the loss of an EDM diffusion trained at the same levels.

        Raises:
            ValueError: there are no levels.
        """
        if level is None:
            raise ValueError("a score is judged at noise levels: pass them")
        data, noised = Batch.of(real).x, Batch.of(particles)
        weight = expand_like(loss_weight("edm", level, self.density), data)
        error = self.denoiser(noised)(noised.x, level) - data
        return {"loss": (weight * error.square()).mean()}

    def label(self, like: Batch | None) -> Tensor | None:
        """Return the class of each row (n,), None without classes."""
        told = like is not None and self.law.classes is not None
        return like.given.get(LABEL) if told and like is not None else None

    def denoiser(self, like: Batch | None = None) -> Denoise:
        """Return D(x, s), for rows of the classes of these: x (n, d), s (n,) or 0-d."""
        return exact_denoiser(self.law, self.label(like))

    def velocity(self, x: Rows, t: float) -> Tensor:
        """Return dx/dt of the probability-flow ODE in display coordinates."""
        rows = Batch.of(x)
        return flow_velocity(self.denoiser(rows), rows.x, t, clock=self.clock, display=self.display)

    def log_density(self, rows: Rows, t: float) -> Tensor:
        """Return log q_t(x) in nats, (n,), the density of the particles at flow time t in display
        coordinates: x = alpha xbar (n, d), so log q_t(x) = log p(x/alpha; s) - d log alpha.
        """
        batch = Batch.of(rows)
        x, label = batch.x, self.label(batch)
        s = torch.tensor(self.clock.s(t), dtype=x.dtype, device=x.device)
        alpha = display_scale(self.display, s)
        beside = () if label is None else (label,)
        inside = in_parts(self.law.log_prob, x / alpha, s.expand(len(x)), *beside)
        return inside - x.shape[1] * torch.log(alpha)
