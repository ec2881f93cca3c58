"""Facts of graphs relative to others: isomorphism classes, distance to training graphs, and
violations of their rule. Pure.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.observables.graphs.canonical import certificate, same_graphs
from pushforward.observables.graphs.makes import MAKES, NO_MAKE, Make, make_meant
from pushforward.observables.graphs.statistics import pieces, spectra
from pushforward.studio.app.core.data_type import Arrays
from pushforward.studio.app.data.pairwise_distance import CLOSE, Distances, nearest_of
from pushforward.studio.app.data_types.graphs.graph_paint import WHY
from pushforward.studio.app.data_types.graphs.graph_rows import GraphRows
from pushforward.studio.protocol.extras import MEANT

__all__ = [
    "CLASS",
    "COPIES",
    "LOOKED_AT",
    "MAKE",
    "MET",
    "NEAREST",
    "apart",
    "by_count",
    "chosen_of",
    "chosen_rule",
    "isomorphism_measures",
    "means",
    "of_make",
    "percent",
    "rules",
]

CLASS, COPIES, MAKE, NEAREST = "class", "copies", "make", "nearest"
MET = "met"
"""The array that says which share of the training graphs is of their make, the same for each."""
QUANTILES = 32  # of a spectrum
LOOKED_AT = 500  # training graphs, for each make
AS_DATA = "Automatic: the first property shared by all real graphs"


def isomorphism_measures(
    data: Arrays, training: Arrays | None, *, own: bool
) -> dict[str, NDArray[Any]]:
    """Return of graphs, (n,) each: "class", the isomorphism class from 1, largest first, and
    "copies", its size; with training graphs also "nearest", the distance to the nearest of these
    (or other one), 0 for isomorphic; "make", the rule that is "meant" or that all satisfy, "met",
    the fraction of training graphs that satisfy it, and "why", each violation.
    """
    graphs = GraphRows.of(data)
    number, many = by_count(same_graphs(graphs.adjacency, graphs.size))
    found: dict[str, NDArray[Any]] = {CLASS: number, COPIES: many}
    if training is None or not len(training["x"]):
        return found
    known = GraphRows.of(training)
    found[NEAREST] = _nearest(data, training, own=own)
    low, high = int(known.size.min()), int(known.size.max())
    make = make_meant(chosen_rule(training, MAKES), known.adjacency, known.size)
    if make is not None:
        found[WHY] = np.array(make.wrong(graphs.adjacency, graphs.size, low, high), dtype=str)
    share = 1.0 if make is None else _share(make, known)
    return found | of_make(make.title if make is not None else "", share, len(graphs.x))


def of_make(title: str, share: float, n: int) -> dict[str, NDArray[Any]]:
    """Return of n graphs the "make" that training graphs are of, "" for none, and "met", the share
    of these that are.
    """
    return {MAKE: np.full(n, title), MET: np.full(n, share)}


def chosen_rule(training: Arrays, makes: Iterable[str]) -> str:
    """Return the chosen validity rule of graphs, "" for none."""
    number = int(training[MEANT][0]) if MEANT in training else 0
    return NO_MAKE if number < 0 else list(makes)[number - 1] if number else ""


def means(arrays: Arrays) -> str:
    """Say which make the tick of a graph stands for, and how many real graphs are of it, where not
    all are.
    """
    makes = arrays.get(MAKE)
    if makes is None or not len(makes):
        return ""
    if not (make := str(makes[0])):
        return "No rule"
    share = float(arrays[MET][0])
    real = f" ({percent(share)})" if share < 1.0 else ""
    return f"\N{CHECK MARK}: {make.lower()}{real}"


def _share(make: Make, known: GraphRows) -> float:
    """Return which share of graphs is of a make."""
    wrong = make.wrong(known.adjacency, known.size, int(known.size.min()), int(known.size.max()))
    return wrong.count("") / len(wrong)


def rules(training: Arrays) -> list[tuple[str, str]]:
    """Return the validity rules of graphs, as stored and as displayed, with the number of
    satisfying training graphs.
    """
    known = GraphRows.of({name: each[:LOOKED_AT] for name, each in training.items()})
    return chosen_of({slug: (make.title, _share(make, known)) for slug, make in MAKES.items()})


def chosen_of(makes: Mapping[str, tuple[str, float]]) -> list[tuple[str, str]]:
    """Return makes by slug, each with its title and the share of real graphs that are of it, as
    they are offered.
    """
    said = [
        (slug, f"{title[:1].upper()}{title[1:]}: {percent(share)}")
        for slug, (title, share) in makes.items()
    ]
    return [("", AS_DATA), *said, (NO_MAKE, "No rule: every graph is valid")]


def percent(share: float) -> str:
    """Say how many real graphs are of a make; what is less than all is not said to be 100 %,
    and some not to be none.
    """
    if not share:
        return "none of the real graphs"
    percent = min(99.0, 100.0 * share) if share < 1.0 else 100.0
    return f"{percent:.0f} % of the real graphs" if percent >= 1.0 else "< 1 % of the real graphs"


def by_count(met: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return classes (n,) numbered from 1 for the largest, and how many are in that of each."""
    many = np.bincount(met)
    place = np.empty(len(many), np.int64)
    place[np.argsort(-many, kind="stable")] = np.arange(1, len(many) + 1)
    return place[met], many[met]


def _nearest(data: Arrays, training: Arrays, *, own: bool) -> NDArray[np.float64]:
    """Return how far the nearest training graph is from each, (n,); see `apart`."""
    far = nearest_of(_features(data), _features(training), own=own)
    near = np.flatnonzero(far < CLOSE)
    if not len(near):
        return far
    some = {name: np.asarray(each)[near] for name, each in data.items()}
    mine, theirs = _certificates(some), _certificates(training)
    counts: dict[bytes, int] = {}
    for each in theirs:
        counts[each] = counts.get(each, 0) + 1
    # A training graph is one of those that are as it is.
    far[near] = [0.0 if counts.get(each, 0) > own else CLOSE for each in mine]
    return far


def _features(arrays: Arrays) -> NDArray[np.float64]:
    """Return of each graph the eigenvalue quantiles of its normalised Laplacian, so that Euclidean
    distance is the Wasserstein-2 distance of spectra, and the logarithms of the numbers of nodes
    and components, which quantiles ignore. (n, QUANTILES + 2)
    """
    graphs = GraphRows.of(arrays)
    values, size = spectra(graphs.adjacency, graphs.size), graphs.size[:, None]
    at = (np.arange(QUANTILES) + 0.5) / QUANTILES
    places = np.minimum((at * size).astype(np.int64), size - 1)
    spectrum = np.take_along_axis(values, places, axis=1) / math.sqrt(QUANTILES)
    many = np.stack([graphs.size, pieces(graphs.adjacency, graphs.size)], axis=1)
    return np.concatenate([spectrum, np.log(np.maximum(1, many))], axis=1)


def _certificates(arrays: Arrays) -> list[bytes]:
    graphs = GraphRows.of(arrays)
    pairs = zip(graphs.adjacency, graphs.size.tolist(), strict=True)
    return [certificate(square[:n, :n]) for square, n in pairs]


def _same(one: Arrays, many: Arrays) -> NDArray[np.bool_]:
    """Return whether one graph is each of some, (n,), however their nodes are numbered."""
    mine = _certificates({name: np.asarray(each)[None] for name, each in one.items()})[0]
    return np.array([each == mine for each in _certificates(many)], dtype=bool)


apart = Distances(
    "the spectrum of the normalised Laplacian, ln nodes and ln components; 0: identical graph",
    _features,
    _same,
)
