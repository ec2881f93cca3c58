"""A newcomer's story without a mouse: only keys, and only what has the keyboard is pressed."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from tests.e2e.conftest import Person
from tests.qtloop import until

NONE, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
PATIENCE = 60  # presses of Tab before somebody gives up


class Keys:
    """Presses keys of whatever has the keyboard."""

    def __init__(self, person: Person) -> None:
        self._person = person

    @property
    def focused(self) -> QWidget:
        return QApplication.focusWidget() or self._person.window

    def press(self, key: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
        QTest.keyClick(self.focused, key, held)

    def type(self, text: str) -> None:
        QTest.keyClicks(self.focused, text)

    def tab_to(self, name: str) -> None:
        """Press Tab until what is called so has the keyboard."""
        for _ in range(PATIENCE):
            if self.focused.accessibleName().startswith(name):
                return
            self.press(Qt.Key.Key_Tab)
        raise AssertionError(f"Tab never came to {name!r}")


async def test_from_the_first_screen_to_a_trained_run_and_its_data_by_keys_alone(
    person: Person,
) -> None:
    await person.open()
    person.window.activateWindow()
    await until(person.window.isActiveWindow, 5)
    keys, state, window = Keys(person), person.state, person.window

    # The search has the keyboard; Down enters the cards as one grid.
    assert keys.focused is window.canvas.discover.search
    keys.type("ring of five")
    keys.press(Qt.Key.Key_Down)
    keys.press(Qt.Key.Key_Return)
    await until(lambda: state.place == "setup" and state.draft.resolved is not None, 30)

    # Enter again trains it, in the project that is open.
    await until(lambda: keys.focused is window.inspector.setup.train, 5)
    keys.press(Qt.Key.Key_Return)
    await until(lambda: state.place == "run" and person.run.live is not None, 30)

    # Space holds it, and lets it go on.
    keys.press(Qt.Key.Key_Space)
    await until(lambda: person.run.state == "paused", 20)
    keys.press(Qt.Key.Key_Space)
    await until(lambda: person.run.state == "running", 20)

    # F6 leads to the lenses, arrows from one to the next.
    for _ in range(8):
        if keys.focused is window.canvas.lenses.tabs:
            break
        keys.press(Qt.Key.Key_F6)
    first = window.canvas.lenses.shown
    keys.tab_to("Lenses")
    keys.press(Qt.Key.Key_Right)
    assert window.canvas.lenses.shown != first

    # The palette finds data by name; Tab leads to the next step there.
    keys.press(Qt.Key.Key_K, CTRL)
    keys.type("checkerboard")
    keys.press(Qt.Key.Key_Return)
    assert (state.place, state.dataset) == ("data", "checkerboard")
    keys.tab_to("Set up a run")
    keys.press(Qt.Key.Key_Space)
    await until(lambda: state.place == "setup", 10)
    assert state.draft.spec.dataset.slug == "checkerboard"

    # The rail leads on with arrows, and back to the run that still trains.
    keys.press(Qt.Key.Key_4, CTRL)
    assert state.place == "help"
    keys.tab_to("Learn")
    keys.press(Qt.Key.Key_Up)
    keys.press(Qt.Key.Key_Return)
    assert state.place == "setup", "it is found as it was left"
    keys.press(Qt.Key.Key_3, CTRL)
    assert state.place == "runs"
