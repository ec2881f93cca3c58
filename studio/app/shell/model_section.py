"""The model section of the setup: the switch in place of a list of families."""

from studio.app.actions import Actions
from studio.app.shell.inputs_panel import InputsPanel
from studio.app.shell.section_panel import SectionPanel
from studio.app.shell.switch_panel import SwitchPanel
from studio.app.state.session import AppState
from studio.protocol.catalog import Catalog

__all__ = ["ModelSection"]


class ModelSection(SectionPanel):
    """Field and carrier, the motion that they make, the runs that it learns from, and the settings
    of the family.
    """

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__(state, actions, "family")
        self.switch = SwitchPanel(state, actions)
        self.inputs = InputsPanel(state, actions)
        self._choice.addWidget(self.switch)
        self._choice.addWidget(self.inputs)
        self.refresh()

    def refresh(self) -> None:
        super().refresh()
        self.switch.refresh()
        self.inputs.refresh()
        self._summary.hide()  # the switch says it, beside the formula

    def _offers(self, catalog: Catalog) -> list[tuple[str, str]]:
        return []  # the switch offers them

    def _build_choice(self, slug: str) -> None:
        self.list = self.switch.field

    def search(self, text: str) -> int:
        found = super().search(text)
        named = self.switch.fits(text)
        self.switch.setVisible(named)
        if named and text.strip():
            self.setVisible(True)
            found += 1
        return found
