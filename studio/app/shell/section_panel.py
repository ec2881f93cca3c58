"""One section of the setup: what was chosen, and the settings of that choice."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.app.actions import Actions
from studio.app.forms import editors
from studio.app.forms.form import LABEL_WIDTH, Form
from studio.app.state import drafts, naming
from studio.app.state.offers import offered
from studio.app.state.session import AppState
from studio.app.widgets.basic import Elided, clear, icon_button, label, row
from studio.protocol.catalog import Catalog

__all__ = ["SectionPanel"]

TITLES: dict[drafts.Section, tuple[str, str]] = {
    "dataset": ("Data", "Data set"),
    "family": ("Model", "Family"),
    "sampler": ("Sampling", "Sampler"),
    "training": ("Training", ""),
}
DEFAULT_SAMPLER = ("", "The family's own")


class SectionPanel(QWidget):
    """Heading, choice and form of a section; rebuilt only when the choice changes."""

    def __init__(self, state: AppState, actions: Actions, section: drafts.Section) -> None:
        super().__init__()
        self.section = section
        self._state = state
        self._actions = actions
        self.form: Form | None = None
        self.list: editors.ChoiceList | None = None
        self._built: tuple[object, ...] = ()
        self._options: list[tuple[str, str]] = []
        title, self._word = TITLES[section]
        self._reset = icon_button("reset", f"Reset all of {title}")
        self._reset.clicked.connect(lambda: actions.setup.reset_section(section))
        self._summary = label("", "muted", wrap=True)
        self._choice = QVBoxLayout()
        self._choice.setContentsMargins(0, 0, 0, 0)
        self._body = QVBoxLayout()
        self._body.setContentsMargins(0, 0, 0, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(row(label(title, "heading"), None, self._reset))
        layout.addLayout(self._choice)
        layout.addWidget(self._summary)
        layout.addLayout(self._body)

    def refresh(self) -> None:
        """Show the draft as it is now."""
        draft, catalog = self._state.draft, self._state.catalog
        if draft is None or catalog is None:
            return
        entry = drafts.entry_of(draft.spec, self.section, catalog)
        pick = None if self.section == "training" else getattr(draft.spec, self.section)
        slug = pick.slug if pick is not None else ""
        self._options = self._offers(catalog)
        kind = catalog.kind_of(draft.spec.dataset)
        chosen = (id(catalog), slug, kind, tuple(self._options))
        if (*chosen, id(draft) if self.form else 0) != self._built:
            self._build(slug)
            self._built = (*chosen, id(draft) if self.form else 0)
        config = drafts.config_of(draft.spec, self.section)
        if self.form is not None and entry is not None:
            if self.form.entry != entry:  # something else was picked in it
                self.form.show_entry(entry)
            runs = self._state.runs.by_key.values()
            self.form.show_offers(offered(runs, draft.facts, draft.columns, catalog))
            self.form.show_kind(kind)
            self.form.show_typed(
                {path: typed for (name, path), typed in draft.local.items() if name == self.section}
            )
            self.form.show_config(config)
        self._reset.setVisible(bool(config) and entry is not None)
        self._summary.setText(entry.summary if entry is not None else "")
        self._summary.setVisible(bool(self._summary.text()) and self.section != "training")

    def _offers(self, catalog: Catalog) -> list[tuple[str, str]]:
        """Return (slug, title) of what can be chosen here."""
        if self.section == "training":
            return []
        entries = catalog.of(self.section)
        if self.section == "sampler" and self._state.draft is not None:
            family = drafts.entry_of(self._state.draft.spec, "family", catalog)
            entries = drafts.samplers(family, catalog)
        offers = [(e.slug, e.title) for e in entries]
        if self.section == "dataset":
            offers += [(naming.imported(d.name), d.name) for d in self._state.datasets]
        if self.section == "sampler":
            offers.insert(0, DEFAULT_SAMPLER)
        return offers

    def _build(self, slug: str) -> None:
        clear(self._body)
        self.form = None
        self._build_choice(slug)
        draft = self._state.draft
        entry = drafts.entry_of(draft.spec, self.section, self._state.catalog) if draft else None
        if entry is not None and entry.fields:
            self.form = Form(entry)
            self.form.edited.connect(lambda f, v: self._actions.setup.edit(self.section, f, v))
            self.form.rejected.connect(lambda f, t: self._actions.setup.mark(self.section, f, t))
            self._body.addWidget(self.form)

    def _build_choice(self, slug: str) -> None:
        """Show what can be chosen here, and what is."""
        clear(self._choice)
        self.list = None
        if not self._options:
            return
        titles = [title for _, title in self._options]
        self.list = editors.ChoiceList(titles, self._word)
        slugs = [s for s, _ in self._options]
        self.list.setCurrentIndex(slugs.index(slug) if slug in slugs else -1)
        self.list.activated.connect(self._chosen)
        name = Elided(self._word)
        name.setFixedWidth(LABEL_WIDTH)
        line = row(name, self.list, gap=4)
        line.setStretch(1, 1)
        self._choice.addLayout(line)

    def _chosen(self, index: int) -> None:
        self._actions.setup.choose(self.section, self._options[index][0])

    def search(self, text: str) -> int:
        """Show only the settings that a search finds; hide the section if there are none."""
        found = self.form.search(text) if self.form is not None else 0
        self.setVisible(found > 0 or not text.strip())
        return found
