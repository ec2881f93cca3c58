"""Bounds of mutual information and density ratios, from critics that classify.

For a critic T of samples of q (label 1) and of p (label 0) the cross-entropy has its minimum at
T = log q/p (Mescheder et al. 2017, arXiv:1701.04722, equation 3.3), so that E_q[T] = KL(q || p).
For a critic S of pairs, I_JSD = E_joint[-softplus(-S)] - E_product[softplus(S)] (Hjelm et al. 2019,
arXiv:1808.06670, equation 4) is at most 2 JSD - 2 ln 2, reached at S = log joint/product.
"""

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["classify_loss", "jsd_bound", "others_of"]


def classify_loss(of_q: Tensor, of_p: Tensor) -> Tensor:
    """Return the mean cross-entropy of logits at samples of q and at samples of p, 0-d."""
    return functional.softplus(-of_q).mean() + functional.softplus(of_p).mean()


def jsd_bound(joint: Tensor, product: Tensor) -> Tensor:
    """Return I_JSD of logits at pairs and at mismatched pairs, 0-d; -2 ln 2 for S = 0."""
    return -functional.softplus(-joint).mean() - functional.softplus(product).mean()


def others_of(real: Tensor, generator: torch.Generator) -> Tensor | None:
    """Return for each real place a random real place of another user: real (B, L) bool -> (m,)
    indices among the m real places, in the order of rows; None if only one user has any.
    """
    lengths = real.sum(dim=1)
    ends = lengths.cumsum(0)
    total = int(ends[-1])
    if not total or int(lengths.max()) == total:
        return None
    own = lengths.repeat_interleave(lengths)
    begin = (ends - lengths).repeat_interleave(lengths)
    drawn = torch.rand(total, generator=generator, device=real.device)
    place = (drawn * (total - own)).long().minimum(total - own - 1)
    return torch.where(place < begin, place, place + own)
