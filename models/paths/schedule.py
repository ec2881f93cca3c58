"""A path and a grid on it as a person sees them: signal, noise and their ratio along the flow."""

from collections.abc import Sequence

import torch

from pushforward.models.contracts.schedule import Schedule
from pushforward.models.paths.clock import DisplayName, FlowClock, display_scale
from pushforward.models.paths.gaussian import GaussianPath

__all__ = ["schedule_of"]

_POINTS = 97


def schedule_of(
    path: GaussianPath | None,
    s_min: float,
    s_max: float,
    levels: Sequence[float],
    display: DisplayName = "variance-preserving",
) -> Schedule:
    """Return the schedule between two noise levels.

    Args:
        path: whose time runs evenly; None for the flow clock, in the coordinates of a display.
        s_min: the smallest noise level, > 0.
        s_max: the largest one, > s_min.
        levels: those of a sampler, falling; a closing 0 is left out.
        display: the coordinates where there is no path.
    """
    ends = torch.tensor([s_max, s_min], dtype=torch.float64)
    t = torch.linspace(0, 1, _POINTS, dtype=torch.float64)
    visited = torch.tensor([s for s in levels if s > 0], dtype=torch.float64)
    if path is None:
        clock = FlowClock(s_min, s_max)
        s = torch.tensor([clock.s(float(each)) for each in t], dtype=torch.float64)
        alpha = display_scale(display, s)
        sigma = s * alpha
        grid = [clock.t(float(each)) for each in visited]
    else:
        first, last = path.time(ends)
        u = first + (last - first) * t
        s, alpha, sigma = path.s(u), path.alpha(u), path.sigma(u)
        # Levels beyond the ends of the path (a sampler may start above it) stand at its ends.
        grid = ((path.time(visited) - first) / (last - first)).clamp(0, 1).tolist()
    return Schedule(t.tolist(), alpha.tolist(), sigma.tolist(), (-2 * s.log()).tolist(), list(grid))
