"""The cone that jets are clustered with: all within a radius R of their axis, in eta and phi."""

__all__ = ["USUAL", "widest"]

USUAL = 0.4
"""R of the jets of JetNet, and of those that do not say it."""
_BEYOND = 1.25  # radii


def widest(radius: float) -> float:
    """Return how far from the axis a constituent may be in eta or phi: pseudorapidities have tails
    far outside of a cone that was drawn in rapidity.
    """
    return _BEYOND * radius
