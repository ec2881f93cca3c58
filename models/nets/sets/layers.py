"""What networks for sets are made of: attention, and feed-forwards that are conditioned on the
context.

Normalisation comes before each block (Xiong et al. 2020, arXiv:2002.04745), and both blocks begin
at zero, so that a network begins as if it had none. Two more normalisations may stand inside, as in
NormFormer (Shleifer et al. 2021, arXiv:2110.09456) and PC-Droid.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.nets.mlp import linear
from pushforward.models.nets.sets.settings import SetNetConfig

__all__ = ["Layer", "Network", "attend", "bias_of", "needs_written_attention"]

_NOWHERE = -1e9  # instead of minus infinity, whose softmax over nothing is not a number

_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "silu": functional.silu,
    "leaky-relu": lambda h: functional.leaky_relu(h, 0.1),
    "gelu": functional.gelu,
    "relu": functional.relu,
}


def bias_of(mask: Tensor | None, like: Tensor) -> Tensor | None:
    """Return what is added to the scores of places (B, N) that are seen or not, (B, 1, 1, N)."""
    if mask is None:
        return None
    bias = like.new_zeros(mask.shape).masked_fill_(~mask, _NOWHERE)
    return bias[:, None, None]


def needs_written_attention(x: Tensor, *, twice: bool = False) -> bool:
    """Return whether attention must be written out, which takes memory for all pairs of places.

    Fused kernels take none, on a CPU and on a GPU alike, and are used wherever they will do. They
    have no second derivative: one by what comes in may be differentiated again by weights, for
    penalties. On a GPU their backward pass adds in any order, which a training that is to repeat
    bit for bit cannot have.

    Args:
        x: what comes in.
        twice: whether the network is differentiated twice by its weights.
    """
    if not torch.is_grad_enabled():
        return False
    repeats = x.is_cuda and torch.are_deterministic_algorithms_enabled()
    return twice or x.requires_grad or repeats


def attend(
    q: Tensor, k: Tensor, v: Tensor, heads: int, bias: Tensor | None, written: bool
) -> Tensor:
    """Return scaled dot-product attention (Vaswani et al. 2017, arXiv:1706.03762, eq. 1).

    Args:
        q: queries, (B, N, width).
        k: keys, (B, M, width).
        v: values, (B, M, width).
        heads: number of heads.
        bias: added to the scores, (B, 1, 1, M).
        written: whether it is written out, which has all derivatives, rather than fused.
    """
    q, k, v = (each.view(*each.shape[:2], heads, -1).transpose(1, 2) for each in (q, k, v))
    if written:
        scores = q @ k.mT * q.shape[-1] ** -0.5
        scores = scores if bias is None else scores + bias.to(scores.dtype)
        gathered = scores.softmax(dim=-1) @ v
    else:
        # One row of the bias serves all that look: expanded, a GPU would fill N x M numbers.
        bias = None if bias is None else bias.to(q.dtype)
        gathered = functional.scaled_dot_product_attention(q, k, v, attn_mask=bias)
    found: Tensor = gathered.transpose(1, 2).flatten(2)
    return found


class _Fed(nn.Module):
    """A feed-forward of one hidden layer, in what has one."""

    first: nn.Linear
    context: nn.Linear | None
    second: nn.Linear

    def _feed(
        self,
        config: SetNetConfig,
        size: tuple[int, int, int],
        told: int,
        gain: float,
        generator: torch.Generator,
    ) -> None:
        """Make it with the numbers of inputs, hidden units and outputs."""
        g, (dim_in, hidden, dim_out) = generator, size
        self.first = linear(dim_in, hidden, generator=g)
        self.context = linear(told, hidden, generator=g) if told else None
        self.hidden = nn.LayerNorm(hidden) if config.norm_hidden else None
        self.second = linear(hidden, dim_out, gain=gain, generator=g)
        self._activation = _ACTIVATIONS[config.nonlinearity]

    def _fed(self, h: Tensor, context: Tensor | None) -> Tensor:
        hidden = self.first(h)
        if self.context is not None and context is not None:
            # Added once a row: the same as the context beside each place, and cheaper.
            hidden = hidden + self.context(context)[:, None]
        hidden = self._activation(hidden)
        if self.hidden is not None:
            hidden = self.hidden(hidden)
        said: Tensor = self.second(hidden)
        return said


class Network(_Fed):
    """h (B, N, in) -> (B, N, out) by a hidden layer, conditioned on the context (B, told); any h
    without.
    """

    def __init__(
        self,
        config: SetNetConfig,
        size: tuple[int, int],
        told: int,
        *,
        gain: float = 1.0,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        dim_in, dim_out = size
        self._feed(config, (dim_in, 2 * config.width, dim_out), told, gain, generator)

    def forward(self, h: Tensor, context: Tensor | None = None) -> Tensor:
        return self._fed(h, context)


class Layer(_Fed):
    """Self- or cross-attention followed by a feed-forward layer.

    Args:
        config: its settings.
        told: size of the context, 0 for none.
        across: whether it is cross-attention.
        gain: initial gain of both parts; 0 starts the layer as the identity.
        generator: where the initial weights come from.
    """

    def __init__(
        self,
        config: SetNetConfig,
        told: int,
        *,
        across: bool = False,
        gain: float = 0.0,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        g, width = generator, config.width
        self.heads, self.across = config.heads, across
        self.before = nn.LayerNorm(width)
        if across:
            self.others = nn.LayerNorm(width)
            self.asked = linear(width, width, generator=g)
            self.known = linear(width, 2 * width, generator=g)
        else:
            self.mixed = linear(width, 3 * width, generator=g)
        self.values = nn.LayerNorm(width) if config.norm_values else None
        self.out = linear(width, width, gain=gain, generator=g)
        self.after = nn.LayerNorm(width)
        self._feed(config, (width, config.feedforward * width, width), told, gain, g)

    def forward(
        self,
        h: Tensor,
        context: Tensor | None,
        bias: Tensor | None,
        *,
        others: Tensor | None = None,
        written: bool = False,
    ) -> Tensor:
        """Return places h (B, N, width) after the layer.

        Args:
            h: the queries.
            context: (B, told).
            bias: added to the attention scores, from `bias_of`.
            others: keys and values, (B, M, width); None for h.
            written: whether attention is written out rather than fused.
        """
        if others is None:
            q, k, v = self.mixed(self.before(h)).chunk(3, dim=-1)
        else:
            q = self.asked(self.before(h))
            k, v = self.known(self.others(others)).chunk(2, dim=-1)
        gathered = attend(q, k, v, self.heads, bias, written)
        if self.values is not None:
            gathered = self.values(gathered)
        h = h + self.out(gathered)
        return h + self._fed(self.after(h), context)
