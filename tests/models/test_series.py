"""Series: laws of processes, what is told of a row, and figures that are known otherwise."""

import math

import pytest
import torch

from pushforward.models.config import NoConfig, decode
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.family import Frame
from pushforward.models.contracts.observed import OBSERVED, VALUES, set_observed
from pushforward.models.data.ar2 import Ar2Config, ar2, ar2_law, autocovariances
from pushforward.models.data.notes import RATE, NotesConfig, notes, pitches
from pushforward.models.data.sine_mixtures import SineMixtureConfig, sine_law, sine_mixtures
from pushforward.models.families.series.csdi import Csdi, CsdiConfig, hidden_places
from pushforward.models.families.series.timegrad import TimeGrad, TimeGradConfig
from pushforward.models.kinds.series import SeriesSet, series
from pushforward.models.metrics.base import Evidence, NotApplicable
from pushforward.models.metrics.series.crps import Crps, CrpsConfig, bridged, crps, hidden_in
from pushforward.models.metrics.series.spectra import (
    AutocorrelationDistance,
    SpectrumDistance,
    autocorrelation,
    spectrum,
)
from pushforward.models.nets.offered import kinds_of
from pushforward.models.operators.base import Operation
from pushforward.models.operators.completing import completions
from pushforward.models.operators.impute import Impute, ImputeConfig
from pushforward.models.processes import ProcessMixture
from pushforward.models.registry import discover, registry
from pushforward.models.tensors import make_generator

discover()
CPU = torch.device("cpu")
NET = {"net": {"slug": "", "config": {"width": 8, "layers": 2}}}


def made(family, config, data=None, **settings):
    source = series(200, 0) if data is None else data
    found = decode(config, {**NET, **settings})
    return family(found, source.spec(), horizon=40, seed=0, device=CPU)


def finished(work):
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def test_a_process_of_second_order_has_the_covariances_of_yule_and_walker():
    """Against the process itself, made by its own recursion."""
    generator = make_generator(0)
    noise = torch.randn((4000, 200), generator=generator, dtype=torch.float64)
    x = torch.zeros_like(noise)
    for t in range(2, 200):
        x[:, t] = 1.6 * x[:, t - 1] - 0.85 * x[:, t - 2] + noise[:, t]
    late = x[:, 150:]
    found = torch.stack([(late[:, 0] * late[:, k]).mean() for k in range(6)])
    torch.testing.assert_close(found, autocovariances(6), rtol=0.06, atol=0.4)


def test_the_best_forecast_of_a_process_is_that_of_its_recursion():
    law, rows = ar2_law(10), ar2(Ar2Config(length=10), 3, 0).x[..., 0]
    seen = (torch.arange(10) < 9).expand(3, 10)
    draws = law.completed(rows, seen, 4000, make_generator(1))
    expected = 1.6 * rows[:, 8] - 0.85 * rows[:, 7]
    torch.testing.assert_close(draws[:, :, 9].mean(dim=0).float(), expected, rtol=0, atol=0.06)
    torch.testing.assert_close(draws[:, :, 9].std(dim=0), torch.ones(3).double(), rtol=0, atol=0.05)
    assert torch.equal(draws[:, :, :9].float(), rows[:, :9].expand(4000, 3, 9))


def test_what_is_observed_tells_which_process_it_was():
    narrow, wide = torch.eye(2).double(), 100.0 * torch.ones(2, 2).double() + torch.eye(2).double()
    law = ProcessMixture(torch.tensor([0.5, 0.5]).double(), torch.stack([narrow, wide]))
    seen = torch.tensor([[True, False]])
    far = law.completed(torch.tensor([[20.0, 0.0]]), seen, 500, make_generator(0))[:, 0, 1]
    assert float(far.mean()) == pytest.approx(20.0 * 100 / 101, abs=0.3)
    near = law.completed(torch.tensor([[0.1, 0.0]]), seen, 500, make_generator(0))[:, 0, 1]
    assert abs(float(near.mean())) < 0.2
    assert float(near.std()) == pytest.approx(1.0, abs=0.15)


