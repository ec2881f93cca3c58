"""D6: what a network says of a jet is the same in whichever order its constituents come."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor, nn

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.kinds.jets import jets
from pushforward.models.nets.role import DENOISER
from pushforward.models.nets.sets.cross_attention import CrossAttentionConfig, cross_attention
from pushforward.models.nets.sets.transformer import SetTransformerConfig, set_transformer
from pushforward.models.tensors import make_generator
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.points.diffusion_orders import listed

__all__ = ["order_does_not_matter"]

_JETS, _SEED = 64, 0
_SINGLE, _DOUBLE = 1e-5, 1e-10
_JUNK = 1e3  # what is put into the padding
Say = Callable[[nn.Module, Batch], Tensor]


def _networks(spec: DataSpec) -> Mapping[str, nn.Module]:
    """Return both architectures, with weights in all layers: some begin at zero."""
    found = {
        "all": set_transformer(SetTransformerConfig(), spec, DENOISER, make_generator(1)),
        "tokens": cross_attention(CrossAttentionConfig(), spec, DENOISER, make_generator(1)),
    }
    with torch.no_grad():
        for net in found.values():
            rng = make_generator(2)
            for each in net.eval().parameters():
                each.add_(0.1 * torch.randn(each.shape, generator=rng))
    return found


def _predict(net: nn.Module, batch: Batch) -> Tensor:
    clock = torch.linspace(-1.5, 0.75, len(batch)).to(batch.x)
    with torch.no_grad():
        found: Tensor = net(batch.x, clock, batch.given, batch.mask)
    return found


def _with_places(net: nn.Module, batch: Batch) -> Tensor:
    """Predict as a network that depends on the place of a constituent."""
    places = torch.linspace(-1, 1, batch.x.shape[1]).to(batch.x)
    return _predict(net, replace(batch, x=batch.x + places[:, None]))


def _without_mask(net: nn.Module, batch: Batch) -> Tensor:
    return _predict(net, replace(batch, mask=None))


def _differences(say: Say, net: nn.Module, batch: Batch) -> tuple[float, float]:
    """Return the largest difference that another order makes, and junk in the padding."""
    assert batch.mask is not None
    order = torch.randperm(batch.x.shape[1], generator=make_generator(3))
    there = batch.mask[..., None]
    turned = replace(batch, x=batch.x[:, order], mask=batch.mask[:, order])
    filled = batch.holding(batch.x.masked_fill(~there, _JUNK))
    here = say(net, batch)
    moved = (here[:, order] - say(net, turned)).masked_fill(~there[:, order], 0.0)
    junk = (here - say(net, filled)).masked_fill(~there, 0.0)
    return float(moved.abs().max()), float(junk.abs().max())


def _double(batch: Batch) -> Batch:
    return batch.each(lambda values: values.double() if values.is_floating_point() else values)


def _outcome(say: Say) -> Outcome:
    data = jets(_JETS, _SEED)
    batch = data.spec().standardised(data.rows(slice(None)))
    value: dict[str, float] = {}
    for name, net in _networks(data.spec()).items():
        value[f"{name}, order"], value[f"{name}, padding"] = _differences(say, net, batch)
        value[f"{name}, order in double"], _ = _differences(say, net.double(), _double(batch))
    passed = all(each < (_DOUBLE if "double" in name else _SINGLE) for name, each in value.items())
    return Outcome(listed(value), value, passed, "0 where nothing is rounded", [_SEED])


@experiment(
    "D6",
    title="The order of constituents says nothing",
    claim="The outputs of both architectures for each constituent of a jet do not depend on the "
    "order of the constituents or on the padding.",
    pass_line=f"largest difference of {_JETS} jets < 1e-5 in single precision, < 1e-10 in double",
    group="J",
    source="Leigh et al. 2023, arXiv:2307.06836, section 3 (permutation equivariance)",
    nulls=[
        Null("a network that hears places", partial(_outcome, _with_places)),
        Null("a network without the mask", partial(_outcome, _without_mask)),
    ],
)
def order_does_not_matter() -> Outcome:
    """Turn the order, fill the padding."""
    return _outcome(_predict)
