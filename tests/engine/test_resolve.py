"""From what was asked to what is run: defaults filled in, every problem at its dotted setting."""

from types import SimpleNamespace

import msgspec
import numpy as np
import pytest

from pushforward.models.nets.offered import kinds_of
from pushforward.models.registry import registry
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.resolve import check, pick_dataset, pick_sampler, resolve
from pushforward.studio.engine.run.validation import Validator
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.parts import Part
from pushforward.studio.store.project import Project
from pushforward.studio.store.schema import Schema
from tests.engine.fakes import spec

discover()
ONE_OF_EACH = list({entry.holds: entry for entry in registry.all("dataset")}.values())
"""A data set of each kind."""


def wrong(run):
    resolved, problems = resolve(run)
    assert resolved is None
    return {problem.path: problem.message for problem in problems}


def test_defaults_are_filled_in_and_stable():
    run = RunSpec(name="x", family=Pick(slug="edm"), dataset=Pick(slug="two-moons"))
    resolved, problems = resolve(run)
    assert problems == []
    full = resolved.spec
    assert full.family.config["net"]["config"]["width"] == 128
    assert full.family.config["net"]["slug"] == "mlp"
    assert full.training["steps"] == resolved.training.steps
    assert full.sampler.slug == "dpmpp-2m"
    assert [metric.slug for metric in full.metrics] == [
        "sliced-w2", "energy-distance", "authenticity",
    ]  # fmt: skip
    again, _ = resolve(full)
    assert again.spec == full
    assert resolve(msgspec.structs.replace(run, family=Pick(slug="gan")))[0].spec.sampler is None


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        ({"family": Pick(slug="edn")}, "family", "edm"),
        (
            {"family": Pick(slug="edm", config={"net": {"width": 0}})},
            "family.net.config.width",
            "1",
        ),
        ({"family": Pick(slug="edm", config={"nett": {}})}, "family.nett", "net"),
        ({"dataset": Pick(slug="nine-gaussians")}, "dataset", "eight-gaussians"),
        ({"dataset": Pick(slug="eight-gaussians", config={"std": -1.0})}, "dataset.std", "-1"),
        ({"training": {"batch": 0}}, "training.batch", "at least 1"),
        ({"training": {"batch": "many"}}, "training.batch", "whole number"),
        ({"training": {"device": "cudo"}}, "training.device", "cuda"),
        ({"sampler": Pick(slug="heun", config={"steps": 0})}, "sampler.steps", "at least 1"),
        ({"metrics": [Pick(slug="sliced-w2"), Pick(slug="fid")]}, "metrics.1", "sliced-w2"),
        ({"name": "  "}, "name", "name"),
    ],
)
def test_each_problem_names_its_setting(changes, path, words):
    run = msgspec.structs.replace(spec("edm"), **changes)
    problems = wrong(run)
    assert list(problems) == [path]
    assert words in problems[path]
    with pytest.raises(Refused) as caught:
        check(run)
    assert caught.value.info.path == path
    assert caught.value.info.kind == "user"


def test_all_problems_are_listed_at_once():
    run = msgspec.structs.replace(
        spec("edm"),
        family=Pick(slug="edm", config={"net": {"width": 0, "depth": 0}, "ema": 2.0}),
        training={"steps": 0, "seed": -1},
        dataset=Pick(slug="none"),
    )
    assert set(wrong(run)) == {
        "family.net.config.width", "family.net.config.depth", "family.ema",
        "training.steps", "training.seed", "dataset",
    }  # fmt: skip


@pytest.mark.parametrize("data", ONE_OF_EACH, ids=lambda entry: entry.slug)
def test_data_that_a_family_does_not_take_are_refused(data):
    for family in registry.all("family"):
        run = RunSpec(name="x", family=Pick(slug=family.slug), dataset=Pick(slug=data.slug))
        refused = [p for p in resolve(run)[1] if p.path == "family" and data.holds in p.message]
        assert bool(refused) == (data.holds not in kinds_of(family))