def test_drawn_sines_have_the_covariance_of_their_law():
    law = sine_law(12, 2)
    x = sine_mixtures(SineMixtureConfig(length=12, channels=2), 20_000, 0).x.flatten(1).double()
    torch.testing.assert_close(x.T @ x / len(x), law.covariances.mean(dim=0), rtol=0, atol=0.06)


def test_notes_have_their_pitch():
    data = notes(NotesConfig(), 60, 0)
    peak = torch.fft.rfft(data.x[..., 0]).abs().argmax(dim=1) * RATE / 512
    assert data.labels is not None
    assert float((peak - pitches()[data.labels]).abs().max()) <= RATE / 512 / 2
    assert data.rate == RATE
    assert float(data.x.abs().max()) < 1.0


def test_families_that_complete_take_series_alone():
    for slug in ("csdi", "timegrad"):
        assert kinds_of(registry.get("family", slug)) == ("series",)


@pytest.mark.parametrize("hiding", ["mixed", "scattered", "gap", "future"])
def test_something_is_hidden_of_every_row(hiding):
    x = torch.zeros((400, 12, 2))
    hidden = hidden_places(x, hiding, 0.0, make_generator(0))
    assert hidden.shape == x.shape
    assert hidden.flatten(1).any(dim=1).all()
    if hiding == "future":
        assert (hidden[:, 1:] >= hidden[:, :-1]).all(), "what is hidden stays hidden"
        assert not hidden[:, 0].any()
        assert torch.equal(hidden[..., 0], hidden[..., 1])
    if hiding == "gap":
        edges = (hidden[:, 1:] != hidden[:, :-1]).sum(dim=1)
        assert int(edges.max()) <= 2
        assert int(hidden.sum(dim=1).max()) <= 7
    assert hidden_places(x, hiding, 1.0, make_generator(0)).all()


def test_what_is_observed_is_kept_and_never_learned():
    model, data = made(Csdi, CsdiConfig), series(200, 0)
    rows = data.spec().standardised(data.rows(slice(0, 20)))
    observed = torch.rand(rows.x.shape, generator=make_generator(0)) < 0.5
    latents = model.completing(model.prior(20, make_generator(1)), rows.x, observed)
    *_, last = model.flow(latents)
    torch.testing.assert_close(last.x[observed], rows.x[observed], rtol=0, atol=2e-3)
    assert not torch.allclose(last.x[~observed], rows.x[~observed])
    net = model.field.trained.net
    told = set_observed(rows.holding(rows.x + 1.0), rows.x, observed)
    level = torch.ones(20)
    _ = net.squared_error(told, level, rows.x, None)
    other = torch.where(observed, rows.x + 5.0, rows.x)
    assert torch.equal(net.errors(told, level, rows.x), net.errors(told, level, other)), (
        "an error where it was observed is none"
    )


def test_what_is_not_observed_may_be_nothing_at_all():
    rows = set_observed(
        Batch(torch.zeros(2, 3, 1)),
        torch.tensor([[1.0, math.nan, 2.0]]).T.expand(2, 3, 1),
        torch.tensor([[1, 0, 1]]).T.expand(2, 3, 1),
    )
    assert rows.given[VALUES].isfinite().all()
    assert rows.given[OBSERVED].sum() == 4


def test_a_recurrent_diffusion_goes_on_from_a_past_and_from_nothing_else():
    model, data = made(TimeGrad, TimeGradConfig), series(200, 0)
    rows = data.spec().standardised(data.rows(slice(0, 8)))
    past = (torch.arange(6) < 4)[None, :, None].expand(rows.x.shape)
    latents = model.prior(8, make_generator(1))
    *_, last = model.flow(model.completing(latents, rows.x, past))
    assert torch.equal(last.x[past], rows.x[past])
    assert last.nfe == 2 * (2 * model.config.steps - 1), "nothing is drawn that is known"
    with pytest.raises(ValueError, match="autoregressive"):
        model.completing(latents, rows.x, ~past)


