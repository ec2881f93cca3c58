"""How signal turns into noise, and where a sampler stops on the way: plain numbers, to be drawn."""

from dataclasses import dataclass

__all__ = ["Schedule"]


@dataclass(frozen=True)
class Schedule:
    """Curves over flow time t, 0 at the noise and 1 at the data.

    Attributes:
        t: rising, (k,) in [0, 1].
        alpha, sigma: of x = alpha x0 + sigma eps, (k,).
        log_snr: ln(alpha^2 / sigma^2), (k,).
        grid: the flow times that a sampler visits, rising, without the last step's end.
    """

    t: list[float]
    alpha: list[float]
    sigma: list[float]
    log_snr: list[float]
    grid: list[float]
