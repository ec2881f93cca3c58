"""Format numbers of things as text: "1 jet", "48,000 jets"."""

from collections.abc import Mapping, Sequence

__all__ = [
    "explain_too_few",
    "format_count",
    "format_range",
    "format_split",
    "join_words",
    "verb_for",
]


def format_count(n: int, one: str, many: str = "") -> str:
    """Format a number with its noun; the plural ``many`` defaults to ``one`` with an s."""
    return f"{n:,} {one if n == 1 else many or f'{one}s'}"


def verb_for(n: int) -> str:
    """Return the verb for a number of things: "is" for 1, else "are"."""
    return "is" if n == 1 else "are"


def format_range(least: int, most: int) -> str:
    """Format a range, "2 to 9", or the number if both ends are equal."""
    return f"{least:,}" if least == most else f"{least:,} to {most:,}"


def join_words(names: Sequence[str]) -> str:
    """Join names as in a sentence: "pt, eta and mass"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def explain_too_few(n: int, one: str, many: str, fewest: int) -> tuple[str, str]:
    """Return the message and the hint of an error about too few samples."""
    be = "is" if n == 1 else "are"
    return (
        f"There {be} {format_count(n, one, many)}; a model needs at least {fewest}.",
        f"Choose a file with more {many}, or several files at once.",
    )


def format_split(shares: Mapping[str, int]) -> str:
    """Format the split of a data set: "train 1,297, validation 500"; "" without a split.

    Args:
        shares: number of samples in "learned" (training), "measured" (validation) and "tested".
    """
    names = {"learned": "train", "measured": "validation", "tested": "test"}
    parts = [f"{name} {shares[key]:,}" for key, name in names.items() if shares.get(key)]
    return ", ".join(parts) if len(parts) > 1 else ""
