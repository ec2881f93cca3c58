"""Texts: laws of chains, models of symbols, and figures that are known otherwise."""

import itertools
import math
from dataclasses import replace

import pytest
import torch

from pushforward.models.config import decode
from pushforward.models.contracts.batch import Batch
from pushforward.models.data.markov_text import ALPHABET, MarkovTextConfig, markov_law, markov_text
from pushforward.models.families.discrete.analog_bits import AnalogBits, AnalogBitsConfig
from pushforward.models.families.discrete.causal_transformer import (
    CausalTransformer,
    CausalTransformerConfig,
)
from pushforward.models.families.discrete.d3pm import D3pm, D3pmConfig
from pushforward.models.kinds.texts import MarkovLaw, TextSet, texts
from pushforward.models.layouts.bits import BitCode
from pushforward.models.metrics.base import Evidence, NotApplicable
from pushforward.models.metrics.texts.bits import BitsPerCharacter, BitsPerCharacterConfig
from pushforward.models.metrics.texts.ngrams import NgramDistance, NgramDistanceConfig
from pushforward.models.nets.offered import kinds_of
from pushforward.models.nets.sequences import transformer
from pushforward.models.paths.discrete import DiscretePath
from pushforward.models.registry import discover, registry
from pushforward.models.tensors import make_generator

discover()
CPU = torch.device("cpu")
NET = {
    "net": {"slug": "", "config": {"width": 16, "layers": 1, "heads": 2}},
    "optimizer": {"kind": "adamw", "lr": 0.02},
    "ema": 0.9,
}
SMALL = MarkovLaw.of(torch.tensor([[0.1, 0.6, 0.3], [0.5, 0.0, 0.5], [0.8, 0.1, 0.1]]))
ALL = torch.tensor(list(itertools.product(range(3), repeat=4)))
"""All rows of four of three symbols."""


def small(n: int = 400, seed: int = 0) -> TextSet:
    return TextSet.of(SMALL.draw(n, 4, make_generator(seed)), "abc", SMALL)


def made(family, config, **settings):
    found = decode(config, {**NET, **settings})
    return family(found, small().spec(), horizon=60, seed=0, device=CPU)


def taught(model, steps: int = 60):
    data = small(2000)
    for i in range(steps):
        rows = torch.randint(2000, (32,), generator=make_generator(i, 9))
        model.step(data.spec().standardised(data.rows(rows)))
    return model


def test_a_chain_is_a_law_of_rows():
    assert float(SMALL.log_prob(ALL).exp().sum()) == pytest.approx(1.0)
    torch.testing.assert_close(SMALL.begin @ SMALL.onward, SMALL.begin)
    chance = SMALL.log_prob(ALL).exp()
    entropy = -float(torch.special.xlogy(chance, chance).sum())
    assert SMALL.entropy(4) == pytest.approx(entropy)


def test_drawn_rows_have_the_entropy_of_the_law():
    law = markov_law()
    rows = law.draw(3000, 32, make_generator(0))
    lengths = -law.log_prob(rows)
    spread = float(lengths.std()) / math.sqrt(3000)
    assert float(lengths.mean()) == pytest.approx(law.entropy(32), abs=4 * spread)
    assert law.entropy(32) / 32 / math.log(2) == pytest.approx(2.73, abs=0.01)


def test_invented_words_have_letters_and_blanks():
    data = markov_text(MarkovTextConfig(length=40), 50, 3)
    assert data.x.shape == (50, 40)
    written = ["".join(map(chr, row)) for row in data.x.tolist()]
    assert set("".join(written)) <= set(ALPHABET)
    assert sum("  " in text for text in written) == 0
    assert sum(" " in text for text in written) > 35
    assert torch.equal(markov_text(MarkovTextConfig(length=40), 50, 3).x, data.x)


def test_models_of_symbols_take_texts_and_no_histories():
    for slug in ("d3pm", "analog-bits", "causal-transformer"):
        assert kinds_of(registry.get("family", slug)) == ("texts",)
    for slug in ("gru4rec", "pop"):
        assert kinds_of(registry.get("family", slug)) == ("interactions",)


def test_absorbing_diffusion_is_autoregression_in_any_order():
    """The bound is the mean over orders of -sum log p(x_i | those written before), whatever the
    model says (Austin et al. 2021, section 4; Hoogeboom et al. 2022, arXiv:2110.02037, eq. 3).
    """
    places, steps, x = 3, 3000, torch.tensor([0, 2, 1])
    path = DiscretePath("absorbing", 3, steps)
    masks = list(itertools.product((False, True), repeat=places))
    logits = torch.randn((len(masks), places, 3), generator=make_generator(0))
    law = dict(zip(masks, logits.softmax(dim=-1), strict=True))  # any model at all

    in_any_order = 0.0
    for order in itertools.permutations(range(places)):
        for i, place in enumerate(order):
            masked = tuple(p not in order[:i] for p in range(places))
            in_any_order -= float(law[masked][place, x[place]].log()) / math.factorial(places)

    t = torch.arange(1, steps + 1)
    bound = torch.zeros(())
    for masked in masks:
        count = sum(masked)
        share = t / steps
        chance = share**count * (1 - share) ** (places - count)
        at = torch.where(torch.tensor(masked), path.mask, x).expand(steps, -1)
        clean = law[masked].expand(steps, -1, -1)
        terms = path.bound(clean, x.expand(steps, -1), at, t).sum(dim=1)
        bound = bound + (chance * terms).sum()
    assert float(bound) == pytest.approx(in_any_order, rel=2e-3)


