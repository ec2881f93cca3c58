"""The switch as pure functions: which family results, what is kept, what comes back."""

import itertools

import msgspec
import pytest

from pushforward.studio.app.core import draft_spec, field_carrier_switch
from pushforward.studio.app.core.field_carrier_switch import KeptChoices
from pushforward.studio.protocol.catalog import Catalog, Choice, EntrySpec, FieldSpec
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.resources import recipes as all_recipes


def setting(path, default, **more):
    kind = more.pop("kind", "int" if isinstance(default, int) else "float")
    return FieldSpec(path=path, kind=kind, title=path, help="", default=default, **more)


def family(slug, field, carrier, *fields, **more):
    return EntrySpec(
        kind="family",
        slug=slug,
        title=slug,
        summary="",
        source="",
        fields=[setting("net.width", 64, low=8.0, high=512.0), *fields],
        field=field,
        carrier=carrier,
        **more,
    )


SPEED = setting("speed", 1.0, above=0.0)
STEPS = setting("steps", 28, low=1.0)
LATENT = setting("latent", 16, low=1.0)
LOSSES = [Choice(value=v, title=v) for v in ("logistic", "hinge")]
LOSS = setting("loss", "logistic", kind="choice", choices=LOSSES)
SOLVED = {"capabilities": ["denoiser"]}

CATALOG = Catalog(
    entries=[
        family("edm", "score", "flow", setting("ema", 0.999), **SOLVED),
        family("score-flow", "score-difference", "particles", SPEED),
        family("score-gan", "score-difference", "generator", LATENT),
        family("discriminator-flow", "critic", "flow", SPEED, STEPS, LOSS),
        family("monoflow", "critic", "particles", setting("speed", 0.5, high=2.0), LOSS),
        family("gan", "critic", "generator", LATENT, LOSS, kinds=["points", "images"]),
        family("mmd-flow", "kernel", "particles", SPEED),
        family("mmd-generator", "kernel", "generator", LATENT),
        family("exact-flow", "exact", "flow", kinds=["points"]),
        family("exact-generator", "exact", "generator", LATENT, kinds=["points"]),
        family("jet-flow", "", ""),
        EntrySpec(
            kind="dataset", slug="moons", title="", summary="", source="", fields=[],
            kinds=["points"],
        ),
        EntrySpec(
            kind="dataset", slug="digits", title="", summary="", source="", fields=[],
            kinds=["images"],
        ),
        EntrySpec(
            kind="sampler", slug="heun", title="", summary="", source="", fields=[],
            needs=["denoiser"],
        ),
    ],
    devices=[],
)  # fmt: skip


def run(slug, config=None, **more):
    return RunSpec(
        name=slug,
        family=Pick(slug=slug, config=config or {}),
        dataset=Pick(slug=more.pop("data", "moons"), config={"std": 0.2}),
        training={"steps": 500, "seed": 3},
        metrics=[Pick(slug="sliced-w1")],
        **more,
    )


GRID = [(e.slug, e.field, e.carrier) for e in CATALOG.entries_of("family") if e.field]


@pytest.mark.parametrize(
    ("start", "goal"), [p for p in itertools.product(GRID, GRID) if p[0] != p[1]]
)
def test_every_cell_is_reached_from_every_other_in_one_move(start, goal):
    made = field_carrier_switch.switch(run(start[0]), CATALOG, field=goal[1], carrier=goal[2])
    assert made.spec.family.slug == goal[0]
    assert made.note == ""


def test_all_that_is_not_the_model_stays():
    before = run("gan")
    after = field_carrier_switch.switch(before, CATALOG, field="kernel").spec
    assert (after.dataset, after.training, after.metrics) == (
        before.dataset,
        before.training,
        before.metrics,
    )


def test_settings_that_both_have_are_kept_and_the_others_come_back():
    start = run("gan", {"net": {"width": 200}, "latent": 4, "loss": "hinge"})
    there = field_carrier_switch.switch(start, CATALOG, carrier="flow")
    assert there.spec.family == Pick(
        slug="discriminator-flow", config={"net": {"width": 200}, "loss": "hinge"}
    )
    back = field_carrier_switch.switch(there.spec, CATALOG, carrier="generator", aside=there.aside)
    assert back.spec == start


