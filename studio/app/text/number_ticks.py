"""Round numbers along an axis, and how they are written."""

import math

from pushforward.studio.figures import power, short

__all__ = ["label", "number", "ticks"]


def ticks(low: float, high: float, about: int) -> list[float]:
    """Return about ``about`` round values within low..high, at steps of 1, 2 or 5 x 10^k."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low or about < 1:
        return []
    raw = (high - low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(s * power for s in (1.0, 2.0, 5.0, 10.0) if s * power >= raw * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [k * step for k in range(first, last + 1)]


def label(value: float, step: float) -> str:
    """Write a value with the decimals that its step needs, with a true minus sign."""
    if step <= 0 or not math.isfinite(value):
        return "–"
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    if decimals > 6 or abs(value) >= 1e7:
        return power(f"{value:.3g}").replace("-", "−")
    return f"{value:,.{decimals}f}".replace("-", "−")


def number(value: float) -> str:
    """Write a value with about four figures, with a true minus sign: for legends and tips."""
    if not math.isfinite(value):
        return "not finite"
    digits = 4 if value == 0 or 1e-4 <= abs(value) < 1e5 else 3
    return short(value, digits).replace("-", "−")
