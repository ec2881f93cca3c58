"""Energy correlation functions, and the ratios of them that tell two prongs from one.

e_2 and e_3 sum products of shares of pT and of distances over pairs and triples (Larkoski, Salam
and Thaler 2013, arXiv:1305.0007, section 2, over the sum of pT), with beta 1. C_2 = e_3 / e_2^2 is
theirs, D_2 = e_3 / e_2^3 that of Larkoski, Moult and Neill 2014, arXiv:1409.6298, section 1.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.observables.jets.kinematics import Floats, of_distances

__all__ = ["c2", "correlators", "d2"]

_AT_ONCE = 1 << 15  # distances that stay near the processor


def correlators(angles: NDArray[Any], pt: NDArray[Any]) -> tuple[Floats, Floats]:
    """Return e_2 and e_3 of each jet, (n,) each; 0 for one without a constituent."""
    pairs, triples = of_distances(_correlators, angles, pt, _AT_ONCE).T
    return pairs, triples


def _correlators(apart: Floats, pt: Floats) -> Floats:
    total = pt.sum(axis=1, keepdims=True)
    share = np.divide(pt, total, out=np.zeros(pt.shape), where=total > 0.0)
    paired = share[:, :, None] * apart  # M = diag(z) A: products along the ways of a graph
    pairs = (paired.sum(axis=1) * share).sum(axis=1) / 2.0
    triples = ((paired @ paired) * paired.swapaxes(1, 2)).sum(axis=(1, 2)) / 6.0
    return np.stack([pairs, triples], axis=1)


def c2(pairs: Floats, triples: Floats) -> Floats:
    """Return C_2 of e_2 and e_3, (n,); 0 where that is 0 / 0."""
    return _over(triples, pairs**2)


def d2(pairs: Floats, triples: Floats) -> Floats:
    """Return D_2 of e_2 and e_3, (n,); 0 where that is 0 / 0."""
    return _over(triples, pairs**3)


def _over(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0.0)
