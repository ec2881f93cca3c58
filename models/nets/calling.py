"""How every network is called: net(x, clock, given, mask).

x (B, *shape), or latents (B, latent) for a generator; clock (B,), a noise level or flow time, None
for a critic without one; what is given of each row by name, and which places are real, as in
`models.contracts.batch.Batch`. A critic returns (B, 1), a recommender (B, L, items) for histories
(B, L), a flow log p (B,), an autoregressive network or a predictor (B, numbers, outputs),
all others (B, *shape). The output at padded places is ignored, and their values must not matter.
"""

from torch import Tensor, nn

from pushforward.models.contracts.batch import Batch

__all__ = ["call"]


def call(net: nn.Module, rows: Batch, clock: Tensor | None = None) -> Tensor:
    """Return what a network says of rows; any module will do where there is but x to tell."""
    if clock is None and rows.mask is None and not rows.given:
        said: Tensor = net(rows.x)
        return said
    out: Tensor = net(rows.x, clock, rows.given or None, rows.mask)
    return out