def test_a_missing_device_says_why_and_can_be_ignored(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    run = spec("edm", device="cuda")
    _, [problem] = resolve(run)
    assert (problem.kind, problem.path) == ("device", "training.device")
    assert "CUDA" in problem.message
    assert check(run, any_device=True).training.device == "cuda"


def test_a_kind_of_data_may_have_a_sampler_of_its_own_where_none_is_chosen():
    run = RunSpec(name="x", family=Pick(slug="edm"), dataset=Pick(slug="pythia-jets"))
    moons = msgspec.structs.replace(run, dataset=Pick(slug="two-moons"))
    jets, points = (resolve(each)[0].spec.sampler for each in (run, moons))
    assert (jets.slug, jets.config["steps"], jets.config["grid"]["kind"]) == (
        "dpmpp-2m", 30, "edm-rho",
    )  # fmt: skip
    assert (points.config["steps"], points.config["grid"]["kind"]) != (30, "edm-rho")
    chosen = msgspec.structs.replace(run, sampler=Pick(slug="heun"))
    assert resolve(chosen)[0].spec.sampler.slug == "heun"


def test_a_sampler_for_a_family_without_denoiser_is_refused():
    run = msgspec.structs.replace(spec("gan"), sampler=Pick(slug="heun"))
    assert "denoiser" in wrong(run)["sampler"]
    with pytest.raises(Refused, match="denoiser"):
        pick_sampler(spec("gan"), Pick(slug="heun"))
    assert pick_sampler(spec("edm"), Pick(slug="heun", config={"steps": 3})).config.steps == 3
    assert pick_sampler(spec("edm"), None) is None


def test_pick_dataset():
    assert pick_dataset(Pick(slug="project:mine")) is None
    with pytest.raises(Refused) as caught:
        pick_dataset(Pick(slug="eight-gaussians", config={"radius": 0}))
    assert caught.value.info.path == "dataset.radius"


class TestValidator:
    def test_sizes(self, tmp_path):
        small = Validator().validate(spec("edm"), None)
        wide = {"net": {"width": 256, "depth": 3}}
        large = Validator().validate(spec("edm", wide, batch=4096, samples=10**6), None)
        assert small.problems == large.problems == []
        # Three layers of 128: the weights between them alone are 2 x 128 x 128.
        assert 2 * 128**2 < small.parameters < 3 * 128**2
        assert large.parameters > 3 * small.parameters
        assert large.bytes > 2 * 10**6 * 2 * 4 + large.parameters * 20

    def test_activations_grow_with_the_batch(self):
        sizes = [Validator().validate(spec("edm", batch=b), None).bytes for b in (1000, 2000, 3000)]
        assert sizes[1] - sizes[0] == sizes[2] - sizes[1] > 1000 * 128 * 3 * 4

    def test_what_only_the_family_knows(self):
        found = Validator().validate(spec("tiny", {"width": 13}), None)
        [problem] = found.problems
        assert (problem.path, problem.kind) == ("family.width", "user")
        assert found.resolved is None

    def test_too_large_for_the_machine(self, monkeypatch):
        run = spec("edm", samples=10**6, batch=10**5)
        need = Validator().validate(run, None).bytes
        memory = SimpleNamespace(total=need)
        monkeypatch.setattr(
            "pushforward.studio.engine.run.validation.psutil.virtual_memory", lambda: memory
        )
        [problem] = Validator().validate(run, None).problems
        assert (problem.kind, problem.path) == ("memory", "training.batch")
        assert "GB" in problem.message

    def test_averages_of_any_length_are_counted_with_their_copies(self):
        net = {"net": {"width": 256, "depth": 3}}
        plain = Validator().validate(spec("edm", net), None)
        kept = Validator().validate(spec("edm", net, lengths=True), None)
        # Two averages of 4 bytes a number, and eight pairs of copies of 2.
        assert kept.bytes - plain.bytes == plain.parameters * (2 * 4 + 8 * 2 * 2)

    def test_imported_data(self, tmp_path):
        discover()
        validator = Validator()
        run = msgspec.structs.replace(spec("edm"), dataset=Pick(slug="project:mine"))
        for project in (None, tmp_path / "none"):
            [problem] = validator.validate(run, project).problems
            assert problem.path == "dataset"
        project = Project.create(tmp_path / "p", "p")
        [problem] = validator.validate(run, project.path).problems
        assert problem.path == "dataset"
        project.add_dataset("mine", np.random.default_rng(0).normal(size=(50, 3)), list("abc"))
        # A new validator: the old one remembers nothing of a failure, which this checks too.
        found = validator.validate(run, project.path)
        assert found.problems == []
        assert found.resolved.spec.dataset.slug == "project:mine"

    def test_imported_data_of_a_kind_that_nothing_trains_on(self, tmp_path):
        project = Project.create(tmp_path / "p", "p")
        parts = [Part(name="x", dtype="float32", shape=[3, 2])]
        with project.new_dataset("mine", Schema(kind="songs", parts=parts)) as writer:
            writer.add({"x": np.zeros((50, 3, 2), np.float32)})
        run = msgspec.structs.replace(spec("edm"), dataset=Pick(slug="project:mine"))
        [problem] = Validator().validate(run, project.path).problems
        assert (problem.path, problem.kind) == ("dataset", "user")
        assert "songs" in problem.message
