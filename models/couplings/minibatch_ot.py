"""Minibatch optimal transport: the cheapest pairing of the noise of a batch with its data."""

import torch
from torch import Tensor

from pushforward.models.tensors import upload

__all__ = ["cheapest"]


def cheapest(cost: Tensor) -> Tensor:
    """Return which noise goes with each datum so that the sum of the costs is the smallest, (n,)
    int64: a permutation.

    Between two batches of equal size and even weights the optimal plan is a permutation (Birkhoff),
    found by the shortest augmenting paths of Crouse 2016, doi:10.1109/TAES.2016.140952. Source:
    Pooladian et al. 2023, arXiv:2304.14772, section 3.2; Tong et al. 2024, arXiv:2302.00482,
    section 3.2.3.

    Args:
        cost: of each datum (a row) with each noise, (n, n), on any device. The solver runs on the
            CPU: this is the one thing that leaves the device.
    """
    from scipy.optimize import linear_sum_assignment  # late: nobody's start waits for it

    _, chosen = linear_sum_assignment(cost.cpu().double().numpy())
    return upload(torch.from_numpy(chosen), cost.device)
