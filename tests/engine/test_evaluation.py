"""What is gathered for metrics, figures beside their floors, and what is written of them."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from msgspec import structs

from pushforward.models.config import NoConfig
from pushforward.models.contracts.abilities import ABILITIES
from pushforward.models.contracts.family import Frame
from pushforward.models.contracts.learner import Learner
from pushforward.models.metrics.base import Evidence, Figure, Metric, NotApplicable
from pushforward.models.registry import registry
from pushforward.studio.engine.data import reference_classifier
from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.jobs.evaluation_job import EvaluationJob
from pushforward.studio.engine.kinds.compatibility import kinds_measured
from pushforward.studio.engine.process.catalogue import build
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.run.resolve import Choice, check
from pushforward.studio.engine.run.session_opening import open_session
from pushforward.studio.engine.watch.evaluation import FLOOR_PAIRS, Evaluator
from pushforward.studio.protocol.messages import Evaluate, Progress
from pushforward.studio.protocol.spec import Pick, RunSpec
from tests.engine.fakes import MemorySink, new_run

discover()
SMALL = {"net": {"slug": "mlp", "config": {"width": 8, "depth": 1}}}


def finished(work):
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def spec(metrics, dataset="eight-gaussians", family="edm", **training) -> RunSpec:
    return RunSpec(
        name="measured",
        family=Pick(slug=family, config=SMALL if family == "edm" else {}),
        dataset=Pick(slug=dataset),
        metrics=[Pick(slug=slug) for slug in metrics],
        training={"steps": 4, "batch": 16, "device": "cpu", "threads": 1, **training},
    )


def evaluator(metrics, n=400, *, family="edm", **more):
    resolved = check(spec(metrics, family=family, **more))
    data = resolved.load_data(None)
    model = resolved.build(data.rows.spec(), torch.device("cpu"))
    return Evaluator(resolved.metrics, data, n, seed=0), model


def makes(monkeypatch, family, x):
    """Let a family make these points, in data units, whatever it was asked for."""

    def flow(latents, *, sampler=None, generator=None):
        yield Frame(1.0, family.spec.standardise(x[: len(latents)]), 0)

    monkeypatch.setattr(family, "flow", flow)


def drawn(evaluator, n, seed=77):
    return evaluator.data.draw(n, seed).rows(slice(None)).x


class Mute(Learner[NoConfig]):
    """Learns, and makes nothing."""

    @property
    def parts(self):
        return {}

    def walk(self, batch):
        yield from ()
        return {}


class TestFigures:
    def test_a_bad_model_is_above_the_floor_and_floors_are_computed_once(self, monkeypatch):
        measuring, family = evaluator(["sliced-w2", "energy-distance"])
        makes(monkeypatch, family, drawn(measuring, 400) * 0.1)
        first = finished(measuring.evaluate(family))
        assert first.n == 400
        for slug, value in first.values.items():
            assert value > 5 * first.floors[slug] > 0.0
            assert first.figures[slug].n == 400
        calls = []
        measure = measuring._measure
        monkeypatch.setattr(
            measuring,
            "_measure",
            lambda choice, *a, bar: (
                calls.append((choice.entry.slug, bar)) or measure(choice, *a, bar=bar)
            ),
        )
        assert finished(measuring.evaluate(family)) == first
        assert calls == [("sliced-w2", False), ("energy-distance", False)]

    def test_perfect_samples_are_at_the_floor(self, monkeypatch):
        measuring, family = evaluator(["sliced-w2"], n=2000)
        makes(monkeypatch, family, drawn(measuring, 2000))
        quality = finished(measuring.evaluate(family))
        floor, spread = (quality.floors[key] for key in ("sliced-w2", "spread/sliced-w2"))
        assert floor - 3 * spread < quality.values["sliced-w2"] < floor + 3 * spread

    def test_a_floor_is_the_mean_over_several_pairs_with_its_spread(self):
        measuring, family = evaluator(["sliced-w2"])
        finished(measuring.prepare(family))
        metric = measuring.choices[0].make()
        values = []
        for seed in range(FLOOR_PAIRS):
            other, real = measuring.data.pair(400, seed)
            values.append(metric.bar(Evidence(real, torch.Generator(), other=other)).value)
        assert measuring.floors == {
            "sliced-w2": pytest.approx(sum(values) / FLOOR_PAIRS),
            "spread/sliced-w2": pytest.approx(torch.tensor(values).std().item(), rel=1e-4),
        }
        assert 0.1 < measuring.floors["spread/sliced-w2"] / measuring.floors["sliced-w2"] < 1.0

    def test_a_floor_of_one_pair_in_an_old_run_is_measured_anew(self):
        measuring, family = evaluator(["sliced-w2"])
        measuring.floors["sliced-w2"] = 123.0
        finished(measuring.prepare(family))
        assert measuring.floors["sliced-w2"] < 1.0
        known = {"sliced-w2": 2.0, "spread/sliced-w2": 1.0}
        measuring, family = evaluator(["sliced-w2"])
        measuring.floors.update(known)
        finished(measuring.prepare(family))
        assert measuring.floors == known

    def test_a_population_is_measured_with_all_that_it_is(self):
        measuring, family = evaluator(["sliced-w2"], n=10_000, family="mmd-flow")
        assert family.population < 10_000
        assert finished(measuring.evaluate(family)).n == family.population

    def test_it_is_said_once_that_training_data_stand_in_for_unseen_ones(self):
        measuring, family = evaluator(["sliced-w2"])
        measuring.data = replace(measuring.data, own=True)
        first, second = (finished(measuring.evaluate(family)).notes for _ in range(2))
        assert first == ["Too few points are held out: metrics compare with training points."]
        assert second == []

    def test_better_knows_the_direction(self):
        measuring, _ = evaluator(["sliced-w2", "mode-balance"])
        assert measuring.better("sliced-w2", 1.0, None)
        assert measuring.better("sliced-w2", 1.0, 2.0)
        assert not measuring.better("sliced-w2", 2.0, 1.0)
        assert measuring.better("mode-balance", 2.0, 1.0)
        for nothing in (math.nan, math.inf):
            assert not measuring.better("sliced-w2", nothing, None)
            assert not measuring.better("sliced-w2", nothing, 1.0)


class TestNoFigure:
    @pytest.mark.parametrize("bad", [math.nan, math.inf])
    def test_one_bad_sample_leaves_no_figure_of_samples_and_is_told(self, monkeypatch, bad):
        metrics = ["exact-w2", "sliced-w2", "energy-distance", "mmd", "mode-balance", "recall"]
        measuring, family = evaluator(metrics, n=300)
        x = drawn(measuring, 300)
        makes(monkeypatch, family, x)
        good = finished(measuring.evaluate(family))
        assert all(math.isfinite(value) for value in good.values.values())
        assert (good.broken, good.notes) == (0, [])
        x[17, 1] = bad
        for _ in range(2):  # said each time
            quality = finished(measuring.evaluate(family))
            assert list(quality.values) == metrics
            assert all(math.isnan(value) for value in quality.values.values())
            assert quality.broken == 1
            assert len(quality.notes) == 1
            assert "1 of 300 samples are not finite" in quality.notes[0]
            assert set(quality.errors) == set(metrics)
            assert "first: 17" in quality.errors["mmd"]

    def test_a_figure_that_needs_no_samples_does_not_care_for_broken_ones(self, monkeypatch):
        measuring, family = evaluator(["sliced-w2", "log-likelihood"], n=100)
        makes(monkeypatch, family, torch.full((100, 2), math.nan))
        monkeypatch.setattr(family, "log_prob", lambda x: torch.zeros(len(x)))
        values = finished(measuring.evaluate(family)).values
        assert math.isnan(values["sliced-w2"])
        assert math.isfinite(values["log-likelihood"])

    def test_a_metric_that_cannot_be_computed_leaves_no_figure_and_is_told(self, monkeypatch):
        measuring, family = evaluator(["sliced-w2", "energy-distance"])
        makes(monkeypatch, family, drawn(measuring, 400))
        finished(measuring.prepare(family))

        def fail(*args):
            raise ArithmeticError("it did not converge")

        monkeypatch.setattr("pushforward.models.metrics.samples.sliced.sliced_wasserstein", fail)
        quality = finished(measuring.evaluate(family))
        assert math.isnan(quality.values["sliced-w2"])
        assert quality.values["energy-distance"] > 0.0
        assert quality.notes == ["Sliced W2 could not be measured: it did not converge."]

    def test_a_bar_that_cannot_be_measured_is_told_once_and_is_no_floor(self, monkeypatch):
        measuring, family = evaluator(["log-likelihood"], dataset="two-moons", n=200)

        def fail(*args):
            raise ArithmeticError("the training data do not vary in some direction")

        monkeypatch.setattr("pushforward.models.metrics.likelihood.gaussian_log_prob", fail)
        monkeypatch.setattr(family, "log_prob", lambda x: torch.zeros(len(x)))
        quality = finished(measuring.evaluate(family))
        assert math.isfinite(quality.values["log-likelihood"])
        assert quality.floors == {}
        assert quality.notes == [
            "The reference of Log-likelihood could not be measured: the training data do not "
            "vary in some direction."
        ]

    def test_what_does_not_apply_is_left_out_and_said_once(self):
        measuring, family = evaluator(["mode-balance", "sliced-w2"], dataset="two-moons")
        first = finished(measuring.evaluate(family))
        assert list(first.values) == ["sliced-w2"]
        assert len(first.notes) == 1
        assert "Balance of the modes is left out" in first.notes[0]
        assert finished(measuring.evaluate(family)).notes == []


class TestNeeds:
    def test_nothing_is_drawn_for_what_needs_no_samples(self, monkeypatch):
        measuring, family = evaluator(["log-likelihood"], n=100)

        def refuse(*args, **kwargs):
            raise AssertionError("nobody asked for samples")

        monkeypatch.setattr(family, "flow", refuse)
        monkeypatch.setattr(family, "log_prob", lambda x: torch.zeros(len(x)))
        quality = finished(measuring.evaluate(family))
        figure = quality.figures["log-likelihood"]
        scale = float(family.spec.std.double().log().sum())
        assert figure.value == pytest.approx(-scale, rel=1e-6)
        assert quality.nfe == 0
        # The law is known: minus the entropy of eight Gaussians.
        std = measuring.data.rows.bandwidth
        entropy = math.log(8) + math.log(2 * math.pi * math.e * std**2)
        assert quality.floors["log-likelihood"] == pytest.approx(-entropy, abs=0.15)

    def test_a_model_that_lacks_an_ability_is_told_and_costs_no_floor(self):
        measuring, family = evaluator(["log-likelihood", "sliced-w2"], family="gan")
        quality = finished(measuring.evaluate(family))
        assert list(quality.values) == ["sliced-w2"]
        assert set(quality.floors) == {"sliced-w2", "spread/sliced-w2"}
        assert quality.notes == [
            "Log-likelihood is left out: the model lacks what it needs: likelihood."
        ]

    def test_what_makes_no_samples_is_told(self):
        measuring, family = evaluator(["sliced-w2"])
        quality = finished(
            measuring.evaluate(
                Mute(NoConfig(), family.spec, horizon=1, seed=0, device=family.device)
            )
        )
        assert quality.figures == {}
        assert quality.notes == ["Sliced W2 is left out: the model generates no samples."]

    def test_a_metric_sees_what_was_gathered_and_the_same_numbers_each_time(self):
        seen = []

        class Nosy(Metric[NoConfig]):
            def measure(self, evidence: Evidence) -> Figure:
                seen.append(evidence)
                return Figure(float(torch.rand((), generator=evidence.rng)))

            def bar(self, evidence: Evidence) -> Figure:
                raise NotApplicable("there is none")

        measuring, family = evaluator(["sliced-w2"])
        entry = replace(registry.get("metric", "sliced-w2"), make=Nosy)
        choice = Choice(entry, NoConfig())
        evidence = measuring._evidence(measuring.data.pair(50, 0)[1], model=family)
        one = finished(measuring._attempt(choice, evidence))
        again = finished(
            measuring._attempt(choice, measuring._evidence(evidence.real, model=family))
        )
        assert one == again
        assert seen[0].train is measuring.data.rows
        assert seen[0].model is family

    def test_every_need_is_known(self):
        for entry in registry.all("metric"):
            assert entry.needs
            assert set(entry.needs) <= {"samples", *ABILITIES}
            assert entry.bar_is


class TestHeavy:
    def run(self, tmp_path, metrics, **training):
        return new_run(tmp_path, spec(metrics, **training))

    def test_a_training_leaves_it_out_and_says_so(self, tmp_path):
        folder = self.run(tmp_path, ["log-likelihood", "precision"], evaluate_samples=200)
        session = open_session(folder, 4)
        assert [c.entry.slug for c in session.evaluator.choices] == ["precision"]
        assert any("Log-likelihood is slow" in note for note in session.notes)
        assert headless.run(folder.path).state == "finished"
        columns, floors = folder.metrics.read()
        assert "quality/log-likelihood" not in columns
        # Beside a figure with an interval stand its ends.
        low, value, high = (
            np.array(columns[name][1])
            for name in ("cost/low/precision", "quality/precision", "cost/high/precision")
        )
        assert ((low <= value) & (value <= high)).all()
        assert columns["cost/low/precision"][0] == columns["quality/precision"][0]
        assert set(floors) == {"precision", "spread/precision"}

    def test_an_evaluation_of_the_run_measures_it(self, tmp_path):
        folder = self.run(tmp_path, ["log-likelihood", "mode-balance"], evaluate_samples=200)
        assert headless.run(folder.path).state == "finished"
        sink = MemorySink()
        job = EvaluationJob("job", Evaluate(run=str(folder.path), n=100, seed=1), sink)
        for _ in job.work():
            pass
        told = sink.of(Progress)
        assert told[0].doing == "Drawing samples"
        assert {event.total for event in told} == {1 + 2 * FLOOR_PAIRS + 2}
        assert [event.step for event in told] == sorted(event.step for event in told)
        assert told[-1].seconds_left is not None
        assert list(job.quality.values) == ["log-likelihood", "mode-balance"]
        text = folder.log_path.read_text(encoding="utf-8")
        assert "the density of the data where it is known" in text
        event = folder.events.read()[-1]
        assert event.kind == "evaluated"
        low, high = event.data["intervals"]["log-likelihood"]
        assert low < event.data["values"]["log-likelihood"] < high
        assert list(event.data["intervals"]) == ["log-likelihood"]
        assert len(event.data["parts"]["mode-balance"]) == 8
        floors = event.data["part_floors"]["mode-balance"]
        assert list(floors) == list(event.data["parts"]["mode-balance"])
        assert all(spread > 0.0 for _, spread in floors.values())
        pair = (job.quality.floors[key] for key in ("mode-balance", "spread/mode-balance"))
        assert all(np.isfinite(list(pair)))


def test_quality_is_of_samples_that_no_guidance_leads(tmp_path):
    """Its law is not that of the data, on purpose; a sampler that was asked for is measured."""
    free = {"steps": 3, "guidance": {"slug": "classifier-free", "config": {"strength": 3.0}}}
    asked = structs.replace(
        spec(["sliced-w2"], dataset="ring-of-five", evaluate_samples=200),
        family=Pick(slug="edm", config=SMALL | {"conditional": True, "label_dropout": 0.1}),
        sampler=Pick(slug="ddim", config=free),
    )
    folder = new_run(tmp_path, asked)
    assert headless.run(folder.path).state == "finished"
    columns, _ = folder.metrics.read()
    assert set(columns["cost/nfe"][1]) == {3.0}
    for sampler, spent in ((None, 3), (Pick(slug="ddim", config=free), 6)):
        command = Evaluate(run=str(folder.path), n=100, seed=1, sampler=sampler)
        job = EvaluationJob("job", command, MemorySink())
        for _ in job.work():
            pass
        assert job.quality.nfe == spent


def test_fewer_than_were_asked_for_is_said(tmp_path):
    folder = new_run(tmp_path, spec(["sliced-w2"], dataset="digits", evaluate_samples=100))
    assert headless.run(folder.path).state == "finished"
    for n, said in (
        (100, []),
        (2000, ["Measured with 250 images, not with 2,000: no more are held"]),
    ):
        job = EvaluationJob("job", Evaluate(run=str(folder.path), n=n, seed=1), MemorySink())
        for _ in job.work():
            pass
        assert [note.partition(" out,")[0] for note in job.quality.notes] == said


def test_a_kind_measures_what_names_it_and_what_it_names(monkeypatch):
    sliced = registry.get("metric", "sliced-w2")
    assert kinds_measured(sliced) == ("points",)
    assert kinds_measured(registry.get("metric", "log-likelihood")) == ()
    images = registry.get("kind", "images")
    more = replace(images, metrics=(*images.metrics, "sliced-w2"))
    monkeypatch.setitem(registry._entries["kind"], "images", more)
    assert kinds_measured(sliced) == ("points", "images")
    resolved = check(spec(["sliced-w2"], dataset="digits", family="gan"))
    assert [m.slug for m in resolved.spec.metrics] == ["sliced-w2"]


def test_images_are_measured_with_their_judge(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.getbasetemp() / "judges"
    monkeypatch.setattr(reference_classifier, "cache_folder", lambda: folder)
    measuring, family = evaluator(
        ["frechet-judge", "label-balance", "precision"], n=60, dataset="digits", family="gan"
    )
    quality = finished(measuring.evaluate(family))
    assert quality.notes == []
    assert 0.0 < quality.floors["frechet-judge"] < quality.values["frechet-judge"]
    assert list(quality.figures["label-balance"].parts) == list("0123456789")


def test_a_run_that_names_a_replaced_metric_gets_the_one_that_replaces_it():
    """With the defaults of the new one; values that were recorded keep the old name."""
    old = Pick(slug="mode-coverage", config={"share": 0.5})
    spec = RunSpec(
        name="old",
        family=Pick(slug="edm"),
        dataset=Pick(slug="eight-gaussians"),
        metrics=[old],
    )
    assert [metric.slug for metric in check(spec).spec.metrics] == ["mode-balance"]
    entry = build([]).get("metric", "mode-coverage")
    assert entry is not None
    assert entry.title == "Balance of the modes (old: mode-coverage)"


def test_overall_accuracy_is_the_former_name_of_accuracy():
    """With the settings that both have, and once where a run names both."""
    old = Pick(slug="overall-accuracy", config={"against": "majority"})
    spec = RunSpec(
        name="old",
        family=Pick(slug="classifier"),
        dataset=Pick(slug="digits"),
        metrics=[Pick(slug="accuracy"), old],
    )
    metrics = check(spec).spec.metrics
    assert [(m.slug, m.config["against"]) for m in metrics] == [("accuracy", "majority")]
