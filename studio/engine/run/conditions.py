"""Parse chosen conditions and compare them with the model and its training data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pushforward.models.contracts.spec import LABEL, SIZE, DataSpec, Given
from pushforward.models.entries import FamilyEntry
from pushforward.models.registry import registry
from pushforward.studio.counts import join_words
from pushforward.studio.engine.kinds.base import kind_of
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.checkpoint_state import saved_data
from pushforward.studio.protocol.capabilities import guess
from pushforward.studio.store.run import RunFolder

__all__ = [
    "TAKEN_FROM",
    "Conditions",
    "chosen",
    "conditions_of",
    "describe_unset_conditions",
    "described",
    "drop_predicted",
    "unset_conditions",
]

TAKEN_FROM = "as in rows of the training data"
"""Source of conditions that were not chosen: `DataSpec.law` of the training split."""


@dataclass(frozen=True)
class Conditions:
    """Parsed conditions.

    Attributes:
        values: by name, in data units: one for all rows, or one per row.
        said: the same for a file, with full class names.
        notes: remarks, as sentences.
        units: by name, if there is one.
    """

    values: dict[str, Tensor]
    said: dict[str, Any]
    notes: list[str]
    units: dict[str, str]


def chosen(spec: DataSpec, given: Mapping[str, Any], rows: int = 0) -> Conditions:
    """Parse conditions given by name: numbers, or classes by name, its prefix or one of its words;
    one value for all rows or a list with one per row (``rows``, 0 for any number).

    Raises:
        Refused: unknown condition or invalid value; the path is "given...".
    """
    values: dict[str, Tensor] = {}
    said: dict[str, Any] = {}
    notes: list[str] = []
    for name, value in given.items():
        path = f"given.{name}"
        if name not in spec.law:
            known = ", ".join(spec.law)
            hint = f"They are: {known}." if known else ""
            raise Refused(f"The model has no condition {name!r}.", hint, path=path)
        known_of = spec.given.get(name, Given())
        said[name] = _full(known_of, name, value)
        found = _numbers(known_of, name, said[name])
        if reason := _misshapen(known_of, found.shape, rows) or _impossible(
            spec, known_of, name, found
        ):
            raise Refused(f"{name} must be {reason}; got {value!r}.", path=path)
        if note := _unseen(spec, known_of, name, found):
            notes.append(note)
        values[name] = torch.from_numpy(found).float()
    units = {name: spec.given[name].unit for name in said if name in spec.given}
    return Conditions(values, said, notes, {name: unit for name, unit in units.items() if unit})


def unset_conditions(spec: DataSpec, given: Conditions) -> list[str]:
    """Return the conditions of drawn samples that were not chosen."""
    return [name for name in spec.law if name not in given.values]


def describe_unset_conditions(
    given: Conditions, taken: Sequence[str], source: str = TAKEN_FROM
) -> str:
    """Say in a sentence which conditions were chosen, and which taken from rows of the data, or
    from another source.
    """
    if not taken:
        return ""
    those = f"{join_words(taken)}: {source}"
    if not given.values:
        return f"No condition was chosen ({those})."
    was = "were" if len(given.values) > 1 else "was"
    return f"{join_words(list(given.values))} {was} chosen ({those}, that go with it)."


def conditions_of(run: RunFolder) -> dict[str, str]:
    """Return the conditions of the newest model of a run, as `described`; empty if there is none
    yet.

    Raises:
        StoreError: the run folder cannot be read.
    """
    checkpoint, _ = run.checkpoints.newest()
    if checkpoint is None:
        return {}
    entry = registry.get("family", run.record.spec.family.slug)
    return described(drop_predicted(saved_data(checkpoint), entry))


def drop_predicted(spec: DataSpec, entry: FamilyEntry) -> DataSpec:
    """Return the spec without the conditions that the model predicts: the label of a classifier."""
    if "labels" not in entry.needs or "samples" in entry.abilities:
        return spec
    law = {name: values for name, values in spec.law.items() if name != LABEL}
    return replace(spec, law=law)


def described(spec: DataSpec) -> dict[str, str]:
    """Describe the conditions of a model and their ranges in the data."""
    found = {}
    for name in spec.law:
        known = spec.given.get(name, Given())
        if known.classes:
            found[name] = ", ".join(known.names) or f"0 to {known.classes - 1}"
        elif known.shape:
            found[name] = ", ".join(known.names) or f"{known.shape[0]} numbers"
        else:
            low, high = _seen(spec, known, name)
            found[name] = f"{low:,.4g} to {high:,.4g}{_unit(known)} in the data"
    return found


def _full(known: Given, name: str, value: Any) -> Any:
    """Return a value with classes by their full names."""
    if isinstance(value, list):
        return [_full(known, name, each) for each in value]
    if not isinstance(value, str) or not known.classes or not known.names:
        return value
    fits = _named(known.names, value)
    if len(fits) == 1:
        return fits[0]
    names = ", ".join(known.names)
    which = f"may be {' or '.join(fits)}" if fits else "is none of its classes"
    hint = f"They are: {names}. Unique prefixes are accepted."
    raise Refused(f"{name}: {value!r} {which}.", hint, path=f"given.{name}")


def _named(names: Sequence[str], text: str) -> list[str]:
    """Return the names that match a text: the exact one, or those with the prefix, or with a word
    that has it.
    """
    wanted = text.strip().casefold()
    ways = (
        lambda name: name == text,
        lambda name: name.casefold() == wanted,
        lambda name: name.casefold().startswith(wanted),
        lambda name: any(word.startswith(wanted) for word in name.casefold().split()),
    )
    for fits in ways:
        if wanted and (found := [name for name in names if fits(name)]):
            return found
    return []


def _numbers(known: Given, name: str, value: Any) -> NDArray[np.float64]:
    try:
        return np.asarray(_numbered(value, known), np.float64)
    except (ValueError, TypeError, OverflowError) as error:
        names = f" or one of {', '.join(known.names)}" if known.names and known.classes else ""
        unit = f" of {known.unit}" if known.unit else ""
        raise Refused(
            f"{name} must be a number{unit}{names}, got {value!r}.", path=f"given.{name}"
        ) from error


def _numbered(value: Any, known: Given) -> Any:
    if isinstance(value, list):
        return [_numbered(each, known) for each in value]
    return known.names.index(value) if known.classes and value in known.names else value


def _misshapen(known: Given, shape: tuple[int, ...], rows: int) -> str:
    """Return an error if values have a wrong shape, otherwise ""."""
    alone = len(known.shape)
    one = f"{known.shape[0]} numbers" if alone else "one value"
    if shape[len(shape) - alone :] != known.shape or len(shape) > alone + 1:
        return f"{one} for all rows, or as many as there are rows"
    if len(shape) == alone + 1 and shape[0] != (rows or shape[0]):
        return f"{one} for all rows, or one for each of the {rows:,}"
    return ""


def _impossible(spec: DataSpec, known: Given, name: str, found: NDArray[np.float64]) -> str:
    """Return an error if values are not valid for the model, otherwise ""."""
    if not np.isfinite(found).all():
        return "finite"
    whole = bool((found == np.floor(found)).all())
    if known.classes and not (whole and found.min() >= 0 and found.max() < known.classes):
        return f"a class from 0 to {known.classes - 1}"
    if name == SIZE and (sizes := spec.sizes()) is not None:
        least, most = sizes
        if not (whole and found.min() >= least and found.max() <= most):
            return f"a whole number from {least} to {most}, the maximum of the model"
    if limits := kind_of(spec.kind).limits.get(name):
        low, high = limits
        if found.min() <= low or found.max() > high:
            return f"above {low:,.6g} and at most {high:,.6g}{_unit(known)}"
    if known.log and found.min() <= 0.0:
        return f"above 0{_unit(known)}"
    return ""


def _unseen(spec: DataSpec, known: Given, name: str, found: NDArray[np.float64]) -> str:
    """Return a warning if values lie outside the training data, otherwise ""."""
    if known.classes or known.shape:
        return ""
    low, high = _seen(spec, known, name)
    each = (guess(name, float(value), low, high, known.unit) for value in found.flat)
    return next(filter(None, each), "")


def _seen(spec: DataSpec, known: Given, name: str) -> tuple[float, float]:
    """Return between what numbers the model has learned."""
    seen = known.restore(spec.law[name].double())
    return float(seen.min()), float(seen.max())


def _unit(known: Given) -> str:
    return f" {known.unit}" if known.unit else ""
