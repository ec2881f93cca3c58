"""Learning paths: recipes in an order that makes sense, each with why it comes next.

They are files, ``resources/paths/<slug>.toml``, that name recipes.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from pushforward.studio import resources
from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.display_names import same_model_and_data
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.protocol.catalog import Catalog
from pushforward.studio.protocol.spec import Recipe, RunSpec, racers

__all__ = ["LearningPath", "Step", "done", "learning_paths", "walkable"]


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A recipe, and in a line why it comes next."""

    recipe: str
    why: str


class LearningPath(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A shelf of Discover; paths are listed by their ``order``."""

    title: str
    order: int
    steps: tuple[Step, ...]


def learning_paths() -> list[LearningPath]:
    """Return the paths that ship, in their order.

    Raises:
        ValueError: a file is broken (a test reads them all).
    """
    files = resources.folder("paths").glob("*.toml")
    found = [msgspec.convert(tomllib.loads(f.read_text("utf-8")), LearningPath) for f in files]
    return sorted(found, key=lambda path: path.order)


def walkable(path: LearningPath, recipes: Mapping[str, Recipe]) -> list[tuple[Step, Recipe]]:
    """Return the steps of a path whose recipes are there."""
    return [(step, recipes[step.recipe]) for step in path.steps if step.recipe in recipes]


def done(recipes: Sequence[Recipe], runs: Iterable[RunState], catalog: Catalog | None) -> set[str]:
    """Return the slugs of completed recipes, by the runs of a project: the same model, data,
    settings and sampler. All participants of a race count.
    """
    ended = [run.spec for run in runs if run.spec is not None and run.state == "finished"]
    return {
        recipe.slug
        for recipe in recipes
        if all(_ended(spec, ended, catalog) for spec in racers(recipe))
    }


def _ended(recipe: RunSpec, ended: Iterable[RunSpec], catalog: Catalog | None) -> bool:
    """Whether one of some specs is that of a recipe; a setting that is not said has its default."""
    like = [
        spec for spec in ended if same_model_and_data(spec, recipe) and _sampled_alike(spec, recipe)
    ]
    if not like or catalog is None:
        return False
    sections: tuple[draft_spec.Section, ...] = ("dataset", "family")
    entries = [(each, draft_spec.entry_of(recipe, each, catalog)) for each in sections]
    told = [(each, f) for each, entry in entries if entry is not None for f in entry.fields]

    def same(spec: RunSpec) -> bool:
        configs = {
            each: (draft_spec.config_of(spec, each), draft_spec.config_of(recipe, each))
            for each in sections
        }
        return not any(draft_spec.changed(configs[s][0], f, configs[s][1]) for s, f in told)

    return any(map(same, like))


def _sampled_alike(spec: RunSpec, recipe: RunSpec) -> bool:
    """Whether a run has the sampler that a recipe names, if it names one."""
    asked = recipe.sampler
    return asked is None or (spec.sampler is not None and spec.sampler.slug == asked.slug)
