"""Guidance: on a known law, where the led denoiser, and what it should be, are formulas."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from pushforward.models.config import ConfigError, Pick, decode
from pushforward.models.contracts.abilities import Denoise
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL
from pushforward.models.contracts.unconditional import drop_conditions
from pushforward.models.data.ring_of_five import RingOfFiveConfig, ring_of_five
from pushforward.models.families.classify.noisy import NoisyClassifier, NoisyClassifierConfig
from pushforward.models.families.edm import Edm, EdmConfig
from pushforward.models.families.exact_flow import ExactFlow, ExactFlowConfig
from pushforward.models.guidance.base import BlownUp, Guidance, Stacked, lead, why_not
from pushforward.models.guidance.classifier import ClassifierGuidance, ClassifierGuidanceConfig
from pushforward.models.guidance.classifier_free import ClassifierFree, ClassifierFreeConfig
from pushforward.models.guidance.pick import build
from pushforward.models.kinds.jets import jets
from pushforward.models.registry import discover, registry
from pushforward.models.samplers.base import Sampler
from pushforward.models.samplers.ddim import Ddim, DdimConfig
from pushforward.models.samplers.heun import Heun, HeunConfig
from pushforward.models.settle import settle
from pushforward.models.tensors import make_generator

discover()
CPU = torch.device("cpu")
DATA = replace(ring_of_five(RingOfFiveConfig(), 2000, 0), told=True)
SPEC = DATA.spec()
assert DATA.modes is not None
MODES = DATA.modes
FLOW = ExactFlow(ExactFlowConfig(), SPEC, horizon=1, seed=0, device=CPU)
ROWS = SPEC.standardised(DATA.rows(slice(0, 40)))
SAMPLERS = [e for e in registry.all("sampler") if e.needs == ("denoiser",)]


class Counted:
    """Makes denoisers, and counts how often any of them is called."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, like: Batch) -> Denoise:
        inner = FLOW.denoiser(like)

        def denoise(x: Tensor, s: Tensor) -> Tensor:
            self.calls += 1
            return inner(x, s)

        return denoise


def said(guidance: Guidance, s: float = 0.7, rows: Batch = ROWS) -> Tensor:
    return lead(guidance, FLOW.denoiser, rows)(rows.x, torch.tensor(s))


def free(**settings: float) -> ClassifierFree:
    return ClassifierFree(decode(ClassifierFreeConfig, settings))


def told(s: float = 0.7) -> Tensor:
    return FLOW.denoiser(ROWS)(ROWS.x, torch.tensor(s))


def plain(s: float = 0.7) -> Tensor:
    return FLOW.denoiser(drop_conditions(ROWS))(ROWS.x, torch.tensor(s))


def test_strength_one_is_the_condition_and_zero_is_none_bit_for_bit():
    assert torch.equal(said(free(strength=1.0)), told())
    assert torch.equal(said(free(strength=0.0)), plain())
    assert not torch.allclose(told(), plain())
    led = FLOW.flow(ROWS, sampler=Ddim(DdimConfig(steps=8)).guided_by(free(strength=1.0)))
    alone = FLOW.flow(ROWS, sampler=Ddim(DdimConfig(steps=8)))
    for one, other in zip(led, alone, strict=True):
        assert torch.equal(one.x, other.x)
        assert one.nfe == other.nfe


def test_it_extrapolates_from_nothing_to_the_condition():
    expected = plain() + 3.0 * (told() - plain())
    torch.testing.assert_close(said(free(strength=3.0)), expected)
    # In the form of Ho and Salimans, of eps, with w = strength - 1.
    s = 0.7
    eps = [(ROWS.x - x) / s for x in (told(), plain())]
    mixed = 3.0 * eps[0] - 2.0 * eps[1]
    torch.testing.assert_close(said(free(strength=3.0)), ROWS.x - s * mixed, rtol=1e-4, atol=1e-4)


def test_it_leads_only_between_its_noise_levels():
    inside = free(strength=3.0, low=0.5, high=2.0)
    assert torch.equal(said(inside, 0.2), told(0.2))
    assert torch.equal(said(inside, 3.0), told(3.0))
    assert torch.equal(said(inside, 0.7), said(free(strength=3.0)))
    assert [inside.evaluations(s) for s in (0.2, 0.7, 3.0)] == [1, 2, 1]


