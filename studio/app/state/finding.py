"""Finding a recipe among many: by words, and by facets that say how many each choice leaves.

Pure functions of recipes; what a family or a data set is called is looked up in the catalogue,
where the engine has sent one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from studio.app.kinds.registry import all_kinds, kind
from studio.app.state.sixchoices import named
from studio.methods import methods
from studio.protocol.catalog import Catalog, EntrySpec
from studio.protocol.spec import Pick, Recipe, racers

__all__ = ["FACETS", "Facet", "counts", "found", "nearest", "what"]

TIMES = ((60.0, "Under 1 min"), (300.0, "1 to 5 min"), (float("inf"), "Longer"))


@dataclass(frozen=True)
class Facet:
    """A way to sort recipes.

    Attributes:
        title: what it is called.
        of: the values that a recipe has.
        order: the values that come first, in this order; others follow as they are met.
    """

    title: str
    of: Callable[[Recipe], Sequence[str]]
    order: tuple[str, ...] = ()


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


def _about(recipe: Recipe, catalog: Catalog | None) -> list[str]:
    """Return what the catalogue says of the model and of the data."""
    if catalog is None:
        return []
    entries = (
        *(catalog.get("family", spec.family.slug) for spec in racers(recipe)),
        catalog.get("dataset", recipe.run.dataset.slug),
    )
    return [f"{entry.title} {entry.summary}" for entry in entries if entry is not None]


def found(
    recipes: Sequence[Recipe], text: str, chosen: Mapping[str, str], catalog: Catalog | None = None
) -> list[Recipe]:
    """Return the recipes in which all words occur and which have all chosen values, in order.

    Args:
        recipes: those there are.
        text: words.
        chosen: a value by the title of its facet.
        catalog: what families and data are called.
    """
    words = text.casefold().split()
    facets = [(facet, chosen[facet.title]) for facet in FACETS if facet.title in chosen]
    return [
        recipe
        for recipe in recipes
        if all(value in facet.of(recipe) for facet, value in facets)
        and _has(words, _said(recipe, catalog))
    ]


def _has(words: Sequence[str], said: str) -> bool:
    return all(word in said for word in words)


def _said(recipe: Recipe, catalog: Catalog | None) -> str:
    parts = (
        recipe.title,
        recipe.summary,
        recipe.teaches,
        recipe.source,
        recipe.slug,
        *(value for facet in FACETS for value in facet.of(recipe)),
        kind(recipe.kind).about,
        *what(recipe, catalog),
        *_about(recipe, catalog),
    )
    return " ".join(parts).casefold()


def counts(
    facet: Facet,
    recipes: Sequence[Recipe],
    text: str,
    chosen: Mapping[str, str],
    catalog: Catalog | None = None,
) -> dict[str, int]:
    """Return how many recipes each value of a facet would leave, beside what else is chosen; those
    that would leave none are there, too.
    """
    others = {title: value for title, value in chosen.items() if title != facet.title}
    left = found(recipes, text, others, catalog)
    met = dict.fromkeys(value for recipe in recipes for value in facet.of(recipe))
    values = [value for value in facet.order if value in met]
    values += [value for value in met if value not in values]
    return {value: sum(value in facet.of(recipe) for recipe in left) for value in values}


def nearest(recipes: Sequence[Recipe], text: str, most: int = 3) -> list[Recipe]:
    """Return the recipes whose titles or words are most like a text, the nearest first."""
    wanted = text.casefold()

    def likeness(recipe: Recipe) -> float:
        words = [recipe.title.casefold(), *f"{recipe.title} {recipe.slug}".casefold().split()]
        return max(SequenceMatcher(None, wanted, word).ratio() for word in words)

    return sorted(recipes, key=likeness, reverse=True)[:most]
