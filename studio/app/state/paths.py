"""Learning paths: recipes in an order that makes sense, each with why it comes next.

They are files, ``resources/paths/<slug>.toml``, that name recipes.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from studio import resources
from studio.app.state.runs import RunState
from studio.protocol.spec import Recipe

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


def done(recipes: Sequence[Recipe], runs: Iterable[RunState]) -> set[str]:
    """Return the slugs of the recipes that were trained to their end, by the runs of a project: by
    their name, which a run keeps as long as nothing of the recipe is changed.
    """
    ended = {
        (run.spec.name, run.spec.family.slug, run.spec.dataset.slug)
        for run in runs
        if run.spec is not None and run.state == "finished"
    }
    return {r.slug for r in recipes if (r.run.name, r.run.family.slug, r.run.dataset.slug) in ended}
