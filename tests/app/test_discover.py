"""Finding a recipe: by words, by facets with their counts, on shelves, with the keyboard alone."""

import pytest
from PySide6.QtCore import Qt

from pushforward.studio import resources
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.places.discover import recipe_search
from pushforward.studio.app.places.discover.learning_paths import learning_paths
from pushforward.studio.app.places.discover.recipe_search import FACETS, Findable, nearest
from pushforward.studio.protocol.catalog import Catalog, EntrySpec

RECIPES = resources.recipes()
FINDABLE = Findable(RECIPES)
DOMAIN, METHOD, QUESTION, TIME, DEVICE = FACETS


@pytest.mark.parametrize("facet", FACETS, ids=lambda facet: facet.title)
def test_a_count_is_how_many_recipes_a_choice_leaves(facet):
    beside = {METHOD.title: "Diffusion"} if facet is not METHOD else {TIME.title: "Under 1 min"}
    told = FINDABLE.counts("", beside)[facet.title]
    assert sum(told.values()) >= 3
    for value, count in told.items():
        assert count == len(FINDABLE.found("", {**beside, facet.title: value}))


def test_every_recipe_has_a_domain_a_method_and_a_time():
    for recipe in RECIPES:
        assert all(facet.of(recipe) for facet in (DOMAIN, METHOD, TIME, DEVICE)), recipe.slug
    assert 3 <= sum(recipe.start for recipe in RECIPES) <= 4
    assert len({value for recipe in RECIPES for value in METHOD.of(recipe)}) <= 8
    assert len({value for recipe in RECIPES for value in QUESTION.of(recipe)}) <= 8


def test_all_words_have_to_be_there_in_any_order():
    slugs = [recipe.slug for recipe in FINDABLE.found("MNIST  generator", {})]
    assert "mnist-discriminator-flow" in slugs
    assert slugs == [r.slug for r in FINDABLE.found("generator mnist", {})]
    assert FINDABLE.found("mnist nowhere-to-be-found", {}) == []


@pytest.mark.parametrize("text", ["top quark", "particle physics", "remote sensing", "molecules"])
def test_a_recipe_is_found_by_what_its_data_are_about(text):
    jets = next(recipe for recipe in RECIPES if recipe.slug == "jets-edm")
    entries = [
        EntrySpec(kind="dataset", slug="pythia-jets", title="Jets", source="", fields=[],
                  summary="Jets of light quarks and tops."),
    ]  # fmt: skip
    findable = Findable(RECIPES, Catalog(entries=entries, devices=[]))
    slugs = [r.slug for r in findable.found(text, {})]
    assert slugs
    assert (jets.slug in slugs) == (text in ("top quark", "particle physics"))


def test_what_is_called_so_comes_before_what_it_is_only_said_of():
    """Of twelve recipes in which "molecul" occurs the one on molecules was the last."""
    called = [recipe.slug for recipe in FINDABLE.found("molecul", {})]
    assert called[0] == "molecules-unmasked"
    rest = [slug for slug in (recipe.slug for recipe in RECIPES) if slug in called[1:]]
    assert sorted(called[1:]) == sorted(rest)
    alike = [recipe.slug for recipe in FINDABLE.found("", {})]
    assert alike == [recipe.slug for recipe in RECIPES], "in their order where nothing is sought"


def test_learning_paths_name_recipes_and_say_why_each_comes_next():
    paths = learning_paths()
    assert len(paths) >= 3
    slugs = {recipe.slug for recipe in RECIPES}
    for path in paths:
        steps = [step.recipe for step in path.steps]
        assert len(steps) == len(set(steps)) >= 4
        assert set(steps) <= slugs
        assert all(step.why.endswith(".") and len(step.why) <= 80 for step in path.steps)


def test_what_takes_minutes_says_whether_a_gpu_is_better():
    assert all(recipe.expected_seconds >= 60 for recipe in RECIPES if recipe.gpu)
    assert sum(recipe.gpu for recipe in RECIPES) >= 1


def test_what_is_misspelt_has_neighbours():
    assert nearest(RECIPES, "checkerbord")[0].slug == "ddpm-checkerboard"


async def discover_of(bench):
    await bench.start()
    bench.window.activateWindow()
    bench.window.show()
    page = bench.window.canvas.discover
    page.focus_first()
    return page


async def test_words_turn_shelves_into_one_grid_and_enter_opens_the_first(bench, qtbot, wait):
    page = await discover_of(bench)
    assert len(page.shelves) >= 3
    assert len({card.recipe.slug for card in page.cards}) == len(page.cards)
    await wait(page.search.hasFocus)
    qtbot.keyClicks(page.search, "swiss")
    assert [card.recipe.slug for card in page.cards] == ["edm-swiss-roll"]
    assert len(page.shelves) == 1
    qtbot.keyClick(page.search, Qt.Key.Key_Return)
    await wait(lambda: bench.state.draft is not None)
    assert bench.state.draft.recipe.slug == "edm-swiss-roll"


