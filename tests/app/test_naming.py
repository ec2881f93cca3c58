"""Names follow what a run is; what a setup came with stays with the kind of data it was for."""

import msgspec
import pytest

from pushforward.studio.app.core import data_type_change, display_names, draft_spec
from pushforward.studio.app.core.comparison_labels import told_apart
from pushforward.studio.app.core.field_carrier_switch import KeptChoices
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.protocol.catalog import FieldSpec
from pushforward.studio.protocol.spec import Pick, Recipe, RunSpec
from tests.client.fakes.catalog import catalog


def spec(name="", family="edm", dataset="letters", config=None, sampler=None, **training):
    return RunSpec(
        name=name,
        family=Pick(slug=family, config=config or {}),
        dataset=Pick(slug=dataset),
        training=training,
        sampler=Pick(slug=sampler) if sampler else None,
    )


def recipe(run, title="Letters out of noise"):
    return Recipe(
        slug="r", title=title, summary="", teaches="", source="", kind="images",
        expected_seconds=60, run=run,
    )  # fmt: skip


def offer():
    """The catalogue of the fake with a data set of images, and a default of its own for them."""
    made = catalog()

    def fitted(entry):
        if entry.kind == "dataset" and entry.slug == "eight-gaussians":
            images = msgspec.structs.replace(
                entry, slug="letters", title="Letters", kinds=["images"]
            )
            return [entry, images]
        if entry.kind == "training":
            fields = [
                msgspec.structs.replace(f, defaults={"images": 64}) if f.path == "batch" else f
                for f in entry.fields
            ]
            return [msgspec.structs.replace(entry, fields=fields)]
        if entry.slug == "edm":
            only = FieldSpec(
                path="channels", kind="int", title="Channels", help="", default=8,
                kinds=["images"],
            )  # fmt: skip
            return [msgspec.structs.replace(entry, fields=[*entry.fields, only])]
        return [entry]

    entries = [each for entry in made.entries for each in fitted(entry)]
    return msgspec.structs.replace(made, entries=entries)


@pytest.mark.parametrize(
    ("now", "given", "name"),
    [
        (spec(batch=32), "", "from-noise"),
        (spec(batch=33), "", "edm-letters"),
        (spec(dataset="ring-of-five", batch=32), "", "edm-ring-of-five"),
        (spec(dataset="project:my-points"), "", "edm-my-points"),
        (spec(family="gan", dataset="project:my-points"), "mine", "mine"),
    ],
)
def test_a_name_says_model_and_data_unless_it_is_given_or_a_recipes(now, given, name):
    began = spec("from-noise", batch=32)
    assert display_names.named(now, began, recipe(began), given).name == name


def test_a_setup_like_a_run_keeps_its_name_while_it_is_of_the_same_model_and_data():
    began = spec("hot", batch=32)
    assert display_names.named(spec("x", batch=9), began).name == "hot"
    assert display_names.named(spec("hot", family="gan"), began).name == "gan-letters"


def test_what_a_recipe_says_is_true_of_its_model_on_its_data_only():
    run = spec("from-noise", batch=32)
    others = (spec(family="gan"), spec(dataset="project:my-points"))
    assert display_names.keeps_recipe(recipe(run), spec(batch=1))
    assert not any(display_names.keeps_recipe(recipe(run), each) for each in others)


def test_what_came_along_goes_back_and_what_was_changed_by_hand_stays():
    began = spec("from-noise", config={"lr": 0.5}, sampler="heun", batch=32, steps=77)
    now = msgspec.structs.replace(began, training={"batch": 32, "steps": 99, "seed": 5})
    moved = data_type_change.move(now, began, offer(), Pick(slug="project:my-points"))
    assert moved.spec.training == {"steps": 99, "seed": 5}
    assert moved.spec.family.config == {}
    assert moved.spec.sampler is None
    entry = draft_spec.entry_of(now, "family", offer())
    rate = next(f.title for f in entry.fields if f.path == "lr")
    assert set(moved.reset) == {rate, "Batch", "Sampler"}


def test_a_hand_made_value_without_a_meaning_there_goes_and_is_told():
    moved = data_type_change.move(
        spec(config={"channels": 99}), spec(), offer(), Pick(slug="ring-of-five")
    )
    assert moved.spec.family.config == {}
    assert moved.reset == ("Channels",)


def test_spelled_out_defaults_of_a_run_become_the_defaults_of_the_other_kind_in_silence():
    began = spec(config={"channels": 8}, batch=64)
    moved = data_type_change.move(began, began, offer(), Pick(slug="ring-of-five"))
    assert (moved.spec.training, moved.spec.family.config, moved.reset) == ({}, {}, ())


def test_a_sampler_chosen_by_hand_stays():
    moved = data_type_change.move(spec(sampler="heun"), spec(), offer(), Pick(slug="ring-of-five"))
    assert moved.spec.sampler == Pick(slug="heun")
    assert moved.reset == ()


def test_the_same_kind_of_data_changes_nothing_else():
    began = spec("a", dataset="ring-of-five", config={"lr": 0.5}, sampler="heun", batch=32)
    moved = data_type_change.move(began, began, offer(), Pick(slug="eight-gaussians"))
    assert moved.spec == draft_spec.repick(began, "dataset", "eight-gaussians")
    assert moved.reset == ()


def test_what_came_along_does_not_return_with_another_family():
    aside = KeptChoices(settings={("lr", ""): 0.5, ("latent", ""): 3})
    moved = data_type_change.move(
        spec(), spec(config={"lr": 0.5}), offer(), Pick(slug="ring-of-five"), aside
    )
    assert dict(moved.aside.settings) == {("latent", ""): 3}


def test_compared_runs_are_told_apart_by_what_is_different_of_their_names() -> None:
    def apart(*names: str) -> list[str]:
        return told_apart([RunState(key=name, name=name) for name in names])

    assert apart("0001-edm-eight-gaussians", "0002-gan-eight-gaussians") == ["edm…", "gan…"]
    assert apart("0001-edm-jets-win-all", "0002-edm-jets-lose-all") == ["…win…", "…lose…"]
    assert apart("0001-edm-heavy-jets", "0002-edm-heavy-jets-long") == ["…jets", "…jets-long"]
    assert apart("0001-vgae-trees", "0002-graph-rnn-trees") == ["vgae-trees", "graph-rnn-trees"]
    assert apart("0001-a-b-c-d", "0002-a-x-y-d", "0003-a-x-d") == ["…b-c…", "…x-y…", "…x…"]
    assert apart("0001-edm-a", "0002-edm-a") == ["run 1", "run 2"]
    assert apart("0001-edm-a", "0002-edm-a", "0003-b-a") == ["1 edm-a", "2 edm-a", "3 b-a"]
    assert apart("0001-edm-jets") == ["edm-jets"]
