"""The main window: puts the parts together, and remembers how they were arranged."""

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QEvent, QSize, Qt, QTimer
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QMainWindow, QMenu, QSplitter, QWidget

from pushforward.studio.app.core import preferences
from pushforward.studio.app.design.basic import column, row, separator, upright
from pushforward.studio.app.design.icons import app_icon
from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.shell.opening_page import OpeningPage

if TYPE_CHECKING:  # imported when the window is filled
    from pushforward.studio.app.commands.command_registry import Command
    from pushforward.studio.app.commands.command_set import Shell
    from pushforward.studio.app.core.app_state import AppState
    from pushforward.studio.app.engine.actions import Actions
    from pushforward.studio.app.places.runs.export_sheet import ExportSheet
    from pushforward.studio.app.shell.search_results import Hit
    from pushforward.studio.app.shell.side_columns import Flank
    from pushforward.studio.app.shell.tour import Stop

__all__ = ["MainWindow"]

SIDEBAR, INSPECTOR, DRAWER = 232, 312, 220
NARROW, NARROWER = 1200, 1000  # in a window below, the inspector floats; and the sidebar, too
FRAME = 32  # pixels of a low screen that are left to the title of the window
SAVE_AFTER = 1500  # milliseconds without a change of the layout


class MainWindow(QMainWindow):
    """Top bar; rail, sidebar, canvas, inspector; time bar; drawer; status bar. It is shown as a
    frame first, and `fill` puts the parts into it.
    """

    def __init__(self, kept: preferences.Preferences) -> None:
        super().__init__()
        self._kept = kept
        self.filled = False
        self.focused = False  # only the canvas and the clocks are shown
        self.setWindowTitle("Pushforward Studio")
        self.setWindowIcon(app_icon())
        self.setMinimumSize(QSize(640, 360))
        self._restore_size()

    def show_frame(self) -> OpeningPage:
        """Show the frame of the window, and return it."""
        page = OpeningPage(self._columns()[0])
        self.setCentralWidget(page)
        self.show()
        return page

    def fill(self, state: "AppState", actions: "Actions", done: Callable[[], None]) -> None:
        """Put the parts into the window; ``done`` is called when it was closed and all is saved."""
        from pushforward.studio.app.commands import command_set
        from pushforward.studio.app.shell import menus
        from pushforward.studio.app.shell.command_dialogs import Asks
        from pushforward.studio.app.shell.focus_panes import Panes
        from pushforward.studio.app.shell.window_closing import Leave

        if (frame := self.takeCentralWidget()) is not None:
            frame.deleteLater()
        self._state = state
        self._actions = actions
        self.leave = Leave(state, actions, self, done)
        self._asks = Asks(state, actions, self)
        self.panes = Panes(self._parts)
        self.registry = command_set.build(state, actions, self._shell())
        self._qactions = menus.make_actions(self.registry, self, self._refuse)
        self._build()
        self._saver = QTimer(self)
        self._saver.setSingleShot(True)
        self._saver.setInterval(SAVE_AFTER)
        self._saver.timeout.connect(self.save_layout)
        self._listen()
        self._restore_columns()
        self._place_changed()
        self.setAcceptDrops(True)
        self.filled = True
        self._fit()

    def _build(self) -> None:
        """Create the parts in their places; the places come first, since reparenting restyles
        widgets.
        """
        from pushforward.studio.app.places.data.import_offers import Imports
        from pushforward.studio.app.shell import menus
        from pushforward.studio.app.shell.canvas_pages import Canvas
        from pushforward.studio.app.shell.drawer import Drawer, DrawerContent, Opener
        from pushforward.studio.app.shell.file_drop import DropZone
        from pushforward.studio.app.shell.inspector import Inspector
        from pushforward.studio.app.shell.other_projects import Elsewhere
        from pushforward.studio.app.shell.palette import Palette
        from pushforward.studio.app.shell.project_menu import ProjectButton
        from pushforward.studio.app.shell.queue_drawer import QueueList, QueueOpener
        from pushforward.studio.app.shell.rail import Rail
        from pushforward.studio.app.shell.side_columns import Flank
        from pushforward.studio.app.shell.sidebar import Sidebar
        from pushforward.studio.app.shell.status_bar import StatusBar
        from pushforward.studio.app.shell.toasts import Toasts
        from pushforward.studio.app.shell.top_bar import TopBar
        from pushforward.studio.app.shell.tour import Tour

        state, actions, asks = self._state, self._actions, self._asks
        page = QWidget(self)
        self.setCentralWidget(page)
        self.stacked = _splitter(Qt.Orientation.Vertical, page)
        middle = QWidget(self.stacked)
        self.split = _splitter(Qt.Orientation.Horizontal, middle)
        menu = menus.main_menu(self.registry, self._qactions, self)
        project = ProjectButton(state, actions, asks.new_project, asks.open_project)
        self.topbar = TopBar(state, self.registry, project, menu)
        self.topbar.set_export_menu(self._export_menu())
        self.rail = Rail(state, self.registry)
        self.canvas = Canvas(state, actions, self.split)
        self.sidebar = Sidebar(
            state,
            actions,
            facets=self.canvas.discover.facets,
            pages=self.canvas.help.column,
            ask_import=asks.import_data,
            parent=self.split,
        )
        self.canvas.discover.found.connect(self.sidebar.say_found)
        self.sidebar.runs.label_wanted.connect(asks.label)
        self.canvas.setup.copy.clicked.connect(self.copy_command)
        self.inspector = Inspector(state, actions, self.split)
        self.drawer = Drawer(
            {
                "queue": DrawerContent("Queue", lambda: QueueList(state, actions)),
                "log": DrawerContent("Log", self._make_log),
            }
        )
        self.imports = Imports(state, actions, self)
        self.elsewhere = Elsewhere(state, actions)
        openers = [QueueOpener(state, self.drawer), Opener(self.drawer, "log", "Log")]
        self.statusbar = StatusBar(state, [self.elsewhere, *openers])
        self.statusbar.history.clicked.connect(self._show_history)
        self._lay_out(page, middle)
        self.left = Flank(self.sidebar, self.canvas, "left", SIDEBAR)
        self.right = Flank(self.inspector, self.canvas, "right", INSPECTOR)
        self.panes.flanks = (self.left, self.right)
        self.palette_box = Palette(self._find_all, page)
        self.drop = DropZone(actions, self.canvas)
        self.tour = Tour(page, self._tour_stops())
        self.toasts = Toasts(state, self.canvas, self.inspector, self.canvas.jobs)

    def _lay_out(self, page: QWidget, middle: QWidget) -> None:
        column(
            self.topbar,
            separator(),
            (self.stacked, 1),
            separator(),
            self.statusbar,
            parent=page,
            gap=0,
        )
        above = column(parent=middle, gap=0)
        beside = row(self.rail, upright(), (self.split, 1), gap=0)
        above.addLayout(beside, 1)
        self._time_slot = column(gap=0)
        above.addLayout(self._time_slot)
        self._timebar: QWidget | None = None
        self._export: ExportSheet | None = None
        self.stacked.addWidget(middle)
        self.stacked.addWidget(self.drawer)
        self.stacked.setStretchFactor(0, 1)
        self.stacked.setSizes([900, DRAWER])
        for part, least in ((self.sidebar, 160), (self.canvas, 280), (self.inspector, 240)):
            part.setMinimumWidth(least)
            self.split.addWidget(part)
        self.split.setStretchFactor(1, 1)

    def _tour_stops(self) -> "list[Stop]":
        """Return the stops of the tour. The clocks are built after the first paint."""
        from pushforward.studio.app.shell.tour import Stop

        canvas = self.canvas

        def clock(text: str, name: str) -> Stop:
            return Stop(text, lambda: getattr(self._timebar, name, None), lambda: self._timebar)

        return [
            clock("Drag the Flow clock. Every particle goes from noise to data.", "flow"),
            clock("Drag the Training clock to see earlier steps.", "training"),
            Stop(
                "Five lenses show one run: what moves, its samples, its metrics, other runs next "
                "to it, and one training step explained.",
                lambda: canvas.lenses.tabs,
            ),
            Stop("Exchange the particles for a generator.", lambda: canvas.welcome.carrier),
            Stop("Recipes to try, and learning paths.", lambda: self.rail.buttons["discover"]),
        ]

    def welcome(self) -> None:
        """Start the run of the first start, with its canvas as large as the window allows."""
        for flank in (self.left, self.right):
            flank.hide()
        self._state.runs.record_arrived.connect(
            lambda _: self.tour.start(), Qt.ConnectionType.SingleShotConnection
        )
        self.canvas.welcome.begin()

    def _make_log(self) -> QWidget:
        module = importlib.import_module("pushforward.studio.app.shell.log_drawer")
        made: QWidget = module.LogView(self._state, self._actions)
        return made

    def _find_all(self) -> "list[Hit]":
        sources = importlib.import_module("pushforward.studio.app.shell.search_sources")
        found: list[Hit] = sources.all_hits(self._state, self._actions, self.registry)
        return found

    def _parts(self) -> list[QWidget]:
        """The parts of the window, in the order in which F6 and Tab go through them."""
        clocks = [self._timebar] if self._timebar is not None else []
        middle = [self.rail, self.sidebar, self.canvas, self.inspector, *clocks]
        return [self.topbar, *middle, self.drawer, self.statusbar]

    def _toggle_drawer(self, name: str) -> None:
        self.drawer.toggle(name)
        if self.drawer.shown:
            self.panes.enter(self.drawer)

    def _listen(self) -> None:
        state = self._state
        state.place_changed.connect(self._place_changed)
        state.runs.selected.connect(lambda _: self._place_changed())
        state.window.import_files.connect(self._asks.import_data)
        state.window.generate_data.connect(self._asks.make)
        state.window.open_branch.connect(self._ask_branch)
        state.window.open_operator.connect(self._ask_operate)
        state.window.open_evaluation.connect(self._ask_evaluation)
        state.window.export.connect(self._show_export)
        state.window.show_tour.connect(self.tour.start)
        state.window.show_preference.connect(self._show_preferences)
        state.draft_changed.connect(self._offer_train)
        for flank in (self.left, self.right):
            flank.changed.connect(self._tell_columns)
        state.looked.changed.connect(self._show_inspector)
        self.split.splitterMoved.connect(lambda *_: self._saver.start())
        self.canvas.lenses.opened.connect(lambda _: self._saver.start())
        theme.chosen.connect(self._saver.start)

    def _shell(self) -> "Shell":
        from pushforward.studio.app.commands.command_set import Shell

        return Shell(
            ask_open_project=self._asks.open_project,
            ask_new_project=self._asks.new_project,
            ask_import=self._asks.import_data,
            ask_import_folder=self._asks.import_folder,
            ask_export_samples=self._actions.export.open,
            ask_export_weights=self._asks.export_weights,
            ask_export_picture=self._export_picture,
            ask_share=self._asks.share,
            record=lambda: self.canvas.toggle_record(),
            ask_report=self._asks.report,
            ask_export_curves=self._export_curves,
            ask_save_recipe=self._asks.save_recipe,
            ask_empty_trash=self._asks.empty_trash,
            ask_restore=self._asks.restore,
            ask_label=self._asks.label,
            copy_command=self.copy_command,
            show_palette=lambda: self.palette_box.open(),
            show_shortcuts=self._show_shortcuts,
            show_preferences=self._show_preferences,
            show_history=self._show_history,
            show_diagnostics=self._show_diagnostics,
            show_about=self._show_about,
            toggle_sidebar=lambda: self._toggle(self.left),
            toggle_inspector=lambda: self._toggle(self.right),
            toggle_focus=self._toggle_focus,
            toggle_drawer=self._toggle_drawer,
            turn_pane=self.panes.turn,
            next_lens=lambda: self.canvas.lenses.turn(1),
            previous_lens=lambda: self.canvas.lenses.turn(-1),
            find_setting=self._find_setting,
            close=self._close,
        )

    def _close(self) -> None:
        self.close()

    def _refuse(self, command: "Command") -> None:
        text = f"{command.title.rstrip('…')}: not now"
        self._state.notices.inform(text, command.why_not(), topic="refused")

    def _show_shortcuts(self) -> None:
        module = importlib.import_module("pushforward.studio.app.shell.dialogs")
        module.show_shortcuts(self, self.registry)

    def _show_preferences(self, path: str = "") -> None:
        module = importlib.import_module("pushforward.studio.app.shell.preferences_sheet")
        allow = self._actions.looking.watching.allow
        module.PreferencesSheet(self._kept, allow, self, self._show_computers).open(path)

    def _show_computers(self) -> None:
        module = importlib.import_module("pushforward.studio.app.shell.computers_sheet")
        module.ComputersSheet(self._state, self._actions, self).open()

    def _show_diagnostics(self) -> None:
        module = importlib.import_module("pushforward.studio.app.shell.diagnostics_sheet")
        module.DiagnosticsSheet(self._state, self).open()

    def _show_about(self) -> None:
        module = importlib.import_module("pushforward.studio.app.shell.about_dialog")
        module.AboutDialog(self._state, self).open()

    def _export_menu(self) -> QMenu:
        menu = QMenu(self)
        for id in ("export-samples", "export-weights", "export-picture", "export-curves"):
            menu.addAction(self._qactions[id])
        return menu

    # After first paint

    def load_lenses(self) -> None:
        """Import the lenses and the time bar; the first paint does not wait for them."""
        self.canvas.lenses.restore(str(self._kept.layout.get("lens", "")))
        tabs = importlib.import_module("pushforward.studio.app.shell.lens_tabs")
        self.canvas.lenses.offer(tabs.discover(self._state))
        timebar = importlib.import_module("pushforward.studio.app.shell.time_bar")
        self._timebar = timebar.TimeBar(self._state, self._actions)
        self._time_slot.addWidget(separator())
        self._time_slot.addWidget(self._timebar)
        self._place_changed()

    def _ask_branch(self, key: str, step: int) -> None:
        run = self._state.runs.by_key.get(key)
        if run is not None:
            module = importlib.import_module("pushforward.studio.app.places.runs.branch_sheet")
            module.BranchSheet(self._state, self._actions, run, step, self).open()

    def _ask_operate(self, key: str, operator: str) -> None:
        run, catalog = self._state.runs.by_key.get(key), self._state.catalog
        entry = catalog.get("operator", operator) if catalog is not None else None
        if run is not None and entry is not None:
            module = importlib.import_module("pushforward.studio.app.places.runs.operator_sheet")
            module.OperateSheet(self._state, self._actions, run, entry, self).open()

    def _ask_evaluation(self, key: str) -> None:
        run = self._state.runs.by_key.get(key)
        if run is not None:
            module = importlib.import_module("pushforward.studio.app.places.runs.evaluation_sheet")
            module.EvaluateSheet(self._state, self._actions, run, self).open()

    def _show_export(self) -> None:
        """Open the sheet at the foot of the inspector, which comes for it."""
        if self._export is None:
            module = importlib.import_module("pushforward.studio.app.places.runs.export_sheet")
            self._export = module.ExportSheet(self._state, self._actions)
            self.inspector.dock(self._export)
        if self._state.place != "run":
            self._state.go("run")
        self.right.ask()
        self._export.open()

    def _export_picture(self) -> None:
        lens = self.canvas.lenses.view
        exporting = importlib.import_module("pushforward.studio.app.data.chart_export")
        exporting.ask_picture(lens, self._state, self.canvas.lenses.shown)

    def _export_curves(self) -> None:
        exporting = importlib.import_module("pushforward.studio.app.data.chart_export")
        exporting.ask_curves(self.canvas, self._state)

    # Places and columns

    def _settle(self) -> None:
        """Paint a page that is new once it is laid out: a frame of half of it was seen before."""
        page = self.centralWidget()
        if page is None or not page.updatesEnabled():
            return
        page.setUpdatesEnabled(False)

        def settled() -> None:
            QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
            page.setUpdatesEnabled(True)

        QTimer.singleShot(0, page, settled)

    def _place_changed(self) -> None:
        self._settle()
        if self.focused and self._state.place != "run":
            self._toggle_focus()
        self.left.dismiss()
        self._show_columns()
        if self._timebar is not None:
            for index in range(self._time_slot.count()):
                item = self._time_slot.itemAt(index)
                widget = item.widget() if item is not None else None
                if widget is not None:
                    widget.setVisible(self._state.place == "run")
        self.tour.leave()
        if self._state.place == "setup":
            self._offer_train()
        elif self._state.place in ("run", "help"):
            # Else the button that hides would hand the keyboard to any other, and Space with it.
            self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def _offer_train(self) -> None:
        """Enter starts at once: the button has the keyboard when the setup opens."""
        if self._state.place == "setup":
            self._focus_train()  # at once: Enter may come before the page is laid out
            QTimer.singleShot(0, self, self._focus_train)

    def _focus_train(self) -> None:
        if self._state.place == "setup" and self._state.race.bound is None:
            draft = self._state.draft
            races = draft is not None and draft.recipe is not None and draft.recipe.race is not None
            tray = self.canvas.setup.race
            start = tray.start if races and tray.cards else self.inspector.setup.train
            start.take_keyboard()

    def _show_columns(self) -> None:
        """Dock the columns for which there is room; the settings of a run that is set up are what
        one is there for, and have it always.
        """
        # A splitter has no sizes to change before it is seen.
        width = self.width() if self.isVisible() else NARROW
        place = self._state.place
        self.left.arrange(offered=not self.focused, floats=width < NARROWER)
        floats = width < NARROW and place != "setup"
        self.right.arrange(offered=self.inspector.wanted and not self.focused, floats=floats)
        self._tell_columns()

    def _tell_columns(self) -> None:
        """Offer the columns that are hidden, and those that can be taken away again."""
        left, right = self.left, self.right
        self.topbar.offer_train(not right.shown)
        self.topbar.offer_columns(
            sidebar=left.floats or not left.shown,
            inspector=self.inspector.wanted and (right.floats or not right.shown),
        )

    def _toggle_focus(self) -> None:
        """Hide all but the canvas and the clocks, or show it again."""
        self.focused = not self.focused
        for part in (self.topbar, self.rail, self.statusbar, self.canvas.lenses.tabs):
            part.setVisible(not self.focused)
        if self.focused:
            self.drawer.hide()
            self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)
        self._show_columns()

    def _toggle(self, flank: "Flank") -> None:
        flank.toggle()
        if flank.floats and flank.shown:
            self.panes.enter(flank.part)

    def _show_inspector(self) -> None:
        """Let what was selected be seen also where the inspector has no room of its own."""
        if not self.right.floats:
            return
        if self._state.looked.thing == "run":
            self.right.dismiss(passing=True)
        else:
            self.right.ask(passing=True)

    def _find_setting(self) -> None:
        if self._state.place == "setup":
            self.right.ask()
            self.inspector.setup.finder.setFocus(Qt.FocusReason.ShortcutFocusReason)
        elif self._state.place == "help":
            self.left.ask()
            self.canvas.help.finder.setFocus(Qt.FocusReason.ShortcutFocusReason)
        elif self._state.place == "runs":
            self._state.finding.typing_wanted.emit()
        else:
            self._state.window.focus_search.emit()

    def _show_history(self) -> None:
        module = importlib.import_module("pushforward.studio.app.shell.dialogs")
        module.show_history(self, self._state.notices)

    def copy_command(self) -> None:
        """Put the command that reproduces what is selected on the clipboard."""
        command = self._actions.export.command()
        if command:
            QGuiApplication.clipboard().setText(command)
            self._state.notices.inform("Copied", command, topic="copied")

    # Layout

    def _restore_size(self) -> None:
        layout = self._kept.layout
        width, height = layout.get("width", 1280), layout.get("height", 800)
        screen = QGuiApplication.primaryScreen().availableGeometry()
        if isinstance(width, int) and isinstance(height, int):
            self.resize(min(width, screen.width()), min(height, screen.height() - FRAME))
        if layout.get("maximised") is True:
            self.setWindowState(Qt.WindowState.WindowMaximized)

    def _columns(self) -> list[int]:
        """Return the widths of sidebar, canvas and inspector in pixels."""
        sizes = self._kept.layout.get("columns")
        if isinstance(sizes, list) and len(sizes) == 3 and all(isinstance(s, int) for s in sizes):
            return sizes
        return [SIDEBAR, 900, INSPECTOR]

    def _restore_columns(self) -> None:
        sizes = self._columns()
        self.split.setSizes(sizes)
        self.left.width, _, self.right.width = sizes

    def save_layout(self) -> None:
        """Remember sizes, place, run, lens, theme and colours."""
        layout: dict[str, Any] = dict(self._kept.layout)
        layout |= {"place": self._state.place, "run": self._state.runs.selection}
        layout["maximised"] = self.isMaximized()
        if not self.isMaximized():
            layout |= {"width": self.width(), "height": self.height()}
        if self.split.count() == 3 and self.sidebar.isVisible() and self.inspector.isVisible():
            layout["columns"] = self.split.sizes()
        if self.canvas.lenses.wanted:
            layout["lens"] = self.canvas.lenses.left
        fresh = preferences.load()  # recent projects may have been added meanwhile
        fresh.layout = layout
        fresh.theme, fresh.identity = theme.mode, theme.identity
        fresh.scale = self._kept.scale
        self._kept.layout = layout
        preferences.save(fresh)

    # Events

    def event(self, event: QEvent) -> bool:
        """Let a focused control have the keys that it needs, before they become shortcuts."""
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and self.filled and isinstance(event, QKeyEvent):
            menus = importlib.import_module("pushforward.studio.app.shell.menus")
            if menus.needs_key(self.focusWidget(), event):
                event.accept()
                return True
        return super().event(event)

    def focusNextPrevChild(self, next: bool) -> bool:
        """Tab goes through the parts in the order of their layouts, however they were built."""
        return self.filled and self.panes.step(1 if next else -1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape, unless a widget uses it, ends the focus mode, finishes a racer's settings, closes
        a column that lies over the canvas, selects the run again, or ends a comparison.
        """
        if not self.filled:
            return
        racer = self._state.place == "setup" and self._state.race.bound is not None
        if event.key() == Qt.Key.Key_Escape and racer:
            self._actions.race.finish()
            event.accept()
        elif event.key() == Qt.Key.Key_Escape and self.focused:
            self._toggle_focus()
            event.accept()
        elif event.key() == Qt.Key.Key_Escape and (self.right.dismiss() or self.left.dismiss()):
            event.accept()
        elif event.key() == Qt.Key.Key_Escape and self._state.place == "run":
            whole = self._state.looked.thing in ("run", "race")
            if not (whole and self.canvas.lenses.leave()):
                self.inspector.to_run()
            event.accept()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.filled:
            self._fit()
            self.palette_box.dismiss()
            self._saver.start()

    def _fit(self) -> None:
        self.topbar.fit(self.width())
        self.statusbar.fit(self.width())
        self._show_columns()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.filled:
            self._show_columns()

    def closeEvent(self, event: QCloseEvent) -> None:
        event.ignore()  # the window goes when everything is saved
        if self.filled:
            self.save_layout()
            self.leave.request()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self.drop.meet(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.drop.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self.drop.receive(event)


def _splitter(orientation: Qt.Orientation, parent: QWidget) -> QSplitter:
    made = QSplitter(orientation, parent)
    made.setChildrenCollapsible(False)
    made.setHandleWidth(1)
    return made