def test_a_recurrent_diffusion_knows_nothing_of_the_future():
    model, data = made(TimeGrad, TimeGradConfig), series(200, 0)
    latents = model.prior(8, make_generator(1))
    other = latents.x.clone()
    other[:, 4:] += 1.0
    *_, one = model.flow(latents)
    *_, two = model.flow(latents.holding(other))
    assert torch.equal(one.x[:, :4], two.x[:, :4])
    assert not torch.equal(one.x[:, 4:], two.x[:, 4:])
    frames = list(model.flow(latents))
    assert all(torch.equal(f.x[:, :i], one.x[:, :i]) for i, f in enumerate(frames))
    assert len(data) == 200


def test_crps_of_a_normal_forecast_is_the_closed_form():
    """sigma [z (2 Phi(z) - 1) + 2 phi(z) - 1/sqrt(pi)] (Gneiting and Raftery 2007, eq. 20 f.)."""
    draws = 2.0 * torch.randn((4000, 3), generator=make_generator(0), dtype=torch.float64)
    truth = torch.tensor([0.0, 1.0, -5.0]).double()
    z = truth / 2.0
    normal = torch.distributions.Normal(0.0, 1.0)
    phi = normal.log_prob(z.float()).exp().double()
    expected = 2.0 * (z * (2.0 * normal.cdf(z.float()).double() - 1.0) + 2.0 * phi - math.pi**-0.5)
    torch.testing.assert_close(crps(draws, truth), expected, rtol=0, atol=0.06)
    pair = crps(torch.tensor([[1.0], [4.0]]), torch.tensor([2.0]))
    assert float(pair) == pytest.approx(1.5 - 1.5), "two draws: their mean error less half apart"


def test_lines_go_between_what_is_observed():
    x = torch.tensor([0.0, 9.0, 9.0, 6.0, 9.0])[None, :, None]
    hidden = torch.tensor([0, 1, 1, 0, 1]).bool()[None, :, None]
    assert bridged(x, hidden)[0, :, 0].tolist() == [0.0, 2.0, 4.0, 6.0, 6.0]
    first = torch.tensor([1, 1, 0, 0, 0]).bool()[None, :, None]
    assert bridged(x, first)[0, :, 0].tolist() == [9.0, 9.0, 9.0, 6.0, 9.0]
    assert not bridged(x, torch.ones_like(hidden)).any()


@pytest.mark.parametrize("task", ["gap", "future"])
def test_the_law_is_the_bar_and_beats_lines(task):
    data = ar2(Ar2Config(length=24), 120, 0)
    metric = Crps(CrpsConfig(task=task, rows=120, draws=20))
    bar = metric.bar(Evidence(data, make_generator(0)))
    assert bar.value < 0.75 * bar.parts["line"]
    without = SeriesSet(data.x)
    assert metric.bar(Evidence(without, make_generator(0))).value == pytest.approx(
        bar.parts["line"]
    )
    hidden = hidden_in(task, data.x, make_generator(0))
    assert (hidden.sum(dim=1) == 6).all()
    assert not hidden[:, 0].any()


def test_a_model_is_asked_for_what_is_hidden():
    data = series(60, 3)
    model = made(Csdi, CsdiConfig)
    found = Crps(CrpsConfig(rows=10, draws=4)).measure(
        Evidence(data, make_generator(0), model=model)
    )
    assert 0.1 < found.value < 3.0
    assert found.n == 10
    with pytest.raises(NotApplicable, match="reads series"):
        Crps(CrpsConfig()).bar(
            Evidence(registry.get("kind", "points").make(50, 0), make_generator(0))
        )