async def test_a_facet_narrows_and_a_second_click_or_escape_undoes_it(bench, qtbot, wait):
    page = await discover_of(bench)
    line = page.facets.line("Method", "GAN")
    qtbot.mouseClick(line, Qt.MouseButton.LeftButton)
    assert line.isChecked()
    assert len(page.cards) == int(line.note) > 1
    assert all("GAN" in card.recipe.methods for card in page.cards)
    # What would leave nothing is dimmed, and stays where it is.
    assert not page.facets.line("Domain", "Molecules").isEnabled()
    qtbot.mouseClick(line, Qt.MouseButton.LeftButton)
    assert not line.isChecked()
    assert len(page.shelves) >= 3
    qtbot.mouseClick(line, Qt.MouseButton.LeftButton)
    qtbot.keyClick(page.search, Qt.Key.Key_Escape)
    assert len(page.shelves) >= 3


async def test_a_letter_moves_cards_and_makes_none_anew(bench, qtbot, wait):
    page = await discover_of(bench)
    cards = {card.recipe.slug: card for card in page.cards}
    qtbot.keyClicks(page.search, "g")
    (shelf,), homes = page.shelves, {card: card.parent() for card in page.cards}
    qtbot.keyClicks(page.search, "an")
    assert page.shelves == [shelf]  # another heading, and fewer cards
    assert 1 < len(page.cards) < len(homes)
    assert all(card.parent() is homes[card] for card in page.cards)
    assert all(card.isHidden() for card in homes if card not in page.cards)
    qtbot.keyClick(page.search, Qt.Key.Key_Escape)
    await wait(lambda: {card.recipe.slug: card for card in page.cards} == cards)


async def test_where_nothing_is_found_the_nearest_are_offered(bench, qtbot):
    page = await discover_of(bench)
    qtbot.keyClicks(page.search, "swizz roll")
    assert page.cards[0].recipe.slug == "edm-swiss-roll"
    assert len(page.cards) == 3
    page.shelves[0].link.click()
    assert page.search.text() == ""
    assert len(page.shelves) >= 3


async def test_all_shelves_are_one_grid_to_the_keyboard(bench, qtbot, wait):
    page = await discover_of(bench)
    qtbot.keyClick(page.search, Qt.Key.Key_Down)
    await wait(page.cards[0].hasFocus)
    lines = [line for shelf in page.shelves for line in shelf.grid.lines]
    for line in lines[1:]:
        qtbot.keyClick(bench.window.focusWidget(), Qt.Key.Key_Down)
        assert bench.window.focusWidget() is line[0]
    for _ in lines:
        qtbot.keyClick(bench.window.focusWidget(), Qt.Key.Key_Up)
    assert page.search.hasFocus()


async def test_a_card_says_what_is_trained_on_what_once_that_is_known(bench):
    assert recipe_search.what(RECIPES[0], None) == []
    page = await discover_of(bench)
    card = page.cards[0]
    model, data = recipe_search.what(card.recipe, bench.state.catalog)
    assert f"{model} · {data} · " in card.accessibleDescription()
    assert card.accessibleDescription().endswith(card.recipe.kind)


async def test_a_narrow_card_leaves_out_the_kind_then_the_data_and_never_the_model(bench):
    page = await discover_of(bench)
    card = next(card for card in page.cards if card.recipe.slug == "edm-eight-gaussians")
    card.show_what(["Diffusion", "Eight Gaussians"])
    whole = card.facts(None)
    assert whole.startswith("Diffusion · Eight Gaussians · ")
    assert whole.endswith(" · points")
    lines = list(dict.fromkeys(card.facts(room) for room in range(400, 60, -1)))
    time = whole.split(" · ")[2]
    assert lines[:3] == [
        whole, f"Diffusion · Eight Gaussians · {time}", f"Diffusion · {time}"
    ]  # fmt: skip
    assert all(line.startswith("D") for line in lines)


async def test_a_catalogue_that_arrives_moves_no_card_and_takes_no_keyboard(bench, qtbot, wait):
    page = await discover_of(bench)
    qtbot.keyClick(page.search, Qt.Key.Key_Down)
    (first, *_), shelves = page.cards, list(page.shelves)
    await wait(first.hasFocus)
    bench.state.catalog_changed.emit()
    assert first.hasFocus()
    assert page.shelves == shelves


