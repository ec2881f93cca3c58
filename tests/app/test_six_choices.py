"""The six choices in a setup: named methods fill them, and changing one tells where one is."""

import pytest
from msgspec import structs
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF

from pushforward.models.config import decode
from pushforward.studio.app.core import diffusion_choices, field_carrier_switch
from pushforward.studio.app.core.run_filter import RunFinding, counts, found
from pushforward.studio.app.core.run_methods import model_title
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.design.formula_label import lines_of
from pushforward.studio.app.places.setup.diffusion_card import whereabouts
from pushforward.studio.app.text.formula_markup import maths_font
from pushforward.studio.engine.process import catalogue
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.run.resolve import check, resolve
from pushforward.studio.methods import methods
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import Pick, RunSpec
from tests.app.test_sentence import titles

SCHEDULE = {
    "t": [0.0, 0.5, 1.0],
    "alpha": [0.1, 0.7, 1.0],
    "sigma": [1.0, 0.7, 0.0],
    "log_snr": [-4.0, 0.0, 12.0],
    "grid": [0.0, 0.5, 1.0],
}


@pytest.fixture(scope="module")
def offer():
    """What the engine really offers: methods are choices among its settings."""
    discover()
    return catalogue.build([])


@pytest.fixture
def set_up(bench, wait, offer):
    async def go(slug="edm-eight-gaussians", schedule=None):
        bench.script[m.Validate] = lambda command: {"problems": [], "schedule": schedule}
        await bench.start()
        bench.state.catalog = bench.engine.jobs.offer = offer
        bench.state.catalog_changed.emit()
        recipe = next(r for r in bench.state.recipes if r.slug == slug)
        bench.actions.setup.open_recipe(recipe)
        await wait(lambda: bench.state.draft.checked)
        return bench.window.canvas.setup.sentence

    return go


def method(slug):
    return next(each for each in methods() if each.slug == slug)


def choose(card, section, path, title):
    box = card.lists[section, path]
    box.setCurrentText(title)
    box.activated.emit(box.currentIndex())


async def test_a_named_method_fills_the_choices_and_names_the_run(bench, set_up):
    said = await set_up()
    bench.actions.setup.choose_method(method("ddpm"))
    spec = bench.state.draft.spec
    assert spec.family.config["precond"] == "eps"
    assert (spec.sampler.slug, spec.sampler.config["variance"]) == ("ancestral", "large")
    assert spec.name == "ddpm-eight-gaussians"
    assert said.method.text() == "DDPM"
    card = bench.window.canvas.setup.choices
    assert card.lists["family", "precond"].currentText() == "Noise (eps)"
    assert card.formulas["prediction"].text == "F = ε,  D = x̄ − s F"


@pytest.mark.parametrize("each", methods(), ids=lambda each: each.slug)
def test_every_method_has_its_formulas_with_their_sources(offer, each):
    spec = RunSpec(
        name="", dataset=Pick(slug="ring-of-five"), family=each.family, sampler=each.sampler
    )
    found = diffusion_choices.formulas(spec, offer)
    for choice in ("path", "loss", "sampler"):
        formula, source = found[choice]
        assert formula
        assert source
    assert bool(found["guidance"][0]) == (each.slug in ("cfg", "classifier-guidance"))


@pytest.mark.parametrize("each", methods(), ids=lambda each: each.slug)
def test_formulas_break_where_a_narrow_card_ends(offer, qapp, each):
    room = 262  # of a card in a window of 1280 pixels
    measure = QFontMetricsF(maths_font(14, slanted=False))
    spec = RunSpec(
        name="", dataset=Pick(slug="ring-of-five"), family=each.family, sampler=each.sampler
    )
    for text, _ in diffusion_choices.formulas(spec, offer).values():
        for line in lines_of(text, room, measure) if text else ():
            assert measure.horizontalAdvance(line) <= room, line


def test_what_stands_below_a_letter_is_in_the_brackets_that_are_read_so(offer):
    """``x_{<i}`` is written as it stands, ``x_(<i)`` with a small <i."""
    formulas = [
        text
        for entry in offer.entries
        for text in (entry.motion, *(line.formula for s in entry.stages for line in s.lines))
    ]
    assert any("_(<i)" in text for text in formulas)
    assert not [text for text in formulas if "_{" in text]


def test_formulas_follow_the_settings(offer):
    def said(slug, choice):
        spec = RunSpec(name="", dataset=Pick(slug="ring-of-five"), family=Pick(slug="edm"))
        return diffusion_choices.formulas(
            diffusion_choices.filled(spec, method(slug), offer), offer
        )[choice][0]

    assert "L_vlb" in said("iddpm", "loss")
    assert "exp(v ln β + (1 − v) ln β̃)" in said("iddpm", "prediction")
    assert "L_vlb" not in said("ddpm", "loss")
    assert said("edm", "path") == "x̄ = x₀ + s ε,  ε ~ N(0, I)"
    assert "σ_u = σ₀ (σ₁/σ₀)^u" in said("ncsn", "path")
    assert "min_η" in said("vdm", "loss")
    assert said("cfg", "guidance").startswith("D_γ = D₀ + γ (D_c − D₀)")


