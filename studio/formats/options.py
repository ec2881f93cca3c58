"""Check the options of an importer."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from pushforward.spelling import ask_whether
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.protocol.catalog import FieldSpec

__all__ = ["settle"]

_KINDS: dict[str, Any] = {
    "bool": bool,
    "int": int,
    "float": (int, float),
    "text": str,
    "item": str,
    "source": str,
    "columns": list,
}


def settle(fields: Sequence[FieldSpec], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a value for each option: what was given, or its default.

    Raises:
        FormatError: an option that there is not, or a value that it cannot have (kind "user").
    """
    known = {field.path: field for field in fields}
    for name in given:
        if name not in known:
            those = f"there are {', '.join(known) or 'none'}."
            raise _refused(f"There is no option {name!r}; {ask_whether(name, known, those)}")
    values = {path: given.get(path, field.default) for path, field in known.items()}
    for path, value in values.items():
        if not (value is None and known[path].optional):
            _check(known[path], value)
    return values


def _check(field: FieldSpec, value: Any) -> None:
    if field.kind == "choice":
        allowed = [choice.value for choice in field.choices]
        if value not in allowed:
            raise _refused(f"{field.title} must be one of {allowed}, got {value!r}.")
        return
    number = field.kind in ("int", "float")
    fits = isinstance(value, _KINDS[field.kind]) and not (number and isinstance(value, bool))
    if field.kind == "columns":
        fits = fits and all(isinstance(name, str) for name in value)
    if not fits:
        raise _refused(f"{field.title} cannot be {value!r}.")
    if number and not _allowed(field, float(value)):
        raise _refused(f"{field.title} is out of bounds: {value!r}.")


def _allowed(field: FieldSpec, value: float) -> bool:
    return (
        math.isfinite(value)
        and (field.low is None or value >= field.low)
        and (field.high is None or value <= field.high)
        and (field.above is None or value > field.above)
        and (field.below is None or value < field.below)
    )


def _refused(message: str) -> FormatError:
    return FormatError(message, "Choose another value.", kind="user")
