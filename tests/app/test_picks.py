"""A network is one setting of a family: what is offered, what follows from it, what is kept."""

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from pushforward.studio.app.core import data_type_change, draft_spec, field_carrier_switch
from pushforward.studio.app.core.draft import Draft
from pushforward.studio.app.core.draft_spec import Typed
from pushforward.studio.app.core.field_carrier_switch import KeptChoices
from pushforward.studio.app.design.forms import editors
from pushforward.studio.app.places.setup.setup_panel import SetupPanel
from pushforward.studio.protocol.catalog import Catalog, Dependency, EntrySpec, FieldSpec
from pushforward.studio.protocol.messages import ErrorInfo
from pushforward.studio.protocol.spec import Pick, RunSpec


def setting(path, default, kind="int", **more):
    title = more.pop("title", path.capitalize())
    return FieldSpec(
        path=path, kind=kind, title=title, help="What it does.", default=default, **more
    )


def entry(kind, slug, *fields, **more):
    return EntrySpec(
        kind=kind, slug=slug, title=more.pop("title", slug), summary=f"About {slug}.", source="",
        fields=list(fields), **more,
    )  # fmt: skip


def net(path, role, prefers, wishes=None):
    wishes = wishes or {}
    defaults = {kind: {"slug": slug, "config": wishes} for kind, slug in prefers.items()}
    return setting(
        path, {"slug": "", "config": wishes}, "pick", title=path.capitalize(),
        of="network", role=role, defaults=defaults,
    )  # fmt: skip


BOTH = {"points": "mlp", "images": "unet"}
CRITIC = net("critic", "critic", {"points": "mlp", "images": "mlp"}, {"activation": "leaky"})
TUNED = msgspec.structs.replace(
    net("net", "denoiser", BOTH),
    defaults={
        "points": {"slug": "mlp", "config": {}},
        "images": {"slug": "mlp", "config": {"width": 512}},
    },
)
CATALOG = Catalog(
    entries=[
        entry("family", "edm", setting("ema", 0.99, "float"), net("net", "denoiser", BOTH),
              field="score", carrier="flow"),
        entry("family", "score-flow", TUNED, field="score-difference", carrier="particles"),
        entry("family", "gan", CRITIC, field="critic", carrier="generator"),
        entry("network", "mlp", setting("width", 128, low=1.0, high=4096.0), setting("depth", 3),
              setting("activation", "silu", "text", advanced=True),
              title="Fully connected", roles=["denoiser", "critic"]),
        entry("network", "unet", setting("width", 16, low=2.0, high=512.0, title="Channels"),
              setting("attend", False, "bool"),
              setting("heads", 4, depends=Dependency(path="attend", values=[True])),
              title="U-Net", roles=["denoiser"], kinds=["images"]),
        entry("dataset", "moons", kinds=["points"]),
        entry("dataset", "circles", kinds=["points"]),
        entry("dataset", "digits", kinds=["images"]),
        entry("training", "training", setting("steps", 100)),
    ],
    devices=[],
)  # fmt: skip


def run(family="edm", config=None, data="digits"):
    return RunSpec(name="x", family=Pick(slug=family, config=config or {}), dataset=Pick(slug=data))


def fields(spec):
    return {f.path: f for f in draft_spec.entry_of(spec, "family", CATALOG).fields}


def pick(spec, slug, aside=None):
    return field_carrier_switch.exchange(spec, "family", fields(spec)["net.slug"], slug, aside)


def test_a_pick_is_opened_into_its_choice_and_the_settings_of_the_network_that_the_data_prefer():
    found = fields(run())
    assert list(found) == [
        "ema",
        "net.slug",
        "net.config.width",
        "net.config.attend",
        "net.config.heads",
    ]
    chooser = found["net.slug"]
    assert [(c.value, c.title) for c in chooser.choices] == [
        ("", "U-Net, set by the data"),
        ("mlp", "Fully connected"),
        ("unet", "U-Net"),
    ]
    assert chooser.choices[1].help == "About mlp."
    assert found["net.config.width"].title == "Channels"
    assert found["net.config.heads"].depends.path == "net.config.attend"


