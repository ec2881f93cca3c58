"""How long a setup is expected to take: from a run like it, or from its recipe. Pure."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from pushforward.studio.app.core import display_names
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.draft import Draft
from pushforward.studio.app.core.run_comparison import training_value
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.text.number_format import duration
from pushforward.studio.protocol.catalog import Catalog
from pushforward.studio.protocol.spec import Recipe, RunSpec

__all__ = ["Expected", "expected", "steps_of"]

STEPS, BATCH = "steps", "batch"
PIXELS = re.compile(r"(\d+)x(\d+), (grey|colour)")
"""How the catalogue says the size of images, as in "1,797 pictures, 8x8, grey"."""
SLOWER = 3  # times the computer that recipes were timed on: a laptop, or one that has more to do
ENOUGH = 20  # steps of a run, fewer of which tell little of the others


@dataclass(frozen=True)
class Expected:
    """Seconds, whether they were measured on this computer, and whether they are ``rough``: of a
    run of the same networks with other settings, or of a recipe of the same model on other data.
    """

    seconds: float
    here: bool = False
    rough: bool = False

    @property
    def about(self) -> str:
        """The word before them."""
        return "roughly" if self.rough else "about"

    @property
    def format(self) -> str:
        """Format the duration. A recipe's time is of another computer, so a range is given."""
        if self.here:
            return f"{self.about} {duration(self.seconds)}"
        return f"{duration(self.seconds)} to {duration(SLOWER * self.seconds)}"


def steps_of(spec: RunSpec, catalog: Catalog | None) -> int:
    """Return the number of training steps of a spec, 0 if unknown."""
    return int(training_value(spec, STEPS, catalog) or 0)


def expected(draft: Draft, state: AppState, steps: int = 0) -> Expected | None:
    """Return the expected training time of a setup, for ``steps`` or its own number; None if
    unknown.

    The time of a step comes from the last run with the same settings; or roughly from the last run
    with the same model, networks, data and batch size; or from the recipe, if model and data are
    unchanged; or roughly from a recipe of the same model on the same data or data type, preferably
    with the same network; for images scaled by the number of values.
    """
    whole = draft.resolved  # runs say all their settings, also those that have their default
    # The resolved number of steps is limited by the passes of a model over the data.
    wanted = steps or steps_of(whole or draft.spec, state.catalog)
    runs = state.runs.by_key.values() if whole is not None else ()
    for same, rough in ((_costs, False), (_makes, True)):
        like = [run for run in runs if whole is not None and _like(run, whole, same)]
        if like:
            run = max(like, key=lambda each: each.name)
            return Expected(run.seconds / run.step * wanted, here=True, rough=rough)
    single = [recipe for recipe in state.recipes if recipe.race is None]  # a race takes many times
    own = display_names.keeps_recipe(draft.recipe, draft.spec) and draft.recipe.race is None
    recipe = draft.recipe if own else _near(draft.spec, single, state.catalog)
    of_recipe = steps_of(recipe.run, state.catalog) if recipe is not None else 0
    if recipe is None or not of_recipe:
        return None
    factor = 1.0 if own else _larger(draft, recipe, state.catalog)
    if factor is None:
        return None
    return Expected(factor * recipe.expected_seconds * wanted / of_recipe, rough=not own)


def _larger(draft: Draft, recipe: Recipe, catalog: Catalog | None) -> float | None:
    """Return how many times as long a step of a setup takes as one of a recipe of the same model:
    a network of images goes over each of their numbers. None where their size is not known.
    """
    spec, of = draft.spec, recipe.run
    if spec.dataset.slug == of.dataset.slug:
        return 1.0
    entry = catalog.get("dataset", of.dataset.slug) if catalog is not None else None
    size = PIXELS.search(entry.size) if entry is not None else None
    shape = draft.points.shape[1:] if draft.points is not None else ()
    if size is None and len(shape) != 3:
        return 1.0  # these are no images
    if size is None or len(shape) != 3:
        return None
    numbers = int(size[1]) * int(size[2]) * (3 if size[3] == "colour" else 1)
    batches = [training_value(each, BATCH, catalog) or 1 for each in (spec, of)]
    return math.prod(shape) / numbers * float(batches[0]) / float(batches[1])


def _near(spec: RunSpec, recipes: Iterable[Recipe], catalog: Catalog | None) -> Recipe | None:
    """Return a recipe of the same model on the same data, or else on data of the same kind; of
    these one with the same network, for larger ones take many times as long.
    """
    if catalog is None:
        return None
    kind = catalog.kind_of(spec.dataset)
    like = [r for r in recipes if r.run.family.slug == spec.family.slug and r.kind == kind]

    def apart(recipe: Recipe) -> tuple[bool, bool]:
        mine, other = spec.family.config.get("net"), recipe.run.family.config.get("net")
        return recipe.run.dataset.slug != spec.dataset.slug, mine != other

    return min(like, key=apart, default=None)


def _like(run: RunState, spec: RunSpec, same: Callable[[RunSpec], object]) -> bool:
    """Whether a run has done enough steps to tell of others, and is the ``same`` as a spec."""
    if run.spec is None or run.step < ENOUGH or not run.seconds or run.parent:
        return False
    return same(run.spec) == same(spec)


def _costs(spec: RunSpec) -> tuple[object, ...]:
    """All settings but for length and seed."""
    training = {k: v for k, v in spec.training.items() if k not in (STEPS, "seed")}
    family, dataset = spec.family, spec.dataset
    return family.slug, family.config, dataset.slug, dataset.config, training


def _makes(spec: RunSpec) -> tuple[object, ...]:
    """What most of the time of a step goes to: the networks, the data and how many of them."""
    family, dataset = spec.family, spec.dataset
    networks = {
        name: value
        for name, value in family.config.items()
        if isinstance(value, Mapping) and "slug" in value
    }
    batch = [spec.training.get(name) for name in (BATCH, "device", "threads")]
    return family.slug, networks, dataset.slug, dataset.config, batch
