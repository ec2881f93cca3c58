"""The middle of the window: gallery, setup, data, or the lenses of a run."""

import importlib
import logging
import pkgutil
import traceback

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QStackedWidget, QTabBar, QVBoxLayout, QWidget

from studio.app import views
from studio.app.actions import Actions
from studio.app.shell.banners import Banners
from studio.app.shell.job_strip import JobStrip
from studio.app.shell.replay_strip import ReplayStrip
from studio.app.state.notices import Notice
from studio.app.state.session import AppState
from studio.app.views.data import DataView
from studio.app.views.gallery import Gallery
from studio.app.views.help import HelpView
from studio.app.views.setup import SetupView
from studio.app.viewspec import ViewSpec

__all__ = ["Canvas", "discover"]

log = logging.getLogger(__name__)


def discover(state: AppState) -> list[ViewSpec]:
    """Import every module of `studio.app.views` and return the lenses, in the order of their tabs.

    A module that cannot be loaded is reported and left out.
    """
    found = []
    for module in pkgutil.iter_modules(views.__path__):
        name = f"{views.__name__}.{module.name}"
        try:
            loaded = importlib.import_module(name)
        except Exception as error:
            # A third party's file may fail in any way; the boundary of discovery reports it.
            log.info("the view %s cannot be loaded", name, exc_info=True)
            state.notices.post(
                Notice(
                    level="warning",
                    text=f"The view {module.name} could not be loaded",
                    why=f"{type(error).__name__}: {error}",
                    todo="Everything else works. Mend or remove that file, then start again.",
                    details=traceback.format_exc(),
                    lasting=True,
                )
            )
            continue
        spec = getattr(loaded, "VIEW", None)
        if isinstance(spec, ViewSpec):
            found.append(spec)
    return sorted(found, key=lambda spec: spec.order)


class _Lenses(QWidget):
    """Tabs over a stack; a lens is built when its tab is first opened."""

    opened = Signal(str)

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state = state
        self._actions = actions
        self.specs: list[ViewSpec] = []
        self._built: dict[str, QWidget] = {}
        self.wanted = ""
        self.tabs = QTabBar()
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setAccessibleName("Lenses")
        self.stack = QStackedWidget()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        head = QVBoxLayout()
        head.setContentsMargins(12, 6, 12, 0)
        head.addWidget(self.tabs)
        layout.addLayout(head)
        layout.addWidget(self.stack, 1)
        self.tabs.currentChanged.connect(self._show)

    def offer(self, specs: list[ViewSpec]) -> None:
        """Take the lenses there are."""
        self.specs = specs
        self.refresh()

    def refresh(self) -> None:
        """Show the tabs that apply to what is selected; keep the lens where possible."""
        applying = [spec for spec in self.specs if spec.applies(self._state)]
        shown = [self.tabs.tabData(i) for i in range(self.tabs.count())]
        if shown != [spec.id for spec in applying]:
            self.tabs.blockSignals(True)
            while self.tabs.count():
                self.tabs.removeTab(0)
            for spec in applying:
                self.tabs.setTabData(self.tabs.addTab(spec.title), spec.id)
            ids = [spec.id for spec in applying]
            self.tabs.setCurrentIndex(ids.index(self.wanted) if self.wanted in ids else 0)
            self.tabs.blockSignals(False)
        self._show(self.tabs.currentIndex(), asked=False)

    def _show(self, index: int, asked: bool = True) -> None:
        if index < 0 or not self.isVisibleTo(self.window()):
            return
        id = self.tabs.tabData(index)
        if asked:
            self.wanted = id
        if id not in self._built:
            spec = next(spec for spec in self.specs if spec.id == id)
            self._built[id] = spec.factory(self._state, self._actions)
            self.stack.addWidget(self._built[id])
        self.stack.setCurrentWidget(self._built[id])
        self.opened.emit(id)

    def want(self, id: str) -> None:
        """Show a lens, now or as soon as it applies."""
        self.wanted = id
        ids = [self.tabs.tabData(i) for i in range(self.tabs.count())]
        if id in ids:
            self.tabs.setCurrentIndex(ids.index(id))

    @property
    def shown(self) -> str:
        """The id of the lens that is shown."""
        return str(self.tabs.tabData(self.tabs.currentIndex()) or "")

    def turn(self, by: int) -> None:
        """Go to the next or the previous tab."""
        count = self.tabs.count()
        if count:
            self.tabs.setCurrentIndex((self.tabs.currentIndex() + by) % count)


class Canvas(QWidget):
    """Shows the page of the state's place, with lasting messages above it."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state = state
        self._actions = actions
        self.setProperty("surface", "canvas")
        self.setAccessibleName("Canvas")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.gallery = Gallery(state, actions)
        self.setup = SetupView(state, actions)
        self.data = DataView(state, actions)
        self.help = HelpView(state, actions)
        self.lenses = _Lenses(state, actions)
        self.pages = QStackedWidget()
        self._pages: dict[str, QWidget] = {
            "gallery": self.gallery,
            "setup": self.setup,
            "data": self.data,
            "help": self.help,
            "run": self.lenses,
        }
        for page in self._pages.values():
            self.pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(Banners(state))
        self.replay = ReplayStrip(state)
        layout.addWidget(self.replay)
        self.jobs = JobStrip(state, actions)
        layout.addWidget(self.jobs)
        layout.addWidget(self.pages, 1)
        state.place_changed.connect(self.refresh)
        state.catalog_changed.connect(self.refresh)
        state.runs.selected.connect(lambda _: self.refresh())
        state.runs.compared.connect(self.refresh)
        state.lens_wanted.connect(self.lenses.want)
        self.refresh()

    def _make_runs(self) -> QWidget:
        module = importlib.import_module("studio.app.pages.runs")
        page: QWidget = module.RunsPage(self._state, self._actions)
        self.pages.addWidget(page)
        return page

    def refresh(self) -> None:
        """Show the page of the place."""
        if self._state.place == "runs" and "runs" not in self._pages:
            self._pages["runs"] = self._make_runs()
        self.pages.setCurrentWidget(self._pages[self._state.place])
        if self._state.place == "run":
            self.lenses.refresh()
