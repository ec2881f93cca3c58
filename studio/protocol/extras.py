"""The extras of records: more arrays, by name, for whoever asks for them in a `Watch`."""

from dataclasses import dataclass

__all__ = [
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
    "WRITTEN",
    "Extra",
]

CRITIC, MANIFOLD, LATENTS = "critic", "manifold", "latents"
PROJECTION, PROJECTION_TARGET = "projection", "projection-target"
PLACES = "places"
SIZE = "size"
"""The number of nodes of each graph, (n,): the others of its rows are padding."""
WRITTEN, CANDIDATES, CHANCES = TOLD = "written", "candidates", "chances"
"""What a model told of symbols, as `studio.engine.watch.prediction_log` has it: how sure it was of
each (T, n, *shape, 2), and the likeliest ones at its place with their probabilities (T, n, *shape,
k).
"""
DENOISED, LEVELS = "denoised", "levels"
MEANT = "meant"
"""What holds for every graph of a set: the number, from 1, of the make, as
`observables.graphs.makes` has them, that the set is meant to be of, -1 for none.
"""


@dataclass(frozen=True)
class Extra:
    """What an extra is like: the axis along which particles lie, None where it is not of particles.

    Whoever shows the first particles of a record cuts it there.
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
