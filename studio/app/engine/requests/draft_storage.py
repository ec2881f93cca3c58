"""What is being set up is kept on the disk, so that it is not lost with the window."""

import asyncio
import hashlib
from pathlib import Path

import msgspec
from PySide6.QtCore import QTimer

from pushforward.studio.app.core import async_tasks
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.draft import Draft
from pushforward.studio.app.engine.requests.request_base import Intents, Link
from pushforward.studio.app.engine.requests.setup_requests import SetupIntents
from pushforward.studio.home import data_folder
from pushforward.studio.protocol.spec import RunSpec

__all__ = ["KeepingIntents", "file_of"]

SOON = 1000  # milliseconds after the last change


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A stored setup: the slug of its ``recipe``, and how it ``came``."""

    spec: RunSpec
    came: RunSpec
    recipe: str = ""
    given: str = ""


class KeepingIntents(Intents):
    """Writes the setup of a project a moment after each change, and brings it back where that is
    opened again. What was started is in a run, and is kept no longer.
    """

    def __init__(self, state: AppState, link: Link, setup: SetupIntents) -> None:
        super().__init__(state, link)
        self._setup = setup
        self._written: tuple[Path, _Kept | None] | None = None
        self._timer = QTimer(state)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SOON)
        self._timer.timeout.connect(self._write)
        for signal in (state.draft_changed, state.draft_checked, state.runs.listed):
            signal.connect(self._timer.start)
        state.project_changed.connect(self._opened)

    async def now(self) -> None:
        """Write at once what has changed: the studio is left, and waits for it."""
        self._timer.stop()
        wanted = self._wanted()
        if wanted is not None:
            self._written = wanted
            await asyncio.to_thread(_write, file_of(wanted[0]), wanted[1])

    def _write(self) -> None:
        wanted = self._wanted()
        if wanted is not None and wanted != self._written:
            self._written = wanted
            async_tasks.spawn(asyncio.to_thread(_write, file_of(wanted[0]), wanted[1]))

    def _wanted(self) -> tuple[Path, _Kept | None] | None:
        """Return the setup to store and its project; None without a setup."""
        state, draft = self.state, self.state.draft
        if draft is None or state.project is None or state.race.bound is not None:
            return None  # nothing is set up, or one who takes part in a race
        kept = None
        if draft.edited:
            recipe = draft.recipe.slug if draft.recipe is not None else ""
            kept = _Kept(spec=draft.spec, came=draft.began, recipe=recipe, given=draft.given)
        return state.project, kept

    def _opened(self) -> None:
        if self.state.project is not None:
            async_tasks.spawn(self._bring_back(self.state.project))

    async def _bring_back(self, project: Path) -> None:
        """Set up again what was being set up when the project was left."""
        kept = await asyncio.to_thread(_read, file_of(project))
        state = self.state
        if kept is None or state.draft is not None or state.project != project:
            return
        recipe = next((each for each in state.recipes if each.slug == kept.recipe), None)
        self._written = (project, kept)
        self._setup.bring_back(
            Draft(spec=kept.spec, recipe=recipe, came=kept.came, given=kept.given)
        )


def file_of(project: Path) -> Path:
    """Return where the setup of a project is kept: the project itself need not be there yet."""
    name = hashlib.sha256(str(project).encode()).hexdigest()[:16]
    return data_folder() / "setups" / f"{name}.json"


def _read(file: Path) -> _Kept | None:
    """Return what is kept; None where that is nothing, or cannot be read any more."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=_Kept)
    except (OSError, msgspec.MsgspecError):
        return None


def _write(file: Path, kept: _Kept | None) -> None:
    """Keep a setup, or none; a full or read-only disk costs only that."""
    from pushforward.studio.store import atomic
    from pushforward.studio.store.errors import StoreError

    try:
        if kept is None:
            file.unlink(missing_ok=True)
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_bytes(file, msgspec.json.encode(kept))
    except (OSError, StoreError):
        return
