"""The whole studio: the real window, the real engine process, real files."""

import asyncio
from pathlib import Path
from typing import Any

import psutil
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from pushforward.studio.app.core import async_tasks, draft_spec, preferences
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.places.discover.recipe_card import RecipeCard
from pushforward.studio.app.shell.studio import Studio
from tests.qtloop import loop, run_coroutine, themed, until

__all__ = ["loop"]

SECONDS = 1200


@pytest.fixture(autouse=True)
def _themed(qapp: QApplication) -> None:
    themed(qapp)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    return run_coroutine(pyfuncitem, SECONDS, _shut)


async def _shut(arguments: dict[str, Any]) -> None:
    await arguments["person"].studio.shut()


class Person:
    """Somebody at the window: looks, clicks, types, and waits like a person would."""

    def __init__(self, shots: Path) -> None:
        self.studio = Studio(preferences.load())
        self.state = self.studio.state
        self.window = self.studio.window
        self._shots = shots

    async def open(self) -> None:
        self.window.resize(1440, 900)
        self.studio.show()
        await self.studio.link.start()
        self.window.load_lenses()
        async_tasks.spawn(self.studio.actions.folder.watch())
        await until(lambda: self.state.catalog is not None, 30)

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        assert widget.isVisible(), f"{widget.accessibleName() or widget} cannot be seen"
        assert widget.isEnabled(), f"{widget.accessibleName() or widget} cannot be used"
        QTest.mouseClick(
            widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at or QPoint()
        )

    def press(self, key: Qt.Key, widget: QWidget | None = None) -> None:
        QTest.keyClick(widget or QApplication.focusWidget() or self.window, key)

    @property
    def run(self) -> RunState:
        run = self.state.runs.current
        assert run is not None, "no run is selected"
        return run

    def card(self, recipe: str) -> RecipeCard:
        """Look for a recipe, as not all stand on the shelves."""
        page = self.window.canvas.discover
        page.search.setText(recipe)
        return next(card for card in page.cards if card.recipe.slug == recipe)

    def set(self, path: str, value: object) -> None:
        """Change a training setting of the run being set up."""
        assert self.state.draft is not None
        entry = draft_spec.entry_of(self.state.draft.spec, "training", self.state.catalog)
        assert entry is not None
        field = next(field for field in entry.fields if field.path == path)
        self.studio.actions.setup.edit("training", field, value)

    async def train(self, recipe: str, **settings: object) -> RunState:
        """Open a recipe by the keyboard, change some training settings, and press Train."""
        card = self.card(recipe)
        card.setFocus()
        self.press(Qt.Key.Key_Return, card)
        await until(
            lambda: self.state.draft is not None and self.state.draft.resolved is not None, 30
        )
        for name, value in settings.items():
            self.set(name, value)
        await until(lambda: self._settled(settings), 10)
        self.press(Qt.Key.Key_Return, self.window.inspector.setup.train)
        await until(lambda: self.state.runs.current is not None, 10)
        return self.run

    def _settled(self, settings: dict[str, object]) -> bool:
        draft = self.state.draft
        if draft is None or draft.resolved is None:
            return False
        return settings.items() <= draft.resolved.training.items()

    def engine(self) -> psutil.Process:
        """Return the process of the engine."""
        children = psutil.Process().children()
        return next(child for child in children if "engine" in child.cmdline())

    async def leave(self) -> None:
        """Wait until the studio has gone, as after the window was closed."""
        await asyncio.wait_for(self.studio.closed.wait(), 30)

    def look(self, name: str) -> None:
        """Take a picture of the window, for people to look at when a test fails."""
        self.window.grab().save(str(self._shots / f"{name}.png"))


@pytest.fixture
def person(loop: asyncio.AbstractEventLoop, tmp_path: Path) -> Person:
    return Person(tmp_path)
