"""What a training step does, stage by stage, where the data are no points that could be drawn."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.app.actions import Actions
from studio.app.help.pages import family_slug
from studio.app.kinds.registry import family_of_run, kind_of_run
from studio.app.state import drafts
from studio.app.state.session import AppState
from studio.app.viewspec import ViewSpec
from studio.app.widgets.basic import button, label, row
from studio.app.widgets.formula import Formula
from studio.app.widgets.stagelist import StageList

__all__ = ["VIEW", "StepsView"]

READING = 640  # logical pixels: lines no longer than the eye follows


def _applies(state: AppState) -> bool:
    """Whether the steps of the selected run have stages which no plane shows."""
    entry = family_of_run(state.runs.current, state.catalog)
    flat = kind_of_run(state.runs.current, state.catalog).layout == "plane"
    return not flat and entry is not None and bool(entry.stages)


class StepsView(QWidget):
    """The model, its motion, and the stages with their formulas and sources."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state = state
        self.setProperty("surface", "canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.title = label("", "heading")
        self.summary = label("", "muted", wrap=True)
        self.motion = Formula(18)
        self.note = label("", "small", wrap=True)
        self.stages = StageList()
        self.about = button("About this model", self._tell_more, kind="link")
        page = QWidget()
        page.setMaximumWidth(READING)
        body = QVBoxLayout(page)
        body.setContentsMargins(16, 16, 16, 16)
        body.setSpacing(8)
        body.addLayout(row(self.title, None, self.about))
        for part in (self.summary, self.motion):
            body.addWidget(part)
        body.addWidget(self.stages, 1)
        body.addWidget(self.note)
        layout = row(page, None)
        layout.setStretch(0, 1)
        self.setLayout(layout)
        state.catalog_changed.connect(self.refresh)
        state.runs.selected.connect(lambda _: self.refresh())
        self.refresh()

    def refresh(self) -> None:
        """Show the model of the selected run, under its settings."""
        run = self._state.runs.current
        entry = family_of_run(run, self._state.catalog)
        if entry is None or run is None or run.spec is None:
            return
        config = run.spec.family.config
        settings = {field.path: drafts.value_at(config, field) for field in entry.fields}
        self.title.setText(f"A training step of {entry.title}")
        self.summary.setText(entry.summary)
        self.motion.set_text(entry.motion)
        self.motion.setVisible(bool(entry.motion))
        self.stages.set_stages([stage.under(settings) for stage in entry.stages])
        many = kind_of_run(run, self._state.catalog).many
        self.note.setText(
            f"On points in a plane each stage is drawn, with what it has at hand at that moment; "
            f"of {many} it is only told."
        )

    def _tell_more(self) -> None:
        entry = family_of_run(self._state.runs.current, self._state.catalog)
        if entry is not None:
            self._state.show_help(family_slug(entry.slug))


VIEW = ViewSpec(
    id="steps",
    lens="explain",
    title="A training step",
    order=20,
    applies=_applies,
    factory=StepsView,
)