def test_a_causal_transformer_is_a_law_of_rows():
    model = taught(made(CausalTransformer, CausalTransformerConfig), 20)
    chance = model.log_prob(ALL).double().exp()
    assert float(chance.sum()) == pytest.approx(1.0, abs=1e-5)
    assert torch.equal(model.log_prob_bound(ALL), model.log_prob(ALL))


def test_a_causal_transformer_draws_by_its_law():
    model = taught(made(CausalTransformer, CausalTransformerConfig), 20)
    n = 8000
    *_, last = model.flow(model.prior(n, make_generator(0)))
    code = (last.x * 3 ** torch.arange(4).flip(0)).sum(dim=1)
    found = torch.bincount(code, minlength=81) / n
    chance = model.log_prob(ALL).exp()
    assert float((found - chance).abs().sum()) / 2 < 0.06  # as far as n draws of the law are


def test_a_causal_transformer_writes_from_left_to_right():
    model = made(CausalTransformer, CausalTransformerConfig)
    frames = list(model.flow(model.prior(5, make_generator(0))))
    blank = 3
    for i, frame in enumerate(frames):
        assert (frame.x[:, :i] < blank).all()
        assert (frame.x[:, i:] == blank).all()
        assert torch.equal(frame.x[:, :i], frames[-1].x[:, :i])


@pytest.mark.parametrize(
    ("family", "config", "settings"),
    [
        (D3pm, D3pmConfig, {"path": "absorbing", "steps": 30}),
        (D3pm, D3pmConfig, {"path": "uniform", "steps": 30}),
        (D3pm, D3pmConfig, {"path": "gaussian", "steps": 30}),
        (AnalogBits, AnalogBitsConfig, {}),
        (CausalTransformer, CausalTransformerConfig, {}),
    ],
    ids=["absorbing", "uniform", "gaussian", "bits", "causal"],
)
def test_a_bound_is_never_below_the_entropy_and_comes_near(family, config, settings):
    """E -bound >= H for any model (Gibbs), and learning brings it down."""
    data, model = small(3000, 5), made(family, config, **settings)
    before = -model.log_prob_bound(data.places)
    after = -taught(model, 100).log_prob_bound(data.places)
    entropy = SMALL.entropy(4)
    for found in (before, after):
        assert float(found.mean()) >= entropy - 4 * float(found.std()) / math.sqrt(3000)
    assert float(after.mean()) < float(before.mean()) - 0.1
    assert float(after.mean()) < entropy + 0.8


def test_the_bound_of_analog_bits_is_the_entropy_where_the_model_is_right():
    """One place with a known law: E -bound = H (Kingma et al. 2021, eq. 17: no gap)."""
    chance = torch.tensor([0.5, 0.3, 0.2])
    data = TextSet.of(torch.zeros((1, 1), dtype=torch.int64), "abc")
    config = decode(AnalogBitsConfig, {**NET, "self_conditioning": 0.0})
    model = AnalogBits(config, data.spec(), horizon=1, seed=0, device=CPU)

    def exact(rows, s, guess):
        apart = (rows.x[..., None, :] - model.code.words).square().sum(dim=-1)
        return (chance.log() - apart / (2 * s[:, None, None].square())).softmax(dim=-1)

    model._law = exact
    rows = torch.multinomial(chance, 6000, True, generator=make_generator(0))[:, None]
    bits = -model.log_prob_bound(rows)
    entropy = -float((chance * chance.log()).sum())
    spread = float(bits.std()) / math.sqrt(6000)
    assert float(bits.mean()) == pytest.approx(entropy, abs=0.01 + 4 * spread)


def test_bits_are_read_as_they_were_written():
    code = BitCode(27)
    assert code.bits == 5
    x = torch.arange(27).reshape(3, 9)
    noise = 0.3 * torch.randn((3, 9, 5), generator=make_generator(0)).clamp(-2, 2)
    assert torch.equal(code.read(code.write(x) + noise), x)
    assert set(code.words.flatten().tolist()) == {-1.0, 1.0}
    one_hot = torch.nn.functional.one_hot(x, 27).float()
    assert torch.equal(code.mean(one_hot), code.write(x))
    assert BitCode(1).bits == 1


def test_samples_are_symbols_of_the_data():
    for family, config in (
        (D3pm, D3pmConfig),
        (AnalogBits, AnalogBitsConfig),
        (CausalTransformer, CausalTransformerConfig),
    ):
        model = made(family, config)
        *_, last = model.flow(model.prior(20, make_generator(1)), generator=make_generator(2))
        assert last.x.dtype == torch.int64
        assert int(last.x.min()) >= 0
        assert int(last.x.max()) < 3


