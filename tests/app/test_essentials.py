"""Essentials shows at most eight settings, whatever the model."""

import pytest

from pushforward.models.registry import discover
from pushforward.studio.app.core.essential_settings import MOST, essentials
from pushforward.studio.engine.process import catalogue
from pushforward.studio.protocol.catalog import FieldSpec


@pytest.fixture(scope="module")
def offer():
    discover()
    return catalogue.build([])


def shown(panel):
    forms = [section.form for section in panel.sections if section.form is not None]
    return [row.field.path for form in forms for row in form.rows.values() if not row.isHidden()]


async def test_every_recipe_has_at_most_eight_essentials(bench, wait, offer):
    await bench.start()
    bench.state.catalog = bench.engine.jobs.offer = offer
    bench.state.catalog_changed.emit()
    families = {recipe.run.family.slug: recipe for recipe in bench.state.recipes}
    assert len(families) > 20
    panel = bench.window.inspector.setup
    for slug, recipe in families.items():
        bench.actions.setup.open_recipe(recipe)
        assert 1 <= len(shown(panel)) <= MOST, (slug, shown(panel))
    panel.tabs.chosen.emit(1)
    assert len(shown(panel)) > MOST
    panel.tabs.chosen.emit(0)
    assert len(shown(panel)) <= MOST


def test_the_common_settings_come_first():
    def field(path):
        return FieldSpec(path=path, kind="float", title=path, help="", default=0.0)

    own = [("family", field(f"own_{n}")) for n in range(9)]
    common = [("family", field("optimizer.lr")), ("training", field("batch"))]
    chosen = essentials([*own, *common])
    assert len(chosen) == MOST
    assert {("family", "optimizer.lr"), ("training", "batch"), ("family", "own_0")} <= chosen
