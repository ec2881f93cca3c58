"""Networks on the command line: picked, set, listed, repeated, and what is said where they are not
to be had.
"""

import shlex
from pathlib import Path

import numpy as np
import pytest

from pushforward.models.registry import registry
from pushforward.studio.__main__ import main
from pushforward.studio.app.core import draft_spec
from pushforward.studio.engine.process.catalogue import build
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.run.resolve import resolve
from pushforward.studio.protocol.spec import Pick, RunRef, RunSpec
from pushforward.studio.resources import recipes
from pushforward.studio.store.parts import Part
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunRecord
from pushforward.studio.store.schema import Schema
from pushforward.studio.workflows.command_line import command_for
from pushforward.studio.workflows.errors import UsageError
from pushforward.studio.workflows.settings import apply, changes, with_inputs
from pushforward.studio.workflows.target import find


@pytest.fixture(autouse=True, scope="module")
def registered():
    discover()


def networks(spec):
    resolved, problems = resolve(spec)
    assert resolved is not None, problems
    config = resolved.spec.family.config
    return {name: config[name] for name in ("net", "generator", "critic") if name in config}


@pytest.mark.parametrize("key", ["family.net.config.width", "family.net.width"])
def test_a_setting_of_the_network_is_set_by_its_whole_and_its_short_name(key):
    spec = apply(find("edm@digits").spec, [f"{key}=24"])
    assert spec.family.config == {"net": {"config": {"width": 24}}}
    assert networks(spec)["net"] == {"slug": "unet", "config": {"width": 24, "blocks": 1}}


@pytest.mark.parametrize("key", ["family.net", "family.net.slug"])
def test_another_network_is_picked_and_forgets_the_settings_of_the_last(key):
    spec = apply(
        find("edm@digits").spec, ["family.net.blocks=2", f"{key}=mlp", "family.net.depth=2"]
    )
    assert spec.family.config == {"net": {"slug": "mlp", "config": {"depth": 2}}}
    again = apply(spec, [f"{key}=mlp"])
    assert again.family.config == spec.family.config


def test_a_network_that_is_preferred_keeps_its_preferred_settings_where_only_some_are_set():
    spec = apply(find("score-gan@digits").spec, ["family.net.depth=2"])
    assert networks(spec)["net"]["slug"] == "mlp"
    assert networks(spec)["net"]["config"]["width"] == 256
    assert networks(spec)["net"]["config"]["depth"] == 2


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("family.net=uent", "no network is called 'uent'; did you mean unet?"),
        ("family.net=dcgan", "cannot be a denoiser; choose one of: dit, mlp, unet"),
        ("family.net.widht=3", "did you mean family.net.width"),
        ("family.net.config.widht=3", "did you mean family.net.width"),
        ("blocks=3", "did you mean family.net.blocks?"),
    ],
)
def test_what_is_not_to_be_had_is_said_with_what_is(setting, said):
    with pytest.raises(UsageError, match="--set") as error:
        apply(find("edm@digits").spec, [setting])
    assert said in str(error.value)


def test_a_network_for_other_data_is_refused():
    with pytest.raises(UsageError, match="'unet' does not take points"):
        apply(find("edm@ring-of-five").spec, ["family.net=unet"])


def test_imported_data_are_offered_the_networks_of_their_kind(tmp_path):
    project = Project.create(tmp_path / "p", "p")
    part = Part(name="x", dtype="float32", shape=[2])
    with project.new_dataset("mine", Schema(kind="jets", parts=[part])) as writer:
        writer.add({"x": np.ones((8, 2), np.float32)})
    found = find("edm@project:mine").spec
    for settings in (["family.net=set-transformer"], ["family.net.width=64"]):
        spec = apply(found, settings, project.path)
        resolved, problems = resolve(spec, project=project.path)
        assert resolved is not None, problems
        assert resolved.spec.family.config["net"]["slug"] == "set-transformer"
    with pytest.raises(UsageError, match="'unet' does not take jets"):
        apply(found, ["family.net=unet"], project.path)
    moved = apply(
        find("edm@digits").spec, ["dataset=project:mine", "family.net.width=64"], project.path
    )
    assert moved.dataset.config == {"kind": "jets"}


def test_a_setting_of_a_network_cannot_change_in_the_middle_but_is_known():
    [change] = changes(find("edm@digits").spec, ["net.width=8"], 5)
    assert change.path == "net.config.width"


def test_settings_of_earlier_versions_are_read_before_new_ones_are_made():
    spec = find("edm@digits").spec
    old = Pick(slug="edm", config={"image_net": {"width": 24, "blocks": 2}})
    changed = apply(type(spec)(name="x", family=old, dataset=spec.dataset), ["family.net.blocks=3"])
    assert networks(changed)["net"] == {"slug": "unet", "config": {"width": 24, "blocks": 3}}


@pytest.mark.parametrize("spelt_out", [False, True])
@pytest.mark.parametrize("known", [False, True])
def test_a_copied_command_repeats_the_networks(spelt_out, known):
    settings = ["family.critic=mlp", "family.critic.width=48", "family.generator.width=8"]
    spec = apply(find("gan@digits").spec, settings)
    if spelt_out:
        spec = resolve(spec)[0].spec
    command = command_for(spec, catalog=build([]) if known else None)
    words = shlex.split(command)
    given = [words[i + 1] for i, word in enumerate(words) if word == "--set"]
    again = apply(find(words[2]).spec, given)
    assert resolve(again)[0].spec == resolve(spec)[0].spec
    if known:
        assert sorted(word for word in given if word.startswith("family.")) == [
            "family.critic.width=48",
            "family.critic=mlp",
            "family.generator.width=8",
        ]


def test_show_says_which_networks_there_are_and_where_their_settings_are(capsys):
    assert main(["show", "gan"]) == 0
    said = capsys.readouterr().out
    assert "critic = set by the data" in said
    assert "images: dcgan" in said
    assert "'pushforward show cross-attention'" in said
    assert main(["show", "unet"]) == 0
    said = capsys.readouterr().out
    assert "U-Net  (network unet)" in said
    assert "Can be: denoiser" in said
    assert "For: images" in said
    assert "blocks = 1" in said


def test_networks_are_listed_with_their_data(capsys):
    assert main(["list", "networks"]) == 0
    [line] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("unet")]
    assert "denoiser" in line
    assert "images" in line


def test_every_recipe_is_in_the_words_of_today():
    catalog = build([])
    for recipe in recipes():
        for section in draft_spec.SECTIONS:
            assert draft_spec.unknown(recipe.run, section, catalog) == {}, recipe.slug
        assert resolve(recipe.run)[1] == []
    assert {entry.slug for entry in registry.all("network")} >= {"mlp", "unet", "dcgan"}


def test_a_run_to_learn_from_is_named_by_its_number(tmp_path: Path) -> None:

    spec = RunSpec(name="edm", family=Pick(slug="edm"), dataset=Pick(slug="two-moons"))
    project = Project.create(tmp_path / "p", "p")
    for _ in range(2):
        project.new_run(RunRecord(spec=spec, seed=0, device="cpu"))
    made = with_inputs(spec, ["teacher=0002@50", "source=1", "judge=0007"], project.path).inputs
    assert made == {
        "teacher": RunRef(run="0002-edm", step=50),
        "source": RunRef(run="0001-edm"),
        "judge": RunRef(run="0007"),  # there is none: whoever looks for it says so
    }
