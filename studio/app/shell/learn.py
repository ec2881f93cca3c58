"""The part of the sidebar that leads to the help."""

from functools import partial

from studio.app.help import pages
from studio.app.shell.group import Group
from studio.app.state.session import AppState
from studio.app.widgets.literal import set_tip
from studio.app.widgets.row_button import RowButton

__all__ = ["Learn"]


class Learn(Group):
    """The written pages, where one starts and while one reads."""

    def __init__(self, state: AppState) -> None:
        super().__init__("Learn")
        self._state = state
        self._lines: dict[str, RowButton] = {}
        for page in pages.written():
            line = RowButton(page.title)
            line.show_facts(text=page.title)
            set_tip(line, page.summary)
            line.clicked.connect(partial(self._open, page.slug))
            self._lines[page.slug] = line
        self.fill(list(self._lines.values()))
        state.place_changed.connect(self.refresh)
        state.help_changed.connect(self.refresh)
        self.refresh()

    def _open(self, slug: str, _checked: bool = False) -> None:
        self._state.show_help(slug)

    def refresh(self) -> None:
        """Show which page is read."""
        state = self._state
        self.setVisible(state.place in ("gallery", "help") and bool(self._lines))
        for slug, line in self._lines.items():
            line.setChecked(state.place == "help" and state.help_page.partition("#")[0] == slug)
