"""The inspector of a stage of a frozen step: its formula, where it is from, what it has at hand."""

import numpy as np
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import family_of_run, kind_of_run
from pushforward.studio.app.core.runs import FlowRecord
from pushforward.studio.app.core.training_stages import stages_under
from pushforward.studio.app.design.basic import column, label
from pushforward.studio.app.design.fact_rows import Facts
from pushforward.studio.app.design.formula_label import Formula
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.text import number_format
from pushforward.studio.app.text.noise_labels import noises

__all__ = ["StagePanel", "at_hand"]


def at_hand(record: FlowRecord, *, few: bool = False) -> list[tuple[str, str]]:
    """Return in words what a stage has at hand: how many of what, and how far they go; ``few`` of a
    record that has only the first of a batch.
    """
    scene = record.scene
    facts = []
    for name, title in (("real", "Data"), ("particles", "Particles")):
        if name in scene:
            n = f"{len(scene[name]):,}"
            facts.append((title, f"first {n} of the batch" if few else n))
    facts += noises(scene)
    for name, title in (("velocity", "Where to"), ("smoothed", "Smoothed"), ("stepped", "A step")):
        if name in scene:
            lengths = np.linalg.norm(np.nan_to_num(scene[name]), axis=1)
            facts.append((title, f"median {number_format.figure(float(np.median(lengths)))}"))
    if "moved" in scene and "particles" in scene:
        moved = np.nan_to_num(scene["moved"] - scene["particles"])
        far = float(np.median(np.linalg.norm(moved, axis=1)))
        facts.append(("Went", f"median {number_format.figure(far)}"))
    return facts


class StagePanel(QWidget):
    """The stage that is looked at in Explain."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state = state
        self.title, self.source = label("", "heading", wrap=True), label("", "muted", wrap=True)
        self.formula, self.facts = Formula(16, coloured=True), Facts()
        self.step = label("", "small", wrap=True)
        column(
            self.title,
            self.formula,
            self.source,
            self.facts,
            self.step,
            None,
            parent=self,
            gap=10,
            margins=(14, 12, 14, 12),
        )
        state.moment.changed.connect(self.refresh)
        state.looked.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the stage that is looked at."""
        moment = self._state.moment
        run = self._state.runs.by_key.get(moment.run)
        family = family_of_run(run, self._state.catalog)
        if run is None or run.spec is None or family is None:
            return
        stages = stages_under(family, run.spec)
        place = next((i for i, each in enumerate(stages) if each.name == moment.at), -1)
        if place < 0:
            return
        stage = stages[place]
        self.title.setText(f"{place + 1}  {stage.title}")
        self.formula.set_text(stage.formula)
        self.source.setText(stage.source)
        record = moment.records.get(moment.at)
        few = kind_of_run(run, self._state.catalog).layout != "plane"
        self.facts.show_facts(at_hand(record, few=few) if record is not None else [])
        live = f"Step {moment.step + 1:,} of {run.total:,}, stage by stage"
        again = (
            f"The step after the checkpoint of step {moment.step:,}, stage by stage. It is not "
            "saved; the run is unchanged."
        )
        self.step.setText(live if moment.live else again)
