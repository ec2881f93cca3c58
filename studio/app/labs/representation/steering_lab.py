"""Samples, for generators of images: a latent that is steered along learned edit directions."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QSlider, QVBoxLayout, QWidget

from pushforward.studio.app.charts.picture_export import Picture, widget_picture
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type import Arrays
from pushforward.studio.app.core.data_type_registry import kind_of_run
from pushforward.studio.app.data.tile_grid import TileGrid
from pushforward.studio.app.data.views.lab import can_ask
from pushforward.studio.app.data.views.live_lab_frame import AskedLive, Asking
from pushforward.studio.app.data.views.view_spec import ViewSpec
from pushforward.studio.app.design.basic import button, column, label, scrolled, view_bar
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.text import number_format

__all__ = ["VIEW", "SteeringLab"]

OPERATOR = "steer-latent"
EDITS = {
    "shift_right": "Shift right",
    "shift_down": "Shift down",
    "zoom": "Zoom",
    "rotate": "Rotate",
    "brighten": "Brighten",
}
MOST, PER_UNIT = 3, 10  # the largest amount of a slider, and its stops per unit
EXPLAINED = "Share of the edit's squared error that the direction explains on other latents"
WEAK = 0.1
UNITS = {
    "shift_right": "an eighth of the side",
    "shift_down": "an eighth of the side",
    "zoom": "a factor of 1.25",
    "rotate": "0.25 rad",
    "brighten": "a factor of 1.3",
}
HEADS = ("Direction", "Amount", "", "Explained", "Alone, from −2 to +2")
ABOUT = (
    "Each direction is learned from this model: it moves the latent so that the sample changes "
    "like the edited one. Below 10 % explained, the model has no such direction."
)


@dataclass(frozen=True)
class Question:
    """Which latent of which run, and how far it is moved."""

    key: str
    step: int
    seed: int
    amounts: tuple[float, ...]


class SteeringLab(AskedLive[Question]):
    """Left the sample before and after, right a slider and a strip for each edit."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions)
        self._seed = 0
        self._lay_out()
        state.runs.changed.connect(self._changed)
        self.follow()

    def _lay_out(self) -> None:
        self.next = button("Next latent", self._next, tip="Another latent (N)")
        self.reset = button("Reset", self._reset, tip="Move every slider to 0")
        self.bar = view_bar(self, self.words, None, self.reset, self.next)
        self.before, self.after = TileGrid("Sample of the latent"), TileGrid("Steered sample")
        for grid in (self.before, self.after):
            grid.setMinimumHeight(120)
            grid.setMaximumHeight(220)
        left = column(
            label("Sample", "strong"),
            (self.before, 1),
            label("Steered", "strong"),
            (self.after, 1),
            None,
        )
        self.sliders, self.strips, self.shares, self.amounts = {}, {}, {}, {}
        edits = QGridLayout()
        edits.setHorizontalSpacing(12)
        edits.setVerticalSpacing(6)
        edits.setColumnStretch(1, 2)
        edits.setColumnStretch(4, 3)
        for place, head in enumerate(HEADS):
            side = Qt.AlignmentFlag.AlignHCenter if place == 4 else Qt.AlignmentFlag.AlignLeft
            edits.addWidget(label(head, "small"), 0, place, side)
        for place, (name, title) in enumerate(EDITS.items(), 1):
            slider = QSlider(Qt.Orientation.Horizontal)
            slider.setAccessibleName(title)
            slider.setRange(-MOST * PER_UNIT, MOST * PER_UNIT)
            slider.setMinimumWidth(110)
            slider.valueChanged.connect(lambda _: self.meet())
            amount = label("0", "strong")
            amount.setMinimumWidth(34)
            for part in (slider, amount):
                set_tip(part, f"1 is {UNITS[name]}")
            share = label("", "muted")
            set_tip(share, EXPLAINED)
            strip = TileGrid(f"{title} alone", strip=True)
            strip.setFixedHeight(56)
            edits.addWidget(label(title, "strong"), place, 0)
            edits.addWidget(slider, place, 1)
            edits.addWidget(amount, place, 2)
            edits.addWidget(share, place, 3)
            edits.addWidget(strip, place, 4)
            self.amounts[name] = amount
            self.sliders[name], self.strips[name], self.shares[name] = slider, strip, share
        self.note = label("", "muted", wrap=True)
        right = QVBoxLayout()
        right.addLayout(edits)
        right.addWidget(label(ABOUT, "small", wrap=True))
        right.addWidget(self.note)
        right.addStretch(1)
        self.page = QWidget()
        body = QBoxLayout(QBoxLayout.Direction.LeftToRight, self.page)
        body.setContentsMargins(16, 10, 16, 12)
        body.setSpacing(16)
        body.addLayout(left, 1)
        body.addLayout(right, 3)
        self._room = scrolled(self.page)
        column((self._room, 1), parent=self)

    # What is asked

    def begin(self) -> None:
        """Begin with the first latent, unmoved."""
        self._seed = 0
        self._set_sliders(0)

    def _set_sliders(self, value: int) -> None:
        for slider in self.sliders.values():
            slider.blockSignals(True)
            slider.setValue(value)
            slider.blockSignals(False)

    def _changed(self, key: str) -> None:
        if key == self._key:
            self.meet()

    def meet(self) -> None:
        """Ask for the sample that the sliders say."""
        for name, slider in self.sliders.items():
            value = slider.value() / PER_UNIT
            self.amounts[name].setText(f"{value:+.1f}".replace("-", "−") if value else "0")
        run = self.run
        if run is not None and run.checkpoints and self.awake and applies(self._state):
            amounts = tuple(each.value() / PER_UNIT for each in self.sliders.values())
            question = Question(self._key, max(run.checkpoints), self._seed, amounts)
            if question != self._asked or self.found is None:
                self.want(question)
        self.refresh()

    def asking(self, question: Question) -> Asking:
        """Return a question in the words of the operator."""
        amounts = dict(zip(EDITS, question.amounts, strict=True))
        return Asking(OPERATOR, {**amounts, "seed": question.seed})

    def _next(self) -> None:
        self._seed += 1
        self.meet()

    def _reset(self) -> None:
        self._set_sliders(0)
        self.meet()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_N and not event.modifiers():
            self._next()
        else:
            super().keyPressEvent(event)

    # Showing

    def refresh(self) -> None:
        """Show what was answered last, or why there is nothing."""
        found, run = self.found, self.run
        self._room.setVisible(found is not None)
        self.next.setEnabled(found is not None)
        self.reset.setEnabled(any(each.value() for each in self.sliders.values()))
        if found is not None:
            self.empty.hide()
            self._draw(found[1])
        elif self.wrong:
            self.empty.tell("This latent cannot be steered", self.wrong)
        elif run is not None and not run.checkpoints:
            self.empty.tell("No latents yet", "They follow once the run has saved a checkpoint.")
        else:
            self.empty.tell(
                "Learning the directions…",
                "Once for a model: its samples are compared with shifted, zoomed and rotated ones.",
            )

    def _draw(self, arrays: Arrays) -> None:
        kind = kind_of_run(self.run, self._state.catalog)
        for grid, name in ((self.before, "anchor"), (self.after, "x")):
            grid.show_tiles(kind.tiles({"x": np.asarray(arrays[name])}), noun=kind.many)
        explained = np.asarray(arrays["explained"], np.float64).tolist()
        strips = np.asarray(arrays["strips"])
        for place, name in enumerate(EDITS):
            share = max(0.0, explained[place])
            self.shares[name].setText(number_format.percent(share))
            self.strips[name].show_tiles(kind.tiles({"x": strips[place]}), noun=kind.many)
        weak = [title for place, title in enumerate(EDITS.values()) if explained[place] < WEAK]
        found = f"No latent direction does this: {', '.join(weak).lower()}." if weak else ""
        self.note.setText(found)

    def export_picture(self) -> Picture:
        """Return the page as it is seen."""
        return widget_picture(self.page)


def applies(state: AppState) -> bool:
    """Return whether the selected run maps latents to images."""
    return can_ask(state, OPERATOR)


VIEW = ViewSpec(
    id="steer-latent", lens="samples", title="Steer", order=23, applies=applies,
    factory=SteeringLab, timed=False,
)  # fmt: skip
