"""What a model of jets is told of them is said on the setup, and no switch that is not heard."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from msgspec import structs
from PySide6.QtWidgets import QLabel

from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.app_state import DataInfo
from pushforward.studio.app.core.guidance_results import lacking
from pushforward.studio.app.core.run_conditions import classes_of, conditions
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.design.forms.form import Form
from pushforward.studio.engine.process import catalogue
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import Pick, RunSpec

JETS = RunSpec(name="x", family=Pick(slug="edm"), dataset=Pick(slug="pythia-jets"))
ALL = "It is conditioned on type, pT, eta, mass and number of constituents."


@pytest.fixture(scope="module")
def offer():
    """What the engine really offers."""
    discover()
    return catalogue.build([])


def by(slug, dataset="pythia-jets", **config):
    return structs.replace(JETS, family=Pick(slug=slug), dataset=Pick(slug=dataset, config=config))


@pytest.mark.parametrize(
    "slug", ["edm", "consistency-distillation", "gan", "monoflow", "pfgm-plus-plus"]
)
def test_a_model_of_jets_is_told_all_that_is_known_of_each(offer, slug):
    assert conditions(by(slug), offer) == ALL


def test_a_kernel_is_told_the_type_alone_and_points_and_classifiers_have_nothing_to_be_told(offer):
    said = "and none of pT, eta and mass; the number of constituents is kept."
    for slug in ("mmd-flow", "mmd-generator"):
        told = f"Its kernel compares the type of each jet, {said}"
        assert conditions(by(slug), offer) == told
        assert conditions(by(slug), offer, ()) == f"Its kernel compares nothing of a jet, {said}"
    assert conditions(by("edm", "two-moons"), offer) == ""
    assert conditions(by("noisy-classifier"), offer) == ""
    assert conditions(JETS, None) == ""


def test_jets_without_types_are_told_no_type(offer):
    own = by("edm", "project:mine", kind="jets")
    datasets = [DataInfo(name="mine", rows=9, columns=(), path=Path("x"), kind="jets")]
    untyped = "It is conditioned on pT, eta, mass and number of constituents."
    assert conditions(own, offer, classes_of(own, datasets)) == untyped
    typed = [replace(each, classes=("top",)) for each in datasets]
    assert conditions(own, offer, classes_of(own, typed)) == ALL
    assert classes_of(JETS, datasets) is None


def test_the_switch_that_tells_the_class_is_on_and_held_for_jets(offer, qtbot):
    """A run of an earlier version says in its file that it was not told."""
    spec = structs.replace(JETS, family=Pick(slug="edm", config={"conditional": False}))
    entry = draft_spec.entry_of(spec, "family", offer)
    form = Form(entry, folds=False)
    qtbot.addWidget(form)
    form.show_kind("jets")
    form.show_config(spec.family.config)
    row = form.rows["conditional"]
    assert not row.isHidden()
    assert not row.editor.isEnabled()
    assert "jets have this condition" in row.toolTip().lower()
    assert draft_spec.value_at(spec.family.config, row.field) is True
    assert not draft_spec.changed(spec.family.config, row.field)
    assert form.rows["label_dropout"].editor.isEnabled()
    run = RunState(key="a", name="a", spec=spec)
    assert lacking(run, offer) == (
        "This model is always conditioned on the class, so it has no unconditional prediction."
    )


async def test_the_switch_says_that_without_label_dropout_it_cannot_be_guided(bench, wait, offer):
    """Only the lab of a trained run had said so."""
    bench.script[m.Validate] = lambda command: {"problems": []}
    bench.script[m.PreviewData] = lambda command: ({"n": 4}, {"x": np.zeros((4, 1, 8, 8))})
    await bench.start()
    bench.state.catalog = bench.engine.jobs.offer = offer
    bench.state.catalog_changed.emit()
    recipe = next(r for r in bench.state.recipes if r.slug == "digits-edm")
    bench.actions.setup.open_recipe(recipe)
    panel = bench.window.inspector.setup
    form = next(each.form for each in panel.sections if each.section == "family")
    told, dropout = form.rows["conditional"], form.rows["label_dropout"]

    def said():
        lines = [each for each in told.findChildren(QLabel) if each.isVisible()]
        return [each.text() for each in lines if each.text() not in (told.field.title, "•")]

    assert said() == []
    bench.actions.setup.edit("family", told.field, True)
    assert said() == ["With label dropout 0 it cannot be guided; 0.1 is usual."]
    bench.actions.setup.edit("family", dropout.field, 0.1)
    assert said() == []


async def test_it_stands_below_the_sentence_of_a_setup(bench, wait, offer):
    bench.script[m.Validate] = lambda command: {"problems": []}
    x, facts = np.zeros((4, 2, 3), np.float32), {"n": 4, "names": ["top"]}
    bench.script[m.PreviewData] = lambda command: (facts, {"x": x})
    await bench.start()
    bench.state.catalog = bench.engine.jobs.offer = offer
    bench.state.catalog_changed.emit()
    page = bench.window.canvas.setup
    for slug, said in (("pc-droid-transformer", ALL), ("edm-eight-gaussians", "")):
        recipe = next(r for r in bench.state.recipes if r.slug == slug)
        bench.actions.setup.open_recipe(recipe)
        await wait(lambda: bench.state.draft.checked)
        assert page.told.text() == said
        assert page.told.isHidden() == (not said)
