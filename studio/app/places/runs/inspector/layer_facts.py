"""The inspector of a layer behind the particles: what it is, and how it comes to the screen."""

from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.design.basic import column, label
from pushforward.studio.app.design.fact_rows import Facts
from pushforward.studio.app.design.formula_label import Formula
from pushforward.studio.app.engine.actions import Actions

__all__ = ["LayerFacts"]


class LayerFacts(QWidget):
    """One of the layers of the selected run's family."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state = state
        self.title, self.formula, self.facts = label("", "heading", wrap=True), Formula(), Facts()
        column(
            self.title,
            self.formula,
            self.facts,
            None,
            parent=self,
            gap=10,
            margins=(14, 12, 14, 12),
        )
        state.looked.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the layer that is looked at."""
        run, catalog, looked = self._state.runs.current, self._state.catalog, self._state.looked
        if run is None or run.spec is None or catalog is None or looked.thing != "layer":
            return
        family = catalog.get("family", run.spec.family.slug)
        layers = family.layers if family is not None else []
        layer = next((each for each in layers if each.name == looked.name), None)
        if layer is None:
            return
        self.title.setText(layer.title)
        self.formula.set_text(layer.symbol)
        scalar = layer.kind == "scalar"
        self.facts.show_facts(
            [
                ("Drawn as", "heat maps, one at a time" if scalar else "arrows"),
                ("Changes", "along the flow" if layer.timed else "with the training"),
                (
                    "Computed",
                    "for each picture" if layer.kept else "slow; computed only while shown",
                ),
            ]
        )
