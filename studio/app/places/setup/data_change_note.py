"""What a change to another kind of data put back to its default, and the way to undo it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame

from pushforward.studio.app.core.data_type_change import SAMPLER
from pushforward.studio.app.core.draft import Draft
from pushforward.studio.app.design.basic import button, column, label
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.protocol.catalog import Catalog

__all__ = ["MovedNote"]

LISTED = 5  # so many settings are named; the rest is counted


class MovedNote(QFrame):
    """Hidden where nothing was put back."""

    def __init__(self, actions: Actions) -> None:
        super().__init__()
        self.setProperty("surface", "raised")
        self.text = label("", "muted", wrap=True)
        self.undo = button("Undo", actions.setup.undo_data, kind="link")
        set_tip(self.undo, "Return to the previous data and settings")
        layout = column(self.text, parent=self, gap=2, margins=(12, 8, 12, 8))
        layout.addWidget(self.undo, 0, Qt.AlignmentFlag.AlignLeft)
        self.hide()

    def show_draft(self, draft: Draft, catalog: Catalog | None) -> None:
        """Say what was put back in a draft."""
        titles = tuple(each for each in draft.reset if each != SAMPLER or not _same_sampler(draft))
        self.setVisible(bool(titles))
        if not titles:
            return
        kind = catalog.kind_of(draft.spec.dataset) if catalog is not None else ""
        self.text.setText(
            f"Reset to their defaults for {kind or 'these data'}: {_listed(titles)}. "
            "Your own changes are kept."
        )
        self.undo.setVisible(draft.undoable)


def _same_sampler(draft: Draft) -> bool:
    """Whether the sampler that came along is the default of the new data, too."""
    was = draft.before.spec.sampler if draft.before is not None else None
    now = draft.resolved
    if (
        was is None
        or now is None
        or now.sampler is None
        or now.dataset.slug != draft.spec.dataset.slug
    ):
        return False
    same = all(now.sampler.config.get(name) == value for name, value in was.config.items())
    return now.sampler.slug == was.slug and same


def _listed(titles: tuple[str, ...]) -> str:
    more = len(titles) - LISTED
    if more > 0:
        return f"{', '.join(titles[:LISTED])} and {more} more"
    return " and ".join(filter(None, [", ".join(titles[:-1]), titles[-1]]))
