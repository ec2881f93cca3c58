"""Samples, for jets: the mean image of each type, generated and real, and where they differ."""

import asyncio
from functools import partial

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QShowEvent,
)

from pushforward.observables.jets import cone
from pushforward.studio.app.charts.picture_export import Picture, copy_picture, painted_picture
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type import LABEL, Arrays, named
from pushforward.studio.app.core.timers import single_shot
from pushforward.studio.app.data.chart_export import ask_picture
from pushforward.studio.app.data.sample_button import sample_button
from pushforward.studio.app.data.sample_measures import in_order
from pushforward.studio.app.data.sample_switch import held_chip
from pushforward.studio.app.data.statistics import rows_of
from pushforward.studio.app.data.views.lens_view import LensView
from pushforward.studio.app.data.views.view_spec import ViewSpec, shows_moving
from pushforward.studio.app.data_types.jets.jet_paint import RADIUS, Frame
from pushforward.studio.app.data_types.jets.mean_images import TypeMeans, means_by_type
from pushforward.studio.app.data_types.jets.mean_images_plot import MeansPicture
from pushforward.studio.app.design.basic import Elided, column, icon_button, label, row, view_bar
from pushforward.studio.app.design.menu import open_menu
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.query import Query
from pushforward.studio.app.engine.sample_source import Sampled

__all__ = ["VIEW", "JetMeansView"]

PARTICLES, REAL = 2048, 4096  # live of the run, and of the data
SOON_MS = 250
CAPTION = 22  # pixels of the line below an export
applies = shows_moving("jet-means")


class JetMeansView(LensView):
    """Means of all jets that there are of a run, as those of the data."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self._query: Query[float, list[TypeMeans]] = Query(self, self._find)
        self._query.changed.connect(self._show)
        self._timer = single_shot(self, self._measure, SOON_MS)
        self._sampled = Sampled(self, state, actions, PARTICLES, applies)
        self.picture = MeansPicture()
        self._words, self._legend = Elided("", "muted"), label("", "small")
        sample = sample_button(actions)
        export = icon_button("export", "Export picture: PNG, SVG or PDF", self._export)
        self.bar = view_bar(self, None, held_chip(self._sampled), sample, export)
        column(
            row(self._words, self._legend),
            (self.picture, 1),
            parent=self,
            gap=10,
            margins=(16, 10, 16, 12),
        )
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._connect()
        self._sampled.select()

    def _connect(self) -> None:
        self._sampled.selected.connect(self._forget)
        for news in (self._sampled.shown, self._sampled.told):
            news.connect(self._later)
        self._sampled.failed.connect(self._words.set_text)
        self._state.engine_changed.connect(self._later)
        theme.changed.connect(self._tell)

    def _later(self, _news: object = None) -> None:
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._later()

    def _sides(self) -> tuple[Arrays | None, Arrays | None]:
        """Return available generated and real jets: held-out ones if there are some."""
        run, now = self._sampled.run, self._sampled.now
        if run is None:
            return None, None
        made = real = None
        if now is not None:
            made = rows_of(now.x, named(now.told, now.classes or run.classes))
        if run.held is not None:
            real = rows_of(run.held, named(run.held_told, run.classes))
        elif run.target is not None:
            real = rows_of(run.target, named(run.target_told, run.classes))
        return made, real

    def _measure(self) -> None:
        run = self._sampled.run
        if run is not None:
            self._actions.real_samples.need_held_out(run.key, REAL)
        self._tell()
        made, real = self._sides()
        if made is None and real is None:
            return
        self._query.ask(self._radius, again=True)

    async def _find(self, radius: float) -> list[TypeMeans]:
        run = self._sampled.run
        made, real = self._sides()
        both = [side[LABEL] for side in (made, real) if side is not None and LABEL in side]
        order = run.classes if run is not None else ()
        names = in_order(np.concatenate(both), order) if both else []
        return await asyncio.to_thread(means_by_type, made, real, names, radius)

    def _forget(self) -> None:
        self._query.cancel()
        self.picture.show_means([])

    def _show(self) -> None:
        self.picture.show_means(self._query.answer or [], self._radius)
        self._tell()

    @property
    def _about(self) -> str:
        """Say which jets these are the means of."""
        run = self._sampled.run
        held = run is not None and run.held is not None
        which = "real: held out" if held else "real: training data"
        return " · ".join(filter(None, (self._sampled.origin, which)))

    @property
    def _radius(self) -> float:
        run = self._sampled.run
        return cone.USUAL if run is None else run.alike.get(RADIUS, cone.USUAL)

    @property
    def _scale(self) -> str:
        """Say what stands above the images, and how far it is across them."""
        pixel = Frame(QRectF(), self._radius).pixel
        return (
            f"n: generated | real. Pixels of {pixel:g} × {pixel:g}, circle: ΔR = {self._radius:g}"
        )

    def _tell(self) -> None:
        some = bool(self.picture.shown)
        self.picture.setVisible(some)
        self.empty.setVisible(not some)
        self._words.set_text(self._about)
        self._legend.setText(self._scale)
        if not some:
            words_ = "Their mean images follow with the first steps of the training."
            self.empty.tell("No jets yet", words_)

    def export_picture(self) -> Picture:
        """Return the images for paper, with a line on what is seen."""
        size = self.picture.size()
        seen = self.picture.used(size)
        page = QSize(seen.width(), seen.height() + CAPTION)

        def paint(painter: QPainter, vector: bool) -> None:
            tokens = theme.colors()
            painter.fillRect(QRectF(0, 0, page.width(), page.height()), QColor(tokens.background))
            self.picture.paint_on(painter, size, tokens)
            painter.setPen(QColor(tokens.muted))
            painter.setFont(font(11))
            below = QRectF(0, seen.height(), page.width(), CAPTION)
            told = f"{self._scale}. {self._about}."
            painter.drawText(below, Qt.AlignmentFlag.AlignVCenter, told)

        return painted_picture(page, paint, printed=True)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        some = bool(self.picture.shown)
        open_menu(
            self,
            event.pos(),
            [
                ("Copy picture", partial(copy_picture, self) if some else None),
                ("Export picture…", self._export if some else None),
            ],
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy the picture."""
        if event.matches(QKeySequence.StandardKey.Copy) and self.picture.shown:
            copy_picture(self)
        else:
            super().keyPressEvent(event)

    def _export(self) -> None:
        ask_picture(self, self._state, "mean-images")


VIEW = ViewSpec(
    id="jet-means",
    lens="samples",
    title="Means",
    order=25,
    applies=applies,
    factory=JetMeansView,
)
