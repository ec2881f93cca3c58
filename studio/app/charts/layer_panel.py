"""The layers behind particles: switches, and the legend of the heat that is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QFrame, QLabel, QWidget

from pushforward.studio.app.charts.grid_fields import Heat, lookup
from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.app.design.basic import Link, button, clear, column, label, row, section
from pushforward.studio.app.design.fold import Fold
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.switch import Switch
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.text.formula_markup import advance, write
from pushforward.studio.app.text.number_ticks import number
from pushforward.studio.literal import one_line

__all__ = ["LayerPanel", "LayerRow", "Legend", "paint_chip"]

WIDTH = 196  # of the panel: "Log-density of the data" fits beside its switch


@dataclass(frozen=True)
class LayerRow:
    """A switch: slug, title, exclusive group ("" for none), and heading."""

    slug: str
    title: str
    on: bool
    group: str = ""
    tip: str = ""
    part: str = "Field"
    told: bool = False  # more can be said of it


class Legend(QWidget):
    """The colours of the heat with their lowest and highest value and what they mean."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heat: Heat | None = None
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(150, 28)

    def show_heat(self, heat: Heat | None) -> None:
        """Show the legend of a heat layer, or none."""
        self._heat = heat
        self.setVisible(heat is not None)
        if heat is not None:
            self.setAccessibleName(
                f"Legend: {heat.symbol} from {number(heat.low)} to {number(heat.high)}"
            )
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        heat = self._heat
        if heat is None:
            return
        tokens = theme.colors()
        style = CanvasStyle.of(tokens)
        cold = style.cold_heat
        warm = style.warm_heat if heat.diverging else cold
        table = lookup(cold, warm, 0.85, diverging=heat.diverging)
        form = QImage.Format.Format_ARGB32_Premultiplied
        strip = QImage(np.ascontiguousarray(table).data.cast("B"), 256, 1, 1024, form)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            bar = QRectF(0, 2, self.width(), 7)
            painter.fillRect(bar, QColor(tokens.background))
            painter.drawImage(bar, strip)
            painter.setFont(font(11))
            painter.setPen(QColor(tokens.muted))
            text = QRectF(0, 12, self.width(), 16)
            flag = Qt.AlignmentFlag
            sign = "+" if heat.diverging else ""
            painter.drawText(text, flag.AlignLeft | flag.AlignVCenter, number(heat.low))
            painter.drawText(text, flag.AlignRight | flag.AlignVCenter, sign + number(heat.high))
            left = (self.width() - advance(heat.symbol, 12)) / 2
            write(painter, QPointF(left, 24), heat.symbol, 12)


