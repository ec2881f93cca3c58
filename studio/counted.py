"""Numbers of things in words: "1 jet", "48,000 jets"."""

__all__ = ["counted"]


def counted(n: int, one: str, many: str = "") -> str:
    """Return how many of something there are; ``many`` is ``one`` with an s if left out."""
    return f"{n:,} {one if n == 1 else many or f'{one}s'}"
