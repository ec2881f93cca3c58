"""Finding a recipe: by words, by facets with their counts, on shelves, with the keyboard alone."""

import pytest
from PySide6.QtCore import Qt

from studio import resources
from studio.app.state import finding
from studio.app.state.finding import FACETS, counts, found, nearest

RECIPES = resources.recipes()
DOMAIN, METHOD, QUESTION, TIME = FACETS


@pytest.mark.parametrize("facet", FACETS, ids=lambda facet: facet.title)
def test_a_count_is_how_many_recipes_a_choice_leaves(facet):
    beside = {METHOD.title: "Diffusion"} if facet is not METHOD else {TIME.title: "Under 1 min"}
    told = counts(facet, RECIPES, "", beside)
    assert sum(told.values()) >= 3
    for value, count in told.items():
        assert count == len(found(RECIPES, "", {**beside, facet.title: value}))


def test_every_recipe_has_a_domain_a_method_and_a_time():
    for recipe in RECIPES:
        assert all(facet.of(recipe) for facet in (DOMAIN, METHOD, TIME)), recipe.slug
    assert 3 <= sum(recipe.start for recipe in RECIPES) <= 4
    assert len({value for recipe in RECIPES for value in METHOD.of(recipe)}) <= 8
    assert len({value for recipe in RECIPES for value in QUESTION.of(recipe)}) <= 8


def test_all_words_have_to_be_there_in_any_order():
    slugs = [recipe.slug for recipe in found(RECIPES, "MNIST  generator", {})]
    assert "mnist-discriminator-flow" in slugs
    assert slugs == [r.slug for r in found(RECIPES, "generator mnist", {})]
    assert found(RECIPES, "mnist nowhere-to-be-found", {}) == []


def test_what_is_misspelt_has_neighbours():
    assert nearest(RECIPES, "checkerbord")[0].slug == "ddpm-checkerboard"


async def gallery_of(bench):
    await bench.start()
    bench.window.activateWindow()
    bench.window.show()
    gallery = bench.window.canvas.gallery
    gallery.focus_first()
    return gallery


async def test_words_turn_shelves_into_one_grid_and_enter_opens_the_first(bench, qtbot, wait):
    gallery = await gallery_of(bench)
    assert len(gallery.shelves) >= 3
    assert len({card.recipe.slug for card in gallery.cards}) == len(gallery.cards)
    await wait(gallery.search.hasFocus)
    qtbot.keyClicks(gallery.search, "swiss")
    assert [card.recipe.slug for card in gallery.cards] == ["edm-swiss-roll"]
    assert len(gallery.shelves) == 1
    qtbot.keyClick(gallery.search, Qt.Key.Key_Return)
    await wait(lambda: bench.state.draft is not None)
    assert bench.state.draft.recipe.slug == "edm-swiss-roll"


async def test_a_facet_narrows_and_a_second_click_or_escape_undoes_it(bench, qtbot, wait):
    gallery = await gallery_of(bench)
    line = gallery.facets.line("Method", "GAN")
    qtbot.mouseClick(line, Qt.MouseButton.LeftButton)
    assert line.isChecked()
    assert len(gallery.cards) == int(line.note) > 1
    assert all("GAN" in card.recipe.methods for card in gallery.cards)
    # What would leave nothing is dimmed, and stays where it is.
    assert not gallery.facets.line("Domain", "Graphs").isEnabled()
    qtbot.mouseClick(line, Qt.MouseButton.LeftButton)
    assert not line.isChecked()
    assert len(gallery.shelves) >= 3
    qtbot.mouseClick(line, Qt.MouseButton.LeftButton)
    qtbot.keyClick(gallery.search, Qt.Key.Key_Escape)
    assert len(gallery.shelves) >= 3


async def test_where_nothing_is_found_the_nearest_are_offered(bench, qtbot):
    gallery = await gallery_of(bench)
    qtbot.keyClicks(gallery.search, "swizz roll")
    assert gallery.cards[0].recipe.slug == "edm-swiss-roll"
    assert len(gallery.cards) == 3
    gallery.shelves[0].link.click()
    assert gallery.search.text() == ""
    assert len(gallery.shelves) >= 3


async def test_all_shelves_are_one_grid_to_the_keyboard(bench, qtbot, wait):
    gallery = await gallery_of(bench)
    qtbot.keyClick(gallery.search, Qt.Key.Key_Down)
    await wait(gallery.cards[0].hasFocus)
    lines = [line for shelf in gallery.shelves for line in shelf.grid.lines]
    for line in lines[1:]:
        qtbot.keyClick(bench.window.focusWidget(), Qt.Key.Key_Down)
        assert bench.window.focusWidget() is line[0]
    for _ in lines:
        qtbot.keyClick(bench.window.focusWidget(), Qt.Key.Key_Up)
    assert gallery.search.hasFocus()


async def test_a_card_says_what_is_trained_on_what_once_that_is_known(bench):
    assert finding.what(RECIPES[0], None) == []
    gallery = await gallery_of(bench)
    card = gallery.cards[0]
    model, data = finding.what(card.recipe, bench.state.catalog)
    assert f"{model} · {data} · " in card.accessibleDescription()
    assert card.accessibleDescription().endswith(card.recipe.kind)


async def test_a_catalogue_that_arrives_moves_no_card_and_takes_no_keyboard(bench, qtbot, wait):
    gallery = await gallery_of(bench)
    qtbot.keyClick(gallery.search, Qt.Key.Key_Down)
    (first, *_), shelves = gallery.cards, list(gallery.shelves)
    await wait(first.hasFocus)
    bench.state.catalog_changed.emit()
    assert first.hasFocus()
    assert gallery.shelves == shelves
