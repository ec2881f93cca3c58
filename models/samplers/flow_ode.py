"""The ODE of a flow along lines: Euler's method in flow time, or the midpoint rule."""

from typing import Annotated, Literal

from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.registry import sampler
from pushforward.models.samplers.base import GridSampler, SamplerConfig, StepInput

__all__ = ["FlowOde", "FlowOdeConfig", "Method"]

Method = Literal["euler", "midpoint"]


class FlowOdeConfig(Config, frozen=True):
    """How many steps, and how each is made."""

    steps: Annotated[
        int, param("Steps", "Number of uniform steps in t.", low=1, high=10_000, log=True)
    ] = 20
    method: Annotated[
        Method,
        param(
            "Method",
            "Euler uses the velocity at the start of a step; midpoint uses the one halfway, "
            "with a second evaluation.",
            choices={"euler": "Euler", "midpoint": "Midpoint"},
        ),
    ] = "euler"


@sampler(
    "flow-ode",
    title="ODE in flow time",
    summary="Uniform steps of t along the velocity of a flow; for straight paths one is enough.",
    source="Liu et al. 2022, arXiv:2209.03003, eq. 1 and section 2.2; Lipman et al. 2022, "
    "arXiv:2210.02747, section 3",
    config=FlowOdeConfig,
    order=1,
    evaluations=1,
    needs=("transport",),
    update="x ← x + (t' − t) v(u, τ),  u = x, τ = t, or both half-way on",
)
class FlowOde(GridSampler):
    """x <- x + (u - u') v, with u = 1 - t instead of a noise level and v = (E - x)/u.

    E is where the line through x ends (`models.contracts.abilities.HasTransport`), so that Euler's
    step is u'/u x + (1 - u'/u) E.
    """

    def __init__(self, config: FlowOdeConfig | None = None) -> None:
        self.config = config or FlowOdeConfig()
        super().__init__(SamplerConfig(steps=self.config.steps))

    def nfe(self) -> int:
        return self.config.steps * (2 if self.config.method == "midpoint" else 1)

    def levels(self, s_min: float, s_max: float) -> list[float]:
        """Return the shares of the way that are left, from 1 to 0; there are no noise levels."""
        n = self.config.steps
        return [(n - i) / n for i in range(n + 1)]

    def step(self, at: StepInput) -> tuple[Tensor, Tensor]:
        x, s, s_next = at.x, at.s, at.s_next
        end = at.denoise(x, s)
        if self.config.method == "midpoint":
            half = (s + s_next) / 2
            middle = end + (half / s) * (x - end)
            return x + ((s - s_next) / half) * (at.denoise(middle, half) - middle), end
        return end + (s_next / s) * (x - end), end
