"""What moves the data of a setup: the formula with the h that is chosen, where it comes from, and
what to know of it.
"""

import re

from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.help_pages import family_slug
from pushforward.studio.app.core.rescaling_choice import chosen_h
from pushforward.studio.app.core.training_stages import stages_under
from pushforward.studio.app.design.basic import button, clear, column, label, section
from pushforward.studio.app.design.formula_label import Formula
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.places.setup.setup_card import Card
from pushforward.studio.protocol.catalog import EntrySpec, StageSpec
from pushforward.studio.protocol.spec import RunSpec

__all__ = ["MotionCard", "works"]

_WORK = re.compile(r"[A-Z][\w\-]+(?: et al\.| and [A-Z][\w\-]+)? \d{4}")


class MotionCard(Card):
    """Shows the model of the draft."""

    def __init__(self, state: AppState) -> None:
        super().__init__("Motion")
        self._state = state
        self.about = button("About", self._tell_more, kind="link")
        self.about.setAccessibleName("About this model")
        set_tip(self.about, "Stages and settings in the help (F1)")
        self.put_right(self.about)
        self.motion = Formula(18)
        self.rescaling = Formula(15, "muted")
        self.warning = label("", "warm", wrap=True)
        self.summary = label("", wrap=True)
        self.source = label("", "small", wrap=True)
        for each in (self.summary, self.motion, self.rescaling, self.warning, self.source):
            self.body.addWidget(each)
        self.step = section("A training step")
        self.body.addSpacing(4)
        self.body.addWidget(self.step)
        self._stages = column(gap=6)
        self.body.addLayout(self._stages)
        self.body.addStretch(1)
        self._shown: list[StageSpec] = []

    def refresh(self) -> None:
        """Show the current draft."""
        draft, catalog = self._state.draft, self._state.catalog
        if draft is None or catalog is None:
            return
        entry = draft_spec.entry_of(draft.spec, "family", catalog)
        self.fact.set_text(entry.title if entry is not None else draft.spec.family.slug)
        self.motion.set_text(entry.motion if entry is not None else "")
        self.summary.setText(entry.summary if entry is not None else "")
        self.source.setText(works(entry.source) if entry is not None else "")
        set_tip(self.source, entry.source if entry is not None else "")
        self.about.setVisible(entry is not None)
        h = chosen_h(draft.spec, catalog)
        self.rescaling.set_text(h.formula if h is not None else "")
        set_tip(self.rescaling, h.spec.title if h is not None else "")
        reason = h.spec.reason if h is not None else ""
        short = reason.partition(":")[0].rstrip(".")
        self.warning.setText(f"Not monotone: {short}." if reason else "")
        set_tip(self.warning, reason)
        self.warning.setVisible(bool(reason))
        self._show_stages(draft.spec, entry)

    def _show_stages(self, spec: RunSpec, entry: EntrySpec | None) -> None:
        """List what a training step does, under the settings there are."""
        stages = stages_under(entry, spec)
        if stages == self._shown:
            return
        self._shown = stages
        self.step.setVisible(bool(stages))
        clear(self._stages)
        for number, stage in enumerate(stages, 1):
            formula = Formula(13, "muted")
            words = label(f"{number}  {stage.title}", "muted", wrap=True)
            self._stages.addLayout(column(words, formula, gap=1))
            formula.set_text(stage.formula)  # when it has its place: without one it is a window

    def _tell_more(self) -> None:
        draft = self._state.draft
        if draft is not None:
            self._state.show_help(family_slug(draft.spec.family.slug))


def works(source: str) -> str:
    """Return the works that a source names, by author and year; the source itself if none."""
    found = list(dict.fromkeys(_WORK.findall(source)))
    return "; ".join(found) or source
