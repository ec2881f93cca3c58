"""Named methods: each file can be read, is found again from its choices, trains and samples."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from pushforward.models.config import describe, replace_at
from pushforward.models.registry import registry
from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.diffusion_choices import differing, filled, named
from pushforward.studio.app.core.help_pages import surveyed
from pushforward.studio.app.core.motion_formula import motion_of
from pushforward.studio.app.core.required_runs import wanted_runs
from pushforward.studio.engine.jobs.headless import run as train
from pushforward.studio.engine.process import catalogue
from pushforward.studio.engine.run.resolve import resolve
from pushforward.studio.methods import CHOICES, Method, MethodError, load_method, methods, survey
from pushforward.studio.protocol.spec import Pick, RunRef, RunSpec, led_by, run_name
from pushforward.studio.resources import recipes
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder
from pushforward.studio.workflows.errors import UsageError
from pushforward.studio.workflows.settings import apply
from pushforward.verify.discovery import discover
from tests.tiers import representatives, tiered

discover()
CATALOG = catalogue.build([])
METHODS = methods()
BY_SLUG = {method.slug: method for method in METHODS}
DATA = ("ring-of-five", "checkerboard")
CLASSES = ("ring-of-five", "two-moons")
TEXTS = ("markov-text",)
NOISY = "noisy-classifier"
SETS = {"images": "digits", "jets": "pythia-jets", "graphs": "community"}
"""A set of each kind that has methods of its own."""
BRIEF: dict[str, Any] = {"batch": 16, "steps": 2, "samples": 200, "evaluate_samples": 128}
BRIEF |= {"particles": 16, "frames": 4}
ALLOWED = ("s_min", "s_max", "conditional", "label_dropout", "times")
"""Settings that a method brings along, though one is at it whatever they are."""
STEPS = {"steps": 3, "levels": 2, "walk": 2}
"""Small numbers of what costs time in a sampler."""
SMALL = {"net": {"config": {"width": 8, "depth": 1}}}


def data_for(method: Method) -> tuple[str, ...]:
    """Return two data sets that a method takes, as far as there are two."""
    entry = CATALOG.get("family", method.family.slug)
    assert entry is not None, method.slug
    if method.family.config.get("conditional"):
        return CLASSES
    if method.kinds:
        return tuple(SETS[kind] for kind in method.kinds)
    return DATA if "points" in entry.kinds else TEXTS


def on(dataset: str, method: Method) -> RunSpec:
    return RunSpec(
        name=method.slug,
        family=method.family,
        dataset=Pick(slug=dataset),
        sampler=method.sampler,
        training=BRIEF,
    )


def test_recipes_are_named_after_the_method_that_they_are_or_else_the_model_and_the_data() -> None:
    def due(run: RunSpec) -> str:
        method = named(run, METHODS, CATALOG)
        return run_name(run, method.slug if method is not None else "")

    of = {recipe.slug: recipe.run for recipe in recipes()}
    assert {slug: run.name for slug, run in of.items() if run.name != due(run)} == {}
    assert of["vdm-checkerboard"].name == "vdm-checkerboard"
    assert of["edm-checkerboard"].name == "edm-checkerboard"


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.slug)
def test_a_method_is_itself_and_no_other(method: Method) -> None:
    spec = on(data_for(method)[0], method)
    assert differing(spec, method, CATALOG) == []
    assert named(spec, METHODS, CATALOG) == method


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.slug)
def test_filling_in_a_method_leaves_the_rest(method: Method) -> None:
    before = RunSpec(
        name="",
        family=Pick(slug="edm", config={"precond": "x0", "net": {"config": {"width": 32}}}),
        dataset=Pick(slug=data_for(method)[0] if method.kinds else DATA[0]),
        sampler=Pick(slug="ddim", config={"steps": 7, "eta": 0.5}),
    )
    after = filled(before, method, CATALOG)
    assert named(after, METHODS, CATALOG) == method
    assert after.dataset == before.dataset
    if method.family.slug == "edm":
        assert after.family.config["net"] == {"config": {"width": 32}}


def test_another_choice_is_told_and_the_number_of_steps_is_none() -> None:
    spec = on(DATA[0], BY_SLUG["ddpm"])
    sampler = msgspec.structs.replace(spec.sampler, config={**spec.sampler.config, "steps": 9})
    assert named(msgspec.structs.replace(spec, sampler=sampler), METHODS, CATALOG).slug == "ddpm"
    other = {**spec.family.config, "weight": "min-snr"}
    family = msgspec.structs.replace(spec.family, config=other)
    changed = msgspec.structs.replace(spec, family=family)
    assert differing(changed, BY_SLUG["ddpm"], CATALOG) == ["loss"]
    assert named(changed, METHODS, CATALOG) is None
    assert differing(spec, BY_SLUG["consistency-distillation"], CATALOG) == list(CHOICES)


def test_a_setting_that_another_makes_idle_is_no_difference() -> None:
    spec = on(DATA[0], BY_SLUG["edm"])
    family = msgspec.structs.replace(spec.family, config={**spec.family.config, "gamma": 3.0})
    assert named(msgspec.structs.replace(spec, family=family), METHODS, CATALOG).slug == "edm"


def family_of(case: tuple[Method, str]) -> str:
    return case[0].family.slug


def sampler_of(case: tuple[Method, str]) -> str:
    return case[0].sampler.slug if case[0].sampler else ""


def kind_of(case: tuple[Method, str]) -> str:
    return str(CATALOG.kind_of(Pick(slug=case[1])))


TRAINED = [(method, dataset) for method in METHODS for dataset in data_for(method)]


def test_a_method_says_where_it_comes_from() -> None:
    experiments = {entry.slug for entry in registry.all("experiment")}
    for method in METHODS:
        assert ":" in method.source, method.slug
        assert set(method.claims) <= experiments, method.slug
        for figure in method.published:
            assert "" not in (figure.source, figure.data), method.slug


def test_a_method_sets_choices_and_levels_alone() -> None:
    """A width or a learning rate is no part of a method: choosing one keeps them."""
    for method in METHODS:
        spec = on(data_for(method)[0], method)
        entry = draft_spec.entry_of(spec, "family", CATALOG)
        assert entry is not None, method.slug
        said = [f for f in entry.fields if draft_spec.has(method.family.config, f)]
        assert not [f.path for f in said if not f.aspect and f.path not in ALLOWED]


def briefly(method: Method) -> Pick | None:
    """Return the sampler of a method with few steps."""
    if method.sampler is None:
        return None
    entry = registry.get("sampler", method.sampler.slug)
    few = {
        row["path"]: STEPS[row["path"]] for row in describe(entry.config) if row["path"] in STEPS
    }
    return Pick(slug=method.sampler.slug, config={**method.sampler.config, **few})


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a diffusion on each data set, from which others learn, and classifiers."""
    path = tmp_path_factory.mktemp("methods") / "p"
    for family, dataset in (
        *(("edm", each) for each in DATA),
        *((NOISY, each) for each in CLASSES),
    ):
        spec = RunSpec(
            name=f"{family}-{dataset}",
            family=Pick(slug=family, config=SMALL),
            dataset=Pick(slug=dataset),
            training=BRIEF,
        )
        assert train(spec, project=path).state == "finished"
    return path


