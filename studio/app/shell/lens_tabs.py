"""The lenses of a run: five tabs that are always there, each with the views that apply to it."""

import logging
from collections.abc import Callable, Iterable
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QTabBar, QWidget

from pushforward.studio.app.charts.overlays import EmptyState
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import family_of_run
from pushforward.studio.app.core.discovery import Failure, load_modules
from pushforward.studio.app.core.notices import Notice
from pushforward.studio.app.data.views.view_spec import LENSES, Leaves, Lens, ViewSpec, WithBar
from pushforward.studio.app.design.basic import column, discard, icon_button, row, separator
from pushforward.studio.app.design.forms.editors import Segments
from pushforward.studio.app.engine.actions import Actions

__all__ = ["Lenses", "discover"]

log = logging.getLogger(__name__)

BAR = 40  # pixels of the bar of a view
EARLIER: dict[str, Lens] = {
    "flow": "watch",
    "pictures": "watch",
    "picture-samples": "samples",
    "scene": "samples",
    "recommend": "samples",
    "metrics": "quality",
    "log": "quality",
    "rescaling": "explain",
}
"""What lenses were called that a preference may still name."""


Words = tuple[str, str, str, Callable[[], None] | None]
"""A title, a sentence, and what is done by a button: its words and what it does, "" for none."""


def nothing_in(lens: Lens, state: AppState, actions: Actions) -> Words:
    """Return the words of a lens that has no view of what is selected."""
    run, catalog = state.runs.current, state.catalog
    discover = ("Discover recipes", lambda: actions.places.visit("discover"))
    if run is None:
        return "No run is selected", "Choose a run on the left, or train one.", *discover
    if catalog is None and state.engine.state == "lost":
        text = "The engine loads the models, and it is not running."
        return "No engine", text, "Restart the engine", actions.engine.restart
    if catalog is None:
        return "Waiting for the engine", "Loading the models…", "", None
    if run.spec is None:
        return "Nothing to show yet", "The settings of this run are not known yet.", "", None
    family = family_of_run(run, catalog)
    title = family.title if family is not None else run.spec.family.slug
    if lens == "explain":
        return "No explanation for this run", _unexplained(title), *discover
    to: Lens = "samples" if lens == "watch" else "quality"
    nothing, what = (
        ("Nothing moves here", "Its samples are under Samples.")
        if to == "samples"
        else ("No samples", "Its metrics are under Quality.")
    )
    text = f"{title} generates no samples. {what}"
    return nothing, text, f"Open {LENSES[to]}", partial(state.window.show_lens.emit, to)


def _unexplained(title: str) -> str:
    """Say what a run has not that could be explained."""
    return (
        f"The step of {title} is not divided into stages and has no critic. Try a GAN or a "
        "Discriminator Flow on points."
    )


def discover(state: AppState) -> list[ViewSpec]:
    """Return the views of lenses, labs, data types and plug-ins, in the order of their segments.

    A module that cannot be loaded is reported and left out.
    """
    found: dict[int, ViewSpec] = {}
    for module in load_modules(("lenses", "labs", "data_types"), ("_view", "_lab")):
        if isinstance(module, Failure):
            _report(module, state)
            continue
        several: Iterable[object] = getattr(module, "VIEWS", (getattr(module, "VIEW", None),))
        found |= {id(spec): spec for spec in several if isinstance(spec, ViewSpec)}
    return sorted(found.values(), key=lambda spec: spec.order)


def _report(failure: Failure, state: AppState) -> None:
    log.info("the view %s cannot be loaded: %s", failure.module, failure.details)
    state.notices.post(
        Notice(
            level="warning",
            text=f"The view {failure.module.rpartition('.')[2]} could not be loaded",
            why=failure.why,
            todo="Everything else works. Fix or remove that file, then restart.",
            details=failure.details,
            lasting=True,
        )
    )


