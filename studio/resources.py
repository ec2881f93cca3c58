"""Where the files that ship with the studio are: recipes, fonts, icons, help.

They are in ``pushforward/resources``, in a checkout by a link. Nothing here needs Qt or torch: the
command line reads recipes too. The window needs its fonts and icons before anything else, therefore
what reads recipes is imported late.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pushforward.studio.protocol.spec import Recipe

__all__ = ["RecipeError", "folder", "load_recipe", "recipes", "thumbnail"]


class RecipeError(ValueError):
    """A recipe file cannot be read; the message names the file and the field."""


@cache
def folder(name: str = "") -> Path:
    """Return the folder of resources, or the one of that name inside it."""
    root = Path(__file__).parents[1] / "resources"
    return root / name if name else root


def load_recipe(path: Path) -> "Recipe":
    """Read one recipe.

    Raises:
        RecipeError: the file is missing, is not TOML, or has a wrong or unknown field.
    """
    import tomllib

    import msgspec

    from pushforward.studio.protocol.spec import Recipe
    from pushforward.studio.store.errors import StoreError
    from pushforward.studio.store.keys import check_keys
    from pushforward.studio.store.regular_files import read_regular
    from pushforward.studio.store.text import check_dots, put_nulls

    try:
        text = read_regular(path).decode()
        check_dots(text)
        data = tomllib.loads(text)
        put_nulls(data)
        _as_it_was(data)
        data.setdefault("slug", path.stem)
        check_keys(data, Recipe)
        recipe = msgspec.convert(data, Recipe)
    except (OSError, ValueError, StoreError) as error:
        raise RecipeError(f"{path.name}: {error}") from error
    except RecursionError as error:
        raise RecipeError(f"{path.name}: it is nested too deeply") from error
    if recipe.slug != path.stem:
        raise RecipeError(f"{path.name}: the slug {recipe.slug!r} must equal the file name")
    return recipe


def _as_it_was(data: dict[str, Any]) -> None:
    """Read what earlier versions wrote: the kind of data had another name; and a recipe that uses a
    part of some data, and does not say which, uses what comes first in their file, as it did when
    there was no choice.
    """
    if "modality" in data:
        data.setdefault("kind", data.pop("modality"))
    run = data.get("run")
    training = run.get("training") if isinstance(run, dict) else None
    if isinstance(training, dict) and "samples" in training:
        training.setdefault("subset", "first")


def recipes() -> list["Recipe"]:
    """Return the recipes, in their order.

    Raises:
        RecipeError: one of the shipped files is broken (a test reads them all).
    """
    return list(_shipped())


@cache
def _shipped() -> tuple["Recipe", ...]:
    found = [load_recipe(path) for path in folder("recipes").glob("*.toml")]
    return tuple(sorted(found, key=lambda recipe: (recipe.order, recipe.slug)))


def thumbnail(slug: str, scheme: str) -> Path:
    """Return where a recipe's picture for the "dark" or "light" scheme is."""
    return folder("recipes") / f"{slug}-{scheme}.png"
