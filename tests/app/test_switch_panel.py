"""The switch on the screen: what the sentence offers and says, by mouse and by keyboard."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF

from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.design.basic import Link
from pushforward.studio.app.design.forms.form import Form
from pushforward.studio.app.design.formula_label import lines_of
from pushforward.studio.app.text.formula_markup import Run, advance, elided, maths_font, runs_of
from pushforward.studio.protocol.catalog import EntrySpec, FieldSpec


async def set_up(bench, wait, slug="edm-eight-gaussians"):
    await bench.start()
    bench.actions.setup.open_recipe(next(r for r in bench.state.recipes if r.slug == slug))
    await wait(lambda: bench.state.draft.checked)
    bench.window.activateWindow()
    return bench.window.canvas.setup


def form(bench):
    return bench.window.inspector.setup.sections[1].form


def family(bench):
    return bench.state.draft.spec.family.slug


async def test_the_sentence_says_the_model_and_its_motion(bench, wait):
    page = await set_up(bench, wait)
    assert page.sentence.family.text() == "Diffusion (EDM)"
    assert page.motion.motion.text == "dx/ds = (x − D(x, s)) / s"
    assert page.motion.fact.accessibleName() == "Diffusion (EDM)"


async def test_a_generator_that_cannot_be_is_disabled_with_its_reason_and_a_way(bench, qtbot, wait):
    page = await set_up(bench, wait)
    network = page.sentence.carrier._group.button(1)
    assert not network.isEnabled()
    assert "its own law" in network.toolTip()
    assert "its own law" in page.note.text()
    # Of those that were taken out of the layout some may still wait for their deletion.
    assert page._ways.count() == 1
    way = page._ways.itemAt(0).widget()
    assert way.text() == "Take GAN instead"
    qtbot.mouseClick(way, Qt.MouseButton.LeftButton)
    assert family(bench) == "gan"
    assert "The field is now “Critic”" in page.note.text()


async def test_the_arrows_turn_the_generator_and_keep_the_keyboard(bench, qtbot, wait):
    page = await set_up(bench, wait)
    bench.actions.setup.switch(field="critic", carrier="generator")
    buttons = page.sentence.carrier._group.buttons()
    buttons[1].setFocus()
    qtbot.keyClick(buttons[1], Qt.Key.Key_Left)
    assert family(bench) == "monoflow"
    assert buttons[0].isChecked()
    assert buttons[0].hasFocus()
    assert page.motion.motion.text == "dx = h′(d) ∇d dt,  d = log p/q"
    assert "rescaling" in form(bench).rows
    qtbot.keyClick(buttons[0], Qt.Key.Key_Right)
    assert family(bench) == "gan"


async def test_a_shared_setting_survives_and_the_others_return(bench, qtbot, wait):
    await set_up(bench, wait)
    width = form(bench).entry.fields[-1]
    bench.actions.setup.edit("family", width, 200)
    bench.actions.setup.switch(field="critic", carrier="particles")
    bench.actions.setup.edit("family", form(bench).rows["shift"].field, 3.0)
    assert draft_spec.value_at(bench.state.draft.spec.family.config, width) == 200
    assert bench.state.draft.spec.sampler is None
    bench.actions.setup.switch(field="score")
    assert draft_spec.value_at(bench.state.draft.spec.family.config, width) == 200
    assert bench.state.draft.spec.sampler is not None
    bench.actions.setup.switch(field="critic", carrier="particles")
    assert bench.state.draft.spec.family.config["shift"] == 3.0
    await wait(lambda: bench.state.draft.checked)
    assert not bench.state.draft.reasons


async def test_the_h_is_shown_and_one_that_leads_away_is_flagged(bench, wait):
    panel = (await set_up(bench, wait)).motion
    bench.actions.setup.switch(field="critic", carrier="particles")
    assert panel.rescaling.text == "h(u) = u"
    assert not panel.warning.isVisible()
    bench.actions.setup.edit("family", form(bench).rows["rescaling"].field, "plugged-forward-kl")
    bench.actions.setup.edit("family", form(bench).rows["shift"].field, -2.0)
    assert panel.rescaling.text == "h(u) = −u eᵘ,  u = d − 2"
    assert panel.warning.text() == "Not monotone: h falls where u > −1."


async def test_the_palette_switches_the_generator(bench, wait):
    await set_up(bench, wait)
    registry = bench.window.registry
    registry.trigger("field-critic")
    before = family(bench)
    registry.trigger("switch-generator")
    assert {before, family(bench)} == {"gan", "monoflow"}
    bench.state.go("discover")
    assert registry["switch-generator"].why_not()


async def test_a_search_finds_the_switch_where_it_is(bench, wait, qtbot):
    page = await set_up(bench, wait)
    bench.actions.setup.switch(field="critic", carrier="generator")
    panel = bench.window.inspector.setup
    panel.finder.setText("generator")
    link = next(each for each in panel.elsewhere.findChildren(Link) if "generator" in each.text())
    qtbot.mouseClick(link, Qt.MouseButton.LeftButton)
    buttons = page.sentence.carrier._group.buttons()
    await wait(lambda: any(each.hasFocus() for each in buttons))
    panel.finder.setText("width")
    assert panel.elsewhere.isHidden()


async def test_what_is_looked_for_in_a_setup_is_not_looked_for_in_the_next(bench, wait):
    await set_up(bench, wait)
    setup = bench.window.inspector.setup
    data = next(each for each in setup.sections if each.section == "dataset")
    assert data.isVisible()
    setup.finder.setText("width")
    assert not data.isVisible()
    bench.window.registry.trigger("switch-generator")  # another form
    bench.state.draft_checked.emit()
    assert not data.isVisible()
    shown = [each for part in setup.sections if part.form for each in part.form.rows.values()]
    assert all(each.fits("width") for each in shown if each.isVisible())
    recipe = next(each for each in bench.state.recipes if each.run.family.slug == "edm")
    bench.actions.setup.open_recipe(recipe)
    assert setup.finder.text() == ""
    assert data.isVisible()


async def test_everything_in_it_has_a_name(bench, wait):
    page = await set_up(bench, wait)
    said = page.sentence
    slots = (said.data, said.family, said.carrier, said.sampler, said.budget)
    assert [each.accessibleName() for each in slots] == [
        "Data: Eight Gaussians", "Model: Diffusion (EDM)", "Carried by", "Sampler: Heun, 18 steps",
        "Budget: 6,000 steps",
    ]  # fmt: skip
    assert page.motion.motion.accessibleName() == page.motion.motion.text


def test_variables_are_slanted_and_words_are_not():
    assert [(run.text, run.slanted) for run in runs_of("dx = log σ(u) dt")] == [
        ("dx", True), (" = ", False), ("log", False), (" ", False), ("σ", True), ("(", False),
        ("u", True), (") ", False), ("dt", True),
    ]  # fmt: skip
    assert runs_of("eᵘ") == [Run("e", slanted=True), Run("ᵘ")]


def test_what_follows_a_low_line_stands_below():
    assert [(run.text, run.lowered) for run in runs_of("x_(t+1)]")] == [
        ("x", False), ("t", True), ("+1", True), ("]", False),
    ]  # fmt: skip
    assert runs_of("E_q h") == [
        Run("E", slanted=True), Run("q", slanted=True, lowered=True), Run(" "),
        Run("h", slanted=True),
    ]  # fmt: skip
    assert advance("E_q", 20) < advance("Eq", 20)
    assert runs_of("a_ij") == [Run("a", slanted=True), Run("ij", slanted=True, lowered=True)]


def test_a_formula_that_is_too_wide_ends_in_an_ellipsis(qapp):
    text = "dx/dτ = E_p k(x, ·) − E_q k(x, ·)"
    assert elided(text, 13, 1000) == text
    short = elided(text, 13, 90)
    assert short.endswith("…")
    assert text.startswith(short[:-1])
    assert advance(short, 13) <= 90 < advance(f"{text[: len(short) + 1]}…", 13)


@pytest.mark.parametrize("width", [90, 160, 260, 2000])
def test_a_formula_breaks_where_it_may_and_loses_nothing(qapp, width):
    text = "dθ/dτ = E[J(z)ᵀ h′(d) ∇d],  x = g(z; θ) = −s ∇log p(x; s)"
    lines = lines_of(text, width, QFontMetricsF(maths_font(17)))
    assert " ".join(" ".join(lines).split()) == " ".join(text.split())
    assert not any(line.rstrip().endswith("=") for line in lines)
    if width >= 260:
        assert all(line.count("(") == line.count(")") for line in lines)
    assert len(lines) == 1 or width < 2000


def test_settings_of_another_kind_of_data_are_left_out(qapp, qtbot):
    fields = [
        FieldSpec(path="net", kind="int", title="Net", help="", default=1, kinds=["points"]),
        FieldSpec(path="conv", kind="int", title="Conv", help="", default=1, kinds=["images"]),
        FieldSpec(path="lr", kind="float", title="Rate", help="", default=0.1),
    ]
    entry = EntrySpec(
        kind="family", slug="f", title="F", summary="", source="", fields=fields, field="critic"
    )
    form = Form(entry)
    qtbot.addWidget(form)
    shown = [path for path, each in form.rows.items() if not each.isHidden()]
    assert shown == ["net", "conv", "lr"]
    form.show_kind("images")
    assert [path for path, each in form.rows.items() if not each.isHidden()] == ["conv", "lr"]
    assert form.search("net") == 1  # a search finds it, and says why it does not matter
    assert not form.rows["net"].editor.isEnabled()
    assert form.rows["net"].toolTip() == "Matters only for points."
