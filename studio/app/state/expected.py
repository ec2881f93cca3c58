"""How long a setup is expected to take: from a run like it, or from its recipe. Pure."""

from dataclasses import dataclass

from studio.app.state import drafts, naming
from studio.app.state.draft import Draft
from studio.app.state.runs import RunState
from studio.app.state.session import AppState
from studio.protocol.catalog import Catalog
from studio.protocol.spec import RunSpec

__all__ = ["Expected", "expected", "steps_of"]

STEPS = "steps"
ENOUGH = 20  # steps of a run, fewer of which tell little of the others


@dataclass(frozen=True)
class Expected:
    """Seconds, and whether they were measured on this computer."""

    seconds: float
    here: bool


def steps_of(spec: RunSpec, catalog: Catalog | None) -> int:
    """Return how many steps a run is trained for, 0 where nobody says."""
    entry = drafts.entry_of(spec, "training", catalog)
    field = next((f for f in entry.fields if f.path == STEPS), None) if entry else None
    return int(drafts.value_at(spec.training, field)) if field is not None else 0


def expected(draft: Draft, state: AppState, steps: int = 0) -> Expected | None:
    """Return how long the training of a setup takes, for ``steps`` or as many as it has; None where
    nothing is known. A step takes as long as one of the last run with the same settings; or of
    the recipe, where model and data are still its.
    """
    wanted = steps or steps_of(draft.spec, state.catalog)
    whole = draft.resolved  # runs say all their settings, also those that have their default
    runs = state.runs.by_key.values() if whole is not None else ()
    like = [run for run in runs if whole is not None and _like(run, whole)]
    if like:
        run = max(like, key=lambda each: each.name)
        return Expected(run.seconds / run.step * wanted, here=True)
    recipe = draft.recipe
    if not naming.keeps_recipe(recipe, draft.spec):
        return None
    of_recipe = steps_of(recipe.run, state.catalog)
    return Expected(recipe.expected_seconds * wanted / of_recipe, False) if of_recipe else None


def _like(run: RunState, spec: RunSpec) -> bool:
    """Whether a run was trained with the same settings but for its length and its seed."""
    if run.spec is None or run.step < ENOUGH or not run.seconds or run.parent:
        return False
    return _costs(run.spec) == _costs(spec)


def _costs(spec: RunSpec) -> tuple[object, ...]:
    training = {k: v for k, v in spec.training.items() if k not in (STEPS, "seed")}
    family, dataset = spec.family, spec.dataset
    return family.slug, family.config, dataset.slug, dataset.config, training