def test_only_networks_for_the_role_and_the_data_are_offered():
    assert [c.value for c in fields(run(data="moons"))["net.slug"].choices] == ["", "mlp"]
    assert [c.value for c in fields(run("gan"))["critic.slug"].choices] == ["", "mlp"]


def test_what_a_family_prefers_is_the_default_of_the_network():
    assert fields(run("gan"))["critic.config.activation"].default == "leaky"
    # A kind's preference is for the network that is preferred there.
    assert fields(run("score-flow"))["net.config.width"].default == 512
    assert fields(run("score-flow", data="moons"))["net.config.width"].default == 128
    assert fields(run("score-flow", {"net": {"slug": "unet"}}))["net.config.width"].default == 16


def test_a_network_that_is_named_as_the_data_prefer_it_anyway_is_no_change():
    config = {"net": {"slug": "unet", "config": {"width": 16}}}
    assert not any(draft_spec.changed(config, f) for f in fields(run("edm", config)).values())
    other = {"net": {"slug": "mlp"}}
    assert draft_spec.changed(other, fields(run("edm", other))["net.slug"])


def test_each_network_keeps_what_was_set_for_it():
    start = run("edm", {"net": {"config": {"width": 32}}})
    there = pick(start, "mlp")
    assert there.spec.family.config == {"net": {"slug": "mlp"}}
    wide = draft_spec.put(there.spec, "family", fields(there.spec)["net.config.width"], 256)
    back = pick(wide, "", there.aside)
    assert back.spec == start
    again = pick(back.spec, "mlp", back.aside)
    assert again.spec == wide


def test_naming_the_network_that_is_there_keeps_its_settings():
    start = run("edm", {"net": {"config": {"width": 32}}})
    named = pick(start, "unet")
    assert named.spec.family.config == {"net": {"config": {"width": 32}, "slug": "unet"}}
    assert pick(named.spec, "", named.aside).spec == start


def test_another_family_takes_the_network_along_with_its_settings():
    config = {"net": {"slug": "unet", "config": {"width": 32}}}
    explicit = {"net": {"slug": "mlp", "config": {"width": 256}}}
    # It prefers another network here, so that what was set for this one waits.
    there = field_carrier_switch.choose(
        run("edm", {"net": {"config": {"width": 32}}}), CATALOG, "score-flow"
    )
    assert there.spec.family.config == {}
    back = field_carrier_switch.choose(there.spec, CATALOG, "edm", there.aside)
    assert back.spec.family.config == {"net": {"config": {"width": 32}}}
    moved = field_carrier_switch.choose(run("edm", explicit), CATALOG, "score-flow")
    assert moved.spec.family.config == explicit
    # Here it is what the data prefer, which needs no naming.
    implied = field_carrier_switch.choose(
        run("score-flow", config), CATALOG, "edm"
    ).spec.family.config
    assert draft_spec.value_at(implied, fields(run("edm"))["net.config.width"]) == 32


def test_other_data_keep_a_network_that_they_can_have_and_drop_one_that_they_cannot():
    wide = {"net": {"slug": "mlp", "config": {"width": 256}}}
    kept = data_type_change.move(run("edm", wide), run(), CATALOG, Pick(slug="moons"))
    assert kept.spec.family.config == wide
    assert kept.reset == ()
    conv = {"net": {"slug": "unet", "config": {"width": 32}}}
    lost = data_type_change.move(
        run("score-flow", conv), run("score-flow"), CATALOG, Pick(slug="moons")
    )
    assert lost.spec.family.config == {}
    assert lost.reset == ("Net", "Channels")


def test_what_came_with_the_setup_goes_back_without_a_word_where_it_was_the_default():
    came = run("edm", {"ema": 0.99, "net": {"slug": "unet", "config": {"width": 16}}})
    moved = data_type_change.move(came, came, CATALOG, Pick(slug="moons"))
    assert (moved.spec.family.config, moved.reset) == ({}, ())


