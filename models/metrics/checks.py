"""Checks of numbers before they are measured: finite, not overflowing, of one shape."""

import torch
from torch import Tensor

__all__ = ["LARGEST", "check", "check_finite", "check_overflow", "offenders"]

LARGEST = 1e15
"""Samples with a larger number overflow: sums of squares of more leave the range of float32."""
_NAMED = 3  # rows that an error names


def check(samples: Tensor, reference: Tensor, minimum: int = 2) -> None:
    """Refuse what cannot be compared.

    Raises:
        ValueError: not two (n, d) arrays of the same d, or fewer than ``minimum`` of either.
        ArithmeticError: a number is NaN or infinite.
    """
    if samples.ndim != 2 or reference.ndim != 2 or samples.shape[1] != reference.shape[1]:
        raise ValueError(
            "samples and real data must be rows of the same dimension, got shapes "
            f"{tuple(samples.shape)} and {tuple(reference.shape)}"
        )
    fewest = min(len(samples), len(reference))
    if fewest < minimum:
        raise ValueError(f"at least {minimum} rows are needed on each side, got {fewest}")
    check_finite(samples)
    check_finite(reference)


def check_finite(x: Tensor, what: str = "rows") -> None:
    """Refuse rows (n, ...) with a number that is NaN or infinite.

    Raises:
        ArithmeticError: there is one; the message counts such rows.
    """
    # A sum is finite only where all that it is of are, and takes a tenth of the time.
    if bool(torch.isfinite(x.sum())):
        return
    broken = (~torch.isfinite(x)).flatten(1).any(dim=1)
    if bool(broken.any()):
        raise ArithmeticError(offenders(broken, what, "are not finite numbers"))


def check_overflow(x: Tensor, what: str = "samples", largest: float = LARGEST) -> None:
    """Refuse samples (n, ...) with a number that is not finite, or beyond ``largest``.

    Raises:
        ArithmeticError: there is one; the message counts such samples and names the first.
    """
    if not x.is_floating_point() or not x.numel():
        return
    low, high = torch.aminmax(x)
    if float(low) >= -largest and float(high) <= largest:
        return  # a comparison with NaN is false
    check_finite(x, what)
    beyond = (x.abs() > largest).flatten(1).any(dim=1)
    raise ArithmeticError(offenders(beyond, what, f"overflow: a number is beyond ±{largest:g}"))


def offenders(broken: Tensor, what: str, fault: str) -> str:
    """Return how many rows of a mask (n,) are set and the first of them, as a sentence: "2 of 300
    samples are not finite numbers (first: 17, 40)".
    """
    rows = broken.nonzero().flatten().tolist()
    first = ", ".join(str(row) for row in rows[:_NAMED])
    return f"{len(rows):,} of {len(broken):,} {what} {fault} (first: {first})"
