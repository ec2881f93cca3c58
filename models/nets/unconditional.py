"""Any module of x alone as a network that is called like all others (`models.nets.calling`)."""

from collections.abc import Mapping

from torch import Tensor, nn

__all__ = ["Unconditional"]


class Unconditional(nn.Module):
    """x (B, ...) -> net(x); clock, conditions and mask are not looked at."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(
        self,
        x: Tensor,
        clock: Tensor | None = None,
        given: Mapping[str, Tensor] | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        out: Tensor = self.net(x)
        return out