def test_rescaled_rows_have_the_size_of_what_was_told():
    strong = said(free(strength=5.0))
    whole = said(free(strength=5.0, rescale=1.0))
    torch.testing.assert_close(whole.norm(dim=1), told().norm(dim=1))
    torch.testing.assert_close(
        torch.nn.functional.normalize(whole), torch.nn.functional.normalize(strong)
    )
    half = said(free(strength=5.0, rescale=0.5))
    torch.testing.assert_close(half, 0.5 * (strong + whole))


@pytest.mark.parametrize("entry", SAMPLERS, ids=lambda entry: entry.slug)
def test_evaluations_are_those_of_networks(entry):
    few = {"steps": 4, "levels": 3, "walk": 2, "tolerance": 0.05}
    names = {name for name in few if name in entry.config.__struct_fields__}
    config = decode(entry.config, {name: few[name] for name in names})
    sampler: Sampler = entry.make(config).guided_by(free(strength=2.0, low=0.3, high=4.0))
    counted = Counted()
    denoise = lead(sampler.guidance, counted, ROWS)
    *_, last = sampler.frames(denoise, ROWS, 0.002, 20.0, make_generator(0))
    assert last.nfe == counted.calls
    assert sampler.evaluations(0.002, 20.0) in (None, last.nfe)
    assert entry.make(config).evaluations(0.002, 20.0) == entry.make(config).nfe()


def test_a_family_foretells_what_guided_samples_cost():
    pick = Pick(slug="classifier-free", config={"high": 1.0})
    sampler = Heun(HeunConfig(steps=6, guidance=pick))
    *_, last = FLOW.flow(ROWS, sampler=sampler)
    assert last.nfe == FLOW.evaluations(FLOW.config, sampler)
    assert 11 < last.nfe < 22


def test_led_samples_are_nearer_to_their_class():
    latents = FLOW.prior(400, make_generator(0), {LABEL: torch.tensor(1)})

    def spread(strength: float) -> float:
        sampler = Ddim(DdimConfig(steps=20)).guided_by(free(strength=strength))
        *_, last = FLOW.flow(latents, sampler=sampler)
        return float(last.x.std(dim=0).mean())

    assert spread(4.0) < 0.8 * spread(1.0) < 0.5 * spread(0.0)


def by_classifier(**settings: float | bool) -> Guidance:
    asked = ClassifierGuidance(decode(ClassifierGuidanceConfig, settings))
    return asked.asking({"classifier": FLOW})


@pytest.mark.parametrize("s", [0.1, 0.7, 5.0])
def test_by_bayes_the_classifier_leads_to_the_condition(s: float):
    """At strength 1, and from there on by the same difference as without a classifier."""
    torch.testing.assert_close(said(by_classifier(), s), told(s), rtol=1e-3, atol=1e-4)
    strong = said(by_classifier(strength=3.0), s)
    torch.testing.assert_close(strong, said(free(strength=3.0), s), rtol=1e-3, atol=1e-3)
    assert torch.equal(said(by_classifier(strength=0.0), s), plain(s))
    twice = told(s) + (told(s) - plain(s))
    torch.testing.assert_close(said(by_classifier(told=True), s), twice, rtol=1e-3, atol=1e-4)


def test_a_classifier_and_a_class_must_be_there():
    with pytest.raises(ValueError, match="a run of a classifier"):
        said(ClassifierGuidance())
    with pytest.raises(ValueError, match="no classes to guide toward"):
        lead(by_classifier(), FLOW.denoiser, Batch(ROWS.x))
    assert by_classifier().evaluations(1.0) == 3
    assert why_not(ClassifierGuidance(), FLOW.denoiser, SPEC)
    assert not why_not(by_classifier(), FLOW.denoiser, SPEC)


