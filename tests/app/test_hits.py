"""Finding anything: how well things fit, in which groups, and what the palette does with them."""

import pytest
from PySide6.QtCore import Qt

from pushforward.studio.app.shell.palette_paint import _parts
from pushforward.studio.app.shell.search_results import Hit, score, search
from pushforward.studio.app.shell.search_sources import _also, all_hits
from pushforward.studio.protocol.catalog import Choice, EntrySpec, FieldSpec
from tests.app.test_shell import train


def hit(title, group="Commands", **more):
    return Hit(**{"id": title, "title": title, "group": group, "do": lambda: None} | more)


HITS = [
    hit("Evaluate and step"),
    hit("Export samples"),
    hit("Pause or resume training"),
    hit("Preferences", words="settings options"),
    hit("Sample now", words="generate gener"),
    hit("Generate…"),
    hit("Later training step"),
    hit("MNIST without a generator", "Recipes", said="Discriminator Flow, MNIST"),
    hit("Fill the hole", "Recipes", said="EDM, MNIST"),
    hit("Fashion-MNIST", "Data"),
    hit("MNIST", "Data"),
]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("es", "Export samples"),  # letters alone: no word has them so
        ("expo", "Export samples"),
        ("paus", "Pause or resume training"),
        ("settings", "Preferences"),
        ("generate", "Generate…"),
        ("Gener", "Generate…"),
        ("sample export", "Export samples"),
        ("mnist", "MNIST"),
        ("fill hole", "Fill the hole"),
        (">step", "Evaluate and step"),
    ],
)
def test_the_best_fit_of_any_kind_comes_first(typed, first):
    hits = [each for each in HITS if each.group == "Commands"] if typed == "es" else HITS
    assert search(hits, typed)[0].hits[0].title == first


def test_groups_come_by_their_best_hit_and_hits_by_how_well_they_fit():
    found = search(HITS, "mnist")
    assert [each.group for each in found] == ["Data", "Recipes"]
    assert [each.title for each in found[0].hits] == ["MNIST", "Fashion-MNIST"]
    assert not search(HITS, "mnist step")
    assert search(HITS, "qqq") == []


def test_what_is_said_besides_is_found_by_how_its_words_begin():
    pages = [hit("Training", "Help", said="How to restore a wandering string", words="(ring-like)")]
    assert search(pages, "ring")[0].hits == pages
    assert search(pages, "rest wand")[0].hits == pages
    assert search([hit("Help", "Help", said="training, wandering")], "ring") == []


def test_a_page_about_a_word_comes_before_one_that_mentions_it():
    """ "copies" opened Solvers, which has the word once, before the page on memorisation."""
    once = hit("Solvers", "Help", words="a step copies the last one")
    about = hit("Image quality", "Help", words="copies of training data: copies are found")
    runs = [hit(f"run {n}", "Runs", words="copies" * (n > 0)) for n in range(3)]
    found = search([once, about, *runs], "copies")
    assert [each.title for each in found[-1].hits] == ["Image quality", "Solvers"]
    assert [each.title for each in found[0].hits] == ["run 1", "run 2"], "others in their order"


@pytest.mark.parametrize("typed", ["copies", "memorisation"])
async def test_memorisation_is_found_by_its_words(bench, typed):
    await bench.start()
    found = search(all_hits(bench.state, bench.actions, bench.window.registry), typed)
    pages = next(each for each in found if each.group == "Help")
    # The list of all claims names copies as null models more often than any page explains them.
    explaining = [hit.id for hit in pages.hits if hit.id != "help-verified"]
    assert explaining[0] == "help-image-quality"


def test_a_question_finds_what_has_its_most_telling_words():
    found = search(HITS, "how do I fill a hole in MNIST?")
    assert [each.title for group in found for each in group.hits] == ["Fill the hole"]
    assert search(HITS, "how do qqq") == []
    assert search(HITS, "qqq mnist") == []  # two words are both meant


def test_commands_alone_are_asked_for():
    assert [each.group for each in search(HITS, "> generate")] == ["Commands"]
    assert search(HITS, ">mnist") == []


def test_letters_must_appear_in_order():
    assert score("xp", "Export samples") > 0
    assert score("px", "Export samples") == 0


def test_what_was_typed_is_marked_where_it_stands():
    assert _parts("Fashion-MNIST", ("mnist",)) == [("Fashion-", False), ("MNIST", True)]
    assert _parts("aßa", ("ss",)) == [("aßa", False)]


def groups(bench, typed):
    found = search(all_hits(bench.state, bench.actions, bench.window.registry), typed)
    return {each.group: [h.title for h in each.hits] for each in found}


async def test_everything_there_is_is_found(bench, wait):
    await train(bench, wait)
    run = bench.state.runs.current
    bench.actions.setup.new()
    assert "EDM diffusion" in groups(bench, "edm diffusion")["Recipes"]
    assert "Eight Gaussians" in groups(bench, "eight gaussians")["Data"]
    assert any(run.name[5:] in title for title in groups(bench, run.name[5:])["Runs"])
    assert groups(bench, "monoflow")["Models"]
    assert groups(bench, "why gans fail")["Recipes"][0] == "Why GANs fail"
    assert groups(bench, "learning rate")["Settings"]
    assert groups(bench, "particles and generators")["Help"]
    assert groups(bench, "dark theme")["Commands"] == ["Dark theme"]


