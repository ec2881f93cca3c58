"""The inspector of a scene: the pixel under the cursor, accuracies, classes, labels to train on."""

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.data_types.cubes.class_list import ClassList, ClassRow, class_name
from pushforward.studio.app.data_types.cubes.map_scores import Scores
from pushforward.studio.app.data_types.cubes.retraining import Retraining, describe_split
from pushforward.studio.app.data_types.cubes.scene_model import SceneModel
from pushforward.studio.app.design.basic import Elided, button, label, row, section, separator
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.formats.cubes.palette import class_colours
from pushforward.studio.literal import one_line

__all__ = ["ScenePanel"]

LIKELY = 3  # classes of a pixel that are listed
LEAST = 0.05  # of a class: less often confused classes are not listed


class ProbabilityBars(QWidget):
    """The most probable classes of a pixel, with their probabilities."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[tuple[str, float, str]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Probabilities at the pixel")
        repaint_on_theme(self)

    def sizeHint(self) -> QSize:
        return QSize(240, 20 * LIKELY)

    def show_rows(self, rows: list[tuple[str, float, str]]) -> None:
        """Show (name, probability, colour) of some classes."""
        self._rows = rows
        self.setAccessibleDescription("; ".join(f"{n} {p:.2f}" for n, p, _ in rows))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.colors()
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        with QPainter(self) as painter:
            painter.setFont(font(12))
            for place, (name, share, ink) in enumerate(self._rows):
                area = QRectF(0, 20 * place, self.width(), 20)
                painter.setPen(QColor(tokens.text if place == 0 else tokens.muted))
                room = int(area.width() - 128)
                text = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, room)
                painter.drawText(area, left, text)
                painter.drawText(area, right, f"{share:.2f}")
                track = QRectF(area.right() - 116, area.center().y() - 2, 80, 4)
                painter.fillRect(track, QColor(tokens.line))
                track.setWidth(80 * share)
                painter.fillRect(track.adjusted(0, -1, 0, 1), QColor(tokens.muted))
                painter.fillRect(track, QColor(ink))


class ScenePanel(QWidget):
    """What is known of the pixel, of the maps and of the classes; labels to train again on."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self.model = SceneModel.shared(state, actions)
        self._state = state
        self._retraining = Retraining(state, actions, self.model)
        self._pixel, self._truth = Elided("", "heading"), Elided("", "muted")
        self.bars = ProbabilityBars()
        self._cells: dict[tuple[int, int], QLabel] = {}
        self._split = label("", "small", wrap=True)
        self.classes = ClassList()
        self._painted = label("", "muted")
        self.choice = QComboBox()
        self.choice.setAccessibleName("Class to paint")
        self.retrain = button("Retrain", self._retraining.start, kind="primary")
        self.over = button("Start over", self._retraining.start_over, kind="link")
        set_tip(self.over, "Train the same model from new weights, with these labels added")
        self._note = label("", "small", wrap=True)
        self._problem = label("", "danger", wrap=True)
        self._clear = button("Clear labels", self.model.labels.clear, kind="link")
        self._lay_out()
        self._connect()
        self.refresh()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(0, 1)
        heads = ("Accuracy, %", "raw", "CRF", "position")
        for column, text in enumerate(heads):
            made = section(text) if column == 0 else label(text, "small")
            if column == 3:
                set_tip(made, "The class of the nearest training pixel, without a spectrum: a null "
                        "model that a split at random favours")  # fmt: skip
            grid.addWidget(made, 0, column, self._side(column))
        texts = ("Overall (OA)", "Average (AA)", "Kappa κ", "Calibration (ECE)")
        for line, text in enumerate(texts, start=1):
            made = label(text, "muted")
            if line == len(texts):
                set_tip(made, "Mean difference between the probability of the predicted class and "
                        "how often it is right, %. After a CRF, probabilities are too "
                        "high.")  # fmt: skip
            grid.addWidget(made, line, 0)
            for column in (1, 2, 3):
                cell = label("–", "muted" if column != 2 else "")
                self._cells[line, column] = cell
                grid.addWidget(cell, line, column, self._side(column))
        body = QVBoxLayout(self)
        body.setContentsMargins(14, 10, 14, 12)
        body.setSpacing(8)
        body.addWidget(self._pixel)
        body.addWidget(self._truth)
        body.addWidget(self.bars)
        body.addWidget(separator())
        body.addLayout(grid)
        body.addWidget(self._split)
        body.addWidget(separator())
        body.addWidget(self.classes)
        body.addWidget(separator())
        body.addLayout(row(section("Labels painted"), None, self._painted))
        body.addLayout(row(self.choice, self.retrain))
        self.choice.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.choice.setMinimumWidth(60)
        body.addWidget(self._note)
        body.addWidget(self._problem)
        body.addLayout(row(self._clear, self.over, None))
        body.addStretch(1)

    @staticmethod
    def _side(column: int) -> Qt.AlignmentFlag:
        return Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft

    def _connect(self) -> None:
        model = self.model
        model.scene_changed.connect(self.refresh)
        model.maps_changed.connect(self._show_scores)
        model.cursor_moved.connect(self._show_pixel)
        model.marked.connect(self._show_scores)
        model.tool_changed.connect(self._show_tool)
        model.labels.changed.connect(lambda _: self._show_tool())
        self._retraining.changed.connect(self._show_tool)
        self.classes.chosen.connect(model.isolate)
        self.classes.confusion.connect(self._select_confusion)
        self.choice.activated.connect(self._choose)

    def refresh(self) -> None:
        """Show another scene."""
        scene = self.model.scene
        self.choice.clear()
        if scene is not None:
            inks = class_colours(len(scene.names))
            for number, name in enumerate(scene.names, start=1):
                chip = QPixmap(12, 12)
                chip.fill(QColor(*inks[number - 1]))
                self.choice.addItem(QIcon(chip), one_line(class_name(number, name)))
        self._show_pixel()
        self._show_scores()
        self._show_tool()

    # The pixel

    def _show_pixel(self) -> None:
        model, scene = self.model, self.model.scene
        if scene is None or model.cursor is None:
            self._pixel.set_text("No pixel")
            self._truth.set_text("Point at a pixel of a map")
            self.bars.show_rows([])
            self.classes.mark(0)
            return
        at, across = model.cursor
        self._pixel.set_text(f"Column {across}, row {at}")
        truth = int(scene.truth[at, across])
        name = class_name(truth, scene.names[truth - 1]) if truth else ""
        self._truth.set_text(one_line(f"Labelled {name}") if truth else "Not labelled")
        self.classes.mark(model.class_at(at, across))
        self.bars.show_rows(self._likely(at, across))

    def _likely(self, at: int, across: int) -> list[tuple[str, float, str]]:
        model, scene, found = self.model, self.model.scene, self.model.map
        if found is None or scene is None:
            return []
        if found.probabilities is None:
            shares = {int(found.classes[at, across]): float(found.confidence[at, across])}
        else:
            values = found.probabilities[:, at, across]
            shares = {int(i) + 1: float(values[i]) for i in np.argsort(-values)[:LIKELY]}
        return [
            (one_line(class_name(number, scene.names[number - 1])), share, model.ink(number))
            for number, share in shares.items()
        ]

    # Accuracies and classes

    def _show_scores(self) -> None:
        model, scene = self.model, self.model.scene
        if scene is None:
            return
        for column, name in enumerate(("prediction", "crf", "position"), start=1):
            self._fill(column, model.scores(name), model.calibration(name))
        self._split.setText(describe_split(model))
        inks = class_colours(len(scene.names))
        pixels = np.bincount(scene.truth.ravel(), minlength=len(scene.names) + 1)[1:]
        after, before = model.confusion("crf"), model.confusion("prediction")
        shown = after if after is not None else before
        rows = []
        for place, name in enumerate(scene.names):
            recall = _recall(shown, place)
            earlier = _recall(before, place) if after is not None else None
            confused = _confused(shown, place)
            rows.append(ClassRow(name, inks[place], int(pixels[place]), recall, earlier, confused))
        self.classes.show_classes(rows, frozenset(model.isolated))
        self._show_pixel()

    def _fill(self, column: int, found: Scores | None, error: float | None) -> None:
        numbers = (None,) * 3 if found is None else (found.overall, found.average, found.kappa)
        values = ["–" if value is None else f"{100 * value:.1f}" for value in (*numbers, error)]
        for line, text in enumerate(values, start=1):
            self._cells[line, column].setText(text)

    def _select_confusion(self, true: int, predicted: int) -> None:
        """Select the unseen pixels of a class that are classified as another."""
        model, scene = self.model, self.model.scene
        shown = model.refined or model.map
        if scene is None or shown is None:
            return
        mask = np.zeros(scene.size, bool)
        mask[tuple(model.unseen.T)] = True
        mask &= (scene.truth == true) & (shown.classes == predicted)
        model.select_pixels(mask)

    # Labels

    def _choose(self, index: int) -> None:
        self.model.set_tool(number=index + 1)

    def _show_tool(self) -> None:
        model = self.model
        self.choice.setCurrentIndex(model.number - 1)
        n = model.labels.count
        strokes = model.labels.strokes
        self._painted.setText(
            f"{n:,} pixels" + (f", {strokes} stroke{'s' * (strokes != 1)}" if strokes else "")
        )
        why = self._retraining.why_not
        self.retrain.setEnabled(not why)
        set_tip(self.retrain, why or "Continue training from this map, with these labels added")
        self.over.setVisible(not why and self._retraining.from_step is not None)
        self._note.setText(why or self._retraining.describe())
        self._problem.setText(model.labels.problem)
        self._problem.setVisible(bool(model.labels.problem))
        self._clear.setVisible(n > 0)


def _recall(confusion: "np.ndarray | None", place: int) -> float | None:
    if confusion is None or not confusion[place].sum():
        return None
    return float(confusion[place, place] / confusion[place].sum())


def _confused(confusion: "np.ndarray | None", place: int) -> tuple[tuple[int, float], ...]:
    if confusion is None or not confusion[place].sum():
        return ()
    shares = confusion[place] / confusion[place].sum()
    order = np.argsort(-shares)
    found = [(int(i) + 1, float(shares[i])) for i in order if i != place and shares[i] >= LEAST]
    return tuple(found)
