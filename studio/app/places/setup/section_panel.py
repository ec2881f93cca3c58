"""One section of the setup: the settings of what was chosen in its sentence."""

from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.guidance_results import unguided
from pushforward.studio.app.core.setting_options import offered
from pushforward.studio.app.design.basic import clear, column, label
from pushforward.studio.app.design.forms.form import Form
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.places.setup import sentence_settings
from pushforward.studio.protocol.catalog import FieldSpec

__all__ = ["SectionPanel"]

TITLES: dict[draft_spec.Section, str] = {
    "dataset": "Data",
    "family": "Model",
    "sampler": "Sampling",
    "training": "Training",
}


class SectionPanel(QWidget):
    """Heading and form of a section; rebuilt only when the choice changes, hidden where there is
    nothing to set.
    """

    def __init__(self, state: AppState, actions: Actions, section: draft_spec.Section) -> None:
        super().__init__()
        self.section = section
        self._state = state
        self._actions = actions
        self.form: Form | None = None
        self._built: tuple[object, ...] = ()
        self._everything = False
        title = TITLES[section]
        self._body = column(gap=None)
        column(label(title, "heading"), self._body, parent=self, gap=6)

    def refresh(self) -> None:
        """Show the current draft."""
        draft, catalog = self._state.draft, self._state.catalog
        if draft is None or catalog is None:
            return
        entry = draft_spec.entry_of(draft.spec, self.section, catalog)
        pick = None if self.section == "training" else getattr(draft.spec, self.section)
        slug = pick.slug if pick is not None else ""
        kind = catalog.kind_of(draft.spec.dataset)
        built = (id(catalog), slug, kind, id(draft))
        if built != self._built:
            self._build()
            self._built = built
        config = draft_spec.config_of(draft.spec, self.section)
        if self.form is not None and entry is not None:
            if self.form.entry != entry:  # something else was picked in it
                self.form.show_entry(entry)
            runs = self._state.runs.by_key.values()
            self.form.show_offers(offered(runs, draft.facts, draft.columns, catalog))
            self.form.show_kind(kind)
            self.form.show_typed(
                {path: typed for (name, path), typed in draft.local.items() if name == self.section}
            )
            self.form.show_config(config, draft_spec.base_of(draft.start, draft.spec, self.section))
            if self.section == "family":
                self.form.show_notes(unguided(draft.spec, catalog))
            said = {
                f.path
                for s, f in sentence_settings.sentence_fields(draft.spec, catalog).values()
                if s == self.section
            }
            self.form.leave_out(said | draft_spec.idle(draft.spec, self.section))
        self._show()

    def _build(self) -> None:
        clear(self._body)
        self.form = None
        draft = self._state.draft
        entry = (
            draft_spec.entry_of(draft.spec, self.section, self._state.catalog) if draft else None
        )
        if entry is not None and entry.fields:
            self.form = Form(entry, folds=False)
            self.form.show_everything(self._everything)
            self.form.edited.connect(lambda f, v: self._actions.setup.edit(self.section, f, v))
            self.form.rejected.connect(lambda f, t: self._actions.setup.mark(self.section, f, t))
            self._body.addWidget(self.form)

    def show_everything(self, on: bool) -> None:
        """Show also the settings that are seldom changed."""
        self._everything = on
        if self.form is not None:
            self.form.show_everything(on)
        self._show()

    def show_essentials(self, paths: set[str]) -> None:
        """Show only these settings until everything is shown."""
        if self.form is not None:
            self.form.show_essentials(paths)
        self._show()

    @property
    def plain(self) -> list[FieldSpec]:
        """The settings that are not advanced and have an effect now."""
        return self.form.plain if self.form is not None else []

    @property
    def count(self) -> int:
        """How many settings there are, of those that matter now."""
        return self.form.count if self.form is not None else 0

    def search(self, text: str) -> int:
        """Show only the settings that a search finds; return how many that are."""
        found = self.form.search(text) if self.form is not None else 0
        self._show()
        return found

    def _show(self) -> None:
        self.setVisible(self.form is not None and self.form.shown > 0)
