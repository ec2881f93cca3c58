"""What a model says about itself: titles, its equation, its layers and the stages of a step.

It stands in ``resources/models/SLUG.toml``, apart from the mathematics, and is read without torch.
Lines that several models share stand in ``shared.toml``; a stage or a line that names one with
``shared = "weight"`` takes from it what it does not say itself.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from pushforward.models.config import Aspect

__all__ = [
    "Dependency",
    "Layer",
    "Line",
    "Presentation",
    "PresentationError",
    "Stage",
    "find_presentation",
    "read_presentation",
    "read_shared",
]

SHARED = "shared"
T = TypeVar("T")


class PresentationError(ValueError):
    """The presentation of a model cannot be read; the message names the file and the place."""


class Layer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A field that a family can evaluate anywhere, for the heat map or the arrows.

    Attributes:
        name: slug, also the key on disk.
        kind: "scalar" or "vector".
        symbol: its label in the legend, e.g. "log p/q".
        timed: whether it depends on the flow time.
        kept: whether kept records hold it too; the others are evaluated while the training is
            watched, or on request.
        density: whether its values are logarithms of a density, which change with the units.
    """

    name: str
    title: str
    kind: Literal["scalar", "vector"]
    symbol: str
    timed: bool
    kept: bool = True
    density: bool = False


class Dependency(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A setting, and its values for which something applies."""

    path: str
    values: tuple[Any, ...]


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A formula of a training step, with its source.

    Attributes:
        formula: in Unicode, "" where there is one only for some values of ``by``.
        source: author, year and equation or algorithm number; "" for that of the stage.
        by: the setting that the formula depends on, "" for none.
        formulas, sources: by the values of that setting, where they differ.
        only: when the line applies; None for always.
        aspect: which choice of a method it is the formula of, "" for none (`models.config.param`).
    """

    formula: str = ""
    source: str = ""
    by: str = ""
    formulas: dict[str, str] = {}
    sources: dict[str, str] = {}
    only: Dependency | None = None
    aspect: Aspect = ""


class Stage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One stage of a training step.

    Attributes:
        name: slug.
        title: what happens, a few words in the imperative ("Fit the critic").
        formula, source, by, formulas, sources, aspect: its first `Line`.
        layer: the name of the layer it concerns, "" for none.
        also: its other lines.
    """

    name: str
    title: str
    formula: str
    source: str
    layer: str = ""
    by: str = ""
    formulas: dict[str, str] = {}
    sources: dict[str, str] = {}
    aspect: Aspect = ""
    also: tuple[Line, ...] = ()

    @property
    def lines(self) -> tuple[Line, ...]:
        """All its lines."""
        first = Line(
            formula=self.formula,
            source=self.source,
            by=self.by,
            formulas=self.formulas,
            sources=self.sources,
            aspect=self.aspect,
        )
        return (first, *self.also)


class Presentation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The presentation of one model.

    Attributes:
        title: its name.
        short: its name where there is little room, "" for the title.
        summary: what it does, in a sentence.
        source: author, year, identifier and the equation or algorithm numbers.
        equation: its equation of motion, in Unicode, "" for none.
        layers: the fields that it can evaluate anywhere.
        stages: of a training step, in order.
    """

    title: str
    short: str = ""
    summary: str
    source: str
    equation: str = ""
    layers: tuple[Layer, ...] = ()
    stages: tuple[Stage, ...] = ()


def find_presentation(slug: str) -> Path | None:
    """Return the file of a model that ships with the product, None if there is none."""
    path = _folder() / f"{slug}.toml"
    return path if slug != SHARED and path.is_file() else None


def read_presentation(path: Path) -> Presentation:
    """Read the presentation of a model.

    Raises:
        PresentationError: the file is missing, is not TOML, has a wrong or unknown field, or names
            a shared line that does not exist.
    """
    data = _read(path)
    for k, stage in enumerate(_tables(data, "stages")):
        _fill(stage, f"{path.name}: stages[{k}]")
        for i, line in enumerate(_tables(stage, "also")):
            _fill(line, f"{path.name}: stages[{k}].also[{i}]")
    return _convert(data, Presentation, path.name)


@cache
def read_shared() -> Mapping[str, Line]:
    """Read the lines that several models share, by their names.

    Raises:
        PresentationError: as `read_presentation`.
    """
    path = _folder() / f"{SHARED}.toml"
    return {name: _convert(line, Line, f"{path.name}: {name}") for name, line in _shared().items()}


@cache
def _shared() -> dict[str, Any]:
    return _read(_folder() / f"{SHARED}.toml")


def _fill(line: dict[str, Any], place: str) -> None:
    """Add the fields of the shared line that a line names to those that it has."""
    name = line.pop("shared", None)
    if name is None:
        return
    if name not in _shared():
        raise PresentationError(
            f"{place}: no shared line is called {name!r}; known: {', '.join(sorted(_shared()))}"
        )
    for key, value in _shared()[name].items():
        line.setdefault(key, value)


def _tables(data: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the tables of an array; what is none is found when it is converted."""
    found = data.get(key, [])
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PresentationError(f"{path.name}: {error}") from error


def _convert(data: Any, to: type[T], place: str) -> T:
    try:
        return msgspec.convert(data, to)
    except msgspec.ValidationError as error:
        raise PresentationError(f"{place}: {error}") from error


def _folder() -> Path:
    """Return the folder of the presentations, ``pushforward/resources/models``."""
    return Path(__file__).parents[2] / "resources" / "models"
