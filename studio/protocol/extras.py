"""Extras of records: optional arrays, by name, requested in a `Watch`."""

from dataclasses import dataclass

__all__ = [
    "ANSWERS",
    "CANDIDATES",
    "CHANCES",
    "CRITIC",
    "DENOISED",
    "EXTRAS",
    "LATENTS",
    "LEVELS",
    "MANIFOLD",
    "MEANT",
    "PLACES",
    "PROJECTION",
    "PROJECTION_TARGET",
    "SIZE",
    "TOLD",
    "WANTED",
    "WRITTEN",
    "Extra",
]

CRITIC, MANIFOLD, LATENTS = "critic", "manifold", "latents"
PROJECTION, PROJECTION_TARGET = "projection", "projection-target"
PLACES = "places"
SIZE = "size"
"""The number of nodes of each graph, (n,): the others of its rows are padding."""
WRITTEN, CANDIDATES, CHANCES = TOLD = "written", "candidates", "chances"
"""Predictions of symbols (see `studio.engine.watch.prediction_log`): the probability of each (T, n,
*shape, 2), and the most likely symbols with their probabilities (T, n, *shape, k).
"""
ANSWERS, WANTED = "answers", "wanted"
"""Of a stage of a classifier or a recommender: its likeliest classes or items (n, k), whose
probabilities are the `CHANCES`, and the right answer (n,).
"""
DENOISED, LEVELS = "denoised", "levels"
MEANT = "meant"
"""What holds for every graph of a set: the number, from 1, of the make, as
`observables.graphs.makes` has them, that the set is meant to be of, -1 for none.
"""


@dataclass(frozen=True)
class Extra:
    """Properties of an extra: its particle axis, None if it is not per particle. Records are cut
    along it.
    """

    particles: int | None


EXTRAS = {
    CRITIC: Extra(particles=1),
    MANIFOLD: Extra(particles=None),
    LATENTS: Extra(particles=0),
    PROJECTION: Extra(particles=1),
    PROJECTION_TARGET: Extra(particles=None),
    PLACES: Extra(particles=1),
    WRITTEN: Extra(particles=1),
    CANDIDATES: Extra(particles=1),
    CHANCES: Extra(particles=1),
    DENOISED: Extra(particles=1),
    LEVELS: Extra(particles=None),
}
"""All there are; the engine makes no others."""
