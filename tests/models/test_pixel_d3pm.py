"""D3PM of pixels: levels are levels, and the bound is one of what the chain really draws."""

import itertools
import math
from dataclasses import replace
from functools import cache

import pytest
import torch

from pushforward.models.config import decode
from pushforward.models.contracts.batch import Batch as Rows
from pushforward.models.families.discrete.pixel_d3pm import PixelD3pm, PixelD3pmConfig
from pushforward.models.kinds.images import ImageSet
from pushforward.models.layouts.levels import Levels
from pushforward.models.metrics.base import Evidence
from pushforward.models.metrics.images.bits import BitsConfig
from pushforward.models.metrics.images.bits_bound import BitsBound
from pushforward.models.nets.pick import filled
from pushforward.models.paths.discrete import DISCRETE_PATHS
from pushforward.models.registry import discover, registry
from pushforward.models.tensors import make_generator

discover()
K, T = 3, 3
ALL = torch.tensor(list(itertools.product(range(K), repeat=2)))
"""All images of two pixels of three levels."""
LAW = torch.tensor([4.0, 0.0, 1.0, 0.0, 2.0, 0.0, 1.0, 0.0, 4.0]) / 12
"""Two pixels that go together, but for one in six."""
each_path = pytest.mark.parametrize("path", DISCRETE_PATHS)


def data(n: int = 600, seed: int = 0) -> ImageSet:
    rows = torch.multinomial(LAW, n, replacement=True, generator=make_generator(seed))
    return ImageSet((ALL[rows].float() / (K - 1)).reshape(n, 1, 1, 2))


@cache
def taught(path: str, steps: int = 60) -> PixelD3pm:
    found = data()
    size = {"slug": "unet", "config": {"width": 8}}
    quick = {"lr": 0.01, "warmup": 5, "schedule": "cosine"}
    given = {"path": path, "levels": K, "steps": T, "net": size, "ema": 0.8, "optimizer": quick}
    config = decode(PixelD3pmConfig, filled(registry.get("family", "pixel-d3pm"), given, "images"))
    model = PixelD3pm(config, found.spec(), horizon=steps, seed=0, device=torch.device("cpu"))
    for i in range(steps):
        rows = torch.randint(600, (32,), generator=make_generator(i, 9))
        model.step(found.spec().standardised(found.rows(rows)))
    return model


def chain(model: PixelD3pm) -> tuple[torch.Tensor, torch.Tensor]:
    """Return log p(x_0) of each image, (9,), and the variational bound of it, both in full: over
    all that two pixels can be at all times.
    """
    states = model.path.states
    every = torch.tensor(list(itertools.product(range(states), repeat=2)))
    shaped = every.reshape(-1, 1, 1, 2)

    def onward(t: int) -> torch.Tensor:
        """p(x_(t-1) | x_t), from each of all images to each."""
        times = torch.full((len(every),), t)
        clean = model._clean(Rows(shaped), times)
        each = model.path.backward(clean, shaped, times)[:, 0, 0].double()
        return each[:, 0, every[:, 0]] * each[:, 1, every[:, 1]]

    law = model.path.stationary.double()
    law = law[every[:, 0]] * law[every[:, 1]]
    for t in range(T, 0, -1):
        law = law @ onward(t)
    real = [int((every == row).all(dim=1).nonzero()) for row in ALL]

    bound = -model.path.prior_gap(ALL).double().sum(dim=1)
    for i, x0 in enumerate(ALL):
        for t in range(1, T + 1):
            came = model.path.bar[t].double()[x0[:, None], every.T].prod(dim=0)
            times = torch.full((len(every),), t)
            terms = model.path.bound(
                model._clean(Rows(shaped), times),
                x0.expand(len(every), 2).reshape(-1, 1, 1, 2), shaped, times,
            )  # fmt: skip
            bound[i] -= came @ terms.flatten(1).sum(dim=1).double()
    return law[real].log(), bound


