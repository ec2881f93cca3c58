"""DiGress of graphs with types: nodes and pairs are masked one by one and predicted."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Unpack

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.batch import Batch, Rows, by_parts
from pushforward.models.contracts.family import Family, Frame
from pushforward.models.contracts.learner import Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.layouts.graphs import EDGES, TYPES, Packing
from pushforward.models.nets.calling import call
from pushforward.models.nets.pick import build
from pushforward.models.nets.role import DENOISER
from pushforward.models.nets.settings import DenoiserNet
from pushforward.models.paths.discrete import DiscretePath, draw_symbols, draw_times, times_at
from pushforward.models.registry import family
from pushforward.models.samplers.discrete.noise import Uniforms
from pushforward.models.tensors import make_generator, mean_of_places, upload
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import Averaging
from pushforward.models.training.trained import Trained

__all__ = ["MaskedTypes", "MaskedTypesConfig"]

_WEIGHTS, _BOUND = 0, 55  # streams of the seed (`models.tensors.make_generator`)
_NEVER = -1e9  # the logit of a type that no sample has
_TIMES = 8  # at which the bound of a graph is estimated, spread evenly over the path
_CLEAR = -0.75  # ln(s) / 4 of the noise at which a bit is as good as seen: s is .05


class MaskedTypesConfig(Config, frozen=True):
    """Settings of a discrete diffusion of graphs with types."""

    net: DenoiserNet = Pick()
    steps: Annotated[
        int,
        param(
            "Diffusion steps",
            "T, the number of diffusion steps. Positions revealed in one step are independent, "
            "so more steps than positions do not help.",
            low=1,
            high=1000,
            log=True,
        ),
    ] = 100
    optimizer: NetworkOptimizer = OptimizerConfig(
        kind="adamw", lr=2e-3, schedule="cosine", clip=1.0
    )
    ema: Averaging = 0.998


@family(
    "masked-types",
    config=MaskedTypesConfig,
    needs=("types",),
    capabilities=("bound", "complete", "revise"),
    group="discrete",
    units={"loss": "nats"},
)
class MaskedTypes(Family[MaskedTypesConfig]):
    """A network says p(g_0 | G_t) of each node and pair; the absorbing path of D3PM does the rest.

    The paths of nodes and of pairs are of their own alphabets, and in step. What is masked is 0 in
    a row, where types are -1 and 1; a pair that nothing joins is -1 in all types. Types that no
    datum has are in neither alphabet. DiGress resamples types instead of masking them.
    """

    def __init__(
        self, config: MaskedTypesConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        self.packing = Packing.of(spec.parts)
        spare = {part.name: part.spare for part in spec.parts}
        joined = sum(name.startswith(EDGES) and not more for name, more in spare.items())
        self.types = self.packing.node_types - spare[TYPES], joined + 1
        self._absent = self._absent_types()
        self.paths = [DiscretePath("absorbing", k, config.steps, self.device) for k in self.types]
        net = build(config.net, spec, DENOISER, self.weights(_WEIGHTS))
        self.trained: Trained[nn.Module] = Trained(
            net.to(self.device),
            config.optimizer,
            self.horizon,
            decay=config.ema,
            execution=self.execution,
        )

    def _absent_types(self) -> tuple[Tensor, Tensor]:
        """Return which types of nodes (K,) and of pairs (E + 1,) no sample has, bool."""
        (k, more), packing = self.types, self.packing
        absent = self.spec.absent
        if absent is None:
            absent = torch.zeros(packing.length, dtype=torch.bool)
        nodes = packing.of_nodes(absent)[0, packing.featured :][:k]
        pairs = absent[packing.start :].view(-1, packing.pairs)[: more - 1, 0]
        return nodes.to(self.device), functional.pad(pairs, (1, 0)).to(self.device)

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"network": self.trained}

    @classmethod
    def evaluations(cls, config: MaskedTypesConfig, sampler: Any = None) -> int | None:
        return config.steps

    def retune(self, config: MaskedTypesConfig) -> None:
        self.trained.optimizer.config = config.optimizer

    def symbols(self, rows: Batch) -> Tensor:
        """Return what stands at each node and each pair of rows, (n, N + pairs) int64: of a pair 0
        where nothing joins it; where a row is 0 it is masked. It is the likeliest of the types that
        data have.
        """
        packing, x, (k, more) = self.packing, rows.x, self.types
        nodes = x[:, : packing.start].reshape(len(x), packing.nodes, -1)
        pairs = x[:, packing.start :].reshape(len(x), -1, packing.pairs).transpose(1, 2)
        own, joined = nodes[..., :k].argmax(dim=2), pairs[..., : more - 1].argmax(dim=2) + 1
        own = torch.where((nodes == 0.0).all(dim=2), k, own)
        joined = torch.where(pairs[..., : more - 1].amax(dim=2) > 0.0, joined, 0)
        joined = torch.where((pairs == 0.0).all(dim=2), more, joined)
        return torch.cat([own, joined], dim=1)

    def row(self, rows: Batch, symbols: Tensor) -> Tensor:
        """Return rows (n, L) of symbols; see `symbols`."""
        own, joined = self._split(symbols)
        (k, more), packing = self.types, self.packing
        nodes = 2.0 * functional.one_hot(own, packing.node_types + 1)[..., :-1].float() - 1.0
        pairs = 2.0 * functional.one_hot(joined, packing.edge_types + 2)[..., 1:-1].float() - 1.0
        nodes = nodes * (own < k)[..., None]
        pairs = pairs * (joined < more)[..., None]
        return rows.zeroed(torch.cat([nodes.flatten(1), pairs.transpose(1, 2).flatten(1)], dim=1))

    def places(self, rows: Batch) -> Tensor:
        """Return which nodes and pairs there are, (n, N + pairs) bool."""
        mask = rows.mask
        if mask is None:
            mask = torch.ones(rows.x.shape, dtype=torch.bool, device=rows.device)
        start, pairs = self.packing.start, self.packing.pairs
        return torch.cat([self.packing.present(mask), mask[:, start : start + pairs]], dim=1)

    def _split(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """Return what is of nodes and what is of pairs."""
        return values[:, : self.packing.nodes], values[:, self.packing.nodes :]

    def walk(self, batch: Rows) -> Walk:
        real = Batch.of(batch)
        n, steps = len(real), self.config.steps
        t = draw_times(n, steps, self.noise, self.device)
        yield "draw", {"real": real.x}
        places = self.places(real)
        truth = self.symbols(real) * places
        uniform = torch.rand(truth.shape, generator=self.noise, device=self.device)
        x = self._corrupted(truth, t, uniform)
        scene = {"real": real.x, "particles": self.row(real, x), "step": t}
        yield "corrupt", scene

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            net, some = self.trained.net, real.take(part)
            missed = self._missed(net, some, truth[part], x[part], t[part]) * places[part]
            # T/t times what is masked is the bound: of a place on average.
            whole = missed * (steps / t[part].float())[:, None]
            return mean_of_places(whole, places.sum() / n), {}

        metrics = self.trained.descend(loss, n)
        yield "fit", scene
        return metrics

    def _corrupted(self, truth: Tensor, t: Tensor, uniform: Tensor) -> Tensor:
        sides = zip(self.paths, self._split(truth), self._split(uniform), strict=True)
        return torch.cat([path.corrupted(x, t, u) for path, x, u in sides], dim=1)

    def _logits(self, net: nn.Module, rows: Batch, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return what is said of nodes (n, N, K) and of pairs (n, pairs, E + 1), as logits."""
        clock = torch.full((len(x),), _CLEAR, device=x.device)
        said = call(net, rows.holding(self.row(rows, x)), clock).float()
        n, (k, more), packing = len(x), self.types, self.packing
        nodes = said[:, : packing.start].view(n, packing.nodes, -1)[..., :k]
        pairs = said[:, packing.start :].view(n, -1, packing.pairs)[:, : more - 1].transpose(1, 2)
        sides = zip((nodes, functional.pad(pairs, (1, 0))), self._absent, strict=True)
        nodes, pairs = (logits.masked_fill(absent, _NEVER) for logits, absent in sides)
        return nodes, pairs

    def _missed(self, net: nn.Module, rows: Batch, truth: Tensor, x: Tensor, t: Tensor) -> Tensor:
        """Return -log p(g_0 | G_t) of what is masked, (n, N + pairs), 0 elsewhere."""
        found = []
        sides = zip(self._logits(net, rows, x), self._split(truth), self._split(x), strict=True)
        for (logits, real, seen), count in zip(sides, self.types, strict=True):
            kept = logits.log_softmax(dim=-1).gather(-1, real[..., None])[..., 0]
            found.append(-kept * torch.eq(seen, count))
        return torch.cat(found, dim=1)

    def prior(
        self, n: int, generator: torch.Generator, given: Mapping[str, Tensor] | None = None
    ) -> Batch:
        """Return fully masked rows; only their numbers of nodes are sampled."""
        x = torch.zeros((n, self.packing.length))
        return Batch(x, *self.spec.conditions(n, generator, given)).to(self.device)

    @torch.no_grad()
    def flow(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        rows = Batch.of(latents)
        uniforms = Uniforms(generator, rows.device)
        yield from self._unmask(rows, self.symbols(rows), self.config.steps, uniforms)

    def completing(self, latents: Batch, values: Tensor, observed: Tensor) -> Batch:
        """Return latents that show what is known and hide the rest; see
        `models.contracts.abilities.Completes`. Masked places follow p(g_0 | what is seen), so the
        samples follow the conditional distribution.

        Raises:
            ValueError: only some types of a node or a pair are known, or its type occurs in no
                sample.
        """
        values, observed = values.to(latents.device), observed.to(latents.device)
        known = latents.holding(latents.zeroed(observed.float()))
        # Written anew, a node or a pair has all of its numbers where it had any.
        whole = self.row(known, self.symbols(known))
        if not torch.equal(whole != 0.0, known.x != 0.0):
            raise ValueError("the types of a node or a pair are known together, or not at all")
        return self._foreseen(latents.holding(latents.zeroed(torch.where(observed, values, 0.0))))

    def _foreseen(self, rows: Batch) -> Batch:
        """Return the rows after checking that all their types occur in the data.

        Raises:
            ValueError: a type does not.
        """
        packing, (k, more) = self.packing, self.types
        nodes = packing.of_nodes(rows.x)[..., k:]
        pairs = rows.x[:, packing.start + (more - 1) * packing.pairs :]
        if bool((nodes > 0.0).any()) or bool((pairs > 0.0).any()):
            raise ValueError(
                f"the data have {k} types of nodes and {more - 1} of edges, and what is known "
                "has another: give it one of these"
            )
        return rows

    @torch.no_grad()
    def revising(
        self, rows: Batch, share: float, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        """Yield frames from rows that are partly masked to others near them; see
        `models.contracts.abilities.Revises` (Meng et al. 2022, arXiv:2108.01073, of symbols).

        Raises:
            ValueError: something is of a type that no datum has.
        """
        rows = self._foreseen(rows.to(self.device))
        uniforms, truth = Uniforms(generator, rows.device), self.symbols(rows) * self.places(rows)
        t = max(1, round(share * self.config.steps))
        then = torch.full((len(rows),), t, device=rows.device)
        x = self._corrupted(truth, then, uniforms(truth))
        yield from self._unmask(rows, x, t, uniforms)

    def _unmask(self, rows: Batch, x: Tensor, since: int, uniforms: Uniforms) -> Iterator[Frame]:
        """Tell symbols (n, N + pairs) back from a time."""
        net, steps = self.trained.averaged, self.config.steps
        yield Frame(1.0 - since / steps, self.row(rows, x), 0)
        for t in range(since, 0, -1):
            said = self._clean(net, rows, x)
            sides = zip(self.paths, said, self._split(x), self._split(uniforms(x)), strict=True)
            x = torch.cat(
                [
                    draw_symbols(path.reverse(clean, seen, t, t - 1), u)
                    for path, clean, seen, u in sides
                ],
                dim=1,
            )
            yield Frame(1.0 - (t - 1) / steps, self.row(rows, x), since - t + 1)

    def _clean(self, net: nn.Module, rows: Batch, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return p(g_0 | G_t) of nodes (n, N, K) and pairs (n, pairs, E + 1)."""
        k, more = self.types

        def flat(part: Batch, seen: Tensor) -> Tensor:
            nodes, pairs = self._logits(net, part, seen)
            return torch.cat([nodes.flatten(1), pairs.flatten(1)], dim=1)

        said: Tensor = by_parts(flat, rows, x)
        middle = self.packing.nodes * k
        sides = ((said[:, :middle], k), (said[:, middle:], more))
        found = []
        for (logits, count), seen in zip(sides, self._split(x), strict=True):
            clean = logits.view(len(x), -1, count).softmax(dim=-1)
            # What is seen is known.
            known = functional.one_hot(seen, count + 1)[..., :count].to(clean)
            masked = torch.eq(seen, count)[..., None]
            found.append(torch.where(masked, clean, known))
        return found[0], found[1]

    @torch.no_grad()
    def log_prob_bound(self, x: Rows) -> Tensor:
        """Return the variational bound of log p of graphs whose nodes are numbered, in nats, (n,):
        its sum over times estimated at a few, spread evenly.
        """
        rows, steps = Batch.of(x), self.config.steps
        places = self.places(rows)
        truth = self.symbols(rows) * places
        generator, count = make_generator(0, _BOUND), min(_TIMES, steps)
        total = torch.zeros(len(rows), device=rows.device)
        for i in range(count):
            start = (i + torch.rand(len(rows), generator=generator)) / count
            t = upload(times_at(start, steps), self.device)
            uniform = upload(torch.rand(truth.shape, generator=generator), self.device)
            at = self._corrupted(truth, t, uniform)

            def missed(part: Batch, real: Tensor, seen: Tensor, then: Tensor) -> Tensor:
                return self._missed(self.trained.averaged, part, real, seen, then)

            terms = by_parts(missed, rows, truth, at, t) * places
            total = total + steps / count * terms.sum(dim=1) / t
        return -total
