"""Sources of the global search: each lists its current entries."""

import re
from collections.abc import Iterator
from functools import partial

from pushforward.studio.app.commands.command_registry import Registry
from pushforward.studio.app.core import draft_spec, help_pages
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.core.dataset_list import all_sets
from pushforward.studio.app.core.display_names import data_title
from pushforward.studio.app.core.run_summary import quality, say, title_of
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.places.discover import recipe_search
from pushforward.studio.app.places.discover.learning_paths import learning_paths, walkable
from pushforward.studio.app.shell.search_results import Hit
from pushforward.studio.app.text import number_format, setting_values
from pushforward.studio.counts import format_count
from pushforward.studio.methods import methods
from pushforward.studio.protocol.catalog import EntrySpec
from pushforward.studio.protocol.spec import Recipe

__all__ = ["all_hits"]

NAMED = re.compile(r"\(([^()]*[A-Z][^()]*)\)")


def all_hits(state: AppState, actions: Actions, registry: Registry) -> list[Hit]:
    """Return everything that can be found."""
    sources = (_recipes, _paths, _data, _runs, _models, _methods, _settings, _help)
    return [
        *(hit for source in sources for hit in source(state, actions)),
        *_commands(registry),
    ]


def _recipes(state: AppState, actions: Actions) -> Iterator[Hit]:
    for recipe in state.recipes:
        what = recipe_search.what(recipe, state.catalog)
        yield Hit(
            id=f"recipe-{recipe.slug}", group="Recipes", title=recipe.title, icon="discover",
            said=", ".join(what) or recipe.summary,
            aside=number_format.duration(recipe.expected_seconds),
            words=" ".join([recipe.slug, recipe.summary, *recipe.methods, *recipe.questions]),
            do=partial(actions.race.open_recipe, recipe),
            also=("train", partial(_train, actions, recipe)),
        )  # fmt: skip


def _paths(state: AppState, actions: Actions) -> Iterator[Hit]:
    recipes = {recipe.slug: recipe for recipe in state.recipes}
    for path in learning_paths():
        steps = walkable(path, recipes)
        if steps:
            yield Hit(
                id=f"path-{path.title}", group="Recipes", title=path.title, icon="discover",
                said=f"Learning path, {format_count(len(steps), 'step')}",
                words=" ".join(f"{step.why} {recipe.title}" for step, recipe in steps),
                do=partial(_show_path, state, path.title),
            )  # fmt: skip


def _show_path(state: AppState, title: str) -> None:
    state.go("discover")
    state.window.search.emit(title)


def _train(actions: Actions, recipe: Recipe) -> None:
    if not actions.race.train_recipe(recipe):
        actions.setup.open_recipe(recipe)
        actions.training.start()


def _data(state: AppState, actions: Actions) -> Iterator[Hit]:
    for data in all_sets(state.catalog, state.datasets):
        yield Hit(
            id=f"data-{data.slug}", group="Data", title=data.title, icon="data",
            said=f"{kind(data.kind).title}, {data.size}", aside=data.terms,
            words=f"{data.slug} {data.summary}", do=partial(actions.data.select, data.slug),
        )  # fmt: skip


def _runs(state: AppState, actions: Actions) -> Iterator[Hit]:
    for run in reversed(list(state.runs.by_key.values())):
        said, slug = say(state, [run], title_of(run)), run.spec.dataset.slug if run.spec else ""
        label = run.label
        beside = [data_title(slug, state.catalog), *label.tags, label.note]
        yield Hit(
            id=f"run-{run.key}", group="Runs", title=said.text, dot=said.dot,
            said=", ".join(filter(None, beside)), aside=quality(run)[1] or said.note,
            words=run.name, do=partial(actions.runs.select, run.key),
        )  # fmt: skip


def _models(state: AppState, actions: Actions) -> Iterator[Hit]:
    catalog = state.catalog
    for entry in catalog.entries_of("family") if catalog is not None else []:
        yield Hit(
            id=f"model-{entry.slug}", group="Models", title=entry.title, icon="explain",
            said=entry.summary,
            words=f"{entry.slug} set up {' '.join(entry.kinds)} {' '.join(_also(entry))}",
            do=partial(actions.setup.open_model, entry.slug),
        )  # fmt: skip


def _also(entry: EntrySpec) -> list[str]:
    """Return the names that a model has by some of its settings, as titles of their choices say
    them in brackets: "A critic (ARVGA)".
    """
    titles = [choice.title for field in entry.fields for choice in field.choices]
    return [name for title in titles for name in NAMED.findall(title)]


def _methods(state: AppState, actions: Actions) -> Iterator[Hit]:
    """Named methods, each a model with settings."""
    catalog = state.catalog
    for method in methods() if catalog is not None else ():
        entry = catalog.get("family", method.family.slug) if catalog is not None else None
        if entry is not None:
            yield Hit(
                id=f"method-{method.slug}", group="Models", title=method.title, icon="explain",
                said=f"{entry.title}: {method.summary}", words=f"{method.slug} {method.source}",
                do=partial(actions.setup.open_method, method),
            )  # fmt: skip


def _settings(state: AppState, actions: Actions) -> Iterator[Hit]:
    """Settings of what is being set up, or else of what a setup begins with; they are shown in the
    form.
    """
    spec = state.draft.spec if state.draft is not None else actions.setup.default_spec()
    if spec is None:
        return
    for section in draft_spec.SECTIONS:
        entry = draft_spec.entry_of(spec, section, state.catalog)
        config = draft_spec.config_of(spec, section)
        for field in entry.fields if entry is not None else ():
            if field.kind == "part":
                continue
            yield Hit(
                id=f"setting-{section}.{field.path}", group="Settings", title=field.title,
                icon="settings", said=field.help, words=field.path,
                aside=setting_values.title_of(field, draft_spec.value_at(config, field)),
                do=partial(_show_setting, state, actions, f"{section}.{field.path}"),
            )  # fmt: skip


def _show_setting(state: AppState, actions: Actions, path: str) -> None:
    if state.draft is None and (spec := actions.setup.default_spec()) is not None:
        actions.setup.open(spec)
    state.go("setup")
    state.window.show_setting.emit(path)


def _help(state: AppState, actions: Actions) -> Iterator[Hit]:
    for page in help_pages.all_pages(state.catalog):
        yield Hit(
            id=f"help-{page.slug}", group="Help", title=page.title, icon="learn",
            said=_plain(page.summary), words=page.text, do=partial(state.show_help, page.slug),
        )  # fmt: skip


def _plain(text: str) -> str:
    """Return a sentence of Markdown without its signs."""
    return re.sub("[*`]", "", text)


def _commands(registry: Registry) -> Iterator[Hit]:
    """Commands, but for those that show a page: the page itself is found."""
    for command in [*registry, *registry.passing()]:
        if command.id.startswith("help-"):
            continue
        yield Hit(
            id=command.id, group="Commands", title=command.title, icon=command.icon,
            said=command.menu, aside=command.shortcut, words=" ".join(command.aliases),
            do=command.run, why_not=command.why_not,
        )  # fmt: skip
