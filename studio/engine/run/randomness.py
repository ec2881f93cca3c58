"""Numbered random streams of a run's seed for the engine, disjoint from those of families (small
numbers), data sets (1000) and metrics (2000): watching and measuring never change the training.
"""

from pushforward.models.operators.drawing import SAMPLES

__all__ = [
    "ADDED",
    "EVALUATION",
    "FLOW",
    "LATENTS",
    "METRIC",
    "MIRRORS",
    "ORDER",
    "SAMPLES",
    "SHOWN",
    "SUBSET",
]

LATENTS = 3000
FLOW = 3001
EVALUATION = 3002
METRIC = 3003
ADDED = 3005
SHOWN = 3006
SUBSET = 3007
ORDER = 1_000_000
"""Stream of the data order of epoch 0; epoch e has ORDER + e."""
MIRRORS = 1_000_000_000_000
"""Stream of the mirrored rows of step 0; step s uses MIRRORS + s."""
