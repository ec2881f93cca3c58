"""The first screen: recipes that work, found by words and facets, or met on shelves."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.core.facets import has_words
from pushforward.studio.app.design.basic import column, label, row
from pushforward.studio.app.design.cards.card_shelf import Shelf
from pushforward.studio.app.design.cards.card_shelves import Planned, Shelves
from pushforward.studio.app.design.facet_list import FacetList
from pushforward.studio.app.design.forms.editors import Segments
from pushforward.studio.app.design.menu import Entries, open_menu
from pushforward.studio.app.design.search_field import SearchBox
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.places.data.import_card import ImportCard
from pushforward.studio.app.places.discover import recipe_search
from pushforward.studio.app.places.discover.learning_paths import (
    LearningPath,
    done,
    learning_paths,
    walkable,
)
from pushforward.studio.app.places.discover.learning_step_card import StepCard
from pushforward.studio.app.places.discover.recipe_card import RecipeCard
from pushforward.studio.app.text import number_format
from pushforward.studio.counts import format_count
from pushforward.studio.protocol.spec import Recipe

__all__ = ["Discover"]

C = TypeVar("C", bound=RecipeCard)

RING = 4  # room around cards for their focus ring
ARRANGED = 140  # pixels of the choice between shelves and a grid
DOMAIN = recipe_search.FACETS[0].title
FEW = 3  # recipes: a kind with fewer shares a shelf
NAME = 4  # letters by which learning paths are sought: fewer are in most titles
CLEAR = "Clear"
START = ("Start here", "Enter opens a recipe, Enter again trains it")
REST = ("Elsewhere", "More recipes")


def _go_on(cards: Sequence[StepCard]) -> tuple[str, Callable[[], None]] | None:
    """Return what leads to the first step of a path that is to come, where some are done."""
    place = next((place for place, card in enumerate(cards) if not card.done), 0)
    return (f"continue at step {place + 1}", cards[place].click) if place else None


class Discover(QWidget):
    """Searches recipes, opens or starts one; ``facets`` filter them, placed by the shell.

    Signals: found: number of recipes left, -1 without filters.
    """

    found = Signal(int)

    def __init__(self, state: AppState, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._actions = actions
        self._chosen: dict[str, str] = {}
        self._findable = recipe_search.Findable([])
        self._all: list[RecipeCard] = []
        self.setProperty("surface", "canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._steps: list[tuple[LearningPath, list[StepCard]]] = []
        self._ended: set[str] | None = None  # the recipes that were trained, None: not looked yet
        self.search = SearchBox("Search recipes", "/")
        self.search.setMaximumWidth(540)
        self.search.textChanged.connect(self._find)
        self.search.returnPressed.connect(self._open_first)
        self.search.installEventFilter(self)
        self.facets = FacetList(self._choose)
        self.layout_choice = Segments(["Shelves", "Grid"], "Arrangement")
        self.layout_choice.select(0)
        self.layout_choice.setFixedWidth(ARRANGED)
        self.layout_choice.chosen.connect(self._arrange)
        self._as_grid = False
        self.board = Shelves()
        self.own = ImportCard("Train on your own data", state.window.import_files.emit)
        self.board.watch(self.own)
        self.board.left.connect(self.focus_first)
        self._lay_out()
        state.recipes_changed.connect(self.refresh)
        state.runs.listed.connect(self._check)
        state.runs.changed.connect(self._run_changed)
        state.window.focus_search.connect(self._search)
        state.window.search.connect(self._seek)
        state.catalog_changed.connect(self._name)
        state.catalog_changed.connect(self._check)
        self.refresh()

    def _lay_out(self) -> None:
        title = label("Every generative model moves particles", "title")
        title.setContentsMargins(RING, 0, 0, 0)
        line = row(
            (self.search, 1), (None, 0), self.layout_choice, gap=None, margins=(RING, 0, RING, 0)
        )
        right = column(title, line, (self.board, 1), gap=12)
        row((right, 1), parent=self, margins=(24, 24, 20 - RING, 0))

    @property
    def shelves(self) -> list[Shelf]:
        """The shelves that are shown."""
        return self.board.shelves

    @property
    def cards(self) -> list[RecipeCard]:
        """The cards of recipes that are shown, in order; without the steps of learning paths."""
        shown = (card for card in self.board.cards if isinstance(card, RecipeCard))
        return [card for card in shown if not isinstance(card, StepCard)]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            watched is self.search
            and isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
        ):
            if event.key() == Qt.Key.Key_Down and self.board.cards:
                self.board.go_to(self.board.cards[0])
                return True
            if event.key() == Qt.Key.Key_Escape and (self.search.text() or self._chosen):
                self._forget()
                return True
        return super().eventFilter(watched, event)

    def refresh(self) -> None:
        """Read the recipes anew."""
        gone = [*self._all, *(card for _, cards in self._steps for card in cards)]
        self._all = [self._ready(RecipeCard(recipe)) for recipe in self._state.recipes]
        self._make_steps()
        self.search.setPlaceholderText(
            f"Search {format_count(len(self._all), 'recipe')}: a model, a data set, a question"
        )
        self._name()
        self._check()
        for card in gone:
            card.deleteLater()

    def _make_steps(self) -> None:
        recipes = {recipe.slug: recipe for recipe in self._state.recipes}
        self._steps = []
        for path in learning_paths():
            numbered = enumerate(walkable(path, recipes), 1)
            cards = [self._ready(StepCard(each, n, step.why)) for n, (step, each) in numbered]
            if cards:
                self._steps.append((path, cards))
        self._ended = None

    def _run_changed(self, key: str) -> None:
        run = self._state.runs.by_key.get(key)
        if run is not None and run.state == "finished":
            self._check()

    def _check(self) -> None:
        """Say which steps were trained in the project that is open."""
        state = self._state
        ended = done(state.recipes, state.runs.by_key.values(), state.catalog)
        if ended == self._ended:
            return
        self._ended = ended
        for _, cards in self._steps:
            for card in cards:
                card.set_done(card.recipe.slug in ended)
        self._find()

    def _ready(self, card: C) -> C:
        """Let a card be opened, and the arrows lead from it to others."""
        card.clicked.connect(partial(self._actions.race.open_recipe, card.recipe))
        self.board.watch(card)
        card.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        card.customContextMenuRequested.connect(partial(self._menu, card))
        return card

    def _name(self) -> None:
        """Say what models and data are called, as far as that is known."""
        recipes, catalog = self._state.recipes, self._state.catalog
        self._findable = recipe_search.Findable(recipes, catalog)
        said = {recipe.slug: recipe_search.what(recipe, catalog) for recipe in recipes}
        for card in [*self._all, *(card for _, cards in self._steps for card in cards)]:
            card.show_what(said[card.recipe.slug])
        self._find()

    def _find(self) -> None:
        """Show what is left by the words and the facets: shelves where there are none."""
        text, chosen = self.search.text(), self._chosen
        narrowed = bool(text.strip() or chosen)
        # What is found stands in a grid, however all of them are arranged.
        self.found.emit(len(self._findable.found(text, chosen)) if narrowed else -1)
        self.layout_choice.select(1 if narrowed or self._as_grid else 0)
        self.facets.show_counts(self._findable.counts(text, chosen), chosen)
        if text.strip() or chosen:
            planned = self._matching_recipes(text, chosen)
        elif self._as_grid:
            planned = [Planned(format_count(len(self._all), "recipe"), "", [*self._all, self.own])]
        else:
            planned = [*self._shelves(), *self._paths()]
        self.board.show_shelves([shelf for shelf in planned if shelf.cards])

    def _seek(self, text: str) -> None:
        """Seek words that somebody else asks for, among all recipes."""
        self._chosen = {}
        self.search.setText(text)
        self._find()

    def _arrange(self, place: int) -> None:
        """Show all recipes on shelves, or in a grid what is found."""
        self._as_grid = place == 1
        if self._as_grid:
            self._find()
        else:
            self._forget()

    def _paths(self) -> list[Planned]:
        planned = []
        for path, cards in self._steps:
            seconds = sum(card.recipe.expected_seconds for card in cards)
            note = (
                f"Learning path, {format_count(len(cards), 'step')}, "
                f"{number_format.duration(seconds)}"
            )
            planned.append(Planned(path.title, note, cards, _go_on(cards)))
        return planned

    def _matching_recipes(self, text: str, chosen: dict[str, str]) -> list[Planned]:
        """Return the recipes that are found, and below them learning paths that are called so."""
        wanted = text.casefold().split()
        paths = self._paths() if len(text.strip()) >= NAME and not chosen else []
        named = [each for each in paths if has_words(wanted, each.title.casefold())]
        found = self._findable.found(text, chosen)
        return [self._found(found, text, chosen), *named] if found or not named else named

    def _found(self, found: list[Recipe], text: str, chosen: dict[str, str]) -> Planned:
        act = (CLEAR, self._forget)
        beyond = [each for each in self._findable.found(text, {}) if each not in found]
        within = ", ".join(chosen.values())
        if found:
            note = f"and {len(beyond):,} outside of {within}" if text.strip() and beyond else ""
            return Planned(format_count(len(found), "recipe"), note, self._cards_of(found), act)
        if beyond:
            note = f"Outside of it {'is this one' if len(beyond) == 1 else 'are these'}."
            return Planned(f"Nothing found in {within}", note, self._cards_of(beyond), act)
        nearest = recipe_search.nearest(self._state.recipes, self.search.text())
        note = "The nearest recipes are below."
        return Planned("Nothing found", note, self._cards_of(nearest), act)

    def _cards_of(self, recipes: Sequence[Recipe]) -> list[RecipeCard]:
        cards = {card.recipe.slug: card for card in self._all}
        return [cards[recipe.slug] for recipe in recipes]

    def _shelves(self) -> list[Planned]:
        recipes = self._state.recipes
        start = self._cards_of([recipe for recipe in recipes if recipe.start])
        planned = [Planned(*START, [*start, self.own], tall=True)]
        by_kind: dict[str, list[Recipe]] = {}
        for recipe in recipes:
            if not recipe.start:
                by_kind.setdefault(recipe.kind, []).append(recipe)
        rest: list[Recipe] = []
        for slug in sorted(by_kind, key=lambda slug: kind(slug).order):
            if len(by_kind[slug]) < FEW:
                rest += by_kind[slug]
                continue
            title, every = kind(slug).title, sum(recipe.kind == slug for recipe in recipes)
            act = (f"all {every}", partial(self._choose, DOMAIN, title))
            cards = self._cards_of(by_kind[slug])
            planned.append(Planned(title, kind(slug).about, cards, act, all=True))
        return [*planned, Planned(*REST, self._cards_of(rest))]

    def _menu(self, card: RecipeCard, at: QPoint) -> None:
        recipe, actions = card.recipe, self._actions
        entries: Entries = [("Open", partial(actions.race.open_recipe, recipe))]
        if not self._state.race.full:
            entries.append(("Add to race", partial(actions.race.add_recipe, recipe)))
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

    def _search(self) -> None:
        if self.isVisible():
            self.focus_first()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            self.focus_first()

    def focus_first(self) -> None:
        """Bring the keyboard to the search; typing begins another one."""
        self.search.setFocus(Qt.FocusReason.OtherFocusReason)
        self.search.selectAll()
