"""Vectors of a codebook as latents: an encoder, a decoder, and a distribution of the codes. Each
sample is a fixed number of codes. The codebook follows the encoded vectors by moving averages, and
an unused code restarts at an encoded vector (van den Oord et al. 2017, arXiv:1711.00937, appendix
A.1; Razavi et al. 2019, arXiv:1906.00446, section 2). Gradients pass the rounding unchanged
(straight-through estimator). The distribution of the codes is autoregressive; for one code per
sample it is a table.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets.calling import call
from pushforward.models.nets.flows.layers import seeded
from pushforward.models.nets.given import GivenFeatures
from pushforward.models.tensors import widest_float

__all__ = ["CodedChain"]

_SHARPEST = -5.0  # logarithm of the scale of the data
_DEAD = 0.03  # of the even share of encodings: a code with less begins again
_KEPT = 0.98  # of the moving averages, a step


class CodedChain(nn.Module):
    """Encoder, codebook, decoder, and the distribution of the codes.

    Args:
        encoder: data (n, *shape) -> (n, codes * size).
        decoder: (n, codes * size) -> (n, *shape).
        spec: of the data.
        codes: number of codes per sample.
        book: number of vectors in the codebook.
        size: numbers of a vector.
        width: units of the network that predicts the next code.
        generator: where initial weights come from.
    """

    vectors: Tensor
    counts: Tensor
    sums: Tensor

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        spec: DataSpec,
        *,
        codes: int,
        book: int,
        size: int,
        width: int,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.codes, self.book, self.size = codes, book, size
        self.encoder, self.decoder = encoder, decoder
        self.told = GivenFeatures(spec) if spec.given else None
        self.law = self._law_of_codes(width, generator)
        self.log_scale = nn.Parameter(torch.tensor(-1.0))
        vectors = torch.randn((book, size), generator=generator)
        self.register_buffer("vectors", vectors)
        self.register_buffer("counts", torch.ones(book))
        self.register_buffer("sums", vectors.clone())

    def _law_of_codes(self, width: int, generator: torch.Generator) -> nn.Module:
        """Return a network from codes, one-hot, to the logits of each after those before it."""
        from zuko.nn import MaskedMLP

        before = torch.ones((self.codes, self.codes), dtype=torch.bool).tril(-1)
        blocks = torch.ones((self.book, self.book), dtype=torch.bool)
        heard = torch.kron(before, blocks)
        told = self.told.dim if self.told is not None else 0
        always = torch.ones((len(heard), 1 + told), dtype=torch.bool)
        adjacency = torch.cat([heard, always], dim=1)
        return seeded(lambda: MaskedMLP(adjacency, [width], activation=nn.SiLU), generator)

    @property
    def scale(self) -> Tensor:
        """The logarithm of the standard deviation of data around what is decoded, 0-d."""
        return self.log_scale.clamp_min(_SHARPEST)

    def encode(self, rows: Batch) -> Tensor:
        """Return what the encoder says, (n, codes, size)."""
        return call(self.encoder, Batch(rows.x)).reshape(len(rows), self.codes, self.size)

    def nearest(self, said: Tensor) -> Tensor:
        """Return the code nearest to each vector (n, codes, size): (n, codes) int64."""
        return torch.cdist(said.flatten(0, 1), self.vectors).argmin(dim=1).reshape(said.shape[:2])

    def decode(self, rows: Batch, vectors: Tensor) -> Tensor:
        """Return data from vectors (n, codes, size), under the conditions of rows."""
        return call(self.decoder, rows.holding(vectors.flatten(1)))

    def logits(self, rows: Batch, chosen: Tensor) -> Tensor:
        """Return the logits of each code, (n, codes, book), from those chosen before it,
        (n, codes), and what is given of rows.
        """
        hot = functional.one_hot(chosen, self.book).float().flatten(1)
        seen = [hot, hot.new_ones((len(hot), 1))]
        if self.told is not None:
            seen.append(self.told(rows.given))
        said: Tensor = self.law(torch.cat(seen, dim=1))
        return said.reshape(len(hot), self.codes, self.book)

    def terms(self, rows: Batch) -> dict[str, Tensor]:
        """Return the terms of the bound in nats, (n,): "reconstruction", log N(x; D(e), s^2), and
        "prior", log p of the codes; and also the "commitment" |encoded - e|^2 / (2 s^2).
        """
        said = self.encode(rows)
        chosen = self.nearest(said.detach())
        vectors = self.vectors[chosen]
        made = self.decode(rows, said + (vectors - said).detach())
        log_s = self.scale
        gap = ((rows.x - made) * torch.exp(-log_s)).square() + 2.0 * log_s + math.log(2 * math.pi)
        share = functional.log_softmax(self.logits(rows, chosen), dim=2)
        far = (said - vectors.detach()).square().flatten(1).sum(dim=1)
        return {
            "reconstruction": -0.5 * gap.flatten(1).sum(dim=1),
            "prior": share.gather(2, chosen[..., None]).flatten(1).sum(dim=1),
            "commitment": 0.5 * far * torch.exp(-2.0 * log_s.detach()),
        }

    @torch.no_grad()
    def follow(self, said: Tensor) -> None:
        """Move the codebook towards what was encoded, (n, codes, size), of rows in no order."""
        flat = said.flatten(0, 1)
        hot = functional.one_hot(self.nearest(said).flatten(), self.book).to(flat.dtype)
        self.counts.mul_(_KEPT).add_((1.0 - _KEPT) * hot.sum(dim=0))
        self.sums.mul_(_KEPT).add_((1.0 - _KEPT) * (hot.T @ flat))
        # Rows of a batch are as good as drawn.
        places = torch.arange(self.book, device=flat.device) * len(flat) // self.book
        even = self.counts.mean()
        dead = (self.counts < _DEAD * even)[:, None]
        self.sums.copy_(torch.where(dead, even * flat[places], self.sums))
        self.counts.copy_(torch.where(dead[:, 0], even, self.counts))
        self.vectors.copy_(self.sums / self.counts.clamp_min(1e-6)[:, None])

    def draw(self, rows: Batch, share: Tensor) -> Tensor:
        """Return codes (n, codes): of each, the one at a share (n, codes) in (0, 1) of its law."""
        chosen = torch.zeros(share.shape, dtype=torch.int64, device=share.device)
        for i in range(self.codes):
            law = self.logits(rows, chosen)[:, i].to(widest_float(share.device)).softmax(dim=1)
            below = law.cumsum(dim=1)
            at = (below < share[:, i : i + 1].to(below.dtype)).sum(dim=1)
            chosen[:, i] = at.clamp_max(self.book - 1)
        return chosen
