"""An autoregressive model of symbols: each place from those before it, and so the exact p(x)."""

from collections.abc import Iterator, Mapping
from typing import Any, Unpack

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import Config, Pick
from pushforward.models.contracts.batch import Batch, Rows, by_parts
from pushforward.models.contracts.family import Family, Frame
from pushforward.models.contracts.learner import Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.nets.calling import call
from pushforward.models.nets.pick import build
from pushforward.models.nets.role import autoregressive
from pushforward.models.nets.sequences.transformer import SymbolTransformer
from pushforward.models.nets.settings import AutoregressiveNet
from pushforward.models.paths.discrete import draw_symbols
from pushforward.models.registry import family
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import Averaging
from pushforward.models.training.trained import Trained

__all__ = ["CausalTransformer", "CausalTransformerConfig"]

_WEIGHTS = 0  # a stream of the seed (`models.tensors.make_generator`)


class CausalTransformerConfig(Config, frozen=True):
    """Settings of an autoregressive model of symbols."""

    net: AutoregressiveNet = Pick()
    optimizer: NetworkOptimizer = OptimizerConfig(
        kind="adamw", lr=4e-3, schedule="cosine", warmup=50, clip=1.0
    )
    ema: Averaging = 0.99


@family(
    "causal-transformer",
    config=CausalTransformerConfig,
    needs=("symbols", "whole", "sequence"),
    capabilities=("likelihood", "bound"),
    group="likelihood",
    units={"loss": "nats"},
)
class CausalTransformer(Family[CausalTransformerConfig]):
    """Latents are uniform numbers, one a place: which symbol is drawn there follows from its own.

    What is not yet written stands as one symbol more than the data have, as what is masked does.
    """

    def __init__(
        self, config: CausalTransformerConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        assert spec.symbols is not None
        self._blank = spec.symbols
        net = build(config.net, spec, autoregressive(spec.symbols), self.weights(_WEIGHTS))
        self.trained: Trained[nn.Module] = Trained(
            net.to(self.device),
            config.optimizer,
            self.horizon,
            decay=config.ema,
            execution=self.execution,
        )

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"network": self.trained}

    def walk(self, batch: Rows) -> Walk:
        real = Batch.of(batch)
        yield "draw", {"real": real.x}
        law: list[Tensor] = []

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            some = real.take(part)
            logits = call(self.trained.net, some).float()
            law.append(logits.detach().softmax(dim=-1))
            return functional.cross_entropy(logits.flatten(0, -2), some.x.flatten()), {}

        metrics = self.trained.descend(loss, len(real))
        yield "fit", {"real": real.x, "law": law[0]}
        return metrics

    def retune(self, config: CausalTransformerConfig) -> None:
        self.trained.optimizer.config = config.optimizer

    def prior(
        self, n: int, generator: torch.Generator, given: Mapping[str, Tensor] | None = None
    ) -> Batch:
        u = torch.rand((n, *self.spec.shape), generator=generator)
        return Batch(u, *self.spec.conditions(n, generator, given)).to(self.device)

    def flow(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        for frame, _ in self.writing(latents, sampler=sampler, generator=generator):
            yield frame

    def writing(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[tuple[Frame, Tensor | None]]:
        """Yield the flow, each frame with p(x_i | x_1 ... x_(i-1)) at the place i that it wrote."""
        rows, net = Batch.of(latents), self.trained.averaged
        x = torch.full(rows.x.shape, self._blank, device=rows.device)
        places = x.shape[1]
        yield Frame(0.0, x, 0), None
        cache = net.cache(len(rows)) if isinstance(net, SymbolTransformer) else None
        for place in range(places):
            with torch.no_grad():
                if cache is not None and isinstance(net, SymbolTransformer):
                    before = x[:, place - 1] if place else None
                    said = net.next(before, cache, rows.given or None).float()
                else:
                    said = by_parts(lambda part: call(net, part), rows.holding(x))[:, place].float()
            x, law = x.clone(), said.new_zeros((*x.shape, self._blank))
            law[:, place] = said.softmax(dim=-1)
            x[:, place] = draw_symbols(law[:, place], rows.x[:, place])
            yield Frame((place + 1) / places, x, place + 1), law

    def log_prob(self, x: Rows) -> Tensor:
        """Return log p(x) in nats, exactly, by the averaged weights."""

        def each(rows: Batch) -> Tensor:
            logits = call(self.trained.averaged, rows).float()
            lost = functional.cross_entropy(logits.mT, rows.x, reduction="none")
            return -lost.sum(dim=1)

        with torch.no_grad():
            return by_parts(each, Batch.of(x))

    def log_prob_bound(self, x: Rows) -> Tensor:
        """Return log p(x): there is nothing between it and the bound."""
        return self.log_prob(x)