class _Page(QWidget):
    """One lens: a bar with a segment a view and the view's own controls, over the view; or, where
    no view applies, why not and what to do.
    """

    def __init__(self, lens: Lens, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._lens, self._state, self._actions = lens, state, actions
        self._built: dict[str, QWidget] = {}
        self._offered: list[ViewSpec] = []
        self.wanted = ""
        self._segments: Segments | None = None
        self.setProperty("surface", "canvas")
        self._bars = QStackedWidget()
        self._bars.setMinimumWidth(1)  # else the widest bar of all views widens the window
        self._no_bar = QWidget()
        self._bars.addWidget(self._no_bar)
        self._line = row((self._bars, 1), gap=16, margins=(16, 0, 16, 0))
        self._bar = QWidget()
        self._bar.setFixedHeight(BAR)
        self._bar.setLayout(self._line)
        self._under = separator()
        self._nothing = QWidget()
        self._empty = EmptyState(self._nothing)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._nothing)
        column(self._bar, self._under, (self._stack, 1), parent=self, gap=0)

    @property
    def view(self) -> QWidget:
        """The view that is seen, or the words in its place."""
        return self._stack.currentWidget() or self._nothing

    def want(self, view: str) -> None:
        """See a view of that id, now or as soon as it applies."""
        self.wanted = view

    def refresh(self, specs: list[ViewSpec]) -> None:
        """Offer the views that apply to what is selected; keep the one that is seen if possible."""
        applying = [spec for spec in specs if spec.applies(self._state)]
        if applying != self._offered:
            self._offered = applying
            self._offer([spec.title for spec in applying])
        if not applying:
            self._empty.tell(*nothing_in(self._lens, self._state, self._actions))
            self._show(self._nothing, None)
            self._state.playback.set(idle="")
            return
        ids = [spec.id for spec in applying]
        self._see(ids.index(self.wanted) if self.wanted in ids else 0)

    def _offer(self, titles: list[str]) -> None:
        if self._segments is not None:
            self._line.removeWidget(self._segments)
            discard(self._segments)
            self._segments = None
        if len(titles) > 1:
            self._segments = Segments(titles, f"Views of {LENSES[self._lens]}")
            self._segments.widen()
            self._segments.chosen.connect(self._choose)
            self._line.insertWidget(0, self._segments)

    def _choose(self, index: int) -> None:
        self.wanted = self._offered[index].id
        self._see(index)

    def _see(self, index: int) -> None:
        spec = self._offered[index]
        if self._segments is not None:
            self._segments.select(index)
        if spec.id not in self._built:
            self._built[spec.id] = spec.factory(self._state, self._actions)
            self._stack.addWidget(self._built[spec.id])
        view = self._built[spec.id]
        self._show(view, view.bar if isinstance(view, WithBar) else None)
        self._state.playback.set(idle=spec.idle, compares=self._lens == "compare")

    def _show(self, view: QWidget, bar: QWidget | None) -> None:
        if bar is not None and self._bars.indexOf(bar) < 0:
            self._bars.addWidget(bar)
        self._bars.setCurrentWidget(bar or self._no_bar)
        some = bar is not None or self._segments is not None
        for part in (self._bar, self._under):
            part.setVisible(some)
        self._stack.setCurrentWidget(view)


class Lenses(QWidget):
    """Five tabs over their pages; a view is built when it is first seen.

    Signals:
        opened: the id of the lens that is seen.
        record_wanted: the lens is to be recorded.
    """

    opened = Signal(str)
    record_wanted = Signal()

    def __init__(self, state: AppState, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.specs: list[ViewSpec] = []
        self.wanted: str = ""
        self.tabs = QTabBar()
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setAccessibleName("Lenses")
        self.stack = QStackedWidget(self)
        self._pages: dict[str, _Page] = {}
        for id, title in LENSES.items():
            self.tabs.setTabData(self.tabs.addTab(title), id)
            self._pages[id] = _Page(id, state, actions)
            self.stack.addWidget(self._pages[id])
        layout = column(parent=self, gap=0)
        tip = "Record this lens as a video or an animation (Ctrl+Alt+R)"
        self.record = icon_button("record", tip, self.record_wanted.emit)
        head = row((self.tabs, 1), self.record, margins=(12, 6, 12, 0))
        layout.addLayout(head)
        layout.addWidget(separator())
        layout.addWidget(self.stack, 1)
        self.tabs.currentChanged.connect(self._turned)

    def offer(self, specs: list[ViewSpec]) -> None:
        """Take the views there are."""
        self.specs = specs
        self.refresh()

    def restore(self, id: str) -> None:
        """Open the lens that was seen last; an earlier version may have called it otherwise."""
        self.want(EARLIER.get(id, id))

    def refresh(self) -> None:
        """Bring the lens that is seen to what is selected."""
        if not self.specs or not self.isVisibleTo(self.window()):
            return
        page = self._pages[self.shown]
        page.refresh([spec for spec in self.specs if spec.lens == self.shown])
        self.stack.setCurrentWidget(page)
        self.opened.emit(self.shown)

    def _turned(self, _index: int) -> None:
        self.wanted = self.shown
        self.refresh()

    def want(self, id: str) -> None:
        """Show a lens, and of it a view ("explain/moment") where that matters."""
        lens, _, view = id.partition("/")
        ids = list(self._pages)
        if lens not in ids:
            return
        self.wanted = lens
        if view:
            self._pages[lens].want(view)
        if self.shown == lens:
            self.refresh()
        self.tabs.setCurrentIndex(ids.index(lens))

    @property
    def left(self) -> str:
        """What `restore` brings back: the lens that is wanted, and of it the view."""
        page = self._pages.get(self.wanted)
        return f"{self.wanted}/{page.wanted}" if page is not None and page.wanted else self.wanted

    @property
    def shown(self) -> str:
        """The id of the lens that is shown."""
        return str(self.tabs.tabData(self.tabs.currentIndex()))

    @property
    def view(self) -> QWidget:
        """The view that is seen in it."""
        return self._pages[self.shown].view

    @property
    def scene(self) -> QWidget:
        """The part of the view that is worth recording: all of it, unless it says otherwise."""
        scene = getattr(self.view, "scene", None)
        return scene if isinstance(scene, QWidget) else self.view

    def leave(self) -> bool:
        """End what the view that is seen has to end, if anything."""
        view = self.view
        return view.isVisible() and isinstance(view, Leaves) and view.leave()

    def turn(self, by: int) -> None:
        """Go to the next or the previous tab."""
        self.tabs.setCurrentIndex((self.tabs.currentIndex() + by) % self.tabs.count())
