"""Losses of two views of each anchor: which features may differ, and which must not.

Shapes: projections a and b (n, k) of the two views; row i of each is one anchor. The 2n views are
anchors alike, so that the loss does not change if the views are exchanged or the batch is permuted.
"""

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["alignment_uniformity", "nt_xent", "sup_con", "vicreg"]


def nt_xent(a: Tensor, b: Tensor, temperature: float) -> Tensor:
    """Return the normalised temperature-scaled cross-entropy, 0-d.

    Chen et al. 2020, arXiv:2002.05709, eq. 1: mean over 2n views of -log of the softmax, over the
    other 2n - 1 views, of the cosine similarity with the positive.
    """
    f = functional.normalize(torch.cat([a, b]), dim=1)
    logits = (f @ f.T / temperature).fill_diagonal_(-torch.inf)
    n = len(a)
    positive = torch.arange(2 * n, device=a.device).roll(n)
    return functional.cross_entropy(logits, positive)


def sup_con(a: Tensor, b: Tensor, labels: Tensor, temperature: float) -> Tensor:
    """Return the supervised contrastive loss, 0-d: all views of a class are positives.

    Khosla et al. 2020, arXiv:2004.11362, eq. 2 (L_out), without the factor tau / tau_0 of its code.
    With labels (n,) that are all different it is `nt_xent`.
    """
    f = functional.normalize(torch.cat([a, b]), dim=1)
    logits = (f @ f.T / temperature).fill_diagonal_(-torch.inf)
    log_p = logits.log_softmax(dim=1)
    both = labels.repeat(2)
    positive = (both[:, None] == both[None]).fill_diagonal_(False)
    log_p = log_p.masked_fill(~positive, 0.0)
    return -(log_p.sum(dim=1) / positive.sum(dim=1)).mean()


def alignment_uniformity(a: Tensor, b: Tensor, weight: float = 1.0) -> tuple[Tensor, Tensor]:
    """Return alignment and weighted uniformity, 0-d each; the loss is their sum.

    Wang and Isola 2020, arXiv:2005.10242, eqs. 1 and 2 (alpha = 2, t = 2): E |f - f+|^2 and
    log E exp(-2 |f - f'|^2) over pairs of different anchors, averaged over both views.
    """
    f, g = functional.normalize(a, dim=1), functional.normalize(b, dim=1)
    alignment = (f - g).square().sum(dim=1).mean()
    uniform = [torch.log(torch.exp(-2.0 * torch.pdist(x).square()).mean()) for x in (f, g)]
    return alignment, weight * (uniform[0] + uniform[1]) / 2.0


def vicreg(a: Tensor, b: Tensor) -> Tensor:
    """Return variance-invariance-covariance regularisation, 0-d.

    Bardes et al. 2022, arXiv:2105.04906, eqs. 1 to 6 with its weights 25, 25, 1.
    """
    invariance = functional.mse_loss(a, b)
    spread = covariance = a.new_zeros(())
    for x in (a, b):
        spread = spread + functional.relu(1.0 - (x.var(dim=0) + 1e-4).sqrt()).mean() / 2.0
        centred = x - x.mean(dim=0)
        c = centred.T @ centred / (len(x) - 1)
        off = c - torch.diag_embed(c.diagonal())
        covariance = covariance + off.square().sum() / x.shape[1]
    return 25.0 * invariance + 25.0 * spread + covariance
