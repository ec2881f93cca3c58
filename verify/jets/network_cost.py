"""D7: what a look at a jet costs, by attention between all constituents and by way of tokens."""

import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets.role import DENOISER
from pushforward.models.nets.sets.cross_attention import CrossAttentionConfig, cross_attention
from pushforward.models.nets.sets.transformer import SetTransformerConfig, set_transformer
from pushforward.models.tensors import make_generator
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.points.diffusion_orders import listed

__all__ = ["tokens_are_linear"]

_JETS, _REPEATS, _ROUNDS = 100, 9, 3
_FEW, _MANY = 30, 150
_LINE, _GROWS = 1.1, 1.3
Make = Callable[[DataSpec], nn.Module]


def _transformer(spec: DataSpec) -> nn.Module:
    return set_transformer(SetTransformerConfig(layers=_ROUNDS), spec, DENOISER, make_generator(0))


def _tokens(spec: DataSpec) -> nn.Module:
    return cross_attention(CrossAttentionConfig(layers=_ROUNDS), spec, DENOISER, make_generator(0))


def _spec(places: int) -> DataSpec:
    mean = torch.zeros(places, 3)
    return DataSpec("jets", (places, 3), mean, mean + 1)


def _times(makes: list[Make], places: int) -> list[float]:
    """Return the least CPU seconds of a look at `_JETS` jets, of each network, in turns."""
    spec = _spec(places)
    x = torch.randn(_JETS, *spec.shape, generator=make_generator(1))
    clock = torch.linspace(-1.5, 0.75, _JETS)
    nets = [make(spec).eval() for make in makes]
    least = [float("inf")] * len(nets)
    for repeat in range(_REPEATS + 1):
        for place, net in enumerate(nets):
            spent = _spent(net, x, clock)
            if repeat:  # the first look warms up
                least[place] = min(least[place], spent)
    return least


def _spent(net: nn.Module, x: Tensor, clock: Tensor) -> float:
    begun = time.process_time()
    with torch.no_grad():
        net(x, clock)
    return time.process_time() - begun


def _compared(one: Make, other: Make) -> Outcome:
    found = {places: _times([one, other], places) for places in (_FEW, _MANY)}
    ratio = {places: full / tokens for places, (full, tokens) in found.items()}
    value = {f"ratio at {places}": each for places, each in ratio.items()}
    value |= {
        f"ms a jet at {places}, {name}": 1e3 * seconds / _JETS
        for places, each in found.items()
        for name, seconds in zip(("all", "tokens"), each, strict=True)
    }
    passed = ratio[_MANY] >= _LINE and ratio[_MANY] >= _GROWS * ratio[_FEW]
    return Outcome(listed(value), value, passed, "1 where both cost the same", [0])


@experiment(
    "D7",
    title="Tokens pay off for large clouds",
    claim="At equal width and rounds attention between all constituents costs more than attention "
    "by way of 16 tokens at 150 constituents, and the more the larger a cloud is; at 30 it is the "
    "cheaper one.",
    pass_line="CPU time of a look, transformer over tokens, least of 9: at 150 constituents >= 1.1 "
    "and >= 1.3 times that at 30",
    group="J",
    source="Leigh et al. 2023, arXiv:2307.06836 (its faster architecture)",
    nulls=[Null("tokens against tokens", lambda: _compared(_tokens, _tokens))],
)
def tokens_are_linear() -> Outcome:
    """Time both networks in turns."""
    return _compared(_transformer, _tokens)