def test_fixed_latents_have_one_life():
    model = made(D3pm, D3pmConfig)
    latents = model.prior(40, make_generator(0))
    *_, many = model.flow(latents, generator=make_generator(3))
    *_, few = model.flow(latents.take(slice(0, 7)), generator=make_generator(3))
    assert torch.equal(many.x[:7], few.x)


class _Coder:
    """A model that says log p(x) by a law."""

    device, spec = CPU, small().spec()

    def __init__(self, law):
        self._law = law

    def log_prob_bound(self, x):
        return self._law.log_prob(Batch.of(x).x)


def test_bits_of_the_right_model_are_those_of_the_law():
    data = small(500)
    metric = BitsPerCharacter(BitsPerCharacterConfig(rows=300))
    evidence = Evidence(data, make_generator(0), model=_Coder(SMALL), train=small(800, 1))
    found = metric.measure(evidence)
    bar = metric.bar(Evidence(data, make_generator(0), train=small(800, 1)))
    assert found.value == pytest.approx(bar.value)
    assert found.low < SMALL.entropy(4) / 4 / math.log(2) < found.high
    assert bar.parts["single characters"] > bar.parts["pairs"] >= 0.98 * bar.value
    assert found.n == 300


def test_bits_of_a_wrong_model_are_more_by_its_divergence():
    other = MarkovLaw.of(torch.ones(3, 3))
    metric = BitsPerCharacter(BitsPerCharacterConfig(rows=400))
    found = metric.measure(Evidence(small(400), make_generator(0), model=_Coder(other)))
    assert found.value == pytest.approx(math.log2(3))


def test_without_a_law_pairs_of_the_training_text_are_the_bar():
    data, train = replace(small(300), law=None), small(800, 1)
    metric = BitsPerCharacter(BitsPerCharacterConfig())
    bar = metric.bar(Evidence(data, make_generator(0), train=train))
    assert bar.value == bar.parts["pairs"]
    with pytest.raises(NotApplicable, match="learned from"):
        metric.bar(Evidence(data, make_generator(0)))


def test_ngrams_are_counted():
    real = TextSet.of(torch.tensor([[0, 1, 0, 1]]), "ab")
    runs = NgramDistance(NgramDistanceConfig(length=2))
    same = Evidence(real, make_generator(0), made=Batch(torch.tensor([[97, 98, 97, 98]])))
    assert runs.measure(same).value == 0.0
    # ab ab ba against aa aa aa: nothing in common.
    other = replace(same, made=Batch(torch.tensor([[97, 97, 97, 97]])))
    assert runs.measure(other).value == pytest.approx(1.0)
    single = NgramDistance(NgramDistanceConfig(length=1))
    assert single.measure(other).value == pytest.approx(0.5)
    with pytest.raises(NotApplicable, match="fewer than 5"):
        NgramDistance(NgramDistanceConfig(length=5)).measure(same)


def test_characters_are_numbers_of_unicode_and_symbols_for_models():
    data = TextSet(torch.tensor([[ord("a"), ord(" "), ord("é")]]), " aé")
    spec = data.spec()
    ids = spec.standardise(data.x)
    assert ids.tolist() == data.places.tolist() == [[1, 0, 2]]
    assert torch.equal(spec.restore(ids), data.x)
    assert spec.restore(torch.tensor([[3, 0, 3]])).tolist() == [[0, 32, 0]], "masked is nothing"


def test_the_example_of_the_kind_is_a_chain():
    data = texts(200, 0)
    follows = (data.x[:, 1:] - data.x[:, :-1]) % 5 == 1
    assert 0.7 < float(follows.float().mean()) < 0.95


def test_a_transformer_goes_on_from_its_cache_as_if_it_read_all_again() -> None:
    net = taught(made(CausalTransformer, CausalTransformerConfig)).trained.averaged
    x = ALL[:20]
    with torch.no_grad():
        whole, cache = net(x), net.cache(len(x))
        said = [net.next(None, cache), *(net.next(x[:, i], cache) for i in range(3))]
        torch.testing.assert_close(torch.stack(said, dim=1), whole)
        # Of some rows only.
        cache = net.cache(len(x))
        net.next(None, cache)
        cache.take(torch.tensor([1, 7]))
        torch.testing.assert_close(net.next(x[[1, 7], 0], cache), whole[[1, 7], 1])


def test_a_text_is_the_same_with_and_without_a_cache(monkeypatch) -> None:
    model = taught(made(CausalTransformer, CausalTransformerConfig))
    latents = model.prior(200, make_generator(3))
    frames = list(model.writing(latents))
    monkeypatch.setattr(transformer, "_CACHE_BYTES", 0)  # there is no room for one
    assert model.trained.averaged.cache(200) is None
    for (cached, law), (frame, other) in zip(frames, model.writing(latents), strict=True):
        assert torch.equal(cached.x, frame.x)
        assert cached.nfe == frame.nfe
        if law is not None:
            torch.testing.assert_close(law, other)