@each_path
def test_the_bound_is_one_of_what_the_chain_draws(path):
    """By enumeration: it lies below log p(x_0), is what `log_prob_bound` estimates, and leaves
    nothing over: the densities that it bounds from below add up to no more than 1.
    """
    model = taught(path)
    exact, bound = chain(model)
    assert float(exact.exp().sum()) == pytest.approx(1.0, abs=1e-5)
    assert (bound <= exact + 1e-6).all()
    assert float((exact - bound).max()) > 1e-3, "a bound that is never short is none of two pixels"

    many = 400
    rows = (ALL.float() / (K - 1)).reshape(-1, 1, 1, 2).repeat_interleave(many, dim=0)
    x = data().spec().standardise(rows)
    found = model.log_prob_bound(x).reshape(-1, many)
    volume = 2 * math.log(0.5 / float(data().spec().std.flatten()[0]))
    spread = found.std(dim=1) / many**0.5
    assert ((found.mean(dim=1) + volume - bound).abs() <= 4 * spread + 1e-4).all()
    entropy = -float(torch.special.xlogy(LAW, LAW).sum())
    of_data = LAW.double() @ bound.where(LAW > 0, 0.0)
    assert -of_data >= entropy
    blind = chain(taught(path, steps=0))[1]
    assert LAW.double() @ blind.where(LAW > 0, 0.0) < of_data - 0.1, "the null knows nothing"


@each_path
def test_samples_are_as_likely_as_the_chain_says(path):
    model, n = taught(path), 4000
    exact = chain(model)[0].exp()
    # One step at a time, as the chain goes: all of the path.
    *_, last = model.flow(model.prior(n, make_generator(1)), generator=make_generator(2))
    seen = model.levels.write(last.x).flatten(1) @ torch.tensor([K, 1])
    share = torch.bincount(seen, minlength=K**2) / n
    spread = (exact * (1 - exact) / n).sqrt()
    assert ((share - exact).abs() <= 4.5 * spread + 1e-4).all()


def test_pixels_that_go_together_are_learned_together():
    """No model that takes each pixel for itself is below the entropies of both alone; one whose
    pixels are told back together in one of T draws is not below what that costs.
    """
    said = -float(LAW.double() @ chain(taught("absorbing"))[0].where(LAW > 0, 0.0))
    entropy = -float(torch.special.xlogy(LAW, LAW).sum())
    one = LAW.reshape(3, 3).sum(dim=1)
    alone = -2 * float(torch.special.xlogy(one, one).sum())
    assert entropy + (alone - entropy) / T - 1e-6 <= said < alone - 0.1


@pytest.mark.parametrize("count", [2, 8, 17, 256])
def test_levels_come_back_and_the_mask_is_none_of_them(count):
    spec = data().spec()
    spec = replace(spec, shape=(1, 1, 1), mean=spec.mean[..., :1], std=spec.std[..., :1])
    levels = Levels(count, (0.0, 1.0), spec)
    every = torch.arange(count + 1).reshape(-1, 1, 1, 1)
    x = levels.read(every)
    assert torch.equal(levels.write(x[:count]), every[:count])
    shown = spec.restore(x).flatten()
    torch.testing.assert_close(shown[:count], torch.linspace(0, 1, count))
    gap = (shown[:count] - shown[count]).abs().min() * (count - 1)
    assert float(gap) == pytest.approx(0.5, abs=1e-3)
    assert abs(float(shown[count]) - 0.5) <= 0.51 / (count - 1)
    signs = levels.signs(every, masked=True)
    assert signs[:count, ..., 1].sum() == 0
    assert signs[count].flatten().tolist() == [0.0, 1.0]


def test_a_density_over_cells_is_one_and_beyond_them_there_is_none():
    """Spread over its cells, the law of the levels adds up to 1 in the units of the data."""
    model = taught("uniform", steps=0)
    spec = data().spec()
    edges = torch.tensor([[-0.26, 0.0], [0.0, 1.26], [-0.24, 1.24]]).reshape(3, 1, 1, 2)
    assert model.log_prob_bound(spec.standardise(edges)).isinf().tolist() == [True, True, False]
    # In bits at K levels a pixel: those of the levels themselves, and no more.
    metric = BitsBound(BitsConfig(rows=300, levels=K))
    evidence = Evidence(data(300, 1), make_generator(0), model=model, train=data())
    figure = metric.measure(evidence)
    rows = data(300, 1).rows(slice(None))
    said = model.symbol_bound(model.written(spec.standardised(rows))).mean()
    assert figure.value == pytest.approx(-float(said) / (2 * math.log(2.0)), abs=1e-4)
    assert figure.value == pytest.approx(math.log2(K), abs=0.15), "an untaught one says: any level"
