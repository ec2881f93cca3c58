"""Numbers in what a person reads: 100, and never 1e+02."""

__all__ = ["rounded"]


def rounded(value: float, digits: int) -> str:
    """Format a value with ``digits`` significant digits, up to a million without a power of ten."""
    return f"{float(f'{value:.{digits}g}'):g}"
