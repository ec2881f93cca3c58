"""A network of channels as one that reads some numbers of each pixel, and says some of each."""

from collections.abc import Mapping

from torch import Tensor, nn

__all__ = ["OfPixels"]


class OfPixels(nn.Module):
    """(x (B, C, H, W) or (B, C, H, W, inputs), c (B,)) -> (B, C, H, W, outputs): the values of a
    pixel and colour are in adjacent channels.

    Args:
        net: from (B, C inputs, H, W) to (B, C outputs, H, W).
        channels: C.
    """

    def __init__(self, net: nn.Module, channels: int) -> None:
        super().__init__()
        self.net = net
        self.channels = channels

    def forward(
        self,
        x: Tensor,
        clock: Tensor,
        given: Mapping[str, Tensor] | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        if x.dim() == 5:
            x = x.movedim(4, 2).flatten(1, 2)
        out: Tensor = self.net(x, clock, given, mask)
        apart = out.reshape(len(out), self.channels, -1, *out.shape[-2:])
        return apart.movedim(2, 4)
