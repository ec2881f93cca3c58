"""Speed of the networks for jets, as ratios in one run.

    python -m tests.benchmarks.jet_networks [--blocks 9] [--only training|padding|tokens]

1. training: a step of our transformer, context and all, against `torch.nn.TransformerEncoder` of
   equal width, depth and feed-forward, which is told nothing. At 30 constituents, nothing padded;
   both are given the mask. Line: ratio of jets/s at least 1.0.
2. padding: the same with clouds of at most 150 constituents, whose numbers are drawn as JetNet has
   them (mean and deviation of five types), against ours without groups of like size, and against
   PyTorch's encoder. Line: at least 1.3.
3. tokens: milliseconds a jet forward, transformer and cross-attention by 16 tokens, equal width and
   three layers or rounds. Lines (D7): the ratio at least 1.1 at 150, and there at least 1.3 times
   that at 30; and the cost of the tokens linear.

All sides run in this process in interleaved blocks on one thread, so that they share whatever else
the machine does; CPU time is counted, and the least of all blocks is compared.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from unittest import mock

import torch
from torch import Tensor, nn

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import SIZE, DataSpec, Given
from pushforward.models.nets.role import DENOISER
from pushforward.models.nets.sets import base
from pushforward.models.nets.sets.cross_attention import CrossAttentionConfig, cross_attention
from pushforward.models.nets.sets.sizes import Group
from pushforward.models.nets.sets.transformer import SetTransformerConfig, set_transformer
from pushforward.models.tensors import make_generator, real_places
from tests.benchmarks.smallest import parse

WIDTH, LAYERS, HEADS, FEATURES = 64, 4, 4, 3
# Constituents of JetNet's jets at most 150 of each: mean and deviation of g, q, t, w, z.
SIZES = ((66.6, 22.0), (38.3, 17.0), (63.0, 17.5), (38.6, 11.4), (40.2, 12.2))
Side = Callable[[], object]


class Plain(nn.Module):
    """PyTorch's encoder with a linear layer before and after."""

    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(
            WIDTH, HEADS, 2 * WIDTH, dropout=0.0, batch_first=True, norm_first=True
        )
        self.first, self.last = nn.Linear(FEATURES, WIDTH), nn.Linear(WIDTH, FEATURES)
        self.body = nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        h = self.body(self.first(x), src_key_padding_mask=~mask)
        out: Tensor = self.last(h)
        return out


@dataclass(frozen=True)
class Jets:
    """Made-up clouds with what jets are told."""

    spec: DataSpec
    rows: Batch

    @classmethod
    def of(cls, sizes: Tensor, places: int) -> "Jets":
        """Return clouds of these sizes."""
        n, generator = len(sizes), make_generator(0)
        masks = real_places(torch.arange(places + 1), places)
        numbers = ("pt", "eta", "mass")
        given = {"label": Given(classes=5), SIZE: Given(), **{name: Given() for name in numbers}}
        mean = torch.zeros(places, FEATURES)
        spec = DataSpec("jets", (places, FEATURES), mean, mean + 1, masks=masks, given=given)
        told = {name: torch.randn(n, generator=generator) for name in numbers}
        told["label"], told[SIZE] = torch.randint(5, (n,), generator=generator), sizes
        x = torch.randn((n, places, FEATURES), generator=generator)
        batch = Batch(x, masks[sizes], told)
        return cls(replace(spec, law=told), batch.holding(batch.zeroed(x)))

    @classmethod
    def real(cls, n: int, places: int = 150) -> "Jets":
        """Return clouds with numbers of constituents as five types have them."""
        generator = make_generator(1)
        kind = torch.randint(len(SIZES), (n,), generator=generator)
        mean, std = torch.tensor(SIZES)[kind].unbind(1)
        drawn = mean + std * torch.randn(n, generator=generator)
        return cls.of(drawn.round().long().clamp(1, places), places)

    def transformer(self, layers: int = LAYERS) -> nn.Module:
        """Return ours."""
        config = SetTransformerConfig(
            width=WIDTH, layers=layers, heads=HEADS, encoding="log-cosine"
        )
        return set_transformer(config, self.spec, DENOISER, make_generator(2))

    def tokens(self, layers: int) -> nn.Module:
        """Return ours by tokens."""
        config = CrossAttentionConfig(width=WIDTH, layers=layers, heads=HEADS)
        return cross_attention(config, self.spec, DENOISER, make_generator(2))