def test_guidance_is_a_named_method_only_where_the_model_can_be_led(offer):
    spec = RunSpec(name="", dataset=Pick(slug="ring-of-five"), family=Pick(slug="edm"))
    led = diffusion_choices.filled(spec, method("cfg"), offer)
    assert diffusion_choices.named(led, methods(), offer) == method("cfg")
    config = led.family.config
    more = structs.replace(led, family=Pick(slug="edm", config=config | {"label_dropout": 0.2}))
    assert diffusion_choices.named(more, methods(), offer) == method("cfg")
    for lacking in ({"conditional": False}, {"label_dropout": 0.0}):
        untold = structs.replace(led, family=Pick(slug="edm", config=config | lacking))
        assert diffusion_choices.named(untold, methods(), offer) is None
        assert diffusion_choices.differing(untold, method("ddim"), offer) == ["guidance"]


async def test_what_a_method_brought_along_goes_with_it(bench, set_up):
    await set_up()
    bench.actions.setup.choose_method(method("cfg"))
    assert bench.state.draft.spec.family.config["conditional"] is True
    bench.actions.setup.choose_method(method("ddpm"))
    config = bench.state.draft.spec.family.config
    assert "conditional" not in config
    assert "label_dropout" not in config
    # With another sampler it is a combination of its own, and still has what guidance brought.
    bench.actions.setup.choose_method(method("cfg"))
    bench.actions.setup.choose("sampler", "lms")
    bench.actions.setup.choose_method(method("ddpm"))
    assert "conditional" not in bench.state.draft.spec.family.config


async def test_another_choice_is_said_with_the_nearest_method(bench, set_up):
    said = await set_up()
    bench.actions.setup.choose_method(method("ddpm"))
    card = bench.window.canvas.setup.choices
    choose(card, "family", "weight", "Min-SNR")
    assert bench.state.draft.spec.family.config["weight"] == "min-snr"
    assert said.method.text() == "custom, near DDPM"
    assert card.told.text() == "A combination of its own: DDPM with another loss."
    assert bench.state.draft.spec.name == "edm-eight-gaussians"
    choose(card, "family", "weight", "Simple (DDPM)")
    assert said.method.text() == "DDPM"


async def test_a_grid_can_be_chosen_where_nobody_chose_a_sampler(bench, set_up):
    await set_up()
    bench.actions.setup.choose("sampler", "")
    card = bench.window.canvas.setup.choices
    assert bench.state.draft.spec.sampler is None
    choose(card, "sampler", "grid.kind", "Uniform log-SNR")
    spec = bench.state.draft.spec
    assert spec.sampler.slug == bench.state.catalog.get("family", "edm").sampler
    assert spec.sampler.config["grid"]["kind"] == "log-snr"
    choose(card, "sampler", "", "Heun (EDM)")
    assert bench.state.draft.spec.sampler.slug == "heun"


async def test_what_does_not_matter_is_dimmed_and_says_when_it_does(bench, set_up):
    await set_up()
    bench.actions.setup.choose_method(method("edm"))
    path = bench.window.canvas.setup.choices.lists["family", "path"]
    assert not path.isEnabled()
    assert "Training levels is Uniform time on a path" in path.toolTip()


async def test_the_picker_lists_methods_with_source_literature_and_pass_line(bench, qtbot, set_up):
    said = await set_up()
    said.method.setFocus()
    qtbot.keyClick(said.method, Qt.Key.Key_P)
    qtbot.keyClicks(said.picker.line, "ndm")
    assert titles(said.picker) == ["PNDM"]
    facts = dict(said.picker.body.current.facts)
    assert "arXiv:2202.09778" in facts["Source"]
    assert "FID 3.68" in facts["On CIFAR-10"]
    assert "err(50)" in facts["Measured here"]
    qtbot.keyClick(said.picker.line, Qt.Key.Key_Return)
    assert bench.state.draft.spec.sampler.slug == "plms"
    assert said.method.hasFocus()


async def test_a_model_that_is_no_diffusion_has_no_such_choices(bench, set_up):
    said = await set_up("gan-ring-of-five")
    view = bench.window.canvas.setup
    assert whereabouts(bench.state) == (None, "")
    assert said.method.isHidden() or not said.method.isVisibleTo(said)
    assert view.choices.isHidden()
    assert view.schedule.isHidden()


