"""The first screen: recipes that work, found by words and facets, or met on shelves."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from studio.app.actions import Actions
from studio.app.kinds.registry import all_kinds, kind
from studio.app.state import finding
from studio.app.state.session import AppState
from studio.app.widgets.basic import clear, label, scrolled
from studio.app.widgets.facetlist import FacetList
from studio.app.widgets.menu import Entries, open_menu
from studio.app.widgets.recipecard import Card
from studio.app.widgets.shelf import Shelf
from studio.counted import counted
from studio.protocol.spec import Recipe

__all__ = ["Gallery"]

RING = 4  # room around cards for their focus ring
FACETS = 196
WIDE = 900  # a narrower page has no room for facets
DOMAIN = finding.FACETS[0].title
FEW = 3  # recipes: a kind with fewer shares a shelf
CLEAR = "Clear"
START = ("Start here", "Enter opens a recipe, Enter again trains it")


def _hint() -> str:
    """Say which files can be dropped, of each kind of data."""
    able = [f"{each.title.lower()} ({each.imports})" for each in all_kinds() if each.imports]
    return f"Or drop files here: {', '.join(able[:-1])} or {able[-1]}."


@dataclass(frozen=True)
class _Planned:
    """A shelf that is to be shown; ``act`` is what its link says, "" for none."""

    title: str
    note: str
    recipes: list[Recipe]
    act: str = ""

    @property
    def one_line(self) -> bool:
        """Whether it holds only as many cards as fit, since its link shows all."""
        return self.act not in ("", CLEAR)


class Gallery(QWidget):
    """Reads the recipes, finds some, opens one, or starts it."""

    def __init__(self, state: AppState, actions: Actions) -> None:
        super().__init__()
        self._state = state
        self._actions = actions
        self._chosen: dict[str, str] = {}
        self._all: list[Card] = []
        self._planned: list[_Planned] | None = None
        self.shelves: list[Shelf] = []
        self.setProperty("surface", "canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.search = QLineEdit()
        self.search.setProperty("role", "search")
        self.search.setAccessibleName("Search recipes")
        self.search.setClearButtonEnabled(True)
        self.search.setMaximumWidth(540)
        self.search.textChanged.connect(self._find)
        self.search.returnPressed.connect(self._open_first)
        self.search.installEventFilter(self)
        self.facets = FacetList(self._choose)
        self.facets.setFixedWidth(FACETS)
        self._lay_out()
        state.recipes_changed.connect(self.refresh)
        state.catalog_changed.connect(self._name)
        self.refresh()

    def _lay_out(self) -> None:
        page = QWidget()
        self._body = QVBoxLayout(page)
        self._body.setContentsMargins(0, 0, RING, 24)
        self._body.setSpacing(8)
        title = label("Every generative model moves particles", "title")
        title.setContentsMargins(RING, 0, 0, 0)
        line = QHBoxLayout()
        line.setContentsMargins(RING, 0, RING, 0)
        line.addWidget(self.search, 1)
        line.addStretch(0)
        right = QVBoxLayout()
        right.setSpacing(12)
        right.addWidget(title)
        right.addLayout(line)
        right.addWidget(scrolled(page), 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(24, 24, 20 - RING, 0)
        layout.setSpacing(16)
        layout.addWidget(self.facets)
        layout.addLayout(right, 1)

    @property
    def cards(self) -> list[Card]:
        """The cards that are shown, in order."""
        return [card for shelf in self.shelves for card in shelf.grid.seen]

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.facets.setVisible(self.width() >= WIDE)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            watched is self.search
            and isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
        ):
            if event.key() == Qt.Key.Key_Down and self.cards:
                self._go_to(self.cards[0])
                return True
            if event.key() == Qt.Key.Key_Escape and (self.search.text() or self._chosen):
                self._forget()
                return True
        return super().eventFilter(watched, event)

    def refresh(self) -> None:
        """Read the recipes anew."""
        for card in self._all:
            card.deleteLater()
        self._all = [self._card(recipe) for recipe in self._state.recipes]
        self._planned = None
        self.search.setPlaceholderText(
            f"Search {counted(len(self._all), 'recipe')}: a model, a data set, a question"
        )
        self._name()

    def _card(self, recipe: Recipe) -> Card:
        card = Card(recipe)
        card.clicked.connect(partial(self._actions.setup.open_recipe, recipe))
        card.moved.connect(partial(self._move, card))
        card.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        card.customContextMenuRequested.connect(partial(self._menu, card))
        return card

    def _name(self) -> None:
        """Say what models and data are called, as far as that is known."""
        for card in self._all:
            card.show_what(finding.what(card.recipe, self._state.catalog))
        self._find()

    def _find(self) -> None:
        """Show what is left by the words and the facets: shelves where there are none."""
        recipes, catalog = self._state.recipes, self._state.catalog
        text, chosen = self.search.text(), self._chosen
        self.facets.show_counts(
            {f.title: finding.counts(f, recipes, text, chosen, catalog) for f in finding.FACETS},
            chosen,
        )
        if text.strip() or chosen:
            self._show([self._found(finding.found(recipes, text, chosen, catalog))])
        else:
            self._show([shelf for shelf in self._shelves() if shelf.recipes])

    def _found(self, found: list[Recipe]) -> _Planned:
        if found:
            return _Planned(counted(len(found), "recipe"), "", found, CLEAR)
        nearest = finding.nearest(self._state.recipes, self.search.text())
        return _Planned("Nothing found", "The nearest recipes are below.", nearest, CLEAR)

    def _shelves(self) -> list[_Planned]:
        recipes = self._state.recipes
        planned = [_Planned(*START, [recipe for recipe in recipes if recipe.start])]
        by_kind: dict[str, list[Recipe]] = {}
        for recipe in recipes:
            if not recipe.start:
                by_kind.setdefault(recipe.kind, []).append(recipe)
        rest: list[Recipe] = []
        for slug in sorted(by_kind, key=lambda slug: kind(slug).order):
            if len(by_kind[slug]) < FEW:
                rest += by_kind[slug]
                continue
            every = sum(recipe.kind == slug for recipe in recipes)
            planned.append(_Planned(kind(slug).title, "", by_kind[slug], f"All {every}"))
        return [*planned, _Planned("Elsewhere", "Other data, other questions", rest)]

    def _show(self, planned: list[_Planned]) -> None:
        """Show these shelves; of what is shown already nothing moves."""
        if planned == self._planned:
            return
        self._planned = planned
        for card in self._all:
            card.hide()
            card.setParent(self)  # else it would go with its shelf
        clear(self._body)
        cards = {card.recipe.slug: card for card in self._all}
        self.shelves = []
        for each in planned:
            shelf = Shelf(each.title, each.note, self._act(each), one_line=each.one_line)
            self._body.addWidget(shelf)
            self.shelves.append(shelf)
            shelf.grid.fill([cards[recipe.slug] for recipe in each.recipes])
        self._body.addWidget(label(_hint(), "muted", wrap=True))
        self._body.addStretch(1)

    def _act(self, planned: _Planned) -> tuple[str, Callable[[], None]] | None:
        if not planned.act:
            return None
        if planned.act == CLEAR:
            return CLEAR, self._forget
        return planned.act, partial(self._choose, DOMAIN, planned.title)

    def _menu(self, card: Card, at: QPoint) -> None:
        recipe, actions = card.recipe, self._actions
        entries: Entries = [("Open", partial(actions.setup.open_recipe, recipe))]
        if not self._state.race.full:
            entries.append(("Add to the race", partial(actions.race.add_recipe, recipe)))
        open_menu(card, at, entries)

    def _choose(self, title: str, value: str) -> None:
        """Choose a value of a facet; the one that is chosen already is chosen no longer."""
        if self._chosen.get(title) == value:
            del self._chosen[title]
        else:
            self._chosen[title] = value
        self._find()

    def _forget(self) -> None:
        """Show all recipes again."""
        self._chosen = {}
        if self.search.text():
            self.search.clear()  # which finds anew
        else:
            self._find()

    def _open_first(self) -> None:
        if self.cards:
            self.cards[0].click()

    def _move(self, card: Card, key: int) -> None:
        """Go from a card to the one beside it, or to the nearest above or below, as if all shelves
        were one grid.
        """
        cards = self.cards
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            place = cards.index(card) + (1 if key == Qt.Key.Key_Right else -1)
            if 0 <= place < len(cards):
                self._go_to(cards[place])
            return
        lines = [line for shelf in self.shelves for line in shelf.grid.lines]
        at = next(i for i, line in enumerate(lines) if card in line)
        to = at + (1 if key == Qt.Key.Key_Down else -1)
        if to < 0:
            self.search.setFocus(Qt.FocusReason.TabFocusReason)
        elif to < len(lines):
            self._go_to(lines[to][min(lines[at].index(card), len(lines[to]) - 1)])

    def _go_to(self, card: Card) -> None:
        card.setFocus(Qt.FocusReason.TabFocusReason)
        for shelf in self.shelves:
            if card in shelf.grid.cards:
                shelf.show_card(card)

    def focus_first(self) -> None:
        """Bring the keyboard to the search."""
        self.search.setFocus(Qt.FocusReason.OtherFocusReason)