async def test_settings_are_found_before_anything_is_set_up(bench, qtbot):
    await bench.start()
    assert bench.state.draft is None
    palette = bench.window.palette_box
    palette.open()
    qtbot.keyClicks(palette.line, "learning rate")
    palette._show_kind("Settings")
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert bench.state.place == "setup"
    form = next(s.form for s in bench.window.inspector.setup.sections if s.section == "family")
    assert form.rows["lr"].editor.isAncestorOf(bench.window.focusWidget())


@pytest.mark.parametrize(
    ("typed", "id"),
    [
        ("bug report", "diagnostics"),
        ("switch generator", "switch-generator"),
        ("completion", "edit-lab"),
    ],
)
async def test_commands_are_found_by_other_words(bench, typed, id):
    await bench.start()
    found = search(all_hits(bench.state, bench.actions, bench.window.registry), typed)
    assert id in [each.id for f in found for each in f.hits]


async def test_named_methods_are_found_and_set_up(bench, wait):
    await bench.start()
    found = search(all_hits(bench.state, bench.actions, bench.window.registry), "ddim")
    first = next(each for group in found for each in group.hits if each.group == "Models")
    assert first.title == "DDIM"
    first.do()
    assert bench.state.place == "setup"
    assert bench.state.draft.method.slug == "ddim"
    titles = {each.title for each in all_hits(bench.state, bench.actions, bench.window.registry)}
    assert {"GDSS", "EDP-GNN"} <= titles


def test_a_model_is_found_by_the_names_that_it_has_by_its_settings():
    choices = [
        Choice(value="divergence", title="Divergence (VGAE)"),
        Choice(value="adversarial", title="A critic (ARVGA)"),
        Choice(value="none", title="Nothing (with care)"),
    ]
    field = FieldSpec(
        path="prior", kind="choice", title="", help="", default="divergence", choices=choices
    )
    entry = EntrySpec(
        kind="family", slug="vgae", title="VGAE", summary="", source="", fields=[field]
    )
    assert _also(entry) == ["VGAE", "ARVGA"]


async def test_what_is_found_is_gone_to(bench, qtbot, wait):
    await bench.start()
    palette, state = bench.window.palette_box, bench.state
    palette.open()
    qtbot.keyClicks(palette.line, "eight gaussians")
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert palette.isHidden()
    assert (state.place, state.dataset) == ("data", "eight-gaussians")
    bench.actions.setup.open_recipe(state.recipes[0])
    state.go("discover")
    palette.open()
    qtbot.keyClicks(palette.line, "learning rate")
    palette._show_kind("Settings")
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert state.place == "setup"


async def test_tab_goes_through_the_kinds_and_right_shows_all_of_one(bench, qtbot):
    await bench.start()
    palette = bench.window.palette_box
    palette.open()
    qtbot.keyClicks(palette.line, "gaussians")
    assert palette.kinds["Everything"].isChecked()
    few = palette.model.rowCount()
    first = palette.list.currentIndex().data(256).group
    qtbot.keyClick(palette.line, Qt.Key.Key_Right)
    assert palette.kinds[first].isChecked()
    assert palette.model.rowCount() != few
    qtbot.keyClick(palette.line, Qt.Key.Key_Backtab)
    qtbot.keyClick(palette.line, Qt.Key.Key_Tab)
    assert palette.kinds[first].isChecked()


async def test_a_recipe_is_trained_from_the_palette(bench, qtbot, wait):
    await bench.start()
    palette = bench.window.palette_box
    palette.open()
    qtbot.keyClicks(palette.line, "EDM diffusion")
    palette._show_kind("Recipes")
    qtbot.keyClick(palette.line, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    await wait(lambda: bench.state.runs.current is not None)


async def test_what_was_chosen_lately_stands_first(bench, qtbot):
    await bench.start()
    palette = bench.window.palette_box
    palette.open()
    qtbot.keyClicks(palette.line, "eight gaussians")
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    palette.open()
    assert palette.model.index(0).data() == "Lately"
    assert palette.model.index(1).data() == "Eight Gaussians"


async def test_what_is_typed_finds_among_a_thousand_runs_at_once(bench, wait):
    """Not a time: each letter looks through what was listed once, when it opened."""
    await bench.start()
    palette, asked = bench.window.palette_box, []
    listed = palette._list_hits
    palette._list_hits = lambda: asked.append(1) or listed()
    palette.open()
    for text in ("g", "ga", "gau"):
        palette.line.setText(text)
    assert len(asked) == 1


async def test_all_kinds_have_room_when_it_opens(bench):
    await bench.start()
    palette = bench.window.palette_box
    palette.open()
    chips = [chip for chip in palette.kinds.values() if chip.isVisible()]
    palette.layout().activate()
    assert len(chips) == len(palette.kinds)
    assert [c.text() for c in chips if c.width() < c.sizeHint().width()] == []
    assert palette.rect().contains(chips[-1].geometry())
