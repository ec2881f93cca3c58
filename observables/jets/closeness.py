"""What is compared of jets to say how near they are to each other."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.observables.jets import cone
from pushforward.observables.jets.kinematics import Floats

__all__ = ["of_constituents", "of_whole"]

LEAST = 1e-3  # GeV: below it a mass or a momentum counts as this


def of_constituents(angles: NDArray[Any], pt: NDArray[Any]) -> Floats:
    """Return of each jet its constituents, the hardest first: the share of the jet's pT that each
    has, and where it is, in radii of the usual cone and times that share, so that soft ones, whose
    places mean little, count little; (n, 3 N).
    """
    total = pt.sum(axis=1, keepdims=True)
    share = np.divide(pt, total, out=np.zeros(pt.shape), where=total > 0)
    hardest = np.argsort(-share, axis=1, kind="stable")
    share = np.take_along_axis(share, hardest, axis=1)[..., None]
    places = np.take_along_axis(angles, hardest[..., None], axis=1)
    return np.concatenate([share, share * places / cone.USUAL], axis=2).reshape(
        len(pt), 3 * pt.shape[1]
    )


def of_whole(pt: NDArray[Any], mass: NDArray[Any]) -> Floats:
    """Return the logarithms of pT and mass of jets, (n, 2), both (n,) in GeV: a hundredth apart are
    jets of which one of them differs by one percent.
    """
    known = [np.maximum(np.asarray(each, np.float64), LEAST) for each in (pt, mass)]
    return np.asarray(np.log(np.stack(known, axis=1)))
