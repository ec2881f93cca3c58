"""A training step of maximum likelihood for invertible layers."""

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.nets.calling import call
from pushforward.models.nets.flows.layers import InvertibleLayers
from pushforward.models.training.trained import Trained

__all__ = ["more_likely"]


def more_likely(trained: Trained[InvertibleLayers], rows: Batch) -> dict[str, Tensor]:
    """Make rows more likely, by one step on -E log p(x) (Papamakarios et al. 2021,
    arXiv:1912.02762, eq. 13); returns the metrics of the step.
    """

    def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
        # Volumes are sums of logarithms that cancel: not in half precision.
        with torch.autocast(rows.device.type, enabled=False):
            return -call(trained.net, rows.take(part)).mean(), {}

    return trained.descend(loss, len(rows))
