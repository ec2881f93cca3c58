"""What a generator adds to particles: its neural tangent kernel, seen at work.

Let g be a generator with weights theta and J(z) the derivative of g(z) by them. A gradient step of
size eta on the weights, along E_j[J(z_j)^T v_j] with v_j where particle j should go, moves any
particle g(z), to first order, by

    eta mean_j K(z, z_j) v_j,   K(z, z') = J(z) J(z')^T.

A generator is thus a particle model whose velocity is smoothed by its own kernel; with a weight of
its own for each particle the kernel is a delta, and nothing is added (Franceschi et al. 2023,
arXiv:2305.16150, section 3; Jacot et al. 2018, arXiv:1806.07572, section 4).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call

__all__ = ["Displacements", "displacements"]


@dataclass(frozen=True)
class Displacements:
    """Where a generator's particles go in one step, as its kernel says and as they really do.

    Attributes:
        x: (m, *shape), where the particles are.
        predicted: (m, *shape), eta mean_j K(z, z_j) v_j.
        actual: (m, *shape), g(z) after the step minus g(z) before.
    """

    x: Tensor
    predicted: Tensor
    actual: Tensor


def displacements(
    net: nn.Module, latents: Tensor, velocity: Tensor, where: Tensor, eta: float
) -> Displacements:
    """Return how one plain gradient step moves the particles of some latents.

    The kernel is never built: its product with v costs a few passes through the network, however
    many latents there are. The network is left as it was.

    Args:
        net: the generator, z (n, latent) -> (n, *shape).
        latents: those that the step learns from, (n, latent).
        velocity: where their particles should go, h'(d) grad d or any other, (n, *shape).
        where: the latents whose particles are watched, (m, latent), such as a grid.
        eta: the size of the step, the rate of plain gradient descent on -mean_j h(d(g(z_j))).
    """
    names, weights = zip(*net.named_parameters(), strict=True)

    def g(weights: Sequence[Tensor], z: Tensor) -> Tensor:
        out: Tensor = functional_call(net, dict(zip(names, weights, strict=True)), (z,))
        return out

    # A caller that only looks may have switched gradients off.
    with torch.inference_mode(False), torch.enable_grad():
        weights = tuple(p.detach().requires_grad_() for p in weights)
        direction = torch.autograd.grad(g(weights, latents), weights, velocity / len(latents))
        x = g(weights, where)
        # J u for a direction u of the weights is the slope by w of (J^T w) u: forward mode by
        # two passes backward, which every layer has.
        w = torch.zeros_like(x, requires_grad=True)
        pulled = torch.autograd.grad(x, weights, w, create_graph=True)
        (pushed,) = torch.autograd.grad(pulled, w, direction)
    with torch.no_grad():
        moved = [torch.add(p, u, alpha=eta) for p, u in zip(weights, direction, strict=True)]
        actual = g(moved, where) - x
    return Displacements(x.detach(), eta * pushed, actual)