def test_settings_that_the_catalogue_does_not_know_are_told():
    old = {"ema": 0.9, "net": {"width": 64}, "image_net": {"width": 8}}
    assert draft_spec.unknown(run("edm", old), "family", CATALOG) == {
        "net.width": 64,
        "image_net.width": 8,
    }
    today = {"net": {"slug": "unet", "config": {"width": 3}}}
    assert draft_spec.unknown(run("edm", today), "family", CATALOG) == {}
    assert KeptChoices().picked == {}


async def opened(bench, wait, spec):
    await bench.start()
    bench.state.catalog = CATALOG
    bench.actions.setup.open_draft(Draft(spec=spec))
    [panel] = bench.window.findChildren(SetupPanel)
    await wait(lambda: panel.isVisible() and panel.sections[1].form is not None)
    return panel, panel.sections[1].form


async def test_the_form_shows_the_settings_of_the_network_that_is_chosen(bench, wait):
    panel, form = await opened(bench, wait, run())
    box = form.rows["net.slug"].editor.box
    assert isinstance(box, editors.ChoiceList)
    assert box.currentText() == "U-Net, set by the data"
    assert box.itemData(1, Qt.ItemDataRole.ToolTipRole) == "About mlp."
    kept = form.rows["ema"]
    box.setFocus()
    await wait(box.hasFocus)
    QTest.keyClick(box, Qt.Key.Key_Down)
    await wait(lambda: "net.config.depth" in form.rows)
    assert bench.state.draft.spec.family.config == {"net": {"slug": "mlp"}}
    assert "net.config.attend" not in form.rows
    assert panel.sections[1].form is form
    assert form.rows["ema"] is kept
    assert form.rows["net.config.width"].isVisible()
    chooser = form.rows["net.slug"]
    assert chooser.editor.box.hasFocus()
    assert not chooser._dot.isHidden()
    QTest.mouseClick(chooser._reset, Qt.MouseButton.LeftButton)
    await wait(lambda: "net.config.attend" in form.rows)
    assert bench.state.draft.spec.family.config == {}


async def test_what_was_mistyped_for_a_network_goes_with_it(bench, wait):
    _, form = await opened(bench, wait, run())
    width = form.rows["net.config.width"].field
    bench.actions.setup.mark("family", width, Typed("Channels", "1", "must be at least 2"))
    assert bench.state.draft.mistyped
    bench.actions.setup.edit("family", form.rows["net.slug"].field, "mlp")
    assert not bench.state.draft.mistyped


async def test_problems_inside_a_network_stand_at_its_settings(bench, wait):
    panel, form = await opened(bench, wait, run())
    at = "family.net.config.width"
    strange = "family.net.config.widht"
    bench.state.draft.problems = [
        ErrorInfo(kind="user", message=f"{at}: must be at most 512, got 999", path=at),
        ErrorInfo(kind="user", message=f"{strange}: unknown setting", path=strange),
    ]
    panel.refresh()
    assert form.rows["net.config.width"].problem.text() == "Must be at most 512, got 999"
    assert form.rows["net.slug"].problem.text() == "widht: unknown setting"
    panel.focus_setting(strange)
    await wait(form.rows["net.slug"].editor.box.hasFocus)


async def test_a_setup_of_earlier_words_is_taken_in_those_of_today(bench, wait):
    await opened(bench, wait, run())
    draft = bench.state.draft
    old = {"net": {"width": 64}}
    draft.spec = draft.came = run("edm", old)
    today = {"net": {"slug": "mlp", "config": {"width": 64}}}
    draft.resolved = run("edm", today)
    bench.actions.setup._modernise(draft)
    assert draft.spec.family.config == today
    assert draft.came == draft.spec


async def test_a_search_finds_a_network_by_its_name_and_settings_follow_what_they_depend_on(
    bench, wait
):
    panel, form = await opened(bench, wait, run())
    assert form.rows["net.config.heads"].isHidden()
    panel.finder.setText("u-net")
    assert not form.rows["net.slug"].isHidden()
    assert form.rows["ema"].isHidden()
