"""Finding a recipe among many: by words, and by facets that say how many each choice leaves.

What a family or a data set is called is looked up in the catalogue, where the engine has sent one.
"""

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from pushforward.studio.app.core import facets
from pushforward.studio.app.core.data_type_registry import all_kinds, kind
from pushforward.studio.app.core.diffusion_choices import named
from pushforward.studio.app.core.facets import Facet, has_words
from pushforward.studio.methods import methods
from pushforward.studio.protocol.catalog import Catalog, EntrySpec
from pushforward.studio.protocol.spec import Pick, Recipe, racers

__all__ = ["FACETS", "Findable", "nearest", "what"]

TIMES = ((60.0, "Under 1 min"), (300.0, "1 to 5 min"), (float("inf"), "Longer"))


def _domain(recipe: Recipe) -> list[str]:
    return [kind(recipe.kind).title]


def _time(recipe: Recipe) -> list[str]:
    return [next(title for most, title in TIMES if recipe.expected_seconds < most)]


DEVICES = ("This computer", "Better with a GPU")


def _device(recipe: Recipe) -> list[str]:
    return [DEVICES[recipe.gpu]]


FACETS = (
    Facet("Domain", _domain, tuple(k.title for k in all_kinds())),
    Facet("Method", lambda recipe: recipe.methods),
    Facet("Question", lambda recipe: recipe.questions),
    Facet("Time", _time, tuple(title for _, title in TIMES)),
    Facet("Device", _device, DEVICES),
)


def what(recipe: Recipe, catalog: Catalog | None) -> list[str]:
    """Return what is trained on what: a method by its name, else the model in short, as the
    catalogue calls it; nothing before there is one.
    """
    if catalog is None:
        return []
    run = recipe.run
    method = named(run, methods(), catalog)
    model = _called(catalog.get("family", run.family.slug), run.family)
    data = _called(catalog.get("dataset", run.dataset.slug), run.dataset)
    if recipe.race is not None:
        model = f"{len(recipe.race.rivals) + 1} models"
    elif method is not None:
        model = method.title
    return [model, data]


def _called(entry: EntrySpec | None, pick: Pick) -> str:
    return pick.slug if entry is None else entry.short or entry.title


def _catalogue_text(recipe: Recipe, catalog: Catalog | None) -> list[str]:
    """Return the searchable texts of the model and the data in the catalogue."""
    if catalog is None:
        return []
    entries = (
        *(catalog.get("family", spec.family.slug) for spec in racers(recipe)),
        catalog.get("dataset", recipe.run.dataset.slug),
    )
    return [f"{entry.title} {entry.summary}" for entry in entries if entry is not None]


class Findable:
    """Some recipes with all that they are found by, which is worked out once: it takes longer than
    there is between two letters.
    """

    def __init__(self, recipes: Sequence[Recipe], catalog: Catalog | None = None) -> None:
        self._recipes = list(recipes)
        self._values = [{facet.title: facet.of(recipe) for facet in FACETS} for recipe in recipes]
        self._said = [_searchable_text(recipe, catalog) for recipe in recipes]
        self._named = [_named(recipe, catalog) for recipe in recipes]

    def _left(self, text: str) -> list[int]:
        """Return the places of the recipes in which all words of a text occur."""
        words = text.casefold().split()
        return [place for place, said in enumerate(self._said) if has_words(words, said)]

    def found(self, text: str, chosen: Mapping[str, str]) -> list[Recipe]:
        """Return the recipes that contain all words and the chosen facet values: matches of the
        title first, then of model or data, then of the text; in order.
        """
        words = text.casefold().split()
        fitting = [at for at in self._left(text) if facets.fits(self._values[at], chosen)]
        return [self._recipes[at] for at in sorted(fitting, key=lambda at: self._rank(at, words))]

    def _rank(self, at: int, words: Sequence[str]) -> int:
        """Return which of the names of a recipe, the most telling first, has all words."""
        names = self._named[at]
        return next((k for k, name in enumerate(names) if has_words(words, name)), len(names))

    def counts(self, text: str, chosen: Mapping[str, str]) -> dict[str, dict[str, int]]:
        """Return the count of each facet value under the other filters, with zeros."""
        left = [self._values[at] for at in self._left(text)]
        return facets.counts(FACETS, self._values, left, chosen)


def _named(recipe: Recipe, catalog: Catalog | None) -> tuple[str, ...]:
    """Return what a recipe is called, and that with what its parts and its data are called."""
    title = recipe.title.casefold()
    parts = (recipe.summary, kind(recipe.kind).title, *what(recipe, catalog))
    return title, " ".join((title, *parts)).casefold()


def _searchable_text(recipe: Recipe, catalog: Catalog | None) -> str:
    parts = (
        recipe.title,
        recipe.summary,
        recipe.teaches,
        recipe.source,
        recipe.slug,
        *(value for facet in FACETS for value in facet.of(recipe)),
        kind(recipe.kind).about,
        *what(recipe, catalog),
        *_catalogue_text(recipe, catalog),
    )
    return " ".join(parts).casefold()


def nearest(recipes: Sequence[Recipe], text: str, most: int = 3) -> list[Recipe]:
    """Return the recipes whose titles or words are most like a text, the nearest first."""
    wanted = text.casefold()

    def likeness(recipe: Recipe) -> float:
        words = [recipe.title.casefold(), *f"{recipe.title} {recipe.slug}".casefold().split()]
        return max(SequenceMatcher(None, wanted, word).ratio() for word in words)

    return sorted(recipes, key=likeness, reverse=True)[:most]