def test_what_is_changed_on_the_way_is_taken_along():
    there = field_carrier_switch.switch(
        run("gan", {"net": {"width": 200}, "latent": 4}), CATALOG, field="kernel"
    )
    there_spec = run("mmd-generator", {"net": {"width": 300}, "latent": 4})
    back = field_carrier_switch.switch(there_spec, CATALOG, field="critic", aside=there.aside)
    assert back.spec.family.config == {"net": {"width": 300}, "latent": 4}


def test_what_is_put_back_to_its_default_on_the_way_stays_so():
    there = field_carrier_switch.switch(
        run("gan", {"net": {"width": 200}}), CATALOG, field="kernel"
    )
    back = field_carrier_switch.switch(
        run("mmd-generator"), CATALOG, field="critic", aside=there.aside
    )
    assert back.spec.family.config == {}


def test_a_wish_that_is_the_other_familys_default_comes_back():
    start = run("monoflow", {"speed": 1.0})
    there = field_carrier_switch.switch(start, CATALOG, carrier="flow")
    assert there.spec.family.config == {}  # 1.0 is what it has anyway
    back = field_carrier_switch.switch(there.spec, CATALOG, carrier="particles", aside=there.aside)
    assert back.spec.family.config == {"speed": 1.0}


def test_a_value_that_the_family_does_not_allow_waits():
    start = run("discriminator-flow", {"speed": 20.0})
    there = field_carrier_switch.switch(start, CATALOG, carrier="particles")
    assert there.spec.family == Pick(slug="monoflow")
    back = field_carrier_switch.switch(there.spec, CATALOG, carrier="flow", aside=there.aside)
    assert back.spec.family.config == {"speed": 20.0}


def test_a_value_in_another_unit_is_another_quantity():
    families = [
        family("a", "critic", "flow", setting("speed", 4.0, unit="data std")),
        family("b", "critic", "particles", setting("speed", 0.01)),
    ]
    catalog = Catalog(entries=families, devices=[])
    start = run("a", {"speed": 20.0})
    there = field_carrier_switch.switch(start, catalog, carrier="particles")
    assert there.spec.family == Pick(slug="b")
    assert (
        field_carrier_switch.switch(there.spec, catalog, carrier="flow", aside=there.aside).spec
        == start
    )


def test_the_sampler_goes_with_the_denoiser_and_comes_back():
    start = run("edm", sampler=Pick(slug="heun", config={"steps": 9}))
    there = field_carrier_switch.switch(start, CATALOG, field="critic")
    assert there.spec.sampler is None
    far = field_carrier_switch.switch(there.spec, CATALOG, carrier="generator", aside=there.aside)
    back = field_carrier_switch.switch(
        far.spec, CATALOG, field="score", carrier="flow", aside=far.aside
    )
    assert back.spec.sampler == start.sampler


def test_a_generator_for_a_score_takes_the_score_difference_and_says_why():
    made = field_carrier_switch.switch(run("edm"), CATALOG, carrier="generator")
    assert made.spec.family.slug == "score-gan"
    assert "needs the score of its own samples" in made.note
    assert "Score difference" in made.note


def test_a_field_without_this_generator_switches_it_off_and_says_so():
    made = field_carrier_switch.switch(run("gan"), CATALOG, field="score")
    assert made.spec.family.slug == "edm"
    assert "generator is off" in made.note


def test_without_a_generator_particles_move_as_they_did_before():
    there = field_carrier_switch.switch(run("monoflow"), CATALOG, carrier="generator")
    back = field_carrier_switch.switch(there.spec, CATALOG, carrier="", aside=there.aside)
    assert back.spec.family.slug == "monoflow"
    assert (
        field_carrier_switch.switch(run("gan"), CATALOG, carrier="").spec.family.slug
        == "discriminator-flow"
    )


def test_the_other_way_to_move_is_taken_silently_where_there_is_only_one():
    made = field_carrier_switch.switch(run("discriminator-flow"), CATALOG, field="kernel")
    assert (made.spec.family.slug, made.note) == ("mmd-flow", "")