async def test_paths_are_shelves_of_numbered_steps_that_are_checked_when_trained(bench, wait):
    page = await discover_of(bench)
    _, cards = page._steps[0]
    shelf = next(shelf for shelf in page.shelves if shelf.grid.cards == cards)
    assert cards[0].accessibleName() == f"Step 1, to come: {cards[0].recipe.title}"
    assert shelf.grid.seen == cards  # in an order, of which none may be missing
    run = RunState(key="a", name="0001-a", spec=cards[0].recipe.run, state="finished")
    bench.state.runs.by_key["a"] = run
    bench.state.runs.listed.emit()
    assert cards[0].accessibleName().startswith("Step 1, done: ")
    assert cards[1].accessibleName().startswith("Step 2, to come: ")
    shelf = next(shelf for shelf in page.shelves if shelf.grid.cards == cards)
    assert shelf.link.text() == "continue at step 2"
    shelf.link.click()
    await wait(lambda: bench.state.draft is not None)
    assert bench.state.draft.recipe.slug == cards[1].recipe.slug
    bench.state.runs.by_key.clear()


async def test_a_path_is_found_by_its_name(bench, qtbot):
    page = await discover_of(bench)
    qtbot.keyClicks(page.search, "why gans fail")
    assert [shelf._title.text() for shelf in page.shelves] == ["Why GANs fail"]
    page.search.setText("discriminator")
    found = page.shelves[0]._title.text()
    bench.state.window.search.emit("why gans")
    assert [shelf._title.text() for shelf in page.shelves] == ["Why GANs fail"]
    assert "recipe" in found


async def test_all_recipes_stand_in_one_grid_where_that_is_wanted(bench):
    page = await discover_of(bench)
    page.layout_choice.chosen.emit(1)
    assert [card.recipe.slug for card in page.cards] == [recipe.slug for recipe in RECIPES]
    assert len(page.shelves) == 1
    page.layout_choice.chosen.emit(0)
    assert len(page.shelves) > 3


async def test_what_narrows_recipes_is_seen_in_the_head_and_in_the_arrangement(bench, qtbot):
    """Shelves stayed chosen above a grid of seven, below a head of 68 recipes."""
    page = await discover_of(bench)
    head, every = bench.window.sidebar._note, bench.window.sidebar._note.text()
    page._choose("Domain", "Images")
    found = len(page.cards)
    assert head.text() == f"{found} of {every}"
    shelves, grid = page.layout_choice._group.buttons()
    assert grid.isChecked()
    qtbot.mouseClick(shelves, Qt.MouseButton.LeftButton)
    assert shelves.isChecked()
    assert len(page.shelves) > 3
    assert head.text() == every


async def test_the_card_for_own_data_asks_for_a_file(bench, qtbot):
    page = await discover_of(bench)
    assert page.shelves[0].grid.cards[-1] is page.own
    with qtbot.waitSignal(bench.state.window.import_files):
        qtbot.keyClick(page.own, Qt.Key.Key_Return)


async def test_tab_goes_from_the_facets_to_the_search_and_to_the_cards(bench, qtbot, wait):
    page = await discover_of(bench)
    await wait(page.search.hasFocus)
    met = []
    for _ in range(3):
        qtbot.keyClick(bench.window.focusWidget(), Qt.Key.Key_Tab)
        met.append(bench.window.focusWidget())
    assert page.layout_choice.isAncestorOf(met[0])
    assert met[1] is page.cards[0]
    # The other cards are reached by arrows: what comes next is a link.
    assert met[2] is next(shelf.link for shelf in page.shelves if shelf.link is not None)
    page.search.setFocus()
    qtbot.keyClick(page.search, Qt.Key.Key_Backtab)
    assert bench.window.focusWidget() is page.facets.line("Domain", "Points")


async def test_enter_chooses_a_facet_and_arrows_go_to_the_next(bench, qtbot):
    page = await discover_of(bench)
    line = page.facets.line("Domain", "Points")
    line.setFocus()
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert line.isChecked()
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert not line.isChecked()
    qtbot.keyClick(line, Qt.Key.Key_Down)
    assert page.facets.line("Domain", "Images").hasFocus()


async def test_a_slash_and_ctrl_g_lead_to_the_search(bench, qtbot):
    page = await discover_of(bench)
    for id in ("find-here", "search-recipes"):
        page.cards[0].setFocus()
        assert bench.window.registry.trigger(id)
        assert page.search.hasFocus()
    qtbot.keyClicks(page.search, "1/2")
    assert page.search.text() == "1/2"


async def test_what_is_found_is_seen_from_its_beginning(bench, qtbot):
    page = await discover_of(bench)
    bar = page.board._area.verticalScrollBar()
    bar.setValue(bar.maximum())
    assert bar.value() > 0
    qtbot.keyClicks(page.search, "no such recipe")
    assert bar.value() == 0
    assert page.shelves[0].grid.cards


@pytest.mark.parametrize(("width", "columns"), [(1440, 4), (1279, 3), (959, 2)])
async def test_a_narrower_window_has_fewer_columns(bench, wait, width, columns):
    page = await discover_of(bench)
    bench.window.resize(width, 800)
    await wait(lambda: bench.window.width() == width)
    await wait(lambda: {shelf.grid.columns for shelf in page.shelves} == {columns})
    # The page is as high as what is on it.
    last = page.shelves[-1]
    assert page.board._area.widget().height() < last.y() + last.height() + 80
