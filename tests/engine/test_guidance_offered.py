"""Guidance as forms and the command line have it: a pick within the sampler, and its settings."""

import msgspec
import pytest

from pushforward.models.operators.generate import GenerateConfig
from pushforward.studio.app.core import draft_spec, field_carrier_switch
from pushforward.studio.engine.process.catalogue import build
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.run.resolve import resolve
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.workflows.errors import UsageError
from pushforward.studio.workflows.settings import apply, assigned

SPEC = RunSpec(name="led", family=Pick(slug="edm"), dataset=Pick(slug="ring-of-five"))


@pytest.fixture(scope="module")
def catalog():
    return build(discover())


def paths(catalog, kind, slug, config):
    entry = catalog.get(kind, slug)
    return {field.path: field for field in catalog.opened(entry, config, "points").fields}


def test_a_sampler_opens_its_guidance_and_this_its_settings(catalog):
    none = paths(catalog, "sampler", "ddim", {})
    chooser = none["guidance.slug"]
    assert [choice.value for choice in chooser.choices] == ["", "classifier", "classifier-free"]
    assert chooser.choices[0].title == "None"
    assert "guidance.config.strength" not in none
    led = paths(catalog, "sampler", "ddim", {"guidance": {"slug": "classifier-free"}})
    assert led["guidance.config.strength"].default == 2.0
    assert led["guidance.config.strength"].group == "Guidance"


def test_a_pick_within_a_pick_opens_too(catalog):
    config = {"sampler": {"slug": "heun", "config": {"guidance": {"slug": "classifier"}}}}
    found = paths(catalog, "operator", "generate", config)
    assert "sampler.config.guidance.slug" in found
    assert found["sampler.config.guidance.config.classifier"].role == "noisy-classify"


def test_methods_of_measurement_are_offered_where_something_is_measured(catalog):
    found = paths(catalog, "operator", "inpaint", {})
    values = [choice.value for choice in found["method.slug"].choices]
    assert values == ["", "dps", "repaint", "replacement"]
    assert found["method.slug"].meant == "repaint"
    assert "method.config.resamplings" in found


def test_the_command_line_sets_it_by_short_names():
    spec = apply(SPEC, ["sampler=ddim", "sampler.guidance=classifier-free"])
    spec = apply(spec, ["sampler.guidance.strength=3", "sampler.steps=7"])
    assert spec.sampler.config["guidance"] == {
        "slug": "classifier-free", "config": {"strength": 3},
    }  # fmt: skip
    assert spec.sampler.config["steps"] == 7
    # Another one forgets the settings of the last.
    other = apply(spec, ["sampler.guidance=classifier"])
    assert other.sampler.config["guidance"] == {"slug": "classifier", "config": {}}
    with pytest.raises(UsageError, match="strength"):
        apply(spec, ["sampler.guidance.strenght=3"])


def test_an_operator_takes_it_by_short_names():
    data = assigned(
        GenerateConfig,
        ["sampler=ddim", "sampler.guidance=classifier-free", "sampler.guidance.strength=3"],
    )
    inner = data["sampler"]["config"]["guidance"]
    assert inner == {"slug": "classifier-free", "strength": 3}


@pytest.mark.parametrize(
    ("guidance", "path"),
    [
        ({"slug": "nothing"}, "sampler.guidance.slug"),
        ({"slug": "repaint"}, "sampler.guidance.slug"),
        ({"slug": "classifier-free", "config": {"strength": 999.0}},
         "sampler.guidance.config.strength"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_it_is_said_at_its_place(guidance, path):
    spec = RunSpec(
        name="led",
        family=SPEC.family,
        dataset=SPEC.dataset,
        sampler=Pick(slug="ddim", config={"guidance": guidance}),
    )
    _, problems = resolve(spec)
    assert [problem.path for problem in problems] == [path]


def test_a_setup_picks_it_for_the_sampler_and_keeps_what_each_was_given(catalog):
    """Not for the family, whose picks are networks."""
    spec = msgspec.structs.replace(SPEC, sampler=Pick(slug="ddim"))
    chooser = paths(catalog, "sampler", "ddim", {})["guidance.slug"]
    led = field_carrier_switch.exchange(spec, "sampler", chooser, "classifier-free")
    assert led.spec.sampler.config["guidance"]["slug"] == "classifier-free"
    assert led.spec.family == spec.family
    strength = paths(catalog, "sampler", "ddim", led.spec.sampler.config)[
        "guidance.config.strength"
    ]
    strong = draft_spec.put(led.spec, "sampler", strength, 4.0)
    off = field_carrier_switch.exchange(strong, "sampler", chooser, "", led.aside)
    assert "guidance" not in off.spec.sampler.config, "as it was"
    again = field_carrier_switch.exchange(
        off.spec, "sampler", chooser, "classifier-free", off.aside
    )
    assert again.spec.sampler.config["guidance"]["config"] == {"strength": 4.0}