def test_a_classifier_learns_to_lead():
    """What it learned of noised rings leads nearly as Bayes does."""
    learner = NoisyClassifier(
        decode(
            NoisyClassifierConfig, {"net": {"width": 32, "depth": 2}, "optimizer": {"lr": 5e-3}}
        ),
        SPEC,
        horizon=300,
        seed=0,
        device=CPU,
    )
    data = SPEC.standardised(DATA.rows(slice(None)))
    order = make_generator(1)
    for _ in range(300):
        learner.step(data.take(torch.randint(len(data), (256,), generator=order)))
    right = learner.classify(data).argmax(dim=1) == data.given[LABEL]
    assert float(right.float().mean()) > 0.97
    guidance = ClassifierGuidance().asking({"classifier": learner})
    sampler = Ddim(DdimConfig(steps=20)).guided_by(guidance)
    latents = FLOW.prior(300, make_generator(0), {LABEL: torch.tensor(3)})
    *_, last = FLOW.flow(latents, sampler=sampler)
    assert last.nfe == 60
    near = torch.cdist(SPEC.restore(last.x), MODES).argmin(dim=1)
    assert float((near == 3).float().mean()) > 0.9


class Steep(Guidance):
    """Goes much too far."""

    def guide(self, denoise_of: Callable[[Batch], Denoise], rows: Batch) -> Denoise:
        return lambda x, s: 1e6 * denoise_of(rows)(x, s)


class Nowhere(Guidance):
    """Says nothing that is a number."""

    def guide(self, denoise_of: Callable[[Batch], Denoise], rows: Batch) -> Denoise:
        return lambda x, s: torch.full_like(x, torch.nan)


@pytest.mark.parametrize("guidance", [Steep(), Nowhere()])
def test_what_blows_up_is_said_in_a_sentence(guidance):
    with pytest.raises(BlownUp, match="too strong"):
        list(FLOW.flow(ROWS, sampler=Ddim().guided_by(guidance)))


def test_without_a_condition_there_is_nothing_to_lead_to():
    with pytest.raises(ValueError, match="nothing to guide toward"):
        lead(free(), FLOW.denoiser, Batch(ROWS.x))


def test_a_sampler_without_its_guidance_is_the_plain_one():
    led = Ddim(DdimConfig(steps=4, guidance=Pick(slug="classifier-free")))
    for each in (led, Ddim(DdimConfig(steps=4)).guided_by(free())):
        plain = each.unguided()
        assert each.guidance is not None
        assert plain.guidance is None
        assert plain.evaluations(0.002, 20.0) == 4
        assert each.evaluations(0.002, 20.0) == 8


def test_guidance_stacks():
    both = Stacked(free(strength=2.0), Steep())
    doubled = both.guide(FLOW.denoiser, ROWS)(ROWS.x, torch.tensor(0.7))
    torch.testing.assert_close(doubled, 1e6 * said(free(strength=2.0)))
    assert both.evaluations(0.7) == 2


def test_a_pick_is_read_and_refused_like_any_setting():
    assert build(Pick(), "condition") is None
    whole = settle(
        DdimConfig, {"guidance": {"slug": "classifier-free", "config": {"strength": 3.0}}}, ""
    )
    assert whole.guidance.config["rescale"] == 0.0
    for pick, path in (
        (Pick(slug="nothing"), "guidance.slug"),
        (Pick(slug="classifier-free", config={"strength": -1.0}), "guidance.config.strength"),
    ):
        with pytest.raises(ConfigError) as refused:
            settle(DdimConfig, {"guidance": pick}, "")
        assert refused.value.path == path


def test_jets_are_led_to_their_type_by_a_model_that_is_at_times_told_nothing():
    """One network of clouds: with an outcome told and without, and padding as it was."""
    data = jets(60, 0)
    spec = data.spec()
    rows = spec.standardised(data.rows(slice(0, 12)))
    net = Pick(slug="set-transformer", config={"width": 16, "layers": 1})
    config = EdmConfig(net=net, label_dropout=0.3)
    made = Edm(config, spec, horizon=20, seed=0, device=CPU)
    for _ in range(12):
        made.step(rows)
    s = torch.tensor(0.8)
    towards, nothing = (made.denoiser(each)(rows.x, s) for each in (rows, drop_conditions(rows)))
    assert (towards - nothing).abs().max() > 1e-4
    led = lead(free(strength=3.0), made.denoiser, rows)(rows.x, s)
    torch.testing.assert_close(led, nothing + 3.0 * (towards - nothing), rtol=1e-4, atol=1e-5)
    assert torch.equal(led, rows.zeroed(led))
    taught = Edm(EdmConfig(net=net), spec, horizon=20, seed=0, device=CPU)
    with pytest.raises(ValueError, match="label dropout"):
        lead(free(strength=3.0), taught.denoiser, rows)(rows.x, s)
