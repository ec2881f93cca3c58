"""The distance between two samples of a data type, as the Euclidean one of declared features.

Points, images, series, cubes, jet variables: every number in units of its standard deviation in the
training data (one for all pixels, one a channel). Jets: of each constituent, hardest first, its
share z of the summed pT and z times its standardised η and φ, so that soft ones count little.
Text: one-hot characters, so that the square is twice the number of places that differ (Hamming
1950, doi:10.1002/j.1538-7305.1950.tb00463.x).
"""

from collections.abc import Callable

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.metrics.base import NotApplicable
from pushforward.models.metrics.jets.by_type import check_momenta

__all__ = ["KINDS", "Features", "features_of"]

Features = Callable[[Batch], Tensor]
"""Returns the features of samples, (n, d) float32."""
KINDS = ("points", "images", "series", "jets", "jet-variables", "cubes", "texts")
"""Data types that have a distance."""


def features_of(spec: DataSpec) -> Features:
    """Return the features of a data type by the spec of its training data.

    Raises:
        NotApplicable: no distance is declared for the type.
    """
    if spec.kind not in KINDS:
        raise NotApplicable(f"no distance between two {spec.kind} is declared")
    if spec.kind == "jets":
        return lambda rows: _jets(rows, spec)
    if spec.kind == "texts":
        return lambda rows: _one_hot(rows, spec)
    return lambda rows: ((rows.x - spec.mean) / spec.std).flatten(1).float()


def _jets(rows: Batch, spec: DataSpec) -> Tensor:
    check_momenta(rows.x)
    pt = torch.expm1(rows.x[..., 2].double().clamp_min(0.0))
    if rows.mask is not None:
        pt = pt * rows.mask
    angles = (rows.x[..., :2] - spec.mean[:, :2]) / spec.std[:, :2]
    share = pt / pt.sum(dim=1, keepdim=True).clamp_min(1e-12)
    order = share.argsort(dim=1, descending=True, stable=True)
    share = share.gather(1, order)[..., None]
    angles = angles.gather(1, order[..., None].expand(-1, -1, 2))
    return torch.cat([share, share * angles], dim=2).flatten(1).float()


def _one_hot(rows: Batch, spec: DataSpec) -> Tensor:
    assert spec.symbols is not None
    places = spec.standardise(rows.x)
    return torch.nn.functional.one_hot(places, spec.symbols).flatten(1).float()
