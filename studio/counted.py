"""Numbers of things in words: "1 jet", "48,000 jets"."""

from collections.abc import Mapping, Sequence

__all__ = ["are", "counted", "listed", "ranged", "shared_out", "too_few"]


def counted(n: int, one: str, many: str = "") -> str:
    """Return how many of something there are; ``many`` is ``one`` with an s if left out."""
    return f"{n:,} {one if n == 1 else many or f'{one}s'}"


def are(n: int) -> str:
    """Return the verb of so many: "1 is left out", "2 are"."""
    return "is" if n == 1 else "are"


def ranged(least: int, most: int) -> str:
    """Return between what numbers lie, and the number where all are the same."""
    return f"{least:,}" if least == most else f"{least:,} to {most:,}"


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence lists them: "pt, eta and mass"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def too_few(n: int, one: str, many: str, fewest: int) -> tuple[str, str]:
    """Say that there are too few rows for a model, and what to do about it."""
    be = "is" if n == 1 else "are"
    return (
        f"There {be} {counted(n, one, many)}; a model needs at least {fewest}.",
        f"Choose a file with more {many}, or several files at once.",
    )


def shared_out(shares: Mapping[str, int]) -> str:
    """Say what becomes of the rows of a data set, "" where nothing is set apart: ``shares`` are how
    many are "learned" from, held out to be "measured" with, and for a last test ("tested").
    """
    learned, measured, tested = (shares.get(n, 0) for n in ("learned", "measured", "tested"))
    be = "is" if measured == 1 else "are"
    held = [f"{measured:,} {be} held out for validation"] if measured else []
    if tested:
        held.append(f"{tested:,} {'' if measured else 'are held out '}for a last test")
    if not held:
        return ""
    return f"{learned:,} of {learned + measured + tested:,} for training, {' and '.join(held)}"