def led(sampler: Pick | None, classifier: str) -> Pick | None:
    """Return a sampler whose guidance asks a classifier, where it asks one."""
    if sampler is None or sampler.config.get("guidance", {}).get("slug") != "classifier":
        return sampler
    config = replace_at(sampler.config, "guidance.config.classifier", {"run": classifier})
    return msgspec.structs.replace(sampler, config=config)


@pytest.mark.parametrize(
    ("method", "dataset"),
    tiered(
        TRAINED,
        representatives(TRAINED, family_of, sampler_of, kind_of),
        name=lambda case: f"{case[0].slug}-{case[1]}",
        values=lambda case: case,
    ),
)
def test_a_method_trains_and_samples(method: Method, dataset: str, project: Path) -> None:
    spec = on(dataset, method)
    # Two diffusions and two classifiers; those that came after them are not looked through.
    names = [path.name for path in Project.open(project).run_paths()]
    teachers, classifiers = (
        dict(zip(DATA, names, strict=False)),
        dict(zip(CLASSES, names[2:4], strict=True)),
    )
    entry = registry.get("family", method.family.slug)
    inputs = {name: RunRef(run=teachers[dataset]) for name in entry.inputs}
    kind = CATALOG.kind_of(spec.dataset)
    able = {*entry.abilities, "samples"}
    usual = registry.get("kind", kind).metrics
    known = [slug for slug in usual if set(registry.get("metric", slug).needs) <= able]
    slug = "energy-distance" if kind == "points" else known[-1]
    metrics = [Pick(slug=slug)]
    sampler = led(briefly(method), classifiers.get(dataset, ""))
    spec = msgspec.structs.replace(spec, inputs=inputs, metrics=metrics, sampler=sampler)
    status = train(spec, project=project)
    assert status.state == "finished", status.error
    columns, _ = RunFolder(Project.open(project).run_paths()[-1]).metrics.read()
    steps, values = columns[f"quality/{slug}"]
    assert steps[-1] == BRIEF["steps"]
    assert np.isfinite(values).all()