class LayerPanel(QFrame):
    """Switches, one a row, under a heading for particles, field and frame; all of it folds away.

    Signals:
        asked: (slug) more is to be said of a layer.
        folded: the panel takes more or less room.
        toggled: (slug, on), also for a switch that another of its group has turned off.
        dims_changed: (across, up): which columns of the data are drawn.
        more_wanted: the person wants more particles while the training goes on.
    """

    asked = Signal(str)
    folded = Signal()
    toggled = Signal(str, bool)
    dims_changed = Signal(int, int)
    more_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("layers")
        self.setFixedWidth(WIDTH)
        self._rows: dict[str, tuple[LayerRow, Switch]] = {}
        self._words: dict[str, QLabel] = {}  # beside a switch: why nothing of its layer is drawn
        self._body = column(parent=self, gap=None, margins=(10, 4, 10, 6))
        self.fold = Fold("Layers", opened=True)
        self.fold.toggled.connect(self._fold)
        content = self.fold.body
        content.setSpacing(4)
        self._list = column(gap=4)
        self.legend = Legend()
        self.legend.hide()
        self._note = label("", "small", wrap=True)
        self._note.hide()
        self._few = Link("", self.more_wanted.emit, wrap=True)
        self._few.hide()
        self._across, self._up = QComboBox(), QComboBox()
        self._columns = QWidget()
        self._columns.setLayout(row(self._across, self._up, gap=4))
        self._columns.hide()
        content.addLayout(self._list)
        for part in (self.legend, self._note, self._few, self._columns):
            content.addWidget(part)
        self._body.addWidget(self.fold)
        self._body.addStretch(1)  # what room there is too much of is not put between the rows
        for box, name in ((self._across, "Column across"), (self._up, "Column up")):
            box.setAccessibleName(name)
            box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            box.activated.connect(self._dims)

    def set_rows(self, rows: list[LayerRow]) -> None:
        """Offer other layers; a switch that was there keeps its state."""
        if [r.slug for r in rows] == list(self._rows):
            return
        kept = {slug: switch.isChecked() for slug, (_, switch) in self._rows.items()}
        clear(self._list)
        self._rows, self._words = {}, {}
        part = ""
        for spec in rows:
            if spec.part != part:
                part = spec.part
                self._list.addWidget(section(part))
            switch = Switch(spec.title)
            switch.setChecked(kept.get(spec.slug, spec.on))
            switch.toggled.connect(lambda on, slug=spec.slug: self._toggle(slug, on))
            line = QWidget()
            ask = partial(self.asked.emit, spec.slug)
            name = button(spec.title, ask, kind="quiet") if spec.told else label(spec.title)
            if spec.told:
                name.setStyleSheet("text-align: left; padding: 0; min-height: 0; margin: 0 -1px")
                name.setCursor(Qt.CursorShape.PointingHandCursor)
            self._words[spec.slug] = word = label("", "small")
            word.hide()
            line.setLayout(row(name, None, word, switch, gap=4))
            set_tip(line, spec.tip)
            self._list.addWidget(line)
            self._rows[spec.slug] = (spec, switch)
        self._fit()

    def on(self, slug: str) -> bool:
        """Whether a layer is switched on."""
        return slug in self._rows and self._rows[slug][1].isChecked()

    def title_of(self, slug: str) -> str:
        """Return what a layer is called."""
        return self._rows[slug][0].title

    def set_on(self, slug: str, on: bool) -> None:
        """Turn a switch."""
        if slug in self._rows:
            self._rows[slug][1].setChecked(on)

    def set_absent(self, why: Mapping[str, str]) -> None:
        """Show next to active switches why their layer is not drawn."""
        for slug, word in self._words.items():
            word.setText(why.get(slug, ""))
            word.setVisible(slug in why)

    def set_few(self, text: str) -> None:
        """Say that fewer particles are shown than there are; a click asks for more. "" for all."""
        if text != self._few.text() or bool(text) == self._few.isHidden():
            self._few.setText(text)
            self._few.setAccessibleName(text)
            self._few.setVisible(bool(text))
            self._fit()

    def say(self, text: str) -> None:
        """Say something about a layer, such as that it is being computed."""
        if text != self._note.text() or bool(text) == self._note.isHidden():
            self._note.setText(text)
            self._note.setVisible(bool(text))
            self._fit()

    def set_legend(self, heat: Heat | None) -> None:
        """Show what the colours of the heat mean."""
        if (heat is None) != self.legend.isHidden():
            self.legend.show_heat(heat)
            self._fit()
        else:
            self.legend.show_heat(heat)

    def set_columns(self, names: Sequence[str], dims: tuple[int, int]) -> None:
        """Offer which columns to draw, where there are more than two."""
        names = tuple(map(one_line, names))
        shown = [self._across.itemText(i) for i in range(self._across.count())]
        if shown != list(names):
            for box in (self._across, self._up):
                box.clear()
                box.addItems(names)
        self._across.setCurrentIndex(dims[0])
        self._up.setCurrentIndex(dims[1])
        self._columns.setVisible(len(names) > 2)
        self._fit()

    def _dims(self) -> None:
        across, up = self._across.currentIndex(), self._up.currentIndex()
        if across != up:
            self.dims_changed.emit(across, up)

    def _toggle(self, slug: str, on: bool) -> None:
        group = self._rows[slug][0].group
        if on and group:
            for other, (spec, switch) in self._rows.items():
                if other != slug and spec.group == group:
                    switch.setChecked(False)
        self.toggled.emit(slug, on)

    def _fit(self) -> None:
        """Take the room that is needed."""
        self.fold.settle()
        self.adjustSize()

    def _fold(self, _opened: bool) -> None:
        self._fit()
        self.folded.emit()

    def sizeHint(self) -> QSize:
        wraps = self._body.hasHeightForWidth()  # the note: its height is that at this width
        return QSize(
            WIDTH,
            self._body.totalHeightForWidth(WIDTH) if wraps else self._body.sizeHint().height(),
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_chip(self)


def paint_chip(widget: QWidget, radius: float = 8.0) -> None:
    """Paint the ground of something that lies on the canvas: nearly opaque, with a hairline."""
    tokens = theme.colors()
    ground = QColor(tokens.panel)
    ground.setAlphaF(0.92)
    with QPainter(widget) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(tokens.line))
        painter.setBrush(ground)
        painter.drawRoundedRect(
            QRectF(widget.rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius
        )
