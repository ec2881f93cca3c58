"""What the figures of an evaluation are made of: a bar for each class, or for each mode, and which
classes are taken for which.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from PySide6.QtWidgets import QGridLayout, QWidget

from pushforward.studio.app.charts.bar_card import BarsCard
from pushforward.studio.app.charts.bar_chart import Bars
from pushforward.studio.app.charts.confusion_card import ConfusionCard
from pushforward.studio.app.charts.confusion_matrix import Confusion
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.display_names import metric_in_unit
from pushforward.studio.app.core.evaluation_results import Evaluated
from pushforward.studio.app.data.chart_export import ask_picture, ask_values
from pushforward.studio.app.design.basic import clear
from pushforward.studio.app.text import metric_reference

__all__ = ["PartCards"]

HEIGHT = 240
MOST = 16  # metrics whose parts are shown: all that are asked for at once, and no wall of them
GAP = 8


class PartCards(QWidget):
    """A card per metric with parts; hidden without any. Green: reference of each part; dashed: the
    metric, if it is the mean of its parts.
    """

    def __init__(self, state: AppState) -> None:
        super().__init__()
        self._state = state
        self._shown: Evaluated | None = None
        self.cards: dict[str, BarsCard] = {}
        self.confusion: ConfusionCard | None = None
        self._room = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GAP)
        self.hide()

    def show_figures(self, found: Evaluated | None) -> None:
        """Show the parts of the figures of an evaluation, None for none."""
        self.setVisible(found is not None and bool(found.parts))
        if found is None or found == self._shown:
            return
        self._shown = found
        clear(self._grid)
        self.cards, self.confusion = {}, None
        for slug in _different(found)[:MOST]:
            self.cards[slug] = self._card(found, slug)
        for slug, cells in list(found.cells.items())[:1]:
            self.confusion = ConfusionCard()
            self._keep(self.confusion, "confusion")
            self.confusion.show_confusion(Confusion.of(cells), _describe_count(found, slug))
        self._place()

    def fit(self, room: int) -> None:
        """Arrange as many cards per row as fit into ``room`` pixels."""
        if room != self._room:
            self._room = room
            self._place()

    def _place(self) -> None:
        cards = [*self.cards.values(), *filter(None, [self.confusion])]
        widest = max((card.minimumSizeHint().width() for card in cards), default=0)
        across = max(1, min(len(cards), (self._room + GAP) // (widest + GAP)))
        for i, card in enumerate(cards):
            self._grid.addWidget(card, i // across, i % across)
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, int(column < across))

    def _card(self, found: Evaluated, slug: str) -> BarsCard:
        catalog = self._state.catalog
        entry = catalog.get("metric", slug) if catalog is not None else None
        title = metric_in_unit(slug, catalog)
        card = BarsCard(title, metric_reference.explained(entry))
        self._keep(card, slug)
        values = np.array(list(found.parts[slug].values()))
        value = found.values.get(slug)
        mean = value is not None and bool(np.isclose(values.mean(), value, rtol=1e-3))
        names = tuple(found.parts[slug])
        known = (
            metric_reference.bar_word(entry) == metric_reference.FLOOR
        )  # a baseline is nothing to come near to
        floors = found.part_floors.get(slug, {}) if known else {}
        shown, unit = _numbered(names)
        bars = Bars(title, shown, values, level=value if mean else None)
        if floors:
            unknown = (np.nan, np.nan)
            held_against = np.array([floors.get(name, unknown) for name in names])
            bars = replace(bars, floor=held_against[:, 0], spread=held_against[:, 1])
        said = [f"by {unit}"] if unit else []
        said += [
            f"{_describe_count(found, slug)} in all",
            *(["dashed: their mean"] if mean else []),
        ]
        said += [f"green: noise floor, {metric_reference.BAND}"] if floors else []
        card.show_bars(bars, "; ".join(said))
        return card

    def _keep(self, card: BarsCard | ConfusionCard, name: str) -> None:
        """Let a card be as high as the others, and go to a file of a name."""
        card.setFixedHeight(HEIGHT)
        card.picture_wanted.connect(partial(ask_picture, card, self._state, name))
        card.values_wanted.connect(partial(ask_values, card, self._state, name))


def _describe_count(found: Evaluated, slug: str) -> str:
    return f"step {found.step:,}, n = {found.counts[slug]:,}"


def _numbered(names: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """Return names without what all of them say after a number, and that: "3 cycles per image"."""
    parts = [name.partition(" ") for name in names]
    units = {unit for _, _, unit in parts}
    if len(units) == 1 and all(number.isdecimal() for number, _, _ in parts):
        return tuple(number for number, _, _ in parts), units.pop()
    return tuple(names), ""


def _different(found: Evaluated) -> list[str]:
    """Return the metrics whose parts are not those of another one, the mean of them first."""
    slugs = sorted(found.parts, key=lambda slug: slug.startswith("overall"))
    kept: list[str] = []
    for slug in slugs:
        if all(found.parts[slug] != found.parts[other] for other in kept):
            kept.append(slug)
    return kept
