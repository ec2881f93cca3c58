"""Graphs with types as rows, as `models.layouts.graphs` has them, to be drawn before an import."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["typed_rows"]


def typed_rows(
    types: NDArray[np.integer], pairs: NDArray[np.integer], size: NDArray[np.integer],
    node_types: int, edge_types: int,
) -> NDArray[np.int8]:  # fmt: skip
    """Return rows (n, L) of the types of nodes (n, N), from 0, of what joins the pairs i < j
    (n, P), from 1 and 0 for nothing, and of how many nodes are real (n,).
    """
    real = np.arange(types.shape[1]) < size[:, None]
    second = np.triu_indices(types.shape[1], 1)[1]
    own = np.where(types[..., None] == np.arange(node_types), 1, -1) * real[..., None]
    here = second < size[:, None]
    joined = [np.where(pairs == each, 1, -1) * here for each in range(1, edge_types + 1)]
    return np.concatenate([own.reshape(len(own), -1), *joined], axis=1).astype(np.int8)
