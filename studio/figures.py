"""Format numbers with a few significant digits: 100, never 1e+02."""

__all__ = ["power", "short"]

_LARGE, _SMALL = 1e5, 1e-4


def short(value: float, digits: int) -> str:
    """Format a finite value with ``digits`` significant digits, "0.079", or with all digits before
    the point, "12,345"; in powers of ten if very large or small, "3.2e-5".
    """
    text = f"{value:.{digits}g}"
    size = abs(float(text))
    if abs(value) >= _LARGE or 0 < size < _SMALL:
        return power(f"{value:.{digits - 1}e}")
    if size >= 10.0 ** (digits - 1):
        return f"{value:,.0f}"
    return text


def power(text: str) -> str:
    """Return a number of the computer's as people write its power of ten: "1e+07" is 1e7."""
    return text.replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")
