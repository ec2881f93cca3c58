"""Somebody goes to the data, opens a set, and trains on it."""

from PySide6.QtCore import Qt

from tests.e2e.conftest import Person
from tests.qtloop import until


async def test_from_all_data_to_a_run_on_one_of_them(person: Person) -> None:
    await person.open()
    state, window = person.state, person.window
    assert window.registry.trigger("data")
    grid = window.canvas.data.currentWidget().grid
    await until(lambda: window.focusWidget() is grid.search)
    await until(lambda: grid.cards[0]._arrays is not None, 30)

    # By the keyboard: found by what it is, and opened.
    for letter in "handwritten 8x8":
        person.press(Qt.Key(ord(letter.upper())), grid.search)
    assert [card.data.slug for card in grid.cards] == ["digits"]
    person.press(Qt.Key.Key_Return, grid.search)
    page = window.canvas.data.currentWidget()
    assert state.dataset == "digits"
    known = page.known
    await until(lambda: known.texts["Split"].isVisible() and known.bars.isVisible(), 30)
    assert "Train 1,297, validation 500" in known.texts["Split"].text()
    assert "BSD" in known.texts["Licence"].text()
    assert page.tiles.count == 1297
    assert len(known.bars._classes) == 10

    person.click(page.train)
    await until(lambda: state.draft is not None and state.draft.resolved is not None, 30)
    assert state.draft is not None
    assert state.draft.spec.dataset.slug == "digits"
    person.set("steps", 10)
    await until(lambda: person._settled({"steps": 10}), 20)
    train = window.inspector.setup.train
    await until(train.isEnabled, 20)
    person.click(train)
    await until(lambda: state.runs.current is not None and person.run.state == "finished", 60)
    assert person.run.spec is not None
    assert person.run.spec.dataset.slug == "digits"
