"""The registry, its search, and that menus, shortcuts and palette show the same."""

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QLabel, QLineEdit
from shiboken6 import delete

from pushforward.studio import resources
from pushforward.studio.app.commands.command_registry import Command, Registry
from pushforward.studio.app.core import help_pages, preferences
from pushforward.studio.app.shell import dialogs
from pushforward.studio.protocol.catalog import StageSpec

MOST = 25  # lines of a menu that 720 pixels have room for, at 26 each


def command(id, title, **more):
    return Command(**{"id": id, "title": title, "run": lambda: None, "menu": "Run"} | more)


def test_an_id_and_a_shortcut_belong_to_one_command():
    registry = Registry()
    registry.add(command("a", "A", shortcut="Ctrl+A"))
    with pytest.raises(ValueError, match="is there twice"):
        registry.add(command("a", "B"))
    with pytest.raises(ValueError, match="belongs to 'a' already"):
        registry.add(command("b", "B", shortcut="Ctrl+A"))


def test_a_command_that_cannot_be_done_is_not_done():
    done = []
    registry = Registry()
    registry.add(command("a", "A", run=lambda: done.append(1), why_not=lambda: "Not now."))
    registry.add(command("b", "B", run=lambda: done.append(2)))
    assert not registry.trigger("a")
    assert registry.trigger("b")
    assert done == [2]


def titles_in(menu):
    found = set()
    for action in menu.actions():
        within = action.menu()
        found |= titles_in(within) if within else {action.text().split("\t")[0]}
    return found


def listed_in(palette):
    return {palette.model.index(i).data() for i in range(palette.model.rowCount())}


async def test_every_command_is_in_the_menu_in_the_palette_and_has_its_shortcut(bench):
    await bench.start()
    registry = bench.window.registry
    titles = {c.title for c in registry}
    listed = set()
    for entry in bench.window.topbar.more.menu().actions():
        menu = entry.menu()
        menu.aboutToShow.emit()
        assert len(menu.actions()) <= MOST, f"{menu.title()} does not fit a low screen"
        listed |= titles_in(menu)
    assert listed == titles
    bench.window.palette_box.open()
    palette = bench.window.palette_box
    pages = {page.title for page in help_pages.all_pages(bench.state.catalog)}
    assert listed_in(palette) | pages >= titles
    keys = {a.shortcut().toString() for a in bench.window.actions()}
    assert {QKeySequence(c.shortcut).toString() for c in registry if c.shortcut} <= keys
    drawn = {path.stem for path in resources.folder("icons").glob("*.svg")}
    assert {c.icon for c in registry if c.icon} <= drawn


async def test_what_had_the_keyboard_before_the_palette_may_be_gone(bench):
    line = QLineEdit(bench.window.inspector)
    line.show()
    line.setFocus()
    bench.window.palette_box.open()
    delete(line)
    # From an event of the window this would end the process, and not only raise.
    bench.window.palette_box.dismiss()
    assert bench.window.palette_box.isHidden()


async def test_the_palette_does_what_is_chosen_and_refuses_what_cannot_be_done(bench, qtbot, wait):
    await bench.start()
    palette = bench.window.palette_box
    palette.open()
    qtbot.keyClicks(palette.line, "stop and keep")
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert not palette.isHidden()  # nothing trains: it says so instead
    assert palette.list.currentIndex().data(Qt.ItemDataRole.ToolTipRole) == "Nothing is training."
    palette.line.setText("light theme")
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert palette.isHidden()
    from pushforward.studio.app.design.theme import theme
    from pushforward.studio.app.design.tokens import LIGHT

    assert theme.colors() == LIGHT
    bench.window.save_layout()
    assert preferences.load().theme == "light"  # it was chosen, and is found again


async def test_escape_gives_the_keyboard_back(bench, qtbot, wait):
    await bench.start()
    bench.window.activateWindow()
    card = bench.window.canvas.discover.cards[1]
    card.setFocus()
    await wait(card.hasFocus)
    bench.window.palette_box.open()
    qtbot.keyClick(bench.window.palette_box.line, Qt.Key.Key_Escape)
    await wait(card.hasFocus)


async def test_a_model_is_found_by_its_name_and_set_up_on_data_that_it_takes(bench, qtbot, wait):
    await bench.start()
    palette = bench.window.palette_box
    taken = {d.kinds[0] for d in bench.state.catalog.entries_of("dataset")}
    for entry in bench.state.catalog.entries_of("family"):
        palette.open()
        palette.line.setText(entry.title)
        hit = next(h for f in palette._found for h in f.hits if h.id == f"model-{entry.slug}")
        assert hit.title in listed_in(palette)
        hit.do()
        assert bench.state.draft.spec.family.slug == entry.slug
        kind = bench.state.catalog.kind_of(bench.state.draft.spec.dataset)
        assert not entry.kinds or kind in entry.kinds or not taken & set(entry.kinds)
    # There are too many for a menu, and for a list of everything.
    palette.open()
    assert not {e.title for e in bench.state.catalog.entries_of("family")} & listed_in(palette)


async def test_the_palette_says_that_it_found_nothing(bench):
    await bench.start()
    palette = bench.window.palette_box
    palette.open()
    palette.line.setText("qqqqq")
    assert palette.nothing.isVisible()
    assert not palette.list.isVisible()
    palette.line.setText("pause")
    assert palette.list.isVisible()
    assert not palette.nothing.isVisible()


async def test_a_moment_is_explained_where_its_stages_are_shown(bench, wait):
    await bench.start()
    registry, lenses = bench.window.registry, bench.window.canvas.lenses
    recipe = next(r for r in bench.state.recipes if r.slug == "gan-ring-of-five")
    run = msgspec.structs.replace(recipe.run, training={"steps": 100_000}, metrics=[])
    bench.actions.setup.open_recipe(recipe)
    bench.actions.setup.open(run)
    await wait(lambda: bench.state.draft.checked)
    bench.actions.training.start()
    await wait(lambda: bench.state.runs.current is not None)
    await wait(lambda: bench.state.runs.current.state == "running")
    lenses.want("quality")
    assert lenses.shown == "quality"
    assert (
        registry["explain"].why_not()
        == "The training steps of this model are not divided into stages."
    )
    gan = bench.state.catalog.get("family", "gan")
    stage = StageSpec(name="draw", title="Draw", formula="x", source="")
    entries = [
        msgspec.structs.replace(gan, stages=[stage]) if each is gan else each
        for each in bench.state.catalog.entries
    ]
    bench.state.catalog = msgspec.structs.replace(bench.state.catalog, entries=entries)
    bench.state.catalog_changed.emit()
    assert registry.trigger("explain")
    assert lenses.shown == "explain"
    assert bench.state.moment.run == bench.state.runs.current.key
    bench.actions.training.stop()
    await wait(lambda: not bench.state.runs.current.job)


async def test_keys_of_what_cannot_be_done_now_say_why(bench):
    bench.window._qactions["compare"].trigger()
    said = bench.state.notices.history[-1]
    assert (said.text, said.why) == (
        "Compare runs: not now",
        bench.window.registry["compare"].why_not(),
    )
    assert said.why


async def test_the_list_of_keys_has_each_menu_once_and_those_of_the_table_of_runs(bench):
    dialog = dialogs.show_shortcuts(bench.window, bench.window.registry)
    shown = [each.text() for each in dialog.findChildren(QLabel)]
    dialog.close()
    for menu in ("Run", "View", "Table of runs"):
        assert [each.casefold() for each in shown].count(menu.casefold()) == 1
    assert {"F2", "T", "N", "B"} <= set(shown)
