"""What to run: a recipe by name or file, a run folder, or a model and a data set."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from pushforward.spelling import ask_whether
from pushforward.studio.protocol.commands import Budget
from pushforward.studio.protocol.spec import Pick, RunSpec, racers, run_name
from pushforward.studio.resources import RecipeError, folder, load_recipe, recipes
from pushforward.studio.store.edits import effective_spec
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder
from pushforward.studio.workflows.errors import UsageError

__all__ = ["DEFAULT_PROJECT", "Target", "find", "first", "last"]

DEFAULT_PROJECT = "pushforward-runs"


@dataclass(frozen=True)
class Target:
    """A spec to train, the run folder that it was read from, if any, whether it is a recipe's, and
    what earlier versions called its runs, if otherwise. ``rivals`` race with it, each at the
    ``budget``. ``needs`` names by input the recipes that are trained first.
    """

    spec: RunSpec
    run: RunFolder | None = None
    recipe: bool = False
    formerly: str = ""
    rivals: tuple[RunSpec, ...] = ()
    budget: Budget | None = None
    needs: Mapping[str, str] = field(default_factory=dict)

    def project(self, out: Path | None) -> Path:
        """Return the project to train in: the requested one, that of the run, or one in this
        folder.
        """
        if out is not None:
            return out
        return self.run.project if self.run else Path.cwd() / DEFAULT_PROJECT

    def began(self) -> Callable[[RunSpec], bool]:
        """Return what tells whether a run, by its spec, began as this: with a recipe's model and
        data, which several recipes may have in common but for their settings; others by its name.
        """
        if not self.recipe:
            return lambda spec: spec.name in (self.spec.name, self.formerly)
        from pushforward.studio.engine.run.resolve import resolve

        resolved, _ = resolve(self.spec)
        full = _what(self.spec if resolved is None else resolved.spec)
        return lambda spec: _what(spec) == full


def first() -> Target:
    """The first recipe."""
    return Target(recipes()[0].run, recipe=True)


def find(text: str) -> Target:
    """Return the target that a text names.

    Raises:
        UsageError: unknown; the nearest recipe is named, or how to import a file.
        StoreError: it is a run folder whose record cannot be read.
    """
    path = Path(text).expanduser()
    if (path / "run.toml").is_file():
        run = RunFolder(path)
        return Target(effective_spec(run), run)  # with what was changed on its way
    if path.suffix == ".toml" or path.is_file():
        return _recipe(path)
    shipped = folder("recipes") / f"{text}.toml"
    if "/" not in text and shipped.is_file():
        return _recipe(shipped)
    if "@" in text:
        family, _, dataset = text.partition("@")
        if (file := Path(dataset).expanduser()).exists() or "/" in dataset:
            raise UsageError(_to_import(family, file))
        spec = RunSpec(name=text, family=Pick(slug=family), dataset=Pick(slug=dataset))
        return Target(msgspec.structs.replace(spec, name=run_name(spec)), formerly=text)
    raise UsageError(_nothing(text, path))


def _recipe(path: Path) -> Target:
    try:
        recipe = load_recipe(path)
    except RecipeError as error:
        raise UsageError(str(error)) from error
    first, *rivals = racers(recipe)
    race = recipe.race
    budget = Budget(kind=race.kind, amount=race.amount) if race is not None else None
    return Target(first, recipe=True, rivals=tuple(rivals), budget=budget, needs=recipe.first)


def _what(spec: RunSpec) -> list[tuple[str, object]]:
    """The model and the data of a spec, with their settings."""
    return [(pick.slug, msgspec.to_builtins(pick.config)) for pick in (spec.family, spec.dataset)]


def _to_import(family: str, file: Path) -> str:
    """Say how files become a data set that a model can be trained on."""
    if not file.exists():
        return f"no file {file}; data sets are given by name, as in {family}@eight-gaussians"
    return (
        f"{file} is a file: import it first. 'pushforward import {file} --out "
        f"PROJECT' prints its name; then 'pushforward run {family}@project:NAME --out PROJECT'"
    )


def _nothing(text: str, path: Path) -> str:
    if path.is_dir():
        return f"{text} is a folder without run.toml, so it is not a run"
    known = sorted(p.stem for p in folder("recipes").glob("*.toml"))
    hint = ask_whether(text, known, f"recipes: {', '.join(known)}")
    return f"{text!r} is neither a recipe, a file nor a run folder; {hint}"


def last(project: Path, target: Target) -> RunFolder | None:
    """The newest run of a target in a project that has not come to its end, else the newest."""
    if not (project / "project.toml").exists():
        return None
    began = target.began()
    runs = [run for run in Project.open(project).runs() if began(run.record.spec)]
    going = [r for r in runs if r.status().state != "finished"]
    return next(reversed(going or runs), None)