def training(net: nn.Module, call: Callable[[], Tensor], rows: Batch) -> Side:
    """Return a step of training: forward, a squared error, backward, AdamW."""
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-4, fused=True)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        (call() - rows.x).square().mean().backward()
        optimizer.step()

    return step


def ours(net: nn.Module, rows: Batch) -> Callable[[], Tensor]:
    """Return a call of one of our networks."""
    clock = torch.linspace(-1.5, 0.75, len(rows))
    return lambda: net(rows.x, clock, rows.given, rows.mask)


def whole(mask: Tensor) -> list[Group]:
    """All rows as one group, with all their padding."""
    return [Group(slice(None), mask.shape[1])]


def padded(side: Side) -> Side:
    """Return the same without groups."""

    def step() -> None:
        with mock.patch.object(base, "groups", whole):
            side()

    return step


def measure(sides: dict[str, Side], blocks: int) -> dict[str, float]:
    """Return the least CPU milliseconds of each side, in interleaved calls."""
    found = {name: float("inf") for name in sides}
    for block in range(blocks + 2):
        for name, side in sides.items():
            start = time.process_time()
            side()
            if block >= 2:  # the first calls pay for allocations and caches
                found[name] = min(found[name], 1e3 * (time.process_time() - start))
    return found


def report(title: str, n: int, found: dict[str, float]) -> None:
    """Print milliseconds a jet, jets a second, and how many times faster ours is."""
    base_time = found["ours"]
    print(title)
    for name, value in found.items():
        print(
            f"  {name:28}{value / n:8.3f} ms/jet{1e3 * n / value:9.0f} jets/s"
            f"{value / base_time:8.2f} x"
        )


def against_plain(blocks: int) -> None:
    """1: equal width and depth, nothing padded."""
    jets, plain = Jets.of(torch.full((128,), 30), 30), Plain()
    net, rows = jets.transformer(), jets.rows
    assert rows.mask is not None
    mask = rows.mask
    sides: dict[str, Any] = {
        "ours": training(net, ours(net, rows), rows),
        "torch.nn.TransformerEncoder": training(plain, lambda: plain(rows.x, mask), rows),
    }
    report("training, 128 jets of 30 constituents", 128, measure(sides, blocks))


def against_padding(blocks: int) -> None:
    """2: numbers of constituents as they are."""
    for n in (32, 128):
        jets, plain = Jets.real(n), Plain()
        net, rows = jets.transformer(), jets.rows
        assert rows.mask is not None
        mask, side = rows.mask, training(net, ours(net, rows), rows)
        sides: dict[str, Any] = {
            "ours": side,
            "ours without groups": padded(side),
            "torch.nn.TransformerEncoder": training(
                plain, lambda rows=rows, mask=mask, plain=plain: plain(rows.x, mask), rows
            ),
        }
        share = float(mask.float().mean())
        title = f"training, {n} jets of at most 150 constituents, {share:.0%} of the places real"
        report(title, n, measure(sides, blocks))


@torch.no_grad()
def by_tokens(blocks: int) -> None:
    """3: forward, by number of constituents."""
    print("forward, ms/jet: transformer, 16 tokens, ratio")
    ratios, costs = {}, {}
    for places in (30, 60, 150, 300, 600):
        n = max(8, 3000 // places)
        jets = Jets.of(torch.full((n,), places), places)
        sides: dict[str, Side] = {
            "transformer": ours(jets.transformer(3), jets.rows),
            "tokens": ours(jets.tokens(3), jets.rows),
        }
        found = measure(sides, blocks)
        ratios[places] = found["transformer"] / found["tokens"]
        costs[places] = found["tokens"] / n
        print(
            f"  N = {places:4}{found['transformer'] / n:8.3f}{costs[places]:8.3f}"
            f"{ratios[places]:8.2f}"
        )
    print(f"  ratio at 150 over ratio at 30: {ratios[150] / ratios[30]:.2f}")
    per_place = ", ".join(f"{1e3 * cost / places:.2f}" for places, cost in costs.items())
    print(f"  tokens, microseconds a constituent: {per_place}")


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Networks for jets.")
    parser.add_argument("--blocks", type=int, default=9, help="calls of each side")
    parser.add_argument("--only", choices=("training", "padding", "tokens"))
    settings = parse(parser, argv, blocks=1, only="training")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    print(f"width {WIDTH}, {HEADS} heads, one thread; least CPU time of {settings.blocks} calls")
    parts = {"training": against_plain, "padding": against_padding, "tokens": by_tokens}
    for name, part in parts.items():
        if settings.only in (None, name):
            part(settings.blocks)


if __name__ == "__main__":
    main()
