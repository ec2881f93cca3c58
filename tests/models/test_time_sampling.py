"""Ways to draw the levels of a batch: one expectation, and variances in their order."""

import math
from typing import get_args

import pytest
import torch
from torch import Tensor

from pushforward.models.contracts.state import State
from pushforward.models.denoisers.densities import LogUniform
from pushforward.models.denoisers.times import Importance, SampledLevels, TimesName, draw_times
from pushforward.models.tensors import make_generator

LAW = LogUniform(0.01, 100.0)
BATCH, REPEATS = 64, 400


def loss(s: Tensor) -> Tensor:
    """A loss that rises and falls in ln s, and is large where the noise is: int in closed form."""
    return torch.exp(-0.5 * s.log().square() + 0.3 * s.log())


def exact() -> float:
    z = torch.linspace(math.log(0.01), math.log(100.0), 20_001, dtype=torch.float64)
    return float(torch.trapezoid(loss(z.exp()), z) / (z[-1] - z[0]))


def estimates(name: TimesName) -> Tensor:
    """Means over batches, (REPEATS,)."""
    g = make_generator(7)
    importance = Importance(torch.device("cpu"))
    found = []
    for i in range(REPEATS + 100):
        if name == "importance":
            drawn = importance.draw(LAW, BATCH, g)
            importance.learn(drawn, loss(drawn.level))
        else:
            drawn = draw_times(name, LAW, BATCH, g)
        value = loss(drawn.level)
        if i >= 100:
            found.append((value if drawn.odds is None else value * drawn.odds).mean())
    return torch.stack(found).double()


@pytest.mark.parametrize("name", get_args(TimesName))
def test_every_way_has_the_expectation_of_the_integral(name: TimesName):
    found = estimates(name)
    assert float(found.mean()) == pytest.approx(
        exact(), abs=4 * float(found.std()) / math.sqrt(REPEATS) + 1e-6
    )


def test_variances_are_in_their_order():
    spread = {name: float(estimates(name).std()) for name in get_args(TimesName)}
    # The comb sees a smooth loss almost exactly, and so does a comb in a learned density; pairs
    # help where the loss is odd about the middle, which this one is not quite.
    assert spread["low-discrepancy"] < 0.1 * spread["independent"]
    assert spread["importance"] < 0.3 * spread["independent"]
    assert spread["antithetic"] < 1.5 * spread["independent"]


def test_pairs_cancel_what_is_odd():
    g = make_generator(1)
    drawn = draw_times("antithetic", LAW, 10, g)
    assert float(drawn.level.log().mean()) == pytest.approx(0.0, abs=1e-5)
    assert len(draw_times("antithetic", LAW, 7, g).level) == 7


def noisy(drawn: SampledLevels, g: torch.Generator) -> Tensor:
    """A loss whose size varies by level more than along it: where importance is of use."""
    scale = torch.where(drawn.level > 30.0, 10.0, 0.1)
    return scale * torch.randn(len(drawn.level), generator=g).square()


def test_importance_beats_the_comb_where_the_noise_of_the_loss_is_uneven():
    g = make_generator(2)
    importance = Importance(torch.device("cpu"))
    for _ in range(200):
        drawn = importance.draw(LAW, 512, g)
        importance.learn(drawn, noisy(drawn, g))
    learned, even = [], []
    for _ in range(300):
        drawn = importance.draw(LAW, 512, g)
        assert drawn.odds is not None
        learned.append((noisy(drawn, g) * drawn.odds).mean())
        even.append(noisy(draw_times("low-discrepancy", LAW, 512, g), g).mean())
    a, b = torch.stack(learned), torch.stack(even)
    assert float(a.std()) < 0.6 * float(b.std())
    assert float(a.mean()) == pytest.approx(float(b.mean()), rel=0.05)
    # The best density: the root of the second moment, 100 to 1 here, less what stays even.
    odds = importance.odds()
    assert float(odds[-1] / odds[0]) > 30


def test_importance_is_even_until_it_knows():
    importance = Importance(torch.device("cpu"))
    assert torch.equal(importance.odds(), torch.ones(64))
    drawn = importance.draw(LAW, 64, make_generator(0))
    importance.learn(drawn, drawn.level)
    assert torch.equal(importance.odds(), torch.ones(64))


def test_importance_resumes():
    one, two = (Importance(torch.device("cpu")) for _ in range(2))
    g = make_generator(3)
    for _ in range(20):
        drawn = one.draw(LAW, 512, g)
        one.learn(drawn, loss(drawn.level))
    state = State({})
    one.pack(state, "field/importance")
    two.unpack(state, "field/importance")
    a, b = (each.draw(LAW, 512, make_generator(4)) for each in (one, two))
    assert torch.equal(a.level, b.level)
    assert not torch.equal(one.odds(), torch.ones(64))


def test_importance_is_not_drawn_without_learning():
    with pytest.raises(ValueError, match="see Importance"):
        draw_times("importance", LAW, 3, make_generator(0))