def test_the_kind_of_data_decides_what_there_is():
    assert field_carrier_switch.cell(CATALOG, "exact", "flow", "images") == []
    assert "does not support images" in field_carrier_switch.why_not(
        CATALOG, "exact", "flow", "images"
    )
    made = field_carrier_switch.switch(run("gan", data="digits"), CATALOG, field="exact")
    assert made.spec == run("gan", data="digits")
    assert made.note


@pytest.mark.parametrize(("data", "usual"), [("moons", 0.1), ("digits", 5.0), ("gone", 0.1)])
def test_the_kind_of_data_decides_what_a_default_is(data, usual):
    tuned = family("tuned", "", "", setting("speed", 0.1, defaults={"images": 5.0}))
    catalog = Catalog(entries=[*CATALOG.entries, tuned], devices=[])
    spec = run("tuned", data=data)
    field = draft_spec.entry_of(spec, "family", catalog).fields[-1]
    assert field.default == draft_spec.value_at({}, field) == usual
    for value in (0.1, 5.0):
        made = draft_spec.put(spec, "family", field, value)
        assert made.family.config == ({} if value == usual else {"speed": value})
    # A wish that is the usual speed there leaves no trace, any other is taken along.
    for wish in (0.1, 5.0):
        taken = field_carrier_switch.choose(
            run("monoflow", {"speed": wish}, data=data), catalog, "tuned"
        ).spec
        assert taken.family.config == ({} if wish == usual else {"speed": wish})


def test_every_empty_cell_has_a_reason():
    for field, carrier in itertools.product(
        field_carrier_switch.FIELDS, field_carrier_switch.CARRIERS
    ):
        filled = bool(field_carrier_switch.cell(CATALOG, field, carrier))
        assert bool(field_carrier_switch.why_not(CATALOG, field, carrier)) is not filled


def test_other_models_are_beside_the_grid():
    assert [e.slug for e in field_carrier_switch.others(CATALOG)] == ["jet-flow"]
    made = field_carrier_switch.choose(run("gan", {"latent": 4}), CATALOG, "jet-flow")
    back = field_carrier_switch.switch(
        made.spec, CATALOG, field="critic", carrier="generator", aside=made.aside
    )
    assert back.spec == run("gan", {"latent": 4})


def test_choosing_what_is_chosen_changes_nothing():
    start, aside = run("gan", {"latent": 4}), KeptChoices(settings={("speed", ""): 2.0})
    made = field_carrier_switch.choose(start, CATALOG, "gan", aside)
    assert made.spec is start
    assert made.aside is aside


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        (LOSS, "hinge", True),
        (LOSS, "ipm", False),
        (STEPS, 0, False),
        (STEPS, 5, True),
        (STEPS, 5.0, False),
        (STEPS, True, False),
        (SPEED, 0.0, False),
        (SPEED, 3, True),
        (SPEED, None, False),
        (setting("x", None, kind="float", optional=True), None, True),
        (setting("x", False, kind="bool"), True, True),
        (setting("x", False, kind="bool"), 1, False),
        (setting("x", 0.5, below=1.0), 1.0, False),
        (setting("x", "a", kind="text"), "b", True),
    ],
)
def test_a_setting_allows_what_its_form_would(field, value, allowed):
    assert field_carrier_switch.allows(field, value) is allowed


def test_who_asks_for_a_kind_of_data_begins_on_what_most_recipes_are_on():
    """GDSS opened on the first set of graphs of the alphabet, which no paper and no recipe has."""

    def data(slug, *kinds):
        return EntrySpec(
            kind="dataset", slug=slug, title=slug, summary="", source="", fields=[], kinds=[*kinds]
        )

    sets = [data("albert", "graphs"), data("community", "graphs"), data("ring")]
    catalog = msgspec.structs.replace(CATALOG, entries=sets)
    run = RunSpec(name="", family=Pick(slug="edm"), dataset=Pick(slug="community"))
    recipes = [msgspec.structs.replace(all_recipes()[0], run=run)]
    assert field_carrier_switch.data_for(["graphs"], catalog, recipes).slug == "community"
    assert field_carrier_switch.data_for(["graphs"], catalog, []).slug == "albert"
    assert field_carrier_switch.data_for(["jets"], catalog, recipes) is None