def test_completions_keep_what_is_observed_to_the_last_bit():
    data, model = series(60, 3), made(Csdi, CsdiConfig)
    rows = data.rows(slice(0, 5))
    observed = ~hidden_in("gap", rows.x, make_generator(0))
    draws = finished(completions(model, rows, observed, 3, 0))
    assert draws.shape == (3, 5, 6, 2)
    assert torch.equal(draws[:, observed], rows.x[observed].expand(3, -1))
    assert not torch.equal(draws[0], draws[1])
    assert torch.equal(draws, finished(completions(model, rows, observed, 3, 0)))


def test_spectra_add_up_to_the_power_and_find_a_tone():
    time = torch.arange(16)
    x = (2 * math.pi * 3 * time / 16).sin()[None, :, None] + 0.5
    power = spectrum(x)[:, 0]
    assert float(power.sum()) == pytest.approx(float(x.square().mean()))
    assert int(power[1:].argmax()) + 1 == 3
    other = torch.randn((5, 15, 2), generator=make_generator(0))
    torch.testing.assert_close(
        spectrum(other).sum(dim=0), other.double().square().mean(dim=(0, 1)), rtol=1e-6, atol=1e-9
    )


def test_autocorrelation_is_that_of_the_process():
    data = ar2(Ar2Config(length=64), 3000, 0)
    expected = autocovariances(8) / autocovariances(1)
    found = autocorrelation(data.x, torch.zeros(1).double(), autocovariances(1))[:8, 0]
    torch.testing.assert_close(found, expected, rtol=0, atol=0.03)


def test_distances_are_small_for_real_series_and_large_for_shuffled_ones():
    real, other = (ar2(Ar2Config(), 500, seed) for seed in (0, 1))
    order = torch.randperm(48, generator=make_generator(0))
    shuffled = Batch(other.x[:, order])
    for metric in (SpectrumDistance, AutocorrelationDistance):
        measured = metric(NoConfig())
        bar = measured.bar(Evidence(real, make_generator(0), other=other)).value
        off = measured.measure(Evidence(real, make_generator(0), made=shuffled)).value
        assert bar < 0.1
        assert off > 3 * bar
    quiet = SpectrumDistance(NoConfig())
    assert quiet.measure(
        Evidence(real, make_generator(0), made=Batch(0 * other.x))
    ).value == pytest.approx(1.0, abs=0.01)


def test_filling_in_says_how_often_the_truth_is_where_it_should_be():
    """By the law itself in the place of a model, which is right about itself."""
    data = ar2(Ar2Config(length=24), 200, 5)

    class Law(Csdi):
        def flow(self, latents, *, sampler=None, generator=None):
            x = self.spec.restore(latents.given[VALUES])
            seen = latents.given[OBSERVED].flatten(1) > 0
            drawn = ar2_law(24).completed(x.flatten(1), seen, 1, generator)[0]
            x = self.spec.standardise(drawn.float().reshape(latents.x.shape))
            yield Frame(1.0, x, 1)

    config = decode(CsdiConfig, NET)
    model = Law(config, data.spec(), horizon=10, seed=0, device=CPU)
    operation = Operation(model, some=lambda n, seed: data.take(slice(0, n)))
    found = finished(Impute(ImputeConfig(rows=120, draws=40)).work(operation))
    arrays = found.arrays
    levels, coverage = arrays["levels"], arrays["coverage"]
    assert float((levels - coverage).abs().max()) < 0.07, "720 hidden numbers, some of them alike"
    ours, best = (float(arrays[name].mean()) for name in ("crps", "crps-law"))
    assert ours == pytest.approx(best, rel=0.06)
    assert float(arrays["crps-line"].mean()) > 1.5 * ours
    hidden = arrays["hidden"].bool()
    assert arrays["quantiles"].shape == (7, 120, 24, 1)
    assert torch.equal(arrays["quantiles"][3][~hidden], arrays["truth"][~hidden])
    assert (arrays["quantiles"].diff(dim=0) >= 0).all()
    assert found.rows is not None
    assert torch.equal(found.rows.x[:40, :18], arrays["truth"][:1, :18].expand(40, -1, -1))
    assert found.note.endswith("of the truth is in the fan of 80 %.")
