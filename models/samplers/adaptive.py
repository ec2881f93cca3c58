"""The probability-flow ODE by scipy's adaptive Runge-Kutta method."""

import math
from collections.abc import Iterator
from typing import Annotated

import numpy as np
import torch
from torch import Tensor

from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.abilities import Denoise
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.guidance.settings import GuidanceSetting
from pushforward.models.registry import sampler
from pushforward.models.samplers.base import Counter, Sampler, SampleStep

__all__ = ["AdaptiveOde", "AdaptiveOdeConfig"]


class AdaptiveOdeConfig(Config, frozen=True):
    """Settings of the adaptive solver."""

    tolerance: Annotated[
        float,
        param(
            "Tolerance",
            "Maximum absolute and relative error of a step; determines the step size.",
            low=1e-6,
            high=0.1,
            log=True,
        ),
    ] = 1e-3
    guidance: GuidanceSetting = Pick()


@sampler(
    "rk45",
    title="Adaptive ODE (RK45)",
    summary="Runge–Kutta of order 5 with adaptive steps on the probability-flow ODE; the number "
    "of evaluations is not fixed.",
    source="Song et al. 2021, arXiv:2011.13456, eq. 13 and appendix D.2; Dormand & Prince 1980, "
    "doi:10.1016/0771-050X(80)90013-3",
    config=AdaptiveOdeConfig,
    order=5,
    evaluations=6,
    update="dx̄/dln s = x̄ − D(x̄, s),  steps by the error of RK45",
)
class AdaptiveOde(Sampler):
    """dx/dln s = x - D(x, s) from s_max to s_min, and D there.

    All points take the same steps: the error compared with the tolerance is the root mean square
    over all of them. They are integrated in float64, whatever their own type. Where the denoiser is
    not finite the solver cannot go on, and neither are the samples.
    """

    def __init__(self, config: AdaptiveOdeConfig | None = None) -> None:
        self.config = config or AdaptiveOdeConfig()

    def nfe(self) -> None:
        return None

    def frames(
        self,
        denoise: Denoise,
        latents: Rows,
        s_min: float,
        s_max: float,
        generator: torch.Generator | None = None,
    ) -> Iterator[SampleStep]:
        # Here, for it takes longer to load than all samplers together.
        from scipy.integrate import RK45

        rows = Batch.of(latents)
        counted = Counter(denoise, rows.x)
        x = rows.zeroed(rows.x) * s_max
        # Padded places take no part in the error that is held to the tolerance.
        real = None if rows.mask is None else rows.zeroed(torch.ones_like(x)).bool()
        yield SampleStep(s_max, x, 0)

        def points(flat: np.ndarray) -> Tensor:
            values = torch.from_numpy(flat).to(x)
            if real is None:
                return values.view(x.shape)
            return torch.zeros_like(x).masked_scatter(real, values)

        def numbers(y: Tensor) -> np.ndarray:
            values = y.detach() if real is None else y.detach()[real]
            return values.to("cpu", torch.float64).numpy().ravel()

        def slope(log_s: float, flat: np.ndarray) -> np.ndarray:
            moving: np.ndarray = flat - numbers(counted(points(flat), math.exp(log_s)))
            return moving

        span, limit = (math.log(s_max), math.log(s_min)), self.config.tolerance
        solver = RK45(slope, span[0], numbers(x), span[1], rtol=limit, atol=limit)
        while solver.status == "running":
            with np.errstate(invalid="ignore", over="ignore"):
                solver.step()
            if solver.status == "failed":
                yield SampleStep(0.0, rows.zeroed(torch.full_like(x, math.nan)), counted.count)
                return
            s = s_min if solver.status == "finished" else math.exp(solver.t)
            yield SampleStep(s, points(solver.y), counted.count)
        yield SampleStep(0.0, counted(points(solver.y), s_min), counted.count)
