"""From what was typed to a value, and back: the same rules as the engine's, while typing.

The bounds come from the field's description, so that a form can say at once what the engine
would say a moment later.
"""

import math
import re
from pathlib import Path
from typing import Any

import msgspec

from pushforward.studio.protocol.catalog import FieldSpec

__all__ = ["Invalid", "bounds", "format_value", "parse", "title_of"]

GROUPED = 1e10  # whole numbers below it are written out, with a comma after each three digits
_GROUPED = re.compile(r"[+-]?\d{1,3}([,\s_\u00a0\u202f]\d{3})+(\.\d*)?([eE][+-]?\d+)?")


class Invalid(ValueError):
    """What was typed cannot be taken; the message completes "Learning rate ..."."""


def parse(field: FieldSpec, text: str) -> Any:
    """Return the value that a text stands for.

    Raises:
        Invalid: it is not a number, out of bounds, or nothing where something is needed.
    """
    text = text.strip()
    if not text:
        if field.optional:
            return None
        if field.kind in ("text", "file"):
            return ""
        if field.kind == "list" and not field.fewest:
            return []
        raise Invalid("needs a value")
    match field.kind:
        case "text":
            return text
        case "file":
            return _file(field, text)
        case "list":
            return _list(field, text)
    value = _number(text)
    if field.kind == "int":
        if value != int(value):
            raise Invalid(f"must be a whole number, not {_plain(value)}{_pointed(text)}")
        value = int(value)
    _check(field, value)
    return value


def _list(field: FieldSpec, text: str) -> list[Any]:
    """Read values with commas between them, or semicolons where a comma may be part of one."""
    one = msgspec.structs.replace(field, kind=field.items, optional=False)
    found = []
    parts = text.rstrip(";, ").split(";" if ";" in text else ",")
    for number, part in enumerate(parts, start=1):
        try:
            if not part.strip():
                raise Invalid("is missing")
            found.append(_chosen(field, part.strip()) if field.choices else parse(one, part))
        except Invalid as error:
            raise Invalid(f"value {number} {error}") from None
    if len(found) < field.fewest:
        raise Invalid(f"needs at least {field.fewest} values")
    return found


def _chosen(field: FieldSpec, text: str) -> Any:
    """Return the option that a text names, by its title or as files have it."""
    for choice in field.choices:
        if text.lower() in (choice.title.lower(), str(choice.value).lower()):
            return choice.value
    known = ", ".join(choice.title for choice in field.choices)
    raise Invalid(f"must be one of {known}, not “{text}”")


def _file(field: FieldSpec, text: str) -> str:
    path = Path(text).expanduser()
    if not path.is_absolute():
        raise Invalid("must be an absolute path")
    if field.suffixes and path.suffix.lower() not in field.suffixes:
        raise Invalid(f"must end in {' or '.join(field.suffixes)}")
    if not path.is_file():
        raise Invalid("must be an existing file")
    return str(path)


def _number(text: str) -> float:
    plain = text.replace("−", "-").replace("×10^", "e")
    if _GROUPED.fullmatch(plain):
        plain = re.sub(r"[,\s_\u00a0\u202f]", "", plain)
    elif plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")  # a decimal comma: 0,5
    try:
        value = float(plain)
    except ValueError:
        raise Invalid(f"must be a number, not “{text}”") from None
    if not math.isfinite(value):
        raise Invalid("must be finite")
    return value


def _pointed(text: str) -> str:
    """Say how a comma was read, where it may have been meant otherwise."""
    return " (the comma was read as a decimal point)" if "," in text else ""


def _check(field: FieldSpec, value: float) -> None:
    if field.low is not None and value < field.low:
        raise Invalid(f"must be at least {_plain(field.low)}")
    if field.high is not None and value > field.high:
        raise Invalid(f"must be at most {_plain(field.high)}")
    if field.above is not None and value <= field.above:
        raise Invalid(f"must be greater than {_plain(field.above)}")
    if field.below is not None and value >= field.below:
        raise Invalid(f"must be less than {_plain(field.below)}")


def format_value(field: FieldSpec, value: Any) -> str:
    """Return a value as the form writes it; `parse` gives it back."""
    if value is None:
        return ""
    if field.kind == "list":
        one = msgspec.structs.replace(field, kind=field.items)
        titles = {choice.value: choice.title for choice in field.choices}
        texts = [titles.get(each) or format_value(one, each) for each in value]
        if field.items != "text":
            return ", ".join(text.replace(",", "") for text in texts)
        apart = any("," in text for text in texts)
        return "; ".join(texts) + (";" if len(texts) == 1 else "") if apart else ", ".join(texts)
    if field.kind == "int" and isinstance(value, int):
        return f"{value:,}"
    if field.kind == "float" and isinstance(value, int | float):
        return _plain(float(value))
    return str(value)


def _plain(value: float) -> str:
    """Return a number as people write it: 0.05, 2e-4, 20,000."""
    if value == int(value) and abs(value) < GROUPED:
        return f"{int(value):,}"
    if value and not 1e-3 <= abs(value) < 1e6:
        mantissa, _, exponent = f"{value:.6e}".partition("e")
        short = mantissa.rstrip("0").rstrip(".")
        text = f"{short}e{int(exponent)}"
    else:
        text = f"{value:.6g}"
    return text if float(text) == value else repr(value)


def bounds(field: FieldSpec) -> str:
    """Return the range of a setting in words, "" where it has none."""
    lower = (
        f"at least {_plain(field.low)}"
        if field.low is not None
        else f"above {_plain(field.above)}"
        if field.above is not None
        else ""
    )
    upper = (
        f"at most {_plain(field.high)}"
        if field.high is not None
        else f"below {_plain(field.below)}"
        if field.below is not None
        else ""
    )
    if field.low is not None and field.high is not None:
        return f"{_plain(field.low)} to {_plain(field.high)}"
    return ", ".join(part for part in (lower, upper) if part)


def title_of(field: FieldSpec, value: Any) -> str:
    """Return a value as a person reads it: the title of a choice, on or off, a number."""
    if field.kind == "choice":
        return next((c.title for c in field.choices if c.value == value), str(value))
    if field.kind == "bool":
        return "on" if value else "off"
    if field.kind == "part":
        return "off" if value is None else "on"
    if value is None:
        return "automatic"
    if field.kind == "run":
        return _run(value)
    if field.kind in ("list", "file", "data-choice") and not value:
        return "none"
    if field.zero and value == 0:
        return field.zero
    shown = format_value(field, value)
    if _counts_one(field, value):
        ies = field.unit.endswith("ies")
        one = f"{field.unit.removesuffix('ies')}y" if ies else field.unit.removesuffix("s")
        return f"{shown} {one}"
    return f"{shown} {field.unit}" if field.unit else shown


def _counts_one(field: FieldSpec, value: Any) -> bool:
    """Whether a value is one of what is counted: "1 node". An "s" is no plural."""
    return field.kind == "int" and value == 1 and len(field.unit) > 1


def _run(value: Any) -> str:
    name = value.get("run", "")
    at = value.get("step")
    return "none" if not name else name if at is None else f"{name}, step {at:,}"