def test_a_setup_asks_for_the_classifier_that_leads_its_samples() -> None:
    spec = on("ring-of-five", BY_SLUG["classifier-guidance"])
    (wanted,) = wanted_runs(spec, CATALOG)
    assert (wanted.path, wanted.ref) == ("sampler.guidance.config.classifier", None)
    assert (wanted.needs.ability, wanted.needs.same_data) == ("noisy-classify", True)
    assert wanted.setting is not None
    ref = RunRef(run="0002-noisy-classifier")
    chosen = draft_spec.put(spec, "sampler", wanted.setting, msgspec.to_builtins(ref))
    assert [each.ref for each in wanted_runs(chosen, CATALOG)] == [ref]
    assert led_by(chosen) == {"classifier": ref}
    assert led_by(spec) == {}
    assert named(chosen, METHODS, CATALOG) == BY_SLUG["classifier-guidance"]


def test_what_moves_is_said_of_the_sampler_where_it_adds_noise_and_with_what_leads() -> None:
    said = {slug: motion_of(on("ring-of-five", BY_SLUG[slug]), CATALOG) for slug in BY_SLUG}
    ode = "dx/ds = (x − D(x, s)) / s = −s ∇log p(x; s)"
    assert said["edm"][0] == said["ddim"][0] == ode
    assert said["ddpm"][0] == "x̄ ← D + (s'/s)² (x̄ − D) + √v z"
    assert said["ddpm"][1].startswith("Ho et al. 2020")
    assert said["classifier-guidance"][0] == f"{ode},  D ← D₀ + γ s² ∇log p(c | x̄; s)"
    assert motion_of(None, CATALOG) == ("", "")


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.slug)
def test_a_method_resolves_as_it_is(method: Method) -> None:
    _, problems = resolve(on(data_for(method)[0], method))
    wanted = [p for p in problems if not p.path.startswith("inputs")]
    assert wanted == []


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('title = "Mine"\nsummery = "?"\n')
    with pytest.raises(MethodError, match=r"mine\.toml: unknown key 'summery'"):
        load_method(file)


def test_every_row_of_the_surveys_says_where_it_is_or_why_not() -> None:
    for row in survey():
        places = [row.method, row.family, row.operator, row.block, row.missing]
        assert sum(map(bool, places)) == 1, row.name
        assert not row.method or row.method in BY_SLUG, row.name
        assert set(row.claims) <= {entry.slug for entry in registry.all("experiment")}, row.name
        assert not (row.claims and row.method), f"{row.name}: its method says its claims"
        assert not row.family or CATALOG.get("family", row.family), row.name
        assert not row.operator or CATALOG.get("operator", row.operator), row.name
    assert {row.method for row in survey()} - {""} == set(BY_SLUG), "each method is a row"


def test_every_method_links_a_claim() -> None:
    """E15: twelve of them linked none."""
    known = {entry.slug for entry in registry.all("experiment")}
    assert [method.slug for method in METHODS if not set(method.claims) & known] == []


def test_the_help_has_the_table() -> None:
    (page,) = surveyed(CATALOG)
    assert "| DDPM | [DDPM](help:" in page.text
    assert "| does not hold (8B-predictions), holds (A2) |" in page.text
    assert "no claim |" not in page.text
    assert "not here: " in page.text


@pytest.mark.parametrize("dataset", [*DATA, "digits"])
def test_what_nobody_chose_has_a_name(dataset: str) -> None:
    spec = RunSpec(name="", family=Pick(slug="edm"), dataset=Pick(slug=dataset))
    assert named(spec, METHODS, CATALOG) == BY_SLUG["edm-dpm-solver-pp"]


def test_a_diffusion_of_jets_is_pc_droid_and_points_drawn_like_it_are_not() -> None:
    spec = RunSpec(name="", family=Pick(slug="edm"), dataset=Pick(slug="pythia-jets"))
    droid = BY_SLUG["pc-droid"]
    assert named(spec, METHODS, CATALOG) == droid
    points = msgspec.structs.replace(on("pythia-jets", droid), dataset=Pick(slug=DATA[0]))
    assert named(points, METHODS, CATALOG) is None
    for slug in ("pc-droid-transformer", "pc-droid-cross-attention", "jets-edm"):
        (run,) = (recipe.run for recipe in recipes() if recipe.slug == slug)
        assert named(run, METHODS, CATALOG) == droid
    with pytest.raises(UsageError, match="pc-droid is for jets, not for points"):
        apply(points, ["method=pc-droid"])
