"""The bar at the top: where one is, and the few actions that are always at hand."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QFrame, QMenu, QPushButton, QWidget

from pushforward.studio.app.commands.command_registry import Registry
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.destinations import TITLES, destination_of
from pushforward.studio.app.core.display_names import data_title, number, numbered
from pushforward.studio.app.core.queue_status import queued_job
from pushforward.studio.app.core.runs import RESUMABLE, RunState
from pushforward.studio.app.design.basic import Elided, button, icon_button, label, row
from pushforward.studio.app.design.icons import IconWearer
from pushforward.studio.app.design.literal_text import PushButton, set_tip
from pushforward.studio.app.shell.menus import takes_key
from pushforward.studio.protocol.messages import JobInfo

__all__ = ["TopBar", "native"]

ROOMY, NARROW = 1100, 820  # widths of the window


def native(shortcut: str) -> str:
    """Return a shortcut as the keys of this system are called."""
    text = QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText)
    return text if text == "+" else text.replace("+", " ")


class TopBar(QFrame):
    """Project and run at the left; search, menu, export and the main action at the right."""

    def __init__(
        self, state: AppState, registry: Registry, project: QPushButton, menu: QMenu
    ) -> None:
        super().__init__()
        self._state = state
        self._registry = registry
        self._narrow = False
        self._train = False
        self._space = False  # whether Space is now the key of the main action
        self.setProperty("surface", "panel")
        self.setFixedHeight(44)
        self.setAccessibleName("Top bar")
        name = label("Pushforward", "strong")
        self.project = project
        self._path = Elided("", "muted")
        self.search = button("Find anything", lambda: self._do("palette"))
        self._key = label(native("Ctrl+K"), "key")
        self._key.setFixedHeight(18)
        set_tip(self.search, f"Find anything ({native('Ctrl+K')})")
        inner = row(None, parent=self.search, gap=None, margins=(0, 0, 8, 0))
        inner.addWidget(self._key, 0, Qt.AlignmentFlag.AlignVCenter)
        self._key.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.search.setStyleSheet("text-align: left")
        self.copy = button("Copy as command", lambda: self._do("copy-command"))
        self.export = PushButton("Export")
        self.export.setAccessibleName("Export")
        self.main = button("Train", self._main, kind="primary")
        self._main_icon = IconWearer(self.main, "play", "on_accent")
        # A paused training holds up the queue: to end it must be as near as to go on.
        self.stop = button("Stop", lambda: self._do("stop"), icon="stop")
        set_tip(self.stop, f"Stop and keep ({native(self._registry['stop'].shortcut)})")
        self.more = button("", kind="quiet", tip="Menu")
        IconWearer(self.more, "more")
        self.more.setAccessibleName("Menu")
        self.more.setMenu(menu)
        self.sidebar = self._column("sidebar")
        self.inspector = self._column("inspector")
        self._lay_out(name)
        self._listen()
        self.refresh()

    def _column(self, id: str) -> QPushButton:
        """Return a button for a column that is hidden, or has no room of its own."""
        shortcut = native(self._registry[id].shortcut)
        made = icon_button(id, f"Show or hide the {id} ({shortcut})", lambda: self._do(id))
        made.hide()
        return made

    def _lay_out(self, name: QWidget) -> None:
        row(
            self.sidebar,
            name,
            self.project,
            (self._path, 1),
            self.main,
            self.stop,
            self.search,
            self.copy,
            self.export,
            self.inspector,
            self.more,
            parent=self,
            gap=12,
            margins=(14, 0, 14, 0),
        )

    def _listen(self) -> None:
        state = self._state
        for signal in (state.place_changed, state.project_changed, state.queue_changed):
            signal.connect(self.refresh)
        for signal in (state.draft_changed, state.draft_checked, state.engine_changed):
            signal.connect(self.refresh)
        for changed in (state.runs.selected, state.runs.changed):
            changed.connect(lambda _: self.refresh())
        state.playback.changed.connect(self._hint)
        QGuiApplication.instance().focusObjectChanged.connect(self._hint)  # type: ignore[union-attr]

    def set_export_menu(self, menu: QMenu) -> None:
        """Give the export button its entries."""
        self.export.setMenu(menu)

    def fit(self, width: int) -> None:
        """Leave out words where the window is narrow; every button keeps its name."""
        self.search.setText("Find anything" if width >= ROOMY else "Search")
        self._key.setVisible(width >= ROOMY)
        text = self.search.fontMetrics().horizontalAdvance(self.search.text()) + 24
        keys = self._key.sizeHint().width() + 16 if width >= ROOMY else 0
        self.search.setMinimumWidth(text + keys)
        self._narrow = width < NARROW
        self.refresh()

    def offer_columns(self, *, sidebar: bool, inspector: bool) -> None:
        """Offer the columns that are hidden, or lie over the canvas."""
        self.sidebar.setVisible(sidebar)
        self.inspector.setVisible(inspector)

    def offer_train(self, offered: bool) -> None:
        """Offer the start here, where the inspector with its own button is hidden."""
        if offered != self._train:
            self._train = offered
            self.refresh()

    def _do(self, id: str) -> None:
        self._registry.trigger(id)

    def _main_command(self) -> tuple[str, str, str]:
        """Return (command, title, icon) of the one thing that is due now, ("", "", "") for none."""
        state = self._state
        job, run = state.running, state.runs.current
        if state.place == "run" and run is not None and queued_job(state, run):
            if not self._registry["run-next"].why_not():
                return "run-next", "Run next", "play"
            return "remove-from-queue", "Remove from the queue", "stop"
        if state.place == "setup" and (job is None or self._train):
            title = "Starting…" if state.starting else "Add to the queue" if job else "Train"
            return ("train", title, "play") if self._train else ("", "", "")
        if job is not None and (state.place == "run" or state.place == "setup"):
            paused = job.state == "paused"
            of = self._other(job, run)
            return "pause", f"{'Resume' if paused else 'Pause'}{of}", "play" if paused else "pause"
        if state.place == "run" and run is not None and run.background and not run.elsewhere:
            return "stop", "Stop and keep", "stop"
        resumable = run is not None and run.state in RESUMABLE
        if state.place == "run" and resumable and not self._registry["resume"].why_not():
            return "resume", "Resume", "play"
        return "", "", ""

    @staticmethod
    def _other(job: JobInfo, run: RunState | None) -> str:
        """Name what trains where it is not what is on the canvas."""
        here = run is not None and job.job in (run.job, run.race)
        return "" if here else f" {number(Path(job.run).name)}" if job.run else " the race"

    def _main(self) -> None:
        command, _, _ = self._main_command()
        if command:
            self._do(command)

    def _hint(self, _focus: object = None) -> None:
        """Name Space on the main action where it is its key: a control that has the keyboard may
        do something else with it, and so do the clocks.
        """
        here = self.window().focusWidget()
        writes = here is not None and here.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
        taken = writes or takes_key(here, Qt.Key.Key_Space)
        space = here is self.main or (self._state.playback.is_idle and not taken)
        if space != self._space:
            self._space = space
            self.refresh()

    def _where(self) -> str:
        """Say what is on the canvas."""
        state, run = self._state, self._state.runs.current
        if state.place == "run" and run is not None:
            return numbered(run)
        if state.place == "data" and state.dataset:
            return data_title(state.dataset, state.catalog)
        return "New run" if state.place == "setup" else TITLES[destination_of(state.place)]

    def refresh(self) -> None:
        """Show what fits the place."""
        state = self._state
        self._path.set_text(f"/  {self._where()}")
        self.copy.setVisible(state.place in ("run", "setup") and not self._narrow)
        self.copy.setEnabled(not self._registry["copy-command"].why_not())
        self.export.setVisible(state.place == "run")
        command, title, icon = self._main_command()
        paused = state.running is not None and state.running.state == "paused"
        self.stop.setVisible(paused and command == "pause" and not self._registry["stop"].why_not())
        self.main.setVisible(bool(command))
        if command:
            known = self._registry[command]
            why = known.why_not()
            plain = title in ("Pause", "Resume")
            space = command == "pause" and plain and self._space
            self.main.setText(f"{title}  Space" if space else title)
            self._main_icon.wear(icon)
            self.main.setEnabled(not why)
            set_tip(self.main, why or f"{known.title} ({native(known.shortcut)})")
            self.main.setAccessibleName(title)