@pytest.mark.parametrize("schedule", [SCHEDULE, None])
async def test_the_noise_is_drawn_where_there_is_some(bench, set_up, schedule):
    await set_up(schedule=schedule)
    card = bench.window.canvas.setup.schedule
    assert card.isHidden() == (schedule is None)
    if schedule:
        assert card.plot.full_range(card.plot.planes[1])[1] == pytest.approx((-4.96, 12.96))


async def test_another_sampler_keeps_grid_and_guidance_and_gets_its_own_settings_back(
    bench, set_up
):
    """DDPM was no longer DDPM after a look at another sampler, and guidance was gone."""
    await set_up()
    setup, state = bench.actions.setup, bench.state
    setup.choose_method(method("ddpm"))
    setup.choose("sampler", "ddim")
    assert state.draft.spec.sampler.config["grid"] == {"kind": "time-uniform"}
    assert whereabouts(state)[1] == "grid"  # DDIM's own is quadratic
    setup.choose("sampler", "heun")
    assert state.draft.spec.sampler.config["grid"] == {"kind": "time-uniform"}
    setup.choose("sampler", "ancestral")
    found, apart = whereabouts(state)
    assert (found.slug, apart) == ("ddpm", "")
    setup.choose_method(method("cfg"))
    setup.choose("sampler", "dpmpp-2m")
    led = state.draft.spec.sampler.config["guidance"]
    assert (led["slug"], led["config"]["strength"]) == ("classifier-free", 2.0)


async def test_a_grid_in_the_time_of_the_path_follows_the_path(bench, set_up):
    await set_up()
    setup = bench.actions.setup
    setup.choose_method(method("ddpm"))
    card = bench.window.canvas.setup.choices
    choose(card, "family", "path", "Rectified flow")
    assert card.lists["sampler", "grid.path"].currentText() == "Rectified flow"
    choose(card, "sampler", "grid.path", "Variance exploding")
    choose(card, "family", "path", "Variance preserving, cosine")
    assert card.lists["sampler", "grid.path"].currentText() == "Variance exploding"


async def test_a_path_that_is_not_used_is_not_said(bench, set_up):
    """EDM draws its levels directly, and was said to be variance preserving."""
    await set_up(schedule=SCHEDULE)
    card = bench.window.canvas.setup.choices
    box = card.lists["family", "path"]
    assert (box.currentText(), box.placeholderText(), box.isEnabled()) == ("", "Not used", False)
    assert "unit variance" in bench.window.canvas.setup.schedule.fact.text()
    bench.actions.setup.choose_method(method("ddpm"))
    assert card.lists["family", "path"].currentText() == "Variance preserving, linear"


@pytest.mark.parametrize("slug", ["pythia-jets", "eight-gaussians"])
def test_the_choices_are_those_of_the_run_that_is_trained(offer, slug):
    """On jets a grid was shown that is even in the root of a time, and another one trained."""
    spec = RunSpec(name="r", family=Pick(slug="edm"), dataset=Pick(slug=slug))
    trained, problems = resolve(spec)
    assert problems == []
    shown = diffusion_choices.sampled(spec, offer)
    assert shown.sampler.slug == trained.sampler.entry.slug
    asked = decode(trained.sampler.entry.config, shown.sampler.config)
    assert asked == trained.sampler.config


def test_a_run_of_a_named_method_is_called_by_it(offer):
    """Of three diffusions of graphs the table could not say which is GDSS and which EDP-GNN."""
    runs = []
    for slug in ("gdss", "edp-gnn"):
        each = method(slug)
        spec = check(
            RunSpec(
                name=slug,
                family=each.family,
                dataset=Pick(slug="community"),
                sampler=each.sampler,
            )
        ).spec
        runs.append(RunState(key=f"/p/runs/{slug}", name=slug, spec=spec))
    own = structs.replace(
        spec, family=Pick(slug="edm", config={**spec.family.config, "precond": "eps"})
    )
    runs.append(RunState(key="/p/runs/own", name="own", spec=own))
    assert [model_title(run, offer) for run in runs] == ["GDSS", "EDP-GNN", "Diffusion"]
    facet = counts(runs, RunFinding(), offer)["Model"]
    assert facet == {"Diffusion": 3, "GDSS": 1, "EDP-GNN": 1}
    finding = RunFinding()
    finding.seek("edp-gnn")
    assert found(runs, finding, offer) == [runs[1]]


@pytest.mark.parametrize(("data", "taken"), [("qm9", "masked-types"), ("ring-of-five", "edm")])
def test_a_model_that_does_not_take_the_data_gives_way_to_its_sibling(offer, data, taken):
    """After DiGress a set of molecules was learned by EDM, and DiGress with types went unnamed."""
    spec = RunSpec(name="r", family=Pick(slug="digress"), dataset=Pick(slug=data))
    found = field_carrier_switch.able(spec, offer)
    assert found.spec.family.slug == taken
    assert found.note.endswith(f": {offer.get('family', taken).title} does.")
